"""What the notebook says beside its statements: markdown, and comments whose own statement is not emitted.

Each is given to the statement that it is written above there: one of the same cell, else the next one that stands in
the project. Comments of a statement that is emitted stay with it and are none of these.
"""

from __future__ import annotations

import textwrap
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Literal

import libcst as cst

from nb2prod.plan import shapes
from nb2prod.plan.titles import Told, told
from nb2prod.program import ParsedCell
from nb2prod.refactor.cells import CellCode, CstStatement, cell_code
from nb2prod.refactor.comments import all_comments

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping

    from nb2prod.plan.plan import Plan

_WIDTH = 100  # of text in comments and docstrings


@dataclass(frozen=True, slots=True)
class Remark:
    """Lines above one statement: comments of cells before its own, then markdown, then comments of its own cell.

    Of the markdown, `over` stands above the heading and `text` below it. `below` are comments below the statement.
    """

    before: tuple[str, ...] = ()
    over: tuple[str, ...] = ()
    text: tuple[str, ...] = ()
    here: tuple[str, ...] = ()
    below: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Remarks:
    """Headings by cell and remarks by statement, for the code that trains or for what only shows."""

    titles: Mapping[int, str] = field(default_factory=dict)
    by_statement: Mapping[int, Remark] = field(default_factory=dict)


def remarks(plan: Plan, cells: Mapping[int, CellCode]) -> tuple[Remarks, Remarks]:
    """Remarks for train, features and functions; and those for explore."""
    notes = told(plan.flow.program.notebook)
    main = {*plan.train, *plan.hoisted.definitions, *plan.hoisted.settings}
    shown = set(plan.explore) - main
    found: dict[int, Remark] = {}
    for cell, position, lines in _comments(plan, cells, main | shown):
        index = _target(plan, cell, position, main, shown)
        if index is not None:
            found[index] = _with(found.get(index, Remark()), lines, _side(plan, index, cell, position))
    settings = plan.hoisted.settings
    for cell, one in sorted(notes.above.items()):
        index = _reader(plan, cell, notes, main - settings, shown - settings)
        if index is not None and (one.before or one.text):
            old = found.get(index, Remark())
            over = (*old.over, *old.text, *([""] if old.text else []), *one.before)
            found[index] = replace(old, over=over, text=one.text)
    return (
        Remarks(_titles(plan, notes, main), {i: one for i, one in found.items() if i in main}),
        Remarks(_titles(plan, notes, plan.explore), {i: one for i, one in found.items() if i not in main}),
    )


def opening(plan: Plan) -> str:
    """The notebook's title, what it begins with and what it ends with, as text of a docstring."""
    notes = told(plan.flow.program.notebook)
    parts = [(notes.title,) if notes.title else (), notes.opening, notes.closing]
    return "\n\n".join("\n".join(wrapped(part)) for part in parts if part)


def as_comments(lines: Iterable[str]) -> list[cst.EmptyLine]:
    """Text as comment lines."""
    return [cst.EmptyLine(comment=cst.Comment(f"# {line}".rstrip())) for line in wrapped(lines)]


def wrapped(lines: Iterable[str]) -> Iterator[str]:
    """Lines no longer than a reader likes; what is indented or a table stays as it is."""
    for line in lines:
        plain = "".join(c if c.isprintable() else " " for c in line.expandtabs(4))
        if len(plain) <= _WIDTH or plain.startswith("    ") or plain.lstrip().startswith("|"):
            yield plain
        else:
            indent = plain[: len(plain) - len(plain.lstrip(" -*>0123456789."))]
            yield from textwrap.wrap(
                plain, _WIDTH, subsequent_indent=" " * len(indent), break_long_words=False, break_on_hyphens=False
            )


def _comments(
    plan: Plan, cells: Mapping[int, CellCode], emitted: Collection[int]
) -> Iterator[tuple[int, int, tuple[str, ...]]]:
    """Comments that no emitted statement carries: their cell, the statement before which they stand, the lines."""
    after = 0
    for cell in plan.flow.program.cells:
        if not isinstance(cell, ParsedCell):
            continue
        number = cell.cell.index
        if not cell.statements:
            code = cell_code(cell.python) if "#" in cell.python else None
            yield from [(number, after, lines)] if code and (lines := _values(code.footer)) else []
            continue
        for ordinal, statement in enumerate(cell.statements):
            if statement.index not in emitted and not shapes.is_magic(statement.node):
                lines = _left(plan, statement.index, cells[number].statements[ordinal])
                yield from [(number, statement.index, lines)] if lines else []
        after = cell.statements[-1].index + 1
        if lines := _values(cells[number].footer):
            yield number, after, lines


def _left(plan: Plan, index: int, node: CstStatement) -> tuple[str, ...]:
    """The comments of a statement that is not emitted; those right above an import go with the import."""
    lines = all_comments(node)
    if index not in plan.hoisted.import_statements:
        return lines
    above = len(plan.flow.program.comments_above(plan.flow.program.statements[index]))
    return _values(node.leading_lines)[: len(_values(node.leading_lines)) - above]


def _target(plan: Plan, cell: int, position: int, main: Collection[int], shown: Collection[int]) -> int | None:
    """The statement that shows a comment: of the same cell, training first; else the next one, else the last."""
    program = plan.flow.program
    parsed = program.cell(cell)
    inside = [s.index for s in parsed.statements] if isinstance(parsed, ParsedCell) else []
    of_cell = ([i for i in inside if i in kept] for kept in (main, shown))
    mine = next(filter(None, of_cell), None) or sorted({*main, *shown})
    return next((i for i in mine if i >= position), mine[-1] if mine else None)


def _side(plan: Plan, index: int, cell: int, position: int) -> Literal["before", "here", "below"]:
    return "below" if index < position else "here" if _cell(plan, index) == cell else "before"


def _with(old: Remark, lines: tuple[str, ...], side: Literal["before", "here", "below"]) -> Remark:
    match side:
        case "before":
            return replace(old, before=(*old.before, *lines))
        case "here":
            return replace(old, here=(*old.here, *lines))
        case "below":
            return replace(old, below=(*old.below, *lines))


def _range(notes: Told, cell: int) -> range:
    """The cells from one piece of markdown to the next that has a heading or text."""
    return range(cell, min((c for c in notes.above if c > cell), default=1 << 30))


def _reader(plan: Plan, cell: int, notes: Told, main: Collection[int], shown: Collection[int]) -> int | None:
    """The statement above which a text is told: the first below it that trains, else one that shows, else the next."""
    below = _range(notes, cell)
    for kept in (main, shown):
        mine = [i for i in sorted(kept) if _cell(plan, i) in below]
        if mine:
            return mine[0]
    return min((i for i in {*main, *shown} if _cell(plan, i) >= cell), default=max({*main, *shown}, default=None))


def _titles(plan: Plan, notes: Told, kept: Collection[int]) -> dict[int, str]:
    """Each heading at the first cell below it that has a statement among these."""
    cells = sorted({_cell(plan, i) for i in kept})
    headings = sorted((cell, one.title) for cell, one in notes.above.items() if one.title)
    ends = [*(cell for cell, _ in headings[1:]), 1 << 30]
    found: dict[int, str] = {}
    for (start, title), end in zip(headings, ends, strict=False):
        inside = [cell for cell in cells if start <= cell < end]
        if inside:
            found[inside[0]] = title
    return found


def _values(lines: Iterable[cst.EmptyLine]) -> tuple[str, ...]:
    return tuple(line.comment.value for line in lines if line.comment is not None)


def _cell(plan: Plan, index: int) -> int:
    return plan.flow.program.statements[index].cell
