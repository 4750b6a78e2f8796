"""The emitted runtime's replay: the model's input gets the dtypes of training, and never another value."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pytest

SKELETON = Path(__file__).resolve().parents[1] / "src" / "nb2prod" / "skeleton"
sys.path.insert(0, str(SKELETON / "src"))

if TYPE_CHECKING:
    replay: Any
    errors: Any
else:
    from example_project import errors, replay

TRAINED = pd.DataFrame({"whole": [1, 2], "share": [0.5, 1.0], "flag": [True, False]})


@pytest.mark.parametrize(
    ("column", "values", "dtype"),
    [
        ("whole", [3.0, 4.0], "int64"),
        ("share", [3, 4], "float64"),
        ("flag", [1, 0], "bool"),
        ("whole", [12.4, 3.0], "float64"),
        ("whole", [np.nan, 3.0], "float64"),
        ("flag", [2, 0], "int64"),
    ],
    ids=[
        "whole numbers read as floats",
        "floats read as whole numbers",
        "flags read as numbers",
        "a mean filled in for a missing whole number",
        "a missing whole number",
        "no flag",
    ],
)
def test_dtypes_are_those_of_training_where_no_value_changes(column: str, values: list[Any], dtype: str) -> None:
    given = TRAINED.assign(**{column: values})
    got = replay.like_training(given, replay.dtypes_of(TRAINED))
    assert str(got[column].dtype) == dtype
    assert np.array_equal(got[column].to_numpy("float64"), np.array(values, "float64"), equal_nan=True)


def test_columns_may_be_numbered() -> None:
    got = replay.like_training(pd.DataFrame({0: [3.0]}), replay.dtypes_of(pd.DataFrame({0: [1, 2]})))
    assert str(got[0].dtype) == "int64"


def test_an_array_keeps_its_values() -> None:
    whole = replay.dtypes_of(np.array([[1, 2]]))
    assert replay.like_training(np.array([[3.0, 4.0]]), whole).dtype == np.int64
    assert replay.like_training(np.array([[3.5, 4.0]]), whole).tolist() == [[3.5, 4.0]]


def test_other_columns_are_an_error() -> None:
    with pytest.raises(errors.DataError, match="needs the columns"):
        replay.like_training(TRAINED[["share", "whole"]], replay.dtypes_of(TRAINED))
