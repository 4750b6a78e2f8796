"""The kind of an expression's value."""

from __future__ import annotations

import ast
import builtins
from dataclasses import replace
from typing import TYPE_CHECKING

from nb2prod.rows import assignment, attributes, calls, comprehensions, selection
from nb2prod.rows.kinds import (
    NO_COLUMNS,
    NOT_CONSTANT,
    Columns,
    Dataset,
    Fixed,
    Grouped,
    Learned,
    Parts,
    Rows,
    Size,
    Unknown,
    Value,
)
from nb2prod.rows.knowledge import python as py_table

if TYPE_CHECKING:
    from collections.abc import Sequence

    from nb2prod.rows.interpreter import State

_BUILTINS = frozenset(dir(builtins))


def value_of(node: ast.expr, state: State) -> Value:
    """Evaluate, and remember the value by its node."""
    value = _value(node, state)
    state.values[node] = value
    return value


def _value(node: ast.expr, state: State) -> Value:
    match node:
        case ast.Constant(value=constant):
            return Fixed(constant=constant)
        case ast.Name(id=name):
            if name in state.names:
                return state.names[name]
            return Fixed(dotted=name) if name in _BUILTINS else state.unknown(node, f"`{name}` is not known")
        case ast.Tuple(elts=elements) | ast.List(elts=elements) | ast.Set(elts=elements):
            return _sequence(node, [value_of(e, state) for e in elements], state)
        case ast.Dict(keys=keys, values=values):
            return _mapping(node, keys, values, state)
        case ast.Attribute(value=ast.Name(id="self"), attr=attr) if state.attributes is not None:
            return state.attributes.get(attr) or state.unknown(node, f"the attribute `{attr}` is not followed")
        case ast.Attribute(value=base, attr=attr):
            return attributes.attribute(node, value_of(base, state), attr, state)
        case ast.Subscript():
            return selection.subscript(node, state)
        case ast.UnaryOp(operand=operand, op=op):
            found = value_of(operand, state)
            if isinstance(found, Fixed) and isinstance(op, ast.USub) and isinstance(found.constant, int | float):
                return Fixed(constant=-found.constant)
            return combined(node, [found], state)
        case ast.BinOp(left=left, right=right, op=op):
            return _binary(node, value_of(left, state), value_of(right, state), op, state)
        case ast.BoolOp(values=values):
            return combined(node, [value_of(v, state) for v in values], state, scalar=True)
        case ast.Compare(left=left, comparators=others):
            compared = [value_of(v, state) for v in (left, *others)]
            found = combined(node, compared, state)
            if isinstance(found, Learned) and (among := _names_told(node, compared)) is not None:
                return replace(found, size="mask", among=among)
            return replace(found, size="mask") if isinstance(found, Learned) and found.size == "many" else found
        case ast.IfExp(test=test, body=body, orelse=orelse):
            return combined(node, [value_of(v, state) for v in (test, body, orelse)], state, scalar=True)
        case ast.Call():
            return calls.call_value(node, state)
        case ast.Lambda():
            return Fixed(function=node)
        case ast.ListComp() | ast.SetComp() | ast.GeneratorExp() | ast.DictComp():
            return comprehensions.comprehension(node, state)
        case ast.JoinedStr(values=values):
            parts = [value_of(v.value if isinstance(v, ast.FormattedValue) else v, state) for v in values]
            text = _written_text(values, parts)
            return Fixed(constant=text) if text is not None else combined(node, parts, state, scalar=True)
        case ast.Starred(value=inner):
            return value_of(inner, state)
        case ast.NamedExpr(target=target, value=inner):
            found = value_of(inner, state)
            state.names[target.id] = found
            return found
        case ast.Slice(lower=lower, upper=upper, step=step):
            return combined(
                node, [value_of(v, state) for v in (lower, upper, step) if v is not None], state, scalar=True
            )
        case _:
            return state.unknown(node, f"`{type(node).__name__}` is not followed")


def _names_told(node: ast.Compare, compared: Sequence[Value]) -> Columns | None:
    """The columns that `df.columns != "a"` tells to take."""
    match compared:
        case [Learned(among=Columns() as among, size="values"), Fixed(constant=str(name))]:
            if isinstance(node.ops[0], ast.NotEq):
                return among.without(frozenset({name}))
            return Columns(frozenset({name})) if isinstance(node.ops[0], ast.Eq) else None
        case _:
            return None


def _written_text(nodes: list[ast.expr], parts: list[Value]) -> str | None:
    """The text of an f-string of texts that are known."""
    plain = all(not isinstance(n, ast.FormattedValue) or (n.conversion == -1 and n.format_spec is None) for n in nodes)
    texts = [p.constant for p in parts if isinstance(p, Fixed) and isinstance(p.constant, str)]
    return "".join(texts) if plain and len(texts) == len(parts) else None


def combined(
    node: ast.AST, values: Sequence[Value], state: State, *, scalar: bool = False, looked_up: bool = False
) -> Value:
    """The kind of something computed from values of these kinds, element by element.

    What is learnt or written out may be one value or one for each column; a list of them only where rows are
    `looked_up` in it.
    """
    for value in values:
        if isinstance(value, Unknown):
            return value
    rows = [v for v in values if isinstance(v, Rows)]
    if any(isinstance(v, Grouped | Dataset) for v in values):
        return state.unknown(node, "groups or a whole data set are used as a value")
    if any(isinstance(v, Parts) for v in values):
        inner = [e for v in values if isinstance(v, Parts) for e in v.elements]
        plain = [*(v for v in values if not isinstance(v, Parts)), *inner]
        return combined(node, plain, state, scalar=scalar, looked_up=looked_up)
    if rows:
        if scalar:
            return state.unknown(node, "rows decide as a whole")
        if not looked_up and any(is_list(v) for v in values):
            return state.unknown(
                node, "it is combined with a list of values, perhaps one for each row of the training data"
            )
        return _rows_together(node, rows, state)
    learned = [v for v in values if isinstance(v, Learned)]
    if learned:
        depends = NO_COLUMNS
        for each in learned:
            depends |= each.depends
        lengthwise = any(v.lengthwise for v in learned)
        return Learned(state.where(node), learned[0].source, depends, lengthwise=lengthwise, size=_joint_size(values))
    return Fixed(elements=()) if any(is_list(v) for v in values) else Fixed()


def is_estimator(value: Value) -> bool:
    """Whether it is an estimator, fitted or not."""
    return isinstance(value, Fixed | Learned) and value.estimator is not None


def is_list(value: Value) -> bool:
    """Whether it may hold one element for each row of the training data."""
    match value:
        case Learned(size=size):
            return size not in {"one", "columns"}
        case Fixed(constant=constant, elements=elements, made=made):
            unclear = made is not None and not py_table.is_single(made)
            return elements is not None or isinstance(constant, list | tuple) or unclear
        case _:
            return False


def _joint_size(values: Sequence[Value]) -> Size:
    sizes = {v.size for v in values if isinstance(v, Learned)} | {
        "many" for v in values if isinstance(v, Fixed) and is_list(v)
    }
    if sizes <= {"one"}:
        return "one"
    if sizes <= {"one", "mask"}:
        return "mask"
    if sizes <= {"one", "columns"}:
        return "columns"
    return "values" if sizes <= {"one", "values"} else "many"


def element_of(value: Learned, node: ast.AST, state: State, key: object = None) -> Learned:
    """One element of a learnt collection."""
    sizes: dict[str, Size] = {"values": "one", "columns": "one", "table": "columns"}
    size = sizes.get(value.size, "many") if isinstance(key, int | str | None) else "values"
    return Learned(state.where(node), value.source, value.depends, size=size, among=value.among)


def _rows_together(node: ast.AST, rows: Sequence[Rows], state: State) -> Value:

    first = rows[0]
    depends = first.depends
    for other in rows[1:]:
        if not assignment.aligned(first, other):
            return state.unknown(node, "rows of another selection or another file are combined")
        depends |= other.depends
    shape = "frame" if any(r.shape == "frame" for r in rows) else first.shape
    one_key = all(r.key is first.key for r in rows)
    one_label = all(r.label == first.label for r in rows)
    like = next((r for r in rows if r.shape == shape), first)
    result = replace(
        like,
        depends=depends,
        key=first.key if one_key else None,
        label=first.label if one_label else None,
        view=False,
        numbered=any(r.numbered for r in rows),
        number=all(r.number for r in rows),
        plain=like.plain if len(rows) == 1 else frozenset(),
    )
    return (
        replace(result, columns=None, rest=None, unnamed=None)
        if result.shape == "frame" and result.columns is not None and len(rows) > 1
        else result
    )


def _sequence(node: ast.expr, values: list[Value], state: State) -> Value:
    if all(isinstance(v, Fixed) for v in values):
        constants = [v.constant for v in values if isinstance(v, Fixed)]
        known = all(c is not NOT_CONSTANT for c in constants)
        return Fixed(constant=constants if known else NOT_CONSTANT, elements=tuple(values))
    if any(isinstance(v, Rows | Unknown | Parts | Grouped) for v in values):
        return Parts(tuple(values))
    found = combined(node, values, state)
    return replace(found, elements=tuple(values)) if isinstance(found, Learned) else found


def _mapping(node: ast.Dict, keys: list[ast.expr | None], values: list[ast.expr], state: State) -> Value:
    found_keys = [value_of(k, state) for k in keys if k is not None]
    found = [value_of(v, state) for v in values]
    if any(isinstance(v, Rows) for v in found):
        return Parts(tuple(found))
    constants = tuple(k.constant for k in found_keys if isinstance(k, Fixed) and k.constant is not NOT_CONSTANT)
    if len(constants) == len(found) and any(is_estimator(v) for v in found):
        return Parts(tuple(found), constants)
    if all(isinstance(v, Fixed) for v in (*found_keys, *found)):
        return Fixed(elements=None)
    return combined(node, [*found_keys, *found], state)


def product(node: ast.expr, left: Value, right: Value, state: State) -> Value:
    """`X @ w`: one value for each row where these are a table's, and `w` is no table of rows."""
    of_rows = isinstance(left, Rows) and (left.shape == "frame" or (left.shape == "array" and state.attributes))
    if isinstance(left, Rows) and of_rows and isinstance(right, Fixed | Learned):
        return replace(left, shape="array", columns=None, rest=None, unnamed=None, view=False)
    rows = next((v for v in (left, right) if isinstance(v, Rows)), None)
    unknown = next((v for v in (left, right) if isinstance(v, Unknown)), None)
    if unknown is None and rows is not None:
        return Learned(state.where(node), rows.source, rows.depends)
    return combined(node, [left, right], state)


def _binary(node: ast.BinOp, left: Value, right: Value, op: ast.operator, state: State) -> Value:
    if isinstance(left, Fixed) and isinstance(right, Fixed) and isinstance(op, ast.Add):
        match left.constant, right.constant:
            case (list() as a, list() as b):
                return Fixed(constant=[*a, *b], elements=tuple(Fixed(constant=c) for c in (*a, *b)))
            case (str() as a, str() as b):
                return Fixed(constant=a + b)
            case _:
                return Fixed()
    if isinstance(op, ast.MatMult):
        return product(node, left, right, state)
    return combined(node, [left, right], state)
