"""The kind of what a call gives: whose method it is, or which library's function."""

from __future__ import annotations

import ast
from dataclasses import replace
from typing import TYPE_CHECKING

from nb2prod.rows import expressions, met
from nb2prod.rows.arguments import learnt_from, of_frame, opaque, values_given
from nb2prod.rows.bodies import own_function
from nb2prod.rows.estimator_methods import (
    dataset_of,
    drawn_rows,
    estimator_method,
    function_transformer,
    own_class,
    split_rows,
    unfollowed_part,
)
from nb2prod.rows.given_rows import function_of_statsmodels
from nb2prod.rows.kinds import Columns, Fixed, Grouped, Learned, Parts, Rows, Size, Unknown, Value, raw_frame
from nb2prod.rows.knowledge import estimators
from nb2prod.rows.knowledge import pandas as pd_table
from nb2prod.rows.knowledge import python as py_table
from nb2prod.rows.knowledge import seaborn as seaborn_table
from nb2prod.rows.numpy_functions import numpy_function
from nb2prod.rows.pandas_functions import pandas_function, reads_clock
from nb2prod.rows.pandas_methods import names_without, rows_method
from nb2prod.rows.with_functions import group_method, row_function

if TYPE_CHECKING:
    from nb2prod.rows.interpreter import State

_ONE_OF_A_SERIES = frozenset(["idxmax", "idxmin", "max", "mean", "median", "min", "nunique", "std", "sum"])
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
    """Evaluate a call; whether columns hold numbers is known no longer, unless it only chooses among them."""
    found = _call_value(node, state)
    method = node.func.attr if isinstance(node.func, ast.Attribute) else ""
    if isinstance(found, Rows) and method not in pd_table.CHOOSING:
        leading = found.leading if method in {"get_dummies", "concat"} else 0
        made = replace(found, plain=frozenset(), number=False, leading=leading)
        return state.selection(found, made) if found in state.selected else made
    return found


def _call_value(node: ast.Call, state: State) -> Value:
    changed = _changes_an_argument(node, state)
    if changed is not None:
        return changed
    if isinstance(node.func, ast.Attribute):
        owner = expressions.value_of(node.func.value, state)
        match owner:
            case Rows():
                return rows_method(node, owner, node.func.attr, state)
            case Grouped():
                return group_method(node, owner, node.func.attr, state)
            case Learned() if owner.estimator is not None:
                return estimator_method(node, owner, node.func.attr, state)
            case Unknown() if node.func.attr in estimators.PREDICTS:
                met.prediction(node, node.func.attr, owner, (*values_given(node, state), Fixed())[0], state)
            case Unknown() if node.func.attr in {"transform", "fit_transform"}:
                for argument in node.args:
                    state.spoil(expressions.value_of(argument, state), owner)
            case Learned(size="values" | "columns", among=None) if _is_one_of(node.func.attr, node):
                return replace(owner, where=state.where(node), elements=None, size="one")
            case Learned(among=Columns()) if (names := names_without(node, owner, node.func.attr, state)) is not None:
                return names
            case Fixed() if owner.estimator is not None:
                return estimator_method(node, owner, node.func.attr, state)
            case Fixed(dotted=None, function=None) if node.func.attr in estimators.FITS and (
                _given_rows(node, state) or (node.args and _is_class(owner.made))
            ):
                unseen = replace(owner, estimator=(owner.made or "estimator").rpartition(".")[2])
                state.rebind(owner, unseen)  # an estimator by its interface
                return estimator_method(node, unseen, node.func.attr, state)
            case Learned(estimator=None) if node.func.attr in estimators.FITS and _given_rows(node, state):
                # made with something learnt: `Sequential([Dense(8, input_dim=X_train.shape[1])])`
                learning = replace(owner, estimator="estimator")
                state.rebind(owner, learning)
                return estimator_method(node, learning, node.func.attr, state)
            case Fixed(dotted=None, function=None) | Learned() if node.func.attr in estimators.PREDICTS:
                met.prediction(node, node.func.attr, owner, (*values_given(node, state), Fixed())[0], state)
            case Parts(keys=tuple() as keys) if node.func.attr in {"items", "values", "keys"} and not node.args:
                return _of_dict(owner, keys, node.func.attr)
            case _:
                pass
    function = expressions.value_of(node.func, state)
    arguments = values_given(node, state)
    match function:
        case Fixed(function=ast.FunctionDef(decorator_list=[_, *_])):
            return state.unknown(node, "what a decorated function does is not followed")
        case Fixed(function=ast.FunctionDef() as definition):
            return own_function(node, definition, state)
        case Fixed(function=ast.Lambda() as definition):
            return row_function(node, definition, arguments, state)
        case Fixed(dotted=str(dotted)):
            return _library_call(node, dotted, arguments, state)
        case Unknown():
            return function
        case Fixed(made=str(made)) if py_table.is_random(made):
            return Learned(state.where(node), size="many" if node.args or node.keywords else "one")
        case Fixed(made=str(made)):
            found = opaque(node, [function, *arguments], state, "the result of this call is not known")
            return Fixed(made=made) if isinstance(found, Fixed) else found
        case _:
            return opaque(node, [function, *arguments], state, "the result of this call is not known")


def _is_one_of(method: str, node: ast.Call) -> bool:
    """Whether `counts.idxmax()` and the like give one value of a learnt series."""
    return method in _ONE_OF_A_SERIES and not (node.args or node.keywords)


def _given_rows(node: ast.Call, state: State) -> bool:
    return any(isinstance(value, Rows | Parts | Unknown) for value in values_given(node, state))


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


def _table_of_seaborn(node: ast.Call, arguments: list[Value], state: State) -> Value:
    """A table that seaborn brings, read as a whole."""
    if len(arguments) != 1 or not isinstance(arguments[0], Fixed):
        return state.unknown(node, "options of `load_dataset` are not followed")
    return replace(raw_frame(state.statement, seaborn_table.header(arguments[0].constant)), typed=True)


def _of_sklearn(function: ast.expr, state: State) -> bool:
    value = expressions.value_of(function, state)
    return isinstance(value, Fixed) and (value.dotted or "").startswith("sklearn.")


def _library_call(node: ast.Call, dotted: str, arguments: list[Value], state: State) -> Value:
    library, _, rest = dotted.partition(".")
    name = dotted.rpartition(".")[2]
    if library == "pandas":
        return pandas_function(node, rest, arguments, state)
    if library == "numpy":
        return numpy_function(node, rest, arguments, state)
    if name == "train_test_split":
        return split_rows(node, state)
    if dotted in {"sklearn.utils.shuffle", "sklearn.utils.resample"}:
        return drawn_rows(node, name, arguments, state)
    if dotted == "seaborn.load_dataset":
        return _table_of_seaborn(node, arguments, state)
    if dotted.startswith("sklearn.datasets") and name.startswith(("load_", "make_", "fetch_")):
        return dataset_of(node, name, state)
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
        return own_class(node, name, arguments, state)
    if name == "FunctionTransformer" and (unsure := function_transformer(node, arguments, state)) is not None:
        return unsure
    if library == "statsmodels" and (model := function_of_statsmodels(node, name, state)) is not None:
        return model
    if library in estimators.LIBRARIES and (name[:1].isupper() or name in estimators.FUNCTIONS_MAKING):
        if any(isinstance(a, Rows) for a in arguments):
            return state.unknown(node, f"{name} is made from rows")
        return unfollowed_part(node, arguments, state) or Fixed(estimator=name)
    if (
        dotted in {"list", "tuple"}
        and len(arguments) == 1
        and isinstance(arguments[0], Rows)
        and arguments[0].shape != "frame"
    ):
        return replace(arguments[0], shape="array")
    if dotted in {"round", "abs"} and arguments and isinstance(arguments[0], Rows):
        return arguments[0]
    if reads_clock(dotted):
        return Learned(state.where(node), size="one")
    if dotted.startswith("scipy.special.") and name in py_table.ELEMENT_WISE_OF_SCIPY:
        return expressions.combined(node, arguments, state)
    if dotted in {"float", "int", "bool", "round", "abs"} or library == "math":
        return expressions.combined(node, arguments, state, scalar=True)
    if dotted in {"list", "tuple"} and len(arguments) == 1:
        return arguments[0] if isinstance(arguments[0], Fixed | Learned) else learnt_from(node, arguments, state)
    counting = library in {"sklearn", "scipy", "statistics", "collections"} and name != "defaultdict"
    if dotted in _REDUCING_BUILTINS or counting:
        one = dotted in {"len", "str", "repr", "type", "any", "all", "isinstance"} or (
            dotted in {"sum", "max", "min"} and not of_frame(arguments)
        )
        values: Size = "values" if dotted in {"sorted", "set", "frozenset"} and not of_frame(arguments) else "many"
        return learnt_from(node, arguments, state, lengthwise=dotted == "len", size="one" if one else values)
    if dotted in {"print", "display", "IPython.display.display"} or library in {
        "matplotlib",
        "seaborn",
        "plotly",
        "warnings",
    }:
        return Fixed()
    if (
        library in estimators.FORECASTING
        and name in estimators.FORECASTERS
        and any(isinstance(a, Rows) for a in arguments)
    ):
        return state.unknown(node, f"`{name}` forecasts from the rows before, so that no row is predicted by itself")
    found = opaque(node, arguments, state, "what this function does to rows is not known")
    return Fixed(made=dotted) if isinstance(found, Fixed) else found
