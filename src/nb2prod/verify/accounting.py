"""nb2prod.json as verify needs it: where each statement of the notebook went, and what predict promises."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any

from nb2prod.problems import NotebookError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from nb2prod.dataflow import Dataflow

FILE = "nb2prod.json"


@dataclass(frozen=True, slots=True)
class Emitted:
    """Lines of an emitted module, 1-based and inclusive."""

    module: str
    line: int
    last_line: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Mapped:
    """One statement of the notebook; `place` is None where it was dropped.

    `binds` maps each name the statement binds or changes to its name in the emitted code.
    """

    index: int
    cell: int
    line: int
    last_line: int
    role: str
    place: Emitted | None
    binds: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Data:
    """A file the notebook reads: as written there, and its place in the project."""

    written: str
    target: str | None
    source: Path | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Accounting:
    """What nb2prod.json says; `predict` stays as it is written there."""

    package: str
    notebook: Path
    folder: Path | None
    statements: tuple[Mapped, ...]
    data: tuple[Data, ...]
    train: str
    predict: Mapping[str, Any]
    order: str = "document"


def read(project: Path, beside: Path | None = None) -> Accounting:
    """Read the accounting of a written project; `beside` is the folder its notebook came from, if that is known."""
    try:
        document = json.loads((project / FILE).read_text(encoding="utf-8"))
    except FileNotFoundError:
        message = f"{project} has no {FILE}: it is not a project made by nb2prod convert"
        raise NotebookError(message) from None
    except ValueError as error:
        message = f"{project / FILE} is not JSON: {error}"
        raise NotebookError(message) from None
    try:
        notebook = _notebook(project, document["notebook"])
        return Accounting(
            package=document["package"],
            notebook=notebook,
            folder=beside.resolve() if beside else _folder(project, document["notebook"]),
            statements=tuple(map(_mapped, document["statements"])),
            data=tuple(_data(one, project) for one in document.get("data", ())),
            train=document["train"]["status"],
            predict=document.get("predict", {"status": "none"}),
            order=document.get("order", "document"),
        )
    except (KeyError, TypeError) as error:
        message = f"{project / FILE} is not what convert writes: {type(error).__name__} {error}"
        raise NotebookError(message) from error


def with_changes(accounting: Accounting, flow: Dataflow) -> Accounting:
    """Say also of statements without a place what they would have changed."""
    statements = []
    for one in accounting.statements:
        effects = flow.effects[one.index] if one.index < len(flow.effects) else None
        if effects is not None and one.place is None:
            names = {name for name in (*effects.binds, *effects.mutates) if ":" not in name and name != "*"}
            statements.append(replace(one, binds={name: name for name in sorted(names)}))
        else:
            statements.append(one)
    return replace(accounting, statements=tuple(statements))


def _mapped(data: Mapping[str, Any]) -> Mapped:
    where = data.get("where", data)
    place = data.get("place")
    if place is None and data.get("module"):
        place = {"module": data["module"], "line": data["line"], "last_line": data["last_line"]}
    binds = data.get("binds") or ()
    return Mapped(
        index=data["index"],
        cell=where["cell"],
        line=where["line"],
        last_line=data["last_line"],
        role=data["role"],
        place=Emitted(PurePosixPath(place["module"]).as_posix(), place["line"], place["last_line"]) if place else None,
        binds=dict(binds) if isinstance(binds, dict) else {name: name for name in binds},
    )


def _data(data: Mapping[str, Any], project: Path) -> Data:
    source = data.get("source")
    return Data(data["written"], data.get("target"), (project / source).resolve() if source else None)


def _notebook(project: Path, data: Mapping[str, Any]) -> Path:
    """Give the copy in the project, which is what was converted."""
    copies = sorted((project / "notebooks").glob("*.ipynb"))
    name = Path(data["path"]).name
    found = next((one for one in copies if one.name == name), copies[0] if copies else project / data["path"])
    if not found.is_file():
        message = f"{project} has no copy of its notebook ({found.name}); convert again"
        raise NotebookError(message)
    return found


def _folder(project: Path, data: Mapping[str, Any]) -> Path | None:
    """Give the folder the notebook was converted from, if it is still there."""
    for key in ("origin", "source", "path"):
        path = project / str(data.get(key) or "")
        if path.is_file() and path.resolve().parent != (project / "notebooks").resolve():
            return path.resolve().parent
    return None
