"""What training saw in a column: its range, its few values and an example. It documents; nothing is refused for it."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, Mapping

import numpy as np
import pandas as pd

FEW = 20  # so many different texts are listed at most
_WORD = "text"


@dataclass(frozen=True)
class Seen:
    """`values` are listed where they are few and each occurs more than once; dates are text."""

    minimum: Any = None
    maximum: Any = None
    values: tuple[Any, ...] = ()
    example: Any = None


def learn(values: pd.Series) -> Seen:
    """Look at a column of the training data."""
    present = values.dropna()
    dtype = present.dtype
    if len(present) == 0:
        return Seen()
    if pd.api.types.is_bool_dtype(dtype):
        return Seen(values=(False, True), example=bool(present.mode().iloc[0]))
    if pd.api.types.is_datetime64_any_dtype(dtype):
        return _range(present, lambda value: str(value.isoformat()))
    if pd.api.types.is_numeric_dtype(dtype) and not pd.api.types.is_complex_dtype(dtype):
        return _range(present[np.isfinite(present.to_numpy("float64"))], _number)
    return _texts(present)


def from_json(data: Mapping[str, Any] | None) -> Seen | None:
    """What `dataclasses.asdict` and JSON made of it."""
    return None if data is None else Seen(**{**data, "values": tuple(data["values"])})


def _range(present: pd.Series, plain: Any) -> Seen:
    """The example is the value in the middle: nobody's extreme."""
    if len(present) == 0:
        return Seen()
    ordered = present.sort_values()
    return Seen(plain(ordered.iloc[0]), plain(ordered.iloc[-1]), (), plain(ordered.iloc[(len(ordered) - 1) // 2]))


def _number(value: Any) -> int | float:
    plain = value.item() if isinstance(value, np.generic) else value
    return plain if isinstance(plain, int) else float(plain)


def _texts(present: pd.Series) -> Seen:
    """The most frequent text; one that occurs once and has letters may be somebody's name, so a word stands for it."""
    try:
        counts = present.astype(object).value_counts()
    except TypeError:  # lists and the like
        return Seen()
    plain = [value.item() if isinstance(value, np.generic) else value for value in counts.index]
    common = plain[0]
    if not isinstance(common, (str, int, float, bool)) or (isinstance(common, float) and not math.isfinite(common)):
        return Seen()
    hidden = isinstance(common, str) and counts.iloc[0] == 1 and any(letter.isalpha() for letter in common)
    few = len(plain) <= FEW and counts.iloc[-1] > 1 and all(isinstance(value, str) for value in plain)
    return Seen(values=tuple(sorted(plain)) if few else (), example=_WORD if hidden else common)
