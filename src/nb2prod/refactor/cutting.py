"""Training, and what only shows, as calls of functions named after the headings, and those functions."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING

from nb2prod.plan.cutting import Section, cut
from nb2prod.refactor.pieces import FunctionCode, Piece, written
from nb2prod.refactor.remarks import wrapped

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable

    from nb2prod.plan.plan import Plan
    from nb2prod.refactor.modules import Source


def cut_body(  # noqa: PLR0913 - what is cut, and how it is written
    plan: Plan,
    source: Source,
    order: tuple[int, ...],
    read_at_end: Collection[str],
    within: str,
    finished: Callable[[tuple[Piece, ...]], tuple[Piece, ...]] = lambda pieces: pieces,
) -> tuple[tuple[Piece, ...], tuple[FunctionCode, ...]]:
    """What the function `within` itself holds, and the functions it calls; `finished` is done to each body."""
    if within in plan.module_level:
        return finished(source.body(order)), ()
    taken = plan.taken | plan.module_level
    parts = cut(plan.flow, order, source.titles, read_at_end, taken)
    pieces: list[Piece] = []
    functions: list[FunctionCode] = []
    for is_section, group in groupby(parts, key=lambda part: isinstance(part, Section)):
        if not is_section:
            pieces += finished(source.body(part for part in group if isinstance(part, int)))
            continue
        for part in group:
            if isinstance(part, Section):
                targets = f"{', '.join(part.results)} = " if part.results else ""
                pieces.append(written(f"{targets}{part.name}({', '.join(part.parameters)})"))
                body = finished(source.body(part.statements, told=True))
                functions.append(_section_function(plan, part, body, wrapped(source.text(part.statements[0]))))
    return tuple(pieces), tuple(functions)


def _section_function(plan: Plan, section: Section, body: tuple[Piece, ...], text: Iterable[str]) -> FunctionCode:
    cells = [plan.flow.program.statements[i].cell for i in section.statements]
    place = f"cell {cells[0]}" if cells[0] == cells[-1] else f"cells {cells[0]} to {cells[-1]}"
    return FunctionCode(
        name=section.name,
        parameters=", ".join(section.parameters),
        doc="\n\n".join(part for part in (f"{section.title.rstrip('.:')} ({place}).", "\n".join(text)) if part),
        pieces=body,
        result=", ".join(section.results) or None,
    )
