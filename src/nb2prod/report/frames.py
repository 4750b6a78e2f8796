"""The lines of code that a finding speaks of, with both its places."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from nb2prod.lint.diagnostic import Diagnostic
    from nb2prod.problems import Location
    from nb2prod.report.found import Found, Source

_MOST = 3
_WORD = re.compile(r"\w+|\S")


def frames(found: Found, one: Diagnostic) -> list[str]:
    """Show the place of a finding, then the other places it speaks of."""
    source = found.source(one.path)
    lines = list(_frame(source, one.where, found))
    for other in one.also[:_MOST]:
        lines += _frame(source, other, found)
    if len(one.also) > _MOST:
        lines.append(f"    … and {len(one.also) - _MOST} more")
    if one.fix:
        lines.append(f"    = fix{'' if one.fix.safe else ' (--unsafe-fixes)'}: {one.fix.message}")
    return [*lines, ""]


def _frame(source: Source, where: Location, found: Found) -> Iterator[str]:
    cell = source.cells[where.cell] if where.cell < len(source.cells) else ()
    if where.line > len(cell):
        return
    yield f"   --> cell {where.cell}, line {where.line}"
    width = len(str(where.line))
    for number in range(max(1, where.line - 1), where.line + 1):
        yield f"    {number:>{width}} | {cell[number - 1]}".rstrip()
    text = cell[where.line - 1]
    word = _WORD.match(text, where.column - 1)
    before = "".join(character if character == "\t" else " " for character in text[: where.column - 1])
    yield f"    {'':>{width}} | {before}{found.paint('^' * len(word[0] if word else ' '), 'red')}"
