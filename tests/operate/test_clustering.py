"""Models without answers, and numbers that are a series: metrics as scikit-learn has them, beside trivial ones."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pytest
from sklearn.cluster import KMeans  # type: ignore[import-untyped]
from sklearn.metrics import silhouette_score  # type: ignore[import-untyped]

SKELETON = Path(__file__).resolve().parents[2] / "src" / "nb2prod" / "skeleton"
sys.path.insert(0, str(SKELETON / "src"))
if TYPE_CHECKING:
    clustering: Any
    evaluate: Any
    forecasts: Any
    metrics: Any
    page: Any
else:
    from example_project import evaluate
    from example_project.operate import clustering, forecasts, metrics, page
HOSTILE = "<script>alert(1)</script>$"


@pytest.fixture
def found() -> Any:  # noqa: ANN401 - the skeleton is untyped here
    generator = np.random.default_rng(0)
    space = np.vstack([generator.normal(at, 0.4, (60, 3)) for at in (0, 3, 6)])
    given = KMeans(3, n_init=3, random_state=0).fit_predict(space)
    frame = pd.DataFrame({HOSTILE: space[:, 0], "b": space[:, 1]})
    return clustering.Clustered("v", frame, space, given, clustering._silhouettes(space, given), 2)  # noqa: SLF001 - ours


def test_silhouette_and_sizes_are_scikit_learns_and_beat_the_lot(found: Any) -> None:  # noqa: ANN401 - as above
    values = clustering.measured(found)
    assert values["silhouette"].value == pytest.approx(silhouette_score(found.space, found.given))
    assert values["silhouette"].low < values["silhouette"].value < values["silhouette"].high
    assert found.sizes == {"0": 60, "1": 60, "2": 60}
    assert clustering.by_chance(found)["silhouette"] < 0.1


def test_the_page_of_clusters_escapes_what_the_data_says(found: Any) -> None:  # noqa: ANN401 - as above
    html = clustering.page_of(found, "rows.csv", page.Html(""))
    assert "<script" not in html
    assert "&lt;script&gt;" in html
    assert html.count("<svg") == 3
    assert "2 rows without a cluster" in html


def test_a_model_of_clusters_is_known(found: Any) -> None:  # noqa: ANN401 - as above
    assert evaluate.is_clustering(KMeans(2, n_init=1).fit(found.space))
    assert not evaluate.is_clustering(KMeans(2))


def series(rows: int = 120, error: float = 1.0) -> tuple[pd.DataFrame, Any]:
    days = pd.date_range("2024-01-01", periods=rows).strftime("%Y-%m-%d")
    truth = np.arange(rows, dtype="float64") % 7 + 10
    given = truth + error * np.linspace(0, 1, rows)
    frame = pd.DataFrame({"day": days, "size": truth}).iloc[::-1].reset_index(drop=True)
    return frame, metrics.Answered("regression", truth[::-1], given[::-1])


def test_a_series_is_measured_in_units_of_the_value_before() -> None:
    told = forecasts.of(*series())
    truth = np.arange(120, dtype="float64") % 7 + 10
    naive = np.abs(np.diff(truth)).mean()
    assert told.metrics["mase"] == pytest.approx(np.linspace(0, 1, 120).mean() / naive)
    assert told.naive["mae"] == pytest.approx(naive)
    assert told.steps[0].begin == "2024-01-01"
    errors = [each.mae for each in told.steps]
    assert errors == sorted(errors), "what lies further ahead is worse here"


def test_smape_of_nothing_is_nothing() -> None:
    assert forecasts.smape(np.array([0.0, 1.0]), np.array([0.0, 3.0])) == pytest.approx(0.5)


@pytest.mark.parametrize("days", [["2024-01-01"] * 40, list(range(40)), ["text"] * 40])
def test_rows_without_a_date_each_are_no_series(days: list[Any]) -> None:
    answered = metrics.Answered("regression", np.arange(40.0), np.arange(40.0))
    assert forecasts.of(pd.DataFrame({"day": days}), answered) is None
