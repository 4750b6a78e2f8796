"""Which model, which input, which prediction: the first rule of design that decides."""

from __future__ import annotations

import ast
from dataclasses import dataclass
from typing import TYPE_CHECKING

from nb2prod.plan import shapes
from nb2prod.rows.interpreter import Prediction
from nb2prod.rows.kinds import Fixed, Learned, Rows, Unknown

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from nb2prod.dataflow import Dataflow
    from nb2prod.rows.interpreter import Fit, Provenance
    from nb2prod.rows.kinds import Value

_TRANSFORMERS = ("Scaler", "Encoder", "Imputer", "Vectorizer", "Transformer", "Binarizer", "Discretizer", "Selector")
_NO_MODELS = frozenset(
    {
        "PCA",
        "TruncatedSVD",
        "SelectKBest",
        "PolynomialFeatures",
        "Normalizer",
        "NMF",
        "VarianceThreshold",
        "RFE",
        "SMOTE",
        "TSNE",
    }
)


_DECIDED = (
    "its cell is tagged nb2prod-predict",
    "its model is the one saved last",
    "its prediction is written to a file",
)
_NO_PREDICT = frozenset({"DBSCAN", "AgglomerativeClustering", "SpectralClustering", "OPTICS", "TSNE", "MDS"})


@dataclass(frozen=True, slots=True, eq=False)
class Choice:
    """The fitted model, the expression that is predicted, and why it was chosen."""

    prediction: Prediction
    reason: str
    alternatives: tuple[str, ...]


def choose(flow: Dataflow, rows: Provenance) -> Choice | Unknown | None:
    """The notebook's final prediction; None without a model, Unknown where there is one that cannot be followed."""
    fits = [fit for fit in rows.fits if is_model(fit.value)]
    candidates = [p for p in rows.predictions if is_model(p.model_value) and not _by_hand(p)]
    top = [p for p in candidates if p.top and isinstance(p.model, ast.Name | ast.Attribute | ast.Subscript)]
    if not fits and not candidates:
        return None
    if not top:
        return _last_fit(flow, rows, fits) or _why_none(flow, fits, candidates)
    tagged = [p for p in top if "nb2prod-predict" in _tags(flow, p)]
    saved = _saved_models(flow, rows)
    chosen, reason = _first_deciding(
        [
            (tagged, _DECIDED[0]),
            ([p for p in top if saved is not None and p.model_value is saved], _DECIDED[1]),
            ([p for p in top if _is_exported(flow, p)], _DECIDED[2]),
            ([p for p in top if held_out(p)], "it is the last prediction of held-out rows"),
            (top, "it is the last prediction"),
        ]
    )
    later = _later_model(rows, top, chosen) if reason not in _DECIDED else None
    if later is not None:
        return later
    others = tuple(dict.fromkeys(_named(flow, p) for p in top if p.model_value is not chosen.model_value))
    return Choice(chosen, reason, others)


def is_model(value: Value) -> bool:
    """Whether a fitted estimator is a model and not a step of the preprocessing."""
    name = value.estimator if isinstance(value, Learned) else None
    return name is not None and not name.endswith(_TRANSFORMERS) and name not in _NO_MODELS


def held_out(prediction: Prediction) -> bool:
    """Whether the rows predicted are others than those the model was fitted on."""
    fitted_on = prediction.model_value.inputs
    given = prediction.input_value
    if not isinstance(fitted_on, Rows):
        return False
    return given.source != fitted_on.source or (given.cuts != fitted_on.cuts and len(given.cuts) >= len(fitted_on.cuts))


def _by_hand(prediction: Prediction) -> bool:
    """Whether a sample written out in the notebook is predicted by a model fitted on other rows."""
    fitted_on = prediction.model_value.inputs
    given = prediction.input_value
    return given.typed and not (isinstance(fitted_on, Rows) and fitted_on.source == given.source)


def _first_deciding(rules: Iterable[tuple[list[Prediction], str]]) -> tuple[Prediction, str]:
    for found, reason in rules:
        if found:
            labels = [p for p in found if p.method == "predict"]
            return (labels or found)[-1], reason
    raise AssertionError  # the last rule holds all candidates, of which there is one


def _named(flow: Dataflow, prediction: Prediction) -> str:
    cell = flow.program.statements[prediction.statement].cell
    return f"{ast.unparse(prediction.model)} ({prediction.model_value.estimator}, cell {cell})"


def _tags(flow: Dataflow, prediction: Prediction) -> tuple[str, ...]:
    index = flow.program.statements[prediction.statement].cell
    return next(cell.tags for cell in flow.program.notebook.cells if cell.index == index)


def _saved_models(flow: Dataflow, rows: Provenance) -> Value | None:
    """The fitted model that is dumped last."""
    found: Value | None = None
    for statement in flow.program.statements:
        names: Mapping[str, Value] = rows.after.get(statement.index, {})
        for call in shapes.calls(statement.node):
            if shapes.called_name(call) in {"dump", "dumps", "save_model", "save"}:
                for argument in [*call.args[:1], *([call.func.value] if isinstance(call.func, ast.Attribute) else [])]:
                    value = rows.values.get(argument) or (
                        names.get(argument.id) if isinstance(argument, ast.Name) else None
                    )
                    if value is not None and is_model(value):
                        found = value
    return found


def _is_exported(flow: Dataflow, prediction: Prediction) -> bool:
    """Whether what is predicted there reaches a file that is no picture."""
    reached = {prediction.statement}
    for index in flow.order:
        if index > prediction.statement and any(
            not reached.isdisjoint(u.definitions) for u in flow.uses[index] if ":" not in u.name
        ):
            node = flow.program.statements[index].node
            if any(shapes.called_name(c) in {"to_csv", "to_excel", "savetxt"} for c in shapes.calls(node)):
                return True
            if not shapes.fits(node):
                reached.add(index)
    return False


def _later_model(rows: Provenance, top: list[Prediction], chosen: Prediction) -> Unknown | None:
    """Why another model, which predicts after the chosen one, cannot be followed: perhaps it is the last."""
    known = {id(p.model_value) for p in top}
    for each in reversed(rows.unfollowed):
        other = each.model_value is None or (is_model(each.model_value) and id(each.model_value) not in known)
        if each.statement > chosen.statement and other:
            return each.why
    return None


def _last_fit(flow: Dataflow, rows: Provenance, fits: list[Fit]) -> Choice | None:
    """Without a prediction of rows: what the last model was fitted on."""
    for fit in reversed(fits):
        if fit.top and isinstance(fit.value.inputs, Unknown):
            return None
        given, call = fit.value.inputs, fit.call
        argument = call.args[0] if call.args else next((k.value for k in call.keywords if k.arg == "X"), None)
        if not fit.top or not isinstance(given, Rows) or argument is None or fit.value.estimator in _NO_PREDICT:
            continue
        names = [n for n, v in rows.after[fit.statement].items() if v is fit.value]
        if names:
            model = ast.Name(names[0], ast.Load())
            found = Prediction(fit.statement, call, "predict", model, argument, fit.value, given, top=True)
            others = tuple(
                dict.fromkeys(
                    f"{f.value.estimator} (cell {flow.program.statements[f.statement].cell})"
                    for f in fits
                    if f is not fit
                )
            )
            return Choice(
                found,
                "no prediction of rows is in the notebook; it is the model fitted last, on the rows it was fitted on",
                others,
            )
    return None


def _why_none(flow: Dataflow, fits: list[Fit], candidates: list[Prediction]) -> Unknown:
    last = (candidates or fits)[-1]
    where = flow.program.statements[last.statement].where
    if any(isinstance(f.value.inputs, Unknown) for f in fits):
        unknown = next(f.value.inputs for f in reversed(fits) if isinstance(f.value.inputs, Unknown))
        if isinstance(unknown, Unknown):
            return unknown
    if isinstance(last.call.func, ast.Attribute) and all(isinstance(f.value.inputs, Fixed | Learned) for f in fits):
        return Unknown(where, "the model is fitted on data that is not read from a file")
    return Unknown(where, "no fitted model predicts rows in a statement of its own")
