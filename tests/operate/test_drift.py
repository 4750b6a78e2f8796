"""Drift of new rows from the reference profile: certain and large, or no alarm."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pytest

SKELETON = Path(__file__).resolve().parents[2] / "src" / "nb2prod" / "skeleton"
sys.path.insert(0, str(SKELETON / "src"))

pytest.importorskip("scipy")
if TYPE_CHECKING:
    from collections.abc import Callable

    profile: Any
    drift: Any
else:
    from example_project import profile
    from example_project.operate import drift


def rows(count: int, seed: int) -> pd.DataFrame:
    generator = np.random.default_rng(seed)
    frame: pd.DataFrame = pd.DataFrame(
        {
            "size": generator.normal(10, 2, count),
            "count": generator.poisson(3, count),
            "kind": generator.choice(["a", "b", "c"], count, p=[0.6, 0.3, 0.1]),
            "flag": generator.random(count) < 0.2,
            "age": np.where(generator.random(count) < 0.1, np.nan, generator.normal(40, 9, count)),
            "note": [f"{number:08d}" for number in generator.integers(0, 10**8, count)],
            "day": pd.Timestamp("2024-01-01") + pd.to_timedelta(generator.integers(0, 300, count), "D"),
        }
    )
    return frame


@pytest.fixture(scope="module")
def reference() -> dict[str, Any]:
    found: dict[str, Any] = profile.learn(rows(1000, seed=0))
    return found


def alarms(reference: dict[str, Any], frame: pd.DataFrame) -> dict[str, str]:
    return {each.column: each.why for each in drift.drifts(reference, frame) if each.alarm}


def test_rows_like_those_of_training_raise_no_alarm(reference: dict[str, Any]) -> None:
    assert [alarms(reference, rows(500, seed)) for seed in range(1, 21)] == [{}] * 20


def test_later_days_alone_are_no_drift(reference: dict[str, Any]) -> None:
    frame = rows(500, seed=1)
    frame["day"] += pd.Timedelta(days=400)
    assert alarms(reference, frame) == {}


@pytest.mark.parametrize(
    ("name", "change", "why"),
    [
        ("size", lambda values: values + 1.0, "its values differ by"),
        ("size", lambda values: 10 + (values - 10) * 2, "its values differ by"),
        ("count", lambda values: values + 1, "its values differ by"),
        ("kind", lambda values: values.replace("a", "b"), "its values differ by"),
        ("kind", lambda values: values.replace("a", "new"), "its values differ by"),
        ("flag", lambda values: ~values, "its values differ by"),
        ("age", lambda values: values.mask(np.arange(len(values)) % 3 == 0), "are missing, "),
        ("size", lambda values: values.mask(np.arange(len(values)) % 3 == 0), "are missing, 0% were"),
        ("note", lambda values: values + "-longer", "its values differ by"),
    ],
)
def test_what_has_moved_is_named_and_nothing_else(
    reference: dict[str, Any], name: str, change: Callable[[pd.Series], pd.Series], why: str
) -> None:
    frame = rows(500, seed=1)
    frame[name] = change(frame[name])
    found = alarms(reference, frame)
    assert list(found) == [name]
    assert why in found[name]


def test_a_small_move_is_certain_with_many_rows_and_still_no_alarm(reference: dict[str, Any]) -> None:
    frame = rows(20_000, seed=1)
    frame["size"] += 0.2
    (found,) = (each for each in drift.drifts(reference, frame) if each.column == "size")
    assert not found.alarm
    assert found.distance < drift.LARGE


def test_few_rows_are_not_judged(reference: dict[str, Any]) -> None:
    frame = rows(49, seed=1)
    frame["size"] += 100
    (found,) = (each for each in drift.drifts(reference, frame) if each.column == "size")
    assert not found.alarm
    assert found.why == "49 rows are too few to tell"
    assert found.unseen == 1.0


def test_the_move_is_told_in_standard_deviations(reference: dict[str, Any]) -> None:
    frame = rows(20_000, seed=1)
    frame["size"] += 1.0
    (found,) = (each for each in drift.drifts(reference, frame) if each.column == "size")
    assert found.wasserstein == pytest.approx(0.5, abs=0.1)
    assert 0.1 < found.psi < 0.5


def test_p_values_are_corrected_as_holm_says() -> None:
    assert drift.holm([0.01, 0.04, 0.03, 0.005]) == pytest.approx([0.03, 0.06, 0.06, 0.02])


def test_a_column_of_predictions_has_a_profile_of_its_own() -> None:
    before = pd.Series(["no"] * 80 + ["yes"] * 20)
    reference = drift.describe(before, "prediction")
    assert alarms(reference, pd.DataFrame({"prediction": before})) == {}
    assert "prediction" in alarms(reference, pd.DataFrame({"prediction": ["no"] * 40 + ["yes"] * 60}))


def test_empty_columns_and_no_rows_break_nothing() -> None:
    frame = pd.DataFrame({"empty": [None] * 100, "one": [1.0] * 100, "few": ["a"] * 99 + [None]})
    reference = profile.learn(frame)
    assert alarms(reference, frame) == {}
    assert alarms(reference, frame.iloc[:0]) == {}
    assert alarms(reference, pd.DataFrame({"one": [np.inf] * 100})) == {}
