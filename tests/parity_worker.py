"""Runs a notebook's statements and the project made from it, and compares what the model is given and answers.

A process of its own with the libraries imported once: each line read is a case (JSON), done in a fork, and answered
by a line (JSON) of what differs.
"""

# ruff: noqa: PLC0415, ANN401, T201 - libraries are imported before the forks; the values are anything; it talks by lines

from __future__ import annotations

import contextlib
import copy
import importlib
import io
import json
import os
import signal
import sys
import traceback
import types
import warnings
from pathlib import Path
from typing import Any

ALONE = 4
ASKED = 2
SECONDS = 60
RTOL = 1e-9

Problems = list[str]


def main() -> None:
    """Answer case by case."""
    for name in ("pandas", "numpy", "scipy.sparse", "joblib", "sklearn.pipeline", "sklearn.compose", "sklearn.ensemble",
                 "sklearn.linear_model", "sklearn.tree", "sklearn.model_selection", "sklearn.preprocessing",
                 "sklearn.impute", "sklearn.feature_extraction.text", "sklearn.decomposition",
                 "sklearn.datasets"):  # fmt: skip
        importlib.import_module(name)
    os.fsync = lambda fd: None  # noqa: ARG005 - what is written here is thrown away
    for line in sys.stdin:
        print(json.dumps(in_fork(json.loads(line))), flush=True)


def in_fork(case: dict[str, Any]) -> Problems:
    """Compare one case in a process that is thrown away."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reading)
        signal.setitimer(signal.ITIMER_PROF, SECONDS)  # of the processor: the machine may be busy
        try:
            found = compare(case)
        except BaseException:  # noqa: BLE001 - whatever it is, it is told
            found = [f"crash: {traceback.format_exc(limit=-3)}"]
        with os.fdopen(writing, "w") as pipe:
            json.dump(found, pipe)
        os._exit(0)
    os.close(writing)
    with os.fdopen(reading) as pipe:
        text = pipe.read()
    os.waitpid(child, 0)
    return json.loads(text) if text else [f"crash: no answer within {SECONDS} s"]


def compare(case: dict[str, Any]) -> Problems:
    """Run both and list what differs."""
    warnings.simplefilter("ignore")
    with contextlib.redirect_stdout(io.StringIO()):
        try:
            notebook = by_the_notebook(case)
        except Exception:  # noqa: BLE001 - whatever it is, it is told
            return [f"the notebook fails by itself: {traceback.format_exc(limit=-3)}"]
        project = Project(case)
    found = [*batch(notebook, project, case), *alone(project), *variations(project), *unseen(project)]
    return found or other_rows(project, case)


def by_the_notebook(case: dict[str, Any]) -> tuple[Any, Any]:
    """The chosen model's input and the prediction, as the notebook's own statements compute them."""
    shell = types.SimpleNamespace(run_line_magic=lambda *_: None, run_cell_magic=lambda *_: None)
    names: dict[str, Any] = {"__name__": "__main__", "get_ipython": lambda: shell, "display": print}
    os.chdir(case["notebook"])
    given: Any = None
    answer: Any = None
    left: dict[str, Any] = {}

    def returned(frame: Any, event: str, _: object) -> None:
        if event == "return" and frame.f_code.co_name == case["inside"] and frame.f_globals is names:
            left.update(frame.f_locals)

    for number, code in enumerate(case["statements"]):
        if number == case["statement"]:
            with contextlib.suppress(Exception):  # fitted in the same statement
                given = None if case["inside"] else copy.deepcopy(eval(case["input"], names))  # noqa: S307 - the test's own notebook
            sys.setprofile(returned if case["inside"] else None)
        exec(compile(code, f"<statement {number}>", "exec"), names)  # noqa: S102 - likewise
        if number == case["statement"]:
            sys.setprofile(None)
            if given is None:
                given = copy.deepcopy(eval(case["input"], {**names, **left}))  # noqa: S307
            answer = copy.deepcopy(eval(case["output"], {**names, **left}))  # noqa: S307
    if case["final"]:
        answer = eval(case["final"], names)  # noqa: S307
    return given, answer


class Project:
    """The project, trained: what it is given and what it answers for raw rows."""

    def __init__(self, case: dict[str, Any]) -> None:
        os.chdir(case["project"])
        sys.path.insert(0, str(Path(case["project"], "src")))
        package = case["package"]
        importlib.import_module(f"{package}.train").train()
        self.module = importlib.import_module(f"{package}.predict")
        self.commands = importlib.import_module(f"{package}.__main__")
        models: Any = importlib.import_module(f"{package}.models")
        stored = models.load()
        models.load = lambda: stored  # once is enough, and what one prediction leaves behind shows in the next
        self.schema = stored.schema
        self.path = Path(case["raw"]) if case["raw"] else None
        self.labelled = case["labelled"]
        self.error = importlib.import_module(f"{package}.errors").DataError
        if self.path is None:
            data = importlib.import_module(f"{package}.data")
            self.raw = data.load()
        else:
            self.raw = self.commands.read(self.path)
        self.total = len(self.raw)
        self.leave_refused()
        before = self.raw.copy(deep=True)
        self.inputs = self.module.model_input(self.raw)
        self.usual = self.inputs
        self.answers = self.module.answers(self.raw)
        if not before.equals(self.raw):
            message = "predict changes its input"
            raise AssertionError(message)

    def leave_refused(self) -> None:
        """Leave out rows that predict refuses for their values: the notebook left them out before it learnt.

        Were they among those that it predicts, they would be missed when these are compared.
        """
        try:
            self.module.answers(self.raw)
        except self.error:
            self.raw = self.raw.iloc[[i for i in range(self.total) if not self.refuses(i)]]
            if 2 * len(self.raw) < self.total:
                raise

    def refuses(self, position: int) -> bool:
        """Whether a row alone is refused for its values."""
        try:
            self.module.answers(self.raw.iloc[[position]])
        except self.error:
            return True
        return False

    def of(self, given: Any) -> Any:
        """What the model is given for the notebook's own rows where their labels tell them; else for all."""
        if not self.labelled or not hasattr(given, "index") or not given.index.isin(self.raw.index).all():
            return self.inputs
        return self.module.model_input(self.raw.loc[given.index])

    def lines(self) -> int | None:
        """How many lines the raw file has."""
        if self.path is None or self.path.suffix != ".csv" or self.path.read_bytes().startswith(b"#"):
            return None
        return len(self.path.read_bytes().splitlines())

    def one(self, position: int) -> Any:
        """One raw row, through a CSV file of its own where that is how rows come."""
        if self.path is not None and self.path.suffix == ".csv":
            records = self.path.read_bytes().splitlines(keepends=True)
            if len(records) == len(self.raw) + 1:
                path = Path("one.csv")
                path.write_bytes(records[0] + records[position + 1])
                return self.commands.read(path)
        return self.raw.iloc[[position]]


def batch(notebook: tuple[Any, Any], project: Project, case: dict[str, Any]) -> Problems:
    """The notebook's rows among the project's, with the same values, names, order and dtypes."""
    given, answer = notebook
    project.usual = project.of(given)
    found = [*shape_of(given, project.usual)]
    lines = project.lines()
    if lines is not None and project.total not in {lines - 1, lines}:
        found.append(f"{project.total} rows are read of a file of {lines} lines")
    if found:
        return found
    theirs, ours = table(given), table(project.inputs)
    wanted = [plain(v) for v in flat(answer)]
    got = [plain(v) for v in project.answers["prediction"]]
    kept = [i for i, v in enumerate(project.answers["prediction"].isna()) if not v]
    if len(ours) != len(got) and len(ours) != len(kept):
        return [f"{len(ours)} rows of model input, {len(got)} predictions, {len(kept)} not empty"]
    place = kept if len(ours) != len(got) else list(range(len(got)))
    if case["labelled"] and hasattr(given, "index"):
        labels = list(project.raw.index)
        at = [place.index(labels.index(label)) if labels.index(label) in place else None for label in given.index]
        by = "label"
    else:
        at = [next((j for j, mine in enumerate(ours) if same_row(row, mine)), None) for row in theirs]
        by = "value"
    wrong = [i for i, j in enumerate(at) if j is None or not same_row(theirs[i], ours[j])]
    if wrong:
        i = wrong[0]
        j = at[i]
        names = list(getattr(given, "columns", range(len(theirs[i]))))
        pairs = zip(names, theirs[i], ours[j], strict=True) if j is not None else []
        shown = [(n, a, b) for n, a, b in pairs if not same(a, b)] if j is not None else f"no such row: {theirs[i]}"
        found.append(f"input: {len(wrong)} of {len(theirs)} rows differ (by {by}), row {i}: {shown}"[:600])
    else:
        bad = [
            (wanted[i], got[place[j]]) for i, j in enumerate(at) if j is not None and not same(wanted[i], got[place[j]])
        ]
        if bad:
            found.append(f"prediction: {len(bad)} of {len(wanted)} differ, such as {bad[0]}")
    return found


def shape_of(given: Any, ours: Any) -> Problems:
    """Names, order and dtypes of the columns."""
    if hasattr(given, "columns") != hasattr(ours, "columns"):
        return [f"input: {type(given).__name__} became {type(ours).__name__}"]
    if hasattr(given, "columns"):
        if list(given.columns) != list(ours.columns):
            return [f"input: columns {list(given.columns)} became {list(ours.columns)}"]
        if [str(d) for d in given.dtypes] != [str(d) for d in ours.dtypes]:
            return [f"input: dtypes {given.dtypes.to_dict()} became {ours.dtypes.to_dict()}"]
    elif getattr(given, "dtype", None) != getattr(ours, "dtype", None):
        return [f"input: dtype {getattr(given, 'dtype', None)} became {getattr(ours, 'dtype', None)}"]
    return []


def alone(project: Project) -> Problems:
    """Each row alone gets what it gets in the batch."""
    count = len(project.raw)
    incomplete = [i for i, missing in enumerate(project.raw.isna().any(axis=1)) if missing]
    sample = sorted({*range(0, count, max(1, count // ALONE)), *incomplete[:ASKED], *incomplete[-1:], count - 1})
    whole = len(table(project.inputs)) == count
    found: Problems = []
    for number, position in enumerate(sample):
        row = project.one(position)
        try:
            if number < ASKED or not whole:
                mine, theirs = (
                    project.module.answers(row)["prediction"].iloc[0],
                    project.answers["prediction"].iloc[position],
                )
                if not same(plain(mine), plain(theirs)):
                    found.append(f"alone: row {position} is predicted {mine!r}, in the batch {theirs!r}")
            if whole:
                given = project.module.model_input(row)
                found += [f"alone: row {position}: {p}" for p in shape_of(project.usual, given)]
                one, among = table(given)[0], table(project.inputs)[position]
                if not same_row(one, among):
                    found.append(f"alone: row {position}: {one} in the batch {among}"[:500])
        except Exception as error:  # noqa: BLE001 - whatever it is, it is told
            found.append(f"alone: row {position}: {type(error).__name__}: {error}"[:400])
    return found[:3]


def variations(project: Project) -> Problems:
    """What must not matter: order and names of columns, rows around, target, columns that are not needed."""
    raw = project.raw
    target = [name for name in project.schema.target if name in raw.columns]
    unneeded = [c.name for c in project.schema.columns if not c.required and c.name in raw.columns]
    shuffled = raw.sample(frac=1, random_state=3)
    altered = raw.copy()
    for name in [*target, *unneeded]:
        altered[name] = shuffled[name].to_numpy()
    half = altered.iloc[::2]
    ways = {
        "every other row, columns reversed and one more, labels repeated, target and unneeded columns altered": (
            half[raw.columns[::-1]].assign(nb2prod_extra=1).set_axis([0] * len(half)),
            project.answers.iloc[::2],
        ),
        "rows reversed, target and unneeded columns absent": (
            raw.iloc[::-1].drop(columns=list(dict.fromkeys([*target, *unneeded]))),
            project.answers.iloc[::-1],
        ),
    }
    found: Problems = []
    other_types = {
        "all columns of any type": raw.astype(object),
        "through JSON": raw.iloc[:7].astype(object).where(raw.iloc[:7].notna(), None),
    }
    ways |= {name: (rows, project.answers.iloc[: len(rows)]) for name, rows in other_types.items()}
    for name, (rows, wanted) in ways.items():
        try:
            got = project.module.answers(rows)
        except Exception as error:  # noqa: BLE001 - whatever it is, it is told
            if not (name in other_types and isinstance(error, project.error)):
                found.append(f"{name}: {type(error).__name__}: {error}"[:300])
            continue
        pairs = list(zip(got["prediction"], wanted["prediction"], strict=True))
        wrong = [(a, b) for a, b in pairs if not same(plain(a), plain(b))]
        if wrong:
            found.append(f"{name}: {len(wrong)} of {len(pairs)} predictions differ, {wrong[0]}")
    return found


TURNS = 7  # of the values, each column gets one or two
UNSEEN = ("nb2prod unseen", None, "", -12345.5, 98765, "007", "nan", "2031-02-03", "31/12/1999", True)


def unseen(project: Project) -> Problems:
    """Rows with a value that training has not seen get alone what they get beside others, or the same error."""
    raw = project.raw
    needed = [c.name for c in project.schema.columns if c.required and c.name in raw.columns]
    few = raw.iloc[:: max(1, len(raw) // 3)].iloc[:3].reset_index(drop=True)
    found: Problems = []
    for number, column in enumerate(needed if raw.columns.is_unique else ()):
        for value in UNSEEN[number % TURNS :: TURNS]:
            changed = few.astype({column: object})
            changed.loc[1, column] = value
            whole = asked(project, changed)
            single = [asked(project, changed.iloc[[i]]) for i in range(len(changed))]
            if isinstance(whole, str):
                if not any(isinstance(one, str) for one in single):
                    found.append(f"unseen: {column} = {value!r}: {whole} in a batch, answered row by row")
            elif any(isinstance(one, str) for one in single):
                found.append(
                    f"unseen: {column} = {value!r}: row by row {next(o for o in single if isinstance(o, str))}"
                )
            else:
                told = [one for one in single if not isinstance(one, str)]
                rows = [row for one in told for row in one[0]]
                answers = [answer for one in told for answer in one[1]]
                alike = len(rows) == len(whole[0]) and all(map(same_row, rows, whole[0]))
                if not alike or not all(map(same, answers, whole[1])):
                    found.append(f"unseen: {column} = {value!r}: {whole} in a batch, {rows} {answers} alone"[:500])
    return found[:2]


def asked(project: Project, rows: Any) -> tuple[list[list[Any]], list[Any]] | str:
    """What the model is given and what is answered, or the error."""
    answers: list[Any] = []
    try:
        answers += [plain(one) for one in project.module.answers(rows)["prediction"]]
        given = project.module.model_input(rows)
    except Exception as error:  # noqa: BLE001 - whatever it is, it is told
        return ([], answers) if type(error).__name__ == "NothingLeft" else f"{type(error).__name__}: {error}"[:200]
    return table(given), answers


def other_rows(project: Project, case: dict[str, Any]) -> Problems:
    """Rows that training has never seen, as the notebook itself predicts them when they stand in its file."""
    if not case["other"] or project.path is None:
        return []
    here, where = Path.cwd(), Path(case["notebook"], project.path.name)
    where.write_bytes(case["other"].encode())
    try:
        with contextlib.redirect_stdout(io.StringIO()):
            given, answer = by_the_notebook(case)
    except Exception:  # noqa: BLE001 - it does not take such rows
        return []
    finally:
        os.chdir(here)
    try:
        rows = project.commands.read(where)
        ours, answers = table(project.module.model_input(rows)), project.module.answers(rows)["prediction"]
    except project.error:
        return []
    wrong = [(a, b) for a, b in zip(table(given), ours, strict=True) if not same_row(a, b)]
    if wrong:
        return [f"other rows: {len(wrong)} of {len(ours)} rows of input differ: {wrong[0]}"]
    pairs = list(zip(flat(answer), answers, strict=True))
    bad = [(plain(a), plain(b)) for a, b in pairs if not same(plain(a), plain(b))]
    return [f"other rows: {len(bad)} of {len(pairs)} predictions differ: {bad[0]}"] if bad else []


def table(rows: Any) -> list[list[Any]]:
    """Rows as lists, whatever they are made of."""
    if hasattr(rows, "toarray"):
        rows = rows.toarray()
    if hasattr(rows, "columns"):
        return [list(row) for row in rows.itertuples(index=False, name=None)]
    return [list(row) if hasattr(row, "__len__") and not isinstance(row, str) else [row] for row in list(rows)]


def flat(answer: Any) -> list[Any]:
    """Predictions one by one; a column of them is taken out of its rows."""
    return [
        row[0] if hasattr(row, "__len__") and not isinstance(row, str) and len(row) == 1 else row
        for row in list(answer)
    ]


def plain(value: Any) -> Any:
    """A value of Python's own."""
    return value.item() if hasattr(value, "item") and getattr(value, "size", 1) == 1 else value


def same_row(one: list[Any], other: list[Any]) -> bool:
    """All values the same."""
    return len(one) == len(other) and all(same(a, b) for a, b in zip(one, other, strict=True))


def same(one: Any, other: Any) -> bool:
    """Floats within the tolerance, missing values alike, everything else exactly."""
    import numpy as np
    import pandas as pd

    if isinstance(one, np.ndarray) or isinstance(other, np.ndarray):
        return bool(np.allclose(one, other, rtol=RTOL, atol=0, equal_nan=True))
    if pd.isna(one) or pd.isna(other):
        return bool(pd.isna(one)) and bool(pd.isna(other))
    numbers = (int, float, np.number)
    if isinstance(one, numbers) and isinstance(other, numbers):
        return bool(np.isclose(float(one), float(other), rtol=RTOL, atol=1e-12))
    return bool(one == other)


if __name__ == "__main__":
    main()
