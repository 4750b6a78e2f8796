"""The same work on many things by several processes; what a process that dies was at is left undone."""

from __future__ import annotations

import gc
import io
import os
import pickle
import select
import sys
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

_Given = TypeVar("_Given")
_Done = TypeVar("_Done")

_NUMBER = 4
"""Bytes of a number in the pipe of what is to do, which holds 64 KB before anybody reads."""

MOST = 65536 // _NUMBER
"""So many things at most."""

_GARBAGE = 200_000
"""So many objects, some ten megabytes, may be left over before it is looked which of them are garbage."""


def each_done(
    work: Callable[[_Given], _Done], given: Sequence[_Given], jobs: int, prepare: Callable[[], None]
) -> Iterator[tuple[int, _Done]]:
    """Yield the number and the outcome of each thing as it is done, in no order; those that were lost are left out.

    `prepare` is done first in each process. A forked process has what is imported here; where forking is not safe,
    all of it must be picklable.
    """
    return _forked(work, given, jobs, prepare) if sys.platform == "linux" else _pooled(work, given, jobs, prepare)


def _forked(
    work: Callable[[_Given], _Done], given: Sequence[_Given], jobs: int, prepare: Callable[[], None]
) -> Iterator[tuple[int, _Done]]:
    """Fork processes that take numbers from one pipe and write outcomes to one of their own.

    `multiprocessing` does the same, but takes as long to import as to check several notebooks.
    """
    todo, fill = os.pipe()
    os.write(fill, b"".join(number.to_bytes(_NUMBER, "little") for number in range(len(given))))
    os.close(fill)
    gc.freeze()  # or each process would look through all of it again
    processes, said = [], {}
    for _ in range(jobs):
        reading, writing = os.pipe()
        process = os.fork()
        if not process:
            _work(work, given, prepare, todo, writing)
        os.close(writing)
        processes.append(process)
        said[reading] = io.BytesIO()
    os.close(todo)
    gc.unfreeze()
    is_open = set(said)
    while is_open:
        for one in select.select(is_open, [], [])[0]:
            part = os.read(one, 1 << 16)
            said[one].write(part)
            if not part:
                os.close(one)
                is_open.remove(one)
    for process in processes:
        os.waitpid(process, 0)
    for outcomes in said.values():
        outcomes.seek(0)
        yield from _unpickled(outcomes)


def _work(
    work: Callable[[_Given], object], given: Sequence[_Given], prepare: Callable[[], None], todo: int, writing: int
) -> None:
    """Do what is to do, and exit at once: buffers and finalizers are the parent's."""
    code = 1
    try:
        gc.disable()  # trees have no cycles, and looking for some doubles the time
        prepare()
        with open(writing, "wb") as out:
            while number := os.read(todo, _NUMBER):  # no other process gets a part of it
                at = int.from_bytes(number, "little")
                pickle.dump((at, work(given[at])), out, pickle.HIGHEST_PROTOCOL)
                out.flush()
                if gc.get_count()[0] > _GARBAGE:
                    gc.collect()
        code = 0
    finally:
        os._exit(code)


def _unpickled(outcomes: io.BytesIO) -> Iterator[Any]:
    try:
        while True:
            yield pickle.load(outcomes)  # noqa: S301 - our own processes wrote it
    except (EOFError, pickle.UnpicklingError):  # the end, or where it died
        return


def _pooled(
    work: Callable[[_Given], _Done], given: Sequence[_Given], jobs: int, prepare: Callable[[], None]
) -> Iterator[tuple[int, _Done]]:
    from concurrent.futures import ProcessPoolExecutor  # noqa: PLC0415 - where it is needed
    from concurrent.futures.process import BrokenProcessPool  # noqa: PLC0415 - as above

    with ProcessPoolExecutor(jobs, initializer=prepare) as pool:
        futures = [pool.submit(work, each) for each in given]
        for number, future in enumerate(futures):
            try:
                yield number, future.result()
            except BrokenProcessPool:  # noqa: PERF203 - each may be lost
                continue
