"""Moving a cell so that top to bottom works: tried on the moved notebook before it is offered as a fix."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nb2prod.lint.fix import Fix, MoveCell
from nb2prod.names import is_channel
from nb2prod.program import ParsedCell

if TYPE_CHECKING:
    from nb2prod.dataflow import Dataflow
    from nb2prod.lint.rule import Context

_Read = tuple[int, int, str]
_Seen = dict[_Read, frozenset[tuple[int, int]]]


def moved_up(context: Context, cell: int, before: int) -> Fix | None:
    """Offer to move a cell above another, if each read is then defined and no other read sees something else.

    It is safe where what was lost then is what was read when the cells were run.
    """
    now, ran = _seen(context.document), _seen(context.recorded)
    then = _seen_after(context, cell, before)
    lost = {read for read, seen in now.items() if not seen}
    if then is None or any(then.get(read) != seen for read, seen in now.items() if read not in lost):
        return None
    if not any(then.get(read) for read in lost) or any(then.get(read) == frozenset() for read in lost):
        return None
    safe = all(then.get(read) == ran.get(read) for read in lost)
    return Fix((MoveCell(cell, before),), safe, f"Move {context.name(cell)} above {context.name(before)}")


def moved_as_run(context: Context, cell: int, before: int) -> Fix | None:
    """Offer to move a cell above another, if every cell then reads what it read when it was run."""
    ran = _seen(context.recorded)
    then = _seen_after(context, cell, before)
    if then is None or any(then.get(read) != seen for read, seen in ran.items()):
        return None
    return Fix((MoveCell(cell, before),), safe=True, message=f"Move {context.name(cell)} above {context.name(before)}")


def _seen_after(context: Context, cell: int, before: int) -> _Seen | None:
    """What each read would see; None where that cannot be told."""
    if not all(isinstance(each, ParsedCell) for each in context.program.cells):
        return None
    steps: list[int] = []
    moved = [each.index for each in context.program.statements if each.cell == cell]
    for statement in context.program.statements:
        if statement.cell >= before and moved:
            steps += moved
            moved = []
        if statement.cell != cell:
            steps.append(statement.index)
    return _seen(context.document.along((*steps, *moved)))


def _seen(flow: Dataflow) -> _Seen:
    """Map each read (cell, number of the statement in it, name) to the statements it sees, numbered likewise."""
    statements = flow.program.statements
    numbers: list[tuple[int, int]] = []
    for each in statements:
        same = numbers and statements[each.index - 1].cell == each.cell
        numbers.append((each.cell, numbers[-1][1] + 1 if same else 0))
    return {
        (*numbers[index], use.name): frozenset(numbers[each] for each in use.definitions)
        for index in flow.order
        for use in flow.uses[index]
        if not is_channel(use.name)
    }
