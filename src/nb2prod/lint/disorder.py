"""Reads that saw another value when they were run than they see from top to bottom, and the cell because of which."""

from __future__ import annotations

import ast
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeGuard

from nb2prod.lint.changes import only_fits
from nb2prod.names import EVERYTHING, is_channel
from nb2prod.program import ParsedCell

if TYPE_CHECKING:
    from collections.abc import Iterator

    from nb2prod.dataflow import Dataflow, Use
    from nb2prod.lint.rule import Context


_WHOLE = frozenset(["T", "at", "columns", "dtypes", "iat", "iloc", "loc", "plot", "shape", "size", "style", "values"])
"""What tables have besides columns, and what depends on all of these."""


@dataclass(frozen=True, slots=True)
class Misread:
    """A read that saw another value, and the statement because of which."""

    use: Use
    culprit: int


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
    for statement in range(len(statements)):
        ran = {(use.name, use.where): use for use in context.recorded.uses[statement]}
        for use in context.reads(statement):
            run = ran.get((use.name, use.where))
            culprit = None if run is None or is_channel(use.name) else _culprit(context, use, run)
            if culprit is not None and not context.program.cell(statements[culprit].cell).cell.uncounted:
                found.setdefault(statements[culprit].cell, []).append(Misread(use, culprit))
    return {
        cell: sorted(reads, key=lambda each: (each.use.where, each.culprit)) for cell, reads in sorted(found.items())
    }


def _culprit(context: Context, page: Use, run: Use) -> int | None:
    """Find the statement because of which the read saw another value; None where it may have seen the same."""
    written, read = _known(context, page), _known(context, run)
    if all(_imports(context, each) for each in written | read):
        return None  # one name for the same, as good as always
    if not written or not read or written == read or _same_values(context, written, read):
        return None
    if only_fits(context.program.statements[page.statement].node, page.name):
        return None
    too_early = (each for each in sorted(read - written) if each > page.statement)
    reader = context.runs[page.where.cell]
    for each in (*too_early, *sorted(written - read)):
        run_at = context.runs.get(context.program.statements[each].cell)
        if reads_other_columns(context, page, each):
            continue
        if run_at is None or not _may_have_run_before(context, reader):
            return each
        if run_at < reader and not (each > page.statement and _may_be_made_anew(context, page.name, run_at, reader)):
            return each
    return None


def _imports(context: Context, statement: int) -> bool:
    return isinstance(context.program.statements[statement].node, ast.Import | ast.ImportFrom)


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
    makers = frozenset(each for each in use.definitions if use.name in effects[each].binds)
    if all(isinstance(statements[each].node, ast.Import | ast.ImportFrom) for each in makers):
        return makers
    return makers | {each for each in use.definitions if use.name in context.changed[each]}


def _same_values(context: Context, written: frozenset[int], read: frozenset[int]) -> bool:
    """Tell whether both sides are the same statements over the same values: an import or a constant written twice."""

    def meaning(flow: Dataflow, index: int) -> tuple[str, frozenset[tuple[str, tuple[int, ...]]]]:
        seen = frozenset((use.name, use.definitions) for use in flow.uses[index] if not is_channel(use.name))
        return ast.dump(context.program.statements[index].node), seen

    return {meaning(context.document, each) for each in written} == {meaning(context.recorded, each) for each in read}


def _may_have_run_before(context: Context, reader: int) -> bool:
    """Tell whether a cell whose last run came after the reader's may have had an earlier run before it.

    Then the reader saw what that run left, which is what the page says. A free execution count is room for it.
    """
    return len([count for count in context.runs.values() if count < reader]) < reader - 1


def reads_other_columns(context: Context, use: Use, writer: int) -> bool:
    """Tell whether the writer only sets columns of a table that the reader does not look at."""
    wrote = columns_written(context.program.statements[writer].node, use.name)
    if wrote is None:
        return False
    nodes = list(ast.walk(context.program.statements[use.statement].node))
    called = {id(node.func) for node in nodes if isinstance(node, ast.Call)}
    parts = {id(node.value): _texts(node.slice) for node in nodes if isinstance(node, ast.Subscript)}
    parts |= {id(table): _texts(columns) for node in nodes for table, columns in _located(node)}
    parts |= {id(node.args[0]): frozenset() for node in nodes if _is_len(node)}
    parts |= {
        id(node.value): None if node.attr in _WHOLE else frozenset({node.attr})
        for node in nodes
        if isinstance(node, ast.Attribute) and id(node) not in called and id(node.value) not in parts
    }
    reads = [parts.get(id(node)) for node in nodes if isinstance(node, ast.Name) and node.id == use.name]
    return all(columns is not None and not wrote & columns for columns in reads)


def _located(node: ast.AST) -> Iterator[tuple[ast.expr, ast.expr]]:
    """Yield table and columns of `df.loc[rows, columns]`."""
    match node:
        case ast.Subscript(
            value=ast.Attribute(value=ast.Name() as table, attr="loc"), slice=ast.Tuple(elts=[_, columns])
        ):
            yield table, columns
        case _:
            pass


def _is_len(node: ast.AST) -> TypeGuard[ast.Call]:
    return isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "len" and bool(node.args)


def columns_written(node: ast.stmt, name: str) -> frozenset[str] | None:
    """List the columns of a table that a statement changes, where it changes nothing else of it."""
    match node:
        case ast.Assign(targets=[target]) | ast.AugAssign(target=target) | ast.Delete(targets=[target]):
            return _columns(target, name)
        case ast.Expr(value=ast.Call(func=ast.Attribute(value=ast.Subscript() as target), keywords=keywords)):
            return _columns(target, name) if any(each.arg == "inplace" for each in keywords) else None
        case ast.Expr(value=ast.Call(func=ast.Attribute(value=ast.Name(id=owner), attr="drop")) as call):
            return _dropped(call) if owner == name else None
        case _:
            return None


def _columns(target: ast.expr, name: str) -> frozenset[str] | None:
    match target:
        case ast.Subscript(value=ast.Name(id=owner), slice=index) if owner == name:
            return _texts(index)
        case ast.Subscript(value=ast.Subscript(value=ast.Name(id=owner), slice=index)) if owner == name:
            return _texts(index)
        case ast.Attribute(value=ast.Name(id=owner), attr=column) if owner == name and column not in _WHOLE:
            return frozenset({column})
        case ast.Subscript(
            value=ast.Attribute(value=ast.Name(id=owner), attr="loc"), slice=ast.Tuple(elts=[_, index])
        ) if owner == name:
            return _texts(index)
        case _:
            return None


def _dropped(call: ast.Call) -> frozenset[str] | None:
    """List the columns of `df.drop(columns=["a"], inplace=True)` or `df.drop("a", axis=1, inplace=True)`."""
    given = {each.arg: each.value for each in call.keywords}
    if "columns" in given:
        return _texts(given["columns"])
    axis = given.get("axis") or (call.args[1] if len(call.args) > 1 else None)
    sideways = isinstance(axis, ast.Constant) and axis.value in {1, "columns"}
    labels = call.args[0] if call.args else given.get("labels")
    return _texts(labels) if sideways and labels is not None else None


def _texts(index: ast.expr) -> frozenset[str] | None:
    """Read the columns of a subscript; None if they are not plain to see."""
    elements = index.elts if isinstance(index, ast.List) else [index]
    texts = [each.value for each in elements if isinstance(each, ast.Constant) and isinstance(each.value, str)]
    return frozenset(texts) if len(texts) == len(elements) else None
