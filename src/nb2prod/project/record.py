"""nb2prod.json: where everything in the project came from, and what is known about it."""

from __future__ import annotations

import hashlib
import json
import os
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nb2prod import __version__
from nb2prod.project.pieces import named, placed

if TYPE_CHECKING:
    from collections.abc import Iterable

    from nb2prod.conversion import Accounted, Chosen, Conversion, DataFile, Learnt, Outcome, Place
    from nb2prod.notebook import Notebook
    from nb2prod.project.model import Environment, File

FORMAT = 1


def make(  # noqa: PLR0913 - what build knows, each once
    conversion: Conversion,
    notebook: Notebook,
    source: File,
    data: tuple[DataFile, ...],
    environment: Environment,
    *,
    origin: Path | None = None,
) -> dict[str, Any]:
    """Make the record of JSON values; `nb2prod.schema.json` describes it. Sources are written relative to `origin`."""
    assert isinstance(source.content, bytes)  # noqa: S101 - build has just read it
    found = {each.written: each.source for each in conversion.data}
    return {
        "format": FORMAT,
        "nb2prod": __version__,
        "package": conversion.package,
        "order": conversion.order,
        "notebook": {
            "path": source.path,
            "sha256": hashlib.sha256(source.content).hexdigest(),
            "python": notebook.python,
            "source": _relative(notebook.path, origin),
        },
        "train": _outcome(conversion.train),
        "predict": {
            **_outcome(conversion.predict),
            "choice": _choice(conversion.predict.choice),
            "kind": conversion.model_kind,
            "target": conversion.target,
            **_asked(conversion),
        },
        "verify": {"status": "not run"},
        "statements": [_statement(each) for each in conversion.statements],
        "learned": [_learnt(each) for each in conversion.learnt],
        "data": [_data(each, _relative(found.get(each.written), origin)) for each in data],
        "requirements": [dict(each) for each in environment.requirements],
        "system": [dict(each) for each in environment.system],
        "lock": {"status": environment.lock.status, "reason": environment.lock.reason},
        "notes": list(conversion.notes),
        "pieces": [],
    }


def pieces(given: Iterable[str], files: Iterable[File], package: str) -> list[dict[str, Any]]:
    """The optional pieces that are there, and the sha256 of each of their files as it was written."""
    digests = {file.path: hashlib.sha256(file.content).hexdigest() for file in files if isinstance(file.content, bytes)}
    return [
        {
            "name": name,
            "files": {path: digests[path] for path in sorted(placed(named(name), package))},
            "requirements": list(named(name).requirements),
        }
        for name in given
    ]


def _asked(conversion: Conversion) -> dict[str, Any]:
    """What verify asks the notebook for, and the functions of the project that answer."""
    if conversion.asked is None:
        return {}
    asked = asdict(conversion.asked)
    if asked["inside"] is None:
        del asked["inside"]
    return {**asked, "entry": {"module": "predict", "input": "model_input", "answers": "answers"}}


def dumps(facts: dict[str, Any]) -> str:
    """Write the record as text, a statement a line, so that a diff shows which one moved."""
    lines = []
    for key, value in facts.items():
        if isinstance(value, list) and value and isinstance(value[0], dict):
            items = ",\n".join(f"    {json.dumps(item, ensure_ascii=False)}" for item in value)
            lines.append(f"  {json.dumps(key)}: [\n{items}\n  ]")
        else:
            lines.append(f"  {json.dumps(key)}: {json.dumps(value, ensure_ascii=False)}")
    return "{\n" + ",\n".join(lines) + "\n}\n"


def _outcome(outcome: Outcome) -> dict[str, Any]:
    refusal = outcome.refusal
    where = refusal.where if refusal else None
    return {
        "status": outcome.status,
        "reason": refusal.why if refusal else None,
        "way_out": refusal.way_out if refusal else None,
        "cell": where.cell if where else None,
        "line": where.line if where else None,
        "chosen": outcome.chosen,
        "alternatives": list(outcome.alternatives),
    }


def _choice(choice: Chosen | None) -> dict[str, Any] | None:
    if choice is None:
        return None
    names = {"prediction": choice.prediction, "model": choice.model, "input": choice.input, "reason": choice.reason}
    return {"cell": choice.where.cell, "line": choice.where.line, **names}


def _statement(each: Accounted) -> dict[str, Any]:
    return {
        "index": each.index,
        "cell": each.where.cell,
        "line": each.where.line,
        "column": each.where.column,
        "last_line": each.last_line,
        "role": each.role,
        "reason": each.reason,
        "place": _place(each.place) if each.place else None,
        "also": [_place(place) for place in each.also],
        "binds": list(each.binds),
    }


def _data(each: DataFile, source: str | None) -> dict[str, Any]:
    return {
        "written": each.written,
        "target": each.target,
        "copied": each.source is not None,
        "reason": each.reason,
        "source": source,
    }


def _relative(path: Path | None, origin: Path | None) -> str | None:
    if path is None or origin is None:
        return None
    try:
        real = path.resolve()
    except (OSError, RuntimeError):  # a link that leads to itself
        real = path.absolute()
    return Path(os.path.relpath(real, origin)).as_posix()


def _place(place: Place) -> dict[str, Any]:
    return {"module": place.module, "line": place.line, "last_line": place.last_line}


def _learnt(each: Learnt) -> dict[str, Any]:
    return {
        "name": each.name,
        "cell": each.where.cell,
        "line": each.where.line,
        "expression": each.expression,
        "frame": each.frame,
    }
