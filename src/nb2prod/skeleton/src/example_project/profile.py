"""The reference profile: what the training data looked like, column by column, to compare later data with.

It has counts, quantiles and frequent values, and never a row: a value is listed only if it occurs often enough.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from example_project.origin import fingerprint

BINS = 20
MANY = 50  # values of one column listed at most
OFTEN = 5  # a value that occurs more rarely may be somebody's, and is counted with the others
FORMAT = 1
PROOF = 2000  # rows to hold faster ways of predicting against, before they are used
_UNITS = {"s": 1, "ms": 1e3, "us": 1e6, "ns": 1e9}


@dataclass(frozen=True)
class Reference:
    """What is kept of the training data: its profile and fingerprint with the model, some rows only while it trains."""

    profile: dict[str, Any]
    fingerprint: dict[str, Any]
    rows: pd.DataFrame


def reference(frame: pd.DataFrame) -> Reference:
    """Look at the raw training data before anything changes it."""
    places = np.unique(np.linspace(0, max(len(frame) - 1, 0), min(len(frame), PROOF)).astype(int))
    return Reference(learn(frame), fingerprint(frame), frame.iloc[places].copy())


def learn(frame: pd.DataFrame) -> dict[str, Any]:
    """Describe each column; `profile["columns"]` is in the frame's order."""
    return {
        "format": FORMAT,
        "rows": len(frame),
        "columns": [{"name": _label(name), **column(values)} for name, values in frame.items()],
    }


def column(values: pd.Series) -> dict[str, Any]:
    """Describe one column as numbers, times, flags or texts; `missing` counts what is absent."""
    present = values.dropna()
    about = {"dtype": str(values.dtype), "count": len(values), "missing": int(values.isna().sum())}
    if len(present) == 0:
        return {**about, "kind": "empty"}
    dtype = present.dtype
    if pd.api.types.is_bool_dtype(dtype):
        return {**about, "kind": "flags", **_frequent(present.astype(object), rare=0)}
    if pd.api.types.is_datetime64_any_dtype(dtype):
        times = pd.DatetimeIndex(present)
        return {**about, "kind": "times", **_numbers(times.asi8 / _UNITS[getattr(times, "unit", "ns")])}
    if pd.api.types.is_numeric_dtype(dtype) and not pd.api.types.is_complex_dtype(dtype):
        return {**about, "kind": "numbers", **_numbers(present.to_numpy("float64"))}
    return {**about, "kind": "texts", **_texts(present)}


def dumps(profile: dict[str, Any]) -> str:
    """The profile as JSON, a column a line."""
    lines = ",\n".join(f"  {json.dumps(each, ensure_ascii=False)}" for each in profile["columns"])
    return f'{{"format": {profile["format"]}, "rows": {profile["rows"]}, "columns": [\n{lines}\n]}}\n'


def edges(numbers: np.ndarray) -> np.ndarray:
    """Edges of bins that hold about the same number of values each; a value that is frequent has a bin of its own."""
    return np.unique(np.quantile(numbers, np.linspace(0, 1, BINS + 1)))


def _numbers(numbers: np.ndarray) -> dict[str, Any]:
    """Moments and a histogram; infinite values are only counted. A value on an edge counts to the right of it."""
    finite = numbers[np.isfinite(numbers)]
    if len(finite) == 0:
        return {"infinite": len(numbers)}
    cuts = edges(finite)
    counts = np.bincount(np.clip(np.searchsorted(cuts, finite, side="right") - 1, 0, None), minlength=len(cuts))
    return {
        "infinite": len(numbers) - len(finite),
        "mean": float(finite.mean()),
        "std": float(finite.std()),
        "unique": len(np.unique(finite)),
        "edges": cuts.tolist(),
        "counts": counts.tolist(),
    }


def _texts(present: pd.Series) -> dict[str, Any]:
    texts = present.astype(object).map(
        lambda value: value if isinstance(value, (str, int, float)) else repr(type(value))
    )
    lengths = texts.map(lambda value: len(str(value))).to_numpy("float64")
    return {**_frequent(texts, rare=OFTEN), "length": _numbers(lengths)}


def _frequent(values: pd.Series, *, rare: int) -> dict[str, Any]:
    """How often each frequent value occurs, and how many values there are besides."""
    counts = values.value_counts()
    listed = counts[counts >= rare].head(MANY)
    return {
        "unique": len(counts),
        "values": [[_label(value), int(count)] for value, count in listed.items()],
        "others": int(counts.sum() - listed.sum()),
    }


def _label(value: Any) -> Any:
    if isinstance(value, tuple):
        return [_label(part) for part in value]
    plain = value.item() if isinstance(value, np.generic) else value
    return plain if isinstance(plain, (str, int, float, bool)) or plain is None else str(plain)
