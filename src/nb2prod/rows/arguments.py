"""The arguments of a call: what they are, and what is learnt from them all."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from nb2prod.rows import expressions
from nb2prod.rows.given import keyword
from nb2prod.rows.kinds import NO_COLUMNS, NOT_CONSTANT, Fixed, Learned, Rows, Size, Unknown, Value

if TYPE_CHECKING:
    from nb2prod.rows.interpreter import State


def values_given(node: ast.Call, state: State) -> list[Value]:
    """The values of its arguments, by name as well."""
    return [expressions.value_of(a, state) for a in (*node.args, *(k.value for k in node.keywords))]


def constant(node: ast.expr | None, state: State) -> object:
    """The constant that an argument is; None where it is not given."""
    if node is None:
        return None
    value = expressions.value_of(node, state)
    return value.constant if isinstance(value, Fixed) else NOT_CONSTANT


def opaque(node: ast.Call, values: list[Value], state: State, why: str) -> Value:
    """A call we have no knowledge of: only what no rows enter can be told."""
    found = expressions.combined(node, values, state)
    if isinstance(found, Rows):
        return state.unknown(node, f"`{ast.unparse(node.func)}`: {why}")
    return found


def learnt_from(
    node: ast.Call, arguments: list[Value], state: State, *, lengthwise: bool = False, size: Size = "many"
) -> Value:
    """A function that gives something computed from all rows."""
    depends = NO_COLUMNS
    source = None
    for value in arguments:
        if isinstance(value, Unknown):
            return value
        if isinstance(value, Rows | Learned):
            depends |= value.depends
            source = source if source is not None else value.source
    if all(isinstance(a, Fixed) for a in arguments):
        return Fixed() if size == "one" else Fixed(elements=())
    return Learned(state.where(node), source, depends, lengthwise=lengthwise, size=size)


def across_columns(node: ast.Call, state: State, position: int | None = None) -> bool:
    """Whether `axis=1` is given, by its name or at its place among the arguments."""
    axis = constant(keyword(node, "axis", position), state)
    return axis in (1, "columns") and axis is not True


def of_frame(arguments: list[Value]) -> bool:
    """Whether a frame is among them."""
    return any(isinstance(a, Rows) and a.shape == "frame" for a in arguments)
