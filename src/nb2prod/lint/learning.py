"""What a notebook learns and from which rows: its splits, its fits and what is asked of them.

A value is not its name but what it came from: the statements that read its rows in, the splits they went through, and
the fits whose result is in it.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Literal

from nb2prod.lint.learners import NO_MODELS

if TYPE_CHECKING:
    from nb2prod.problems import Location


@dataclass(frozen=True, slots=True)
class Value:
    """What a value came from.

    `sources` are the statements that read the rows in, `part` the sides of the last split, `splits` all splits on the
    way, `fits` the fits whose result is in it, `columns` those whose result is in one column only; `learners` are the
    classes of an estimator.
    """

    sources: frozenset[int] = frozenset()
    part: frozenset[tuple[int, str]] = frozenset()
    splits: frozenset[int] = frozenset()
    fits: frozenset[int] = frozenset()
    learners: frozenset[str] = frozenset()
    columns: frozenset[tuple[str, int]] = frozenset()

    def __or__(self, other: Value) -> Value:
        """Both together."""
        return Value(
            self.sources | other.sources,
            self.part | other.part,
            self.splits | other.splits,
            self.fits | other.fits,
            self.learners | other.learners,
            self.columns | other.columns,
        )

    def all_fits(self) -> frozenset[int]:
        """Every fit whose result is in it, in whatever column."""
        return self.fits | {fit for _, fit in self.columns}

    def only(self, columns: frozenset[str] | None) -> Value:
        """Take these columns; None: columns that are not known."""
        if columns is None:
            return self
        return replace(self, columns=frozenset(pair for pair in self.columns if pair[0] in columns))

    def without(self, columns: frozenset[str]) -> Value:
        """Drop these columns."""
        return replace(self, columns=frozenset(pair for pair in self.columns if pair[0] not in columns))

    def side(self) -> Literal["train", "test"] | None:
        """Say on which side of the last split all its rows are, if they are on one."""
        sides = {side for _, side in self.part}
        return "test" if sides == {"test"} else "train" if sides == {"train"} else None


@dataclass(frozen=True, slots=True)
class Split:
    """A call of train_test_split, and what it splits."""

    where: Location
    data: Value


@dataclass(frozen=True, slots=True)
class Fit:
    """A call that fits: the estimator's classes, the method, its first argument, and how many it has."""

    where: Location
    learners: frozenset[str]
    method: str
    data: Value
    count: int

    @property
    def is_model(self) -> bool:
        """Whether it predicts rather than transforms."""
        return self.method in {"fit", "fit_generator", "fit_predict"} and not self.learners & NO_MODELS

    @property
    def name(self) -> str:
        """The class, for people."""
        return " or ".join(sorted(self.learners)) or "a model"


@dataclass(frozen=True, slots=True)
class Asked:
    """A call that predicts or scores: with which fits, on what."""

    where: Location
    model: Value
    data: Value


@dataclass(slots=True)
class Learning:
    """Splits, fits and predictions of a notebook; splits and fits are known by their index."""

    splits: list[Split] = field(default_factory=list)
    fits: list[Fit] = field(default_factory=list)
    asked: list[Asked] = field(default_factory=list)
