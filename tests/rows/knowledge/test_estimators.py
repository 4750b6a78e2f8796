"""What the tables say of estimators, tried with scikit-learn."""

from __future__ import annotations

import importlib
from typing import Any

import pytest

from nb2prod.rows.knowledge import estimators

np = pytest.importorskip("numpy")
sklearn = pytest.importorskip("sklearn")
sparse = pytest.importorskip("scipy.sparse")

MODULES = (
    "preprocessing",
    "impute",
    "feature_extraction.text",
    "feature_selection",
    "manifold",
    "cluster",
    "decomposition",
)
NUMBERS = np.random.default_rng(0).gamma(2.0, size=(40, 4)).round(3)
KINDS = np.random.default_rng(1).choice(["a", "b", "c"], size=(40, 2))
WORDS = [" ".join(row) for row in np.random.default_rng(2).choice(["good", "bad", "late", "kind"], size=(40, 3))]
GIVEN: dict[str, Any] = {
    "LabelEncoder": KINDS[:, 0],
    "LabelBinarizer": KINDS[:, 0],
    "MultiLabelBinarizer": [set(row) for row in KINDS],
    "OrdinalEncoder": KINDS,
    "OneHotEncoder": KINDS,
    "TargetEncoder": KINDS,
    "CountVectorizer": WORDS,
    "TfidfVectorizer": WORDS,
    "HashingVectorizer": WORDS,
    "SimpleImputer": np.where(NUMBERS > 3, np.nan, NUMBERS),
}
ARGUMENTS: dict[str, dict[str, Any]] = {"SelectKBest": {"k": 2}, "TSNE": {"perplexity": 5}}
ANSWERS = (NUMBERS.sum(axis=1) > 8).astype(int)
SUPERVISED = {"SelectKBest", "TargetEncoder"}


def made(name: str) -> Any:  # noqa: ANN401 - any estimator
    """A new one of this name."""
    for module in MODULES:
        found = getattr(importlib.import_module(f"sklearn.{module}"), name, None)
        if found is not None:
            return found(**ARGUMENTS.get(name, {}))
    return pytest.skip(f"scikit-learn {sklearn.__version__} has no {name}")


def fitted(name: str) -> tuple[Any, Any]:
    """One fitted, and what it was fitted on."""
    given = GIVEN.get(name, NUMBERS)
    return made(name).fit(given, *([ANSWERS] if name in SUPERVISED else [])), given


def dense(values: Any) -> Any:  # noqa: ANN401 - any array
    """As an array."""
    return values.toarray() if sparse.issparse(values) else np.asarray(values)


@pytest.mark.parametrize("name", sorted(estimators.SAME_WHEN_FITTED_FIRST))
def test_fit_then_transform_is_fit_transform_bit_for_bit(name: str) -> None:
    one, given = fitted(name)
    both = made(name).fit_transform(given, *([ANSWERS] if name in SUPERVISED else []))
    assert np.array_equal(dense(one.transform(given)), dense(both))


@pytest.mark.parametrize("name", sorted(estimators.SAME_WHEN_FITTED_FIRST | estimators.STATELESS))
def test_transform_commutes_with_taking_rows(name: str) -> None:
    one, given = fitted(name)
    whole = dense(one.transform(given))
    for rows in ([5], [0, 1, 2], [30, 7]):
        part = [given[i] for i in rows] if isinstance(given, list) else given[rows]
        assert np.array_equal(dense(one.transform(part)), whole[rows])


@pytest.mark.parametrize("name", sorted(estimators.STATELESS - {"FunctionTransformer"}))
def test_a_stateless_one_learns_nothing_from_rows(name: str) -> None:
    one, given = fitted(name)
    other = made(name).fit(given[:10])
    assert np.array_equal(dense(one.transform(given)), dense(other.transform(given)))


@pytest.mark.parametrize("name", sorted(estimators.CROSS_FITTING))
def test_a_cross_fitting_one_gives_its_training_rows_other_values(name: str) -> None:
    one, given = fitted(name)
    assert not np.array_equal(made(name).fit_transform(given, ANSWERS), one.transform(given))


@pytest.mark.parametrize("name", sorted(estimators.WITHOUT_TRANSFORM))
def test_one_without_transform_has_none(name: str) -> None:
    assert not hasattr(made(name), "transform")


@pytest.mark.parametrize("name", sorted(estimators.WITHOUT_PREDICT))
def test_one_without_predict_has_none(name: str) -> None:
    assert not hasattr(made(name), "predict")
