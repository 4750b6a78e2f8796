"""`evaluate --live`: how good the live model was, day by day or week by week, as the true values arrived."""

from __future__ import annotations

import argparse
import json
from datetime import datetime, timedelta, timezone
from typing import Any, Mapping, Optional, Sequence, Tuple

import numpy as np
import pandas as pd

from example_project import evaluate, models
from example_project.errors import DataError, ProjectError
from example_project.operate import metrics, page, store
from example_project.operate.evaluation import answered_of

FEW = 20  # labelled rows of a day that say nothing alone


def run(options: argparse.Namespace) -> int:
    """Evaluate the champion on what the store has."""
    version = models.current()
    here = store.Store()
    try:
        known = [each for each in here.predicted(version=version) if each["truth"] is not None and each["answer"]]
    except store.StoreError as error:
        raise ProjectError(f"the store does not answer: {error}") from error
    finally:
        here.close()
    if not known:
        raise DataError("the store has no prediction of this version with its true value: send them to /feedback")
    kind = evaluate.kind_of(models.load(version).model, pd.Series([each["answer"]["prediction"] for each in known]))
    found = over_time(known, kind, options.by)
    for begin, rows, value in found:
        told = f"{value.value:.4g} ({value.low:.4g} to {value.high:.4g})" if value else "too few to tell"
        print(f"  {begin}  {rows:6d} rows  {metrics.main_metric(kind)} {told}")
    if options.page:
        options.page.write_text(html(version, kind, found, options.by), encoding="utf-8")
    if options.output:
        points = [{"from": begin, "rows": rows, **(vars(value) if value else {})} for begin, rows, value in found]
        options.output.parent.mkdir(parents=True, exist_ok=True)
        at = datetime.now(timezone.utc).isoformat()
        report = {"at": at, "model_version": version, "kind": kind, "over_time": points}
        options.output.write_text(json.dumps(report, indent=1) + "\n", encoding="utf-8")
    return 0


def over_time(known: Sequence[Mapping[str, Any]], kind: str, by: str) -> list[Tuple[str, int, Optional[metrics.Value]]]:
    """The main metric by the day (or the week's first day) of the prediction, in UTC."""
    days = pd.Series([_begin(each["at"], by) for each in known])
    found = []
    for day, numbers in days.groupby(days).groups.items():
        some = [known[number] for number in numbers]
        answers = pd.DataFrame([each["answer"] for each in some])
        truth = pd.Series([each["truth"] for each in some], name="truth")
        both = (truth.notna() & answers["prediction"].notna()).to_numpy()
        value = None
        if both.sum() >= FEW:
            answered = answered_of(evaluate.Labelled("", kind, truth, answers, both))
            value = metrics.with_intervals(answered)[metrics.main_metric(kind)]
        found.append((str(day), int(both.sum()), value))
    return found


def html(version: str, kind: str, found: Sequence[Tuple[str, int, Optional[metrics.Value]]], by: str) -> str:
    """One page with the trend."""
    name = metrics.main_metric(kind)
    made, axes = page.figure(8.4, 3.0)
    places = [number for number, (_, _, value) in enumerate(found) if value]
    values = [value for _, _, value in found if value]
    if values:
        middle = np.array([value.value for value in values])
        axes.fill_between(places, [v.low for v in values], [v.high for v in values], color=page.NOW, alpha=0.15, lw=0)
        axes.plot(places, middle, color=page.NOW, marker="o", markersize=4)
    step = max(1, len(found) // 10)
    axes.set_xticks(range(0, len(found), step), [begin for begin, _, _ in found[::step]], rotation=30)
    axes.set_ylabel(name)
    lines = [(b, rows, *((v.value, v.low, v.high) if v else (None, None, None))) for b, rows, v in found]
    parts = [
        page.pictures([(made, f"{name} by {by}, with its 95% interval")]),
        page.table((by, "rows", name, "95% from", "to"), lines),
    ]
    return page.page("Evaluation over time", f"model {version}, predictions whose true value is known", parts)


def _begin(at: float, by: str) -> str:
    day = datetime.fromtimestamp(at, timezone.utc).date()
    return (day - timedelta(days=day.weekday()) if by == "week" else day).isoformat()
