"""A name is read above the cell that makes it.

## Why it matters

The notebook only worked because its cells were run in another order, or because
the name was still there from an earlier run. Run from the top, as a colleague, a
scheduler or a script will run it, it stops here with a `NameError`.

## Bad

```python
# In [3]:
model.fit(features)  # !
# In [2]:
from shop import Model, load

features = load()
model = Model()
```

## Good

```python
# In [2]:
from shop import Model, load

features = load()
model = Model()
# In [3]:
model.fit(features)
```

Run out of order is not the problem, as long as each name is made above its first
use; and a function may name what is made below, if it is called later still:

## Good

```python
# In [7]:
import pandas as pd


def total():
    return sales.sum()


# In [3]:
sales = pd.read_csv("sales.csv")
# In [9]:
print(total())
```

## How to mend it

Move the cell that makes the name above the first cell that reads it, then restart
the kernel and run everything once. The fix does that where the cell can stand there
and nothing else changes; an import is repeated above.
"""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from nb2prod.lint.fix import Fix, new_import
from nb2prod.lint.missing import Missing, missing
from nb2prod.lint.moving import moved_up
from nb2prod.lint.rule import Finding, Rule, listed

if TYPE_CHECKING:
    from collections.abc import Iterator

    from nb2prod.lint.rule import Context


def check(context: Context) -> Iterator[Finding]:
    """Report for each cell that comes too late the first read of what it makes."""
    late: dict[int, list[Missing]] = {}
    for each in missing(context, "later"):
        maker = context.program.statements[each.by or 0].where.cell
        late.setdefault(maker, []).append(each)
    for maker, names in late.items():
        yield _finding(context, maker, names)


def _finding(context: Context, maker: int, late: list[Missing]) -> Finding:
    places = sorted({use.where for each in late for use in each.uses})
    made = sorted(context.program.statements[each.by or 0].where for each in late)
    where = places[0]
    what = (
        "the same cell makes only further down" if maker == where.cell else f"only {context.name(maker)} below it makes"
    )
    names = listed(f"`{each.name}`" for each in late)
    also = dict.fromkeys(place for place in (*made, *places) if place != where)
    message = f"{context.name(where.cell)} reads {names}, which {what}"
    return Finding(where, message, tuple(also), fix=_fix(context, maker, where.cell, late))


def _fix(context: Context, maker: int, reader: int, late: list[Missing]) -> Fix | None:
    """Repeat the import above, or move the cell up where it can stand there."""
    statements = context.program.statements
    makers = sorted({each.by or 0 for each in late})
    if len(makers) == 1 and isinstance(statements[makers[0]].node, (ast.Import, ast.ImportFrom)):
        text = context.program.source(statements[makers[0]])
        first = statements[min(use.statement for each in late for use in each.uses)]
        return Fix((new_import(context.program, first, text),), safe=True, message=f"Insert `{text}` above")
    return moved_up(context, maker, reader) if maker > reader else None


RULE = Rule(code="HS101", name="read-before-write", severity="error", check=check)
