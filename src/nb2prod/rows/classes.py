"""Transformer classes of the notebook: followed method by method, so that what looks at other rows is noticed."""

from __future__ import annotations

import ast
from dataclasses import replace
from typing import TYPE_CHECKING

from nb2prod.rows.kinds import EVERY_COLUMN, Fixed, Learned, Rows, Unknown, Value

if TYPE_CHECKING:
    from nb2prod.rows.interpreter import State

_BASES = frozenset({"BaseEstimator", "TransformerMixin", "object", "OneToOneFeatureMixin"})
_OF_FRAMES = frozenset({"columns", "loc", "iloc", "assign", "drop", "apply", "dtypes", "select_dtypes", "fillna"})


def is_transformer(definition: ast.ClassDef) -> bool:
    """Whether a class has `transform`, nothing that is not followed, and is no model."""
    methods = {s.name: s for s in definition.body if isinstance(s, ast.FunctionDef)}
    bases = {ast.unparse(base).rpartition(".")[2] for base in definition.bases}
    plain = all(not method.decorator_list for method in methods.values())
    known = {"transform", "fit"} <= set(methods) and not {"predict", "fit_transform", "__getattr__"} & set(methods)
    return known and plain and bases <= _BASES and not definition.decorator_list and not definition.keywords


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
    """Why `transform` is not row by row, whatever table it is given; None if it is."""
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
    tried = [frame] if of_frames else [array] if pairs else [frame, array]
    for given in tried:
        found = transformed(node, definition, given, state)
        if not isinstance(found, Rows) or found.cuts:
            why = found.why if isinstance(found, Unknown) else "it gives no row for each row"
            return state.unknown(node, f"the notebook's own `{definition.name}`: {why}")
    return None


def _run(method: ast.FunctionDef, given: dict[int, Value], state: State) -> Value:
    from nb2prod.rows.bodies import followed  # noqa: PLC0415 - the two modules need each other

    arguments = [*method.args.posonlyargs, *method.args.args]
    names: dict[str, Value] = {a.arg: Fixed() for a in (*arguments, *method.args.kwonlyargs)}
    for number, value in given.items():
        if number + 1 < len(arguments):
            names[arguments[number + 1].arg] = value
    if not arguments or arguments[0].arg != "self" or method.args.vararg or method.args.kwarg:
        return state.unknown(method, f"the arguments of `{method.name}` are not followed")
    return followed(method, method, names, state)


def _of_class(definition: ast.ClassDef, state: State) -> dict[str, Value]:
    """The attributes that the class itself sets; its methods are not among them."""
    from nb2prod.rows.expressions import value_of  # noqa: PLC0415 - the two modules need each other

    return {
        statement.targets[0].id: value_of(statement.value, state)
        for statement in definition.body
        if isinstance(statement, ast.Assign) and isinstance(statement.targets[0], ast.Name)
    }


def _learnt(node: ast.AST, value: Value, state: State) -> Value:
    """What was learnt from rows, and rows that were kept."""
    return Learned(state.where(node)) if isinstance(value, Rows) else value
