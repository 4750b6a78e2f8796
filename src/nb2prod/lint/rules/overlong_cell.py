"""A cell does too much to be read, run again or tested on its own.

## Why it matters

A change at its end means running all of it again; what it shows is far from what makes
it; and it has no name to find it by.

## Bad

```python
# In [1]:
import pandas as pd  # !

days = pd.read_csv("days.csv")
days = days.dropna()
days = days[days["sold"] > 0]
days["day"] = pd.to_datetime(days["day"])
days["month"] = days["day"].dt.month
days["weekday"] = days["day"].dt.weekday
days["weekend"] = days["weekday"] > 4
days["rain"] = days["rain"].clip(0, 50)
days["warm"] = days["heat"] > 20
days["per_visitor"] = days["sold"] / days["visitors"]
print(days.shape)
print(days.describe())
months = days.groupby("month")["sold"].sum()
print(months.max())
print(months.idxmax())
months.plot()
weekdays = days.groupby("weekday")["sold"].sum()
print(weekdays.max())
print(weekdays.idxmax())
weekdays.plot()
rain = days.groupby("rain")["sold"].sum()
print(rain.max())
print(rain.idxmax())
rain.plot()
warm = days.groupby("warm")["sold"].sum()
print(warm.max())
print(warm.idxmax())
warm.plot()
for month in months.index:
    print(month)
    print(months[month])
months.to_csv("months.csv")
weekdays.to_csv("weekdays.csv")
rain.to_csv("rain.csv")
warm.to_csv("warm.csv")
best = days.nlargest(3, "sold")
worst = days.nsmallest(3, "sold")
print(best)
print(worst)
best.to_csv("best.csv")
worst.to_csv("worst.csv")
```

## Good

```python
# In [1]:
import pandas as pd


def prepared(days):
    days = days.dropna()
    days = days[days["sold"] > 0]
    return days.assign(month=pd.to_datetime(days["day"]).dt.month)


days = prepared(pd.read_csv("days.csv"))
# In [2]:
for column in ["month", "rain", "warm"]:
    days.groupby(column)["sold"].sum().plot()
```

## How to mend it

Cut it where its comments and blank lines already do, with a heading above each part;
make what is repeated a loop, and what has a name a function.
"""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from nb2prod.lint.rule import Finding, Rule
from nb2prod.program import ParsedCell

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from nb2prod.lint.rule import Context

_MOST = 40  # 2% of the cells of 1,311 public notebooks have more


def check(context: Context) -> Iterator[Finding]:
    """Report each cell with too many statements, imports and the insides of functions and classes not counted."""
    for cell in context.program.cells:
        if not isinstance(cell, ParsedCell) or len(cell.lines) <= _MOST // 2:
            continue
        count = _count([each.node for each in cell.statements])
        if count > _MOST:
            name = context.name(cell.cell.index)
            message = f"{name} has {count} statements: cut it into cells of one step each, under headings"
            yield Finding(cell.statements[0].where, message)


def _count(body: Sequence[ast.AST]) -> int:
    found = 0
    for node in body:
        found += isinstance(node, ast.stmt) and not isinstance(node, (ast.Import, ast.ImportFrom))
        if not isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            for block in ("body", "orelse", "finalbody", "handlers", "cases"):
                below = getattr(node, block, ())
                found += _count(below) if isinstance(below, list) else 0
    return found


RULE = Rule(code="HY104", name="overlong-cell", severity="info", check=check, default=False)
