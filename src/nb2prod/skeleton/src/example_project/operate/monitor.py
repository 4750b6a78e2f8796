"""`python -m example_project monitor`: whether data, predictions and errors still are what they were in training.

Data drift is looked for in the rows of a file, or in the newest rows of the store, against the profile that lies with
the model; the predictions are compared with the version's own first ones (those on training rows are no measure: a
model knows them by heart); concept drift shows in the errors where the truth is known.
"""

from __future__ import annotations

import argparse
import json
import time
import urllib.request
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Mapping, Sequence

import numpy as np
import pandas as pd

from example_project import models
from example_project.__main__ import read
from example_project.errors import ProjectError
from example_project.operate import arguments, concept, drift, retrain, store
from example_project.operate.monitor_page import html
from example_project.schema import Schema

FIRST = 500  # predictions of a version that later ones are compared with
_DAY = 86_400.0


@dataclass(frozen=True)
class Report:
    """What one look has found; times are seconds since 1970, ages are days."""

    version: str
    at: float
    source: str
    rows: int
    age: float
    columns: tuple[drift.Drift, ...]
    prediction: drift.Drift | None
    labelled: int
    changes: tuple[concept.Change, ...]
    notes: tuple[str, ...]
    alarms: tuple[str, ...]


def run(options: argparse.Namespace) -> int:
    """Look, tell, write: 0 all quiet, 1 an alarm."""
    stored = models.load()
    folder = Path("models") / stored.version
    digests = models.manifest(folder)["sha256"]
    profile = _of_interest(json.loads(models.read_checked(folder / "profile.json", digests)), stored.schema)
    created = datetime.fromisoformat(models.manifest(folder)["created"]).timestamp()
    found = _of_file(options.input) if options.input else _of_store(stored.version, options.days)
    report = look(stored.version, profile, found, age=(time.time() - created) / _DAY, oldest=options.oldest)
    print(text(report))
    if options.output:
        options.output.parent.mkdir(parents=True, exist_ok=True)
        options.output.write_text(dumps(report), encoding="utf-8")
    if options.page:
        options.page.write_text(html(report, profile, found.rows), encoding="utf-8")
    if options.prometheus:
        options.prometheus.write_text(gauges(report), encoding="utf-8")
    if report.alarms and options.webhook:
        tell(options.webhook, dumps(report))
    if report.alarms and options.retrain:
        retrained(report.alarms, options.days)
    return 1 if report.alarms else 0


@dataclass(frozen=True)
class Found:
    """What there is to look at: raw rows, their predictions, the version's first ones, and the errors since then."""

    source: str
    rows: pd.DataFrame
    predictions: pd.Series
    first: pd.Series
    errors: Sequence[float] = ()
    fresh: int = 0  # so many of the errors, the last ones, are from the time that is looked at


def retrained(alarms: Sequence[str], days: float) -> None:
    """Train a challenger on the store's labelled rows, unless that was done in these days already."""
    try:
        last = max((each["at"] for each in _decisions()), default=0.0)
        if time.time() - last < days * _DAY:
            print(f"  not retrained: {datetime.fromtimestamp(last).astimezone():%Y-%m-%d %H:%M} was the last time")
            return
        print(retrain.text(retrain.retrain(arguments.retraining(), alarms)))
    except ProjectError as error:  # the alarm stays an alarm
        print(f"  not retrained: {error}")


def _decisions() -> list[dict[str, Any]]:
    here = store.Store()
    try:
        return [each for each in here.decided() if each["kind"] in (retrain.ACCEPTED, retrain.REFUSED)]
    except store.StoreError as error:
        raise ProjectError(f"the store does not answer: {error}") from error
    finally:
        here.close()


def look(version: str, profile: Mapping[str, Any], found: Found, *, age: float, oldest: float | None) -> Report:
    """Judge what there is. A pure function."""
    columns = drift.drifts(profile, found.rows)
    enough = len(found.first) >= FIRST and len(found.predictions) > 0
    prediction = None
    if enough:
        usual = drift.describe(found.first, "prediction")
        (prediction,) = drift.drifts(usual, found.predictions.to_frame("prediction"))
    changes = concept.changes(found.errors)
    new = [change for change in changes if change.worse and change.row >= len(found.errors) - found.fresh]
    alarms = [f"column {each.column!r}: {each.why}" for each in columns if each.alarm]
    if prediction is not None and prediction.alarm:
        alarms.append(f"the predictions: {prediction.why}")
    alarms += [f"the errors have grown from {each.before:.4g} to {each.after:.4g} on average" for each in new]
    if oldest is not None and age > oldest:
        alarms.append(f"the model is {age:.0f} days old")
    notes = [] if enough else [f"predictions are compared once the version has made {FIRST}: {len(found.first)} so far"]
    notes += [] if found.errors else ["no true values are known, so errors are not looked at"]
    if len(found.rows) < drift.ROWS:
        notes.append(f"{len(found.rows)} rows are too few to tell: {drift.ROWS} are needed")
    return Report(
        version=version,
        at=time.time(),
        source=found.source,
        rows=len(found.rows),
        age=age,
        columns=columns,
        prediction=prediction,
        labelled=len(found.errors),
        changes=changes,
        notes=tuple(notes),
        alarms=tuple(alarms),
    )


def _of_interest(profile: dict[str, Any], schema: Schema) -> dict[str, Any]:
    """The profile of the columns that predictions depend on, and of the target: nobody minds that ids go on."""
    names = [column.name for column in schema.columns if column.required or column.is_target]
    return {**profile, "columns": [each for each in profile["columns"] if drift.name_of(each) in names]}


def errors_of(truth: Sequence[Any], predicted: Sequence[Any]) -> list[float]:
    """How wrong each prediction is: its distance where both are numbers with fractions, else 1 or 0."""
    pairs = list(zip(truth, predicted))
    numeric = all(isinstance(value, (int, float)) and not isinstance(value, bool) for pair in pairs for value in pair)
    if numeric and any(not float(value).is_integer() for _, value in pairs):
        return [abs(float(expected) - float(given)) for expected, given in pairs]
    return [float(str(expected) != str(given) and expected != given) for expected, given in pairs]


def text(report: Report) -> str:
    """The report for a person at a terminal."""
    lines = [f"model {report.version}, {report.age:.1f} days old; {report.rows} rows of {report.source}"]
    lines += [f"  ALARM {alarm}" for alarm in report.alarms] or ["  no alarm"]
    moved = sorted(report.columns, key=lambda each: -each.distance)[:5]
    lines += [f"  {each.column}: differs by {each.distance:.1%} (p = {each.p_value:.2g})" for each in moved]
    lines += [f"  {note}" for note in report.notes]
    return "\n".join(lines)


def dumps(report: Report) -> str:
    """The report as JSON."""
    return json.dumps(asdict(report), indent=1, default=str) + "\n"


def gauges(report: Report) -> str:
    """The report in Prometheus' text format."""
    each: list[tuple[str, dict[str, str], float]] = [
        ("example_project_alarms", {}, float(len(report.alarms))),
        ("example_project_model_age_days", {}, report.age),
        *(("example_project_drift", {"column": str(one.column)}, one.distance) for one in report.columns),
    ]
    if report.prediction is not None:
        each.append(("example_project_prediction_drift", {}, report.prediction.distance))
    lines = []
    for number, (name, labels, value) in enumerate(each):
        if number == 0 or each[number - 1][0] != name:
            lines.append(f"# TYPE {name} gauge")
        inside = ",".join(f"{key}={json.dumps(label, ensure_ascii=False)}" for key, label in labels.items())
        lines.append(f"{name}{{{inside}}} {value:.6g}" if inside else f"{name} {value:.6g}")
    return "\n".join(lines) + "\n"


def tell(url: str, content: str) -> None:
    """Send an alarm; that nobody answers is said, and changes nothing else."""
    if not url.startswith(("http://", "https://")):
        raise ProjectError(f"{url} is no address that an alarm can be sent to")
    request = urllib.request.Request(url, content.encode(), {"content-type": "application/json"})
    try:
        with urllib.request.urlopen(request, timeout=10):
            pass
    except OSError as error:
        print(f"  the alarm could not be sent to {url}: {error}")


def _of_file(path: Path) -> Found:
    nothing = pd.Series(dtype=object)
    return Found(str(path), read(path), nothing, nothing)


def _of_store(version: str, days: float) -> Found:
    here = store.Store()
    try:
        made = here.predicted(version=version)
    except store.StoreError as error:
        raise ProjectError(f"the store does not answer: {error}") from error
    finally:
        here.close()
    kept = [each for each in made if each["inputs"] is not None]
    since = time.time() - days * _DAY
    new = [each for each in kept if each["at"] >= since]
    known = [each for each in kept if each["truth"] is not None]
    before = [each for each in kept if each["at"] < since]
    return Found(
        source=f"the store, the last {days:g} days",
        rows=pd.DataFrame([each["inputs"] for each in new]),
        predictions=_predictions(new),
        first=_predictions(before[:FIRST]),
        errors=errors_of([each["truth"] for each in known], [each["answer"]["prediction"] for each in known]),
        fresh=sum(each["truth_at"] >= since for each in known),
    )


def _predictions(made: Sequence[Mapping[str, Any]]) -> pd.Series:
    values = [each["answer"]["prediction"] for each in made]
    return pd.Series(values, dtype=None if values else object).replace({None: np.nan}).dropna()
