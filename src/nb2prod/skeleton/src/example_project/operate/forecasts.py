"""Predicted numbers that are a series in time: against the value before, and by how far ahead they lie."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from example_project.operate import page
from example_project.operate.metrics import Answered

_DATE = r"\d{4}-\d{2}-\d{2}"
FEW = 30  # rows; fewer are no series
PARTS = 4  # of the time, to see whether what lies further ahead is predicted worse


@dataclass(frozen=True)
class Step:
    """A stretch of the time."""

    begin: str
    end: str
    rows: int
    mae: float
    smape: float


@dataclass(frozen=True)
class Forecast:
    """Rows in the order of `when`; the naive forecast of a row is the true value of the row before it."""

    when: pd.Series
    truth: np.ndarray
    given: np.ndarray
    metrics: dict[str, float]
    naive: dict[str, float]
    steps: tuple[Step, ...]


def of(frame: pd.DataFrame, answered: Answered) -> Forecast | None:
    """What to tell of a series; None where the rows are none: a number is predicted for each time once."""
    when = times(frame) if answered.kind == "regression" else None
    if when is None or len(when) < FEW:
        return None
    order = np.argsort(when.to_numpy(), kind="stable")
    when, truth, given = when.iloc[order].reset_index(drop=True), answered.truth[order], answered.given[order]
    naive = {"mae": float(np.abs(np.diff(truth)).mean()), "smape": smape(truth[1:], truth[:-1]), "mase": 1.0}
    parts = [part for part in np.array_split(np.arange(len(when)), PARTS) if len(part)]
    return Forecast(
        when,
        truth,
        given,
        {"smape": smape(truth, given), "mase": mase(truth, given)},
        naive,
        tuple(_step(when, truth, given, part) for part in parts),
    )


def times(frame: pd.DataFrame) -> pd.Series | None:
    """The column of dates that says when: each date once. None where there is none, or more than one."""
    found = []
    for name in frame.columns:
        values = frame[name]
        if not pd.api.types.is_datetime64_any_dtype(values):
            texts = values.astype(str)
            if pd.api.types.is_numeric_dtype(values) or not texts.str.match(_DATE).all():
                continue
            values = pd.to_datetime(texts, errors="coerce")
        if values.notna().all() and values.is_unique:
            found.append(values)
    return found[0] if len(found) == 1 else None


def smape(truth: np.ndarray, given: np.ndarray) -> float:
    """The symmetric mean absolute percentage error, from 0 to 2 (Makridakis 1993); 0 where both values are 0."""
    size = np.abs(truth) + np.abs(given)
    return float((2 * np.abs(given - truth) / np.where(size > 0, size, 1)).mean())


def mase(truth: np.ndarray, given: np.ndarray) -> float:
    """The mean absolute error in units of the naive forecast's on the same rows (after Hyndman, Koehler 2006)."""
    naive = np.abs(np.diff(truth)).mean() if len(truth) > 1 else np.nan
    return float(np.abs(given - truth).mean() / naive) if naive else float("nan")


def table(forecast: Forecast) -> page.Html:
    """How good it is from the first rows to the last."""
    said = page.paragraph(
        "The rows in the order of time, in four parts: what lies further ahead is usually predicted worse."
    )
    lines = [(each.begin, each.end, each.rows, each.mae, each.smape) for each in forecast.steps]
    return page.Html(said + page.table(("from", "to", "rows", "mae", "smape"), lines))


def drawn(forecast: Forecast) -> list[tuple[Any, str]]:
    """The series and its forecast."""
    made, axes = page.figure(8.4, 2.8)
    axes.plot(forecast.when, forecast.truth, color=page.BEFORE, linewidth=1.4)
    axes.plot(forecast.when, forecast.given, color=page.NOW, linewidth=1.1)
    made.autofmt_xdate(rotation=30)
    return [(made, "Grey are the true values, blue the predictions")]


def _step(when: pd.Series, truth: np.ndarray, given: np.ndarray, part: np.ndarray) -> Step:
    begin, end = (when.iloc[place].strftime("%Y-%m-%d") for place in (part[0], part[-1]))
    return Step(begin, end, len(part), float(np.abs(given[part] - truth[part]).mean()), smape(truth[part], given[part]))
