"""What may be sent: JSON rows are checked value by value against the training data's columns, and become a frame."""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from itertools import chain
from typing import Any, Callable, Hashable, Sequence

import numpy as np
import pandas as pd

from example_project.errors import ModelError
from example_project.schema import Column, Schema, conform

MANY = 20  # problems told at most
_SINGLE = float(np.finfo("float32").max)
Check = Callable[[Any], Any]


class Wrong(ValueError):
    """Why a value cannot be in its column."""


@dataclass(frozen=True)
class Problem:
    """What is wrong with a request: in which row (from 0) and field, if it is in one."""

    reason: str
    row: int | None = None
    field: str | None = None


class Unusable(Exception):
    """A request that cannot be answered; nothing of it was predicted."""

    def __init__(self, *problems: Problem) -> None:
        super().__init__(problems[0].reason)
        self.problems = problems


@dataclass(frozen=True)
class Rows:
    """Checked rows: one list of values for each field.

    `alone`: a value is missing where none was in training. Such a column gets another dtype, so that these rows are
    never predicted together with those of another request.
    """

    values: tuple[list[Any], ...]
    count: int
    alone: bool = False


@dataclass(frozen=True)
class Field:
    """A column that the prediction depends on, as it is called in JSON."""

    key: str
    column: Column
    check: Check


class Contract:
    """The fields of a row, from the schema that was learnt from the training data."""

    def __init__(self, schema: Schema, most_rows: int = 10_000) -> None:
        needed = [column for column in schema.columns if column.required and not column.is_target]
        self.fields = tuple(Field(str(column.name), column, _check(column)) for column in needed)
        self.most_rows = most_rows
        if len({field.key for field in self.fields}) != len(self.fields):
            raise ModelError("two columns have the same name in JSON; rename one of them in the notebook")

    def rows(self, body: bytes) -> Rows:
        """The rows of `{"row": {…}}` or `{"rows": [{…}]}`; raises Unusable."""
        return self._checked(_rows_in(parsed(body), self.most_rows))

    def _checked(self, rows: list[Any]) -> Rows:
        values: tuple[list[Any], ...] = tuple([] for _ in self.fields)
        pairs = tuple(zip(self.fields, values))
        problems: list[Problem] = []
        alone = False
        for number, row in enumerate(rows):
            if not isinstance(row, dict):
                problems.append(Problem("a row is an object: a value for each column", number))
                continue
            for field, column in pairs:
                try:
                    value = row[field.key]
                    column.append(None if value is None else field.check(value))
                    if value is None and not field.column.nullable:
                        alone = True
                        _refuse_none(field.column)
                except KeyError:  # noqa: PERF203 - every field is told, not the first
                    problems.append(Problem("is missing; send null for a value that is not known", number, field.key))
                except Wrong as error:
                    problems.append(Problem(str(error), number, field.key))
            if len(problems) >= MANY:
                break
        if problems:
            raise Unusable(*problems[:MANY])
        return Rows(values, len(rows), alone)

    def frame(self, batch: Sequence[Rows]) -> pd.DataFrame:
        """The rows of all these requests, one after the other, as predict takes them."""
        columns: dict[Hashable, Any] = {
            field.column.name: _column(field.column, list(chain.from_iterable(rows.values[number] for rows in batch)))
            for number, field in enumerate(self.fields)
        }
        return pd.DataFrame(columns, index=pd.RangeIndex(sum(rows.count for rows in batch)))

    def example(self) -> dict[str, Any]:
        """A row of values that are common in the training data."""
        return {field.key: _example(field.column) for field in self.fields}


def parsed(body: bytes) -> Any:
    """JSON as the standard has it: no NaN, no Infinity, nothing too deep to be read."""
    try:
        return json.loads(body, parse_constant=_refuse_constant)
    except RecursionError:
        raise Unusable(Problem("the JSON is nested too deeply")) from None
    except ValueError as error:
        raise Unusable(Problem(f"the body is not JSON: {error}"[:200])) from None


def _refuse_constant(name: str) -> None:
    raise ValueError(f"{name} is not a value in JSON; send null for what is missing")


def _rows_in(content: Any, most: int) -> list[Any]:
    rows: Any = None
    if isinstance(content, dict) and len(content) == 1:
        rows = [content["row"]] if "row" in content else content.get("rows")
    if not isinstance(rows, list):
        raise Unusable(Problem('send {"row": {"column": value}} or {"rows": [{"column": value}]}, and nothing else'))
    if len(rows) > most:
        raise Unusable(Problem(f"{len(rows)} rows are too many for one request: send at most {most}"))
    return rows


def _refuse_none(column: Column) -> None:
    """Elsewhere a missing value is predicted as `predict` does it; a column of True and False cannot hold one."""
    if column.dtype == "bool":
        raise Wrong("must be true or false")


def _check(column: Column) -> Check:
    """A function that gives a value as the frame will hold it, or says why it cannot."""
    if column.categories is not None:
        return _one_of(column.categories.values)
    if column.text:
        return _text
    try:
        dtype: Any = pd.api.types.pandas_dtype(column.dtype)
    except TypeError:
        return _scalar
    if pd.api.types.is_bool_dtype(dtype):
        return _flag
    if pd.api.types.is_integer_dtype(dtype):
        limits = np.iinfo(dtype if isinstance(dtype, np.dtype) else dtype.numpy_dtype)
        return _whole(int(limits.min), int(limits.max))
    if pd.api.types.is_float_dtype(dtype):
        return _single if column.dtype.lower() in ("float32", "float16") else _number
    if pd.api.types.is_datetime64_any_dtype(dtype):
        return _date(column)
    return _scalar


def _one_of(values: tuple[Any, ...]) -> Check:
    known = {(isinstance(value, bool), value): value for value in values}

    def check(value: Any) -> Any:
        try:
            return known[isinstance(value, bool), value]
        except (KeyError, TypeError):
            raise Wrong("is not one of the values seen in training") from None

    return check


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise Wrong("must be text")
    if not value.isascii():
        try:
            value.encode()
        except UnicodeEncodeError:
            raise Wrong("has half of a character (a lone surrogate)") from None
    return value


def _flag(value: Any) -> bool:
    if not isinstance(value, bool):
        raise Wrong("must be true or false")
    return value


def _number(value: Any) -> float:
    if type(value) is float:
        if math.isinf(value):
            raise Wrong("is too large")
        return value
    if type(value) is not int:
        raise Wrong("must be a number")
    try:
        number = float(value)
    except OverflowError:
        raise Wrong("is too large") from None
    if int(number) != value:
        raise Wrong("is a whole number too large to be held exactly")
    return number


def _single(value: Any) -> float:
    number = _number(value)
    if abs(number) > _SINGLE:
        raise Wrong("is too large")
    return number


def _whole(least: int, most: int) -> Check:
    def check(value: Any) -> int:
        if type(value) is not int:
            if type(value) is not float or not value.is_integer():
                raise Wrong("must be a whole number")
            value = int(value)
        if not least <= value <= most:
            raise Wrong(f"must be between {least} and {most}")
        return int(value)

    return check


def _date(column: Column) -> Check:
    """Exactly what `schema.conform` takes."""
    alone = Schema((column,))

    def check(value: Any) -> str:
        if not isinstance(value, str):
            raise Wrong("must be a date such as 2024-03-01")
        try:
            conform(pd.DataFrame({column.name: pd.Series([value], dtype=object)}), alone)
        except ValueError:
            raise Wrong("must be a date such as 2024-03-01, or a time with its zone where training had one") from None
        return value

    return check


def _scalar(value: Any) -> Any:
    if isinstance(value, (list, dict)):
        raise Wrong("must be one value: text, a number, true or false")
    if isinstance(value, str):
        return _text(value)
    return value if isinstance(value, bool) else _number(value) and value


def _column(column: Column, values: list[Any]) -> Any:
    """The values in the column's dtype where that is plain; else as they are, for `schema.conform` to bring there."""
    missing = None in values
    if column.dtype.startswith("float") and not column.categories:
        return np.array([math.nan if value is None else value for value in values], dtype=column.dtype)
    if column.dtype.startswith(("int", "uint")) and not column.categories and not missing:
        return np.array(values, dtype=column.dtype)
    plain = [math.nan if value is None else value for value in values] if missing else values
    if column.dtype in ("str", "string"):
        return pd.Series(values, dtype=column.dtype)
    made = np.empty(len(plain), dtype=object)
    made[:] = plain
    return made


def _example(column: Column) -> Any:
    if column.seen is not None and column.seen.example is not None:
        return column.seen.example
    return column.categories.values[0] if column.categories and column.categories.values else None
