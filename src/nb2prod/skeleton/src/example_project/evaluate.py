"""How good the stored model is on rows whose answers are known."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timezone
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from example_project import data, models, predict
from example_project.errors import DataError, ModelError
from example_project.origin import fingerprint

_MOST = 5_000  # rows whose distances to each other are computed


@dataclass(frozen=True)
class Labelled:
    """Predicted rows whose answers are known; `both` says which have an answer and a prediction."""

    version: str
    kind: str
    truth: pd.Series
    answers: pd.DataFrame
    both: np.ndarray


def evaluate(frame: pd.DataFrame, *, source: str, training: bool) -> dict[str, Any]:
    """The metrics of the stored model on labelled raw rows; rows without a prediction or an answer are counted.

    A model that makes clusters needs no answers.
    """
    if is_clustering(models.load().model):
        return _clusters(frame, source=source, training=training)
    rows = labelled(frame)
    truth, predicted, both = rows.truth, rows.answers["prediction"], rows.both
    metrics = _classification if rows.kind == "classification" else _regression
    return {
        "at": datetime.now(timezone.utc).isoformat(),
        "source": source,
        "on_training_data": training,
        "model_version": rows.version,
        "kind": rows.kind,
        "target": truth.name,
        "target_as": "the model was taught it" if hasattr(predict, "truth") else "the file has it",
        "rows": len(frame),
        "rows_without_answer": int(truth.isna().sum()),
        "rows_without_prediction": int(predicted.isna().sum()),
        **metrics(truth[both], predicted[both]),
    }


def labelled(frame: pd.DataFrame) -> Labelled:
    """Predict raw rows and put the answers beside the predictions."""
    stored = models.load()
    truth = _truth(frame, stored.schema.target)
    answers = predict.answers(frame)
    both = (truth.notna() & answers["prediction"].notna()).to_numpy()
    if not both.any():
        raise DataError("no row has both an answer and a prediction")
    return Labelled(stored.version, kind_of(stored.model, answers["prediction"][both]), truth, answers, both)


def training_data() -> pd.DataFrame:
    """The rows that the model was trained on."""
    load = getattr(data, "load", None)
    if load is None:
        raise DataError("say which labelled file to use: python -m example_project evaluate IN.csv")
    frame: pd.DataFrame = load()
    return frame


def is_training_data(frame: pd.DataFrame) -> bool:
    """Whether these are the very rows that the model was trained on, whatever the file is called."""
    known = models.manifest(Path("models") / models.load().version).get("data")
    return bool(known and known["sha256"]) and fingerprint(frame) == known


def text(report: dict[str, Any]) -> str:
    """The report for a person."""
    if report["kind"] == "clustering":
        lines = [f"model {report['model_version']}, {report['rows']} rows of {report['source']}"]
        lines += [f"  {name}: {value:.6g}" for name, value in report["metrics"].items()]
        return "\n".join([*lines, *(f"  cluster {label}: {size} rows" for label, size in report["sizes"].items())])
    where = "the training data itself: new rows will score lower" if report["on_training_data"] else report["source"]
    lines = [
        f"model {report['model_version']}, {report['rows']} rows of {where}",
        f"  answers: column {report['target']!r} as {report['target_as']}",
    ]
    lines += [f"  {name}: {value:.6g}" for name, value in report["metrics"].items()]
    if "confusion_matrix" in report:
        table = pd.DataFrame(report["confusion_matrix"], index=report["labels"], columns=report["labels"])
        lines += [
            "  confusion matrix (rows: answer, columns: prediction)",
            *(f"    {line}" for line in str(table).splitlines()),
        ]
    for key in ("rows_without_answer", "rows_without_prediction"):
        if report[key]:
            lines.append(f"  {key.replace('_', ' ')}: {report[key]}")
    return "\n".join(lines)


def _truth(frame: pd.DataFrame, target: tuple[Any, ...]) -> pd.Series:
    """The answers as the model was taught them, where the notebook's code can be replayed; else the raw column."""
    if len(target) != 1:
        raise ModelError(
            f"evaluate needs one target column, this model has {len(target)}: {', '.join(map(str, target))}"
        )
    if target[0] not in frame.columns:
        raise DataError(f"the rows have no column {target[0]!r}, which holds the answers")
    replay = getattr(predict, "truth", None)
    answers = frame[target[0]] if replay is None else replay(frame)
    return pd.Series(answers.to_numpy(), index=frame.index, name=str(target[0]))


def is_clustering(model: Any) -> bool:
    """Whether the model makes clusters: then nobody knows a right answer."""
    last = [step for _, step in getattr(model, "steps", ())[-1:]]
    return any(hasattr(step, "labels_") and not hasattr(step, "classes_") for step in (model, *last))


def _clusters(frame: pd.DataFrame, *, source: str, training: bool) -> dict[str, Any]:
    """The mean silhouette in the space that the model sees (of 5,000 rows at most), and how large the clusters are."""
    silhouette_score = import_module("sklearn.metrics").silhouette_score
    predicted = predict.answers(frame)["prediction"]
    given, space = predicted.dropna().to_numpy(), predict.model_input(frame)
    labels, sizes = np.unique(given, return_counts=True)
    metrics = {"clusters": float(len(labels))}
    if 1 < len(labels) < len(given):
        size = None if len(given) <= _MOST else _MOST
        metrics["silhouette"] = float(silhouette_score(space, given, sample_size=size, random_state=0))
    return {
        "at": datetime.now(timezone.utc).isoformat(),
        "source": source,
        "on_training_data": training,
        "model_version": models.load().version,
        "kind": "clustering",
        "rows": len(frame),
        "rows_without_prediction": int(predicted.isna().sum()),
        "metrics": metrics,
        "sizes": {str(label): int(size) for label, size in zip(labels, sizes)},
    }


def kind_of(model: Any, predicted: pd.Series) -> str:
    """Whether the model is for classification or regression; where it does not say, its predictions do."""
    steps = [model, getattr(model, "best_estimator_", None), *(step for _, step in getattr(model, "steps", ())[-1:])]
    for step in steps:
        known = getattr(step, "_estimator_type", None)
        if hasattr(step, "classes_") or known == "classifier":
            return "classification"
        if known == "regressor":
            return "regression"
    return "regression" if pd.api.types.is_float_dtype(predicted.infer_objects().dtype) else "classification"


def _classification(truth: pd.Series, predicted: pd.Series) -> dict[str, Any]:
    expected, given = _plain(truth), _plain(predicted)
    labels = sorted({*expected, *given}, key=lambda label: (str(type(label)), label))
    if not set(expected) & set(given):
        raise DataError(
            f"the answers in column {truth.name!r} ({_some(expected)}) and the predictions ({_some(given)}) "
            "have no value in common: the notebook recodes the target, so give a file with recoded answers"
        )
    matrix = np.zeros((len(labels), len(labels)), dtype=int)
    place = {label: number for number, label in enumerate(labels)}
    np.add.at(matrix, ([place[v] for v in expected], [place[v] for v in given]), 1)
    hits, answers, guesses = matrix.diagonal(), matrix.sum(axis=1), matrix.sum(axis=0)
    f1 = 2 * hits / np.maximum(answers + guesses, 1)
    metrics = {
        "accuracy": float(hits.sum() / matrix.sum()),
        "balanced_accuracy": float((hits[answers > 0] / answers[answers > 0]).mean()),
        "f1_macro": float(f1.mean()),
    }
    return {"metrics": metrics, "labels": labels, "confusion_matrix": matrix.tolist()}


def _regression(truth: pd.Series, predicted: pd.Series) -> dict[str, Any]:
    expected = pd.to_numeric(truth, errors="coerce").to_numpy("float64")
    if np.isnan(expected).any():
        raise DataError(f"the answers in column {truth.name!r} are not all numbers, the predictions are")
    error = predicted.to_numpy("float64") - expected
    spread = ((expected - expected.mean()) ** 2).sum()
    return {
        "metrics": {
            "mae": float(np.abs(error).mean()),
            "rmse": float(np.sqrt((error**2).mean())),
            "r2": float(1 - (error**2).sum() / spread) if spread else float("nan"),
        }
    }


def _plain(values: pd.Series) -> list[Any]:
    """Labels as Python values; 1.0 and 1 are the same label."""
    plain = [value.item() if isinstance(value, np.generic) else value for value in values]
    return [int(value) if isinstance(value, float) and value.is_integer() else value for value in plain]


def _some(values: list[Any]) -> str:
    return ", ".join(map(repr, list(dict.fromkeys(values))[:3]))
