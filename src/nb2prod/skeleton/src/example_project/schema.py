"""The columns of the raw data as seen in training, and how new rows are brought into the same form."""

from __future__ import annotations

import json
import re
from dataclasses import asdict, dataclass, field
from datetime import date, timedelta
from typing import Any, Hashable, Iterable, Mapping

import numpy as np
import pandas as pd

from example_project import seen as training
from example_project.errors import DataError
from example_project.profile import Reference, reference

_DATE = re.compile(r"\d{4}-\d{2}-\d{2}([T ]\d{2}:\d{2}(:\d{2}(\.\d+)?)?(Z|[+-]\d{2}:?\d{2})?)?")
_PLAIN = (str, int, float, bool)
_WHOLE = (int, np.integer)
_NO_NUMBER = (bool, np.bool_, date, timedelta, np.datetime64, np.timedelta64)


@dataclass(frozen=True)
class Categories:
    """The values that a categorical column may have."""

    values: tuple[Any, ...]
    dtype: str
    ordered: bool = False


@dataclass(frozen=True)
class Column:
    """A column of the raw data.

    `dtype` is pandas' name of it; `text` tells text from other objects; `nullable`: values were missing in training;
    `required`: the prediction depends on it; `seen`: what training saw in it, for those who document it.
    """

    name: Hashable
    dtype: str
    nullable: bool = False
    required: bool = True
    is_target: bool = False
    text: bool = False
    categories: Categories | None = None
    seen: training.Seen | None = None


@dataclass(frozen=True)
class Schema:
    """The raw data's columns in their order in training; `reference` only while the model is being trained."""

    columns: tuple[Column, ...]
    reference: Reference | None = field(default=None, compare=False, repr=False)

    @property
    def target(self) -> tuple[Hashable, ...]:
        """The columns that the model predicts."""
        return tuple(column.name for column in self.columns if column.is_target)

    @property
    def text(self) -> dict[Hashable, type]:
        """The columns to be read as text, as the `dtype` of `pandas.read_csv`: a lone `007` would else be read as 7."""
        return {column.name: str for column in self.columns if column.text}


def learn(frame: pd.DataFrame, *, target: tuple[Hashable, ...], unneeded: tuple[Hashable, ...] = ()) -> Schema:
    """Record the columns of the raw training data."""
    _refuse_repeated(frame)
    return Schema(
        tuple(
            _learn_column(name, values, required=name not in (*target, *unneeded), is_target=name in target)
            for name, values in frame.items()
        ),
        reference(frame),
    )


def conform(frame: pd.DataFrame, schema: Schema) -> pd.DataFrame:
    """New rows in the training data's form: a copy with its columns, their order and dtypes, numbered from 0.

    Columns that nothing depends on may be absent; the target is blank, given or not. Raises DataError for a required
    column that is missing and for a value that its column's dtype cannot hold without losing something.
    """
    _refuse_repeated(frame)
    absent = [column.name for column in schema.columns if column.required and column.name not in frame.columns]
    if absent:
        names = ", ".join(map(repr, absent))
        raise DataError(f"the data has no column {names}; it has {', '.join(map(repr, frame.columns))}")
    columns = [_conform_column(frame, column) for column in schema.columns]
    result = pd.concat(columns, axis=1) if columns else pd.DataFrame(index=pd.RangeIndex(len(frame)))
    result.columns = _labels(schema)
    return result


def dumps(schema: Schema) -> str:
    """The schema as JSON."""
    return json.dumps({"columns": [asdict(column) for column in schema.columns]}, indent=1, default=str)


def loads(text: str) -> Schema:
    """The schema from JSON."""
    return Schema(tuple(_column_from_json(column) for column in json.loads(text)["columns"]))


def _learn_column(name: Hashable, values: pd.Series, *, required: bool, is_target: bool) -> Column:
    label = _plain_label(name)
    return Column(
        name=label,
        dtype=str(values.dtype),
        nullable=bool(values.isna().any()),
        required=required,
        is_target=is_target,
        text=_is_text(values),
        categories=_categories(values, label),
        seen=training.learn(values) if required else None,
    )


def _plain_label(name: Hashable) -> Hashable:
    """The column's label as JSON can keep it."""
    if isinstance(name, tuple):
        return tuple(_plain_label(part) for part in name)
    plain = name.item() if isinstance(name, np.generic) else name
    if isinstance(plain, _PLAIN):
        return plain
    raise DataError(f"the column label {name!r} ({type(name).__name__}) cannot be stored; rename the column")


def _is_text(values: pd.Series) -> bool:
    if isinstance(values.dtype, pd.StringDtype):
        return True
    return pd.api.types.is_object_dtype(values.dtype) and pd.api.types.infer_dtype(values, skipna=True) == "string"


def _categories(values: pd.Series, label: Hashable) -> Categories | None:
    if not isinstance(values.dtype, pd.CategoricalDtype):
        return None
    known = values.cat.categories
    plain = tuple(value.item() if isinstance(value, np.generic) else value for value in known)
    if not all(isinstance(value, _PLAIN) for value in plain):
        raise DataError(f"the categories of column {label!r} are neither text nor numbers; convert them to text first")
    return Categories(plain, str(known.dtype), bool(values.cat.ordered))


def _labels(schema: Schema) -> pd.Index:
    names = [column.name for column in schema.columns]
    if names and all(isinstance(name, tuple) for name in names):
        return pd.MultiIndex.from_tuples([tuple(name) for name in names if isinstance(name, tuple)])
    return pd.Index(names)


def _conform_column(frame: pd.DataFrame, column: Column) -> pd.Series:
    if column.is_target or column.name not in frame.columns:
        return _blank(len(frame), column)
    values = frame[column.name].reset_index(drop=True)
    if column.required:
        return _cast(values, column)
    try:
        return _cast(values, column)
    except DataError:  # nothing depends on it
        return _blank(len(frame), column)


def _blank(rows: int, column: Column) -> pd.Series:
    """Missing values of the column's dtype, or of the one that pandas gives it when values are missing."""
    index = pd.RangeIndex(rows)
    dtype = _dtype(column)
    if dtype.kind in "iu" and isinstance(dtype, np.dtype):
        dtype = np.dtype("float64")
    elif dtype.kind == "b" and isinstance(dtype, np.dtype):
        dtype = np.dtype(object)
    return pd.Series([np.nan] * rows, index=index, dtype=object).astype(dtype)


def _dtype(column: Column) -> Any:
    if column.categories is not None:
        known = pd.Index(list(column.categories.values), dtype=column.categories.dtype)
        return pd.CategoricalDtype(known, ordered=column.categories.ordered)
    return pd.api.types.pandas_dtype(column.dtype)


def _cast(values: pd.Series, column: Column) -> pd.Series:
    """The values in the dtype seen in training; a value it cannot hold is an error."""
    dtype = _dtype(column)
    is_object = pd.api.types.is_object_dtype(dtype)
    if values.dtype == dtype and not (column.text and is_object):
        return values
    if column.categories is not None:
        return _to_category(values, column, dtype)
    if column.text:
        _refuse(values, column, [not isinstance(value, str) for value in values], "text")
        return values.astype(object).astype(dtype)
    if is_object:
        return values.astype(object)
    if pd.api.types.is_bool_dtype(dtype):
        return _to_bool(values, column, dtype)
    if pd.api.types.is_numeric_dtype(dtype) and not pd.api.types.is_complex_dtype(dtype):
        return _to_number(values, column, dtype)
    if pd.api.types.is_datetime64_any_dtype(dtype):
        return _to_datetime(values, column, dtype)
    return _to_other(values, column, dtype)


def _to_category(values: pd.Series, column: Column, dtype: Any) -> pd.Series:
    known = dtype.categories
    allowed = [*known, *(known.astype(object) if known.dtype != object else ())]
    _refuse(values, column, ~values.astype(object).isin(allowed), "one of the values seen in training")
    return values.astype(object).astype(dtype)


def _to_bool(values: pd.Series, column: Column, dtype: Any) -> pd.Series:
    nullable = not isinstance(dtype, np.dtype)
    missing = values.isna()
    wrong = [not isinstance(value, (bool, np.bool_)) for value in values]
    _refuse(values, column, wrong, "True or False")
    if missing.any() and not nullable:
        _fail(values, column, int(missing.to_numpy().argmax()), "True or False")
    return values.astype(dtype)


def _to_number(values: pd.Series, column: Column, dtype: Any) -> pd.Series:
    """Whole numbers of a column with missing values become float64, as pandas itself reads them."""
    _refuse(values, column, [isinstance(value, _NO_NUMBER) for value in values], "a number")
    numbers = pd.to_numeric(values, errors="coerce")
    _refuse(values, column, numbers.isna(), "a number")
    if pd.api.types.is_integer_dtype(dtype):
        return _to_integer(values, numbers, column, dtype)
    _refuse(values, column, _rounded(values), f"a number that {column.dtype} can hold exactly")
    with np.errstate(over="ignore"):
        cast = numbers.astype(dtype)
    lost = np.isinf(_floats(cast)) & ~np.isinf(_floats(numbers))
    _refuse(values, column, lost, f"a number that {column.dtype} can hold")
    return cast


def _to_integer(values: pd.Series, numbers: pd.Series, column: Column, dtype: Any) -> pd.Series:
    floats = _floats(numbers)
    _refuse(values, column, np.isinf(floats) | (np.floor(floats) != floats), "a whole number")
    limits = np.iinfo(dtype if isinstance(dtype, np.dtype) else dtype.numpy_dtype)
    outside = [not missing and not limits.min <= int(value) <= limits.max for value, missing in _pairs(numbers)]
    _refuse(values, column, outside, f"a whole number between {limits.min} and {limits.max}")
    if numbers.isna().any():
        _refuse(values, column, _rounded(values), "a number that float64 can hold exactly")
    return numbers.astype("float64" if numbers.isna().any() and isinstance(dtype, np.dtype) else dtype)


def _rounded(values: pd.Series) -> list[bool]:
    """Which whole numbers are too large to be told from their neighbours as floats."""
    return [
        not missing and isinstance(value, _WHOLE) and int(float(value)) != value for value, missing in _pairs(values)
    ]


def _floats(numbers: pd.Series) -> np.ndarray:
    return numbers.to_numpy(dtype="float64", na_value=np.nan)


def _pairs(values: pd.Series) -> Iterable[tuple[Any, bool]]:
    return zip(values, values.isna())


def _to_datetime(values: pd.Series, column: Column, dtype: Any) -> pd.Series:
    """Times, and text such as 2024-03-01 or 2024-03-01T12:30; other spellings could mean two things."""
    zone = getattr(dtype, "tz", None)
    wrong = [not missing and not _is_time(value) for value, missing in _pairs(values)]
    _refuse(values, column, wrong, "a date such as 2024-03-01")
    times: list[Any] = [pd.NaT if missing else pd.Timestamp(value) for value, missing in _pairs(values)]
    wrong = [time is not pd.NaT and (time.tzinfo is None) != (zone is None) for time in times]
    _refuse(values, column, wrong, "a time with its zone" if zone else "a time without zone")
    if values.isna().all():
        return _blank(len(values), column)
    local = pd.Series([time if time is pd.NaT or zone is None else time.tz_convert(zone) for time in times])
    cast = local.astype(dtype)
    _refuse(values, column, cast.astype(object) != local.astype(object), f"a time that {column.dtype} can hold")
    return cast


def _is_time(value: Any) -> bool:
    return isinstance(value, (date, np.datetime64)) or (isinstance(value, str) and bool(_DATE.fullmatch(value)))


def _to_other(values: pd.Series, column: Column, dtype: Any) -> pd.Series:
    try:
        cast = values.astype(dtype)
    except (TypeError, ValueError) as error:
        raise DataError(
            f"column {column.name!r} was {column.dtype} in training and cannot be made from {values.dtype}"
        ) from error
    _refuse(values, column, cast.isna() & values.notna(), f"a value that {column.dtype} can hold")
    return cast


def _refuse(values: pd.Series, column: Column, wrong: Any, wanted: str) -> None:
    """Raise for the first value that is wrong and not missing."""
    bad = np.broadcast_to(np.asarray(wrong, dtype=bool), len(values)) & values.notna().to_numpy()
    if bad.any():
        _fail(values, column, int(bad.argmax()), wanted)


def _fail(values: pd.Series, column: Column, row: int, wanted: str) -> None:
    value = values.iloc[row]
    found = "nothing" if values.isna().iloc[row] else repr(value.item() if isinstance(value, np.generic) else value)
    why = f"{found} is not {wanted}, as {column.dtype} was in training"
    raise DataError(f"row {row}, column {column.name!r}: {why}", row=row, column=str(column.name))


def _refuse_repeated(frame: pd.DataFrame) -> None:
    repeated = frame.columns[frame.columns.duplicated()]
    if len(repeated):
        raise DataError(f"the column {repeated[0]!r} is there more than once")


def _column_from_json(data: Mapping[str, Any]) -> Column:
    name = tuple(data["name"]) if isinstance(data["name"], list) else data["name"]
    categories = data["categories"]
    known = Categories(tuple(categories["values"]), categories["dtype"], categories["ordered"]) if categories else None
    return Column(**{**data, "name": name, "categories": known, "seen": training.from_json(data.get("seen"))})
