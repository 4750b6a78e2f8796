"""The program as it was really run: cells in the order of their execution counts, those never run left out."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from nb2prod.problems import Location
from nb2prod.program import BrokenCell, ParsedCell, Program

if TYPE_CHECKING:
    from collections.abc import Iterator

    from nb2prod.program import Statement


def as_run(program: Program) -> Program:
    """The cells that were run, each where it was run last; statements are counted in that order."""
    ran = [cell for cell in program.cells if cell.cell.run is not None]
    cells: list[ParsedCell | BrokenCell] = []
    statements: list[Statement] = []
    for cell in sorted(ran, key=lambda each: (each.cell.run or 0, each.cell.index)):
        if isinstance(cell, ParsedCell):
            first = len(statements)
            own = tuple(replace(s, index=first + number) for number, s in enumerate(cell.statements))
            statements += own
            cells.append(ParsedCell(cell.cell, cell.python, own))
        else:
            cells.append(cell)
    return Program(program.notebook, tuple(cells), tuple(statements))


def differs(program: Program) -> bool:
    """Whether the cells were run in another order than they stand in, or some not at all."""
    order = [cell.cell.index for cell in as_run(program).cells]
    return bool(order) and order != [cell.cell.index for cell in program.cells if cell.cell.source.strip()]


def never_run(program: Program) -> Iterator[tuple[Location, int]]:
    """Place and last line of each statement, or broken cell, that has no execution count."""
    for cell in program.cells:
        if cell.cell.run is None and isinstance(cell, ParsedCell):
            yield from ((s.where, s.last_line) for s in cell.statements)
        elif cell.cell.run is None and isinstance(cell, BrokenCell):
            yield Location(cell.cell.index, 1, 1), cell.cell.source.count("\n") + 1
