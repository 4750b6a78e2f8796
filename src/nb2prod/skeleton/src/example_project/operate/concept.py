"""Concept drift: the same inputs mean something else now, which shows in the errors of the predictions alone.

The errors are watched in the order of the rows by ADWIN (Bifet, Gavaldà 2007, "Learning from time-changing data with
adaptive windowing", as river has it): no window has to be chosen, and no reference either.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Iterable

import numpy as np
from river.drift import ADWIN

DELTA = 0.002
ROWS = 200  # the first errors tell how large an error usually is
_LARGE = 95  # a larger error than so many of 100 counts as one of that size


@dataclass(frozen=True)
class Change:
    """At row `row` (from 0) the mean error was seen to have changed from `before` to `after`."""

    row: int
    before: float
    after: float

    @property
    def worse(self) -> bool:
        """Whether the errors have grown."""
        return self.after > self.before


def changes(errors: Iterable[float], *, delta: float = DELTA) -> tuple[Change, ...]:
    """Where the mean of the errors (each at least 0, one a row, oldest first) changed.

    `delta` bounds the share of streams without any change in which one is seen.
    """
    stream = np.asarray(list(errors), dtype="float64")
    if len(stream) == 0:
        return ()
    scale = float(np.percentile(stream[:ROWS], _LARGE)) or float(stream.max()) or 1.0
    watch = ADWIN(delta=delta)
    found: list[Change] = []
    start = 0
    for row, error in enumerate(np.minimum(stream / scale, 1.0)):
        watch.update(float(error))
        if watch.drift_detected:
            kept = row + 1 - int(watch.width)
            before, after = stream[start:kept].mean(), stream[kept : row + 1].mean()
            found.append(Change(row, float(before), float(after)))
            start = kept
    return tuple(found)
