"""A cell's saved output is an error.

## Why it matters

What the cell was to make is not there, or comes from an earlier run; and whoever runs
the notebook from top to bottom stops here.

## Bad

```python
# In [1]:
import pandas as pd

days = pd.read_csv("days.csv")
# In [2]:
days["sold"].mean()  # !
# Error:
# KeyError: 'sold'
```

## Good

```python
# In [1]:
import pandas as pd

days = pd.read_csv("days.csv")
# In [2]:
try:
    print(days["sold"].mean())
except KeyError as error:
    print("no column", error)
# Printed:
# no column 'sold'
```

## How to mend it

Mend what the error says and run the cell again, or delete the cell. Where the error is
the point, catch it, or give the cell the tag `raises-exception`: then a run goes on.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from nb2prod.lint.rule import Finding, Rule
from nb2prod.problems import Location

if TYPE_CHECKING:
    from collections.abc import Iterator

    from nb2prod.lint.rule import Context

_EXPECTED = "raises-exception"
_LONGEST = 80


def check(context: Context) -> Iterator[Finding]:
    """Report each cell that ended in an error; one that was stopped by hand is information."""
    for cell in context.program.notebook.code_cells:
        errors = [output for output in cell.outputs if output.kind == "error"]
        if not errors or _EXPECTED in cell.tags:
            continue
        error = errors[-1]
        text = " ".join(f"{error.name}: {error.value}".split()).removesuffix(":") or "an error without a name"
        shown = text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…"
        stopped = error.name == "KeyboardInterrupt"
        yield Finding(
            Location(cell.index, 1, 1),
            f"the last run of {context.name(cell.index)} "
            + ("was stopped by hand" if stopped else f"ended in `{shown}`")
            + ": run it again once it is mended, or delete it",
            severity="info" if stopped else None,
        )


RULE = Rule(code="HY102", name="error-in-output", severity="warning", check=check)
