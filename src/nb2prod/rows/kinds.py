"""The kinds of values: Fixed, Rows, Learned, Unknown; and which raw columns they depend on."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    import ast

    from nb2prod.problems import Location


class _NotConstant:
    def __repr__(self) -> str:
        return "NOT_CONSTANT"


NOT_CONSTANT = _NotConstant()


@dataclass(frozen=True, slots=True)
class Columns:
    """Raw columns: those named and, where `all_but` is not None, every other one except these."""

    named: frozenset[str] = frozenset()
    all_but: frozenset[str] | None = None

    def __or__(self, other: Columns) -> Columns:
        if self.all_but is None or other.all_but is None:
            rest = self.all_but if other.all_but is None else other.all_but
        else:
            rest = self.all_but & other.all_but
        return Columns(self.named | other.named, rest)

    def without(self, names: frozenset[str]) -> Columns:
        """The others of them."""
        return Columns(self.named - names, None if self.all_but is None else self.all_but | names)

    def may_hold(self, name: str) -> bool:
        """Whether a raw column may be among them."""
        return name in self.named or (self.all_but is not None and name not in self.all_but)


NO_COLUMNS = Columns()
EVERY_COLUMN = Columns(all_but=frozenset())


@dataclass(frozen=True, slots=True)
class Cut:
    """A statement that left only some rows: a filter, a split (`part` of it), a sample, a reordering."""

    statement: int
    kind: Literal["filter", "missing", "split", "order"]
    part: int = 0
    how: str = ""


@dataclass(frozen=True, slots=True, eq=False)
class Fixed:
    """A value that no data enters: a constant, a module, a function, an estimator not yet fitted.

    `made`: the library's function that gave this object, of which nothing else is known.
    """

    constant: object = NOT_CONSTANT
    dotted: str | None = None
    estimator: str | None = None
    function: ast.FunctionDef | ast.Lambda | None = None
    elements: tuple[Value, ...] | None = None
    made: str | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Rows:
    """One element per raw row of the read at statement `source`, each from its own row (and Fixed or Learned values).

    `columns` are a frame's known columns and what they depend on, `rest` the raw columns it has besides;
    `unnamed` is what further columns of names unknown here depend on (dummies). `cuts` say which rows are left.
    `fresh`: its index was made anew and is no longer the raw one; `relabelled`: in predict, too. A column
    chosen by a name not known here carries that name's value as `key`; `label` is the name of the column chosen
    last. `typed`: the rows are
    written out in the notebook. `view`: an array that may share its memory with another one; `lent`: an array that may
    share it with a table, or a table with an array. `numbered`: the rows' labels enter, which number them. `plain`: the
    columns known to hold numbers; `leading`: how many of the first columns have their place for certain, where it is
    not known how many follow.
    """

    source: int
    shape: Literal["frame", "series", "array"]
    depends: Columns
    columns: tuple[tuple[str, Columns], ...] | None = None
    rest: Columns | None = None
    cuts: tuple[Cut, ...] = ()
    fresh: bool = False
    relabelled: bool = False
    unnamed: Columns | None = None
    key: Value | None = None
    label: str | None = None
    typed: bool = False
    view: bool = False
    numbered: bool = False
    plain: frozenset[str] = frozenset()
    number: bool = False
    leading: int = 0
    lent: bool = False

    def column(self, name: str) -> Columns:
        """What a column of the frame depends on."""
        for known, depends in self.columns or ():
            if known == name:
                return depends
        if self.columns is not None and self.rest is not None and self.rest.may_hold(name):
            return Columns(frozenset({name}))
        return self.unnamed if self.columns is not None and self.unnamed is not None else self.depends

    def series(self, name: str) -> Rows:
        """One column."""
        return replace(
            self,
            shape="series",
            depends=self.column(name),
            columns=None,
            rest=None,
            unnamed=None,
            key=None,
            label=name,
            plain=frozenset(),
            number=name in self.plain,
            leading=0,
        )

    def names(self) -> Columns:
        """The names that the frame's columns may have."""
        if self.columns is None or self.unnamed is not None:
            return EVERY_COLUMN
        return Columns(frozenset(name for name, _ in self.columns), self.rest.all_but if self.rest else None)

    def within(self, names: Columns) -> Columns:
        """What the columns of these names depend on."""
        if self.columns is None or self.unnamed is not None:
            return self.depends
        known = frozenset(name for name, _ in self.columns)
        rest = self.rest or NO_COLUMNS
        named = frozenset(n for n in (rest.named | names.named) - known if rest.may_hold(n) and names.may_hold(n))
        open_ended = rest.all_but is not None and names.all_but is not None
        found = Columns(named, (rest.all_but or frozenset()) | (names.all_but or frozenset()) if open_ended else None)
        for name, depends in self.columns:
            found |= depends if names.may_hold(name) else NO_COLUMNS
        return found

    def with_column(self, name: str, depends: Columns) -> Rows:
        """The frame with a column set."""
        if self.columns is None:
            return replace(self, depends=self.depends | depends)
        columns = {**dict(self.columns), name: depends}
        rest = self.rest
        if rest is not None and rest.all_but is not None:
            rest = Columns(rest.named - {name}, rest.all_but | {name})
        return _totalled(replace(self, columns=tuple(columns.items()), rest=rest, plain=self.plain - {name}))

    def without(self, names: frozenset[str]) -> Rows:
        """The frame without some columns."""
        if self.columns is None:
            return self
        columns = tuple((name, depends) for name, depends in self.columns if name not in names)
        rest = self.rest
        if rest is not None and rest.all_but is not None:
            rest = Columns(rest.named - names, rest.all_but | names)
        leading = sum(name not in names for name, _ in self.columns[: self.leading])
        return _totalled(replace(self, columns=columns, rest=rest, leading=leading))

    def only(self, names: tuple[str, ...]) -> Rows:
        """The frame with just these columns."""
        chosen = tuple((name, self.column(name)) for name in names)
        return _totalled(replace(self, columns=chosen, rest=None, unnamed=None, leading=0))


Size = Literal["one", "columns", "values", "table", "mask", "many"]


@dataclass(frozen=True, slots=True, eq=False)
class Learned:
    """A value computed from many rows; `estimator` names the class of a fitted one.

    `size`: `one` number or text, one for each of the `columns`, a list of `values` (of any length), a `table` of
    them, a `mask` that tells for each row of the training data whether something holds, or `many`: not known, perhaps
    one for each row of the training data. A list of column names tells
    `among` which they are.
    """

    where: Location
    source: int | None = None
    depends: Columns = NO_COLUMNS
    estimator: str | None = None
    inputs: Value | None = None
    target: Value | None = None
    elements: tuple[Value, ...] | None = None
    lengthwise: bool = False
    size: Size = "many"
    among: Columns | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Parts:
    """A tuple whose elements are known one by one, such as what train_test_split gives; a dict of models has `keys`."""

    elements: tuple[Value, ...]
    keys: tuple[object, ...] | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Grouped:
    """Rows grouped by a key: `df.groupby("a")`, perhaps with columns chosen."""

    rows: Rows
    keys: ast.expr
    frame: ast.expr
    chosen: ast.expr | None = None
    depends: Columns = field(default=NO_COLUMNS)


@dataclass(frozen=True, slots=True, eq=False)
class Dataset:
    """A table that scikit-learn brings or makes: `load_iris()`; its raw columns are its features and `target`."""

    source: int
    frame: bool = False


TARGET = "target"

EMPTY = "pandas.DataFrame()"
"""What made a table without rows and columns, to be filled column by column."""


@dataclass(frozen=True, slots=True, eq=False)
class Unknown:
    """We cannot tell, and say why."""

    where: Location
    why: str


Value = Fixed | Rows | Learned | Parts | Grouped | Dataset | Unknown


def raw_frame(statement: int, header: tuple[str, ...] | None, numbers: frozenset[str] = frozenset()) -> Rows:
    """The frame that a read call gives; `numbers` are the columns known to hold numbers."""
    if header is None:
        return Rows(statement, "frame", EVERY_COLUMN, (), EVERY_COLUMN)
    columns = tuple((name, Columns(frozenset({name}))) for name in header)
    return _totalled(Rows(statement, "frame", NO_COLUMNS, columns, None, plain=numbers))


def features_of(dataset: Dataset) -> Rows:
    """The features of a data set of scikit-learn."""
    features = Columns(all_but=frozenset({TARGET}))
    if dataset.frame:
        return Rows(dataset.source, "frame", features, (), features)
    return Rows(dataset.source, "array", features)


def target_of(dataset: Dataset) -> Rows:
    """The target of a data set of scikit-learn."""
    shape: Literal["series", "array"] = "series" if dataset.frame else "array"
    return Rows(dataset.source, shape, Columns(frozenset({TARGET})), label=TARGET)


def _totalled(frame: Rows) -> Rows:
    depends = (frame.rest or NO_COLUMNS) | (frame.unnamed or NO_COLUMNS)
    for _, each in frame.columns or ():
        depends |= each
    return replace(frame, depends=depends)
