"""Reads that saw another value when they were run than they see from top to bottom, and the cell because of which."""

from __future__ import annotations

import ast
from dataclasses import dataclass
from typing import TYPE_CHECKING

from nb2prod.lint.changes import only_fits
from nb2prod.lint.columns import columns_written, reads_other_columns
from nb2prod.lint.repeating import repeats
from nb2prod.lint.rule import once
from nb2prod.lint.sorting import minds_order, only_sorts
from nb2prod.names import EVERYTHING, is_channel
from nb2prod.program import ParsedCell
from nb2prod.tree import same

if TYPE_CHECKING:
    from collections.abc import Iterator

    from nb2prod.dataflow import Dataflow, Use
    from nb2prod.lint.rule import Context


@dataclass(frozen=True, slots=True)
class Misread:
    """A read that saw another value, and the statement because of which; `left`: which is the one that left it."""

    use: Use
    culprit: int
    left: bool


@once
def misread(context: Context) -> dict[int, list[Misread]]:
    """Find such reads by the cell because of which, in the order of the text.

    None where all ran in order, or in several sessions, whose counts cannot be compared.
    """
    runs = [cell.cell.run for cell in context.program.cells if isinstance(cell, ParsedCell) and cell.statements]
    counts = [run for run in runs if run]
    if runs == sorted(counts) or len(set(counts)) < len(counts):
        return {}
    statements = context.program.statements
    found: dict[int, list[Misread]] = {}
    pairs = zip(context.document.uses, context.recorded.uses, strict=True)
    for statement in (index for index, (page, run) in enumerate(pairs) if page != run):
        ran = {(use.name, use.where): use for use in context.recorded.uses[statement]}
        for use in context.reads(statement):
            run = ran.get((use.name, use.where))
            other = None if run is None or is_channel(use.name) else _compared(context, use, run)
            if other is not None and not context.program.cell(statements[other.culprit].cell).cell.uncounted:
                found.setdefault(statements[other.culprit].cell, []).append(other)
    return {
        cell: sorted(reads, key=lambda each: (each.use.where, each.culprit)) for cell, reads in sorted(found.items())
    }


def makes_no_difference(context: Context, use: Use, writer: int) -> bool:
    """Tell whether the reader gives the same with and without what the writer did to the value."""
    wrote, reads = (context.program.statements[each].node for each in (writer, use.statement))
    return (
        reads_other_columns(context, use, writer)
        or (only_sorts(wrote, use.name) and not minds_order(reads, use.name))
        or _does_the_same(wrote, reads)
        or (_only_names(reads, use) and use.name not in context.document.effects[writer].certain)
    )


def _compared(context: Context, page: Use, run: Use) -> Misread | None:
    """Find the statement because of which the read saw another value; None where it may have seen the same."""
    if page.definitions == run.definitions:
        return None
    written, read = _known(context, page), _known(context, run)
    if all(_imports(context, each) for each in written | read):
        return None  # one name for the same, as good as always
    if not written or not read or written == read or _same_values(context, written, read):
        return None
    if only_fits(context.nodes, context.program.statements[page.statement], page.name):
        return None
    written, read = _as_kept(context, context.document, written, page), _as_kept(context, context.recorded, read, run)
    if any(_stopped(context, each) for each in read):
        return None
    culprit = next(_culprits(context, page, written, read), None)
    return None if culprit is None else Misread(page, culprit, culprit in read)


def _culprits(context: Context, page: Use, written: frozenset[int], read: frozenset[int]) -> Iterator[int]:
    """Yield the statements that make a difference: those too far down, those above that did not, or too late."""
    too_early = [each for each in sorted(read - written) if each > page.statement]
    reader = context.runs[page.where.cell]
    made = max((_run_at(context, each) for each in written), default=0)
    too_late = [
        each
        for each in sorted(read - written)
        if each < page.statement and made < _run_at(context, each) and _is_done(context, each)
    ]
    for each in (*too_early, *sorted(written - read), *too_late):
        run_at = _run_at(context, each)
        ran = not run_at or not _may_have_run_before(context, reader)
        if not ran and run_at < reader:
            ran = each in written or not _may_be_made_anew(context, page.name, run_at, reader)
        if ran and not makes_no_difference(context, page, each):
            yield each


def _run_at(context: Context, statement: int) -> int:
    return context.runs.get(context.program.statements[statement].cell, 0)


def _is_done(context: Context, statement: int) -> bool:
    """Tell whether a statement does something whenever its cell runs; loops are taken to be not empty."""
    return not isinstance(context.program.statements[statement].node, (ast.If, ast.While, ast.Try, ast.Match))


def _only_names(reads: ast.stmt, use: Use) -> bool:
    """Tell whether the reader only gives a value another name: what changes it in place changes both."""
    match reads:
        case ast.Assign(targets=[ast.Name()], value=ast.Name(id=name)):
            return name == use.name
        case _:
            return False


def _does_the_same(wrote: ast.stmt, reads: ast.stmt) -> bool:
    """Tell whether the reader does once more what was done, and once more is as good as once."""
    return same(wrote, reads) and not any(repeats(reads))


def _as_kept(context: Context, flow: Dataflow, found: frozenset[int], use: Use) -> frozenset[int]:
    """Add what the makers took over: `df = df.drop(columns="a")` has all other columns from whoever made df before.

    One that failed changed nothing: what it began with is there instead, where it began with this name.
    """
    statements, reader = context.program.statements, context.program.statements[use.statement].node
    todo, all_of_them = list(found), set(found)
    while todo:
        maker = statements[todo.pop()]
        failed = _stopped(context, maker.index)
        if (
            not failed
            and columns_written(context, maker, use.name) is None
            and not only_sorts(maker.node, use.name)
            and not _does_the_same(maker.node, reader)
        ):
            continue
        for each in flow.uses[maker.index]:
            if each.name == use.name:
                new = _known(context, each) - all_of_them
                all_of_them |= new
                todo += new
                all_of_them -= {maker.index} if failed and each.definitions else set()
    return frozenset(all_of_them)


def _stopped(context: Context, statement: int) -> bool:
    """Tell whether the cell's last run ended with an error, so that the statement may not have been done."""
    cell = context.program.cell(context.program.statements[statement].cell).cell
    return any(each.kind == "error" for each in cell.outputs)


def _imports(context: Context, statement: int) -> bool:
    return isinstance(context.program.statements[statement].node, (ast.Import, ast.ImportFrom))


def _may_be_made_anew(context: Context, name: str, after: int, reader: int) -> bool:
    """Tell whether a cell that makes the name anew may have run between two counts, though it ran again later."""
    effects, runs = context.document.effects, context.runs
    later = {
        statement.cell
        for statement in context.program.statements
        if runs.get(statement.cell, 0) > reader
        and name in effects[statement.index].certain
        and name not in effects[statement.index].reads
    }
    counts = set(runs.values())
    return bool(later) and any(count not in counts for count in range(after + 1, reader))


def _known(context: Context, use: Use) -> frozenset[int]:
    """Find the statements that plainly write what is read; none when any name may have been written."""
    effects = context.document.effects
    if any(EVERYTHING in effects[each].binds for each in use.definitions):
        return frozenset()
    statements = context.program.statements
    seen = use.definitions
    for place, each in enumerate(seen):
        if use.name in effects[each].binds and _is_tried(statements[each].node, use.name):
            seen = use.definitions[place:]  # what is above it is gone
    makers = frozenset(each for each in seen if use.name in effects[each].binds)
    if all(isinstance(statements[each].node, (ast.Import, ast.ImportFrom)) for each in makers):
        return makers
    return makers | {each for each in seen if use.name in context.changed[each]}


def _is_tried(node: ast.stmt, name: str) -> bool:
    """Tell whether a `try` makes the name if nothing fails, which is taken to be so."""
    todo: list[ast.stmt] = [*node.body, *node.orelse] if isinstance(node, ast.Try) else []
    while todo:
        match todo.pop():
            case ast.Assign(targets=[ast.Name(id=target)]) if target == name:
                return True
            case ast.With(body=body) | ast.Try(body=body):
                todo += body
            case _:
                pass
    return False


def _same_values(context: Context, written: frozenset[int], read: frozenset[int]) -> bool:
    """Tell whether both sides are the same statements over the same values: an import or a constant written twice."""

    def meaning(flow: Dataflow, index: int) -> tuple[ast.stmt, set[tuple[str, tuple[int, ...]]]]:
        seen = {(use.name, use.definitions) for use in flow.uses[index] if not is_channel(use.name)}
        return context.program.statements[index].node, seen

    page = [meaning(context.document, each) for each in written]
    ran = [meaning(context.recorded, each) for each in read]
    return all(
        any(seen == also and same(node, other) for other, also in others)
        for ours, others in ((page, ran), (ran, page))
        for node, seen in ours
    )


def _may_have_run_before(context: Context, reader: int) -> bool:
    """Tell whether a cell whose last run came after the reader's may have had an earlier run before it.

    Then the reader saw what that run left, which is what the page says. A free execution count is room for it.
    """
    return len([count for count in context.runs.values() if count < reader]) < reader - 1
