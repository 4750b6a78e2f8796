"""What a fix is: edits of cells' sources that mend a finding, and how a rule makes them."""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from nb2prod.problems import Location
from nb2prod.program import ParsedCell, end, location

if TYPE_CHECKING:
    from collections.abc import Sequence

    from nb2prod.program import Program, Statement

_NEXT = re.compile(r"[ \t]*;[ \t]*(?=[^\s#])")


@dataclass(frozen=True, slots=True, order=True)
class Replace:
    """Put `text` in place of a range of a cell's source; an empty range inserts, an empty text deletes.

    Places are counted as in a Location: lines and columns from 1, columns in characters; the end is excluded.
    """

    cell: int
    line: int
    column: int
    end_line: int
    end_column: int
    text: str


@dataclass(frozen=True, slots=True, order=True)
class InsertCell:
    """Put a new code cell above the cell with the index `before` (the number of cells: below the last)."""

    before: int
    source: str


@dataclass(frozen=True, slots=True, order=True)
class MoveCell:
    """Move a cell, with its outputs and its count, above the cell that has the index `before` now."""

    cell: int
    before: int


Edit = Replace | InsertCell | MoveCell


@dataclass(frozen=True, slots=True)
class Fix:
    """Edits that mend one finding, all of them or none.

    `safe`: whoever runs the notebook from top to bottom afterwards gets what its author meant; other fixes are made
    with `--unsafe-fixes` only. `message` says in the imperative what is done: "Insert `import numpy as np`".
    The finding must be gone once the fix is made, and no edit may lie in lines of IPython syntax.
    """

    edits: tuple[Edit, ...]
    safe: bool
    message: str


def replaced(program: Program, cell: int, node: ast.expr | ast.stmt, text: str) -> Replace:
    """Replace the source of a node."""
    lines = _lines(program, cell)
    start, stop = location(node, cell, lines), end(node, cell, lines)
    return Replace(cell, start.line, start.column, stop.line, stop.column, text)


def line_above(program: Program, statement: Statement, text: str) -> Edit:
    """Insert a line above a top-level statement: a cell of its own where the statement belongs to a cell magic."""
    line = statement.where.line
    for each in reversed(_statements(program, statement.cell)):
        if each.where.line < line <= each.last_line:
            line = each.where.line
    if line == 1 and program.cell(statement.cell).cell.source.lstrip().startswith("%%"):
        return InsertCell(statement.cell, text)
    return Replace(statement.cell, line, 1, line, 1, f"{text}\n")


def line_below(program: Program, statement: Statement, text: str) -> Replace:
    """Insert a line below a top-level statement, and below what else begins on its last line."""
    cell, line = statement.cell, statement.last_line
    for each in _statements(program, cell):
        if each.where.line <= line < each.last_line:
            line = each.last_line
    column = len(_lines(program, cell)[line - 1]) + 1
    return Replace(cell, line, column, line, column, f"\n{text}")


def new_import(program: Program, reader: Statement, text: str) -> Edit:
    """Insert an import where the notebook has its own: below the last in the first cell with some above `reader`.

    Without any it goes above `reader`.
    """
    imports = [
        each
        for each in program.statements[: reader.index]
        if isinstance(each.node, (ast.Import, ast.ImportFrom)) and not _same_line(program, each, reader)
    ]
    if not imports:
        return line_above(program, reader, text)
    last = [each for each in imports if each.cell == imports[0].cell][-1]
    return line_below(program, last, text)


def removed(program: Program, statement: Statement) -> Replace:
    """Delete a top-level statement: with its line where it is alone, else with its semicolon."""
    cell, lines = statement.cell, _lines(program, statement.cell)
    start, stop = statement.where, end(statement.node, cell, lines)
    before, after = lines[start.line - 1][: start.column - 1], lines[stop.line - 1][stop.column - 1 :]
    if rest := _NEXT.match(after):
        return Replace(cell, start.line, start.column, stop.line, stop.column + rest.end(), "")
    if before.strip():
        return Replace(cell, start.line, len(before.rstrip("; \t")) + 1, stop.line, stop.column, "")
    if stop.line < len(lines):
        return Replace(cell, start.line, 1, stop.line + 1, 1, "")
    if start.line > 1:
        start = Location(cell, start.line - 1, len(lines[start.line - 2]) + 1)
    return Replace(cell, start.line, start.column, stop.line, len(lines[stop.line - 1]) + 1, "")


def _same_line(program: Program, one: Statement, other: Statement) -> bool:
    return one.cell == other.cell and line_below(program, one, "").line >= other.where.line


def _statements(program: Program, cell: int) -> tuple[Statement, ...]:
    parsed = program.cell(cell)
    return parsed.statements if isinstance(parsed, ParsedCell) else ()


def _lines(program: Program, cell: int) -> Sequence[str]:
    parsed = program.cell(cell)
    return parsed.lines if isinstance(parsed, ParsedCell) else ()
