"""A cell read another value when it was run than it would from top to bottom.

## Why it matters

The execution counts tell in which order the cells ran. Where that order hands a cell
another version of a value than the order on the page does, the saved outputs are
not what anybody gets who runs the notebook: numbers in a report come from rows that
were filtered later, or not yet.

## Bad

```python
# In [1]:
import pandas as pd

sales = pd.read_csv("sales.csv")
# In [3]:
print(sales["price"].mean())  # !
# In [2]:
sales = sales[sales["price"] > 0]
# In [4]:
print(len(sales))
```

## Good

Out of order, but each cell read what it reads from top to bottom:

```python
# In [1]:
import pandas as pd

sales = pd.read_csv("sales.csv")
# In [5]:
import numpy as np

# In [3]:
print(sales["price"].mean())
# In [2]:
print(len(sales))
# In [6]:
print(np.sqrt(sales["price"]))
```

A cell whose last run came late may well have run in its place before; that order
alone proves nothing:

## Good

```python
# In [1]:
import pandas as pd

sales = pd.read_csv("sales.csv")
# In [9]:
sales = sales.dropna()
# In [3]:
print(sales["price"].mean())
```

## How to mend it

Where all cells read what they read when they were run once one cell is moved, the fix
moves it. Otherwise restart the kernel and run everything once. If the numbers change, decide which ones
are meant, and put the cells into the order that gives them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from nb2prod.lint.disorder import Misread, misread
from nb2prod.lint.moving import moved_as_run
from nb2prod.lint.passes import Leftover, leftovers
from nb2prod.lint.rule import Finding, Rule, listed

if TYPE_CHECKING:
    from collections.abc import Iterator

    from nb2prod.lint.fix import Fix
    from nb2prod.lint.rule import Context


def check(context: Context) -> Iterator[Finding]:
    """Report for each cell that ran out of its place the first read that saw another value because of it."""
    for cell, reads in misread(context).items():
        if cell in context.runs:
            yield _finding(context, cell, reads)
    by_writer: dict[int, list[Leftover]] = {}
    for each in leftovers(context):
        by_writer.setdefault(context.program.statements[each.writer].cell, []).append(each)
    for cell, found in by_writer.items():
        yield _leftover(context, cell, found)


def _leftover(context: Context, cell: int, found: list[Leftover]) -> Finding:
    first = found[0]
    where = first.use.where
    names = listed(dict.fromkeys(f"`{each.use.name}`" for each in found if each.use.statement == first.use.statement))
    message = (
        f"{context.name(where.cell)} may have read {names} as {context.name(cell)} below it left it: before "
        f"{context.name(first.again)} as many counts are missing as cells were run from there on"
    )
    places = (context.program.statements[first.writer].where, *(each.use.where for each in found))
    return Finding(where, message, tuple(place for place in dict.fromkeys(places) if place != where), "warning")


def _finding(context: Context, cell: int, reads: list[Misread]) -> Finding:
    statements = context.program.statements
    first = reads[0]
    where = first.use.where
    names = listed(dict.fromkeys(f"`{each.use.name}`" for each in reads if each.use.statement == first.use.statement))
    reader, other = context.name(where.cell), context.name(cell)
    if first.left and cell < where.cell:
        message = f"{reader} read {names} as {other} above left it, which ran after what makes it anew below {other}"
    elif cell > where.cell:
        message = f"{reader} read {names} as {other} below it left it; from top to bottom it reads an older value"
    elif context.runs[cell] < context.runs[where.cell]:
        message = (
            f"{reader} read {names} as another cell left it after {other} ran; from top to bottom {other} comes last"
        )
    else:
        message = f"{reader} read {names} before {other} above it set it: that cell ran later"
    places = (statements[first.culprit].where, *(each.use.where for each in reads))
    also = tuple(place for place in dict.fromkeys(places) if place != where)
    return Finding(where, message, also, fix=_fix(context, cell, where.cell))


def _fix(context: Context, cell: int, reader: int) -> Fix | None:
    """Move one of the two cells to where it ran."""
    if cell > reader:
        return moved_as_run(context, cell, reader)
    return moved_as_run(context, reader, cell) if context.runs[cell] > context.runs[reader] else None


RULE = Rule(code="HS105", name="run-order-changes-value", severity="error", check=check)
