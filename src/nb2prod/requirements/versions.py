"""Which Python, and which version of each distribution, and what says so."""

from __future__ import annotations

import re
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from nb2prod.requirements.environments import Environment
    from nb2prod.requirements.installers import Named

# Older ones are out of support for years, and today's distributions have no wheels for them.
OLDEST, NEWEST = (3, 9), (3, 14)
_LOCAL = re.compile(r"\+[\w.]+")  # local builds (2.4.0+cpu) are on no registry


def python(
    asked: str | None, environment: Environment | None, recorded: str | None
) -> tuple[str, str, tuple[str, ...]]:
    """Choose the minor version to lock for; with what it rests on, and what is to be said about it.

    `environment` is only the one that was asked for: its versions belong to its Python.
    """
    if asked is not None:
        return _minor(asked) or asked, "as asked for", ()
    if environment is not None and environment.python:
        return environment.python, environment.known_as, ()
    minor = _minor(recorded)
    if minor is None:
        running = f"{sys.version_info.major}.{sys.version_info.minor}"
        return running, "the notebook does not say; the Python that runs nb2prod", ()
    version = _pair(minor)
    nearest = min(max(version, OLDEST), NEWEST)
    evidence = f"the notebook was run with {recorded}"
    if nearest == version:
        return minor, evidence, ()
    moved = f"{nearest[0]}.{nearest[1]}"
    note = f"The notebook was run with Python {recorded}; Python {moved} is the nearest that is still to be had"
    return moved, f"{evidence}; {moved} is the nearest to be had", (note,)


def specifier(
    distribution: str, target: str, environment: Environment | None, install_lines: Sequence[Named]
) -> tuple[str, str | None]:
    """Find the version specifier and its evidence: the environment, else the notebook's install lines.

    An environment of another Python says nothing about versions: they may not exist for this one.
    """
    installed = environment.distributions.get(distribution) if environment else None
    if environment and installed and environment.python == target:
        public = _LOCAL.sub("", installed.version)
        return f"=={public}", f"{installed.version} is installed in {environment.known_as}"
    lines = [each for each in install_lines if each.distribution == distribution and each.specifier]
    chosen = next(iter([each for each in reversed(lines) if not each.commented] or reversed(lines)), None)
    if chosen is not None:
        return _LOCAL.sub("", chosen.specifier), f"`{chosen.line}` in {chosen.where}"
    return "", None


def _minor(version: str | None) -> str | None:
    found = re.match(r"(\d+\.\d+)", version or "")
    return found[1] if found else None


def _pair(minor: str) -> tuple[int, int]:
    major, _, rest = minor.partition(".")
    return int(major), int(rest)
