"""Predict raw rows with the stored model (cell 8)."""

from __future__ import annotations

import pandas as pd

from example_project import models, replay
from example_project.features import prepare
from example_project.schema import conform


def predict(frame: pd.DataFrame) -> pd.Series:
    """One prediction per row, with the frame's index; the frame is not changed."""
    return answers(frame, probabilities=False)["prediction"]


def answers(frame: pd.DataFrame, *, probabilities: bool = True) -> pd.DataFrame:
    """The prediction and each class's probability, with the frame's index; empty where a needed value is missing."""
    stored = models.load()
    X = model_input(frame)
    if X.empty:
        return replay.empty_answers(frame)
    result = pd.DataFrame({"prediction": stored.model.predict(X)}, index=X.index)
    for number, label in enumerate(stored.model.classes_ if probabilities else ()):
        result[f"probability_{label}"] = stored.model.predict_proba(X)[:, number]
    return result.reindex(range(len(frame))).set_axis(frame.index)


def model_input(frame: pd.DataFrame) -> pd.DataFrame:
    """What the model is given for these raw rows."""
    stored = models.load()
    shipments = prepare(conform(frame, stored.schema), stored.learned, fit=False)
    return shipments[stored.learned.columns]
