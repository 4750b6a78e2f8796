# ruff: noqa: ANN401 - nodes and JSON are any plain data
"""Recorded tables as rows of Python values: labels, shapes, and rows that may be matched."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from nb2prod.verify import values

if TYPE_CHECKING:
    from nb2prod.verify.values import Side

Table = list[tuple[Any, ...]]


def labels(node: Any, side: Side) -> list[Any] | None:
    """Give the index of a frame or series, or the values of an index; None when they are not plain."""
    match node:
        case ("frame", _, index, _) | ("series", _, index, _):
            found = _column(index, side)
        case ("index", _, _):
            found = _column(node, side)
        case _:
            return None
    return found if found is not None and all(isinstance(one, int | str | float) for one in found) else None


def without_index(node: Any) -> Any:
    """Give the same node with its rows unlabelled; a series loses its name too."""
    match node:
        case ("frame", columns, _, parts):
            return ("frame", columns, None, parts)
        case ("series", _, _, part):
            return ("series", None, None, part)
        case _:
            return node


def kind(node: Any, side: Side) -> str:
    """Say what a table is but for its rows: class, columns and dtypes."""
    match node:
        case ("frame", columns, _, parts):
            names = _column(columns, side)
            dtypes = [_dtype(part) for part in parts]
            return f"a frame with {len(parts)} columns {list(zip(names or dtypes, dtypes, strict=False))}"
        case ("array", dtype, shape, _):
            return f"an array of {np.dtype(dtype)} with rows of {list(shape[1:])}"
        case ("sparse", form, shape, _):
            return f"a sparse {form} with {shape[1]} columns"
        case (tag, *_):
            return f"a {tag}"
        case _:
            return type(node).__name__


def count(node: Any, side: Side) -> int:
    """How many rows."""
    found = table(node, side)
    return len(found) if found is not None else 0


def table(node: Any, side: Side) -> Table | None:
    """Rows of a frame, a series, an array of one or two dimensions, a list of numbers or a sparse matrix."""
    match node:
        case ("frame", _, _, parts):
            columns = [_column(part, side) for part in parts]
            known = [one for one in columns if one is not None]
            return list(zip(*known, strict=True)) if len(known) == len(columns) else None
        case ("array", _, (_, _), _) | ("sparse", *_):
            return [tuple(row) for row in _matrix(node, side)]
        case ("objects", (_, width), values_node):
            flat = _column(values_node, side)
            return None if flat is None else [tuple(flat[i : i + width]) for i in range(0, len(flat), max(1, width))]
        case _:
            column = _column(node, side)
            return None if column is None else [(one,) for one in column]


def same(left: tuple[Any, ...], right: tuple[Any, ...]) -> bool:
    """Labels exactly, numbers within rtol 1e-9, missing equals missing."""
    return len(left) == len(right) and all(_same(one, other) for one, other in zip(left, right, strict=True))


def key(row: tuple[Any, ...]) -> tuple[Any, ...]:
    """Give a row as it can be counted; numbers to twelve digits."""
    return tuple(_key(one) for one in row)


def left_out(row: tuple[Any, ...]) -> bool:
    """Whether an answer is empty: the notebook leaves the row out."""
    return all(map(_is_missing, row))


def _same(left: Any, right: Any) -> bool:
    if _is_missing(left) or _is_missing(right):
        return _is_missing(left) and _is_missing(right)
    if isinstance(left, tuple) and isinstance(right, tuple):  # a value of a sparse matrix with its column
        return same(left, right)
    if isinstance(left, int | float) and isinstance(right, int | float):
        return left == right or math.isclose(left, right, rel_tol=values.RTOL, abs_tol=1e-15)
    return type(left) is type(right) and bool(left == right)


def _key(value: Any) -> Any:
    if isinstance(value, tuple):
        return key(value)
    if _is_missing(value):
        return None
    return float(f"{value:.12g}") + 0.0 if isinstance(value, int | float) else value


def _is_missing(value: Any) -> bool:
    return value is None or (isinstance(value, float) and math.isnan(value))


def _dtype(node: Any) -> str:
    match node:
        case ("array" | "extension", str(dtype), *_):
            return dtype
        case (tag, *_):
            return str(tag)
        case _:
            return type(node).__name__


def _matrix(node: Any, side: Side) -> Any:
    if node[0] == "array":
        return values.numbers(node, side).tolist()
    _, _, (height, width), (_, _, parts) = node
    data, columns, starts = (values.numbers(part, side) for part in parts)
    return [
        [(int(columns[k]), data[k].item()) for k in range(starts[row], starts[row + 1])] or [(width, 0)]
        for row in range(height)
    ]


def _column(node: Any, side: Side) -> list[Any] | None:  # noqa: PLR0911 - a case for each kind of node
    """One-dimensional values; dates as their numbers."""
    node = values.opened(node, side)
    match node:
        case ("array", dtype, shape, _) if len(shape) == 1:
            numbers = values.numbers(node, side)
            return list((numbers.view("i8") if np.dtype(dtype).kind in "mM" else numbers).tolist())
        case ("index", _, part) | ("series", _, _, part):
            return _column(part, side)
        case ("objects", (_,), part):
            return _column(part, side)
        case ("extension", _, _, part):
            return _column(part, side)
        case ("categorical", _, categories, codes):
            known, numbers_of = _column(categories, side), _column(codes, side)
            if known is None or numbers_of is None:
                return None
            return [known[code] if code >= 0 else None for code in numbers_of]
        case ("list" | "tuple", _, nodes):
            return [one[2] if isinstance(one, tuple) and one[0] == "scalar" else one for one in nodes]
        case _:
            return None
