"""What a notebook learns and from which rows: its splits, its fits, its statistics and what is asked of its models.

A value is not its name but what it came from: the statements that read its rows in, the sides of the splits they went
through, and the events (fits, statistics, copies of rows, …) whose result is in it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, TypeVar

from nb2prod.lint.learners import ARE_NO_MODELS, COMPOSED, EXPLAIN, LEARN_NOTHING

if TYPE_CHECKING:
    import ast
    from collections.abc import Iterable, Iterator

    from nb2prod.problems import Location

Shape = Literal["", "grouped", "windowed"]
How = Literal["call", "folds", "cross", "slice", "part"]


class Table(NamedTuple):  # as Value
    """Which columns a table has: those of `frame` (a number), `only` some of them, without the `dropped` ones.

    `made` are columns computed row by row, each with the columns it was computed from.
    """

    frame: int
    only: frozenset[str] | None = None
    dropped: frozenset[str] = frozenset()
    made: frozenset[tuple[str, frozenset[str]]] = frozenset()

    def holds(self, column: str) -> bool:
        """Whether it has a column that `frame` has."""
        return column not in self.dropped and (self.only is None or column in self.only)


class Value(NamedTuple):  # many are made, and made again with a change: a dataclass takes ten times as long
    """What a value came from.

    `sources` are numbers of the calls that read the rows in, `sides` the sides of all splits on the way, `marks` the
    events whose result is in it, `columns` those whose result is in one column only; `learners` are the classes of an
    estimator. `column` is the one column of a table that this is; `needs` the columns it is computed from row by row,
    None where that is not known. `parts` are a tuple's, `given` what an estimator got when it was made.
    """

    sources: frozenset[int] = frozenset()
    sides: frozenset[tuple[int, str]] = frozenset()
    marks: frozenset[int] = frozenset()
    columns: frozenset[tuple[str, int]] = frozenset()
    learners: frozenset[str] = frozenset()
    table: Table | None = None
    column: tuple[int, str] | None = None
    needs: frozenset[tuple[int, str]] | None = frozenset()
    shape: Shape = ""
    parts: tuple[Value, ...] | None = None
    given: Value | None = None

    def __or__(self, other: Value) -> Value:
        """Both together."""
        if other is NOTHING or other is self:
            return self
        if self is NOTHING:
            return other
        return Value(
            self.sources | other.sources,
            self.sides | other.sides,
            self.marks | other.marks,
            self.columns | other.columns,
            self.learners | other.learners,
            needs=None if self.needs is None or other.needs is None else self.needs | other.needs,
            shape=self.shape or other.shape,
        )

    @property
    def splits(self) -> frozenset[int]:
        """The splits that its rows went through."""
        return frozenset(split for split, _ in self.sides)

    def all_marks(self) -> frozenset[int]:
        """Every event whose result is in it, in whatever column."""
        return self.marks | {mark for _, mark in self.columns} if self.columns else self.marks

    def only(self, columns: frozenset[str] | None) -> Value:
        """Take these columns; None: columns that are not known."""
        if columns is None:
            return replace(self, table=None, column=None, needs=None)
        kept = frozenset(pair for pair in self.columns if pair[0] in columns) if self.columns else self.columns
        if self.table is None:
            return replace(self, columns=kept, column=None, needs=None)
        one = next(iter(columns)) if len(columns) == 1 else None
        return replace(
            self,
            columns=kept,
            table=replace(self.table, only=columns),
            column=(self.table.frame, one) if one else None,
            needs=frozenset((self.table.frame, each) for each in columns),
        )

    def without(self, columns: frozenset[str]) -> Value:
        """Drop these columns."""
        table = self.table and replace(self.table, dropped=self.table.dropped | columns)
        return replace(self, columns=frozenset(pair for pair in self.columns if pair[0] not in columns), table=table)

    def marked(self, *marks: int) -> Value:
        """Put the results of events in."""
        return replace(self, marks=self.marks.union(marks))

    def blurred(self) -> Value:
        """Forget which columns there are."""
        if self.table is None and self.column is None and self.needs is None:
            return self
        return replace(self, table=None, column=None, needs=None)


NOTHING = Value()

_Tuple = TypeVar("_Tuple", Value, Table)


def replace(value: _Tuple, **changes: Any) -> _Tuple:  # noqa: ANN401 - of any of its fields
    """Give a new value with some other fields; without any it is another one that is equal."""
    fields = list(value)
    places = _PLACES[value.__class__]
    for name, new in changes.items():
        fields[places[name]] = new
    return _new(value.__class__, fields)


_PLACES = {kind: {name: place for place, name in enumerate(kind._fields)} for kind in (Value, Table)}
_new = tuple.__new__
"""With the places, `_replace` in half the time."""


def all_of(values: Iterable[Value]) -> Value:
    """Put values together."""
    found = NOTHING
    for each in values:
        if each is not NOTHING:
            found = each if found is NOTHING else found | each
    return found


@dataclass(frozen=True, slots=True, eq=False)
class Split:
    """What cuts rows in two, or into folds: where, what is split, and by what.

    - call: scikit-learn's function; folds: an iterator of them; cross: a function that cross-validates;
    - slice: at a position; part: by a mask, a sample. Only the use of their sides tells that these are splits.

    `random`: neighbouring rows go to different sides.
    """

    where: Location
    data: Value
    kind: How
    random: bool = False

    @property
    def by_hand(self) -> bool:
        """Whether only the use of its sides can tell that it is a split."""
        return self.kind in {"slice", "part"}


Kind = Literal["fit", "statistic", "copy", "encode", "past", "ask", "score", "setting", "choice"]


@dataclass(frozen=True, slots=True, eq=False)
class Event:
    """Something that is learnt from rows, or asked of a model.

    - fit: of an estimator (`model`, as it was before) on `data` and `target`, watched on `check`;
    - statistic: a number or a table computed from many rows; encode: columns or codes that depend on which rows are
      there; copy: rows repeated or invented; past: values of neighbouring rows;
    - ask: a prediction of `model` for `data`; score: a number that tells how good predictions are;
    - setting: a loop's variable over numbers; choice: the best of several scores.

    `via` is the call of the notebook's own function in which it happens; `loops` are the loops around it.
    """

    kind: Kind
    where: Location
    name: str
    data: Value = NOTHING
    target: Value = NOTHING
    model: Value = NOTHING
    check: tuple[Value, ...] = ()
    node: ast.AST | None = None
    method: str = ""
    count: int = 0
    via: Location | None = None
    loops: tuple[int, ...] = ()

    @property
    def learners(self) -> frozenset[str]:
        """The estimator's classes."""
        return self.model.learners

    @property
    def is_model(self) -> bool:
        """Whether it is the fit of something that predicts rather than transforms."""
        if self.kind != "fit" or self.method == "fit_transform" or self.learners & EXPLAIN:
            return False
        predict = self.learners - ARE_NO_MODELS - COMPOSED - LEARN_NOTHING
        return bool(predict) or (not self.learners and self.count > 1)


@dataclass
class Learning:
    """Splits and events of a notebook, both known by their index.

    `used` are choices that something was done with, `seeded` those that a split's seed comes from.
    """

    splits: list[Split] = field(default_factory=list)
    events: list[Event] = field(default_factory=list)
    used: set[int] = field(default_factory=set)
    seeded: dict[int, frozenset[int]] = field(default_factory=dict)

    def of(self, *kinds: Kind) -> Iterator[tuple[int, Event]]:
        """Yield the events of some kinds, with their numbers."""
        for number, event in enumerate(self.events):
            if event.kind in kinds:
                yield number, event

    @cached_property
    def models(self) -> list[tuple[int, Event]]:
        """The fits of models."""
        return [(number, event) for number, event in self.of("fit") if event.is_model]

    @cached_property
    def asked(self) -> list[tuple[int, Event]]:
        """The predictions and scores."""
        return list(self.of("ask"))

    def fits_behind(self, model: Value) -> frozenset[int]:
        """The fits that an estimator is the result of."""
        return frozenset(mark for mark in model.marks if self.events[mark].is_model)

    @cached_property
    def tested(self) -> list[tuple[Value, frozenset[int]]]:
        """The rows that models are asked about or scored on, each with the fits of these models."""
        asked = [(each.data, self.fits_behind(each.model)) for _, each in self.asked]
        return asked + [(each.data, self.fits_scored(each)) for _, each in self.of("score")]

    def fits_scored(self, score: Event) -> frozenset[int]:
        """The fits whose predictions a score is about; not those that chose its columns."""
        asked = [self.events[mark] for mark in score.data.marks if self.events[mark].kind == "ask"]
        return frozenset(fit for each in asked for fit in self.fits_behind(each.model))

    @cached_property
    def roles(self) -> dict[int, tuple[str, str]]:
        """The splits that are made to train and to test, each with the names of these sides."""
        found = {n: ("train", "test") for n, split in enumerate(self.splits) if not split.by_hand}
        for data, fits in self.tested:
            for fit in fits:
                for number, side in _last_sides(data, found):
                    trained = {other for split, other in self.events[fit].data.sides if split == number}
                    if self.splits[number].by_hand and len(trained) == 1 and side not in trained:
                        found.setdefault(number, (next(iter(trained)), side))
        return found

    def side(self, value: Value) -> tuple[int, Literal["train", "test"]] | None:
        """Say on which side of the last split all its rows are, if they are on one: (split, side)."""
        last = max((split for split, _ in value.sides if split in self.roles), default=None)
        if last is None:
            return None
        sides = {side for split, side in value.sides if split == last}
        train, test = self.roles[last]
        return (last, "train") if sides == {train} else (last, "test") if sides == {test} else None

    def held_out(self, value: Value) -> int | None:
        """Give the split whose test side has all these rows."""
        found = self.side(value)
        return found[0] if found is not None and found[1] == "test" else None

    def tests(self, value: Value) -> int | None:
        """Give the split whose test side has all these rows, unless that is a part of other training rows."""
        split = self.held_out(value)
        for other, side in value.sides:
            if other != split and other in self.roles and side == self.roles[other][0]:
                return None  # a part to validate on; another one is there to test
        return split

    def saw_both_sides(self, event: Event, split: int) -> bool:
        """Whether an event learnt from rows on both sides of a split, and not from a part kept for training."""
        if not event.data.sources & self.splits[split].data.sources:
            return False
        of_this = {side for number, side in event.data.sides if number == split}
        if of_this:
            return set(self.roles[split]) <= of_this
        if any(self.splits[n].kind == "slice" for n, _ in event.data.sides - self.splits[split].data.sides):
            return False  # some of the rows, by their position
        outer = [n for n in event.data.splits if n in self.roles and self.splits[n].kind != "cross"]
        return all(len({side for n, side in event.data.sides if n == number}) > 1 for number in outer)

    def apart(self, trained: Value, other: Value) -> bool:
        """Whether some rows are others than those trained on: the other side of a split, or another source."""
        for split in trained.splits & other.splits & self.roles.keys():
            if not {pair for pair in trained.sides & other.sides if pair[0] == split}:
                return True
        held_out = self.held_out(other)
        if held_out is not None and held_out not in trained.splits and self.side(trained) is None:
            return True
        return not trained.sources & other.sources

    def leaks(self, number: int) -> tuple[int, Event] | None:
        """Find a model that gets what an event learnt from rows of both sides, and the split between them."""
        event = self.events[number]
        for place, model in self.models:
            if place == number or number not in model.data.all_marks():
                continue
            for split in sorted(model.data.splits & self.roles.keys()):
                sides = {side for other, side in model.data.sides if other == split}
                if len(sides) == 1 and self.saw_both_sides(event, split):
                    return split, model
        return None


def _last_sides(value: Value, but: dict[int, tuple[str, str]]) -> list[tuple[int, str]]:
    return sorted(pair for pair in value.sides if pair[0] not in but)
