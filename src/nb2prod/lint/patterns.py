"""Patterns for paths, as .gitignore has them; the options use the same ones."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

_PART = re.compile(r"\*\*/|/\*\*$|\*+|\?|\[!?\]?[^\]]*\]|\\.|.", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Pattern:
    """One line of a .gitignore; paths are matched relative to its folder, with `/`."""

    regex: re.Pattern[str]
    negated: bool
    folders_only: bool


def patterns(lines: Iterable[str]) -> tuple[Pattern, ...]:
    """Read the lines of a .gitignore; blank ones, comments and what git does not understand either are left out."""
    return tuple(one for line in lines if (one := _pattern(line.rstrip("\r\n"))) is not None)


def verdict(rules: Iterable[Pattern], path: str, *, folder: bool) -> bool | None:
    """Say whether the last pattern that matches takes the path (True) or gives it back (False); None: no one does."""
    found = None
    for rule in rules:
        if (folder or not rule.folders_only) and rule.regex.fullmatch(path):
            found = not rule.negated
    return found


def covers(rules: tuple[Pattern, ...], path: str) -> bool:
    """Whether the patterns take this file, or a folder it is in."""
    parts = path.split("/")
    return any(
        verdict(rules, "/".join(parts[: depth + 1]), folder=depth < len(parts) - 1) for depth in range(len(parts))
    )


def _pattern(line: str) -> Pattern | None:
    text = re.sub(r"(?<!\\)((?:\\\\)*)[ \t]+$", r"\1", line)
    if not text or text.startswith("#"):
        return None
    negated = text.startswith("!")
    text = text[negated:]
    folders_only = text.endswith("/")
    text = text.rstrip("/")
    anchored = "/" in text
    text = text.removeprefix("/")
    if not text:
        return None
    try:
        regex = re.compile(("" if anchored else "(?:.*/)?") + "".join(map(_translated, _PART.findall(text))), re.DOTALL)
    except re.error:
        return None
    return Pattern(regex, negated, folders_only)


def _translated(part: str) -> str:
    match part:
        case "**/":
            return "(?:.*/)?"
        case "/**":
            return "/.*"
        case "?":
            return "[^/]"
        case _ if part.startswith("*"):
            return "[^/]*"
        case _ if part.startswith("[") and part.endswith("]") and len(part) > 1:
            negated, inside = part[1] == "!", part[1:-1].removeprefix("!")
            return f"[{'^/' if negated else ''}{inside.replace('[', chr(92) + '[')}]"
        case _:
            return re.escape(part[-1])
