"""Transformer classes of the notebook: followed method by method, so that what looks at other rows is noticed."""

from __future__ import annotations

import ast
from dataclasses import replace
from typing import TYPE_CHECKING

from nb2prod.rows.functions import captured, parameters
from nb2prod.rows.kinds import EVERY_COLUMN, Fixed, Learned, Rows, Unknown, Value

if TYPE_CHECKING:
    from nb2prod.rows.interpreter import State

_BASES = frozenset({"BaseEstimator", "TransformerMixin", "object", "OneToOneFeatureMixin"})
_BASES_OF_MODELS = _BASES | {"RegressorMixin", "ClassifierMixin", "ClusterMixin"}
_OF_FRAMES = frozenset({"columns", "loc", "iloc", "assign", "drop", "apply", "dtypes", "select_dtypes", "fillna"})


def is_transformer(definition: ast.ClassDef) -> bool:
    """Whether a class has `transform`, nothing that is not followed, and is no model."""
    methods = {s.name: s for s in definition.body if isinstance(s, ast.FunctionDef)}
    bases = {ast.unparse(base).rpartition(".")[2] for base in definition.bases}
    plain = all(not method.decorator_list for method in methods.values())
    known = {"transform", "fit"} <= set(methods) and not {"predict", "fit_transform", "__getattr__"} & set(methods)
    return known and plain and bases <= _BASES and not definition.decorator_list and not definition.keywords


def is_estimator(definition: ast.ClassDef) -> bool:
    """Whether a class is a model by its interface, `fit` and `predict`, and nothing that is not followed."""
    methods = {s.name: s for s in definition.body if isinstance(s, ast.FunctionDef)}
    bases = {ast.unparse(base).rpartition(".")[2] for base in definition.bases}
    plain = all(ast.unparse(d) == "staticmethod" for m in methods.values() for d in m.decorator_list)
    known = {"fit", "predict"} <= set(methods) and not {"transform", "__getattr__", "__getattribute__"} & set(methods)
    return known and plain and bases <= _BASES_OF_MODELS and not definition.decorator_list and not definition.keywords


def fitted(definition: ast.ClassDef, given: list[Value], state: State) -> dict[str, Value]:
    """The attributes of a model of the notebook once `fit` has run: what it keeps is learnt."""
    methods = {s.name: s for s in definition.body if isinstance(s, ast.FunctionDef)}
    outer, state.attributes = state.attributes, _of_class(definition, state)
    try:
        if "__init__" in methods:
            _run(methods["__init__"], {}, state)
        _run(methods["fit"], dict(enumerate(given)), state)
        return dict(state.attributes)
    finally:
        state.attributes = outer


def predicted(node: ast.AST, definition: ast.ClassDef, method: str, given: Rows, state: State) -> Value:
    """What `predict` of a fitted model of the notebook gives for rows."""
    methods = {s.name: s for s in definition.body if isinstance(s, ast.FunctionDef)}
    if method not in methods:
        return state.unknown(node, f"`{definition.name}` has no `{method}`")
    rows = replace(given, cuts=(), fresh=True)
    answers = replace(rows, shape="series", columns=None, rest=None)
    after = fitted(definition, [replace(rows), answers], state)
    kept = {n: v if isinstance(v, Fixed) and v.function else _state(node, v, state) for n, v in after.items()}
    outer, state.attributes = state.attributes, dict(kept)
    try:
        result = _run(methods[method], {0: rows}, state)
        changed = any(state.attributes.get(name) is not value for name, value in kept.items())
        if changed or len(kept) != len(state.attributes):
            return state.unknown(node, f"`{definition.name}.{method}` changes the model")
        if isinstance(result, Unknown):
            return state.unknown(node, f"the notebook's own `{definition.name}`: {result.why}")
        if not isinstance(result, Rows) or result.cuts or result.source != given.source:
            return state.unknown(node, f"the notebook's own `{definition.name}` gives no value for each row")
        return replace(result, cuts=given.cuts, fresh=given.fresh)
    finally:
        state.attributes = outer


def transformed(node: ast.AST, definition: ast.ClassDef, given: Rows, state: State) -> Value:
    """What `transform` gives for some rows, once the instance is fitted on rows."""
    methods = {s.name: s for s in definition.body if isinstance(s, ast.FunctionDef)}
    outer, state.attributes = state.attributes, _of_class(definition, state)
    try:
        if "__init__" in methods:
            _run(methods["__init__"], {}, state)
        _run(methods["fit"], {0: replace(given)}, state)
        kept = {name: _learnt(node, value, state) for name, value in state.attributes.items()}
        state.attributes = dict(kept)
        result = _run(methods["transform"], {0: given}, state)
        if any(state.attributes.get(name) is not value for name, value in kept.items()) or len(kept) != len(
            state.attributes
        ):
            return state.unknown(node, f"`{definition.name}.transform` changes the transformer")
        return result
    finally:
        state.attributes = outer


def problem(node: ast.AST, definition: ast.ClassDef, state: State) -> Unknown | None:
    """Why `transform`, of a model `predict`, is not row by row, whatever table it is given; None if it is."""
    if not is_transformer(definition):
        answer = predicted(node, definition, "predict", Rows(state.statement, "array", EVERY_COLUMN), state)
        return answer if isinstance(answer, Unknown) else None
    for given in _tables(definition, state):
        found = transformed(node, definition, given, state)
        if not isinstance(found, Rows) or found.cuts:
            why = found.why if isinstance(found, Unknown) else "it gives no row for each row"
            return state.unknown(node, f"the notebook's own `{definition.name}`: {why}")
    return None


def problem_of_function(node: ast.AST, function: ast.FunctionDef | ast.Lambda, state: State) -> Unknown | None:
    """Why a function, given to a FunctionTransformer, is not row by row; None if it is."""
    from nb2prod.rows.bodies import followed  # noqa: PLC0415 - the two modules need each other

    why = captured(function, parameters(function), state, learned_ok=False)
    definition = function if isinstance(function, ast.FunctionDef) else _named(function)
    first = next(iter([*definition.args.posonlyargs, *definition.args.args]), None)
    if why is not None or definition.decorator_list or first is None:
        return why or state.unknown(node, "the arguments of this function are not followed")
    for given in _tables(definition, state):
        names: dict[str, Value] = {name: Fixed() for name in parameters(definition)}
        found = followed(node, definition, {**names, first.arg: given}, state)
        if not isinstance(found, Rows) or found.cuts:
            return found if isinstance(found, Unknown) else state.unknown(node, "it gives no row for each row")
    return None


def _named(function: ast.Lambda) -> ast.FunctionDef:
    """A lambda as a function."""
    body: list[ast.stmt] = [ast.copy_location(ast.Return(function.body), function)]
    made = ast.FunctionDef(name="lambda", args=function.args, body=body, decorator_list=[], lineno=function.lineno)
    return ast.copy_location(made, function)


def _tables(definition: ast.AST, state: State) -> list[Rows]:
    """What a transformer may be given: a table, an array, or, where its text does not tell, both."""
    read = {n.attr for n in ast.walk(definition) if isinstance(n, ast.Attribute)}
    texts = [
        n
        for n in ast.walk(definition)
        if isinstance(n, ast.Subscript) and isinstance(n.slice, ast.Constant) and isinstance(n.slice.value, str)
    ]
    pairs = [n for n in ast.walk(definition) if isinstance(n, ast.Subscript) and isinstance(n.slice, ast.Tuple)]
    of_frames = bool(texts) or bool(read & _OF_FRAMES)
    frame = Rows(state.statement, "frame", EVERY_COLUMN, (), EVERY_COLUMN)
    array = Rows(state.statement, "array", EVERY_COLUMN)
    return [frame] if of_frames else [array] if pairs else [frame, array]


def _run(method: ast.FunctionDef, given: dict[int, Value], state: State) -> Value:
    from nb2prod.rows.bodies import followed  # noqa: PLC0415 - the two modules need each other

    arguments = [*method.args.posonlyargs, *method.args.args]
    names: dict[str, Value] = {a.arg: Fixed() for a in (*arguments, *method.args.kwonlyargs)}
    for number, value in given.items():
        if number + 1 < len(arguments):
            names[arguments[number + 1].arg] = value
    if not arguments or arguments[0].arg != "self" or method.args.vararg or method.args.kwarg:
        return state.unknown(method, f"the arguments of `{method.name}` are not followed")
    seen = len(state.predictions), len(state.fits), len(state.unfollowed)
    result = followed(method, method, names, state)
    del state.predictions[seen[0] :], state.fits[seen[1] :], state.unfollowed[seen[2] :]  # they are the object's own
    return result


def _of_class(definition: ast.ClassDef, state: State) -> dict[str, Value]:
    """The attributes that the class itself sets, and its methods as functions of what they are given."""
    from nb2prod.rows.expressions import value_of  # noqa: PLC0415 - the two modules need each other

    found: dict[str, Value] = {}
    for statement in definition.body:
        match statement:
            case ast.Assign(targets=[ast.Name(id=name)], value=value):
                found[name] = value_of(value, state)
            case ast.FunctionDef(name=name) if not name.startswith("__"):
                found[name] = Fixed(function=_alone(statement))
            case _:
                pass
    return found


def _alone(method: ast.FunctionDef) -> ast.FunctionDef:
    """A method as a function of what it is given besides `self`."""
    arguments = method.args
    own = [] if method.decorator_list else arguments.args[1:]
    args = ast.arguments(
        posonlyargs=arguments.posonlyargs,
        args=own or (arguments.args if method.decorator_list else []),
        vararg=arguments.vararg,
        kwonlyargs=arguments.kwonlyargs,
        kw_defaults=arguments.kw_defaults,
        kwarg=arguments.kwarg,
        defaults=arguments.defaults,
    )
    made = ast.FunctionDef(name=method.name, args=args, body=method.body, decorator_list=[], lineno=method.lineno)
    return ast.copy_location(made, method)


def _state(node: ast.AST, value: Value, state: State) -> Value:
    """What a fitted model has under a name: it is stored with the model, whatever it was computed from.

    Only rows that were kept are perhaps one for each row of the training data.
    """
    return Learned(state.where(node), size="many" if isinstance(value, Rows) else "columns")


def _learnt(node: ast.AST, value: Value, state: State) -> Value:
    """What was learnt from rows, and rows that were kept."""
    return Learned(state.where(node)) if isinstance(value, Rows) else value
