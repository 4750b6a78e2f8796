"""A row that the model answered when it was trained: where it does not answer it so any more, no service starts.

The manifest has the row and its answer. The sha256 of each file shows that it is the one that was stored; only this
shows that schema, learnt state, model, code and libraries belong together.
"""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any, Mapping

from example_project import models
from example_project.errors import ModelError
from example_project.models import Stored
from example_project.predict import answers
from example_project.serving.contract import Contract, Unusable
from example_project.serving.worker import as_told, plain

CLOSE = 1e-3  # of numbers, relative: another processor rounds otherwise, another model answers otherwise


def attach(made: Stored, _: Path) -> dict[str, Any]:
    """What the manifest says of it: a row of common values, and its answer if that is always the same."""
    contract = Contract(made.schema)
    row = contract.example()
    try:
        answer, again = (_answer(made, contract, row) for _ in range(2))
    except Exception as error:  # noqa: BLE001 - the notebook's code may know no such row; others it does
        return {"status": "refused", "reason": f"{type(error).__name__}: {error}"[:200]}
    return {"status": "ok", "row": row, "answer": answer if same(answer, again) else None}


def check(stored: Stored, contract: Contract, told: Mapping[str, Any]) -> None:
    """Raise ModelError where the model does not answer as the manifest says."""
    if told.get("status") != "ok":
        return
    try:
        answer = _answer(stored, contract, told["row"])
    except Exception as error:  # (an error of the emitted code, of a library, or of the row's form)
        why = as_told(error)
        where = f"field {why.problems[0].field!r} " if isinstance(why, Unusable) and why.problems[0].field else ""
        raise ModelError(f"{_PARTS.format(stored.version)}: it cannot be predicted: {where}{why}{_WAY_OUT}") from error
    if told.get("answer") is not None and not same(answer, told["answer"]):
        raise ModelError(f"{_PARTS.format(stored.version)}: {told['answer']} then, {answer} now{_WAY_OUT}")


def same(one: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    """Whether it is the same answer: numbers nearly, anything else exactly."""
    return one.keys() == other.keys() and all(_close(value, other[name]) for name, value in one.items())


_PARTS = (
    "model {}, its schema, this code and these libraries do not belong together. The row that was tried in training"
)
_WAY_OUT = "; run: python -m example_project train"


def _answer(stored: Stored, contract: Contract, row: Mapping[str, Any]) -> dict[str, Any]:
    rows = contract.rows(json.dumps({"row": row}).encode())
    with models.using(stored):
        return plain(answers(contract.frame([rows])))[0]


def _close(one: Any, other: Any) -> bool:
    if isinstance(one, float) and isinstance(other, (int, float)):
        return math.isclose(one, other, rel_tol=CLOSE, abs_tol=1e-6)
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(_close, one, other))
    return bool(one == other)
