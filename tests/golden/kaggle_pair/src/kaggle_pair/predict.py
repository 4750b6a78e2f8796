"""Predict raw rows with the stored model."""

from __future__ import annotations

from typing import Any

import pandas as pd

from kaggle_pair import models, replay
from kaggle_pair.features import impute, prepare, select, set_age, transform
from kaggle_pair.models import Stored
from kaggle_pair.schema import conform


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


def model_input(frame: pd.DataFrame) -> Any:
    """What the model is given for these raw rows."""
    return _inputs(frame, models.load())[0]


def _inputs(frame: pd.DataFrame, stored: Stored) -> tuple[Any, Any]:
    """The model's input and the numbers of the rows in it."""
    test_df = conform(frame, stored.schema)
    combine = [test_df]
    prepare(combine)
    impute(combine, stored.learned)
    set_age(combine)
    combine = [test_df]
    transform(combine)
    X_test, _ = select(test_df)
    return replay.like_training(X_test, stored.learned.input_dtypes), range(len(frame))
