"""Predict raw rows with the stored model."""

from __future__ import annotations

from typing import Any

import pandas as pd

from model_loop import models, replay
from model_loop.features import prepare, scale
from model_loop.models import Stored
from model_loop.schema import conform


def predict(frame: pd.DataFrame) -> pd.Series:
    """One prediction per row, with the frame's index; the frame is not changed."""
    return answers(frame, probabilities=False)["prediction"]


def answers(frame: pd.DataFrame, *, probabilities: bool = True) -> pd.DataFrame:
    """The prediction and each class's probability under the frame's index; empty where a needed value is missing."""
    if frame.empty:
        return replay.empty_answers(frame)
    stored = models.load()
    inputs, rows = _inputs(frame, stored)
    prediction = stored.model.predict(inputs)
    return replay.answers(prediction, stored.model if probabilities else None, inputs, rows, frame)


def truth(frame: pd.DataFrame) -> pd.Series:
    """The answers of labelled rows, as the model knows them."""
    known = models.load().learned.answers
    return frame["passed"] if known is None else frame["passed"].map(known)


def model_input(frame: pd.DataFrame) -> Any:
    """What the model is given for these raw rows."""
    return _inputs(frame, models.load())[0]


def _inputs(frame: pd.DataFrame, stored: Stored) -> tuple[Any, Any]:
    """The model's input and the numbers of the rows in it."""
    df = conform(frame, stored.schema)
    x, _ = prepare(df, stored.learned, fit=False)
    x_test = x
    x_test_scaled = scale(x_test, stored.learned)
    return replay.like_training(x_test_scaled, stored.learned.input_dtypes), range(len(frame))
