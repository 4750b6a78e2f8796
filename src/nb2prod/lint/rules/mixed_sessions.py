"""Two cells have the same execution count: their outputs come from different sessions.

## Why it matters

A kernel gives each count once. After a restart it begins anew, and a notebook of which
only a part was run again shows outputs of two sessions side by side: nothing says
that one still belongs to the other. A copied cell has the same effect.

## Bad

```python
# In [1]:
import pandas as pd

sales = pd.read_csv("sales.csv")
# In [2]:
print(sales["price"].mean())
# Printed:
# 12.5
# In [2]:
print(sales["price"].max())  # !
# Printed:
# 31.0
```

## Good

```python
# In [1]:
import pandas as pd

sales = pd.read_csv("sales.csv")
# In [4]:
print(sales["price"].mean())
# In [ ]:
print(sales["price"].min())
# In [ ]:
print(sales["price"].max())
```

## How to mend it

Restart the kernel and run everything once.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from nb2prod.lint.rule import Finding, Rule
from nb2prod.problems import Location

if TYPE_CHECKING:
    from collections.abc import Iterator

    from nb2prod.lint.rule import Context


def check(context: Context) -> Iterator[Finding]:
    """Report the first cell whose count another cell above it has; the notebook has this one finding."""
    seen: dict[int, int] = {}
    again: list[int] = []
    for cell, run in context.runs.items():
        if run in seen:
            again.append(cell)
        seen.setdefault(run, cell)
    if again:
        first, *more = (Location(cell, 1, 1) for cell in again)
        earlier = seen[context.runs[first.cell]]
        message = (
            f"{context.name(first.cell)} has the count of {context.name(earlier)}: they were run in different sessions"
        )
        yield Finding(first, message, (Location(earlier, 1, 1), *more))


RULE = Rule(code="HS113", name="mixed-sessions", severity="info", check=check)
