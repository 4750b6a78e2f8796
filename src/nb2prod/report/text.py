"""Findings as lines for people."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from nb2prod.lint.run import Diagnostic

_PLURALS = {"error": "errors", "warning": "warnings", "info": "infos"}
_COLOURS = {"error": "red", "warning": "yellow", "info": "cyan"}


def lines(diagnostics: Sequence[Diagnostic], files: int, paint: Callable[[str, str], str]) -> list[str]:
    """One line per finding, `path:cell 7:3:1: HS101 error: message`, and a last one with the sum.

    `paint(text, colour)` colours a piece of text, or gives it back as it is.
    """
    return [*(_line(one, paint) for one in diagnostics), _sum(diagnostics, files)]


def _line(one: Diagnostic, paint: Callable[[str, str], str]) -> str:
    where = one.finding.where
    place = f"{one.path}:cell {where.cell}:{where.line}:{where.column}:"
    return f"{place} {one.code} {paint(one.severity, _COLOURS[one.severity])}: {one.finding.message} [{one.name}]"


def _sum(diagnostics: Sequence[Diagnostic], files: int) -> str:
    looked_at = f"{files} notebook{'' if files == 1 else 's'}"
    counts = Counter[str](one.severity for one in diagnostics)
    if not counts:
        return f"Nothing found in {looked_at}."
    parts = [f"{counts[one]} {one if counts[one] == 1 else many}" for one, many in _PLURALS.items() if counts[one]]
    return f"{', '.join(parts)} in {looked_at}. `nb2prod explain CODE` says why it matters and how to mend it."
