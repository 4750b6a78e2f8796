# ruff: noqa: ANN401 - a column can hold anything
"""The emitted runtime's schema: new rows come out in the training data's form, or with a reason why not."""

from __future__ import annotations

import io
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

SKELETON = Path(__file__).resolve().parents[1] / "src" / "nb2prod" / "skeleton"
sys.path.insert(0, str(SKELETON / "src"))

if TYPE_CHECKING:
    schemas: Any
    errors: Any
else:
    from example_project import errors
    from example_project import schema as schemas

TRAIN = pd.DataFrame(
    {
        "whole": pd.array([1, 2, 3], dtype="int64"),
        "small": pd.array([1, 2, 3], dtype="int8"),
        "share": [0.5, 1.5, np.nan],
        "single": pd.array([0.1, 0.2, 0.3], dtype="float32"),
        "flag": [True, False, True],
        "code": ["007", "A1", "12"],
        "mixed": pd.Series([1, "a", 2.5], dtype=object),
        "maybe": pd.Series([True, None, False], dtype=object),
        "day": pd.Series([pd.Timestamp("2024-01-01"), pd.Timestamp("2024-01-02"), pd.NaT]),
        "moment": pd.to_datetime(["2024-01-01", "2024-01-02", "2024-01-03"]).tz_localize("UTC"),
        "size": pd.Categorical(["S", "M", "L"], categories=["S", "M", "L"], ordered=True),
        "band": pd.Categorical([1, 2, 1]),
        "count": pd.array([1, None, 3], dtype="Int64"),
        "sure": pd.array([True, None, False], dtype="boolean"),
        "word": pd.array(["a", None, "b"], dtype="string"),
        "span": pd.to_timedelta(["1D", "2D", "3D"]),
        "late": ["yes", "no", "yes"],
    }
)


def learnt(frame: pd.DataFrame = TRAIN, **options: Any) -> Any:
    learned = schemas.learn(frame, **{"target": (), **options})
    assert schemas.loads(schemas.dumps(learned)) == learned
    return learned


def column(name: str, values: Any) -> pd.Series[Any]:
    result = schemas.conform(pd.DataFrame({name: values}), learnt(TRAIN[[name]]))
    assert list(result.columns) == [name]
    series: pd.Series[Any] = result[name]
    return series


def test_training_data_come_back_to_the_bit() -> None:
    before = TRAIN.copy()
    result = schemas.conform(TRAIN, learnt())
    pd.testing.assert_frame_equal(result, TRAIN, check_exact=True)
    assert result is not TRAIN
    result.loc[0, "whole"] = 99
    result["code"] = "changed"
    pd.testing.assert_frame_equal(TRAIN, before)


@pytest.mark.parametrize("row", range(3))
def test_each_row_alone_has_the_same_dtypes(row: int) -> None:
    alone = TRAIN.iloc[[row]]
    result = schemas.conform(alone, learnt())
    pd.testing.assert_frame_equal(result, alone.reset_index(drop=True), check_exact=True)


def test_rows_made_of_python_values_get_the_dtypes() -> None:
    records = [{name: TRAIN[name].astype(object).iloc[0] for name in TRAIN}]
    result = schemas.conform(pd.DataFrame(records), learnt())
    pd.testing.assert_series_equal(result.dtypes, TRAIN.dtypes)


def test_the_index_is_counted_from_0_and_the_columns_are_in_the_training_order() -> None:
    frame = TRAIN[reversed(TRAIN.columns)].set_axis([5, 5, 5]).assign(extra=1)
    result = schemas.conform(frame, learnt())
    assert isinstance(result.index, pd.RangeIndex)
    assert list(result.columns) == list(TRAIN.columns)


def test_a_required_column_that_is_missing_is_named() -> None:
    with pytest.raises(errors.DataError, match="no column 'share', 'code'"):
        schemas.conform(TRAIN.drop(columns=["share", "code"]), learnt())


def test_columns_without_influence_may_be_absent_or_unusable() -> None:
    learned = learnt(unneeded=("whole", "flag", "code", "day", "size", "count"))
    absent = schemas.conform(TRAIN.drop(columns=["whole", "flag", "code", "day", "size", "count"]), learned)
    assert list(absent.columns) == list(TRAIN.columns)
    assert absent[["whole", "flag", "code", "day", "size", "count"]].isna().all(axis=None)
    assert absent["whole"].dtype == "float64"
    assert absent["flag"].dtype == object
    for name in ("code", "day", "size", "count"):
        assert absent[name].dtype == TRAIN[name].dtype
    unusable = schemas.conform(TRAIN.assign(whole="garbage"), learned)
    assert unusable["whole"].isna().all()
    given = schemas.conform(TRAIN, learned)
    pd.testing.assert_series_equal(given["whole"], TRAIN["whole"])


@pytest.mark.parametrize("name", ["late", "whole", "share", "flag", "size", "day", "span", "sure", "moment"])
def test_the_target_is_blank_given_or_not(name: str) -> None:
    learned = learnt(target=(name,))
    assert learned.target == (name,)
    given = schemas.conform(TRAIN, learned)
    assert given[name].isna().all()
    pd.testing.assert_frame_equal(given, schemas.conform(TRAIN.drop(columns=name), learned))


def test_text_is_read_as_text_in_a_lone_row() -> None:
    learned = learnt(TRAIN[["whole", "code"]])
    assert learned.text == {"code": str}
    frame = pd.read_csv(io.StringIO("whole,code\n3,007\n"), dtype=learned.text)
    assert schemas.conform(frame, learned)["code"].tolist() == ["007"]


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("whole", 1.5, "1.5 is not a whole number"),
        ("whole", "x", "'x' is not a number"),
        ("whole", True, "True is not a number"),
        ("small", 300, "not a whole number between -128 and 127"),
        ("count", 1.5, "1.5 is not a whole number"),
        ("share", "a lot", "'a lot' is not a number"),
        ("share", True, "True is not a number"),
        ("single", 1e300, "not a number that float32 can hold"),
        ("flag", 1, "1 is not True or False"),
        ("flag", None, "nothing is not True or False"),
        ("flag", "True", "'True' is not True or False"),
        ("sure", 1, "1 is not True or False"),
        ("code", 7, "7 is not text"),
        ("code", 7.0, "7.0 is not text"),
        ("word", 7, "7 is not text"),
        ("day", "02/01/2024", "'02/01/2024' is not a date such as 2024-03-01"),
        ("day", 20240101, "20240101 is not a date"),
        ("day", pd.Timestamp("2024-01-01", tz="UTC"), "is not a time without zone"),
        ("moment", pd.Timestamp("2024-01-01"), "is not a time with its zone"),
        ("size", "XL", "'XL' is not one of the values seen in training"),
        ("band", 3, "3 is not one of the values seen in training"),
        ("span", "soon", "timedelta64"),
    ],
)
def test_what_a_column_cannot_hold_is_an_error_with_its_place(name: str, value: Any, message: str) -> None:
    good = TRAIN[name].dropna().iloc[0]
    frame = pd.DataFrame({name: pd.Series([good, value], dtype=object).infer_objects()}).set_axis(["a", "b"])
    with pytest.raises(errors.DataError) as caught:
        schemas.conform(frame, learnt(TRAIN[[name]]))
    assert message in str(caught.value)
    assert f"column {name!r}" in str(caught.value)
    assert "row 1" in str(caught.value) or name == "span"


@pytest.mark.parametrize(
    ("name", "values", "dtype", "expected"),
    [
        ("whole", [1.0, 2.0], "int64", [1, 2]),
        ("whole", ["1", "2"], "int64", [1, 2]),
        ("whole", [1, None], "float64", [1.0, np.nan]),
        ("small", [1], "int8", [1]),
        ("share", [1, 2], "float64", [1.0, 2.0]),
        ("single", [0.1], "float32", [np.float32(0.1)]),
        ("day", ["2024-05-01"], None, [pd.Timestamp("2024-05-01")]),
        ("moment", ["2024-05-01T12:00:00Z"], None, [pd.Timestamp("2024-05-01T12:00", tz="UTC")]),
        ("maybe", [True, False], "object", [True, False]),
        ("count", [1.0, None], "Int64", [1, pd.NA]),
        ("word", ["x", None], "string", ["x", pd.NA]),
        ("size", ["M", None], None, ["M", np.nan]),
        ("band", [2], None, [2]),
        ("code", [None, None], None, [np.nan, np.nan]),
    ],
)
def test_values_are_cast_where_nothing_is_lost(
    name: str, values: list[Any], dtype: str | None, expected: list[Any]
) -> None:
    result = column(name, values)
    pd.testing.assert_series_equal(result, pd.Series(expected, dtype=dtype or TRAIN[name].dtype, name=name))


def test_whole_numbers_too_large_for_floats_are_not_rounded() -> None:
    assert column("share", [2**60]).tolist() == [float(2**60)]
    with pytest.raises(errors.DataError, match="float64 can hold exactly"):
        column("share", [2**60 + 1])


def test_whole_numbers_too_large_for_floats_may_not_have_missing_neighbours() -> None:
    large = pd.Series([2**60 + 1, None], dtype=object)
    assert column("whole", large[:1]).tolist() == [2**60 + 1]
    with pytest.raises(errors.DataError, match="float64 can hold exactly"):
        column("whole", large)


def test_a_column_given_twice_is_an_error() -> None:
    with pytest.raises(errors.DataError, match="'whole' is there more than once"):
        schemas.conform(pd.concat([TRAIN, TRAIN[["whole"]]], axis=1), learnt())


def test_labels_that_are_not_text_survive_storage() -> None:
    frame = pd.DataFrame({0: [1], 1: ["a"], 2.5: [True]})
    pd.testing.assert_frame_equal(schemas.conform(frame, learnt(frame)), frame)
    pairs = pd.DataFrame([[1, 2]], columns=pd.MultiIndex.from_tuples([("a", 1), ("b", 2)]))
    pd.testing.assert_frame_equal(schemas.conform(pairs, learnt(pairs)), pairs)


def test_no_rows_are_no_rows() -> None:
    result = schemas.conform(TRAIN.iloc[:0], learnt())
    assert len(result) == 0
    pd.testing.assert_series_equal(result.dtypes, TRAIN.dtypes)


numbers = st.one_of(
    st.none(), st.integers(-(2**60), 2**60), st.floats(allow_nan=False), st.booleans(), st.text(max_size=3)
)


@settings(max_examples=150, deadline=None)
@given(
    values=st.lists(numbers, min_size=1, max_size=4),
    name=st.sampled_from(["whole", "small", "share", "flag", "code", "count"]),
)
def test_nothing_is_ever_changed_in_silence(values: list[Any], name: str) -> None:
    frame = pd.DataFrame({name: pd.Series(values, dtype=object)})
    try:
        result = schemas.conform(frame, learnt(TRAIN[[name]]))[name]
    except errors.DataError:
        return
    for before, after in zip(values, result, strict=True):
        if before is None:
            assert pd.isna(after)
        elif isinstance(before, str) and name != "code":
            assert float(before) == after
        else:
            assert before == after
            assert isinstance(before, bool) == isinstance(after, bool | np.bool_)


held = numbers.filter(lambda value: not isinstance(value, int) or abs(value) <= 2**53)  # those missing neighbours allow


@settings(max_examples=60, deadline=None)
@given(values=st.lists(held, min_size=2, max_size=4), name=st.sampled_from(["whole", "share", "code", "size"]))
def test_a_row_alone_is_accepted_exactly_if_it_is_in_a_batch(values: list[Any], name: str) -> None:
    learned = learnt(TRAIN[[name]])

    def accepts(part: list[Any]) -> bool:
        try:
            schemas.conform(pd.DataFrame({name: pd.Series(part, dtype=object)}), learned)
        except errors.DataError:
            return False
        return True

    assert accepts(values) == all(accepts([value]) for value in values)
