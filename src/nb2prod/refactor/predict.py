"""The modules of a project that predicts, and predict.py itself."""

from __future__ import annotations

import ast
import re
from typing import TYPE_CHECKING

from nb2prod.plan.predict import Link, Stage
from nb2prod.refactor.data import data_module
from nb2prod.refactor.features import features_module
from nb2prod.refactor.modules import module_of
from nb2prod.refactor.stages import called, guards, stages_of
from nb2prod.refactor.training import train_module_with
from nb2prod.refactor.words import stage_words

if TYPE_CHECKING:
    from nb2prod.conversion import Module
    from nb2prod.plan.plan import Plan
    from nb2prod.plan.predict import Predict
    from nb2prod.refactor.modules import Source

_TYPING = "from __future__ import annotations"
_LEARNED = re.compile(r"\blearned\.")


def predict_modules(plan: Plan, predict: Predict, source: Source, package: str) -> tuple[Module, ...]:
    """data.py, features.py, train.py and predict.py."""
    words = stage_words(plan, stages_of(predict), source.titles)
    names = [name for name, _ in words]
    features = features_module(plan, predict, source, package, words)
    return (
        data_module(plan, predict, source, package),
        *([features] if features is not None else []),
        train_module_with(plan, predict, source, package, names),
        _predict(plan, predict, package, names),
    )


def _predict(plan: Plan, predict: Predict, package: str, names: list[str]) -> Module:
    guarded = bool(guards(predict))
    lines = [f"{predict.raw.name} = conform(frame, stored.schema)"]
    if predict.raw.dataset not in {None, "typed"}:
        names_bound = ", ".join(predict.raw.names)
        made = "conform(frame, stored.schema)"
        lines = [f"{names_bound} = {plan.ours('data')}.as_loaded({made})"]
        if predict.raw.dataset == "array":
            lines = [f"{names_bound} = {plan.ours('data')}.as_array({made}, stored.learned.row_shape)"]
    stage_names = iter(names)
    rows = "range(len(frame))"
    for part in predict.parts:
        if isinstance(part, Link):
            lines += [ast.unparse(ast.fix_missing_locations(s)) for s in part.instead]
        else:
            lines.append(called(plan, predict, part, next(stage_names), training=False))
            if guarded and any(s.kind == "guard" for s in part.steps):
                lines.append(f"rows = {_frame_left(predict, part)}.index")
                rows = "rows"
    body = "\n    ".join(line.replace("\n", "\n    ") for line in lines)
    texts = [ast.unparse(ast.fix_missing_locations(step)) for step in predict.after.steps]
    changed = "".join(f"    prediction = {_LEARNED.sub('stored.learned.', text)}\n" for text in texts)
    given = _LEARNED.sub("stored.learned.", ast.unparse(ast.fix_missing_locations(predict.input)))
    attempt = (
        "    try:\n        inputs, rows = _inputs(frame, stored)\n"
        "    except NothingLeft:\n        return empty_answers(frame)\n"
        if guarded
        else "    inputs, rows = _inputs(frame, stored)\n"
    )
    truth = _TRUTH.replace("TARGET", repr(predict.target[0])) if predict.recoded else ""
    text = f'''def predict(frame: pd.DataFrame) -> pd.Series:
    """One prediction per row, with the frame's index; the frame is not changed."""
    return answers(frame, probabilities=False)["prediction"]


def answers(frame: pd.DataFrame, *, probabilities: bool = True) -> pd.DataFrame:
    """The prediction and each class's probability under the frame's index; empty where a needed value is missing."""
    if frame.empty:
        return replay.empty_answers(frame)
    stored = models.load()
{attempt}    prediction = stored.model.{predict.method}(inputs)
{changed}    return replay.answers(prediction, stored.model if probabilities else None, inputs, rows, frame)


{truth}def model_input(frame: pd.DataFrame) -> Any:
    """What the model is given for these raw rows."""
    return _inputs(frame, models.load())[0]


def _inputs(frame: pd.DataFrame, stored: Stored) -> tuple[Any, Any]:
    """The model's input and the numbers of the rows in it."""
    {body}
    return replay.like_training({given}, stored.learned.input_dtypes), {rows}
'''
    if guarded:
        text = text.replace("empty_answers(frame)", "replay.empty_answers(frame)").replace(
            "except NothingLeft", "except replay.NothingLeft"
        )
    more = [
        _TYPING,
        "from typing import Any",
        "import pandas as pd",
        f"from {package} import models, replay",
        *([plan.imported(package, "data")] if predict.raw.dataset not in {None, "typed"} else []),
        *([f"from {package}.features import {', '.join(names)}"] if names else []),
        f"from {package}.models import Stored",
        f"from {package}.schema import conform",
    ]
    return module_of("predict.py", "Predict raw rows with the stored model.", plan, text, package, more)


_TRUTH = '''def truth(frame: pd.DataFrame) -> pd.Series:
    """The answers of labelled rows, as the model knows them."""
    known = models.load().learned.answers
    return frame[TARGET] if known is None else frame[TARGET].map(known)


'''


def _frame_left(predict: Predict, stage: Stage) -> str:
    """A table that the stage returns, whose index tells which rows are left."""
    from nb2prod.plan.replay import CannotReplay  # noqa: PLC0415 - only here
    from nb2prod.rows.kinds import Rows  # noqa: PLC0415 - only here

    after = predict.rows.after[max(s.statement for s in stage.steps)]
    for name in stage.returned:
        value = after.get(name)
        if isinstance(value, Rows) and value.shape != "array" and not value.relabelled:
            return name
    raise CannotReplay(None, "rows with missing values are left out, and it cannot be told later which")
