"""Expressions that mean something else at predict time than in training."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import ast

    from nb2prod.rows.kinds import Cut, Unknown


@dataclass(frozen=True, slots=True)
class Skipped:
    """Rows are left out or reordered: at predict time the expression is its `base`."""

    base: ast.expr
    cut: Cut


@dataclass(frozen=True, slots=True)
class EachRow:
    """`np.ones(len(rows))`: a constant as often as there are `rows`; `count` is where the call says how often."""

    rows: ast.expr
    count: ast.expr


@dataclass(frozen=True, slots=True)
class AppliedWritten:
    """`rows.apply(function)` with a function that reads what is learnt: its body written where it is given."""

    call: ast.Call
    function: ast.Lambda


@dataclass(frozen=True, slots=True)
class FitTransform:
    """`estimator.fit_transform(rows)`: at predict time `transform`, or another `method`, of what was fitted."""

    estimator: ast.expr
    argument: ast.expr
    name: str
    method: str = "transform"


@dataclass(frozen=True, slots=True)
class Dummies:
    """`get_dummies(rows, ...)`: categories are those seen in training."""

    argument: ast.expr
    columns: ast.expr | None


@dataclass(frozen=True, slots=True)
class ChosenColumns:
    """A frame whose columns were chosen by looking at the data: `df.select_dtypes(...)`, `df.dropna(axis=1)`."""

    base: ast.expr


@dataclass(frozen=True, slots=True)
class GroupTransform:
    """`df.groupby(key)[column].transform(aggregate)`: the groups' values seen in training."""

    frame: ast.expr
    key: str
    column: str
    aggregate: ast.expr


@dataclass(frozen=True, slots=True)
class Binned:
    """`qcut`, or `cut` with a number of bins: the edges seen in training."""

    call: ast.Call
    values: ast.expr
    quantiles: bool


@dataclass(frozen=True, slots=True)
class Codes:
    """`rows.astype("category").cat.codes`: the categories seen in training."""

    base: ast.expr


@dataclass(frozen=True, slots=True)
class Factorized:
    """`pd.factorize(rows)[0]`, made by `call`: the values seen in training, numbered."""

    call: ast.Call
    values: ast.expr


@dataclass(frozen=True, slots=True)
class Dated:
    """`to_datetime(rows)` without a format: the one of the training data."""

    call: ast.Call
    values: ast.expr


@dataclass(frozen=True, slots=True)
class SplitApart:
    """`rows.str.split(..., expand=True)`: as many columns as the training data made."""

    call: ast.Call


@dataclass(frozen=True, slots=True)
class WithConstant:
    """`sm.add_constant(rows)`: a column of ones, if the training data got one (all columns of one row are constant)."""

    call: ast.Call
    rows: ast.expr


@dataclass(frozen=True, slots=True)
class Lost:
    """A column that is set to something that cannot be told."""

    why: Unknown


@dataclass(frozen=True, slots=True)
class RowLoop:
    """A loop over rows that fills a list; `over` are the rows that predict counts instead of what is written."""

    over: ast.expr | None


Special = (
    Skipped
    | FitTransform
    | Dummies
    | ChosenColumns
    | GroupTransform
    | Binned
    | Codes
    | Factorized
    | Dated
    | SplitApart
    | WithConstant
    | AppliedWritten
    | Lost
    | EachRow
    | RowLoop
)
