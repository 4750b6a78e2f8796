"""Loops that put one element for each row into a list: `for text in df["text"]: cleaned.append(clean(text))`."""

from __future__ import annotations

import ast
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from nb2prod.rows import expressions
from nb2prod.rows.functions import captured
from nb2prod.rows.kinds import Fixed, Learned, Rows, Unknown
from nb2prod.rows.special import RowLoop

if TYPE_CHECKING:
    from collections.abc import Iterable

    from nb2prod.rows.interpreter import State

_PLAIN = ast.Assign | ast.AugAssign | ast.If | ast.For | ast.Expr | ast.Pass


@dataclass(frozen=True, slots=True)
class _Over:
    """What a loop goes through: the rows, how the notebook writes them, and whether by their numbers.

    `exact`: as often as there are rows, whatever rows they are.
    """

    rows: Rows
    written: ast.expr
    number: str | None
    exact: bool


def row_loop(node: ast.For, state: State) -> bool:
    """Follow such a loop, if it is one: the list has one element for each row, from that row alone."""
    appended = _appended(node.body)
    if appended is None or node.orelse:
        return False
    name, elements = appended
    held = state.names.get(name)
    over = _over(node, state)
    if over is None or not isinstance(held, Fixed) or held.constant != [] or not _by_itself(node, name):
        return False
    body = ast.Module(body=[_without_append(s, name) for s in node.body], type_ignores=[])
    inside = {n.id for n in ast.walk(node) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)}
    before = dict(state.names)
    for hidden in _read_by_number(node, over, state):
        state.names[hidden] = Fixed()
    problem = captured(body, inside, state, learned_ok=False)
    state.names = before
    if problem is not None or not elements or name in _names_read(body):
        return False
    state.names.update(dict.fromkeys(inside, state.unknown(node, "it is of the last row of a loop")))
    made = replace(
        over.rows, shape="array", columns=None, rest=None, unnamed=None, label=None, key=None, plain=frozenset()
    )
    state.rebind(held, made)
    if not state.depth or not over.exact:
        state.specials[node.target] = RowLoop(None if over.exact else over.written)
    elif over.number is not None:
        for part in ast.walk(node.iter):  # as many as there are rows, whatever rows they are
            if isinstance(part, ast.expr) and isinstance(state.values.get(part), Learned):
                state.values[part] = Fixed()
    return True


def _appended(body: list[ast.stmt]) -> tuple[str, list[ast.expr]] | None:
    """The list that gets one element however the loop's body runs, and these elements."""
    found: tuple[str, list[ast.expr]] | None = None
    for statement in body:
        inner: tuple[str, list[ast.expr]] | None = None
        match statement:
            case ast.Expr(value=ast.Call(func=ast.Attribute(value=ast.Name(id=name), attr="append"), args=[element])):
                inner = name, [element]
            case ast.If(body=one, orelse=[_, *_] as other):
                first, second = _appended(one), _appended(other)
                if first is not None and second is not None and first[0] == second[0]:
                    inner = first[0], [*first[1], *second[1]]
            case _:
                pass
        if inner is not None and found is not None and inner[0] == found[0]:
            return None
        found = found or inner
    return found


def _by_itself(node: ast.For, name: str) -> bool:
    """Whether nothing goes over from row to row, and each row gets just one element."""
    calls = [n for n in ast.walk(node) if isinstance(n, ast.Name) and n.id == name]
    appends = [
        n
        for n in ast.walk(node)
        if isinstance(n, ast.Attribute) and n.attr == "append" and isinstance(n.value, ast.Name) and n.value.id == name
    ]
    jumps = any(isinstance(n, ast.Break | ast.Continue | ast.Return | ast.Try | ast.While) for n in ast.walk(node))
    nested = [a for loop in ast.walk(node) if isinstance(loop, ast.For) and loop is not node for a in ast.walk(loop)]
    if jumps or len(calls) != len(appends) or any(a in nested for a in appends):
        return False
    found = _appended(node.body)
    if found is None or len(found[1]) != len(appends):
        return False
    stored = {n.id for s in node.body for n in ast.walk(s) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)}
    return _told_before(node.body, _bound_by(node.target), stored)


def _told_before(body: Iterable[ast.stmt], known: set[str], stored: set[str]) -> bool:
    """Whether each name that the loop binds is bound in the same turn before it is read."""
    bound = set(known)
    for statement in body:
        if not isinstance(statement, _PLAIN):
            return False
        match statement:
            case ast.If(test=test, body=one, orelse=other):
                fine = not (_names_read(test) & (stored - bound))
                if not fine or not _told_before(one, bound, stored) or not _told_before(other, bound, stored):
                    return False
                bound |= _surely_bound(one) & _surely_bound(other)
            case ast.For(target=target, iter=iterable, body=inner, orelse=[]):
                if _names_read(iterable) & (stored - bound):
                    return False
                if not _told_before(inner, bound | _bound_by(target), stored):
                    return False
            case _:
                read = _names_read(statement) - _of_comprehensions(statement)
                if isinstance(statement, ast.AugAssign):
                    read |= _bound_by(statement.target)
                if read & (stored - bound):
                    return False
                bound |= _surely_bound([statement])
    return True


def _surely_bound(body: Iterable[ast.stmt]) -> set[str]:
    return {n for s in body if isinstance(s, ast.Assign | ast.AugAssign) for n in _bound_by(s)}


def _bound_by(node: ast.AST) -> set[str]:
    return {n.id for n in ast.walk(node) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)}


def _of_comprehensions(node: ast.AST) -> set[str]:
    targets = [n.target for n in ast.walk(node) if isinstance(n, ast.comprehension)]
    lambdas = [a.arg for n in ast.walk(node) if isinstance(n, ast.Lambda) for a in n.args.args]
    return {*lambdas, *(name for target in targets for name in _bound_by(target))}


def _names_read(node: ast.AST) -> set[str]:
    return {n.id for n in ast.walk(node) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Load)}


def _over(node: ast.For, state: State) -> _Over | None:
    """`for x in rows`, `for i in range(len(rows))`, `for i in range(0, 1000)` whose body reads `rows[i]`."""
    match node:
        case ast.For(target=ast.Name(), iter=ast.Name() | ast.Subscript() | ast.Attribute() as direct):
            rows = expressions.value_of(direct, state)
            if isinstance(rows, Rows) and rows.shape != "frame" and not rows.numbered:
                return _Over(rows, direct, None, exact=True)
        case ast.For(
            target=ast.Name(id=number), iter=ast.Call(func=ast.Name(id="range"), args=[*start, stop], keywords=[])
        ) if not start or (len(start) == 1 and getattr(start[0], "value", None) == 0):
            read = _elements(node.body, number, state)
            if not read or isinstance(expressions.value_of(stop, state), Unknown | Rows):
                return None
            first, written = read[0]
            same = all(r.source == first.source and r.cuts == first.cuts and not r.numbered for r, _ in read)
            depends = first.depends
            for other, _ in read[1:]:
                depends |= other.depends
            counted = _counted(stop, state)
            exact = counted is not None and counted.source == first.source and counted.cuts == first.cuts
            return _Over(replace(first, depends=depends), written, number, exact=exact) if same else None
        case _:
            pass
    return None


def _counted(node: ast.expr, state: State) -> Rows | None:
    """The rows that `len(rows)`, `rows.shape[0]` counts, in training and in predict."""
    match node:
        case ast.Call(func=ast.Name(id="len"), args=[inner]):
            rows = expressions.value_of(inner, state)
        case ast.Subscript(value=ast.Attribute(value=inner, attr="shape"), slice=ast.Constant(value=0)):
            rows = expressions.value_of(inner, state)
        case _:
            return None
    return rows if isinstance(rows, Rows) else None


def _elements(body: list[ast.stmt], number: str, state: State) -> list[tuple[Rows, ast.expr]]:
    """What is read of each row by its number: `df["a"][i]`, `X[i]`, `df.a.iloc[i]`; nothing where one is not told."""
    found: list[tuple[Rows, ast.expr]] = []
    for node in (n for statement in body for n in ast.walk(statement)):
        match node:
            case ast.Subscript(value=ast.Attribute(value=owner, attr="iloc"), slice=ast.Name(id=name)) if (
                name == number
            ):
                rows = expressions.value_of(owner, state)
                expressions.value_of(node.value, state)
            case ast.Subscript(value=owner, slice=ast.Name(id=name)) if name == number:
                rows = expressions.value_of(owner, state)
                if isinstance(rows, Rows) and rows.shape == "series" and not _labels_are_places(rows, state):
                    return []
            case _:
                continue
        if not isinstance(rows, Rows) or rows.shape == "frame":
            return []
        found.append((rows, owner))
    return found


def _labels_are_places(rows: Rows, state: State) -> bool:
    """Whether the row with the label 3 is the fourth one: no rows were chosen, and no column was read as labels."""
    labelled = any(k.arg == "index_col" for read in state.headers for k in read.keywords)
    return not labelled and (rows.fresh or not rows.cuts)


def _read_by_number(node: ast.For, over: _Over, state: State) -> set[str]:
    """The names of tables that the body reads only by the row's number."""
    if over.number is None:
        return set()
    inside: dict[str, int] = {}
    for read in (n for s in node.body for n in ast.walk(s)):
        match read:
            case ast.Subscript(value=owner, slice=ast.Name(id=name)) if name == over.number:
                rows = state.values.get(owner)
                if isinstance(rows, Rows) and rows.shape != "frame":
                    for each in (n.id for n in ast.walk(owner) if isinstance(n, ast.Name)):
                        inside[each] = inside.get(each, 0) + 1
            case _:
                pass
    numbers = [n for s in node.body for n in ast.walk(s) if isinstance(n, ast.Name) and n.id == over.number]
    by_number = [
        n
        for s in node.body
        for n in ast.walk(s)
        if isinstance(n, ast.Subscript)
        and isinstance(n.slice, ast.Name)
        and n.slice.id == over.number
        and isinstance(state.values.get(n.value), Rows)
    ]
    if len(numbers) != len(by_number):
        return set()
    every = [n.id for s in node.body for n in ast.walk(s) if isinstance(n, ast.Name)]
    return {name for name, count in inside.items() if every.count(name) == count}


def _without_append(statement: ast.stmt, name: str) -> ast.stmt:
    """The statement, its elements computed and not appended."""
    match statement:
        case ast.Expr(value=ast.Call(func=ast.Attribute(value=ast.Name(id=owner), attr="append"), args=[element])) if (
            owner == name
        ):
            return ast.copy_location(ast.Expr(element), statement)
        case ast.If(test=test, body=body, orelse=orelse):
            made = ast.If(test, [_without_append(s, name) for s in body], [_without_append(s, name) for s in orelse])
            return ast.copy_location(made, statement)
        case _:
            return statement
