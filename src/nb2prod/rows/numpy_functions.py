"""What a function of numpy gives."""

from __future__ import annotations

import ast
from dataclasses import replace
from typing import TYPE_CHECKING

from nb2prod.rows import expressions
from nb2prod.rows.arguments import constant, learnt_from, values_given
from nb2prod.rows.given import keyword
from nb2prod.rows.kinds import NO_COLUMNS, Fixed, Learned, Parts, Rows, Size, Unknown, Value
from nb2prod.rows.knowledge import numpy as np_table
from nb2prod.rows.knowledge import python as py_table
from nb2prod.rows.special import EachRow

if TYPE_CHECKING:
    from nb2prod.rows.interpreter import State

_CONSTANTS = frozenset({"ones", "zeros", "full"})


def numpy_function(node: ast.Call, name: str, arguments: list[Value], state: State) -> Value:
    """What `np.name(...)` gives."""
    if name.startswith("random") and name.rpartition(".")[2] in py_table.GENERATORS:
        return Fixed(made=f"numpy.{name}")
    if name.startswith("random"):
        return Learned(state.where(node), size="many" if node.args or node.keywords else "one")
    unknown = next((a for a in arguments if isinstance(a, Unknown)), None)
    if unknown is not None:
        return unknown
    if name in np_table.ELEMENT_WISE:
        found = expressions.combined(node, arguments, state)
        if isinstance(found, Rows) and name in {"array", "asarray", "ascontiguousarray"}:
            return (
                replace(found, shape="array", columns=None, rest=None, unnamed=None, view=name != "array")
                if not _is_sequence(arguments)
                else state.unknown(node, "rows in a list")
            )
        return found
    if name == "select":
        return expressions.combined(node, arguments, state)
    if name in _CONSTANTS and (each := _each_row(node, state)) is not None:
        return each
    across = name in np_table.SIDE_BY_SIDE or (
        name in {"concatenate", "append"}
        and constant(keyword(node, "axis", 1 if name == "concatenate" else 2), state) == 1
    )
    if across:
        found = expressions.combined(node, arguments, state)
        return (
            replace(found, shape="array", columns=None, rest=None, unnamed=None) if isinstance(found, Rows) else found
        )
    if name in {"dot", "matmul"} and len(arguments) == 2 and not node.keywords:  # noqa: PLR2004 - left and right
        return expressions.product(node, arguments[0], arguments[1], state)
    if name == "insert" and isinstance(arguments[0], Rows) and constant(keyword(node, "axis", 3), state) == 1:
        plain = all(isinstance(a, Fixed) and not expressions.is_list(a) for a in arguments[1:])
        return _unnamed(arguments[0]) if plain else state.unknown(node, "what is inserted is not one value")
    if name == "delete" and isinstance(arguments[0], Rows) and constant(keyword(node, "axis", 2), state) == 1:
        others = [a for a in arguments[1:] if not isinstance(a, Fixed)]
        return state.unknown(node, "columns to delete are not known") if others else _unnamed(arguments[0])
    if name in {"ravel", "squeeze"} and arguments and isinstance(arguments[0], Rows):
        return replace(arguments[0], shape="array", columns=None, rest=None, unnamed=None, view=True)
    if name == "reshape" and len(node.args) > 1 and isinstance(arguments[0], Rows):
        first = node.args[1].elts[0] if isinstance(node.args[1], ast.Tuple) else node.args[1]
        if constant(first, state) == -1:
            return replace(arguments[0], shape="array", columns=None, rest=None, unnamed=None, view=True)
    size: Size = "many"
    reduced = name in np_table.REDUCING or name in np_table.PLACES
    across = reduced and constant(keyword(node, "axis", 1), state) in (1, -1)
    if across and arguments and isinstance(arguments[0], Rows) and arguments[0].shape == "array":
        return replace(arguments[0], columns=None, rest=None, unnamed=None)
    if name in np_table.REDUCING:
        axis = constant(keyword(node, "axis", 1), state)
        frame = isinstance(arguments[0], Rows) and arguments[0].shape == "frame" if arguments else False
        size = "columns" if axis == 0 or (frame and axis is None) else "one" if axis is None else "many"
    elif name in {"percentile", "quantile", "nanpercentile", "nanquantile"}:
        several = isinstance(constant(keyword(node, "q", 1), state), list)
        axis = constant(keyword(node, "axis", 2), state)
        size = "many" if axis is not None else "values" if several else "one"
    elif name == "unique" and not node.keywords:
        size = "values"
    return learnt_from(node, arguments, state, size=size)


def _each_row(node: ast.Call, state: State) -> Rows | None:
    """`np.ones(len(rows))`, `np.zeros((rows.shape[0], 1))`: a constant for each row."""
    shape = keyword(node, "shape", 0)
    count = shape.elts[0] if isinstance(shape, ast.Tuple) and shape.elts else shape
    match count:
        case ast.Call(func=ast.Name(id="len"), args=[counted], keywords=[]):
            pass
        case ast.Subscript(value=ast.Attribute(value=counted, attr="shape"), slice=ast.Constant(value=0)):
            pass
        case _:
            return None
    rows = expressions.value_of(counted, state)
    others = [
        v
        for a, v in zip((*node.args, *(k.value for k in node.keywords)), values_given(node, state), strict=True)
        if a is not shape
    ]
    wide = shape.elts[1:] if isinstance(shape, ast.Tuple) else []
    if not isinstance(rows, Rows) or not all(
        isinstance(v, Fixed) and not expressions.is_list(v)
        for v in (*others, *(expressions.value_of(w, state) for w in wide))
    ):
        return None
    state.specials[node] = EachRow(counted, count)
    series = replace(rows, shape="array", depends=NO_COLUMNS, columns=None, rest=None, unnamed=None, key=None)
    return replace(series, label=None, view=False, plain=frozenset(), leading=0, number=not wide)


def _unnamed(rows: Rows) -> Rows:
    """An array of its own, made of rows."""
    return replace(rows, shape="array", columns=None, rest=None, unnamed=None, view=False)


def _is_sequence(arguments: list[Value]) -> bool:
    return bool(arguments) and isinstance(arguments[0], Parts)
