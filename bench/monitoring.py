# ruff: noqa: INP001, T201 - a program that prints
"""Whether the statistics of an operated project hold: false alarms, false promotions, and what is found how soon.

    python bench/monitoring.py [--months 200] [--seed 0]

Months are simulated; the code is the emitted project's own (`operate/` of the skeleton). Needs scipy and river.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

if TYPE_CHECKING:
    from collections.abc import Callable

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "src" / "nb2prod" / "skeleton" / "src"))

from example_project import profile  # type: ignore[import-not-found]
from example_project.operate import compare, concept, drift  # type: ignore[import-not-found]
from river.drift import ADWIN, KSWIN

_DAYS, _ROWS, _DRIFTS_ON = 30, 300, 12
_FEATURES = [f"number {i}" for i in range(6)] + ["skewed", "count", "kind", "flag"]
_HEALTHY = compare.Health(answers=10_000, failures=0, seconds=0.01, requests=10_000)


def main() -> None:
    """Simulate, and print each figure beside what is asked."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--months", type=int, default=200)
    parser.add_argument("--seed", type=int, default=0)
    given = parser.parse_args()
    months = given.months

    def share(simulated: Callable[[np.random.Generator], bool]) -> str:
        hits = sum(simulated(np.random.default_rng((given.seed, number))) for number in range(months))
        return f"{hits} of {months} ({hits / months:.1%})"

    print(f"a quiet month of {_DAYS} days, {_ROWS} rows a day, {len(_FEATURES)} features, 1,000 rows of training data")
    print("  any alarm of data drift           at most 5%   ", share(_quiet_data))
    print("  any alarm of concept drift        at most 5%   ", share(_quiet_concept))
    print("  any alarm at all                  at most 5%   ", share(lambda r: _quiet_data(r) or _quiet_concept(r)))
    print("one of ten features moves by half a standard deviation")
    print("  found in 1,000 rows               at least 95% ", share(_found))
    print("two equal models, looked at every 100 labelled rows for a month")
    print("  promoted (labels)                 at most 5%   ", share(lambda r: _promoted(r, 0.85, 0.85)))
    print("  promoted (numbers)                at most 5%   ", share(lambda r: _promoted_numbers(r, 1.0)))
    print("a challenger that is right in 3 of 100 more, within 5,000 labelled rows")
    print("  promoted, answers alike           at least 90% ", share(lambda r: _promoted(r, 0.85, 0.88)))
    print("  promoted, answers independent     at least 90% ", share(lambda r: _promoted(r, 0.85, 0.88, alike=0.0)))
    print(f"\ndata drift beside river, half a standard deviation on day {_DRIFTS_ON}, {months} months")
    print("  rate of false alarms before it, share found within two days, median rows until found")
    for name, detect in _DETECTORS.items():
        print(f"  {name:<28}", _race(detect, months, given.seed))


def frame(rows: int, generator: np.random.Generator, shift: float = 0.0) -> pd.DataFrame:
    """Rows of ten features, the first of them moved by `shift` standard deviations."""
    columns: dict[str, Any] = {name: generator.normal(size=rows) for name in _FEATURES[:6]}
    columns[_FEATURES[0]] += shift
    columns["skewed"] = generator.exponential(size=rows)
    columns["count"] = generator.poisson(3, rows)
    columns["kind"] = generator.choice(list("abcd"), rows, p=[0.5, 0.3, 0.15, 0.05])
    columns["flag"] = generator.random(rows) < 0.3  # noqa: PLR2004 - a share
    return pd.DataFrame(columns)


def _alarm(reference: dict[str, Any], rows: pd.DataFrame) -> bool:
    return any(each.alarm for each in drift.drifts(reference, rows))


def _quiet_data(generator: np.random.Generator) -> bool:
    reference = profile.learn(frame(1000, generator))
    return any(_alarm(reference, frame(_ROWS, generator)) for _ in range(_DAYS))


def _quiet_concept(generator: np.random.Generator) -> bool:
    wrong = generator.random(_DAYS * _ROWS) < 0.15  # noqa: PLR2004 - an error rate
    sizes = np.abs(generator.normal(size=_DAYS * _ROWS))
    return any(change.worse for stream in (wrong, sizes) for change in concept.changes(stream))


def _found(generator: np.random.Generator) -> bool:
    return _alarm(profile.learn(frame(1000, generator)), frame(1000, generator, shift=0.5))


def _promoted(generator: np.random.Generator, champion: float, challenger: float, alike: float = 0.5) -> bool:
    """Whether a challenger of that accuracy is promoted; for a share `alike` of the rows both find the same hard."""
    rows = 5000
    hard = generator.random(rows)
    other = np.where(generator.random(rows) < alike, hard, generator.random(rows))
    answers = [(hard > champion).astype(int), (other > challenger).astype(int)]
    return _decided(lambda n: compare.labels(np.zeros(n), answers[0][:n], answers[1][:n]), rows)


def _promoted_numbers(generator: np.random.Generator, smaller: float) -> bool:
    rows = 5000
    shared = generator.normal(size=rows)
    one, two = (shared + 0.5 * generator.standard_t(5, size=rows) for _ in range(2))
    return _decided(lambda n: compare.numbers(np.zeros(n), one[:n], smaller * two[:n]), rows)


def _decided(evidence: Callable[[int], Any], rows: int) -> bool:
    for seen in range(100, rows + 1, 100):
        action = compare.decide(evidence(seen), _HEALTHY, _HEALTHY, compare.Rules()).action
        if action != "wait":
            return bool(action == "promote")
    return False


def _ours(every: int, window: int) -> Callable[[pd.DataFrame, pd.DataFrame], int | None]:
    """The row of the first alarm: checked after every so many rows on the last ones of a window."""

    def first(reference: pd.DataFrame, stream: pd.DataFrame) -> int | None:
        known = profile.learn(reference)
        for end in range(max(every, window), len(stream) + 1, every):
            alpha = drift.ALPHA * every / _ROWS
            if any(each.alarm for each in drift.drifts(known, stream.iloc[end - window : end], alpha=alpha)):
                return end
        return None

    return first


def _river(make: Callable[[], Any]) -> Callable[[pd.DataFrame, pd.DataFrame], int | None]:
    """A detector a feature, which has seen the training data."""

    def first(reference: pd.DataFrame, stream: pd.DataFrame) -> int | None:
        alarms = []
        for name in stream:
            numbers = [_numbers(each[name]) for each in (reference, stream)]
            detector = make()
            for value in numbers[0]:
                detector.update(float(value))
            for row, value in enumerate(numbers[1], 1):
                detector.update(float(value))
                if detector.drift_detected:
                    alarms.append(row)
                    break
        return min(alarms, default=None)

    return first


def _numbers(values: pd.Series) -> np.ndarray:
    """A text as its number in the alphabet."""
    return values.to_numpy("float64") if pd.api.types.is_numeric_dtype(values) else pd.factorize(values, sort=True)[0]


_DETECTORS: dict[str, Callable[[pd.DataFrame, pd.DataFrame], int | None]] = {
    "nb2prod, once a day": _ours(_ROWS, _ROWS),
    "nb2prod, every 25 rows": _ours(25, 100),
    "river ADWIN(delta=0.002)": _river(lambda: ADWIN(delta=0.002)),
    "river ADWIN(delta=0.0001)": _river(lambda: ADWIN(delta=0.0001)),
    "river KSWIN(alpha=0.0001)": _river(lambda: KSWIN(alpha=0.0001, window_size=200, stat_size=60, seed=0)),
}


def _race(detect: Callable[[pd.DataFrame, pd.DataFrame], int | None], months: int, seed: int) -> str:
    early, soon, delays = 0, 0, []
    start = (_DRIFTS_ON - 1) * _ROWS
    for number in range(months):
        generator = np.random.default_rng((seed, number))
        before, after = frame(start, generator), frame(6 * _ROWS, generator, shift=0.5)
        row = detect(frame(1000, generator), pd.concat([before, after], ignore_index=True))
        if row is not None and row <= start:
            early += 1
        elif row is not None:
            delays.append(row - start)
            soon += row - start <= 2 * _ROWS
    right = months - early
    return f"{early / months:6.1%} {soon / max(right, 1):7.1%} {np.median(delays) if delays else float('nan'):7.0f}"


if __name__ == "__main__":
    main()
