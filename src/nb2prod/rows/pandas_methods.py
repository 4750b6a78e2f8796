"""What a method of a frame, series or array gives."""

from __future__ import annotations

import ast
import re
from dataclasses import replace
from typing import TYPE_CHECKING, Literal

from nb2prod.rows import assignment, attributes, expressions, selection
from nb2prod.rows.arguments import across_columns, constant, values_given
from nb2prod.rows.functions import captured, parameters
from nb2prod.rows.given import keyword, new_names
from nb2prod.rows.kinds import (
    NO_COLUMNS,
    NOT_CONSTANT,
    Columns,
    Fixed,
    Grouped,
    Learned,
    Parts,
    Rows,
    Size,
    Unknown,
    Value,
)
from nb2prod.rows.knowledge import numpy as np_table
from nb2prod.rows.knowledge import pandas as pd_table
from nb2prod.rows.pandas_functions import numbered_values
from nb2prod.rows.special import ChosenColumns, SplitApart
from nb2prod.rows.with_functions import with_function

if TYPE_CHECKING:
    from nb2prod.rows.interpreter import State


def rows_method(node: ast.Call, owner: Rows, method: str, state: State) -> Value:
    """What a method of rows gives."""
    func = node.func
    if not isinstance(func, ast.Attribute):
        return state.unknown(node, "this call is not followed")
    accessor = (
        func.value.attr
        if isinstance(func.value, ast.Attribute) and func.value.attr in {"str", "dt", "cat", "plot"}
        else None
    )
    arguments = values_given(node, state)
    unknown = next((a for a in arguments if isinstance(a, Unknown)), None)
    if accessor == "plot" or method in {"plot", "hist", "boxplot"}:
        return Fixed()
    if accessor in pd_table.ACCESSORS:
        return _accessor_method(node, owner, method, arguments, state)
    if accessor == "cat":
        return state.unknown(node, f"`.cat.{method}` is not known")
    if method in pd_table.WINDOWED:
        return state.unknown(node, f"`.{method}()` needs other rows, which are not there when one row is predicted")
    if method in pd_table.WITH_FUNCTION:
        return with_function(node, owner, method, arguments, state)
    if method == "drop":
        return _drop(node, owner, state)
    if unknown is not None:
        return unknown
    if method in np_table.PLACES and owner.shape == "array" and constant(keyword(node, "axis", 0), state) in (1, -1):
        return replace(owner, columns=None, rest=None, unnamed=None)
    if method in pd_table.TO_ONE | {"mode"} and (reduced := _along(node, owner, method, state)) is not None:
        return reduced
    if method == "fillna" and any(k.arg == "method" for k in node.keywords):
        return state.unknown(
            node, "`.fillna(method=...)` needs other rows, which are not there when one row is predicted"
        )
    if method == "dropna":
        return _dropna(node, owner, func.value, state)
    if method in pd_table.FILTERS | pd_table.REORDERS and across_columns(node, state):
        return state.unknown(node, f"`.{method}(axis=1)` chooses or orders columns")
    if method in pd_table.FILTERS:
        return selection.skipped(node, func.value, owner, state, "filter")
    if method in pd_table.REORDERS:
        return selection.skipped(node, func.value, owner, state, "order")
    if method == "reset_index":
        if constant(keyword(node, "drop"), state) is True:
            return state.selection(owner, replace(owner, fresh=True, relabelled=True))
        return state.unknown(node, "`.reset_index()` makes a column of the row numbers")
    if method == "factorize":
        return numbered_values(node, func.value, owner, state)
    if method == "set_index":
        name = constant(keyword(node, "keys", 0), state)
        kept = owner.without(frozenset({name})) if isinstance(name, str) else None
        if kept is None:
            return state.unknown(node, "an index of rows")
        return replace(kept, fresh=True, relabelled=True)
    if method == "groupby":
        key = node.args[0] if node.args else keyword(node, "by")
        if key is None:
            return state.unknown(node, "groups without a key")
        names = constant(key, state)
        depends = NO_COLUMNS
        for name in [names] if isinstance(names, str) else names if isinstance(names, list) else []:
            depends |= owner.column(str(name))
        return Grouped(owner, key, func.value, None, depends)
    if method == "select_dtypes":
        state.specials[node] = ChosenColumns(func.value)
        return replace(owner, columns=None, rest=None, unnamed=None)
    if method == "pop" and owner.shape == "frame":
        return _pop(node, owner, func.value, state)
    if method == "get" and owner.shape == "frame":
        name = constant(node.args[0] if node.args else None, state)
        if isinstance(name, str):
            return owner.series(name)
    if method == "assign":
        frame: Value = owner
        for each in node.keywords:
            value = expressions.value_of(each.value, state)
            if (
                not isinstance(frame, Rows)
                or each.arg is None
                or (isinstance(value, Fixed) and value.function is not None)
            ):
                return state.unknown(node, "`.assign()` with a function")
            frame = assignment.with_column(frame, Fixed(constant=each.arg), value, node, state)
        return frame
    if method == "rename" and owner.shape == "frame":
        return _rename(node, owner, state)
    if method == "reindex" and owner.shape == "frame":
        return _reindex(node, owner, state)
    if method == "dot" and len(arguments) == 1:
        return expressions.product(node, owner, arguments[0], state)
    if method == "reshape":
        first = constant(node.args[0], state) if node.args else None
        whole = first == -1 or isinstance(expressions.value_of(node.args[0], state), Learned) if node.args else False
        return (
            replace(owner, shape="array", view=True)
            if whole
            else Learned(state.where(node), owner.source, owner.depends)
        )
    if method in {"to_numpy", "toarray", "todense"}:
        return replace(owner, shape="array", lent=owner.lent or attributes.shares_memory(func.value))
    if method in {"ravel", "view", "squeeze"} and owner.shape == "array":
        return replace(owner, view=True)
    if method in {"to_csv", "to_excel", "to_json", "to_pickle", "to_parquet", "info"}:
        return Fixed()
    if method in pd_table.ROW_WISE:
        plain = [a for a in arguments if not (isinstance(a, Fixed) and a.function)]
        looked_up = method in pd_table.LOOKED_UP
        if looked_up and any(isinstance(a, Rows) for a in arguments):
            return state.unknown(node, f"`.{method}()` of rows looks at all rows")
        found = expressions.combined(node, [owner, *plain], state, looked_up=looked_up)
        named = _keeping_names(found, owner, method)
        return state.selection(owner, named) if method == "copy" and isinstance(named, Rows) else named
    if method in pd_table.LEARNED:
        return Learned(state.where(node), owner.source, owner.depends, size=_learnt_size(node, owner, method, state))
    return state.unknown(node, f"the method `.{method}()` is not known")


def _along(node: ast.Call, owner: Rows, method: str, state: State) -> Value | None:
    """`df.mean(axis=1)`, `A.max(1)`: one value for each row from its columns; None where rows are reduced."""
    axis = constant(keyword(node, "axis", pd_table.PLACE_OF_AXIS.get(method, 0)), state)
    if axis is None or (axis in (0, "index", "rows") and axis is not False):
        return None
    by_row = axis in (1, "columns") and axis is not True
    several = method == "quantile" and not isinstance(constant(keyword(node, "q", 0), state), int | float | None)
    if (by_row or (axis == -1 and owner.shape == "array")) and method != "mode" and not several:
        shape: Literal["array", "series"] = "array" if owner.shape == "array" else "series"
        return replace(owner, shape=shape, columns=None, rest=None, unnamed=None)
    return state.unknown(node, f"`.{method}()` along this axis is not known")


def _learnt_size(node: ast.Call, owner: Rows, method: str, state: State) -> Size:
    """How many values a reduction gives."""
    if method in pd_table.TO_VALUES or (
        method == "quantile" and isinstance(constant(keyword(node, "q", 0), state), list)
    ):
        return "table" if owner.shape == "frame" else "values"
    if method not in pd_table.TO_ONE:
        return "many"
    if owner.shape == "series":
        return "one"
    if owner.shape == "frame":
        return "columns"
    axis = constant(keyword(node, "axis", 0), state)
    return "columns" if axis == 0 and axis is not False else "one" if axis is None else "many"


def _keeping_names(found: Value, owner: Rows, method: str) -> Value:
    keeps = method in {"fillna", "astype", "replace", "copy", "round", "clip", "abs", "infer_objects", "where", "mask"}
    if (
        isinstance(found, Rows)
        and keeps
        and owner.columns is not None
        and found.shape == "frame"
        and found.depends == owner.depends
    ):
        return replace(found, columns=owner.columns, rest=owner.rest)
    return found


def _accessor_method(node: ast.Call, owner: Rows, method: str, arguments: list[Value], state: State) -> Value:
    if method in pd_table.NOT_ELEMENTWISE:
        return state.unknown(node, f"`.str.{method}()` depends on all rows")
    for value in arguments:
        if isinstance(value, Fixed) and value.function is not None:
            problem = captured(value.function, parameters(value.function), state)
            if problem is not None:
                return problem
    written = constant(keyword(node, "expand"), state)
    expand = written is True or (written is None and method in {"extract", "partition", "rpartition"})
    found = expressions.combined(node, [owner, *arguments], state)
    if not isinstance(found, Rows):
        return found
    if method in {"split", "rsplit"} and expand:
        state.specials[node] = SplitApart(node)
    return replace(found, shape="frame" if expand else "series", columns=None, rest=None, unnamed=None)


def _drop(node: ast.Call, owner: Rows, state: State) -> Value:
    columns = keyword(node, "columns")
    axis = constant(keyword(node, "axis", 1), state)
    if columns is None and axis in (1, "columns"):
        columns = node.args[0] if node.args else keyword(node, "labels")
    if columns is None:
        func = node.func
        base = func.value if isinstance(func, ast.Attribute) else func
        return selection.skipped(node, base, owner, state, "filter")
    value = expressions.value_of(columns, state)
    if isinstance(value, Unknown):
        return value
    names = value.constant if isinstance(value, Fixed) else NOT_CONSTANT
    if isinstance(names, str):
        names = [names]
    if isinstance(names, list | tuple):
        return owner.without(frozenset(str(n) for n in names))
    if isinstance(value, Rows | Parts | Grouped):
        return state.unknown(node, "columns to drop are not known")
    return replace(owner, columns=None, rest=None, unnamed=None)


def _dropna(node: ast.Call, owner: Rows, base: ast.expr, state: State) -> Value:
    if constant(keyword(node, "axis", 0), state) in (1, "columns"):
        state.specials[node] = ChosenColumns(base)
        return replace(owner, columns=None, rest=None, unnamed=None)
    return selection.skipped(node, base, owner, state, "missing")


def _pop(node: ast.Call, owner: Rows, base: ast.expr, state: State) -> Value:
    name = constant(node.args[0] if node.args else None, state)
    if not isinstance(name, str):
        return state.unknown(node, "`.pop()` of a column that is not known")
    result = owner.series(name)
    if isinstance(base, ast.Name):
        new = owner.without(frozenset({name}))
        state.rebind(owner, new)
    return result


def _reindex(node: ast.Call, owner: Rows, state: State) -> Value:
    """`X_test.reindex(columns=X_train.columns, fill_value=0)`: another frame's columns, what is not there filled."""
    columns = keyword(node, "columns")
    given = {k.arg for k in node.keywords}
    names = expressions.value_of(columns, state) if columns is not None else None
    if node.args or not given <= {"columns", "fill_value"} or not isinstance(names, Fixed | Learned):
        return state.unknown(node, "`.reindex()` of anything but columns")
    found = expressions.combined(node, [owner, names], state, looked_up=True)
    return replace(found, columns=None, rest=None, unnamed=None) if isinstance(found, Rows) else found


def _rename(node: ast.Call, owner: Rows, state: State) -> Value:
    mapping = new_names(node)
    if isinstance(mapping, ast.Dict) and owner.columns is not None:
        pairs = [
            (constant(k, state) if k is not None else None, constant(v, state))
            for k, v in zip(mapping.keys, mapping.values, strict=True)
        ]
        if all(isinstance(a, str) and isinstance(b, str) for a, b in pairs):
            names = {str(a): str(b) for a, b in pairs}
            columns = tuple((names.get(name, name), depends) for name, depends in owner.columns)
            if owner.rest is None:
                return replace(owner, columns=columns)
            known = dict(owner.columns)
            frame = replace(owner, columns=columns)
            for old, new in names.items():
                if old not in known:
                    frame = frame.without(frozenset({old})).with_column(new, owner.column(old))
            return frame
    return replace(owner, columns=None, rest=None, unnamed=None)


def names_without(node: ast.Call, owner: Learned, method: str, state: State) -> Learned | None:
    """`df.columns.drop("a")`: a list of column names, or what is left of it."""
    arguments = [constant(a, state) for a in node.args]
    if (renamed := _names_rewritten(node, method, arguments, state)) is not None:
        return renamed
    if owner.among is None or node.keywords:
        return None
    if method in {"tolist", "to_list", "copy"} and not node.args:
        return replace(owner, where=state.where(node))
    if method in {"drop", "difference"} and len(arguments) == 1 and isinstance(arguments[0], str | list):
        gone = frozenset([arguments[0]] if isinstance(arguments[0], str) else map(str, arguments[0]))
        return replace(owner, where=state.where(node), among=owner.among.without(gone))
    return None


_REWRITES = frozenset({"strip", "lstrip", "rstrip", "lower", "upper", "title", "capitalize", "replace"})


def _names_rewritten(node: ast.Call, method: str, arguments: list[object], state: State) -> Learned | None:
    """`df.columns.str.strip().str.replace(" ", "_")`: known names written in another way."""
    if method not in _REWRITES or not isinstance(node.func, ast.Attribute):
        return None
    before = state.values.get(node.func.value.value) if isinstance(node.func.value, ast.Attribute) else None
    literal = {k.arg: getattr(k.value, "value", None) for k in node.keywords}
    plain = all(isinstance(a, str) for a in arguments) and literal in ({}, {"regex": False})
    as_pattern = (
        method == "replace" and literal != {"regex": False} and re.search(r"[^\w \-]", str(arguments[:1]).strip("[]'"))
    )
    if not isinstance(before, Learned) or before.among is None or not before.elements or not plain or as_pattern:
        return None
    names = [e.constant for e in before.elements if isinstance(e, Fixed) and isinstance(e.constant, str)]
    if len(names) != len(before.elements) or (method == "replace") != (len(arguments) == 2):  # noqa: PLR2004 - what, by what
        return None
    new = [str(getattr(name, method)(*arguments)) for name in names]
    if len(set(new)) < len(new):
        return None
    elements = tuple(Fixed(constant=name) for name in new)
    return replace(before, where=state.where(node), elements=elements, among=Columns(frozenset(new)))
