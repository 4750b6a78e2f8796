"""What callers of predict rely on."""

from __future__ import annotations

import io
from pathlib import Path

import pandas as pd
import pytest
from conftest import run

from example_project import data, models, predict, settings

ROWS = 25


@pytest.fixture
def frame(trained: Path) -> pd.DataFrame:
    """Some of the raw rows that the model was trained on."""
    raw = data.load()
    return raw.sample(min(ROWS, len(raw)), random_state=1).sort_index()


def test_one_prediction_per_row_under_the_callers_index(frame: pd.DataFrame) -> None:
    frame.index = pd.Index([f"row {number}" for number in range(len(frame))])
    predicted = predict.predict(frame)
    assert predicted.index.equals(frame.index)
    assert predicted.notna().any()


def test_the_callers_frame_is_not_changed(frame: pd.DataFrame) -> None:
    before = frame.copy()
    predict.predict(frame)
    pd.testing.assert_frame_equal(frame, before)


def test_a_row_alone_is_predicted_as_in_a_batch(frame: pd.DataFrame) -> None:
    batch = predict.answers(frame)
    for number in range(min(5, len(frame))):
        alone = predict.answers(frame.iloc[[number]])
        pd.testing.assert_frame_equal(alone, batch.iloc[[number]], check_dtype=False, rtol=1e-9)


def test_the_order_of_rows_and_columns_does_not_matter(frame: pd.DataFrame) -> None:
    turned = frame.iloc[::-1, ::-1]
    pd.testing.assert_series_equal(predict.predict(turned).iloc[::-1], predict.predict(frame))


def test_the_target_is_not_looked_at(frame: pd.DataFrame) -> None:
    target = list(models.load().schema.target)
    pd.testing.assert_series_equal(predict.predict(frame.drop(columns=target)), predict.predict(frame))


def test_predict_on_the_command_line_gives_the_same(frame: pd.DataFrame, trained: Path) -> None:
    path = getattr(settings, "TRAINING_DATA", None)
    if path is None:
        path = "in.csv"
        data.load().to_csv(path, index=False)
    run("predict", trained, str(path), "--output", "out.csv")
    expected = io.StringIO(predict.answers(data.read(path)).to_csv(index=False))
    pd.testing.assert_frame_equal(pd.read_csv("out.csv"), pd.read_csv(expected))
