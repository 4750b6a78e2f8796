"""The labelled raw rows that a candidate learns from, and those that it and the champion are judged on."""

from __future__ import annotations

import contextlib
import os
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Iterator, Mapping, Sequence

import numpy as np
import pandas as pd

from example_project import data, settings
from example_project.errors import DataError, ProjectError
from example_project.models import Stored
from example_project.operate import store
from example_project.operate.candidate import copy_project
from example_project.schema import Categories, Column, conform

_DAY = 86_400.0


@dataclass(frozen=True)
class Examples:
    """`learnt` and `judged` have no row in common; `files` take the place of the project's during training."""

    source: str
    learnt: pd.DataFrame
    judged: pd.DataFrame
    files: Mapping[Path, Path] = field(default_factory=dict)
    left_out: int = 0  # rows without a usable answer


def of_path(path: Path, stored: Stored, *, share: float, seed: int) -> Examples:
    """A file that is read as the training data, or a folder of files with the names of the project's."""
    target = target_of(stored)
    files = {} if path.is_file() else replaced(path)
    rows = _load_with(files) if files else data.read(path)
    if target.name not in rows.columns:
        raise DataError(f"{path} has no column {target.name!r}, which holds the answers")
    learnt, judged = _held_out(rows, target, share, seed)
    return Examples(str(path), learnt, judged, files, len(rows) - len(learnt) - len(judged))


def of_store(stored: Stored, *, days: float, share: float) -> Examples:
    """The store's predictions whose truth is known, whoever made them; the newest are those to be judged on."""
    target = target_of(stored)
    here = store.Store()
    try:
        made = here.predicted(since=time.time() - days * _DAY)
    except store.StoreError as error:
        raise ProjectError(f"the store does not answer: {error}") from error
    finally:
        here.close()
    known = [each for each in made if each["truth"] is not None and each["inputs"] is not None]
    names = {str(column.name): column.name for column in stored.schema.columns}
    frame = pd.DataFrame([{names.get(key, key): value for key, value in each["inputs"].items()} for each in known])
    rows = conform(frame, stored.schema) if known else frame
    rows[target.name] = answers([each["truth"] for each in known], target, stored.learned)
    rows = rows[rows[target.name].notna()].reset_index(drop=True)
    first = len(rows) - round(share * len(rows))
    learnt, judged = rows.iloc[:first], rows.iloc[first:].reset_index(drop=True)
    return Examples(f"the store, the last {days:g} days", learnt, judged, left_out=len(known) - len(rows))


def target_of(stored: Stored) -> Column:
    """The column with the answers; raises DataError where the training rows have none."""
    found = [column for column in stored.schema.columns if column.is_target]
    if len(found) != 1 or not hasattr(data, "load"):
        raise DataError("the rows that this notebook reads have no column with the answers: retrain cannot use others")
    return found[0]


def with_training_data(found: Examples) -> Examples:
    """The training data before the new rows."""
    rows = pd.concat([_load_with(found.files), found.learnt], ignore_index=True)
    return Examples(f"the training data and {found.source}", rows, found.judged, found.files, found.left_out)


def judged_on(found: Examples, rows: pd.DataFrame) -> Examples:
    """All rows to learn from, others to be judged on."""
    learnt = pd.concat([found.learnt, found.judged]).sort_index(kind="stable")
    return Examples(found.source, learnt.reset_index(drop=True), rows, found.files, found.left_out)


def replaced(folder: Path) -> dict[Path, Path]:
    """The files of a folder by the paths of the project's files that they replace: the same path, or the same name."""
    named = [Path(value) for value in vars(settings).values() if isinstance(value, (str, Path)) and value]
    named = [path for path in dict.fromkeys(named) if not path.is_absolute() and path.is_file()]
    found = {}
    for path in sorted(each for each in folder.rglob("*") if each.is_file() and not each.name.startswith(".")):
        inside = path.relative_to(folder)
        meant = [inside] if inside in named else [each for each in named if each.name == path.name]
        if len(meant) != 1:
            known = ", ".join(map(str, named)) or "none"
            raise DataError(f"{path} has the name of no file that the notebook reads, or of several; it reads: {known}")
        found[meant[0]] = path.resolve()
    if not found:
        raise DataError(f"there is no file in {folder}")
    return found


def answers(truths: Sequence[Any], target: Column, learned: Any) -> pd.Series:
    """True values as the target column has them; missing where one cannot be.

    Feedback speaks of predictions. Where training recoded the target (`learned.answers`: raw value -> model's), a value
    that is one of the model's is turned back.
    """
    known = getattr(learned, "answers", None) or {}
    back = {str(made): raw for raw, made in known.items()} if len(set(known.values())) == len(known) else {}
    raw = pd.Series([back.get(_plain(truth), truth) for truth in truths], dtype=object)
    if target.categories is not None:
        return _categories(raw, target.categories)
    dtype = pd.api.types.pandas_dtype(target.dtype)
    if pd.api.types.is_bool_dtype(dtype):
        return raw.map(lambda value: {"True": True, "1": True, "False": False, "0": False}.get(_plain(value)))
    if pd.api.types.is_numeric_dtype(dtype):
        numbers = pd.to_numeric(raw, errors="coerce").astype("float64")
        whole = pd.api.types.is_integer_dtype(dtype) and bool((numbers.dropna() % 1 == 0).all())
        return numbers.astype("int64") if whole and numbers.notna().all() else numbers
    return raw.map(lambda value: None if value is None else _plain(value)) if target.text else raw


def _categories(raw: pd.Series, known: Categories) -> pd.Series:
    listed = pd.Index(list(known.values), dtype=known.dtype)
    by_text = {_plain(value): value for value in listed}
    dtype = pd.CategoricalDtype(listed, ordered=known.ordered)
    return raw.map(lambda value: by_text.get(_plain(value))).astype(dtype)


def _plain(value: Any) -> str:
    """A value as text; 1.0 and 1 are the same."""
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)


def _held_out(rows: pd.DataFrame, target: Column, share: float, seed: int) -> tuple[pd.DataFrame, pd.DataFrame]:
    """A share drawn at random, since the order of a file may mean anything; the others stay in their order."""
    usable = rows[rows[target.name].notna()]
    drawn = np.random.default_rng(seed).permutation(len(usable))[: round(share * len(usable))]
    chosen = np.zeros(len(usable), dtype=bool)
    chosen[drawn] = True
    return usable[~chosen].reset_index(drop=True), usable[chosen].reset_index(drop=True)


def _load_with(files: Mapping[Path, Path]) -> pd.DataFrame:
    """The training data as the notebook reads them, with these files in place of the project's."""
    if not files:
        rows: pd.DataFrame = data.load()
        return rows
    with tempfile.TemporaryDirectory(prefix="retrain-") as name:
        copy_project(Path.cwd(), Path(name) / "project", files)
        with _inside(Path(name) / "project"):
            return _load_with({})


@contextlib.contextmanager
def _inside(folder: Path) -> Iterator[None]:
    before = Path.cwd()
    os.chdir(folder)
    try:
        yield
    finally:
        os.chdir(before)
