"""A forest that asks its trees itself answers as scikit-learn's forest, to the last digit."""

from __future__ import annotations

import sys
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pytest
from sklearn.ensemble import ExtraTreesClassifier, ExtraTreesRegressor, RandomForestClassifier, RandomForestRegressor  # type: ignore[import-untyped]
from sklearn.linear_model import LogisticRegression  # type: ignore[import-untyped]
from sklearn.pipeline import make_pipeline  # type: ignore[import-untyped]
from sklearn.preprocessing import StandardScaler  # type: ignore[import-untyped]

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    Leaner = Callable[[Any], Any]

SKELETON = Path(__file__).parent.parent / "src" / "nb2prod" / "skeleton" / "src"
FORESTS = (RandomForestClassifier, ExtraTreesClassifier, RandomForestRegressor, ExtraTreesRegressor)


@pytest.fixture
def leaner(monkeypatch: pytest.MonkeyPatch) -> Iterator[Leaner]:
    monkeypatch.syspath_prepend(str(SKELETON))
    yield import_module("example_project.serving.trees").leaner
    for name in [name for name in sys.modules if name.startswith("example_project")]:
        del sys.modules[name]


def data() -> tuple[pd.DataFrame, pd.Series]:
    random = np.random.default_rng(3)
    rows = pd.DataFrame(random.normal(size=(200, 4)), columns=list("abcd"))
    return rows, (rows["a"] + rows["b"] ** 2 > 1).astype(int) + (rows["c"] > 1)


@pytest.mark.parametrize("forest", FORESTS)
def test_the_answers_are_those_of_the_forest(forest: Callable[..., Any], leaner: Leaner) -> None:
    rows, target = data()
    model = make_pipeline(StandardScaler(), forest(n_estimators=20, random_state=1)).fit(rows, target)
    lean = leaner(model)
    assert type(lean[-1]) is not type(model[-1])
    for way in ("predict", "predict_proba"):
        if hasattr(model, way):
            for number in (1, 7, 200):
                expected = getattr(model, way)(rows.head(number))
                assert np.array_equal(getattr(lean, way)(rows.head(number)), expected)
                assert getattr(lean, way)(rows.head(number)).dtype == expected.dtype


def test_other_models_stay_what_they_are(leaner: Leaner) -> None:
    rows, target = data()
    model = LogisticRegression().fit(rows, target)
    assert leaner(model) is model
    both = RandomForestRegressor(n_estimators=3).fit(rows, pd.DataFrame({"x": target, "y": target}))
    assert leaner(both) is both
