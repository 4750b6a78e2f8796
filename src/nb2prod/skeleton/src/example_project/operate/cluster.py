"""The same prediction on a Dask cluster: chunks go out, answers come back in order, few are on their way at once."""

from __future__ import annotations

from collections import deque
from importlib import import_module
from typing import Any, Callable, Iterable, Iterator

import pandas as pd

from example_project import models
from example_project.errors import ProjectError
from example_project.models import Stored

Function = Callable[..., pd.DataFrame]
WORKERS = 2  # of a cluster on this machine
AHEAD = 2  # chunks for each worker that wait or are worked on


def mapped(function: Function, chunks: Iterable[tuple[Any, ...]], address: str | None = None) -> Iterator[pd.DataFrame]:
    """What the function gives for each chunk, in their order; the model goes to the workers once.

    The workers need the project's package and its requirements, but no files of it.
    """
    try:
        distributed = import_module("distributed")
    except ModuleNotFoundError:
        raise ProjectError("--engine dask needs Dask: pip install 'distributed>=2023.5'") from None
    local = {} if address else {"n_workers": WORKERS, "threads_per_worker": 1, "dashboard_address": None}
    try:
        client = distributed.Client(address, **local)
    except (OSError, TimeoutError) as error:
        raise ProjectError(f"there is no Dask scheduler at {address}: {error}") from error
    with client:
        lacking = [worker for worker, has in client.run(_has_package).items() if not has]
        if lacking or not client.scheduler_info()["workers"]:
            raise ProjectError(f"install the project on the workers: {', '.join(lacking) or 'there are none'}")
        stored = client.scatter(models.load(), broadcast=True)
        most = AHEAD * len(client.scheduler_info()["workers"])
        waiting: deque[Any] = deque()
        for chunk in chunks:
            waiting.append(client.submit(_with_model, function, stored, chunk, pure=False))
            if len(waiting) >= most:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()


def _with_model(function: Function, stored: Stored, chunk: tuple[Any, ...]) -> pd.DataFrame:
    with models.using(stored):
        return function(*chunk)


def _has_package() -> bool:
    try:
        import_module("example_project.predict")
    except ImportError:
        return False
    return True
