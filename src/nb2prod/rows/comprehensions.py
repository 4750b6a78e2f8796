"""Comprehensions: row by row, or over columns and constants."""

from __future__ import annotations

import ast
from dataclasses import replace
from typing import TYPE_CHECKING

from nb2prod.rows import assignment, expressions
from nb2prod.rows.functions import captured
from nb2prod.rows.kinds import Columns, Fixed, Grouped, Learned, Parts, Rows, Value

if TYPE_CHECKING:
    from collections.abc import Sequence

    from nb2prod.rows.interpreter import State


def comprehension(node: ast.ListComp | ast.SetComp | ast.GeneratorExp | ast.DictComp, state: State) -> Value:
    """Over rows: row-wise if what is computed is; over columns or constants: what these give."""
    before = dict(state.names)
    try:
        first = expressions.value_of(node.generators[0].iter, state)
        if (
            isinstance(first, Rows)
            and first.shape != "frame"
            and len(node.generators) == 1
            and not node.generators[0].ifs
        ):
            return _row_by_row(node, first, state)
        values: list[Value] = []
        for generator in node.generators:
            iterated = expressions.value_of(generator.iter, state)
            if isinstance(iterated, Rows):
                among = iterated.names() if iterated.shape == "frame" else None
                iterated = Learned(state.where(generator.iter), iterated.source, iterated.depends, among=among)
            element = _element(iterated, state)
            assignment.assign(generator.target, element, state)
            values += [iterated, *(expressions.value_of(test, state) for test in generator.ifs)]
        elements = [node.key, node.value] if isinstance(node, ast.DictComp) else [node.elt]
        values += [expressions.value_of(e, state) for e in elements]
        if any(isinstance(v, Rows | Grouped) for v in values):
            return state.unknown(node, "a list of rows is built")
        found = expressions.combined(node, values, state, scalar=True)
        if isinstance(found, Learned):
            among = _names_chosen(node, state)
            return replace(found, size="many" if among is None else "values", among=among)
        once = isinstance(node, ast.GeneratorExp) and isinstance(found, Fixed)
        return Fixed(made="generator") if once else found
    finally:
        state.names = before


def _element(iterated: Value, state: State) -> Value:
    match iterated:
        case Fixed() | Parts():
            return (
                Fixed() if isinstance(iterated, Fixed) else expressions.combined(ast.Pass(), iterated.elements, state)
            )
        case Learned():
            return Learned(iterated.where, iterated.source, iterated.depends, among=iterated.among)
        case _:
            return iterated


def _names_chosen(node: ast.ListComp | ast.SetComp | ast.GeneratorExp | ast.DictComp, state: State) -> Columns | None:
    """The columns among which those of `[c for c in df.columns if c != "a"]` are."""
    match node:
        case ast.ListComp(elt=ast.Name(id=name), generators=[ast.comprehension(target=ast.Name(id=target)) as one]):
            element = state.values.get(node.elt)
            if name != target or not isinstance(element, Learned) or element.among is None:
                return None
            return element.among.without(frozenset(n for test in one.ifs for n in _refused_names(test, name, state)))
        case _:
            return None


def _refused_names(test: ast.expr, name: str, state: State) -> Sequence[str]:
    """The names that a condition such as `c != "a"` or `c not in ["a", "b"] and ...` leaves out."""
    match test:
        case ast.BoolOp(op=ast.And(), values=values):
            return [n for value in values for n in _refused_names(value, name, state)]
        case (
            ast.UnaryOp(op=ast.Not(), operand=ast.Compare(ops=[ast.In()], left=left, comparators=[others]))
            | ast.Compare(ops=[ast.NotIn() | ast.NotEq()], left=left, comparators=[others])
        ) if isinstance(left, ast.Name) and left.id == name:
            value = state.values.get(others)
            constant = value.constant if isinstance(value, Fixed) else None
            texts = [constant] if isinstance(constant, str) else constant
            is_test = isinstance(test, ast.Compare) and isinstance(test.ops[0], ast.NotEq)
            if is_test == isinstance(constant, str) and isinstance(texts, list | tuple):
                return [str(t) for t in texts]
        case _:
            pass
    return []


def _row_by_row(node: ast.ListComp | ast.SetComp | ast.GeneratorExp | ast.DictComp, rows: Rows, state: State) -> Value:
    if isinstance(node, ast.SetComp | ast.DictComp):
        return Learned(state.where(node), rows.source, rows.depends)
    target = {n.id for n in ast.walk(node.generators[0].target) if isinstance(n, ast.Name)}
    problem = captured(node.elt, target, state)
    if problem is not None:
        return problem
    return replace(rows, shape="array", columns=None, rest=None, unnamed=None)
