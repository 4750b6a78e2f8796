"""A value is computed from today's date or the time of day.

## Why it matters

Each day gives another value: an age, a filter, a last month that is another month. The
saved outputs cannot be made again, and a model is later asked with other features than
it was trained on.

## Bad

```python
# In [1]:
from datetime import datetime

import pandas as pd

people = pd.read_csv("people.csv", parse_dates=["born"])
people["age"] = (datetime.now() - people["born"]).dt.days // 365  # !
```

## Good

```python
# In [1]:
from datetime import datetime

import pandas as pd

people = pd.read_csv("people.csv", parse_dates=["born"])
people["age"] = (pd.Timestamp("2024-01-31") - people["born"]).dt.days // 365
# In [2]:
start = datetime.now()
people["age"].hist()
print(datetime.now() - start)
```

## How to mend it

Write the day that the data are of, `pd.Timestamp("2024-01-31")`, in the first cell, or
take it from the data: `people["seen"].max()`.
"""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from nb2prod.lint.rule import Finding, Rule
from nb2prod.tree import walk

if TYPE_CHECKING:
    from collections.abc import Iterator

    from nb2prod.lint.nodes import Call
    from nb2prod.lint.rule import Context
    from nb2prod.program import Statement

_CLOCKS = frozenset(
    {
        *("datetime.datetime.now", "datetime.datetime.today", "datetime.datetime.utcnow", "datetime.date.today"),
        *("pandas.Timestamp.now", "pandas.Timestamp.today", "pandas.Timestamp.utcnow", "pandas.datetime.now"),
        *("pandas.datetime.today", "time.time", "time.localtime", "time.time_ns", "arrow.now", "arrow.utcnow"),
    }
)
_BY_NAME = frozenset(["pandas.Timestamp", "pandas.to_datetime", "numpy.datetime64"])
"""These read the clock when they are given "now" or "today"."""
_CONVERT = frozenset(
    {
        *("int", "float", "round", "pandas.to_datetime", "pandas.Timestamp", "numpy.datetime64", "numpy.timedelta64"),
        *("datetime.datetime", "datetime.date", "datetime.datetime.strptime", "datetime.datetime.combine", "str"),
    }
)
_PARTS = frozenset(
    [
        "year",
        "month",
        "day",
        "hour",
        "date",
        "weekday",
        "isoweekday",
        "normalize",
        "replace",
        "to_period",
        "timestamp",
        "strftime",
    ]
)
_USE = frozenset(
    ["date_range", "bdate_range", "download", "DataReader", "history", "seed", "manual_seed", "set_seed", "fillna"]
)
"""Functions whose result depends on the date they are given."""
_ARGUMENTS = frozenset(["random_state", "seed", "end", "start", "end_date", "start_date"])
_DEPTH = 3


def check(context: Context) -> Iterator[Finding]:
    """Report each reading of the clock whose value is computed with."""
    for call in context.nodes.calls:
        if _reads_clock(call) and _is_used(context, call.statement, call.node, _DEPTH):
            where = context.place(call.statement.cell, call.node)
            shown = ast.unparse(call.node)
            yield Finding(
                where,
                f"{context.name(where.cell)} computes with the time of the run (`{shown}`), another each day: "
                'write the day that the data are of (`pd.Timestamp("2024-01-31")`)',
            )


def _reads_clock(call: Call) -> bool:
    if call.path in _CLOCKS:
        return not (call.path == "time.localtime" and call.node.args)
    return call.path in _BY_NAME and any(
        isinstance(each, ast.Constant) and each.value in {"now", "today"} for each in call.node.args
    )


def _is_used(context: Context, statement: Statement, node: ast.expr, depth: int) -> bool:
    """Look outwards from a time: tell computing with it from showing it, and from comparing it with another."""
    parents = context.nodes.parents(statement)
    inner: ast.AST = node
    while (above := parents.get(inner)) is not None:
        used = _use(context, statement, inner, above, depth)
        if used is not None:
            return used
        inner = above
    return False


def _use(  # noqa: C901, PLR0911 - one for each kind of place
    context: Context, statement: Statement, node: ast.AST, above: ast.AST, depth: int
) -> bool | None:
    """Tell whether one step outwards computes with the time; None where it is still a time."""
    match above:
        case ast.BinOp(left=left, right=right, op=ast.Sub() | ast.Add()):
            other = right if left is node else left
            return None if _is_span(context, other, statement) else not _is_no_data(context, other, statement)
        case ast.Compare(left=left, comparators=[right]):
            return not _is_no_data(context, right if left is node else left, statement)
        case ast.Attribute(attr=name):
            return None if name in _PARTS else False
        case ast.Call(func=function):
            if node is function or context.nodes.path(function, statement) in _CONVERT:
                return None
            return (function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", "")) in _USE
        case ast.keyword(arg=name):
            return name in _ARGUMENTS
        case ast.Subscript(slice=index) | ast.Slice(lower=index) | ast.Slice(upper=index):
            return index is node
        case ast.Assign(targets=[ast.Name(id=name)]):
            return depth > 0 and _is_name_used(context, name, depth - 1)
        case ast.Assign(targets=[ast.Subscript(value=ast.Name())]):
            return True
        case ast.UnaryOp():
            return None
        case _:
            return False


def _is_name_used(context: Context, name: str, depth: int) -> bool:
    return any(_is_used(context, statement, node, depth) for statement, node in context.nodes.reads_of(name))


def _is_span(context: Context, node: ast.expr, statement: Statement) -> bool:
    """`timedelta(days=30)`, a number, or a name for such: the sum is a time again."""
    if isinstance(node, ast.Constant) and isinstance(node.value, (int, float)):
        return True
    if isinstance(node, ast.Name):
        given = context.nodes.given.get(node.id, [])
        return bool(given) and all(
            value is not None and not isinstance(value, ast.Name) and _is_span(context, value, where)
            for where, value in given
        )
    path = context.nodes.path(node.func, statement) if isinstance(node, ast.Call) else None
    return (path or "").rpartition(".")[2] in {"timedelta", "Timedelta", "DateOffset", "relativedelta", "BDay", "Day"}


def _is_no_data(context: Context, node: ast.expr, statement: Statement) -> bool:
    """Whether it is another reading of the clock (then it is a duration), or a text (then a name or a message)."""
    match node:
        case ast.Constant(value=str() as text):
            return not text[:1].isdigit()
        case ast.Name(id=name):
            given = context.nodes.given.get(name, [])
            return not given or any(value is None or _has_clock(context, value, where) for where, value in given)
        case ast.Attribute(value=ast.Name(id="self")):
            return True
        case _:
            texts = (part for part in walk(node) if isinstance(part, ast.JoinedStr))
            return _has_clock(context, node, statement) or any(texts)


def _has_clock(context: Context, node: ast.expr, statement: Statement) -> bool:
    return any(
        isinstance(each, ast.Call) and (context.nodes.path(each.func, statement) or "") in _CLOCKS | {"str"}
        for each in walk(node)
    )


RULE = Rule(code="RP102", name="clock-dependence", severity="warning", check=check)
