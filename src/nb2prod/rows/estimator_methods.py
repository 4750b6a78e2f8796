"""What a method of an estimator gives: fit, transform, predict; and what makes one."""

from __future__ import annotations

import ast
from dataclasses import replace
from typing import TYPE_CHECKING, Literal

from nb2prod.rows import classes, expressions, met
from nb2prod.rows.arguments import constant, values_given
from nb2prod.rows.given import keyword
from nb2prod.rows.given_rows import fitted_by_itself
from nb2prod.rows.kinds import (
    NO_COLUMNS,
    NOT_CONSTANT,
    Cut,
    Dataset,
    Fixed,
    Learned,
    Parts,
    Rows,
    Unknown,
    Value,
    features_of,
    target_of,
)
from nb2prod.rows.knowledge import estimators
from nb2prod.rows.knowledge import statsmodels as sm_table
from nb2prod.rows.selection import skipped
from nb2prod.rows.special import FitTransform
from nb2prod.rows.with_functions import is_elementwise_numpy

if TYPE_CHECKING:
    from nb2prod.rows.interpreter import State


def estimator_method(node: ast.Call, owner: Fixed | Learned, method: str, state: State) -> Value:
    """Fit, transform, predict and the like."""
    func = node.func
    if not isinstance(func, ast.Attribute) or owner.estimator is None:
        return state.unknown(node, "this call is not followed")
    arguments = values_given(node, state)
    unknown = next((a for a in arguments if isinstance(a, Unknown)), None)
    given = arguments[0] if arguments else Fixed()
    if isinstance(owner, Learned) and (fitted_already := fitted_by_itself(node, owner, method, state)) is not None:
        return fitted_already
    if method in estimators.FITS:
        depends = NO_COLUMNS
        for value in arguments:
            depends |= value.depends if isinstance(value, Rows | Learned) else NO_COLUMNS
        target = arguments[1] if len(arguments) > 1 else None
        source = given.source if isinstance(given, Rows) else None
        fitted = Learned(state.where(node), source, depends, owner.estimator, inputs=given, target=target)
        state.rebind(owner, fitted)
        own = state.classes.get(owner.estimator)
        if own is not None and classes.is_estimator(own):
            if method != "fit":
                return state.unknown(node, f"`{owner.estimator}.{method}` of the notebook's own class is not followed")
            classes.fitted(own, arguments, state)  # it may change what it is given
        if method in {"fit", "fit_predict"} and (own is None or classes.is_estimator(own)):
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
            if own is not None:
                result = classes.transformed(node, state.classes[owner.estimator], given, state)
                if not isinstance(result, Rows):
                    return result
                state.specials[node] = FitTransform(func.value, argument, owner.estimator)
                return result
            state.specials[node] = FitTransform(func.value, argument, owner.estimator)
            shape: Literal["series", "array"] = "series" if owner.estimator == "LabelEncoder" else "array"
            return _transformed(given, owner.estimator, shape)
        if method == "fit_resample":
            cut = Cut(state.statement, "filter")
            return Parts(
                tuple(replace(a, cuts=(*a.cuts, cut), fresh=True) if isinstance(a, Rows) else a for a in arguments[:2])
            )
        if owner.estimator in estimators.PREDICTS_WHAT_IT_FITTED:
            met.prediction(node, method, fitted, unknown or given, state)
            if isinstance(given, Rows):
                argument = node.args[0] if node.args else node.keywords[0].value
                state.specials[node] = FitTransform(func.value, argument, owner.estimator, "predict")
                return replace(given, shape="array", columns=None, rest=None, unnamed=None)
        return unknown or state.unknown(node, f"`fit_predict` of {owner.estimator} labels the rows it was fitted on")
    if method in estimators.ROW_WISE:
        if method in estimators.PREDICTS:
            model = state.classes.get(owner.estimator)
            if model is not None and isinstance(given, Rows):
                answer = classes.predicted(node, model, method, given, state)
                met.prediction(node, method, owner, answer if isinstance(answer, Unknown) else given, state)
                return answer
            met.prediction(node, method, owner, unknown or given, state)
        if unknown is not None:
            return unknown
        if not isinstance(given, Rows):
            return expressions.combined(node, [owner if isinstance(owner, Learned) else Fixed(), given], state)
        if method == "transform" and owner.estimator in state.classes:
            return classes.transformed(node, state.classes[owner.estimator], given, state)
        if isinstance(owner, Fixed) and owner.estimator not in estimators.STATELESS:
            return state.unknown(node, f"{owner.estimator} is used before it is fitted")
        if owner.estimator in sm_table.MODELS and given.shape == "frame":  # a series under the rows' labels
            return replace(given, shape="series", columns=None, rest=None, unnamed=None, label=None)
        return _transformed(given, owner.estimator if method in {"transform", "inverse_transform"} else "", "array")
    if method in {"set_params", "get_params"}:
        return owner
    if method == "save":
        met.stored(node, arguments, state)
    return unknown or Learned(state.where(node), owner.source if isinstance(owner, Learned) else None)


def _transformed(given: Rows, estimator: str, shape: Literal["series", "array"]) -> Rows:
    """What a transform gives: the columns it was given, where each is transformed by itself."""
    if estimator in estimators.COLUMN_BY_COLUMN and given.columns is not None:
        return replace(given, shape=shape, plain=frozenset(), key=None, label=None)
    return replace(given, shape=shape, columns=None, rest=None, unnamed=None)


def unfollowed_part(node: ast.Call, arguments: list[Value], state: State) -> Unknown | None:
    """Why an estimator made of others (a Pipeline) is not row by row."""
    for value in arguments:
        match value:
            case Unknown():
                return value
            case Fixed(estimator=str(name)) if name in state.classes:
                problem = classes.problem(node, state.classes[name], state)
            case Parts(elements=tuple(inner)) | Fixed(elements=tuple(inner)):
                problem = unfollowed_part(node, list(inner), state)
            case _:
                continue
        if problem is not None:
            return problem
    return None


def own_class(node: ast.Call, name: str, arguments: list[Value], state: State) -> Value:
    """An instance of a class of the notebook."""
    unknown = next((a for a in arguments if isinstance(a, Unknown)), None)
    definition = state.classes.get(name)
    followed = definition is not None and (classes.is_transformer(definition) or classes.is_estimator(definition))
    if unknown is None and followed:
        return Fixed(estimator=name)
    return unknown or state.unknown(node, f"what the notebook's own class `{name}` does to rows is not followed")


def function_transformer(node: ast.Call, arguments: list[Value], state: State) -> Unknown | None:
    """Why the functions given to a FunctionTransformer may look at all rows; None where each row is by itself."""
    for value in arguments:
        match value:
            case Unknown():
                return value
            case Fixed(function=ast.FunctionDef() | ast.Lambda() as function):
                if (problem := classes.problem_of_function(node, function, state)) is not None:
                    return state.unknown(node, f"a FunctionTransformer may look at all rows: {problem.why}")
            case Fixed(dotted=str(dotted)) if not is_elementwise_numpy(dotted):
                return state.unknown(node, "a FunctionTransformer may look at all rows")
            case Fixed():
                pass
            case _:
                return state.unknown(node, "a FunctionTransformer may look at all rows")
    return None


def dataset_of(node: ast.Call, name: str, state: State) -> Value:
    """What a loader or maker of sklearn.datasets gives."""
    seed = constant(keyword(node, "random_state"), state)
    if name.startswith("make_") and (seed is None or seed is NOT_CONSTANT):
        return state.unknown(node, f"`{name}` without a written `random_state` makes other rows at every call")
    frame = constant(keyword(node, "as_frame"), state) is True
    dataset = Dataset(state.statement, frame)
    pair = constant(keyword(node, "return_X_y"), state) is True
    if name.startswith("make_") or pair:
        return Parts((features_of(dataset), target_of(dataset)))
    return dataset


def drawn_rows(node: ast.Call, name: str, arguments: list[Value], state: State) -> Value:
    """What `shuffle` or `resample` of scikit-learn gives: rows in another order, some of them, or some twice."""
    kind: Literal["order", "filter"] = "order" if name == "shuffle" else "filter"
    given = arguments[: len(node.args)]
    rows = [value for value in given if isinstance(value, Rows)]
    if not rows or len(rows) < len(given):
        return state.unknown(node, "something that is no rows is drawn from")
    if len(node.args) == 1:
        return skipped(node, node.args[0], rows[0], state, kind)
    return Parts(tuple(replace(each, cuts=(*each.cuts, Cut(state.statement, kind)), view=False) for each in rows))


def split_rows(node: ast.Call, state: State) -> Value:
    """What train_test_split gives: two parts of each argument."""
    parts: list[Value] = []
    for argument in node.args:
        value = expressions.value_of(argument, state)
        for part in (0, 1):
            if isinstance(value, Rows):
                some = replace(value, cuts=(*value.cuts, Cut(state.statement, "split", part)), view=False)
                parts.append(state.selection(value, some))
            else:
                parts.append(
                    value
                    if isinstance(value, Unknown)
                    else state.unknown(argument, "a split of something that is no rows")
                )
    return Parts(tuple(parts))
