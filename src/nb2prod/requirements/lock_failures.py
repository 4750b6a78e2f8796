"""Why a locker failed, in words, and what to do about it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from packaging.utils import canonicalize_name

from nb2prod.requirements import system
from nb2prod.requirements.requirement import LockFailed

if TYPE_CHECKING:
    from collections.abc import Sequence

    from nb2prod.requirements.requirement import Requirement

UNREACHABLE = "Check the network and pip's or uv's index settings, and lock again"
_NO_WHEEL = re.compile(r"([\w.-]+?)(?:[=<>!~]=?\S+)? (?:has|have) (?:no usable wheels|no wheels with a matching)")
CONFLICT = "Loosen one of the versions (they are in requirements.in with where each comes from), and lock again"
_NO_VERSION = "Ask for a version that exists, with wheels, for this Python"
_HOST = re.compile(r"https?://[^\s)]+")
_VERSIONS = re.compile(r" \(from versions: (?!none)[^)]*\)")
_PIP_CONFLICT = re.compile(
    r"RequirementInformation\(requirement=SpecifierRequirement\('(?P<wanted>[^']+)'\), "
    r"parent=(?:None|\w+\('(?:[^']*/)?(?P<by>[\w.]+-[\w.]+)[^']*'\))"
)
_NOISE = ("WARNING", "warning", "No solution found", "help:", "Ignored the following")
_WAYS_OUT = (
    (r"not found in the package registry", "Say which distribution it is in [tool.nb2prod.imports]"),
    (
        r"error sending request|failed to fetch|connection|timed out|name resolution|max retries",
        UNREACHABLE,
    ),
    (r"no version of", _NO_VERSION),
    (r"unsatisfiable|conflict|incompatible|needs \S+;", CONFLICT),
    (r"no matching|could not find a version", _NO_VERSION),
)


def told(stderr: str) -> LockFailed:
    """Say what the locker says, in one paragraph without its decoration, and what to do about it."""
    lines = [re.sub(r"^[^\w`('\"-]*(?:error:|ERROR:|cause:)?\s*", "", line) for line in stderr.splitlines()]
    text = _VERSIONS.sub("", _HOST.sub("the index", " ".join(line for line in _telling(lines) if line))).rstrip(".; ")
    if unbuilt := _NO_WHEEL.search(text):
        return LockFailed(text, _to_be_built(canonicalize_name(unbuilt[1])))
    for pattern, way_out in _WAYS_OUT:
        if re.search(pattern, text, re.IGNORECASE):
            return LockFailed(text, way_out)
    return LockFailed(text or "the locker failed without a word", "Run it by hand on requirements.in")


def placed(failed: LockFailed, asked: Sequence[Requirement]) -> LockFailed:
    """Say of versions that cannot be met together where each comes from, and how to ask for another."""
    told = [each for each in asked if each.distribution and (each.specifier or each.bounds) and _names(failed, each)]
    if failed.way_out != CONFLICT or not told:
        return failed
    places = "; ".join(f"{each.line} ({each.version_evidence or each.evidence})" for each in told)
    other = next((each for each in told if each.imports), told[-1])
    example = f'{other.imports[0] if other.imports else other.distribution} = "{other.distribution}>=VERSION"'
    return LockFailed(
        failed.reason,
        f"Loosen one of these: {places}. Change it where it stands, or overrule it in [tool.nb2prod.imports] "
        f"({example}), and lock again",
    )


def _names(failed: LockFailed, each: Requirement) -> bool:
    return re.search(rf"(?<![\w.-]){re.escape(each.distribution or '')}(?![\w-])", failed.reason) is not None


def without_wheel(failed: LockFailed) -> str | None:
    """Name the distribution that has no wheel for the target, if that is why there is no lock."""
    found = _NO_WHEEL.search(failed.reason)
    return canonicalize_name(found[1]) if found else None


def _to_be_built(name: str) -> str:
    with_what = ", ".join(system.to_build(name)) or "no compiler"
    return (
        f"Ask for another version of {name} or for another Python, do without it, or have it built with "
        f"--allow-build {name}: that runs its code, and needs {with_what} (the image has these only where it is built)"
    )


def _telling(lines: Sequence[str]) -> list[str]:
    """Without tracebacks, hints of the tool's own options and warnings; pip-tools says why on its last line."""
    if any(line.startswith("Traceback") for line in lines):
        start = next(i for i, line in enumerate(lines) if line.startswith("Traceback"))
        conflict = _pip_conflict(" ".join(lines[start:]))
        last = [line.partition(": ")[2] or line for line in lines[-1:]]
        return [*_telling(lines[:start]), *(conflict or last)]
    hint = next((i for i, line in enumerate(lines) if line.startswith(("hint:", "For more information"))), len(lines))
    return [line for line in lines[:hint] if not line.startswith(_NOISE)]


def _pip_conflict(text: str) -> list[str]:
    """Read who wants what from the exception of pip's resolver, the only place where it says so."""
    asked = [(found["wanted"], found["by"]) for found in _PIP_CONFLICT.finditer(text)]
    if len(asked) < 2:  # noqa: PLR2004 - one alone is no conflict: there is no such version
        return []
    return [f"{by.replace('-', ' ')} needs {wanted};" if by else f"You ask for {wanted};" for wanted, by in asked]
