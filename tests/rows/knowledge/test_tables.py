"""Each line of the tables, tried with the real library: what it says a method does to rows, the method does."""

from __future__ import annotations

import io
import math
from typing import Any

import pytest

from nb2prod.rows.knowledge import numpy as np_table
from nb2prod.rows.knowledge import pandas as pd_table
from nb2prod.rows.knowledge.table import Known, table

np = pytest.importorskip("numpy")
pd = pytest.importorskip("pandas")
sparse = pytest.importorskip("scipy.sparse")

SUBSETS = ([4], [0, 1, 2], [7, 3, 5], [6, 6, 1])
EVERY = (*pd_table.METHODS, *np_table.FUNCTIONS)


def sample(kind: str) -> Any:  # noqa: ANN401 - whatever a method is tried on
    """Eight rows: numbers with one missing, a frame, an array, text, truth, dates, by day, sparse."""
    numbers = pd.Series([1.0, 2.5, None, 0.4, 3.0, 1.0, -2.0, 2.0], name="a")
    days = pd.date_range("2024-01-30", periods=8)
    return {
        "n": numbers,
        "f": pd.DataFrame({"a": numbers, "b": [3.0, 1.0, 2.0, 3.0, 9.0, 0.5, 1.0, 3.0]}),
        "a": numbers.fillna(0.7).to_numpy(),
        "t": pd.Series(["a", "b", None, "cc", "a", "d", "b", "a"], name="a"),
        "b": numbers > 1,
        "d": pd.Series(days, name="a"),
        "i": pd.Series(range(8), index=days),
        "s": sparse.csr_matrix(np.arange(16).reshape(8, 2) % 3),
    }[kind]


def some(x: Any, rows: list[int]) -> Any:  # noqa: ANN401 - likewise
    """These rows of it."""
    return x.iloc[rows] if hasattr(x, "iloc") else x[rows] if not isinstance(x, list) else [x[i] for i in rows]


def called(row: Known, x: Any) -> Any:  # noqa: ANN401 - likewise
    """What it gives for x; y are rows of the same kind."""
    y = x.fillna(3) if row.name in {"combine_first", "where", "select"} else x
    with np.errstate(all="ignore"):
        return eval(row.call, {"x": x, "y": y, "np": np, "pd": pd, "io": io})  # noqa: S307 - the table's own text


def plain(value: Any) -> Any:  # noqa: ANN401 - likewise
    """The values alone, as lists."""
    if hasattr(value, "to_numpy"):
        value = value.to_numpy()
    return [plain(v) for v in np.asarray(value, dtype=object)] if np.ndim(value) else value


def alike(one: Any, other: Any) -> bool:  # noqa: ANN401 - likewise
    """Equal, missing values as well; sums may differ in the last digit by their order."""
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(alike, one, other))
    if pd.isna(one) or pd.isna(other):
        return bool(pd.isna(one) and pd.isna(other))
    if isinstance(one, float | np.floating) and isinstance(other, float | np.floating):
        return math.isclose(one, other, rel_tol=1e-12, abs_tol=1e-12)
    return bool(one == other)


def tried(*gives: str) -> list[Any]:
    """Each line that gives one of these with each kind of value it names."""
    return [
        pytest.param(row, kind, id=f"{row.call} of {kind}") for row in EVERY if row.gives in gives for kind in row.on
    ]


def given(row: Known, x: Any) -> Any:  # noqa: ANN401 - likewise
    """Likewise; a method that this version of the library has not is passed over only where the table says so."""
    try:
        return called(row, x)
    except AttributeError:
        if not row.versions:
            raise
        pytest.skip(f"only in versions {row.versions}")


@pytest.mark.parametrize(("row", "kind"), tried("rows"))
def test_a_row_wise_method_commutes_with_taking_rows(row: Known, kind: str) -> None:
    x = sample(kind)
    whole = given(row, x)
    for rows in SUBSETS:
        assert alike(plain(called(row, some(x, rows))), plain(some(whole, rows)))


@pytest.mark.parametrize(("row", "kind"), tried("window"))
def test_a_windowed_method_does_not(row: Known, kind: str) -> None:
    x = sample(kind)
    whole = given(row, x)
    assert len(whole) != len(x) or any(
        plain(called(row, some(x, [i]))) != plain(some(whole, [i])) for i in range(len(x))
    )


@pytest.mark.parametrize(("row", "kind"), tried("one"))
def test_one_value_is_one_value_and_one_for_each_column(row: Known, kind: str) -> None:
    found = given(row, sample(kind))
    assert (list(found.index) == ["a", "b"]) if kind == "f" else np.ndim(found) == 0


@pytest.mark.parametrize(("row", "kind"), tried("one", "values"))
def test_it_is_learnt_from_many_rows(row: Known, kind: str) -> None:
    x = sample(kind)
    whole = plain(given(row, x))
    parts = [plain(called(row, some(x, rows))) for rows in ([0, 1], [3, 5], [6, 7])]
    assert row.name in {"keys", "all", "any"} or any(not alike(part, whole) for part in parts)


ORDERED = {"argmax", "argmin", "idxmax", "idxmin", "unique", "value_counts", "keys"}  # told by the first row


@pytest.mark.parametrize(("row", "kind"), tried("one", "values"))
def test_it_does_not_depend_on_the_order_of_rows(row: Known, kind: str) -> None:
    x = sample(kind)
    turned = some(x, list(range(len(x)))[::-1])
    if row.name not in ORDERED:
        assert alike(plain(given(row, x)), plain(given(row, turned)))


@pytest.mark.parametrize(("row", "kind"), tried("fewer", "order"))
def test_a_filter_or_order_gives_rows_as_they_were(row: Known, kind: str) -> None:
    x = sample(kind)
    found = given(row, x)
    assert alike(plain(found), plain(x.loc[found.index]))
    assert len(found) < len(x) if row.gives == "fewer" and row.name != "drop_duplicates" else len(found) <= len(x)


@pytest.mark.parametrize(("row", "kind"), tried("many"))
def test_what_is_not_told_can_be_called(row: Known, kind: str) -> None:
    given(row, sample(kind))


def test_no_method_stands_twice() -> None:
    for rows in (pd_table.METHODS, np_table.FUNCTIONS):
        names = [row.name for row in rows]
        assert sorted(set(names)) == sorted(names)


def test_a_table_is_read_by_its_columns() -> None:
    assert table("# remark\n a  rows  nf  x.a(1, 2)   <2\n") == (Known("a", "rows", "nf", "x.a(1, 2)", "<2"),)
