"""Training as calls of functions named after the headings, and those functions."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING

from nb2prod.plan.cutting import Section, cut
from nb2prod.refactor.pieces import FunctionCode, Piece, written

if TYPE_CHECKING:
    from nb2prod.plan.plan import Plan
    from nb2prod.refactor.modules import Source


def cut_training(plan: Plan, source: Source, model: str | None) -> tuple[tuple[Piece, ...], tuple[FunctionCode, ...]]:
    """What train itself holds, and the functions it calls."""
    if "train" in plan.module_level:
        return source.body(plan.train), ()
    taken = plan.taken | plan.module_level
    parts = cut(plan.flow, plan.train, source.titles, {model} if model else (), taken)
    pieces: list[Piece] = []
    functions: list[FunctionCode] = []
    for is_section, group in groupby(parts, key=lambda part: isinstance(part, Section)):
        if not is_section:
            pieces += source.body(part for part in group if isinstance(part, int))
            continue
        for part in group:
            if isinstance(part, Section):
                targets = f"{', '.join(part.results)} = " if part.results else ""
                pieces.append(written(f"{targets}{part.name}({', '.join(part.parameters)})"))
                functions.append(_section_function(plan, source, part))
    return tuple(pieces), tuple(functions)


def _section_function(plan: Plan, source: Source, section: Section) -> FunctionCode:
    cells = [plan.flow.program.statements[i].cell for i in section.statements]
    place = f"cell {cells[0]}" if cells[0] == cells[-1] else f"cells {cells[0]} to {cells[-1]}"
    return FunctionCode(
        name=section.name,
        parameters=", ".join(section.parameters),
        doc=f"{section.title.rstrip('.:')} ({place}).",
        pieces=source.body(section.statements, title=section.title),
        result=", ".join(section.results) or None,
    )
