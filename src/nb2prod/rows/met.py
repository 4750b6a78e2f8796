"""What is fitted, predicted and stored in a file, remembered where the rows come by."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from nb2prod.rows.kinds import Fixed, Learned, Rows, Unknown
from nb2prod.rows.knowledge import estimators

if TYPE_CHECKING:
    from nb2prod.rows.interpreter import State
    from nb2prod.rows.kinds import Value


def fit(node: ast.Call, fitted: Learned, state: State) -> None:
    """Remember a fit."""
    from nb2prod.rows.interpreter import Fit  # noqa: PLC0415 - the two modules need each other

    if isinstance(node.func, ast.Attribute):
        state.fits.append(Fit(state.statement, node, node.func.value, fitted, top=state.depth == 0))


def prediction(node: ast.Call, method: str, owner: Value, given: Value, state: State) -> None:
    """Remember a prediction of rows, and why it cannot be followed where that is so."""
    from nb2prod.rows.interpreter import Prediction, Unfollowed  # noqa: PLC0415 - the two modules need each other

    argument = node.args[0] if node.args else next((k.value for k in node.keywords), None)
    written = isinstance(given, Fixed) and given.made is None
    if not isinstance(node.func, ast.Attribute) or argument is None or written:
        return
    model, top = node.func.value, state.depth == 0
    why = _why_not(node, owner, given, state)
    if why is None and isinstance(owner, Learned) and isinstance(given, Rows):
        made = Prediction(state.statement, node, method, model, argument, owner, given, top=top, through=state.through)
        state.predictions.append(made)
    elif why is not None:
        fitted = owner if isinstance(owner, Learned) and owner.estimator is not None else None
        state.unfollowed.append(
            Unfollowed(
                state.statement, node, method, model, argument, fitted, given, why, top=top, through=state.through
            )
        )


def not_entered(node: ast.Call, definition: ast.FunctionDef, why: Unknown, state: State) -> None:
    """Remember that a function which predicts is called in a way that is not followed."""
    for child in ast.walk(definition):
        if isinstance(child, ast.Call) and isinstance(child.func, ast.Attribute) and child.func.attr == "predict":
            through, state.through = state.through, state.through or node
            prediction(child, "predict", why, why, state)
            state.through = through
            return


def stored(node: ast.Call, arguments: list[Value], state: State) -> None:
    """Remember what `joblib.dump(model, "model.pkl")` or `model.save("model.h5")` writes."""
    path = next((p for a in arguments[1:2] or arguments if (p := _path(a)) is not None), None)
    if path is not None and arguments:
        owner = node.func.value if isinstance(node.func, ast.Attribute) else node.func
        state.stored[path] = arguments[0] if len(arguments) > 1 else state.values.get(owner, Fixed())


def loaded(arguments: list[Value], state: State) -> Value | None:
    """What such a file holds, if the notebook wrote it."""
    path = _path(arguments[0]) if arguments else None
    return state.stored.get(path) if path is not None else None


def opened(arguments: list[Value]) -> Fixed:
    """A file that remembers its path."""
    path = _path(arguments[0]) if arguments else None
    return Fixed(made="open", constant=path) if path is not None else Fixed(made="open")


def _path(value: Value) -> str | None:
    return value.constant if isinstance(value, Fixed) and isinstance(value.constant, str) else None


def _why_not(node: ast.Call, owner: Value, given: Value, state: State) -> Unknown | None:
    match owner, given:
        case (Unknown() as why, _) | (_, Unknown() as why):
            return why
        case Learned(estimator=str(name)), Rows():
            if name in estimators.WITHOUT_PREDICT:
                return state.unknown(node, f"{name} labels only the rows it was fitted on")
            return None
        case _:
            return state.unknown(node, f"`{ast.unparse(node)}` is not followed")
