"""What the table says of statsmodels' models, tried with the library: each row is predicted by itself."""

from __future__ import annotations

from typing import Any

import pytest

from nb2prod.rows.knowledge import statsmodels as sm_table

np = pytest.importorskip("numpy")
pd = pytest.importorskip("pandas")
sm = pytest.importorskip("statsmodels.api")

DRAW = np.random.default_rng(0)
GIVEN = pd.DataFrame({"a": DRAW.normal(size=60), "b": DRAW.normal(size=60)}, index=range(100, 160))
NUMBER = (GIVEN["a"] * 2 - GIVEN["b"] + DRAW.normal(size=60)).abs()
ANSWERS = {"Logit": (NUMBER > 1).astype(int), "Probit": (NUMBER > 1).astype(int), "Poisson": NUMBER.round()}


def fitted(name: str, given: Any) -> Any:  # noqa: ANN401 - a table or an array
    """A model of this class, fitted."""
    return getattr(sm, name)(ANSWERS.get(name, NUMBER), sm.add_constant(given)).fit()


@pytest.mark.parametrize("name", sorted(sm_table.MODELS))
def test_each_row_is_predicted_by_itself(name: str) -> None:
    model, given = fitted(name, GIVEN), sm.add_constant(GIVEN)
    whole = model.predict(given)
    assert isinstance(whole, pd.Series)
    assert list(whole.index) == list(GIVEN.index)
    for rows in ([4], [0, 1, 2], [7, 3, 5], [6, 6, 1]):
        assert np.allclose(model.predict(given.iloc[rows]), whole.iloc[rows], rtol=1e-12)


@pytest.mark.parametrize("name", sorted(sm_table.MODELS))
def test_an_array_gives_an_array(name: str) -> None:
    found = fitted(name, GIVEN.to_numpy()).predict(sm.add_constant(GIVEN.to_numpy()))
    assert isinstance(found, np.ndarray)
    assert found.shape == (60,)


@pytest.mark.parametrize("name", sorted(sm_table.FITS))
def test_a_model_is_fitted_without_being_given_rows(name: str) -> None:
    model = getattr(sm.OLS(NUMBER, sm.add_constant(GIVEN)), name)()
    assert len(model.predict(sm.add_constant(GIVEN))) == len(GIVEN)


def test_a_constant_is_added_to_one_row_only_where_it_must_be() -> None:
    one = GIVEN.iloc[:1]
    assert list(sm.add_constant(one).columns) == ["a", "b"]
    assert list(sm.add_constant(one, has_constant="add").columns) == ["const", "a", "b"]
