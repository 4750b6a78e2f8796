"""What a notebook itself silences: comments on lines and at the top of cells, and metadata."""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from nb2prod.lint.choice import means
from nb2prod.program import ParsedCell, end, location
from nb2prod.tree import walk

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from nb2prod.program import BrokenCell, Program

_COMMENT = re.compile(r"#[ \t]*nb2prod:[ \t]*ignore\b(?:\[([^\]\n]*)\])?")
_MARK = "nb2prod:"

ABOUT_THEM = "unused-suppression"
"""The rule that finds suppressions."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Suppression:
    """A comment `# nb2prod: ignore[CODE, …]`; without codes it silences everything but that it is not needed.

    `start` and `end` are its columns from 1, the end excluded; it holds from the line `first` to the line `last`.
    """

    cell: int
    line: int
    start: int
    end: int
    choices: tuple[str, ...]
    first: int
    last: int

    def silences(self, line: int, code: str, name: str) -> bool:
        """Whether a rule has nothing to say about a line of the cell."""
        return self.first <= line <= self.last and (
            means(self.choices, code, name) if self.choices else name != ABOUT_THEM
        )


def suppressions(program: Program) -> tuple[Suppression, ...]:
    """Find the comments that silence rules, in the order of the notebook."""
    return tuple(found for each in program.cells if _MARK in each.cell.source for found in _of_cell(each))


class Silence:
    """All that silences rules in one notebook."""

    __slots__ = ("_by_cell", "_cells", "_everywhere")

    def __init__(self, program: Program) -> None:
        self._everywhere = program.notebook.ignored
        self._cells = {cell.index: cell.ignored for cell in program.notebook.cells if cell.ignored}
        self._by_cell: dict[int, list[Suppression]] = {}
        for each in suppressions(program):
            self._by_cell.setdefault(each.cell, []).append(each)

    def holds(self, cell: int, line: int, code: str, name: str) -> bool:
        """Whether a rule has nothing to say about a line of a cell."""
        return (
            means(self._everywhere, code, name)
            or means(self._cells.get(cell, ()), code, name)
            or any(each.silences(line, code, name) for each in self._by_cell.get(cell, ()))
        )


def _of_cell(each: ParsedCell | BrokenCell) -> Iterator[Suppression]:
    source = each.cell.source.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    top = _first_code(source)
    starts, texts = _shape(each) if isinstance(each, ParsedCell) else ({}, [])
    for number, line in enumerate(source, start=1):
        for match in _COMMENT.finditer(line):
            if any(start <= (number, match.start() + 1) < stop for start, stop in texts):
                continue
            whole = number < top and not line[: match.start()].strip()
            yield Suppression(
                cell=each.cell.index,
                line=number,
                start=match.start() + 1,
                end=match.end() + 1,
                choices=tuple(part.strip() for part in (match[1] or "").split(",") if part.strip()),
                first=1 if whole else starts.get(number, number),
                last=len(source) if whole else number,
            )


def _shape(cell: ParsedCell) -> tuple[dict[int, int], list[tuple[tuple[int, int], tuple[int, int]]]]:
    """Give the first line of the statements that end on a line, and where texts start and end."""
    starts: dict[int, int] = {}
    texts = []
    for node in (inner for statement in cell.statements for inner in walk(statement.node)):
        if isinstance(node, ast.stmt) and not hasattr(node, "body"):
            last = node.end_lineno or node.lineno
            starts[last] = min(node.lineno, starts.get(last, last))
        elif isinstance(node, ast.JoinedStr) or (isinstance(node, ast.Constant) and isinstance(node.value, str)):
            start, stop = location(node, 0, cell.lines), end(node, 0, cell.lines)
            texts.append(((start.line, start.column), (stop.line, stop.column)))
    return starts, texts


def _first_code(source: Iterable[str]) -> int:
    """Return the number of the first line that is neither blank, nor a comment, nor a cell magic."""
    number = 1
    for number, line in enumerate(source, start=1):
        if line.strip() and not line.lstrip().startswith(("#", "%%")):
            return number
    return number + 1
