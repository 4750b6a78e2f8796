# ruff: noqa: ANN401, PTH119, PTH123 - values are anything; os.path is enough here
"""`python -m nb2prod_probe.predict PACKAGE`: asks the trained project for predictions in every way that must agree."""

from __future__ import annotations

import importlib
import json
import os
import re
import sys
import tempfile
import traceback
from pathlib import Path
from typing import Any, Callable, Iterator  # noqa: UP035 - Python 3.7

from .record import SEED, Recorder

THROUGH_CSV = 5  # rows
ALTERED_ROWS = 3
ALTERED_COLUMNS = 12
REFUSED_ROWS = 40  # so many rows may be refused by themselves
UNSEEN = "nb2prod unseen"
UNKNOWN = "Found unknown categories"  # what scikit-learn's encoders say


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
        self.total = len(self.raw)
        self.numbers = list(range(self.total))  # of the raw rows among those of their file
        self.positions = self.find(plan["labels"])
        self.kept: list[int] | None = None  # the raw rows that are not left out, where their labels do not tell
        self.leave_refused()

    def leave_refused(self) -> None:
        """Leave out raw rows that predict refuses for their values, where they are none of the notebook's.

        The notebook left them out before it learnt (their target was missing, say), so it never saw their values.
        """
        refused: list[int] = []
        reasons = list(self.refusals(self.numbers, refused))
        if not refused or len(refused) == len(self.raw) or set(refused) & set(self.positions or ()):
            return
        left_out = set(refused)
        if len(refused) >= REFUSED_ROWS:  # there may be more: all but the notebook's
            if self.positions is None:
                return
            left_out = set(self.numbers) - set(self.positions)
        self.recorder.event("refused rows", rows=len(left_out), example=reasons[0])
        self.numbers = [one for one in self.numbers if one not in left_out]
        self.raw = self.raw.iloc[self.numbers]
        self.positions = self.find(self.plan["labels"])

    def refusals(self, numbers: list[int], refused: list[int]) -> Iterator[str]:
        """Yield why rows are refused, and add their numbers to `refused`: halves of what is refused are asked."""
        try:
            self.answers(self.raw.iloc[numbers])
        except Exception as error:  # noqa: BLE001 - what else is raised is found when all rows are asked
            by_value = type(error).__name__ == "DataError" or UNKNOWN in str(error)
            if not by_value or len(refused) >= REFUSED_ROWS:
                return
            if len(numbers) == 1:
                refused.append(numbers[0])
                said = re.sub(r"^row \d+", "", str(error))
                yield f"row {numbers[0]}{said}" if said != str(error) else f"row {numbers[0]}: {said}"
                return
            half = len(numbers) // 2
            yield from self.refusals(numbers[:half], refused)
            yield from self.refusals(numbers[half:], refused)

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
        if rows is not None and answers is not None and rows.shape[0] < len(self.raw) and not hasattr(rows, "index"):
            kept = [place for place, empty in enumerate(answers.isna().all(axis=1)) if not empty]
            self.kept = kept if len(kept) == rows.shape[0] else None
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
        among = next((one for one in (self.positions, self.kept) if one is not None), list(range(len(self.raw))))
        step = max(1, -(-len(among) // self.plan["sample"]))
        sample = sorted({*among[::step], *among[-1:]})
        self.recorder.event("sample", rows=len(sample))
        self.keep("sample input", lambda: self.take(rows, sample))
        self.keep("sample answers", lambda: answers.iloc[sample])
        alone = [self.raw.iloc[[one]] for one in sample]
        self.keep("input row by row", lambda: stacked([self.model_input(one) for one in alone]))
        self.keep("answers row by row", lambda: stacked([self.answers(one) for one in alone]))
        if str(self.plan["raw"] or "").lower().endswith(".csv") and list(self.raw.index) == self.numbers:
            few = sample[:THROUGH_CSV]
            self.keep("few answers", lambda: answers.iloc[few])
            self.keep("answers through csv", lambda: stacked([self.answers(self.through_csv([one])) for one in few]))
            if self.records() is not None:
                self.golden(few, answers)

    def records(self) -> list[bytes] | None:
        """Give the header and the rows of the raw file as they stand; None where these are not its lines."""
        found = list(lines_of(Path(self.plan["raw"]).read_bytes()))
        return found if len(found) == self.total + 1 else None

    def lines(self, records: list[bytes], positions: list[int]) -> bytes:
        """Give a file of its own for some of the rows, as they stand."""
        return b"".join([records[0], *(records[self.numbers[one] + 1] for one in positions)])

    def through_csv(self, positions: list[int]) -> Any:
        """Some raw rows as the project reads them from a file of their own."""
        records = self.records()
        if records is None:
            return self.raw.iloc[positions]
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder, "rows.csv")
            path.write_bytes(self.lines(records, positions))
            return self.commands.read(path)

    def golden(self, positions: list[int], answers: Any) -> None:
        """Keep some rows and their answers as files, for the project's own tests."""
        folder = Path(self.plan["folder"], "golden")
        folder.mkdir(exist_ok=True)
        folder.joinpath("rows.csv").write_bytes(self.lines(self.records() or [], positions))
        answers.iloc[positions].to_csv(folder / "answers.csv", index=False)

    def take(self, rows: Any, positions: list[int] | None) -> Any:
        """Take some rows of a model input, whatever it is made of; where rows were left out, by their numbers."""
        if rows.shape[0] == len(self.raw):
            return rows.iloc[positions] if hasattr(rows, "iloc") else rows[positions]
        if self.kept is not None:
            place = {one: number for number, one in enumerate(self.kept)}
            return rows[[place[one] for one in positions or ()]]
        if not hasattr(rows, "index"):
            message = f"the model input has {rows.shape[0]} rows for {len(self.raw)} raw rows"
            raise ValueError(message)
        labels = positions if rows.index.isin(range(len(self.raw))).all() else self.raw.index[positions]
        return rows.loc[labels]

    def variations(self) -> None:
        """Whatever must not matter."""
        schema = importlib.import_module(f"{self.package}.models").load().schema
        idle = [one.name for one in schema.columns if not one.required and one.name in self.raw.columns]
        if idle:
            self.keep("unneeded columns absent", lambda: self.answers(self.raw.drop(columns=idle)))
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

    def altered(self) -> None:
        """Values that training has not seen: they do to a row alone what they do to it in a batch."""
        schema = importlib.import_module(f"{self.package}.models").load().schema
        few = self.raw.iloc[:: max(1, len(self.raw) // ALTERED_ROWS)].head(ALTERED_ROWS)
        needed = [one.name for one in schema.columns if one.required and one.name in few.columns]
        for column in needed[:ALTERED_COLUMNS]:
            for name, values in unseen(self.raw[column], list(few[column])):
                changed = few.assign(**{column: values}) if isinstance(column, str) else few
                self.recorder.event("altered", name=name, column=str(column), detail=self.apart(changed))

    def apart(self, frame: Any) -> str:
        """How what is made of rows in a batch differs from what is made of each alone; empty where it does not."""
        whole, error = self.attempt(frame)
        alone = [self.attempt(frame.iloc[[one]]) for one in range(len(frame))]
        errors = [one for _, one in alone if one]
        if error or errors:
            other = errors[0] if errors else "answers"
            return "" if error and errors else f"{error or 'answers'} in a batch and {other} row by row"
        import pandas  # noqa: ICN001, PLC0415 - the tables are pandas'

        for number, table in enumerate(whole):
            some = [tables[number] for tables, _ in alone if len(tables[number])]
            parts = pandas.concat(some, ignore_index=True) if some else table.iloc[:0]
            try:
                pandas.testing.assert_frame_equal(table, parts, check_dtype=False, rtol=1e-9, atol=1e-15)
            except AssertionError as difference:
                return " ".join(str(difference).split())[:300]
        return ""

    def input_left(self, frame: Any) -> Any:
        """Give the model's input: no rows where each lacks a value that the notebook needs."""
        try:
            return self.model_input(frame)
        except Exception as error:
            if type(error).__name__ != "NothingLeft":
                raise
            return []

    def attempt(self, frame: Any) -> tuple[list[Any], str]:
        """Give the model's input and the answers as tables, or the error."""
        import pandas  # noqa: ICN001, PLC0415 - the answers are pandas'

        try:
            made = [self.input_left(frame), self.answers(frame)]
        except Exception as error:  # noqa: BLE001 - whatever the project raises is the result
            return [], f"{type(error).__name__}: {error}"[:200]
        dense = [one.toarray() if hasattr(one, "toarray") else one for one in made]
        return [pandas.DataFrame(one).reset_index(drop=True) for one in dense], ""


def unseen(column: Any, usual: list[Any]) -> Iterator[tuple[str, list[Any]]]:
    """Yield what is altered, and the `usual` values with the first one altered."""
    known = column.dropna()
    if not len(known):
        return
    if isinstance(known.iloc[0], str):
        yield "an unseen value", [UNSEEN, *usual[1:]]
        yield "a text column all missing", [None] * len(usual)
    elif column.dtype.kind in "iuf":
        largest, smallest = known.max().item(), known.min().item()
        beyond = largest - smallest + 1
        yield "a value beyond the largest", [largest + beyond, *usual[1:]]
        yield "a value below the smallest", [smallest - beyond, *usual[1:]]


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
        asking.altered()


if __name__ == "__main__":
    main(sys.argv[1])
