"""Metrics by kind of model, each with a bootstrap interval, beside baselines and by slices. Pure functions."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from typing import Any, Mapping

import numpy as np
import pandas as pd
from sklearn import metrics as known
from sklearn.compose import make_column_selector, make_column_transformer
from sklearn.dummy import DummyClassifier, DummyRegressor
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.model_selection import cross_val_predict
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

RESAMPLES = 200
MOST = 20_000  # rows that are resampled; of more, so many are drawn
FOLDS = 5
FEW = 30  # a smaller slice is not judged
GROUPS = 8  # a column with more values is cut into four


@dataclass(frozen=True)
class Answered:
    """Labelled rows and their predictions, all of shape (rows,); probabilities of shape (rows, labels) where known."""

    kind: str  # classification or regression
    truth: np.ndarray
    given: np.ndarray
    labels: tuple[Any, ...] = ()
    probabilities: np.ndarray | None = None

    def rows(self, chosen: np.ndarray) -> Answered:
        """Some of the rows."""
        some = None if self.probabilities is None else self.probabilities[chosen]
        return Answered(self.kind, self.truth[chosen], self.given[chosen], self.labels, some)


@dataclass(frozen=True)
class Value:
    """A metric and its 95% interval."""

    value: float
    low: float
    high: float


@dataclass(frozen=True)
class Slice:
    """Accuracy, or the mean error, on the rows that have one value of a column or lie in one range of it."""

    column: str
    value: str
    rows: int
    metric: Value


def main_metric(kind: str) -> str:
    """The one that a model is judged by."""
    return "balanced_accuracy" if kind == "classification" else "mae"


def measured(answered: Answered) -> dict[str, float]:
    """Every metric of this kind of model; one that does not exist for these rows is left out."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of classes that a sample lacks
        return _labels(answered) if answered.kind == "classification" else _distances(answered)


def with_intervals(answered: Answered, *, seed: int = 0) -> dict[str, Value]:
    """The metrics, each with the range that holds 95 of 100 resampled ones (percentile bootstrap)."""
    generator = np.random.default_rng(seed)
    whole = measured(answered)
    size = min(len(answered.truth), MOST)
    drawn = [measured(answered.rows(generator.integers(0, len(answered.truth), size))) for _ in range(RESAMPLES)]
    found = {}
    for name, value in whole.items():
        values = [each[name] for each in drawn if name in each and np.isfinite(each[name])]
        low, high = np.percentile(values, [2.5, 97.5]) if values else (np.nan, np.nan)
        found[name] = Value(value, float(low), float(high))
    return found


def paired(champion: Answered, other: Answered, *, seed: int = 0) -> Value:
    """How much better the other is on the same rows by the main metric, above 0 for better (paired bootstrap, 95%)."""
    generator = np.random.default_rng(seed)
    rows = len(champion.truth)
    size = min(rows, MOST)

    def gain(chosen: np.ndarray) -> float:
        before, now = (_main(each.rows(chosen)) for each in (champion, other))
        return now - before if champion.kind == "classification" else before - now

    drawn = [gain(generator.integers(0, rows, size)) for _ in range(RESAMPLES)]
    low, high = np.percentile(drawn, [2.5, 97.5])
    return Value(gain(np.arange(rows)), float(low), float(high))


def trivial(answered: Answered) -> Answered:
    """The same rows answered without looking: by the most frequent label, or the mean."""
    if answered.kind == "classification":
        labels, counts = np.unique(answered.truth, return_counts=True)
        given = np.full(len(answered.truth), labels[counts.argmax()], dtype=object)
    else:
        given = np.full(len(answered.truth), answered.truth.mean())
    return Answered(answered.kind, answered.truth, given, answered.labels)


def _main(answered: Answered) -> float:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of classes that a sample lacks
        if answered.kind == "classification":
            return float(known.balanced_accuracy_score(answered.truth, answered.given))
        return float(np.abs(answered.given - answered.truth).mean())


def baselines(frame: pd.DataFrame, answered: Answered) -> dict[str, dict[str, float]]:
    """What no model and a linear one would reach on the same rows, each predicted by a model that did not see it.

    `frame` holds the raw columns that the prediction depends on, row by row as `answered`.
    """
    classes = answered.kind == "classification"
    smallest = min(pd.Series(answered.truth).value_counts()) if classes else len(answered.truth)
    folds = int(min(FOLDS, smallest))
    if folds < 2 or not len(frame.columns):
        return {}
    plain = frame.apply(lambda column: column if pd.api.types.is_numeric_dtype(column) else column.astype(str))
    numbers = make_pipeline(SimpleImputer(strategy="median"), StandardScaler())
    words = OneHotEncoder(handle_unknown="infrequent_if_exist", max_categories=20)
    columns = make_column_transformer(
        (numbers, make_column_selector(dtype_include="number")),
        (words, make_column_selector(dtype_exclude="number")),
    )
    models = {
        "most frequent" if classes else "mean": DummyClassifier() if classes else DummyRegressor(),
        "linear": make_pipeline(columns, LogisticRegression(max_iter=500) if classes else Ridge()),
    }
    found = {}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for name, model in models.items():
            given = cross_val_predict(model, plain, answered.truth, cv=folds)
            found[name] = measured(Answered(answered.kind, answered.truth, given, answered.labels))
    return found


def slices(frame: pd.DataFrame, answered: Answered) -> tuple[Slice, ...]:
    """Accuracy, or the mean error, by the values of each column, the worst first."""
    name = "accuracy" if answered.kind == "classification" else "mae"
    found = []
    for label, column in frame.items():
        for value, chosen in _groups(column).items():
            if chosen.sum() >= FEW:
                value_of = with_intervals(answered.rows(np.flatnonzero(chosen.to_numpy())))
                if name in value_of:
                    found.append(Slice(str(label), value, int(chosen.sum()), value_of[name]))
    better_high = answered.kind == "classification"
    return tuple(sorted(found, key=lambda each: each.metric.value if better_high else -each.metric.value))


def _groups(column: pd.Series) -> Mapping[str, pd.Series]:
    if pd.api.types.is_numeric_dtype(column) and column.nunique() > GROUPS:
        groups = pd.qcut(column, 4, duplicates="drop", precision=2).astype(str).where(column.notna(), "missing")
    else:
        groups = column.astype(str).where(column.notna(), "missing")
    counts = groups.value_counts()
    return {str(value): groups == value for value in counts.index[:GROUPS]} if len(counts) > 1 else {}


def _labels(answered: Answered) -> dict[str, float]:
    truth, given = answered.truth, answered.given
    found = {
        "accuracy": known.accuracy_score(truth, given),
        "balanced_accuracy": known.balanced_accuracy_score(truth, given),
        "f1_macro": known.f1_score(truth, given, average="macro", zero_division=0),
    }
    each = known.precision_recall_fscore_support(truth, given, labels=list(answered.labels), zero_division=0)
    for number, label in enumerate(answered.labels):
        for name, values in zip(("precision", "recall", "f1"), each):
            found[f"{name} of {label}"] = values[number]
    return {**_plain(found), **_plain(_probable(answered))}


def _probable(answered: Answered) -> dict[str, float]:
    if answered.probabilities is None or len(set(answered.truth)) < len(answered.labels):
        return {}
    truth, chances = answered.truth, answered.probabilities
    found = {"log_loss": known.log_loss(truth, chances, labels=list(answered.labels))}
    if len(answered.labels) == 2:
        hits = (truth == answered.labels[1]).astype(int)
        found["roc_auc"] = known.roc_auc_score(hits, chances[:, 1])
        found["pr_auc"] = known.average_precision_score(hits, chances[:, 1])
        found["brier"] = known.brier_score_loss(hits, chances[:, 1])
    else:
        found["roc_auc"] = known.roc_auc_score(truth, chances, multi_class="ovr", labels=list(answered.labels))
    return found


def _distances(answered: Answered) -> dict[str, float]:
    truth, given = answered.truth.astype("float64"), answered.given.astype("float64")
    found = {
        "mae": known.mean_absolute_error(truth, given),
        "rmse": np.sqrt(known.mean_squared_error(truth, given)),
        "r2": known.r2_score(truth, given) if len(truth) > 1 else np.nan,
    }
    if (truth != 0).all():
        found["mape"] = known.mean_absolute_percentage_error(truth, given)
    return _plain(found)


def _plain(found: Mapping[str, Any]) -> dict[str, float]:
    return {name: float(value) for name, value in found.items()}
