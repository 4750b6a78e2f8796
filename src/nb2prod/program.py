"""The notebook as a program: each cell parsed on its own, cut into top-level statements."""

from __future__ import annotations

import ast
import warnings
from dataclasses import dataclass
from typing import TYPE_CHECKING

from nb2prod.magics import to_python
from nb2prod.problems import Location

if TYPE_CHECKING:
    from nb2prod.notebook import Cell, Notebook


@dataclass(frozen=True, slots=True, eq=False)
class Statement:
    """One top-level statement; `index` counts the statements of the whole notebook from 0."""

    index: int
    cell: int
    node: ast.stmt
    where: Location
    last_line: int


@dataclass(frozen=True, slots=True, eq=False)
class ParsedCell:
    """A code cell, its Python (the same lines as the source) and its statements."""

    cell: Cell
    python: str
    statements: tuple[Statement, ...]


@dataclass(frozen=True, slots=True, eq=False)
class BrokenCell:
    """A code cell that is not Python, even with IPython's syntax set aside."""

    cell: Cell
    where: Location
    error: str


@dataclass(frozen=True, slots=True, eq=False)
class Program:
    """The code cells in document order."""

    notebook: Notebook
    cells: tuple[ParsedCell | BrokenCell, ...]
    statements: tuple[Statement, ...]

    def source(self, statement: Statement) -> str:
        """The Python text of a statement, without the comments above it."""
        parsed = next(cell for cell in self.cells if cell.cell.index == statement.cell)
        assert isinstance(parsed, ParsedCell)  # noqa: S101 - only parsed cells have statements
        return ast.get_source_segment(parsed.python, statement.node) or ""


def parse(notebook: Notebook) -> Program:
    """Parse every code cell as its own module; a broken cell stops nothing else."""
    cells: list[ParsedCell | BrokenCell] = []
    statements: list[Statement] = []
    for cell in notebook.code_cells:
        parsed = _parse_cell(cell, len(statements))
        cells.append(parsed)
        if isinstance(parsed, ParsedCell):
            statements.extend(parsed.statements)
    return Program(notebook, tuple(cells), tuple(statements))


def location(node: ast.stmt | ast.expr | ast.alias | ast.excepthandler | ast.arg, cell: int, lines: list[str]) -> Location:
    """Where a node starts; the only place where ast's byte offsets become characters."""
    line = lines[node.lineno - 1] if node.lineno <= len(lines) else ""
    column = len(line.encode()[: node.col_offset].decode(errors="replace")) + 1 if not line.isascii() else node.col_offset + 1
    return Location(cell, node.lineno, column)


def _parse_cell(cell: Cell, first: int) -> ParsedCell | BrokenCell:
    python = to_python(cell.source)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # invalid escapes are the notebook's business
            tree = compile(python, f"<cell {cell.index}>", "exec", ast.PyCF_ONLY_AST | ast.PyCF_ALLOW_TOP_LEVEL_AWAIT, dont_inherit=True)
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        line = getattr(error, "lineno", None) or 1
        column = getattr(error, "offset", None) or 1
        message = error.msg if isinstance(error, SyntaxError) else str(error) or type(error).__name__
        return BrokenCell(cell, Location(cell.index, line, column), message)
    assert isinstance(tree, ast.Module)  # noqa: S101
    lines = python.splitlines()
    return ParsedCell(
        cell,
        python,
        tuple(
            Statement(first + i, cell.index, node, location(node, cell.index, lines), node.end_lineno or node.lineno)
            for i, node in enumerate(tree.body)
        ),
    )
