"""A cell in the middle of the notebook is empty.

## Why it matters

The reader wonders what is missing there, and the blank cells pile up.

## Bad

```python
# In [1]:
import pandas as pd

days = pd.read_csv("days.csv")
# In [ ]:
# !
# In [2]:
days.plot()
```

## Good

```python
# In [1]:
import pandas as pd

days = pd.read_csv("days.csv")
# In [2]:
# nothing to clean: the days are complete
# In [3]:
days.plot()
# In [ ]:
```

## How to mend it

Delete it. The empty last cell that Jupyter makes is not reported, nor is a comment that
says something.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from nb2prod.lint.rule import Finding, Rule, listed
from nb2prod.problems import Location

if TYPE_CHECKING:
    from collections.abc import Iterator

    from nb2prod.lint.rule import Context
    from nb2prod.notebook import Cell


def check(context: Context) -> Iterator[Finding]:
    """Report the first empty cell; the others are its further places."""
    cells = list(context.program.notebook.cells)
    while cells and _is_empty(cells[-1]):
        cells.pop()
    empty = [cell.index for cell in cells if cell.kind == "code" and _is_empty(cell)]
    if empty:
        more = (
            f", as {'are' if empty[2:] else 'is'} {listed(f'cell {cell}' for cell in empty[1:])}" if empty[1:] else ""
        )
        yield Finding(
            Location(empty[0], 1, 1),
            f"{context.name(empty[0])} is empty{more}: delete it",
            tuple(Location(cell, 1, 1) for cell in empty[1:]),
        )


def _is_empty(cell: Cell) -> bool:
    """Nothing to run and nothing to read: `#` alone says nothing."""
    return not any(character.isalnum() for character in cell.source) and all(
        line.lstrip().startswith("#") or not line.strip() for line in cell.source.splitlines()
    )


RULE = Rule(code="HY103", name="empty-cell", severity="info", check=check, default=False)
