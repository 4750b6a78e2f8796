"""What a conversion decided: the emitted modules, and where each statement of the notebook went."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from pathlib import Path

    from nb2prod.problems import Location, Refusal

Role = Literal["train", "predict", "shared", "settings", "explore", "dropped"]
ModelKind = Literal["classification", "regression", "clustering", "other"]


@dataclass(frozen=True, slots=True)
class Place:
    """Lines of an emitted module (1-based, inclusive); `module` is e.g. `features.py`."""

    module: str
    line: int
    last_line: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Accounted:
    """One top-level statement of the notebook and where it went (`place` is None when dropped).

    `binds` are the names whose values it binds or changes in place, for comparing values.
    `also` are further places where explore repeats it. A broken cell has one entry, dropped.
    """

    index: int
    where: Location
    last_line: int
    role: Role
    reason: str | None = None
    place: Place | None = None
    also: tuple[Place, ...] = ()
    binds: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Learnt:
    """A value that preprocessing learnt from the training data and predict reuses."""

    name: str
    where: Location
    expression: str
    frame: str


@dataclass(frozen=True, slots=True)
class Module:
    """An emitted module of the package: its file name and its code."""

    name: str
    code: str


@dataclass(frozen=True, slots=True)
class DataFile:
    """A file the notebook reads: where it is, and its place in the project (None: the user brings it)."""

    written: str
    source: Path | None
    target: str | None
    reason: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Chosen:
    """The notebook's final prediction: its place, its model and input as the notebook writes them, and why it is it."""

    where: Location
    prediction: str
    model: str | None
    input: str | None
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """Whether train or predict could be made."""

    status: Literal["ok", "refused", "none"]
    refusal: Refusal | None = None
    chosen: str | None = None
    alternatives: tuple[str, ...] = ()
    choice: Chosen | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """The notebook's own prediction, for the proof: expressions to evaluate right after the statement.

    `rows` has the labels of the raw rows as its index (None: they are matched by value), `raw` is the project's file.
    `inside` is the function in which they are evaluated, when the statement's last call of it returns.
    """

    statement: int
    input: str
    output: str
    rows: str | None
    raw: str | None
    inside: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Conversion:
    """Everything that the emitted project is written from."""

    package: str
    modules: tuple[Module, ...]
    statements: tuple[Accounted, ...]
    learnt: tuple[Learnt, ...] = ()
    data: tuple[DataFile, ...] = ()
    train: Outcome
    predict: Outcome
    model_kind: ModelKind = "other"
    target: str | None = None
    notes: tuple[str, ...] = ()
    asked: Asked | None = None
    order: Literal["document", "recorded"] = "document"
