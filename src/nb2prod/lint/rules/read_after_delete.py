"""A name is read below the statement that deletes it.

## Why it matters

The cells were run in another order, or the `del` was put in later to save memory.
Run from the top, the notebook stops here with a `NameError`.

## Bad

```python
# In [1]:
import pandas as pd

raw = pd.read_csv("sales.csv")
sales = raw.dropna()
# In [5]:
del raw
# In [3]:
print(len(raw) - len(sales))  # !
```

## Good

```python
# In [1]:
import pandas as pd

raw = pd.read_csv("sales.csv")
sales = raw.dropna()
# In [3]:
print(len(raw) - len(sales))
# In [5]:
del raw
```

Deleting a column keeps the table, and a name that is made again is there again:

## Good

```python
# In [1]:
import pandas as pd

sales = pd.read_csv("sales.csv")
del sales["id"]
# In [2]:
print(sales)
# In [3]:
del sales
sales = pd.read_csv("sales.csv")
# In [4]:
print(sales)
```

## How to mend it

Move the read above the `del`, or the `del` below the last read.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from nb2prod.lint.missing import missing
from nb2prod.lint.rule import Finding, Rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from nb2prod.lint.rule import Context


def check(context: Context) -> Iterator[Finding]:
    """Report the first read of each name after it was deleted."""
    for each in missing(context, "deleted"):
        deleted = context.program.statements[each.by or 0].where
        where, *again = dict.fromkeys(use.where for use in each.uses)
        by = "the same cell" if deleted.cell == where.cell else context.name(deleted.cell)
        message = f"{context.name(where.cell)} reads `{each.name}`, which {by} above it deletes"
        yield Finding(where, message, (deleted, *again))


RULE = Rule(code="HS103", name="read-after-delete", severity="error", check=check)
