"""From checked rows to the model without a frame, where the project's own code only chooses columns and scales them.

The emitted code itself runs, once, on a stand-in for the frame that notes what is done to it. Whatever else the code
does with a frame stops it, and frames are used as before. Whether the answers are the same is tried when the model is
trained, on training rows and on rows with missing values; the manifest says so.
"""

from __future__ import annotations

import copy
import warnings
from itertools import chain
from pathlib import Path
from types import FunctionType, SimpleNamespace
from typing import Any, Callable, Iterable, Sequence

import numpy as np
import pandas as pd

from example_project import models, predict
from example_project.models import Stored
from example_project.serving.contract import Contract, Rows
from example_project.serving.worker import NeedsFrame, plain

_SCALERS = ("sklearn.preprocessing.", "sklearn.impute.", "sklearn.decomposition.")
_NUMBERS = ("float64", "int64", "int32", "int16", "int8", "uint8", "bool")


class Table:
    """The stand-in: which of the raw columns are left, and what has transformed them."""

    def __init__(self, columns: Iterable[Any], steps: tuple[Any, ...] = ()) -> None:
        self._columns, self.steps = tuple(columns), steps

    @property
    def columns(self) -> pd.Index:
        """Their names."""
        return pd.Index(self._columns)

    def __getitem__(self, names: Any) -> Table:
        """Choose columns by a list of names."""
        if self.steps or not isinstance(names, (list, pd.Index)) or not set(names) <= set(self._columns):
            raise NeedsFrame(f"the feature code takes [{names!r:.60}]")
        return Table(names)

    def drop(self, labels: Any = None, axis: Any = 0, *, columns: Any = None) -> Table:
        """Leave columns out."""
        names = columns if columns is not None else labels if axis in (1, "columns") else None
        gone = [names] if isinstance(names, str) else names
        if self.steps or not isinstance(gone, (list, pd.Index)) or not set(gone) <= set(self._columns):
            raise NeedsFrame("the feature code drops rows")
        return Table(name for name in self._columns if name not in set(gone))

    def copy(self) -> Table:
        """Nothing can change it."""
        return self

    def __getattr__(self, name: str) -> Any:
        """Anything else is more than is known here."""
        raise NeedsFrame(f"the feature code uses .{name}")


class Learned:
    """What was learnt; a scaler notes that it was applied."""

    def __init__(self, learned: Any) -> None:
        self._learned = learned

    def __getattr__(self, name: str) -> Any:
        """The value that was learnt."""
        value = getattr(self._learned, name)
        if not hasattr(value, "transform") or isinstance(value, (pd.Series, pd.DataFrame)):
            return value
        if not f"{type(value).__module__}.".startswith(_SCALERS):
            raise NeedsFrame(f"the feature code transforms with {type(value).__name__}")
        return SimpleNamespace(transform=lambda table: Table(table.columns, (*table.steps, nameless(value))))


class Arrays:
    """Answers the rows of requests; raises NeedsFrame when it is made, if that cannot be without a frame."""

    def __init__(self, stored: Stored, contract: Contract) -> None:
        self._stored = Stored(stored.version, nameless(stored.model), stored.learned, stored.schema)
        table = _traced(stored)
        places = {field.column.name: number for number, field in enumerate(contract.fields)}
        lacking = [name for name in table.columns if name not in places]
        if lacking:
            raise NeedsFrame(f"the model needs {lacking[0]!r}, which is not sent")
        self._places, self._steps = [places[name] for name in table.columns], table.steps
        for place in self._places:
            column = contract.fields[place].column
            if column.dtype not in _NUMBERS or column.categories:
                raise NeedsFrame(f"the model takes {column.name!r} as {column.dtype}")

    def __call__(self, batch: Sequence[Rows]) -> list[dict[str, Any]]:
        """One answer for each row of the requests, as `worker.plain` gives them of a frame's answers."""
        number = sum(rows.count for rows in batch)
        inputs = np.empty((number, len(self._places)))
        for place, column in enumerate(self._places):
            inputs[:, place] = [
                np.nan if value is None else value
                for value in chain.from_iterable(rows.values[column] for rows in batch)
            ]
        given: Any = inputs
        for step in self._steps:
            given = step.transform(given)
        shims = {
            "_inputs": lambda _frame, _stored: (given, range(number)),
            "models": SimpleNamespace(load=lambda: self._stored),
            "replay": SimpleNamespace(answers=_answers),
        }
        frame = SimpleNamespace(empty=False)
        found: list[dict[str, Any]] = _with(predict.answers, shims)(frame)
        return found


def attach(made: Stored, _folder: Path) -> dict[str, Any]:
    """Try it on the training rows; gives what the manifest says of it."""
    try:
        contract = Contract(made.schema)
        arrays = Arrays(made, contract)
        rows = _as_sent(made, contract)
        for batch in (rows, *(_without(rows, place) for place in range(len(contract.fields)))):
            _prove(arrays, contract, batch)
    except NeedsFrame as reason:
        return {"status": "refused", "reason": str(reason)}
    except Exception as error:  # noqa: BLE001 - whatever the model or its code has against arrays
        return {"status": "refused", "reason": f"{type(error).__name__}: {error}"[:200]}
    return {"status": "ok", "rows": rows.count}


def ready(stored: Stored, contract: Contract, folder: Path) -> Arrays | None:
    """The faster way, where training has proven it."""
    if models.manifest(folder).get("arrays", {}).get("status") != "ok":
        return None
    try:
        return Arrays(stored, contract)
    except NeedsFrame:
        return None


def nameless(estimator: Any) -> Any:
    """The fitted object without the names of its columns, which it would miss in an array."""
    made = copy.copy(estimator)
    vars(made).pop("feature_names_in_", None)
    if hasattr(made, "steps"):
        made.steps = [(name, nameless(step)) for name, step in made.steps]
    return made


def _traced(stored: Stored) -> Table:
    """What the project's code does between the raw rows and the model."""
    raw = Table(column.name for column in stored.schema.columns)
    inputs = getattr(predict, "_inputs", None)
    if inputs is None:
        raise NeedsFrame("predict.py has no function of the model's input")
    shims = {"conform": lambda *_: raw, "replay": SimpleNamespace(like_training=lambda given, _dtypes: given)}
    given = Stored(stored.version, stored.model, Learned(stored.learned), stored.schema)
    try:
        table, rows = _with(inputs, shims)([None], given)
    except NeedsFrame:
        raise
    except Exception as error:
        raise NeedsFrame(f"the feature code is more than a choice of columns ({type(error).__name__})") from error
    if not isinstance(table, Table) or not isinstance(rows, range):
        raise NeedsFrame("the feature code leaves rows out, or makes something else of the columns")
    return table


def _with(function: Any, names: dict[str, Any]) -> Any:
    """The function, with other things under some of the names that it reads."""
    made = FunctionType(function.__code__, {**function.__globals__, **names}, argdefs=function.__defaults__)
    made.__kwdefaults__ = function.__kwdefaults__
    return made


def _answers(prediction: Any, model: Any, inputs: Any, rows: Any, _frame: Any) -> list[dict[str, Any]]:
    """As `replay.answers`, without a frame."""
    values = np.asarray(prediction)
    if values.ndim == 2 and values.shape[1] == 1:
        values = values[:, 0]
    if values.ndim != 1 or len(values) != len(rows) or (values.dtype.kind == "f" and not np.isfinite(values).all()):
        raise NeedsFrame("a prediction is more, or less, than one value")
    columns = {"prediction": values.tolist()}
    if getattr(model, "classes_", None) is not None and hasattr(model, "predict_proba"):
        probabilities = model.predict_proba(inputs)
        if isinstance(probabilities, np.ndarray):
            columns.update(
                {f"probability_{name}": probabilities[:, i].tolist() for i, name in enumerate(model.classes_)}
            )
    return [dict(zip(columns, answer)) for answer in zip(*columns.values())]


def _as_sent(made: Stored, contract: Contract) -> Rows:
    """Rows of the training data as a request's would be after they were checked."""
    if made.schema.reference is None:
        raise NeedsFrame("no training rows are known")
    frame = made.schema.reference.rows
    columns = (frame[field.column.name].astype(object) for field in contract.fields)
    return Rows(tuple(values.where(values.notna(), None).tolist() for values in columns), len(frame))


def _without(rows: Rows, place: int) -> Rows:
    """The same rows, every second value of one column missing."""
    holes = [None if number % 2 else value for number, value in enumerate(rows.values[place])]
    return Rows((*rows.values[:place], holes, *rows.values[place + 1 :]), rows.count)


def _prove(arrays: Arrays, contract: Contract, rows: Rows) -> None:
    """Compare with the answers of a frame, to the last digit; where that raises, this has to raise, too."""
    with warnings.catch_warnings():
        expected = _outcome(lambda: plain(predict.answers(contract.frame([rows]))))
        warnings.simplefilter("error")
        found = _outcome(lambda: arrays([rows]))
    if found != expected:
        raise NeedsFrame("arrays give other answers than a frame")


def _outcome(ask: Callable[[], Any]) -> Any:
    try:
        return ask()
    except NeedsFrame:
        raise
    except Exception as error:  # noqa: BLE001 - the same error is as good as the same answer
        return type(error)
