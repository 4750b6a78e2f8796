"""A model version as the service uses it: what may be sent, the thread that predicts, an example that was predicted."""

from __future__ import annotations

import asyncio
import hashlib
import json
from dataclasses import replace
from pathlib import Path
from typing import Any, Callable

import pandas as pd

from example_project import models
from example_project.predict import answers
from example_project.schema import Column
from example_project.serving import arrays, example, gate, trees, worker
from example_project.serving.contract import Contract, Field, Rows

LONG = 100_000  # bytes that are checked beside the event loop, so that others are answered meanwhile


class Model:
    """One loaded version; whoever is champion later changes nothing in it."""

    def __init__(
        self, version: str | None, *, most_rows: int, most_waiting: int, seen: Callable[[int, float], None]
    ) -> None:
        stored = models.load(version)  # checked against its manifest before anything is unpickled, or refused
        stored = replace(stored, model=trees.leaner(stored.model))
        folder = Path("models") / stored.version
        self.version, self.manifest = stored.version, models.manifest(folder)
        self.sha256 = hashlib.sha256((folder / "manifest.json").read_bytes()).hexdigest()
        self.contract = Contract(stored.schema, most_rows)
        example.check(stored, self.contract, self.manifest.get("example") or {})
        self.example: dict[str, Any] | None = None
        self.warm = False
        self.worker = worker.Worker(
            _answers_of(stored),
            self.contract,
            most_waiting=most_waiting,
            seen=seen,
            arrays=arrays.ready(stored, self.contract, folder),
        )

    async def start(self) -> None:
        """Predict the example before the first request: what is slow once is slow now."""
        self.worker.start()
        row = self.contract.example()
        try:
            await self.worker.predict(self.contract.rows(json.dumps({"row": row}).encode()))
            self.example = row
        except Exception as error:  # noqa: BLE001 - the model may know no such row; others it does
            gate.log("no example", because=gate.place(error))
        self.warm = True

    def takes_the_same_as(self, other: Model) -> bool:
        """Whether rows that were checked for another model are as this one needs them."""
        return [_form(field) for field in self.contract.fields] == [_form(field) for field in other.contract.fields]

    async def rows(self, body: bytes) -> Rows:
        """The checked rows of a body; raises Unusable."""
        if len(body) <= LONG:
            return self.contract.rows(body)
        return await asyncio.get_running_loop().run_in_executor(None, self.contract.rows, body)


def _form(field: Field) -> tuple[str, Column]:
    """A field without what training saw in it, which is no limit."""
    return field.key, replace(field.column, seen=None)


def _answers_of(stored: models.Stored) -> worker.Answers:
    def of_this_version(frame: pd.DataFrame) -> pd.DataFrame:
        with models.using(stored):
            return answers(frame)

    return of_this_version
