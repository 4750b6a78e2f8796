"""Findings as lines for people."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from nb2prod.lint.diagnostic import Diagnostic
    from nb2prod.report.found import Found

_PLURALS = {"error": "errors", "warning": "warnings", "info": "infos"}
_COLOURS = {"error": "red", "warning": "yellow", "info": "cyan"}


def document(found: Found) -> str:
    """One line per finding, `path:cell 7:3:1: HS101 error: message`, and a last one with the sum."""
    lines = []
    for one in found.diagnostics:
        lines.append(_line(one, found))
        if found.show_source:
            from nb2prod.report.frames import frames  # noqa: PLC0415 - only where they are asked for

            lines += frames(found, one)
    return "\n".join([*lines, _sum(found)])


def _line(one: Diagnostic, found: Found) -> str:
    where = one.where
    place = f"{one.path}:cell {where.cell}:{where.line}:{where.column}:"
    mark = " [*]" if one.fix and one.fix.safe else ""
    return f"{place} {one.code} {found.paint(one.severity, _COLOURS[one.severity])}: {one.message} [{one.name}]{mark}"


def _sum(found: Found) -> str:
    looked_at = f"{len(found.checked)} notebook{'' if len(found.checked) == 1 else 's'}"
    fixed = f"{len(found.mended)} fixed. " if found.mended else ""
    known = f" {found.known} more are in the baseline." if found.known else ""
    counts = Counter[str](one.severity for one in found.diagnostics)
    if not counts:
        return f"{fixed}Nothing {'new ' if found.known else ''}found in {looked_at}.{known}"
    parts = [f"{counts[one]} {one if counts[one] == 1 else many}" for one, many in _PLURALS.items() if counts[one]]
    way = "`nb2prod explain CODE` says why it matters and how to mend it."
    safe = sum(one.fix is not None and one.fix.safe for one in found.diagnostics)
    fixable = f" {safe} can be fixed with `--fix` [*]." if safe else ""
    return f"{fixed}{', '.join(parts)} in {looked_at}.{known}{fixable} {way}"
