"""Predict raw rows with the stored model."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from house_prices import models, replay
from house_prices.features import prepare, select, set_district_price
from house_prices.models import Stored
from house_prices.schema import conform


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
    prediction = np.expm1(prediction)
    return replay.answers(prediction, stored.model if probabilities else None, inputs, rows, frame)


def model_input(frame: pd.DataFrame) -> Any:
    """What the model is given for these raw rows."""
    return _inputs(frame, models.load())[0]


def _inputs(frame: pd.DataFrame, stored: Stored) -> tuple[Any, Any]:
    """The model's input and the numbers of the rows in it."""
    data = conform(frame, stored.schema)
    data = prepare(data, stored.learned, fit=False)
    test = data
    drop_cols, test = set_district_price(test, stored.learned)
    X_test = select(drop_cols, test)
    return replay.like_training(X_test, stored.learned.input_dtypes), range(len(frame))
