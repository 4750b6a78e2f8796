"""The notebook as a program: each cell parsed on its own, cut into top-level statements."""

from __future__ import annotations

import ast
import warnings
from dataclasses import dataclass, field
from functools import cache
from typing import TYPE_CHECKING

from nb2prod.magics import to_python
from nb2prod.problems import Location
from nb2prod.tree import children

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from nb2prod.notebook import Cell, Notebook

# Levels of ast in one statement. 34 is the deepest in 1,001 public notebooks; visitors of several frames a level meet
# Python's own limit of 1,000 frames above some 250. A level takes two characters on the way there (`-` takes one).
_DEEPEST = 150


@dataclass(slots=True, eq=False)  # nothing changes one; frozen, it takes three times as long to make
class Statement:
    """One top-level statement; `index` counts the statements of the whole notebook from 0.

    `where` is its first character: the `@` of a decorated one.
    """

    index: int
    cell: int
    node: ast.stmt
    where: Location
    last_line: int


@dataclass(slots=True, eq=False)  # as Statement
class ParsedCell:
    """A code cell, its Python (the same lines as the source, ended by line feeds) and its statements."""

    cell: Cell
    python: str
    statements: tuple[Statement, ...]
    lines: tuple[str, ...] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        """Cut the lines as the parser does (`str.splitlines` also cuts at form feeds and the like)."""
        self.lines = tuple(self.python.split("\n"))


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
    _by_index: dict[int, ParsedCell | BrokenCell] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        """Index the cells."""
        object.__setattr__(self, "_by_index", {cell.cell.index: cell for cell in self.cells})

    def cell(self, index: int) -> ParsedCell | BrokenCell:
        """Return the code cell with this index in the notebook; KeyError where there is none."""
        return self._by_index[index]

    def source(self, statement: Statement) -> str:
        """Return the exact text of a statement, decorators included, without the comments above or behind it."""
        lines = self._lines(statement.cell)
        first, last = statement.where.line - 1, statement.last_line - 1
        start = statement.where.column - 1
        end = _characters(lines[last], statement.node.end_col_offset or 0)
        if first == last:
            return lines[first][start:end]
        return "\n".join([lines[first][start:], *lines[first + 1 : last], lines[last][:end]])

    def comments_above(self, statement: Statement) -> tuple[str, ...]:
        """Return the comment lines directly above a statement, down to it, as written."""
        lines = self._lines(statement.cell)
        before = self.statements[statement.index - 1] if statement.index else None
        top = before.last_line if before is not None and before.cell == statement.cell else 0
        start = statement.where.line - 1
        while start > top and lines[start - 1].lstrip().startswith("#"):
            start -= 1
        return lines[start : statement.where.line - 1]

    def _lines(self, cell: int) -> tuple[str, ...]:
        parsed = self._by_index[cell]
        assert isinstance(parsed, ParsedCell)  # noqa: S101 - only parsed cells have statements
        return parsed.lines


def parse(notebook: Notebook) -> Program:
    """Parse every code cell as its own module; a broken cell stops nothing else."""
    cells: list[ParsedCell | BrokenCell] = []
    statements: list[Statement] = []

    @cache
    def variables() -> frozenset[str]:
        return frozenset(name for cell in notebook.code_cells for name in _bound(cell))

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # invalid escapes and the like are the notebook's business
        for cell in notebook.code_cells:
            parsed = _parse_cell(cell, len(statements), lambda name: name in variables())
            cells.append(parsed)
            if isinstance(parsed, ParsedCell):
                statements.extend(parsed.statements)
    return Program(notebook, tuple(cells), tuple(statements))


def location(
    node: ast.stmt | ast.expr | ast.alias | ast.excepthandler | ast.arg | ast.pattern | ast.keyword,
    cell: int,
    lines: Sequence[str],
) -> Location:
    """Return where a node starts; `lines` are those of the cell's `ParsedCell`."""
    line = lines[node.lineno - 1] if node.lineno <= len(lines) else ""
    return Location(cell, node.lineno, _characters(line, node.col_offset) + 1)


def end(node: ast.stmt | ast.expr | ast.alias, cell: int, lines: Sequence[str]) -> Location:
    """Return the place behind a node's last character; `lines` as for `location`."""
    line = node.end_lineno or node.lineno
    return Location(cell, line, _characters(lines[line - 1], node.end_col_offset or 0) + 1)


def _characters(line: str, offset: int) -> int:
    """Turn an offset in bytes, as ast has it, into one in characters; the only place where that is done."""
    return offset if line.isascii() else len(line.encode()[:offset].decode(errors="replace"))


def _parse_cell(cell: Cell, first: int, shadowed: Callable[[str], bool]) -> ParsedCell | BrokenCell:
    try:
        python, module = _read(cell.source, shadowed)
    except (SyntaxError, ValueError, RecursionError, MemoryError, OverflowError) as error:
        return _broken(cell, error)
    lines = python.split("\n")
    statements = []
    for i, node in enumerate(module.body, start=first):
        where = _start(node, cell.index, lines)
        if not _is_shallow(node, lines, _DEEPEST) and _too_deep(node):
            return BrokenCell(cell, where, f"a statement is nested more than {_DEEPEST} levels deep")
        statements.append(Statement(i, cell.index, node, where, node.end_lineno or node.lineno))
    return ParsedCell(cell, python, tuple(statements))


def _read(source: str, shadowed: Callable[[str], bool]) -> tuple[str, ast.Module]:
    """Give a cell as Python, and parsed. Most are Python as they stand, which nothing tells faster than parsing.

    A line that stands alone may be Python and an automagic, a prompt an annotation: those are looked at first.
    """
    if "\n" in source.strip() and "\r" not in source and "In [" not in source and source[0] not in "%! ":
        try:
            return source, _module(source)
        except (SyntaxError, ValueError, RecursionError, MemoryError, OverflowError):
            pass
    python = to_python(source, shadowed=shadowed)
    return python, _module(python)


def _module(python: str) -> ast.Module:
    flags = ast.PyCF_ONLY_AST | ast.PyCF_ALLOW_TOP_LEVEL_AWAIT
    tree = compile(python, "<cell>", "exec", flags, dont_inherit=True)
    assert isinstance(tree, ast.Module)  # noqa: S101 - what these flags give
    return tree


def _start(node: ast.stmt, cell: int, lines: Sequence[str]) -> Location:
    if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)) and node.decorator_list:
        line = node.decorator_list[0].lineno
        while not lines[line - 1].lstrip(" \t\f").startswith("@"):  # `@(` may stand above
            line -= 1
        return Location(cell, line, lines[line - 1].index("@") + 1)
    return location(node, cell, lines) if node.col_offset else Location(cell, node.lineno, 1)


def _is_shallow(node: ast.stmt | ast.excepthandler, lines: Sequence[str], room: int) -> bool:
    """Whether the lengths of its lines alone tell that a statement has no more than so many levels."""
    first, last = node.lineno, node.end_lineno or node.lineno
    if last == first and (node.end_col_offset or 0) - node.col_offset <= room:
        return True
    if isinstance(node, ast.Match) or getattr(node, "decorator_list", None):
        return False
    blocks = [block for name in _BLOCKS if (block := getattr(node, name, None))]
    head = lines[first - 1 : blocks[0][0].lineno if blocks else last]
    return sum(map(len, head)) <= room and all(
        _is_shallow(inner, lines, room - 1) for block in blocks for inner in block
    )


_BLOCKS = ("body", "handlers", "orelse", "finalbody")


def _too_deep(node: ast.stmt) -> bool:
    level: list[ast.AST] = [node]
    for _ in range(_DEEPEST):
        level = [child for parent in level if parent.__class__ not in _LEAVES for child in children(parent)]
        if not level:
            return False
    return True


_LEAVES = frozenset([ast.Name, ast.Constant])


def _broken(cell: Cell, error: Exception) -> BrokenCell:
    line = column = 1
    match error:
        case SyntaxError(lineno=int(at), offset=offset):
            line = min(max(at, 1), cell.source.count("\n") + 1)
            column = max(offset or 1, 1)
            message = error.msg
        case RecursionError() | MemoryError():
            message = "nested too deeply"
        case UnicodeError():
            message = "contains half of a surrogate pair, which is no character"
        case _:
            message = str(error)
    return BrokenCell(cell, Location(cell.index, line, column), message)


def _bound(cell: Cell) -> set[str]:
    """Return the names that a cell binds anywhere in it, functions included."""
    try:
        module = _module(to_python(cell.source))
    except (SyntaxError, ValueError, RecursionError, MemoryError, OverflowError):
        return set()
    names = set()
    for node in ast.walk(module):
        match node:
            case ast.Name(id=name, ctx=ast.Store()) | ast.FunctionDef(name=name) | ast.ClassDef(name=name):
                names.add(name)
            case ast.alias(name=name, asname=alias):
                names.add(alias or name.partition(".")[0])
            case _:
                pass
    return names
