"""What verify found, as the user and nb2prod.json get it."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any, Literal

Status = Literal["equivalent", "different", "not comparable", "failed"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """A value that is not the notebook's; `path` is the place inside the value.

    `suspects` are statements before it that change the same name and are not in the project's train.
    """

    statement: int
    cell: int
    line: int
    name: str
    path: str
    notebook: str
    project: str
    visit: int = 0
    suspects: tuple[str, ...] = ()

    def __str__(self) -> str:
        """One line for a reader."""
        where = f"cell {self.cell}, line {self.line}: `{self.name}{self.path}`"
        suspects = f"; not in train: {', '.join(self.suspects)}" if self.suspects else ""
        return f"{where} is {self.notebook} in the notebook and {self.project} in the project{suspects}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Uncompared:
    """A value, or a part of one, that could not be compared."""

    statement: int
    cell: int
    line: int
    name: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Failed:
    """A run that broke off: which side, what happened, and where in the notebook (or in the emitted module)."""

    side: Literal["notebook", "project"]
    error: str
    cell: int | None = None
    line: int | None = None
    module: str | None = None
    module_line: int | None = None
    detail: str = ""

    def __str__(self) -> str:
        """One line for a reader."""
        place = f", cell {self.cell}, line {self.line}" if self.cell is not None else ""
        module = f" ({self.module}, line {self.module_line})" if self.module else ""
        return f"the {self.side} failed{place}{module}: {self.error}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Counts:
    """Values by outcome. `by_nature`: functions, classes, modules, pictures, and what train need not run."""

    equal: int = 0
    chance: int = 0
    different: int = 0
    not_comparable: int = 0
    by_nature: int = 0
    models: int = 0
    data: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """One way of asking the project for predictions."""

    name: str
    status: Literal["equal", "different", "not comparable", "failed"]
    rows: int = 0
    detail: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """The verdict; `train` and `predict` say what it rests on."""

    status: Status
    date: str
    python: str
    seconds: float
    train: Status
    predict: Literal["equal", "different", "not comparable", "failed", "not made"]
    counts: Counts
    failed: Failed | None = None
    differences: tuple[Difference, ...] = ()
    chance: tuple[Difference, ...] = ()
    uncompared: tuple[Uncompared, ...] = ()
    checks: tuple[Check, ...] = ()
    perturbed: str = "not run"
    reasons: tuple[str, ...] = ()

    @property
    def first(self) -> Difference | None:
        """The first statement whose value differs."""
        return self.differences[0] if self.differences else None

    def to_json(self) -> dict[str, Any]:
        """As it stands in nb2prod.json; long lists are cut, their lengths are in `counts`."""
        document = asdict(self)
        for key in ("differences", "chance", "uncompared"):
            document[key] = document[key][:50]
        return document
