"""Methods that are given a function: `apply`, `map`, `agg`, and those of groups."""

from __future__ import annotations

import ast
from dataclasses import replace
from typing import TYPE_CHECKING

from nb2prod.rows import expressions
from nb2prod.rows.arguments import across_columns, constant, values_given
from nb2prod.rows.functions import as_lambda, captured, parameters, row_columns
from nb2prod.rows.kinds import Fixed, Grouped, Learned, Rows, Unknown, Value
from nb2prod.rows.knowledge import numpy as np_table
from nb2prod.rows.special import AppliedWritten, GroupTransform

if TYPE_CHECKING:
    from nb2prod.rows.interpreter import State

_ELEMENTWISE_BUILTINS = frozenset({"len", "str", "int", "float", "bool", "abs", "round", "type"})


def with_function(node: ast.Call, owner: Rows, method: str, arguments: list[Value], state: State) -> Value:
    """`apply`, `map` and the like: row-wise when the function looks at one element or one row."""
    given = arguments[0] if arguments else Fixed()
    if isinstance(given, Unknown):
        return given
    across = across_columns(node, state) or (len(node.args) > 1 and constant(node.args[1], state) in (1, "columns"))
    elementwise = (method in {"apply", "map"} and owner.shape == "series") or method == "applymap" or across
    elementwise = elementwise or (method == "map" and owner.shape == "frame")
    rest = [a for a in arguments[1:] if not isinstance(a, Fixed)]
    if rest:
        return state.unknown(node, f"`.{method}()` with arguments from the data")
    if method == "map" and not (isinstance(given, Fixed) and given.function):
        found = (
            expressions.combined(node, [owner, given], state, looked_up=True)
            if not isinstance(given, Rows)
            else state.unknown(node, "mapped by rows")
        )
        return replace(found, columns=None, rest=None, unnamed=None) if isinstance(found, Rows) else found
    if isinstance(given, Fixed):
        function = given.function
        if elementwise and function is not None:
            problem = captured(function, parameters(function), state, learned_ok=isinstance(function, ast.Lambda))
            if problem is not None and not state.depth and (written := as_lambda(function)) is not None:
                problem, function = captured(written, parameters(written), state), written
                state.specials[node] = AppliedWritten(node, written)
            if problem is not None:
                return problem
            if across and _reads_label(function):
                return state.unknown(node, "the function reads the row's label")
            read = row_columns(function) if across else None
            if read is not None:
                return replace(owner.series(""), depends=owner.only(tuple(sorted(read))).depends, label=None)
            shape = "series" if across else owner.shape
            return replace(owner, shape=shape, columns=None, rest=None, unnamed=None)
        if (
            elementwise
            and given.dotted is not None
            and (given.dotted in _ELEMENTWISE_BUILTINS or is_elementwise_numpy(given.dotted))
        ):
            return replace(owner, columns=None, rest=None, unnamed=None)
        if method == "apply" and given.dotted == "pandas.to_numeric":
            return replace(owner, columns=None, rest=None, unnamed=None)
        if method in {"agg", "aggregate"} and isinstance(given.constant, str | list):
            return Learned(state.where(node), owner.source, owner.depends)
        if method in {"apply", "transform"} and given.dotted is not None and is_elementwise_numpy(given.dotted):
            return replace(owner, columns=None, rest=None, unnamed=None)
    return state.unknown(node, f"what `.{method}()` does with this function is not known")


def _reads_label(function: ast.FunctionDef | ast.Lambda) -> bool:
    own = parameters(function)
    return any(
        isinstance(n, ast.Attribute)
        and n.attr in {"name", "index"}
        and isinstance(n.value, ast.Name)
        and n.value.id in own
        for n in ast.walk(function)
    )


def is_elementwise_numpy(dotted: str) -> bool:
    """Whether a function of numpy works element by element."""
    return dotted.startswith("numpy.") and dotted.removeprefix("numpy.") in np_table.ELEMENT_WISE


def group_method(node: ast.Call, owner: Grouped, method: str, state: State) -> Value:
    """What a method of groups gives."""
    arguments = values_given(node, state)
    if any(isinstance(a, Unknown | Rows) for a in arguments):
        return state.unknown(node, "groups are combined with rows")
    if method == "transform":
        key, column = constant(owner.keys, state), constant(owner.chosen, state)
        aggregate = node.args[0] if node.args else None
        named = isinstance(aggregate, ast.Constant) and aggregate.value in {
            "mean",
            "median",
            "sum",
            "min",
            "max",
            "std",
            "count",
            "nunique",
            "size",
            "first",
        }
        if isinstance(key, str) and isinstance(column, str) and aggregate is not None and named:
            state.specials[node] = GroupTransform(owner.frame, key, column, aggregate)
            return replace(owner.rows, shape="series", depends=owner.depends, columns=None, rest=None, unnamed=None)
        return state.unknown(node, "`.transform()` of groups with this function")
    if method in {
        "cumcount",
        "cumsum",
        "shift",
        "rank",
        "diff",
        "ffill",
        "bfill",
        "fillna",
        "apply",
        "rolling",
        "ngroup",
    }:
        return state.unknown(
            node, f"`.{method}()` of groups needs other rows, which are not there when one row is predicted"
        )
    return Learned(state.where(node), owner.rows.source, owner.rows.depends, size="values")


def row_function(node: ast.Call, definition: ast.Lambda, arguments: list[Value], state: State) -> Value:
    """A lambda that is called by its name."""
    problem = captured(definition, parameters(definition), state)
    found = expressions.combined(node, arguments, state)
    if isinstance(found, Rows):
        return state.unknown(node, "a lambda is called with rows")
    return problem or found
