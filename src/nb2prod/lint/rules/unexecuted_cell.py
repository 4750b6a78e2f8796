"""A cell was not run, but cells below it were.

## Why it matters

What is saved was computed without it. From top to bottom it runs, and what it makes or
changes reaches the cells below: they give something else than they show. Where
nothing below reads what the cell does, it is only information.

## Bad

```python
# In [1]:
import pandas as pd

sales = pd.read_csv("sales.csv")
# In [ ]:
sales = sales[sales["price"] > 0]  # !
# In [2]:
print(sales["price"].mean())
```

## Bad

```python
# In [1]:
import pandas as pd

sales = pd.read_csv("sales.csv")
# In [ ]:
sales.describe()  # !
# In [2]:
print(sales["price"].mean())
```

## Good

What is not run at the end, and cells without code, are no problem:

```python
# In [1]:
import pandas as pd

sales = pd.read_csv("sales.csv")
# In [ ]:
# sales = sales[sales["price"] > 0]
# In [2]:
print(sales["price"].mean())
# In [ ]:
print(sales["price"].max())
```

## How to mend it

Restart the kernel and run everything once; delete the cell, or comment it out, if it
is not meant to run.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from nb2prod.lint.disorder import Misread, misread
from nb2prod.lint.rule import Finding, Rule, listed

if TYPE_CHECKING:
    from collections.abc import Iterator

    from nb2prod.lint.rule import Context
    from nb2prod.problems import Location


def check(context: Context) -> Iterator[Finding]:
    """Report each such cell that something below depends on, and in one finding those that nothing depends on."""
    last = max(context.runs, default=-1)
    affected = misread(context)
    others: list[Location] = []
    for cell in context.parsed:
        index = cell.cell.index
        if index > last or index in context.runs or cell.cell.uncounted or not cell.statements:
            continue
        if index in affected:
            yield _finding(context, index, affected[index])
        else:
            others.append(cell.statements[0].where)
    if others:
        first, *more = others
        also = f", and neither were {len(more)} more" if more else ""
        yield Finding(first, f"{context.name(first.cell)} was not run, but cells below it were{also}", tuple(more))


def _finding(context: Context, cell: int, reads: list[Misread]) -> Finding:
    where = context.program.statements[reads[0].culprit].where
    names = listed(dict.fromkeys(f"`{each.use.name}`" for each in reads))
    reader = context.name(reads[0].use.where.cell)
    message = f"{context.name(cell)} was not run; from top to bottom it changes {names}, which {reader} reads"
    also = tuple(dict.fromkeys(each.use.where for each in reads if each.use.where != where))
    return Finding(where, message, also, "warning")


RULE = Rule(code="HS114", name="unexecuted-cell", severity="info", check=check)
