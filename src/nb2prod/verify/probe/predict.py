# ruff: noqa: ANN401, PTH119, PTH123 - values are anything; os.path is enough here
"""`python -m nb2prod_probe.predict PACKAGE`: asks the trained project for predictions in every way that must agree."""

from __future__ import annotations

import importlib
import json
import os
import sys
import tempfile
import traceback
from pathlib import Path
from typing import Any, Callable  # noqa: UP035 - Python 3.7

from .record import SEED, Recorder

THROUGH_CSV = 5  # rows


class Asking:
    """The project's own functions, and the rows to ask for."""

    def __init__(self, plan: dict[str, Any], package: str) -> None:
        """`plan`: folder, raw (a path), entry {module, input, answers}, labels of the rows or None, target, sample."""
        self.plan = plan
        self.recorder = Recorder(plan["folder"], package)
        self.commands = importlib.import_module(f"{package}.__main__")
        module = importlib.import_module(f"{package}.{plan['entry']['module']}")
        self.model_input: Callable[[Any], Any] = getattr(module, plan["entry"]["input"])
        self.answers: Callable[[Any], Any] = getattr(module, plan["entry"]["answers"])
        self.package = package
        self.raw = self.load()
        if not plan["raw"] and not self.raw.equals(self.load()):
            self.recorder.event("drawn")
        self.positions = self.find(plan["labels"])

    def load(self) -> Any:
        """Read the raw rows; those of no file are made by the project's own code, and may be drawn."""
        if self.plan["raw"]:
            return self.commands.read(Path(self.plan["raw"]))
        if self.plan["reseed"]:
            self.recorder.reseed()
        return importlib.import_module(f"{self.package}.data").load()

    def find(self, labels: list[Any] | None) -> list[int] | None:
        """Where the notebook's rows are in the raw data; None when that cannot be told from the index."""
        if labels is None or not self.raw.index.is_unique:
            return None
        found = self.raw.index.get_indexer(labels)
        return None if (found < 0).any() else [int(one) for one in found]

    def keep(self, name: str, make: Callable[[], Any]) -> Any:
        """Record what this gives, or how it fails."""
        try:
            value = make()
        except Exception as error:  # noqa: BLE001 - whatever the project raises is the result
            line = traceback.extract_tb(error.__traceback__)[-1]
            where = f"{os.path.basename(line.filename)}, line {line.lineno}"
            self.recorder.event("failed", name=name, error=f"{type(error).__name__}: {error} ({where})"[:1000])
            return None
        self.recorder.value("predict", 0, name, value)
        return value

    def batch(self) -> None:
        """All raw rows at once, and of these the notebook's."""
        before = self.raw.copy()
        rows = self.keep("all input", lambda: self.model_input(self.raw))
        answers = self.keep("all answers", lambda: self.answers(self.raw))
        self.recorder.event(
            "rows", total=len(self.raw), found=self.positions is not None, unchanged=self.raw.equals(before)
        )
        if self.positions is not None and rows is not None:
            self.keep("input", lambda: self.take(rows, self.positions))
        if self.positions is not None and answers is not None:
            self.keep("answers", lambda: answers.iloc[self.positions])
        if rows is not None and answers is not None:
            self.one_by_one(rows, answers)

    def one_by_one(self, rows: Any, answers: Any) -> None:
        """Ask for a sample of rows, each alone, also through a CSV file of one row."""
        among = self.positions if self.positions is not None else list(range(len(self.raw)))
        step = max(1, -(-len(among) // self.plan["sample"]))
        sample = sorted({*among[::step], *among[-1:]})
        self.recorder.event("sample", rows=len(sample))
        self.keep("sample input", lambda: self.take(rows, sample))
        self.keep("sample answers", lambda: answers.iloc[sample])
        alone = [self.raw.iloc[[one]] for one in sample]
        self.keep("input row by row", lambda: stacked([self.model_input(one) for one in alone]))
        self.keep("answers row by row", lambda: stacked([self.answers(one) for one in alone]))
        if str(self.plan["raw"] or "").lower().endswith(".csv") and self.raw.index.equals(
            type(self.raw.index)(range(len(self.raw)))
        ):
            few = sample[:THROUGH_CSV]
            self.keep("few answers", lambda: answers.iloc[few])
            self.keep("answers through csv", lambda: stacked([self.answers(self.through_csv(one)) for one in few]))

    def through_csv(self, position: int) -> Any:
        """One raw row as the project reads it from a file of its own: the header and the line as they stand."""
        records = list(lines_of(Path(self.plan["raw"]).read_bytes()))
        if len(records) != len(self.raw) + 1:
            return self.raw.iloc[[position]]
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder, "row.csv")
            path.write_bytes(records[0] + records[position + 1])
            return self.commands.read(path)

    def take(self, rows: Any, positions: list[int] | None) -> Any:
        """Take some rows of a model input, whatever it is made of; where rows were left out, by their numbers."""
        if rows.shape[0] == len(self.raw):
            return rows.iloc[positions] if hasattr(rows, "iloc") else rows[positions]
        if not hasattr(rows, "index"):
            message = f"the model input has {rows.shape[0]} rows for {len(self.raw)} raw rows"
            raise ValueError(message)
        labels = positions if rows.index.isin(range(len(self.raw))).all() else self.raw.index[positions]
        return rows.loc[labels]

    def variations(self) -> None:
        """Whatever must not matter."""
        target = [one for one in self.plan["target"] if one in self.raw.columns]
        shuffled = self.raw.sample(frac=1, random_state=SEED)
        if target:
            self.keep("target absent", lambda: self.answers(self.raw.drop(columns=target)))
            altered = {one: shuffled[one].to_numpy() for one in target}
            self.keep("target altered", lambda: self.answers(self.raw.assign(**altered)))
        self.keep("columns reversed", lambda: self.answers(self.raw[self.raw.columns[::-1]]))
        self.keep("a column more", lambda: self.answers(self.raw.assign(nb2prod_extra=1)))
        same = self.raw.set_axis([0] * len(self.raw), axis=0)
        self.keep("index repeated", lambda: self.answers(same))
        self.keep(
            "rows shuffled",
            lambda: self.answers(shuffled).loc[self.raw.index] if self.raw.index.is_unique else self.answers(self.raw),
        )


def stacked(parts: list[Any]) -> Any:
    """Rows below each other, in the kind they come in."""
    first = parts[0]
    if hasattr(first, "iloc"):
        import pandas  # noqa: ICN001, PLC0415 - the value is pandas'

        return pandas.concat(parts)
    if hasattr(first, "tocsr"):
        sparse: Any = importlib.import_module("scipy.sparse")
        return sparse.vstack(parts, format=first.format)
    import numpy  # noqa: ICN001, PLC0415 - the value is numpy's

    return numpy.concatenate(parts)


def lines_of(text: bytes) -> Any:
    """Yield the records of a CSV file as they stand; quotes may hold line ends."""
    record = b""
    for line in text.splitlines(keepends=True):
        record += line
        if record.count(b'"') % 2 == 0:
            yield record
            record = b""
    if record:
        yield record


def main(package: str) -> None:
    """Ask for everything."""
    with open(os.environ["NB2PROD_PLAN"], encoding="utf-8") as file:
        plan = json.load(file)
    asking = Asking(plan, package)
    asking.batch()
    if plan["variations"]:
        asking.variations()


if __name__ == "__main__":
    main(sys.argv[1])
