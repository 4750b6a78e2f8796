"""Which Python, and which version of each distribution, and what says so."""

from __future__ import annotations

import re
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING

from packaging.specifiers import SpecifierSet
from packaging.version import Version

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import date

    from nb2prod.requirements.bounds import Bound
    from nb2prod.requirements.environments import Environment
    from nb2prod.requirements.installers import Named
    from nb2prod.requirements.shown import Shown

# What a slim image is still to be had for, and what the emitted code runs on.
OLDEST, NEWEST = (3, 7), (3, 14)
_FAR = "99999"
_LOCAL = re.compile(r"\+[\w.]+")  # local builds (2.4.0+cpu) are on no registry


def python(
    asked: str | None, environment: Environment | None, recorded: str | None, of_day: str | None = None
) -> tuple[str, str, tuple[str, ...]]:
    """Choose the minor version to lock for; with what it rests on, and what is to be said about it.

    `environment` is only the one that was asked for: its versions belong to its Python. `of_day` was in use when the
    notebook was written, which counts where the notebook does not say what it ran with.
    """
    if asked is not None:
        return _minor(asked) or asked, "as asked for", ()
    if environment is not None and environment.python:
        return environment.python, environment.known_as, ()
    minor = _minor(recorded) or of_day
    if minor is None:
        running = f"{sys.version_info.major}.{sys.version_info.minor}"
        return running, "the notebook does not say; the Python that runs nb2prod", ()
    version = _pair(minor)
    nearest = min(max(version, OLDEST), NEWEST)
    evidence = f"the notebook was run with {recorded}" if recorded else "the notebook does not say; in use at its date"
    if nearest == version:
        return minor, evidence, ()
    moved = f"{nearest[0]}.{nearest[1]}"
    ran = f"The notebook was run with Python {recorded}" if recorded else f"Python {minor} was in use"
    return moved, f"{evidence}; {moved} is the nearest to be had", (f"{ran}; Python {moved} is the nearest to be had",)


@dataclass(frozen=True, slots=True)
class Evidence:
    """What there is to tell versions by. What was shown, or used, says most for the Python it was with (`same`)."""

    environment: Environment | None
    install_lines: Sequence[Named]
    shown: Mapping[str, Shown]
    bounds: Mapping[str, Bound]
    same: bool
    day: date | None = None


@dataclass(frozen=True, slots=True)
class Chosen:
    """A version specifier, the bounds besides, and what both rest on."""

    specifier: str = ""
    bounds: str = ""
    evidence: str | None = None


def choose(distribution: str, target: str, found: Evidence) -> Chosen:
    """Choose by the environment, else by what the notebook shows, else by its install lines and the APIs it uses.

    An environment of another Python says nothing about versions: they may not exist for this one.
    """
    environment = found.environment
    installed = environment.distributions.get(distribution) if environment else None
    if environment and installed and environment.python == target:
        public = _LOCAL.sub("", installed.version)
        return Chosen(f"=={public}", evidence=f"{installed.version} is installed in {environment.known_as}")
    shown = found.shown.get(distribution)
    if shown and found.same:
        return Chosen(f"=={_LOCAL.sub('', shown.version)}", evidence=f"{shown.how} in {shown.where} shows it")
    lines = [each for each in found.install_lines if each.distribution == distribution and each.specifier]
    line = next(iter([each for each in reversed(lines) if not each.commented] or reversed(lines)), None)
    bound = found.bounds.get(distribution)
    specifier = _LOCAL.sub("", line.specifier) if line else ""
    if "==" in specifier:
        bound = None
    said = [f"`{line.line}` in {line.where}"] if line else []
    said += [bound.evidence] if bound else []
    return Chosen(specifier, bound.specifier if bound else "", "; ".join(said) or None)


def older(distribution: str, version: str, day: str, target: str, found: Evidence) -> bool:
    """Whether a distribution will surely be older than a version that came out on that day."""
    chosen = choose(distribution, target, found)
    allowed = SpecifierSet(",".join(each for each in (chosen.specifier, chosen.bounds) if each), prereleases=True)
    if not allowed.contains(version) and not allowed.contains(_FAR):
        return "==" not in chosen.specifier or not any(Version(each) >= Version(version) for each in _exact(allowed))
    return found.day is not None and found.day.isoformat() < day


def _exact(allowed: SpecifierSet) -> list[str]:
    return [each.version.removesuffix(".*") for each in allowed if each.operator == "=="]


def agree(target: str, recorded: str | None) -> bool:
    """Whether the target is the Python that ran the notebook."""
    return recorded is not None and _minor(recorded) == target


def _minor(version: str | None) -> str | None:
    found = re.match(r"(\d+\.\d+)", version or "")
    return found[1] if found else None


def _pair(minor: str) -> tuple[int, int]:
    major, _, rest = minor.partition(".")
    return int(major), int(rest)
