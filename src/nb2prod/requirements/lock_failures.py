"""Why a locker failed, in words, and what to do about it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from packaging.utils import canonicalize_name

from nb2prod.requirements import system
from nb2prod.requirements.requirement import LockFailed

if TYPE_CHECKING:
    from collections.abc import Sequence

UNREACHABLE = "Check the network and pip's or uv's index settings, and lock again"
_NO_WHEEL = re.compile(r"([\w.-]+?)(?:[=<>!~]=?\S+)? (?:has|have) (?:no usable wheels|no wheels with a matching)")
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
    (r"no version of|no matching", "Ask for a version that exists, with wheels, for this Python"),
    (
        r"unsatisfiable|conflict|incompatible",
        "Loosen one of the versions (they are in requirements.in with where each comes from), and lock again",
    ),
)


def told(stderr: str) -> LockFailed:
    """Say what the locker says, in one paragraph without its decoration, and what to do about it."""
    lines = [re.sub(r"^[^\w`('\"-]*(?:error:|ERROR:|cause:)?\s*", "", line) for line in stderr.splitlines()]
    text = _VERSIONS.sub("", _HOST.sub("the index", " ".join(line for line in _telling(lines) if line))).rstrip(".")
    if unbuilt := _NO_WHEEL.search(text):
        return LockFailed(text, _to_be_built(canonicalize_name(unbuilt[1])))
    for pattern, way_out in _WAYS_OUT:
        if re.search(pattern, text, re.IGNORECASE):
            return LockFailed(text, way_out)
    return LockFailed(text or "the locker failed without a word", "Run it by hand on requirements.in")


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
    return [f"{by.replace('-', ' ')} needs {wanted};" if by else f"You ask for {wanted};" for wanted, by in asked]
