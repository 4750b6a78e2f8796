"""Functions of the notebook, followed by their bodies with the arguments given."""

from __future__ import annotations

import ast
from dataclasses import replace
from typing import TYPE_CHECKING

from nb2prod.rows import expressions, met, selection
from nb2prod.rows.functions import parameters
from nb2prod.rows.kinds import Fixed, Learned, Parts, Rows, Unknown, Value
from nb2prod.rows.special import Skipped
from nb2prod.unfold.bodies import one_exit, returns

if TYPE_CHECKING:
    from nb2prod.rows.interpreter import State

_DEEP = 6
_RESULT = "result of the call"


def own_function(node: ast.Call, definition: ast.FunctionDef, state: State) -> Value:
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
    found = selection.skipped(node, argument, given, state, "filter")
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
        single = one_exit(definition.body, _RESULT) if any(map(returns, definition.body[:-1])) else None
        single = single or (one_exit(definition.body, _RESULT) if isinstance(definition.body[-1], ast.If) else None)
        for statement in single or definition.body:
            if isinstance(statement, ast.Return):
                result = expressions.value_of(statement.value, state) if statement.value is not None else Fixed()
                break
            run(statement, state)
        result = state.names.get(_RESULT, result) if single else result
        if result is None and any(isinstance(n, ast.Return) and n.value is not None for n in ast.walk(definition)):
            result = state.unknown(node, f"`{definition.name}` returns from inside a branch or loop")
        for name, value in names.items():  # objects changed in place inside
            now = state.names.get(name)
            if (
                now is not None
                and now is not value
                and isinstance(value, Rows | Learned | Fixed)
                and not _rebinds(definition, name, value)
            ):
                for outer_name, held in outer.items():
                    if held is value:
                        outer[outer_name] = now
        for name, held in outer.items():  # what may share its memory with what is changed inside
            if name not in names and isinstance(held, Rows) and isinstance(now := state.names.get(name), Unknown):
                outer[name] = held if _rebinds(definition, name, held) else now
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


def _rebinds(definition: ast.FunctionDef, name: str, value: Value) -> bool:
    """Whether a name is bound to something else inside; `a += 1` changes the rows that it holds."""
    augmented = {n.target for n in ast.walk(definition) if isinstance(n, ast.AugAssign) and isinstance(value, Rows)}
    stored = (n for n in ast.walk(definition) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store))
    return any(n.id == name and n not in augmented for n in stored)


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
