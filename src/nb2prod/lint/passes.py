"""Cells that were run again with all below them, as the length of a gap in the execution counts tells."""

from __future__ import annotations

import ast
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

from nb2prod.lint.changes import only_fits
from nb2prod.lint.disorder import makes_no_difference
from nb2prod.lint.repeating import repeats
from nb2prod.lint.rule import once
from nb2prod.names import is_channel

if TYPE_CHECKING:
    from collections.abc import Iterator

    from nb2prod.dataflow import Use
    from nb2prod.lint.rule import Context

_FEWEST = 3
"""So many cells must have been run again for the length of a gap in the counts to be no coincidence."""


@dataclass(frozen=True, slots=True)
class Leftover:
    """A read that may have seen what the first pass left: `writer` wrote it then, `again` began the second pass."""

    use: Use
    writer: int
    again: int


def ran_again_from(context: Context, cell: int, above: int) -> int | None:
    """Find the cell, at or above this one and below another, from which on everything was run again.

    All counts are in order then, without a gap from there on, and above it one that is as long as the cells below.
    """
    again = _second_pass(context)
    ran = context.runs
    return again if again is not None and cell in ran and above in ran and above < again <= cell else None


@once
def _second_pass(context: Context) -> int | None:
    order, counts = list(context.runs), list(context.runs.values())
    if any(one >= other for one, other in pairwise(counts)):
        return None
    again = len(order) - 1
    while again > 0 and counts[again - 1] == counts[again] - 1:
        again -= 1
    many = len(order) - again
    return order[again] if again > 0 and counts[again] - counts[again - 1] - 1 == many >= _FEWEST else None


def leftovers(context: Context) -> Iterator[Leftover]:
    """Yield such reads: of what was made above all that was run again, and is written again in there, further down.

    What a cell changes of its own is `not-idempotent-rerun`.
    """
    if _second_pass(context) is None:
        return
    statements, effects = context.program.statements, context.document.effects
    for statement in statements:
        for use in context.reads(statement.index):
            made = max((each for each in use.definitions if use.name in effects[each].certain), default=statement.index)
            if is_channel(use.name) or made >= statement.index:
                continue
            again = ran_again_from(context, statement.cell, statements[made].cell)
            if again is None or isinstance(statements[made].node, (ast.Import, ast.ImportFrom)):
                continue
            writer = None if only_fits(context.nodes, statement, use.name) else _last_writer(context, use)
            if writer is not None:
                yield Leftover(use, writer, again)


def _last_writer(context: Context, use: Use) -> int | None:
    """Find the last statement below a read that was run and writes the name, and so left it for the next pass."""
    effects = context.document.effects
    for each in reversed(context.program.statements[use.statement + 1 :]):
        if each.cell not in context.runs:
            continue
        if use.name in effects[each.index].certain or use.name in context.changed[each.index]:
            own = each.cell == use.where.cell or any(name == use.name for _, name, _ in repeats(each.node))
            return None if own or makes_no_difference(context, use, each.index) else each.index
    return None
