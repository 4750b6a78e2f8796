"""Data drift: how new rows differ from the reference profile. Pure functions of a profile and a frame.

A column is alarmed only where its difference is both certain (its p-value, corrected for the number of columns, is
below `alpha`) and large enough to matter (`LARGE`, `MISSING`): with many rows every difference is certain, with few
rows large ones come by chance. Each check raises a false alarm with a probability of at most `alpha`.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Any, Iterable, Mapping, Sequence

import numpy as np
import pandas as pd
from scipy import stats

from example_project import profile as profiles

ALPHA = 0.001  # a check a day for a month: at most 3 false alarms in 100 months
LARGE = 0.1  # the share of rows that would have to change for both distributions to be the same
MISSING = 0.05  # a change in the share of missing values
ROWS = 50  # fewer are not judged
_EXPECTED = 5  # values expected more rarely than this are counted together (Cochran's rule)


@dataclass(frozen=True)
class Drift:
    """One column of new rows beside the reference.

    `distance` is between 0 and 1: Kolmogorov-Smirnov's for numbers, total variation for texts and flags; `psi` is the
    population stability index over the same bins; `wasserstein` the mean move in standard deviations of the reference
    (numbers only); `unseen` the share of values outside the range of training, or of texts that training did not have;
    `missing` and `missing_before` are shares. `p_value` is corrected for the number of columns (Holm).
    """

    column: Any
    kind: str
    rows: int
    distance: float = 0.0
    p_value: float = 1.0
    psi: float = 0.0
    wasserstein: float | None = None
    unseen: float = 0.0
    missing: float = 0.0
    missing_before: float = 0.0
    alarm: bool = False
    why: str = ""


@dataclass(frozen=True)
class _Test:
    """Counts of new rows beside those of the reference, and what they say."""

    distance: float
    p_value: float
    psi: float
    wasserstein: float | None = None
    unseen: float = 0.0


_NOTHING = _Test(0.0, 1.0, 0.0)


def drifts(profile: Mapping[str, Any], frame: pd.DataFrame, *, alpha: float = ALPHA) -> tuple[Drift, ...]:
    """Compare each column that both have; in the profile's order."""
    known = [about for about in profile["columns"] if name_of(about) in frame.columns]
    found = [(about, *_compared(about, frame[name_of(about)])) for about in known]
    chances = holm([value for _, test, missing in found for value in (test.p_value, missing)])
    return tuple(
        _judged(about, frame[name_of(about)], replace(test, p_value=value), missing, alpha)
        for (about, test, _), value, missing in zip(found, chances[::2], chances[1::2])
    )


def holm(p_values: Sequence[float]) -> list[float]:
    """The p-values corrected for their number (Holm 1979), in the same order."""
    order = np.argsort(p_values, kind="stable")
    corrected = np.empty(len(p_values))
    largest = 0.0
    for rank, place in enumerate(order):
        largest = max(largest, min(1.0, (len(p_values) - rank) * p_values[place]))
        corrected[place] = largest
    return corrected.tolist()


def _compared(about: Mapping[str, Any], values: pd.Series) -> tuple[_Test, float]:
    """The test of the values that are there, and the p-value of how many are missing."""
    absent = int(values.isna().sum())
    before = about["missing"]
    missing = _same_shares([before, about["count"] - before], [absent, len(values) - absent])
    present = values.dropna()
    if len(present) == 0 or about["kind"] in {"empty", "times"}:  # time goes on by itself
        return _NOTHING, missing
    if about["kind"] == "numbers":
        numbers = pd.to_numeric(present, errors="coerce").to_numpy("float64")
        return _numbers(about, numbers[np.isfinite(numbers)]), missing
    if about["values"]:
        return _values(about, present), missing
    lengths = present.map(lambda value: len(str(value))).to_numpy("float64")
    return _numbers(about["length"], lengths), missing


def _numbers(about: Mapping[str, Any], numbers: np.ndarray) -> _Test:
    """Kolmogorov-Smirnov's test over the profile's bins (conservative, as they are fewer than the values), or Welch's.

    Welch's t-test sees a move of the mean in far fewer rows, Kolmogorov-Smirnov's every other change.
    """
    if "edges" not in about or len(numbers) == 0:
        return _NOTHING
    cuts, before = np.asarray(about["edges"]), np.array([0, *about["counts"], 0])
    places = np.searchsorted(cuts, numbers, side="right") + (numbers > cuts[-1])  # below and above all: a bin each
    now = np.bincount(places, minlength=len(before))
    gaps = np.abs(np.cumsum(before) / before.sum() - np.cumsum(now) / now.sum())
    distance = float(gaps.max())
    pairs = before.sum() * now.sum() / (before.sum() + now.sum())
    return _Test(
        distance,
        min(1.0, 2 * min(float(stats.kstwobign.sf(math.sqrt(pairs) * distance)), _mean_moved(about, numbers))),
        _psi(before, now),
        float((gaps[1:-2] * np.diff(cuts)).sum() / about["std"]) if about["std"] else None,
        float(((numbers < cuts[0]) | (numbers > cuts[-1])).mean()),
    )


def _mean_moved(about: Mapping[str, Any], numbers: np.ndarray) -> float:
    """The p-value of Welch's t-test of the means."""
    spread = float(numbers.std(ddof=1)) if len(numbers) > 1 else 0.0
    if spread == 0 or about["std"] == 0:
        return 1.0
    before = (about["mean"], about["std"], sum(about["counts"]))
    return float(stats.ttest_ind_from_stats(*before, numbers.mean(), spread, len(numbers), equal_var=False)[1])


def _values(about: Mapping[str, Any], present: pd.Series) -> _Test:
    """χ² over the values that were frequent, all others together."""
    known = [value for value, _ in about["values"]]
    before = np.array([*(count for _, count in about["values"]), about["others"]])
    plain = present.astype(object).value_counts()
    now = np.array([int(plain.get(value, 0)) for value in known])
    others = int(plain.sum() - now.sum())
    now = np.array([*now, others])
    distance = float(np.abs(before / before.sum() - now / now.sum()).sum() / 2)
    unseen = others / now.sum() if about["others"] == 0 else 0.0
    return _Test(distance, _same_shares(before, now), _psi(before, now), None, float(unseen))


def _same_shares(before: Iterable[int], now: Iterable[int]) -> float:
    """The p-value of both having the same shares; rare ones are counted together, and two by two exactly."""
    table = np.array([list(before), list(now)], dtype="int64")
    table = table[:, table.sum(axis=0) > 0]
    if table.shape[1] < 2 or (table.sum(axis=1) == 0).any():
        return 1.0
    expected = table.sum(axis=0) * table.sum(axis=1).min() / table.sum()
    rare = expected < _EXPECTED
    if rare.sum() > 1:
        table = np.column_stack([table[:, ~rare], table[:, rare].sum(axis=1)])
    if table.shape[1] == 1:
        return 1.0
    if table.shape[1] == 2:
        return float(stats.fisher_exact(table)[1])
    return float(stats.chi2_contingency(table)[1])


def _psi(before: np.ndarray, now: np.ndarray) -> float:
    """The population stability index; half a row in each bin keeps empty ones finite."""
    old = (before + 0.5) / (before.sum() + 0.5 * len(before))
    new = (now + 0.5) / (now.sum() + 0.5 * len(now))
    return float(((new - old) * np.log(new / old)).sum())


def _judged(about: Mapping[str, Any], values: pd.Series, test: _Test, missing_chance: float, alpha: float) -> Drift:
    """Both p-values are corrected here."""
    rows = len(values)
    missing = float(values.isna().mean()) if rows else 0.0
    before = about["missing"] / about["count"] if about["count"] else 0.0
    moved = test.p_value < alpha and test.distance >= LARGE
    lost = missing_chance < alpha and abs(missing - before) >= MISSING
    reasons = [
        f"its values differ by {test.distance:.0%}" if moved else "",
        f"{missing:.0%} are missing, {before:.0%} were" if lost else "",
    ]
    enough = rows >= ROWS
    return Drift(
        column=name_of(about),
        kind=about["kind"],
        rows=rows,
        distance=test.distance,
        p_value=min(test.p_value, missing_chance),
        psi=test.psi,
        wasserstein=test.wasserstein,
        unseen=test.unseen,
        missing=missing,
        missing_before=before,
        alarm=enough and (moved or lost),
        why="; ".join(filter(None, reasons)) if enough else f"{rows} rows are too few to tell",
    )


def name_of(about: Mapping[str, Any]) -> Any:
    """The label of a column of a profile."""
    name = about["name"]
    return tuple(name) if isinstance(name, list) else name


def describe(values: pd.Series, name: str) -> dict[str, Any]:
    """A column that is no raw one, such as the prediction, as a profile that `drifts` takes."""
    return {"rows": len(values), "columns": [{"name": name, **profiles.column(values)}]}
