"""One thread predicts: requests that arrive together are predicted together, and the queue before it has an end.

A frame of one row costs nearly what a frame of a hundred costs, so a busy service needs far less time for each request.
"""

from __future__ import annotations

import asyncio
import contextlib
import math
import sys
import threading
import time
from dataclasses import dataclass
from queue import Empty, SimpleQueue
from typing import Any, Callable, Iterator, Sequence

import numpy as np
import pandas as pd

from example_project.errors import DataError
from example_project.serving.contract import Contract, Problem, Rows, Unusable

ROWS_AT_ONCE = 256
_OF_THE_ROWS = (ArithmeticError, AttributeError, LookupError, TypeError, ValueError)
Answers = Callable[[pd.DataFrame], pd.DataFrame]
Arrays = Callable[[Sequence[Rows]], "list[dict[str, Any]]"]


class NeedsFrame(Exception):
    """Why rows have to become a frame: these, or those of this model at all."""


class Overloaded(Exception):
    """So many requests wait already that this one is turned away at once."""


@dataclass(frozen=True)
class Waiting:
    """A request in the queue, and where its answers go."""

    rows: Rows
    future: asyncio.Future[list[dict[str, Any]]]


Outcome = Any  # a list of answers, or the exception that says why there are none


class Worker:
    """Predicts for the event loop it was started in."""

    def __init__(
        self,
        answers: Answers,
        contract: Contract,
        *,
        most_waiting: int,
        seen: Callable[[int, float], None],
        arrays: Arrays | None = None,
    ) -> None:
        self._arrays = arrays
        self._answers, self._contract, self._seen = answers, contract, seen
        self._most_waiting = most_waiting
        self._queue: SimpleQueue[list[Waiting] | None] = SimpleQueue()
        self._arrived: list[Waiting] = []
        self._thread = threading.Thread(target=self._run, name="worker", daemon=True)
        self.waiting = 0

    def start(self) -> None:
        """Begin to predict; call it in the event loop."""
        # The event loop waits so long for a thread that computes in Python, and that after each read and each write.
        sys.setswitchinterval(0.0001)
        self._loop = asyncio.get_running_loop()
        self._thread.start()

    async def stop(self) -> None:
        """Finish what waits."""
        self._hand_over()
        self._queue.put(None)
        await self._loop.run_in_executor(None, self._thread.join)

    def leave(self) -> None:
        """End once nothing waits any more; nobody waits for that."""
        self._queue.put(None)

    @property
    def alive(self) -> bool:
        """Whether somebody predicts."""
        return self._thread.is_alive()

    async def predict(self, rows: Rows) -> list[dict[str, Any]]:
        """One answer for each row, in order; raises Overloaded, Unusable, or what the model raised."""
        if self.waiting >= self._most_waiting:
            raise Overloaded
        if not rows.count:
            return []
        future: asyncio.Future[list[dict[str, Any]]] = self._loop.create_future()
        if not self._arrived:  # what else this turn of the loop reads goes along
            self._loop.call_soon(self._hand_over)
        self._arrived.append(Waiting(rows, future))
        self.waiting += 1
        try:
            return await future
        finally:
            self.waiting -= 1

    def _hand_over(self) -> None:
        if self._arrived:
            self._queue.put(self._arrived)
            self._arrived = []

    def _run(self) -> None:
        more: list[Waiting] | None = self._queue.get()
        while more is not None:
            group = list(more)
            more = self._drain(group)
            for batch in batches(group):
                done = [(each.future, outcome) for each, outcome in zip(batch, self._outcomes(batch))]
                with contextlib.suppress(RuntimeError):  # the service has ended meanwhile
                    self._loop.call_soon_threadsafe(_deliver, done)
            if more is _NOTHING:
                more = self._queue.get()

    def _drain(self, group: list[Waiting]) -> list[Waiting] | None:
        """Take whatever has arrived meanwhile; None when the end was among it."""
        try:
            while True:
                more = self._queue.get_nowait()
                if more is None:
                    return None
                group += more
        except Empty:
            return _NOTHING

    def _outcomes(self, batch: Sequence[Waiting]) -> list[Outcome]:
        """What each request gets; where predicting them together fails, each is tried alone."""
        started = time.perf_counter()
        try:
            made = self._predicted([each.rows for each in batch])
        except Exception as error:  # noqa: BLE001 - it is the answer
            if len(batch) == 1:
                return [as_told(error)]
            return [outcome for each in batch for outcome in self._outcomes([each])]
        self._seen(len(made), time.perf_counter() - started)
        ends = np.cumsum([each.rows.count for each in batch]).tolist()
        return [made[end - each.rows.count : end] for each, end in zip(batch, ends)]

    def _predicted(self, batch: Sequence[Rows]) -> list[dict[str, Any]]:
        """One answer for each row, without a frame where the model allows that."""
        if self._arrays is not None:
            with contextlib.suppress(NeedsFrame):
                return self._arrays(batch)
        return plain(self._answers(self._contract.frame(batch)))


_NOTHING: list[Waiting] = []


def _deliver(done: Sequence[tuple[asyncio.Future[Any], Outcome]]) -> None:
    for future, outcome in done:
        if future.done():  # nobody waits for it any more
            continue
        if isinstance(outcome, Exception):
            future.set_exception(outcome)
        else:
            future.set_result(outcome)


def batches(group: Sequence[Waiting]) -> Iterator[list[Waiting]]:
    """What is predicted together: not too many rows, and no row that would change another's dtypes."""
    batch: list[Waiting] = []
    rows = 0
    for each in group:
        if each.rows.alone or each.rows.count >= ROWS_AT_ONCE:
            yield [each]
            continue
        if rows + each.rows.count > ROWS_AT_ONCE:
            yield batch
            batch, rows = [], 0
        batch.append(each)
        rows += each.rows.count
    if batch:
        yield batch


def as_told(error: Exception) -> Exception:
    """An error as the caller gets it: what the rows are to blame for is Unusable.

    The model has predicted an example when the service started, so an error of its code is about these rows.
    """
    if isinstance(error, DataError):
        told = Unusable(Problem(str(error), error.row, error.column))
    elif isinstance(error, _OF_THE_ROWS):
        told = Unusable(Problem(f"the model cannot predict these rows: {type(error).__name__}: {error}"[:500]))
    else:
        return error
    told.__cause__ = error
    return told


def plain(table: pd.DataFrame) -> list[dict[str, Any]]:
    """The answers as JSON has them, to the last digit; what is missing is null."""
    columns = [[_plain(value) for value in table[name].tolist()] for name in table.columns]
    names = [str(name) for name in table.columns]
    return [dict(zip(names, values)) for values in zip(*columns)]


def _plain(value: Any) -> Any:
    if isinstance(value, float):
        return value if math.isfinite(value) else None if math.isnan(value) else str(value)
    if value is None or isinstance(value, (str, bool, int)):
        return value
    if isinstance(value, np.generic):
        return _plain(value.item())
    if isinstance(value, (list, tuple, np.ndarray)):
        return [_plain(each) for each in value]
    return None if value is pd.NaT or value is pd.NA else str(value)
