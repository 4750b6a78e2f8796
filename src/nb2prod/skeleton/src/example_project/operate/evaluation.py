"""The page of `evaluate`: how good the model is, how sure that is, what less would reach, and where it is bad."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Sequence

import numpy as np
import pandas as pd
from sklearn.calibration import calibration_curve
from sklearn.metrics import confusion_matrix, precision_recall_curve, roc_curve

from example_project import models
from example_project.evaluate import Labelled, is_clustering, labelled
from example_project.operate import clustering, forecasts, metrics, page
from example_project.operate.clustering import Clustered
from example_project.operate.forecasts import Forecast
from example_project.operate.metrics import Answered

_PROBABILITY = "probability_"
_SHOWN = 12  # slices
_POINTS = 2000  # of a picture
_KNOWN = "These are the rows it was trained on: new ones will score lower."


@dataclass(frozen=True)
class Evaluation:
    """Labelled rows, and all that is told of them; `forecast` where the rows are a series in time."""

    rows: Labelled
    answered: Answered
    measured: dict[str, metrics.Value]
    less: dict[str, dict[str, float]]
    slices: tuple[metrics.Slice, ...]
    forecast: Forecast | None


def evaluated(frame: pd.DataFrame) -> Evaluation | Clustered:
    """Evaluate raw rows; they have answers unless the model makes clusters."""
    if is_clustering(models.load().model):
        return clustering.clustered(frame)
    rows = labelled(frame)
    answered = answered_of(rows)
    needed = [column.name for column in models.load(rows.version).schema.columns if column.required]
    inputs = frame.loc[rows.both, [name for name in needed if name in frame.columns]].reset_index(drop=True)
    values, less = metrics.with_intervals(answered), metrics.baselines(inputs, answered)
    forecast = forecasts.of(inputs, answered)
    if forecast:
        values.update({name: metrics.Value(value, np.nan, np.nan) for name, value in forecast.metrics.items()})
        less["the value before"] = forecast.naive
    return Evaluation(rows, answered, values, less, metrics.slices(inputs, answered), forecast)


def summary(found: Evaluation | Clustered) -> dict[str, Any]:
    """For programs."""
    if isinstance(found, Clustered):
        return {"notebook": of_the_notebook(found.version), **clustering.summary(found)}
    told: dict[str, Any] = {
        "notebook": of_the_notebook(found.rows.version),
        "intervals": {name: asdict(value) for name, value in found.measured.items()},
        "baselines": found.less,
        "slices": [asdict(each) for each in found.slices],
        "over_horizon": [asdict(each) for each in found.forecast.steps] if found.forecast else [],
    }
    return dict(_finite(told))


def page_of(found: Evaluation | Clustered, source: str, *, training: bool) -> str:
    """One page that needs nothing else."""
    if isinstance(found, Clustered):
        return clustering.page_of(found, source, _of_the_notebook(found.version))
    rows, answered = found.rows, found.answered
    parts = [
        _verdict(answered.kind, found.measured, found.less),
        page.paragraph(_KNOWN, "bad") if training else page.Html(""),
        page.heading("Metrics"),
        _of_the_notebook(rows.version),
        _table(found.measured, found.less),
        page.heading("Pictures"),
        page.pictures([*(forecasts.drawn(found.forecast) if found.forecast else ()), *_drawn(answered)]),
        *((page.heading("By horizon"), forecasts.table(found.forecast)) if found.forecast else ()),
        page.heading("Where it is worst"),
        _slices(found.slices, answered),
    ]
    absent = len(rows.both) - int(rows.both.sum())
    lead = f"{len(answered.truth)} rows of {source}; model {rows.version}; target {rows.truth.name}"
    lead += f"; {absent} rows without an answer or a prediction" if absent else ""
    return page.page("Evaluation", lead, parts)


def answered_of(rows: Labelled) -> Answered:
    """The rows that have an answer and a prediction, as metrics take them."""
    truth, answers = rows.truth[rows.both], rows.answers[rows.both]
    if rows.kind == "regression":
        return Answered(rows.kind, pd.to_numeric(truth).to_numpy("float64"), answers["prediction"].to_numpy("float64"))
    expected, given = (_texts(values) for values in (truth, answers["prediction"]))
    labels = tuple(sorted({*expected, *given}))
    columns = {str(name)[len(_PROBABILITY) :]: name for name in answers.columns if str(name).startswith(_PROBABILITY)}
    chances = answers[[columns[label] for label in labels]].to_numpy("float64") if set(labels) <= set(columns) else None
    return Answered(rows.kind, expected, given, labels, chances)


def _texts(values: pd.Series) -> np.ndarray:
    """Labels as texts; 1.0 and 1 are the same label."""
    whole = [isinstance(value, (float, np.floating)) and float(value).is_integer() for value in values]
    plain = [int(value) if cut else value for value, cut in zip(values, whole)]
    return np.array([str(value) for value in plain], dtype=object)


def _verdict(kind: str, values: dict[str, metrics.Value], less: dict[str, dict[str, float]]) -> page.Html:
    name = metrics.main_metric(kind)
    own, sign = values[name], 1 if kind == "classification" else -1
    beaten = [base for base, each in less.items() if sign * (own.low if sign > 0 else own.high) > sign * each[name]]
    missed = [base for base in less if base not in beaten]
    told = f"{name}: {own.value:.4g} ({own.low:.4g} to {own.high:.4g})"
    if missed:
        return page.paragraph(f"{told}; not surely better than: {', '.join(missed)}", "bad")
    return page.paragraph(f"{told}; surely better than the baselines" if beaten else told, "good" if beaten else "")


def _table(values: dict[str, metrics.Value], less: dict[str, dict[str, float]]) -> page.Html:
    headers = ("", "model", "95% from", "to", *less)
    rows = [
        (name.replace("_", " "), each.value, each.low, each.high, *(base.get(name) for base in less.values()))
        for name, each in values.items()
    ]
    said = page.paragraph("Baselines are predicted by models that did not see the row (cross-validation).")
    return page.Html(page.table(headers, rows) + (said if less else ""))


def of_the_notebook(version: str) -> dict[str, float]:
    """The numbers that the notebook itself computed while it trained."""
    digests = models.manifest(Path("models") / version)["sha256"]
    return dict(json.loads(models.read_checked(Path("models") / version / "metrics.json", digests)))


def _of_the_notebook(version: str) -> page.Html:
    own = of_the_notebook(version)
    if not own:
        return page.Html("")
    said = page.paragraph("The notebook's own metrics, when this version was trained:")
    return page.Html(said + page.table(("", "value"), own.items()))


def _drawn(answered: Answered) -> list[tuple[Any, str]]:
    if answered.kind == "regression":
        return [_against(answered), _residuals(answered)]
    found = [_confusion(answered)]
    if answered.probabilities is not None and len(answered.labels) == 2 and len(set(answered.truth)) == 2:
        found += [_roc(answered), _precision(answered), _calibration(answered)]
    return found


def _confusion(answered: Answered) -> tuple[Any, str]:
    counts = confusion_matrix(answered.truth, answered.given, labels=list(answered.labels))
    size = max(2.6, 0.4 * len(answered.labels) + 1.4)
    made, axes = page.figure(size + 0.6, size)
    shares = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    axes.imshow(shares, cmap="Blues", vmin=0, vmax=1)
    names = [page.shown(label) for label in answered.labels]
    crowded = len(names) > 4 or max(map(len, names)) > 10
    axes.set_xticks(range(len(names)), names, rotation=45 if crowded else 0)
    axes.set_yticks(range(len(names)), names)
    axes.set_xlabel("prediction")
    axes.set_ylabel("answer")
    if len(names) <= 12:
        for (row, column), count in np.ndenumerate(counts):
            colour = "white" if shares[row, column] > 0.5 else "black"
            axes.text(column, row, count, ha="center", va="center", color=colour)
    return made, "Confusion matrix: rows, coloured by their share of the answer"


def _roc(answered: Answered) -> tuple[Any, str]:
    made, axes = page.figure()
    false, true, _ = roc_curve(answered.truth == answered.labels[1], _chances(answered))
    axes.plot([0, 1], [0, 1], color=page.BEFORE, linewidth=1)
    axes.plot(false, true, color=page.NOW)
    axes.set(xlabel="false alarms", ylabel="found", xlim=(-0.02, 1.02), ylim=(-0.02, 1.02))
    return made, f"ROC: share of {answered.labels[1]} found against false alarms"


def _precision(answered: Answered) -> tuple[Any, str]:
    made, axes = page.figure()
    precision, recall, _ = precision_recall_curve(answered.truth == answered.labels[1], _chances(answered))
    axes.plot(recall, precision, color=page.NOW)
    axes.axhline((answered.truth == answered.labels[1]).mean(), color=page.BEFORE, linewidth=1)
    axes.set(xlabel="recall", ylabel="precision", xlim=(-0.02, 1.02), ylim=(-0.02, 1.02))
    return made, f"Precision and recall of {answered.labels[1]}"


def _calibration(answered: Answered) -> tuple[Any, str]:
    made, axes = page.figure()
    bins = min(10, max(2, len(answered.truth) // 50))
    happened, said = calibration_curve(
        answered.truth == answered.labels[1], _chances(answered), n_bins=bins, strategy="quantile"
    )
    axes.plot([0, 1], [0, 1], color=page.BEFORE, linewidth=1)
    axes.plot(said, happened, color=page.NOW, marker="o", markersize=4)
    axes.set(xlabel="probability said", ylabel="happened", xlim=(-0.02, 1.02), ylim=(-0.02, 1.02))
    return made, "Calibration: on the line, what is said to be 70% happens in 7 of 10"


def _chances(answered: Answered) -> np.ndarray:
    assert answered.probabilities is not None
    return answered.probabilities[:, 1]


def _against(answered: Answered) -> tuple[Any, str]:
    made, axes = page.figure()
    some = answered.rows(_some(answered))
    both = np.concatenate([some.truth, some.given])
    axes.plot([both.min(), both.max()], [both.min(), both.max()], color=page.BEFORE, linewidth=1)
    axes.scatter(some.truth, some.given, s=8, alpha=0.5, color=page.NOW, linewidths=0)
    axes.set(xlabel="answer", ylabel="prediction")
    return made, "Predictions against answers"


def _residuals(answered: Answered) -> tuple[Any, str]:
    made, axes = page.figure()
    some = answered.rows(_some(answered))
    axes.axhline(0, color=page.BEFORE, linewidth=1)
    axes.scatter(some.given, some.given - some.truth, s=8, alpha=0.5, color=page.NOW, linewidths=0)
    axes.set(xlabel="prediction", ylabel="too high by")
    return made, "Errors by the size of the prediction"


def _some(answered: Answered) -> np.ndarray:
    return np.unique(np.linspace(0, len(answered.truth) - 1, _POINTS).astype(int))


def _finite(value: Any) -> Any:
    """The same for JSON, which knows no NaN."""
    if isinstance(value, dict):
        return {key: _finite(each) for key, each in value.items()}
    if isinstance(value, list):
        return [_finite(each) for each in value]
    return None if isinstance(value, float) and not np.isfinite(value) else value


def _slices(slices: Sequence[metrics.Slice], answered: Answered) -> page.Html:
    name = "accuracy" if answered.kind == "classification" else "mae"
    found = slices[:_SHOWN]
    if not found:
        return page.paragraph(f"No column has two groups of at least {metrics.FEW} rows.")
    return page.table(
        ("column", "value", "rows", name, "95% from", "to"),
        [(each.column, each.value, each.rows, each.metric.value, each.metric.low, each.metric.high) for each in found],
    )
