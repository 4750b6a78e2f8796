"""Which model, which input, which prediction: the first rule of design that decides."""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from nb2prod.options import NOTHING_WANTED, Wanted
from nb2prod.plan import shapes
from nb2prod.plan.asking import Asking
from nb2prod.plan.carried import Carried, carried
from nb2prod.rows.interpreter import Prediction, Unfollowed
from nb2prod.rows.kinds import Fixed, Learned, Parts, Rows, Unknown
from nb2prod.rows.knowledge import estimators

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence

    from nb2prod.dataflow import Dataflow
    from nb2prod.plan.carried import Held, Origin
    from nb2prod.problems import Location
    from nb2prod.rows.interpreter import Fit, Provenance
    from nb2prod.rows.kinds import Value

_TRANSFORMERS = ("Scaler", "Encoder", "Imputer", "Vectorizer", "Transformer", "Binarizer", "Discretizer", "Selector")
_NO_MODELS = frozenset(
    {"NMF", "Normalizer", "PCA", "PolynomialFeatures", "RFE", "SMOTE", "SelectKBest", "TSNE", "TruncatedSVD"}
    | {"Tokenizer", "VarianceThreshold"}
)
_SAVES = frozenset({"dump", "dumps", "save_model", "save"})
_MODEL_NAME = re.compile(
    r"model|clf|classif|regress|pipe|forest|tree|boost|xgb|svm|svc|knn|best|grid|net", re.IGNORECASE
)
_LABELS = frozenset({"predict", "predict_classes", "fit_predict"})

TAGGED = "its cell is tagged nb2prod-predict"
SAVED = "its model is the one saved last"
EXPORTED = "its prediction is written to a file"
HELD_OUT = "it is the last prediction of held-out rows"
LAST = "it is the last prediction"
ONLY_FITTED = "no prediction of rows is in the notebook; it is the model fitted last, on the rows it was fitted on"
CROSS_VALIDATED = (
    "only cross-validation predicts rows in the notebook, each part of them with a model of its own;"
    " new rows are predicted by the model fitted last, on the rows it was fitted on"
)
ONLY_ROWS = "its model predicts single rows last, here of the rows it was fitted on"


@dataclass(frozen=True, slots=True, eq=False)
class Choice:
    """The fitted model, the expression that is predicted, why it was chosen, and what becomes of the prediction."""

    prediction: Prediction
    reason: str
    alternatives: tuple[str, ...]
    forms: Carried
    form: Held | None = None

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
    way_out: str | None = None


def choose(
    flow: Dataflow, rows: Provenance, train: Collection[int] = (), wanted: Wanted = NOTHING_WANTED
) -> Choice | NotFollowed | None:
    """The notebook's final prediction; None without a model.

    Of predictions by one model, those whose model training (`train`, statements) has under that name come first.
    """
    fits = [fit for fit in rows.fits if is_model(fit.value)]
    every: list[Origin] = [*rows.predictions, *rows.unfollowed]
    made = [p for p in every if _may_be_a_model(p) and not _by_hand(p)]
    top = sorted((t for p in made if (t := _at_top(p, rows)) is not None), key=lambda p: p.statement)
    tables = [p for p in top if not is_sample(p.input, flow, p.statement) and not _beside_the_data(p)]
    samples = [p for p in top if p not in tables and not any(_same_model(p, other) for other in tables)]
    forms = carried(flow, rows, {_node(p): p for p in tables})
    asked = Asking(flow, rows, forms, wanted)
    found: tuple[Origin, str] | NotFollowed | None
    if asked.for_something:
        found = _asked_for(flow, rows, (*samples, *tables), forms, fits, asked)
    else:
        found = _decided(flow, rows, tables, samples, forms, fits)
    if isinstance(found, NotFollowed):
        return found
    if found is None:
        return _why_none(flow, fits, made) if fits or made else None
    chosen, reason = found
    if reason not in {TAGGED, EXPORTED} and not asked.for_something:
        chosen = _at_hand(flow, tables, chosen, train)
    others = [p for p in (*tables, *samples) if not _same_model(p, chosen)]
    named = tuple(dict.fromkeys(_named(flow, p) for p in others))
    if isinstance(chosen, Prediction):
        return Choice(chosen, reason, named, forms, asked.form_of(chosen))
    where = flow.program.statements[chosen.statement].where
    return NotFollowed(chosen.why, where, _text(chosen), reason, named)


def _cross_validated(flow: Dataflow) -> bool:
    called = (call for statement in flow.program.statements for call in shapes.calls(statement.node))
    return any(shapes.called_name(call) == "cross_val_predict" for call in called)


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
    tables: list[Origin],
    samples: list[Origin],
    forms: Carried,
    fits: list[Fit],
) -> tuple[Origin, str] | NotFollowed | None:
    """The first rule that decides; ties go to the last in order."""
    tagged = [p for p in tables if "nb2prod-predict" in _tags(flow, p)]
    saved = _saved(flow, rows) if not tagged else None
    if saved is not None:
        return _of_saved(flow, rows, saved, tables, fits)
    rules: Iterable[tuple[list[Origin], str]] = [
        (tagged, TAGGED),
        ([p for p in tables if forms.is_exported(p)], EXPORTED),
        ([p for p in tables if held_out(p)], HELD_OUT),
        (tables, LAST),
    ]
    for found, reason in rules:
        if found:
            return _last_label(found), reason
    asked = [f for f in fits if any(f.value is p.model_value for p in samples)]
    if samples and not asked:
        return samples[-1], LAST
    reason = ONLY_ROWS if asked else CROSS_VALIDATED if _cross_validated(flow) else ONLY_FITTED
    last = _last_fit(rows, asked or fits)
    return (last, reason) if last is not None else _fit_not_followed(flow, asked or fits, reason)


def _asked_for(  # noqa: PLR0913 - what the rules look at
    flow: Dataflow, rows: Provenance, every: Sequence[Origin], forms: Carried, fits: list[Fit], asked: Asking
) -> tuple[Origin, str] | NotFollowed:
    """What a person asks for; where that leaves several, the usual rules decide among them."""
    found = [p for p in every if asked.fits(p)]
    by_call = [p for p in found if _text(p) == asked.wanted.prediction]
    tables = [p for p in by_call or found if not is_sample(p.input, flow, p.statement) and not _beside_the_data(p)]
    exported = [p for p in tables if forms.is_exported(p)]
    if tables:
        return _last_label(exported or [p for p in tables if held_out(p)] or tables), asked.reason
    own = [f for f in fits if asked.fits_model(f.statement, f.model, f.value)]
    fitted = _last_fit(rows, own) if not asked.wanted.prediction else None
    if fitted is not None and asked.fits_input(fitted):
        return fitted, asked.reason
    where = flow.program.statements[-1].where
    why = Unknown(where, f"nothing in the notebook is what is asked for ({asked.text})")
    named = tuple(dict.fromkeys(_named(flow, p) for p in every))
    return NotFollowed(why, where, alternatives=named, way_out="Ask for one of those that are there, or for nothing")


def _last_label(found: list[Origin]) -> Origin:
    """The last one; labels before probabilities of the same model."""
    labels = [p for p in found if p.method in _LABELS and _same_model(p, found[-1])]
    return (labels or found)[-1]


def _of_saved(
    flow: Dataflow, rows: Provenance, saved: Saved, tables: list[Origin], fits: list[Fit]
) -> tuple[Origin, str] | NotFollowed:
    """The prediction of the model saved last, under the name that is saved where another one has it, too."""
    of_saved = [p for p in tables if _is_saved(p, saved)]
    out = [p for p in of_saved if held_out(p)]
    if of_saved:
        chosen = _last_label(out or of_saved)
        held = _value_of(saved.node, rows.after.get(chosen.statement, {}))
        if held is saved.value:
            chosen = replace(chosen, model=saved.node)
        return chosen, SAVED
    own = [f for f in fits if f.value is saved.value]
    fitted = _last_fit(rows, own)
    if fitted is not None:
        return fitted, SAVED
    unfollowed = _fit_not_followed(flow, own, SAVED)
    if unfollowed is not None:
        return unfollowed
    where = flow.program.statements[saved.statement].where
    why = saved.value if isinstance(saved.value, Unknown) else Unknown(where, "what it was fitted on is not followed")
    return NotFollowed(why, where, ast.unparse(saved.node), SAVED)


def _fit_not_followed(flow: Dataflow, fits: list[Fit], reason: str) -> NotFollowed | None:
    """The last fit, on something that cannot be told."""
    for fit in reversed(fits):
        if isinstance(fit.value.inputs, Unknown):
            where = flow.program.statements[fit.statement].where
            return NotFollowed(fit.value.inputs, where, ast.unparse(fit.call), reason)
    return None


def _at_hand(flow: Dataflow, candidates: list[Origin], chosen: Origin, train: Collection[int]) -> Origin:
    """The last prediction alike by a model under a name that training has (not one that was loaded to be looked at)."""

    def trained(prediction: Origin) -> bool:
        names = {n.id for n in ast.walk(prediction.model) if isinstance(n, ast.Name)}
        uses = [u for u in flow.uses[prediction.statement] if u.name in names]
        return prediction.statement in train or (bool(uses) and all(d in train for u in uses for d in u.definitions))

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


def _beside_the_data(prediction: Origin) -> bool:
    """Whether a model fitted on rows is asked about something else: a grid for a picture, single rows."""
    fitted_on = prediction.model_value.inputs if prediction.model_value is not None else None
    return isinstance(fitted_on, Rows) and isinstance(prediction.input_value, Learned | Fixed)


def is_sample(node: ast.expr, flow: Dataflow, statement: int, depth: int = 4) -> bool:
    """Whether what is predicted is a row or two written out, or picked: `[[1, 2]]`, `x.reshape(1, -1)`."""
    match node:
        case ast.List() | ast.Tuple() | ast.Dict():
            return True
        case ast.Call(func=ast.Attribute(attr="reshape"), args=[ast.Tuple(elts=[first, *_])] | [first, *_]):
            return isinstance(first, ast.Constant) and first.value == 1
        case ast.Call(func=ast.Attribute(attr="array" | "asarray" | "DataFrame" | "expand_dims"), args=[inner, *_]):
            return is_sample(inner, flow, statement, depth)
        case ast.Call(func=ast.Attribute(attr="transform"), args=[inner, *_]):
            return is_sample(inner, flow, statement, depth)
        case ast.Name(id=name) if depth:
            made = [d for u in flow.uses[statement] if u.name == name for d in u.definitions if d != statement]
            last = flow.program.statements[max(made)].node if made else None
            plain = isinstance(last, ast.Assign) and isinstance(last.targets[0], ast.Name)
            return plain and isinstance(last, ast.Assign) and is_sample(last.value, flow, max(made), depth - 1)
        case _:
            return False


def _at_top(prediction: Origin, rows: Provenance) -> Origin | None:
    """The prediction in terms of the notebook's own names; None for one that never leaves a function.

    Inside a function, model and input are what the call that got there gave it.
    """
    call = prediction.through
    if prediction.top or call is None:
        if not isinstance(prediction.model, ast.Name | ast.Attribute | ast.Subscript):
            return _unfollowed(prediction, prediction.model, "the model that predicts has no name")
        return _after_loop(prediction, rows)
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


def _after_loop(prediction: Origin, rows: Provenance) -> Origin | None:
    """A model that a loop has replaced under its name by another one, by the name that still has it."""
    value, name = prediction.model_value, prediction.model
    held = rows.after.get(prediction.statement, {})
    if value is None or not isinstance(name, ast.Name) or held.get(name.id) in {value, None}:
        return prediction
    kept = _held_as(value, held)
    return replace(prediction, model=kept) if kept is not None else None


def _value_of(node: ast.expr, names: Mapping[str, Value]) -> Value | None:
    """What a name, or an element of a dict of models, holds."""
    match node:
        case ast.Name(id=name):
            return names.get(name)
        case ast.Subscript(value=ast.Name(id=name), slice=ast.Constant(value=key)):
            held = names.get(name)
            known = isinstance(held, Parts) and held.keys is not None and key in held.keys
            return held.elements[held.keys.index(key)] if known and isinstance(held, Parts) and held.keys else None
        case _:
            return None


def _held_as(value: Value | None, names: Mapping[str, Value]) -> ast.expr | None:
    """A name, or a dict and its key, under which a value is held."""
    for name, held in names.items():
        if held is value:
            return ast.Name(name, ast.Load())
    for name, held in names.items():
        if isinstance(held, Parts) and held.keys is not None:
            for key, element in zip(held.keys, held.elements, strict=True):
                if element is value and isinstance(key, str):
                    return ast.Subscript(ast.Name(name, ast.Load()), ast.Constant(key), ast.Load())
    return None


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
    return _held_as(value, rows.after[prediction.statement])


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


@dataclass(frozen=True, slots=True, eq=False)
class Saved:
    """A model that is saved: its value, and how the statement writes it."""

    value: Value
    node: ast.expr
    statement: int


def _saved(flow: Dataflow, rows: Provenance) -> Saved | None:
    """The model that is saved last; one that cannot be told only where no other is."""
    found: list[Saved] = []
    for statement in flow.program.statements:
        for call in shapes.calls(statement.node):
            if shapes.called_name(call) not in _SAVES:
                continue
            owner = [call.func.value] if isinstance(call.func, ast.Attribute) else []
            for node in [*call.args[:1], *owner]:
                found += [Saved(v, node, statement.index) for v in _models_in(_value_at(node, statement.index, rows))]
    known = [each for each in found if isinstance(each.value, Learned)]
    guessed = [each for each in found if _MODEL_NAME.search(ast.unparse(each.node))]
    return next(reversed(known or guessed), None)


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


def _is_saved(prediction: Origin, saved: Saved) -> bool:
    if isinstance(saved.value, Unknown):
        return prediction.model_value is None and ast.unparse(prediction.model) == ast.unparse(saved.node)
    return prediction.model_value is saved.value


def _last_fit(rows: Provenance, fits: list[Fit]) -> Prediction | None:
    """What the last model was fitted on, as a prediction of it."""
    for fit in reversed(fits):
        if fit.top and isinstance(fit.value.inputs, Unknown):
            return None
        given, call = fit.value.inputs, fit.call
        argument = call.args[0] if call.args else next((k.value for k in call.keywords if k.arg == "X"), None)
        no_predict = fit.value.estimator in estimators.WITHOUT_PREDICT | estimators.WITHOUT_TRANSFORM
        if not fit.top or not isinstance(given, Rows) or argument is None or no_predict:
            continue
        model = _held_as(fit.value, rows.after[fit.statement])
        if model is not None:
            return Prediction(fit.statement, call, "fit", model, argument, fit.value, given, top=True)
    return None


def _why_none(flow: Dataflow, fits: list[Fit], made: list[Origin]) -> NotFollowed:
    last = (made or fits)[-1]
    where = flow.program.statements[last.statement].where
    unknown = [f.value.inputs for f in fits if isinstance(f.value.inputs, Unknown)]
    unknown += [p.why for p in made if isinstance(p, Unfollowed)]
    why = Unknown(where, "no fitted model predicts rows in a statement of its own")
    if unknown and isinstance(unknown[-1], Unknown):
        why = unknown[-1]
    elif fits and all(isinstance(f.value.inputs, Fixed | Learned) for f in fits):
        why = Unknown(where, "the model is fitted on data that is not read from a file")
    return NotFollowed(why, where, ast.unparse(last.call), LAST if made else ONLY_FITTED)
