"""Which model, which input, which prediction: the first rule of design that decides."""

from __future__ import annotations

import ast
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from nb2prod.plan import shapes
from nb2prod.plan.carried import Carried, carried
from nb2prod.rows.interpreter import Prediction, Unfollowed
from nb2prod.rows.kinds import Fixed, Learned, Parts, Rows, Unknown
from nb2prod.rows.knowledge import estimators

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from nb2prod.dataflow import Dataflow
    from nb2prod.plan.carried import Origin
    from nb2prod.problems import Location
    from nb2prod.rows.interpreter import Fit, Provenance
    from nb2prod.rows.kinds import Value

_TRANSFORMERS = ("Scaler", "Encoder", "Imputer", "Vectorizer", "Transformer", "Binarizer", "Discretizer", "Selector")
_NO_MODELS = frozenset(
    {"NMF", "Normalizer", "PCA", "PolynomialFeatures", "RFE", "SMOTE", "SelectKBest", "TSNE", "TruncatedSVD"}
    | {"Tokenizer", "VarianceThreshold"}
)
_SAVES = frozenset({"dump", "dumps", "save_model", "save"})
_LABELS = frozenset({"predict", "predict_classes", "fit_predict"})

TAGGED = "its cell is tagged nb2prod-predict"
SAVED = "its model is the one saved last"
EXPORTED = "its prediction is written to a file"
HELD_OUT = "it is the last prediction of held-out rows"
LAST = "it is the last prediction"
ONLY_FITTED = "no prediction of rows is in the notebook; it is the model fitted last, on the rows it was fitted on"
ONLY_ROWS = "its model predicts single rows last, here of the rows it was fitted on"


@dataclass(frozen=True, slots=True, eq=False)
class Choice:
    """The fitted model, the expression that is predicted, why it was chosen, and what becomes of the prediction."""

    prediction: Prediction
    reason: str
    alternatives: tuple[str, ...]
    forms: Carried

    @property
    def text(self) -> str:
        """The prediction as the notebook writes it."""
        return _text(self.prediction)


@dataclass(frozen=True, slots=True, eq=False)
class NotFollowed:
    """The notebook's final prediction, where it cannot be followed, and why (`text`: None where it is not known)."""

    why: Unknown
    where: Location
    text: str | None = None
    reason: str = ""
    alternatives: tuple[str, ...] = ()


def choose(flow: Dataflow, rows: Provenance, train: Collection[int] = ()) -> Choice | NotFollowed | None:
    """The notebook's final prediction; None without a model.

    Of predictions by one model, those whose model training (`train`, statements) has under that name come first.
    """
    fits = [fit for fit in rows.fits if is_model(fit.value)]
    every: list[Origin] = [*rows.predictions, *rows.unfollowed]
    made = [p for p in every if _may_be_a_model(p) and not _by_hand(p)]
    top = sorted((t for p in made if (t := _at_top(p, rows)) is not None), key=lambda p: p.statement)
    candidates = _of_other_rows_than_samples(top)
    forms = carried(flow, rows, {_node(p): p for p in candidates})
    saved = _saved(flow, rows)
    found = _decided(flow, rows, candidates, forms, saved, fits)
    if found is not None and found[1] not in {TAGGED, EXPORTED}:
        found = _at_hand(flow, candidates, found[0], train), found[1]
    if found is None:
        found = _last_fit(rows, fits)
    if found is None:
        return _why_none(flow, fits, made) if fits or made else None
    chosen, reason = found
    if isinstance(chosen, Unfollowed) and isinstance(chosen.input_value, Learned):  # a single row: the model is clear
        fitted = _last_fit(rows, [f for f in fits if f.value is chosen.model_value])
        chosen, reason = (fitted[0], ONLY_ROWS) if fitted is not None else (chosen, reason)
    others = [p for p in candidates if not _same_model(p, chosen)] if candidates else []
    named = tuple(dict.fromkeys(_named(flow, p) for p in others))
    if isinstance(chosen, Prediction):
        return Choice(chosen, reason, named, forms)
    where = flow.program.statements[chosen.statement].where
    return NotFollowed(chosen.why, where, _text(chosen), reason, named)


def is_model(value: Value) -> bool:
    """Whether a fitted estimator is a model and not a step of the preprocessing."""
    name = value.estimator if isinstance(value, Learned) else None
    return name is not None and not name.endswith(_TRANSFORMERS) and name not in _NO_MODELS


def held_out(prediction: Origin) -> bool:
    """Whether the rows predicted are others than those the model was fitted on, or may be."""
    fitted_on = prediction.model_value.inputs if prediction.model_value is not None else None
    given = prediction.input_value
    if not isinstance(given, Rows) or not isinstance(fitted_on, Rows):
        return isinstance(prediction, Unfollowed)
    return given.source != fitted_on.source or (given.cuts != fitted_on.cuts and len(given.cuts) >= len(fitted_on.cuts))


def _decided(  # noqa: PLR0913 - what the rules look at
    flow: Dataflow,
    rows: Provenance,
    candidates: list[Origin],
    forms: Carried,
    saved: tuple[Value, str] | None,
    fits: list[Fit],
) -> tuple[Origin, str] | None:
    """The first rule that decides; ties go to the last in order."""
    tagged = [p for p in candidates if "nb2prod-predict" in _tags(flow, p)]
    of_saved = [p for p in candidates if saved is not None and _is_saved(p, saved)]
    if saved is not None and not of_saved and not tagged:
        fitted = [f for f in fits if f.value is saved[0]]
        found = _last_fit(rows, fitted)
        if found is not None:
            return found[0], SAVED
    rules: Iterable[tuple[list[Origin], str]] = [
        (tagged, TAGGED),
        (of_saved, SAVED),
        ([p for p in candidates if forms.is_exported(p)], EXPORTED),
        ([p for p in candidates if held_out(p)], HELD_OUT),
        (candidates, LAST),
    ]
    for found_here, reason in rules:
        if found_here:
            last = found_here[-1]
            labels = [p for p in found_here if p.method in _LABELS and _same_model(p, last)]
            return (labels or [last])[-1], reason
    return None


def _at_hand(flow: Dataflow, candidates: list[Origin], chosen: Origin, train: Collection[int]) -> Origin:
    """The last prediction alike by a model under a name that training has (not one that was loaded to be looked at)."""

    def trained(prediction: Origin) -> bool:
        names = {n.id for n in ast.walk(prediction.model) if isinstance(n, ast.Name)}
        uses = [u for u in flow.uses[prediction.statement] if u.name in names]
        return prediction.statement in train or all(d in train for u in uses for d in u.definitions)

    alike = [p for p in candidates if _same_model(p, chosen) and held_out(p) == held_out(chosen)]
    at_hand = [p for p in alike if p.method == chosen.method and trained(p)]
    return chosen if trained(chosen) or not at_hand else at_hand[-1]


def _may_be_a_model(prediction: Origin) -> bool:
    return prediction.model_value is None or is_model(prediction.model_value)


def _by_hand(prediction: Origin) -> bool:
    """Whether a sample written out in the notebook is predicted by a model fitted on other rows."""
    fitted_on = prediction.model_value.inputs if prediction.model_value is not None else None
    given = prediction.input_value
    typed = isinstance(given, Rows) and given.typed
    return typed and not (isinstance(fitted_on, Rows) and isinstance(given, Rows) and fitted_on.source == given.source)


def _of_other_rows_than_samples(top: list[Origin]) -> list[Origin]:
    """Without single rows (`X.iloc[0]`) given to a model that predicts tables, too."""
    tables = [p for p in top if not isinstance(p.input_value, Learned)]
    return [p for p in top if p in tables or not any(_same_model(p, other) for other in tables)]


def _at_top(prediction: Origin, rows: Provenance) -> Origin | None:
    """The prediction in terms of the notebook's own names; None for one that never leaves a function.

    Inside a function, model and input are what the call that got there gave it.
    """
    call = prediction.through
    if prediction.top or call is None:
        named = isinstance(prediction.model, ast.Name | ast.Attribute | ast.Subscript)
        return prediction if named else _unfollowed(prediction, prediction.model, "the model that predicts has no name")
    leaves = not isinstance(rows.values.get(call), Fixed | Learned)
    value = prediction.model_value
    model = _expression_of(value, prediction, rows) if value is not None else None
    given = _expression_of(prediction.input_value, prediction, rows)
    if model is None:
        why = f"the model is made inside of `{ast.unparse(call.func)}`"
        return _unfollowed(prediction, prediction.model, why) if leaves else None
    if given is None:
        why = f"`{ast.unparse(prediction.input)}` is made inside of `{ast.unparse(call.func)}`"
        return _unfollowed(prediction, model, why)
    return replace(prediction, model=model, input=given)


def _unfollowed(prediction: Origin, model: ast.expr, why: str) -> Unfollowed:
    if isinstance(prediction, Unfollowed):
        return replace(prediction, model=model)
    return Unfollowed(
        prediction.statement,
        prediction.call,
        prediction.method,
        model,
        prediction.input,
        prediction.model_value,
        prediction.input_value,
        Unknown(prediction.model_value.where, why),
        top=prediction.top,
        through=prediction.through,
    )


def _expression_of(value: Value | None, prediction: Origin, rows: Provenance) -> ast.expr | None:
    """How the statement that called the function writes a value."""
    call = prediction.through
    given = [*call.args, *(k.value for k in call.keywords)] if call is not None else []
    for argument in given:
        if rows.values.get(argument) is value and not isinstance(argument, ast.Call):
            return argument
    names = [name for name, held in rows.after[prediction.statement].items() if held is value]
    return ast.Name(names[0], ast.Load()) if names else None


def _node(prediction: Origin) -> ast.expr:
    return prediction.call if prediction.top or prediction.through is None else prediction.through


def _same_model(one: Origin, other: Origin) -> bool:
    if one.model_value is None or other.model_value is None:
        return one.model_value is other.model_value and ast.unparse(one.model) == ast.unparse(other.model)
    return one.model_value is other.model_value


def _named(flow: Dataflow, prediction: Origin) -> str:
    cell = flow.program.statements[prediction.statement].cell
    estimator = prediction.model_value.estimator if prediction.model_value is not None else None
    return f"{ast.unparse(prediction.model)} ({f'{estimator}, ' if estimator else ''}cell {cell})"


def _text(prediction: Origin) -> str:
    if prediction.call.args and prediction.method in estimators.FITS:
        return ast.unparse(prediction.call)
    return f"{ast.unparse(prediction.model)}.{prediction.method}({ast.unparse(prediction.input)})"


def _tags(flow: Dataflow, prediction: Origin) -> tuple[str, ...]:
    index = flow.program.statements[prediction.statement].cell
    return next(cell.tags for cell in flow.program.notebook.cells if cell.index == index)


def _saved(flow: Dataflow, rows: Provenance) -> tuple[Value, str] | None:
    """The model that is saved last, and how it is written there."""
    found: tuple[Value, str] | None = None
    for statement in flow.program.statements:
        for call in shapes.calls(statement.node):
            if shapes.called_name(call) not in _SAVES:
                continue
            owner = [call.func.value] if isinstance(call.func, ast.Attribute) else []
            for argument in [*call.args[:1], *owner]:
                for value in _models_in(_value_at(argument, statement.index, rows)):
                    found = value, ast.unparse(argument)
    return found


def _value_at(node: ast.expr, index: int, rows: Provenance) -> Value | None:
    if isinstance(node, ast.Attribute) and node.attr == "best_estimator_":
        return _value_at(node.value, index, rows)
    held = rows.after.get(index, {}).get(node.id) if isinstance(node, ast.Name) else None
    return rows.values.get(node) or held


def _models_in(value: Value | None) -> list[Value]:
    match value:
        case Parts(elements=elements):
            return [model for each in elements for model in _models_in(each)]
        case Learned() if is_model(value):
            return [value]
        case Unknown():
            return [value]
        case _:
            return []


def _is_saved(prediction: Origin, saved: tuple[Value, str]) -> bool:
    value, text = saved
    if isinstance(value, Unknown):
        return prediction.model_value is None and ast.unparse(prediction.model) == text
    return prediction.model_value is value


def _last_fit(rows: Provenance, fits: list[Fit]) -> tuple[Origin, str] | None:
    """Without a prediction of rows: what the last model was fitted on."""
    for fit in reversed(fits):
        if fit.top and isinstance(fit.value.inputs, Unknown):
            return None
        given, call = fit.value.inputs, fit.call
        argument = call.args[0] if call.args else next((k.value for k in call.keywords if k.arg == "X"), None)
        no_predict = fit.value.estimator in estimators.WITHOUT_PREDICT | estimators.WITHOUT_TRANSFORM
        if not fit.top or not isinstance(given, Rows) or argument is None or no_predict:
            continue
        names = [n for n, v in rows.after[fit.statement].items() if v is fit.value]
        if names:
            model = ast.Name(names[0], ast.Load())
            return Prediction(fit.statement, call, "fit", model, argument, fit.value, given, top=True), ONLY_FITTED
    return None


def _why_none(flow: Dataflow, fits: list[Fit], made: list[Origin]) -> NotFollowed:
    last = (made or fits)[-1]
    where = flow.program.statements[last.statement].where
    unknown = [f.value.inputs for f in fits if isinstance(f.value.inputs, Unknown)]
    unknown += [p.why for p in made if isinstance(p, Unfollowed)]
    if unknown and isinstance(unknown[-1], Unknown):
        return NotFollowed(unknown[-1], where)
    if fits and all(isinstance(f.value.inputs, Fixed | Learned) for f in fits):
        return NotFollowed(Unknown(where, "the model is fitted on data that is not read from a file"), where)
    return NotFollowed(Unknown(where, "no fitted model predicts rows in a statement of its own"), where)
