"""The page of `evaluate` and `evaluate --live`: metrics as scikit-learn has them, intervals, baselines, slices."""

from __future__ import annotations

import json
import re
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pytest

from tests.operate.test_monitor import KEPT, run, shipments, trained

SKELETON = Path(__file__).resolve().parents[2] / "src" / "nb2prod" / "skeleton"
sys.path.insert(0, str(SKELETON / "src"))
if TYPE_CHECKING:
    metrics: Any
else:
    from example_project.operate import metrics

__all__ = ["trained"]


def answered(rows: int, *, kind: str = "classification", right: float = 0.8, seed: int = 0) -> tuple[Any, pd.DataFrame]:
    generator = np.random.default_rng(seed)
    side = generator.choice(["left", "right"], rows)
    size = generator.normal(size=rows)
    frame = pd.DataFrame({"side": side, "size": size})
    if kind == "regression":
        truth = 3 * size + generator.normal(size=rows) * 0.3
        worse = np.where(side == "left", 1.0, 0.1)
        return metrics.Answered(kind, truth, truth + worse * generator.normal(size=rows)), frame
    truth = np.where(size + generator.normal(size=rows) * 0.2 > 0, "yes", "no").astype(object)
    share = np.where(side == "left", right - 0.15, right + 0.15)
    given = np.where(generator.random(rows) < share, truth, np.where(truth == "yes", "no", "yes")).astype(object)
    chances = np.where(given == "yes", 0.8, 0.2)
    return metrics.Answered(kind, truth, given, ("no", "yes"), np.column_stack([1 - chances, chances])), frame


def test_the_interval_holds_the_value_and_narrows_with_rows() -> None:
    few, many = (metrics.with_intervals(answered(rows)[0])["accuracy"] for rows in (200, 2000))
    assert few.low < few.value < few.high
    assert many.high - many.low < (few.high - few.low) / 2
    assert many.low < 0.8 < many.high


def test_a_perfect_and_a_useless_model_are_told_from_the_baselines() -> None:
    good, frame = answered(400)
    less = metrics.baselines(frame, good)
    assert set(less) == {"most frequent", "linear"}
    assert less["linear"]["accuracy"] > 0.9 > metrics.measured(good)["accuracy"] > less["most frequent"]["accuracy"]
    numbers, frame = answered(400, kind="regression")
    less = metrics.baselines(frame, numbers)
    assert less["linear"]["mae"] < metrics.measured(numbers)["mae"] < less["mean"]["mae"]


@pytest.mark.parametrize("kind", ["classification", "regression"])
def test_the_worst_slice_comes_first(kind: str) -> None:
    rows, frame = answered(800, kind=kind)
    worst, *others = metrics.slices(frame, rows)
    assert (worst.column, worst.value) == ("side", "left")
    assert all(each.rows >= metrics.FEW for each in others)


def test_a_sample_of_one_class_has_no_probability_metrics_and_does_not_fail() -> None:
    rows, _ = answered(100)
    one = rows.rows(np.flatnonzero(rows.truth == "yes"))
    assert "roc_auc" not in metrics.measured(one)
    assert 0 < metrics.measured(one)["accuracy"] < 1


def test_the_page_of_a_project(trained: Path) -> None:
    frame = shipments(trained, 1)
    frame["depot"] = frame["depot"].str.strip()
    told = run(trained, "-m", "example_project", "evaluate", "--page", "evaluation.html")
    accuracy = float(re.findall(r"  accuracy: ([\d.]+)", told)[0])
    page = (trained / "evaluation.html").read_text()
    assert "rows it was trained on" in page
    assert f"<td>accuracy</td><td>{accuracy:.4g}</td>" in page.replace(' class="text"', "")
    assert page.count("<svg") == 4
    assert "<script" not in page


def test_over_time_the_days_are_apart(trained: Path, tmp_path: Path) -> None:
    now = time.time()
    inputs = json.loads(shipments(trained, 1).drop(columns="late").to_json(orient="records"))
    rows = [
        {
            "at": now - 86_400 * (number % 4),
            "inputs": each,
            "given": "yes" if number % 8 < 4 else "no",
            "truth": ("yes" if number % 8 < 4 else "no") if number % 4 else "no",
        }
        for number, each in enumerate(inputs)
    ]
    url = f"sqlite:///{tmp_path / 'store.db'}"
    run(trained, "-c", KEPT, given=json.dumps(rows), url=url)
    files = ("--page", "live.html", "--output", "live.json")
    run(trained, "-m", "example_project", "evaluate", "--live", *files, url=url)
    report = json.loads((trained / "live.json").read_text())["over_time"]
    assert [each["rows"] for each in report] == [40] * 4
    assert [each["value"] for each in report] == [1.0, 1.0, 1.0, 0.5]
    assert (trained / "live.html").read_text().count("<svg") == 1
    told = run(trained, "-m", "example_project", "evaluate", "--live", code=2, url=f"sqlite:///{tmp_path / 'no.db'}")
    assert told == ""
