"""The kind of what a call gives: methods of rows, of estimators, functions of libraries and of the notebook."""

from __future__ import annotations

import ast
from dataclasses import replace
from typing import TYPE_CHECKING, Literal

from nb2prod.rows import classes, expressions, met
from nb2prod.rows.functions import captured, parameters, row_columns
from nb2prod.rows.kinds import (
    NO_COLUMNS,
    NOT_CONSTANT,
    Columns,
    Cut,
    Dataset,
    Fixed,
    Grouped,
    Learned,
    Parts,
    Rows,
    Size,
    Unknown,
    Value,
    features_of,
    raw_frame,
    target_of,
)
from nb2prod.rows.knowledge import estimators
from nb2prod.rows.knowledge import numpy as np_table
from nb2prod.rows.knowledge import pandas as pd_table
from nb2prod.rows.knowledge import python as py_table
from nb2prod.rows.special import Binned, ChosenColumns, Codes, Dated, Dummies, FitTransform, GroupTransform, Skipped

if TYPE_CHECKING:
    from nb2prod.rows.interpreter import State

_DEEP = 6
_REDUCING_BUILTINS = frozenset(
    {
        "len",
        "sum",
        "max",
        "min",
        "sorted",
        "set",
        "any",
        "all",
        "dict",
        "frozenset",
        "range",
        "type",
        "str",
        "repr",
        "isinstance",
        "zip",
        "enumerate",
    }
)


def call_value(node: ast.Call, state: State) -> Value:
    """Evaluate a call."""
    changed = _changes_an_argument(node, state)
    if changed is not None:
        return changed
    if isinstance(node.func, ast.Attribute):
        owner = expressions.value_of(node.func.value, state)
        match owner:
            case Rows():
                return _rows_method(node, owner, node.func.attr, state)
            case Grouped():
                return _group_method(node, owner, node.func.attr, state)
            case Learned() if owner.estimator is not None:
                return _estimator_method(node, owner, node.func.attr, state)
            case Unknown() if node.func.attr in estimators.PREDICTS:
                met.prediction(node, node.func.attr, owner, (*_arguments(node, state), Fixed())[0], state)
            case Unknown() if node.func.attr in {"transform", "fit_transform"}:
                for argument in node.args:
                    state.spoil(expressions.value_of(argument, state), owner)
            case Learned(among=Columns()) if (names := _names_without(node, owner, node.func.attr, state)) is not None:
                return names
            case Fixed() if owner.estimator is not None:
                return _estimator_method(node, owner, node.func.attr, state)
            case Fixed(dotted=None, function=None) if node.func.attr in estimators.FITS and (
                _given_rows(node, state) or (node.args and _is_class(owner.made))
            ):
                unseen = replace(owner, estimator=(owner.made or "estimator").rpartition(".")[2])
                state.rebind(owner, unseen)  # an estimator by its interface
                return _estimator_method(node, unseen, node.func.attr, state)
            case Fixed(dotted=None, function=None) | Learned() if node.func.attr in estimators.PREDICTS:
                met.prediction(node, node.func.attr, owner, (*_arguments(node, state), Fixed())[0], state)
            case Parts(keys=tuple() as keys) if node.func.attr in {"items", "values", "keys"} and not node.args:
                return _of_dict(owner, keys, node.func.attr)
            case _:
                pass
    function = expressions.value_of(node.func, state)
    arguments = _arguments(node, state)
    match function:
        case Fixed(function=ast.FunctionDef(decorator_list=[_, *_])):
            return state.unknown(node, "what a decorated function does is not followed")
        case Fixed(function=ast.FunctionDef() as definition):
            return _own_function(node, definition, state)
        case Fixed(function=ast.Lambda() as definition):
            return _row_function(node, definition, arguments, state)
        case Fixed(dotted=str(dotted)):
            return _library_call(node, dotted, arguments, state)
        case Unknown():
            return function
        case Fixed(made=str(made)) if py_table.is_random(made):
            return Learned(state.where(node), size="many" if node.args or node.keywords else "one")
        case Fixed(made=str(made)):
            found = _opaque(node, [function, *arguments], state, "the result of this call is not known")
            return Fixed(made=made) if isinstance(found, Fixed) else found
        case _:
            return _opaque(node, [function, *arguments], state, "the result of this call is not known")


def _given_rows(node: ast.Call, state: State) -> bool:
    return any(isinstance(value, Rows | Parts | Unknown) for value in _arguments(node, state))


def _is_class(made: str | None) -> bool:
    return made is not None and made.rpartition(".")[2][:1].isupper()


def _of_dict(models: Parts, keys: tuple[object, ...], part: str) -> Value:
    """What `.items()`, `.values()` or `.keys()` of a dict of models gives."""
    names = tuple(Fixed(constant=key) for key in keys)
    if part == "keys":
        return Fixed(constant=list(keys), elements=names)
    if part == "values":
        return Parts(models.elements)
    return Parts(tuple(Parts((name, model)) for name, model in zip(names, models.elements, strict=True)))


def _names_without(node: ast.Call, owner: Learned, method: str, state: State) -> Learned | None:
    """`df.columns.drop("a")`: a list of column names, or what is left of it."""
    arguments = [_constant(a, state) for a in node.args]
    if owner.among is None or node.keywords:
        return None
    if method in {"tolist", "to_list", "copy"} and not node.args:
        return replace(owner, where=state.where(node))
    if method in {"drop", "difference"} and len(arguments) == 1 and isinstance(arguments[0], str | list):
        gone = frozenset([arguments[0]] if isinstance(arguments[0], str) else map(str, arguments[0]))
        return replace(owner, where=state.where(node), among=owner.among.without(gone))
    return None


def _changes_an_argument(node: ast.Call, state: State) -> Unknown | None:
    """`out=` and `copy=False`: what is given is changed, or may be."""
    method = node.func.attr if isinstance(node.func, ast.Attribute) else ""
    if method in pd_table.CHANGE_AN_ARGUMENT and not _of_sklearn(node.func, state):
        for argument in node.args:
            value = expressions.value_of(argument, state)
            if isinstance(value, Rows):
                state.spoil(value, state.unknown(node, f"`{method}` changes what it is given in place"))
    for each in node.keywords:
        if each.arg == "out" and not (isinstance(each.value, ast.Constant) and each.value.value is None):
            problem = state.unknown(node, "`out=` changes an array")
            state.spoil(expressions.value_of(each.value, state), problem)
            return problem
        if (
            each.arg == "copy"
            and getattr(each.value, "value", None) is False
            and method not in {"astype", "concat", "merge", "rename", "to_numpy", "infer_objects", "reindex", "array"}
        ):
            problem = state.unknown(node, "`copy=False` may change what is given")
            for argument in node.args:
                state.spoil(expressions.value_of(argument, state), problem)
            return problem
    return None


def _of_sklearn(function: ast.expr, state: State) -> bool:
    value = expressions.value_of(function, state)
    return isinstance(value, Fixed) and (value.dotted or "").startswith("sklearn.")


def keyword(node: ast.Call, name: str, position: int | None = None) -> ast.expr | None:
    """An argument by its name, or by its position."""
    for each in node.keywords:
        if each.arg == name:
            return each.value
    if position is not None and len(node.args) > position:
        return node.args[position]
    return None


def _arguments(node: ast.Call, state: State) -> list[Value]:
    return [expressions.value_of(a, state) for a in (*node.args, *(k.value for k in node.keywords))]


def _constant(node: ast.expr | None, state: State) -> object:
    if node is None:
        return None
    value = expressions.value_of(node, state)
    return value.constant if isinstance(value, Fixed) else NOT_CONSTANT


def _opaque(node: ast.Call, values: list[Value], state: State, why: str) -> Value:
    """A call we have no knowledge of: only what no rows enter can be told."""
    found = expressions.combined(node, values, state)
    if isinstance(found, Rows):
        return state.unknown(node, f"`{ast.unparse(node.func)}`: {why}")
    return found


# methods of frames, series and arrays


def _rows_method(node: ast.Call, owner: Rows, method: str, state: State) -> Value:
    func = node.func
    if not isinstance(func, ast.Attribute):
        return state.unknown(node, "this call is not followed")
    accessor = (
        func.value.attr
        if isinstance(func.value, ast.Attribute) and func.value.attr in {"str", "dt", "cat", "plot"}
        else None
    )
    arguments = _arguments(node, state)
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
        return _with_function(node, owner, method, arguments, state)
    if unknown is not None:
        return unknown
    if method in np_table.PLACES and owner.shape == "array" and _constant(keyword(node, "axis", 0), state) in (1, -1):
        return replace(owner, columns=None, rest=None, unnamed=None)
    if method in {"mean", "sum", "max", "min", "std", "median", "any", "all", "count", "nunique"} and _across_columns(
        node, state
    ):
        return replace(owner, shape="series", columns=None, rest=None, unnamed=None)
    if method == "fillna" and any(k.arg == "method" for k in node.keywords):
        return state.unknown(
            node, "`.fillna(method=...)` needs other rows, which are not there when one row is predicted"
        )
    if method == "drop":
        return _drop(node, owner, state)
    if method == "dropna":
        return _dropna(node, owner, func.value, state)
    if method in pd_table.FILTERS | pd_table.REORDERS and _across_columns(node, state):
        return state.unknown(node, f"`.{method}(axis=1)` chooses or orders columns")
    if method in pd_table.FILTERS:
        return expressions.skipped(node, func.value, owner, state, "filter")
    if method in pd_table.REORDERS:
        return expressions.skipped(node, func.value, owner, state, "order")
    if method == "reset_index":
        if _constant(keyword(node, "drop"), state) is True:
            return replace(owner, fresh=True)
        return state.unknown(node, "`.reset_index()` makes a column of the row numbers")
    if method == "set_index":
        name = _constant(keyword(node, "keys", 0), state)
        kept = owner.without(frozenset({name})) if isinstance(name, str) else None
        return replace(kept, fresh=True) if kept is not None else state.unknown(node, "an index of rows")
    if method == "groupby":
        key = node.args[0] if node.args else keyword(node, "by")
        if key is None:
            return state.unknown(node, "groups without a key")
        names = _constant(key, state)
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
        name = _constant(node.args[0] if node.args else None, state)
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
            frame = frame.with_column(each.arg, value.depends if isinstance(value, Rows) else NO_COLUMNS)
        return frame
    if method == "rename" and owner.shape == "frame":
        return _rename(node, owner, state)
    if method == "reshape":
        first = _constant(node.args[0], state) if node.args else None
        whole = first == -1 or isinstance(expressions.value_of(node.args[0], state), Learned) if node.args else False
        return (
            replace(owner, shape="array", view=True)
            if whole
            else Learned(state.where(node), owner.source, owner.depends)
        )
    if method in {"to_numpy", "toarray", "todense"}:
        return replace(owner, shape="array")
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
        return _keeping_names(found, owner, method)
    if method in pd_table.LEARNED:
        return Learned(state.where(node), owner.source, owner.depends, size=_learnt_size(node, owner, method, state))
    return state.unknown(node, f"the method `.{method}()` is not known")


def _learnt_size(node: ast.Call, owner: Rows, method: str, state: State) -> Size:
    """How many values a reduction gives."""
    if method in pd_table.TO_VALUES or (
        method == "quantile" and isinstance(_constant(keyword(node, "q", 0), state), list)
    ):
        return "table" if owner.shape == "frame" else "values"
    if method not in pd_table.TO_ONE:
        return "many"
    if owner.shape == "series":
        return "one"
    if owner.shape == "frame":
        return "columns"
    axis = _constant(keyword(node, "axis", 0), state)
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


def _across_columns(node: ast.Call, state: State) -> bool:
    axis = _constant(keyword(node, "axis"), state)
    return axis in (1, "columns") and axis is not True


def _accessor_method(node: ast.Call, owner: Rows, method: str, arguments: list[Value], state: State) -> Value:
    if method in pd_table.NOT_ELEMENTWISE:
        return state.unknown(node, f"`.str.{method}()` depends on all rows")
    for value in arguments:
        if isinstance(value, Fixed) and value.function is not None:
            problem = captured(value.function, parameters(value.function), state)
            if problem is not None:
                return problem
    written = _constant(keyword(node, "expand"), state)
    expand = written is True or (written is None and method in {"extract", "partition", "rpartition"})
    found = expressions.combined(node, [owner, *arguments], state)
    if not isinstance(found, Rows):
        return found
    if method == "split" and expand:
        return state.unknown(node, "`.str.split(expand=True)` makes as many columns as the longest row has parts")
    return replace(found, shape="frame" if expand else "series", columns=None, rest=None, unnamed=None)


def _with_function(node: ast.Call, owner: Rows, method: str, arguments: list[Value], state: State) -> Value:
    """`apply`, `map` and the like: row-wise when the function looks at one element or one row."""
    given = arguments[0] if arguments else Fixed()
    if isinstance(given, Unknown):
        return given
    across = _across_columns(node, state) or (len(node.args) > 1 and _constant(node.args[1], state) in (1, "columns"))
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
            and (given.dotted in _ELEMENTWISE_BUILTINS or _is_elementwise_numpy(given.dotted))
        ):
            return replace(owner, columns=None, rest=None, unnamed=None)
        if method == "apply" and given.dotted == "pandas.to_numeric":
            return replace(owner, columns=None, rest=None, unnamed=None)
        if method in {"agg", "aggregate"} and isinstance(given.constant, str | list):
            return Learned(state.where(node), owner.source, owner.depends)
        if method in {"apply", "transform"} and given.dotted is not None and _is_elementwise_numpy(given.dotted):
            return replace(owner, columns=None, rest=None, unnamed=None)
    return state.unknown(node, f"what `.{method}()` does with this function is not known")


_ELEMENTWISE_BUILTINS = frozenset({"len", "str", "int", "float", "bool", "abs", "round", "type"})


def _reads_label(function: ast.FunctionDef | ast.Lambda) -> bool:
    own = parameters(function)
    return any(
        isinstance(n, ast.Attribute)
        and n.attr in {"name", "index"}
        and isinstance(n.value, ast.Name)
        and n.value.id in own
        for n in ast.walk(function)
    )


def _is_elementwise_numpy(dotted: str) -> bool:
    return dotted.startswith("numpy.") and dotted.removeprefix("numpy.") in np_table.ELEMENT_WISE


def _drop(node: ast.Call, owner: Rows, state: State) -> Value:
    columns = keyword(node, "columns")
    axis = _constant(keyword(node, "axis", 1), state)
    if columns is None and axis in (1, "columns"):
        columns = node.args[0] if node.args else keyword(node, "labels")
    if columns is None:
        func = node.func
        base = func.value if isinstance(func, ast.Attribute) else func
        return expressions.skipped(node, base, owner, state, "filter")
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
    if _constant(keyword(node, "axis", 0), state) in (1, "columns"):
        state.specials[node] = ChosenColumns(base)
        return replace(owner, columns=None, rest=None, unnamed=None)
    return expressions.skipped(node, base, owner, state, "missing")


def _pop(node: ast.Call, owner: Rows, base: ast.expr, state: State) -> Value:
    name = _constant(node.args[0] if node.args else None, state)
    if not isinstance(name, str):
        return state.unknown(node, "`.pop()` of a column that is not known")
    result = owner.series(name)
    if isinstance(base, ast.Name):
        new = owner.without(frozenset({name}))
        state.rebind(owner, new)
    return result


def _rename(node: ast.Call, owner: Rows, state: State) -> Value:
    mapping = keyword(node, "columns")
    if isinstance(mapping, ast.Dict) and owner.columns is not None:
        pairs = [
            (_constant(k, state) if k is not None else None, _constant(v, state))
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


def _group_method(node: ast.Call, owner: Grouped, method: str, state: State) -> Value:
    arguments = _arguments(node, state)
    if any(isinstance(a, Unknown | Rows) for a in arguments):
        return state.unknown(node, "groups are combined with rows")
    if method == "transform":
        key, column = _constant(owner.keys, state), _constant(owner.chosen, state)
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


# estimators


def _estimator_method(node: ast.Call, owner: Fixed | Learned, method: str, state: State) -> Value:
    func = node.func
    if not isinstance(func, ast.Attribute) or owner.estimator is None:
        return state.unknown(node, "this call is not followed")
    arguments = _arguments(node, state)
    unknown = next((a for a in arguments if isinstance(a, Unknown)), None)
    given = arguments[0] if arguments else Fixed()
    if method in estimators.FITS:
        depends = NO_COLUMNS
        for value in arguments:
            depends |= value.depends if isinstance(value, Rows | Learned) else NO_COLUMNS
        target = arguments[1] if len(arguments) > 1 else None
        source = given.source if isinstance(given, Rows) else None
        fitted = Learned(state.where(node), source, depends, owner.estimator, inputs=given, target=target)
        state.rebind(owner, fitted)
        if method in {"fit", "fit_predict"} and owner.estimator not in state.classes:
            met.fit(node, fitted, state)
        if method in {"fit", "partial_fit"}:
            return fitted
        if method == "fit_transform":
            if not isinstance(given, Rows):
                return unknown or (given if isinstance(given, Parts) else Learned(state.where(node)))
            if owner.estimator in estimators.WITHOUT_TRANSFORM:
                return state.unknown(node, f"{owner.estimator} has no transform for new rows")
            if owner.estimator in estimators.CROSS_FITTING:
                return state.unknown(
                    node, f"{owner.estimator}.fit_transform gives the training rows other values than transform does"
                )
            argument = node.args[0] if node.args else node.keywords[0].value
            if owner.estimator in state.classes:
                result = classes.transformed(node, state.classes[owner.estimator], given, state)
                if not isinstance(result, Rows):
                    return result
                state.specials[node] = FitTransform(func.value, argument, owner.estimator)
                return result
            state.specials[node] = FitTransform(func.value, argument, owner.estimator)
            return replace(
                given, shape="series" if owner.estimator == "LabelEncoder" else "array", columns=None, rest=None
            )
        if method == "fit_resample":
            cut = Cut(state.statement, "filter")
            return Parts(
                tuple(replace(a, cuts=(*a.cuts, cut), fresh=True) if isinstance(a, Rows) else a for a in arguments[:2])
            )
        met.prediction(node, method, fitted, given, state)
        return state.unknown(node, "`fit_predict` labels the rows it was fitted on")
    if method in estimators.ROW_WISE:
        if method in estimators.PREDICTS:
            met.prediction(node, method, owner, unknown or given, state)
        if unknown is not None:
            return unknown
        if not isinstance(given, Rows):
            return expressions.combined(node, [owner if isinstance(owner, Learned) else Fixed(), given], state)
        if method == "transform" and owner.estimator in state.classes:
            return classes.transformed(node, state.classes[owner.estimator], given, state)
        if isinstance(owner, Fixed) and owner.estimator not in estimators.STATELESS:
            return state.unknown(node, f"{owner.estimator} is used before it is fitted")
        return replace(given, shape="array", columns=None, rest=None, unnamed=None)
    if method in {"set_params", "get_params"}:
        return owner
    if method == "save":
        met.stored(node, arguments, state)
    return unknown or Learned(state.where(node), owner.source if isinstance(owner, Learned) else None)


# functions


def _own_function(node: ast.Call, definition: ast.FunctionDef, state: State) -> Value:
    """A function of the notebook: its body is followed with the arguments given."""
    names = _bound_arguments(node, definition, state)
    if names is None:
        why = state.unknown(node, "the arguments of this call are not followed")
        met.not_entered(node, definition, why, state)
        return why
    seen: list[Value] = []
    found = followed(node, definition, names, state, seen)
    given = [*zip(_positional(definition), node.args, strict=False), *((k.arg, k.value) for k in node.keywords)]
    for name, argument in given:
        if seen and name is not None and _selects_from(names.get(name), seen[0]):
            return _selected_by_function(node, argument, names[name], state)
    return found


def _positional(definition: ast.FunctionDef) -> list[str]:
    return [a.arg for a in (*definition.args.posonlyargs, *definition.args.args)]


def _selects_from(given: Value | None, result: Value) -> bool:
    """Whether a function gives some rows of its argument, with nothing else changed: an outlier filter."""
    return (
        isinstance(given, Rows)
        and isinstance(result, Rows)
        and given.shape == result.shape == "frame"
        and given.columns is not None
        and (given.source, given.rest, given.unnamed) == (result.source, result.rest, result.unnamed)
        and (result.columns is given.columns or result.columns == given.columns == ())
        and len(result.cuts) > len(given.cuts)
        and result.cuts[: len(given.cuts)] == given.cuts
        and all(cut.kind in {"filter", "order"} for cut in result.cuts[len(given.cuts) :])
    )


def _selected_by_function(node: ast.Call, argument: ast.expr, given: Value, state: State) -> Value:
    if not isinstance(given, Rows):
        return given
    found = expressions.skipped(node, argument, given, state, "filter")
    return replace(found, fresh=True) if isinstance(found, Rows) else found


def followed(
    node: ast.AST,
    definition: ast.FunctionDef,
    names: dict[str, Value],
    state: State,
    seen: list[Value] | None = None,
) -> Value:
    """What a body gives, with its parameters bound; `seen` gets the value whether or not it can be had row by row."""
    from nb2prod.rows.interpreter import run  # noqa: PLC0415 - the two modules need each other

    if state.depth >= _DEEP:
        return state.unknown(node, "functions call each other too deeply")
    outer, through = state.names, state.through
    state.names = {**outer, **names}
    state.through = through or (node if isinstance(node, ast.Call) else None)
    state.depth += 1
    try:
        result: Value | None = None
        for statement in definition.body:
            if isinstance(statement, ast.Return):
                result = expressions.value_of(statement.value, state) if statement.value is not None else Fixed()
                break
            run(statement, state)
        if result is None and any(isinstance(n, ast.Return) and n.value is not None for n in ast.walk(definition)):
            result = state.unknown(node, f"`{definition.name}` returns from inside a branch or loop")
        for name, value in names.items():  # objects changed in place inside
            now = state.names.get(name)
            if (
                now is not None
                and now is not value
                and isinstance(value, Rows | Learned | Fixed)
                and not _rebinds(definition, name)
            ):
                for outer_name, held in outer.items():
                    if held is value:
                        outer[outer_name] = now
        if seen is not None and result is not None:
            seen.append(result)
        return _returned(node, definition, result or Fixed(), state)
    finally:
        state.depth -= 1
        state.names, state.through = outer, through


def _returned(node: ast.AST, definition: ast.FunctionDef, result: Value, state: State) -> Value:
    """Rows that a function gives are row-wise as written only if nothing inside it must be learnt or skipped."""
    if not isinstance(result, Rows) and not (
        isinstance(result, Parts) and any(isinstance(e, Rows) for e in result.elements)
    ):
        return result
    for inner in ast.walk(definition):
        if isinstance(inner, ast.expr):
            if inner in state.specials and not isinstance(state.specials[inner], Skipped):
                return state.unknown(node, f"`{definition.name}` learns from the data inside")
            if inner in state.specials or (
                isinstance(state.values.get(inner), Learned)
                and not _is_parameter(inner, definition)
                and not (state.attributes is not None and not _of_rows(inner, state))
            ):
                return state.unknown(node, f"`{definition.name}` learns from the data inside, or leaves rows out")
    return result


def _of_rows(node: ast.expr, state: State) -> bool:
    """Whether rows enter an expression; in a method what is learnt without them was kept by `fit`."""
    return any(isinstance(state.values.get(n), Rows) for n in ast.walk(node) if isinstance(n, ast.expr))


def _is_parameter(node: ast.expr, definition: ast.FunctionDef) -> bool:
    return isinstance(node, ast.Name) and node.id in parameters(definition)


def _rebinds(definition: ast.FunctionDef, name: str) -> bool:
    return any(isinstance(n, ast.Name) and n.id == name and isinstance(n.ctx, ast.Store) for n in ast.walk(definition))


def _bound_arguments(node: ast.Call, definition: ast.FunctionDef, state: State) -> dict[str, Value] | None:
    arguments = definition.args
    if arguments.vararg or arguments.kwarg or any(isinstance(a, ast.Starred) for a in node.args):
        return None
    positional = [a.arg for a in (*arguments.posonlyargs, *arguments.args)]
    if len(node.args) > len(positional):
        return None
    names: dict[str, Value] = {}
    for name, default in zip(reversed(positional), reversed(arguments.defaults), strict=False):
        names[name] = expressions.value_of(default, state)
    for only, only_default in zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True):
        if only_default is not None:
            names[only.arg] = expressions.value_of(only_default, state)
    for name, given in zip(positional, node.args, strict=False):
        names[name] = expressions.value_of(given, state)
    for each in node.keywords:
        if each.arg is None:
            return None
        names[each.arg] = expressions.value_of(each.value, state)
    return names


def _row_function(node: ast.Call, definition: ast.Lambda, arguments: list[Value], state: State) -> Value:
    problem = captured(definition, parameters(definition), state)
    found = expressions.combined(node, arguments, state)
    if isinstance(found, Rows):
        return state.unknown(node, "a lambda is called with rows")
    return problem or found


def _library_call(node: ast.Call, dotted: str, arguments: list[Value], state: State) -> Value:
    library, _, rest = dotted.partition(".")
    name = dotted.rpartition(".")[2]
    if library == "pandas":
        return _pandas_function(node, rest, arguments, state)
    if library == "numpy":
        return _numpy_function(node, rest, arguments, state)
    if name == "train_test_split":
        return _split(node, state)
    if dotted.startswith("sklearn.datasets") and name.startswith(("load_", "make_", "fetch_")):
        return _dataset(node, name, state)
    if dotted in {"copy.deepcopy", "copy.copy"}:
        return arguments[0] if arguments else Fixed()
    if dotted in estimators.STORES:
        met.stored(node, arguments, state)
        return Fixed()
    if dotted in estimators.LOADS and (found := met.loaded(arguments, state)) is not None:
        return found
    if dotted == "open":
        return met.opened(arguments)
    if library == "__main__":
        return _own_class(node, name, arguments, state)
    if name == "FunctionTransformer" and arguments and not _is_numpy_function(arguments[0]):
        return state.unknown(node, "a FunctionTransformer may look at all rows")
    if library in estimators.LIBRARIES and (name[:1].isupper() or name in estimators.FUNCTIONS_MAKING):
        if any(isinstance(a, Rows) for a in arguments):
            return state.unknown(node, f"{name} is made from rows")
        return _unfollowed_part(node, arguments, state) or Fixed(estimator=name)
    if (
        dotted in {"list", "tuple"}
        and len(arguments) == 1
        and isinstance(arguments[0], Rows)
        and arguments[0].shape != "frame"
    ):
        return replace(arguments[0], shape="array")
    if dotted in {"round", "abs"} and arguments and isinstance(arguments[0], Rows):
        return arguments[0]
    if _reads_clock(dotted):
        return Learned(state.where(node), size="one")
    if dotted in {"float", "int", "bool", "round", "abs"} or library == "math":
        return expressions.combined(node, arguments, state, scalar=True)
    if dotted in {"list", "tuple"} and len(arguments) == 1:
        return arguments[0] if isinstance(arguments[0], Fixed | Learned) else _learned(node, arguments, state)
    counting = library in {"sklearn", "scipy", "statistics", "collections"} and name != "defaultdict"
    if dotted in _REDUCING_BUILTINS or counting:
        one = dotted in {"len", "str", "repr", "type", "any", "all", "isinstance"} or (
            dotted in {"sum", "max", "min"} and not _of_frame(arguments)
        )
        values: Size = "values" if dotted in {"sorted", "set", "frozenset"} and not _of_frame(arguments) else "many"
        return _learned(node, arguments, state, lengthwise=dotted == "len", size="one" if one else values)
    if dotted in {"print", "display", "IPython.display.display"} or library in {
        "matplotlib",
        "seaborn",
        "plotly",
        "warnings",
    }:
        return Fixed()
    found = _opaque(node, arguments, state, "what this function does to rows is not known")
    return Fixed(made=dotted) if isinstance(found, Fixed) else found


def _unfollowed_part(node: ast.Call, arguments: list[Value], state: State) -> Unknown | None:
    """Why an estimator made of others (a Pipeline) is not row by row."""
    for value in arguments:
        match value:
            case Unknown():
                return value
            case Fixed(estimator=str(name)) if name in state.classes:
                problem = classes.problem(node, state.classes[name], state)
            case Parts(elements=tuple(inner)) | Fixed(elements=tuple(inner)):
                problem = _unfollowed_part(node, list(inner), state)
            case _:
                continue
        if problem is not None:
            return problem
    return None


def _own_class(node: ast.Call, name: str, arguments: list[Value], state: State) -> Value:
    unknown = next((a for a in arguments if isinstance(a, Unknown)), None)
    definition = state.classes.get(name)
    if unknown is None and definition is not None and classes.is_transformer(definition):
        return Fixed(estimator=name)
    return unknown or state.unknown(node, f"what the notebook's own class `{name}` does to rows is not followed")


def _is_numpy_function(value: Value) -> bool:
    return isinstance(value, Fixed) and value.dotted is not None and _is_elementwise_numpy(value.dotted)


def _reads_clock(dotted: str) -> bool:
    return dotted.endswith((".now", ".today", ".utcnow")) or dotted in {"time.time", "time.localtime", "time.strftime"}


def _of_frame(arguments: list[Value]) -> bool:
    return any(isinstance(a, Rows) and a.shape == "frame" for a in arguments)


def _learned(
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


def _dataset(node: ast.Call, name: str, state: State) -> Value:
    seed = _constant(keyword(node, "random_state"), state)
    if name.startswith("make_") and (seed is None or seed is NOT_CONSTANT):
        return state.unknown(node, f"`{name}` without a written `random_state` makes other rows at every call")
    frame = _constant(keyword(node, "as_frame"), state) is True
    dataset = Dataset(state.statement, frame)
    pair = _constant(keyword(node, "return_X_y"), state) is True
    if name.startswith("make_") or pair:
        return Parts((features_of(dataset), target_of(dataset)))
    return dataset


def _split(node: ast.Call, state: State) -> Value:
    parts: list[Value] = []
    for argument in node.args:
        value = expressions.value_of(argument, state)
        for part in (0, 1):
            if isinstance(value, Rows):
                parts.append(replace(value, cuts=(*value.cuts, Cut(state.statement, "split", part)), view=False))
            else:
                parts.append(
                    value
                    if isinstance(value, Unknown)
                    else state.unknown(argument, "a split of something that is no rows")
                )
    return Parts(tuple(parts))


def _pandas_function(node: ast.Call, name: str, arguments: list[Value], state: State) -> Value:
    unknown = next((a for a in arguments if isinstance(a, Unknown)), None)
    if name in pd_table.READS:
        return raw_frame(state.statement, state.headers.get(node))
    given = arguments[0] if arguments else Fixed()
    if _reads_clock(f"pandas.{name}") or (
        name == "to_datetime" and isinstance(given, Fixed) and given.constant in ("today", "now")
    ):
        return Learned(state.where(node), size="one")
    if name == "concat":
        return _concat(node, given, state)
    if unknown is not None:
        return unknown
    if name in {"DataFrame", "Series"}:
        return _frame_from(node, given, name, state)
    if not isinstance(given, Rows):
        found = expressions.combined(node, arguments, state) if name != "crosstab" else _learned(node, arguments, state)
        one = isinstance(found, Fixed) and (expressions.is_list(found) or name in py_table.SINGLE_OF_PANDAS)
        return found if one or not isinstance(found, Fixed) else Fixed(elements=())
    if name == "get_dummies":
        columns = keyword(node, "columns")
        state.specials[node] = Dummies(node.args[0] if node.args else node.keywords[0].value, columns)
        if given.shape == "frame" and given.columns is not None:  # what is not encoded stays under its name
            encoded = _constant(columns, state)
            names = tuple(str(c) for c in encoded) if isinstance(encoded, list) else ()
            extra = given.only(names).depends if names else given.depends
            return replace(given.without(frozenset(names)), unnamed=extra, depends=given.depends)
        return replace(given, shape="frame", columns=None, rest=None, unnamed=None)
    if name in {"to_numeric", "isna", "isnull", "notna", "notnull", "to_timedelta"}:
        return given
    if name == "to_datetime":
        if keyword(node, "format", None) is None and keyword(node, "unit") is None:
            state.specials[node] = Dated(node, node.args[0] if node.args else node.keywords[0].value)
        return given
    if name in {"cut", "qcut"}:
        bins = keyword(node, "bins" if name == "cut" else "q", 1)
        edges = expressions.value_of(bins, state) if bins is not None else Fixed()
        if name == "cut" and expressions.is_list(edges):
            return replace(given, shape="series", columns=None, rest=None, unnamed=None)
        state.specials[node] = Binned(node, node.args[0] if node.args else node.keywords[0].value, name == "qcut")
        return replace(given, shape="series", columns=None, rest=None, unnamed=None)
    if name in {"unique", "value_counts", "crosstab", "pivot_table"}:
        return _learned(node, arguments, state)
    return state.unknown(node, f"`pd.{name}` is not known")


def _concat(node: ast.Call, given: Value, state: State) -> Value:
    axis = _constant(keyword(node, "axis", 1), state)
    if isinstance(given, Parts) and axis in (1, "columns"):
        frames = given.elements
        found = expressions.combined(node, frames, state)
        if not isinstance(found, Rows):
            return found
        known = [f for f in frames if isinstance(f, Rows)]
        if (
            all(f.shape == "frame" and f.columns is not None for f in known)
            and sum(f.rest is not None for f in known) <= 1
        ):
            result = next((f for f in known if f.rest is not None), known[0])
            for frame in known:
                for name, depends in frame.columns or ():
                    result = result.with_column(name, depends)
            return result
        return replace(found, shape="frame", columns=None, rest=None, unnamed=None)
    if isinstance(given, Parts):
        rows = [e for e in given.elements if isinstance(e, Rows)]
        if rows and (selection := _selections(rows, given, state)) is not None:
            return selection
        if rows:
            return state.unknown(node, "rows of several tables are put below each other")
    if isinstance(given, Fixed | Learned | Unknown):
        return given
    return state.unknown(node, "`pd.concat` of this is not known")


def _selections(rows: list[Rows], given: Parts, state: State) -> Rows | None:
    """Some rows of a table put below others of the same, in a function that filters by group."""
    first = rows[0]
    alike = all(r.source == first.source and r.columns is first.columns and r.rest == first.rest for r in rows)
    others = [e for e in given.elements if not isinstance(e, Rows)]
    empty = all(isinstance(e, Fixed) and e.made == _EMPTY for e in others)
    if not alike or not empty or first.columns is None or state.depth == 0 or not all(r.cuts for r in rows):
        return None
    shared = [a for a, *rest in zip(*(r.cuts for r in rows), strict=False) if all(a == b for b in rest)]
    return replace(first, cuts=(*shared, Cut(state.statement, "filter", how="concat")), fresh=True)


_EMPTY = "pandas.DataFrame()"


def _frame_from(node: ast.Call, given: Value, name: str, state: State) -> Value:
    columns = _constant(keyword(node, "columns", 2), state)
    index = keyword(node, "index", 1)
    if isinstance(given, Parts):
        found = expressions.combined(node, given.elements, state)
        if not isinstance(found, Rows):
            return found
        return replace(
            found, shape="frame", columns=None, rest=None, unnamed=None, fresh=found.shape == "array" and index is None
        )
    if not node.args and not node.keywords:
        return Fixed(made=_EMPTY)
    drawn = isinstance(given, Learned) and given.source is None and given.depends == NO_COLUMNS
    if (isinstance(given, Fixed) or (drawn and _written_columns(node, columns))) and name == "DataFrame" and node.args:
        return replace(raw_frame(state.statement, _typed_columns(node, columns)), typed=True)
    if not isinstance(given, Rows):
        return given if isinstance(given, Fixed | Learned) else state.unknown(node, f"`pd.{name}` of this is not known")
    fresh = (given.shape == "array" and index is None) or given.fresh
    shape: Literal["frame", "series"] = "series" if name == "Series" else "frame"
    if isinstance(columns, list) and columns and given.shape == "array":
        named = tuple((str(c), given.depends) for c in columns)
        return replace(given, shape=shape, columns=named, rest=None, fresh=fresh)
    if columns is NOT_CONSTANT and given.shape == "array" and shape == "frame":
        return replace(given, shape=shape, columns=(), rest=None, unnamed=given.depends, fresh=fresh)
    if isinstance(columns, list) and columns and given.shape == "frame":
        return given.only(tuple(str(c) for c in columns))
    return (
        replace(given, shape=shape, fresh=fresh)
        if given.shape == "frame"
        else replace(given, shape=shape, columns=None, rest=None, unnamed=None, fresh=fresh)
    )


def _written_columns(node: ast.Call, columns: object) -> bool:
    return _typed_columns(node, columns) is not None


def _typed_columns(node: ast.Call, columns: object) -> tuple[str, ...] | None:
    if isinstance(columns, list) and all(isinstance(c, str) for c in columns):
        return tuple(columns)
    if isinstance(node.args[0], ast.Dict):
        keys = [getattr(k, "value", None) for k in node.args[0].keys]
        if all(isinstance(k, str) for k in keys):
            return tuple(str(k) for k in keys)
    return None


def _numpy_function(node: ast.Call, name: str, arguments: list[Value], state: State) -> Value:
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
    across = name in np_table.SIDE_BY_SIDE or (
        name in {"concatenate", "append"}
        and _constant(keyword(node, "axis", 1 if name == "concatenate" else 2), state) == 1
    )
    if across:
        found = expressions.combined(node, arguments, state)
        return (
            replace(found, shape="array", columns=None, rest=None, unnamed=None) if isinstance(found, Rows) else found
        )
    if name in {"ravel", "squeeze"} and arguments and isinstance(arguments[0], Rows):
        return replace(arguments[0], shape="array", columns=None, rest=None, unnamed=None, view=True)
    if name == "reshape" and len(node.args) > 1 and isinstance(arguments[0], Rows):
        first = node.args[1].elts[0] if isinstance(node.args[1], ast.Tuple) else node.args[1]
        if _constant(first, state) == -1:
            return replace(arguments[0], shape="array", columns=None, rest=None, unnamed=None, view=True)
    size: Size = "many"
    reduced = name in np_table.REDUCING or name in np_table.PLACES
    across = reduced and _constant(keyword(node, "axis", 1), state) in (1, -1)
    if across and arguments and isinstance(arguments[0], Rows) and arguments[0].shape == "array":
        return replace(arguments[0], columns=None, rest=None, unnamed=None)
    if name in np_table.REDUCING:
        axis = _constant(keyword(node, "axis", 1), state)
        frame = isinstance(arguments[0], Rows) and arguments[0].shape == "frame" if arguments else False
        size = "columns" if axis == 0 or (frame and axis is None) else "one" if axis is None else "many"
    elif name in {"percentile", "quantile", "nanpercentile", "nanquantile"}:
        size = "values" if isinstance(_constant(keyword(node, "q", 1), state), list) else "one"
    elif name == "unique":
        size = "values"
    return _learned(node, arguments, state, size=size)


def _is_sequence(arguments: list[Value]) -> bool:
    return bool(arguments) and isinstance(arguments[0], Parts)


__all__ = ["Codes", "Columns", "call_value", "keyword"]
