"""A cell's saved output takes megabytes.

## Why it matters

The notebook opens slowly, hosting sites refuse to show it, and each saved run puts the
same megabytes into the repository once more, where they stay.

## Bad

```python
# In [1]:
import pandas as pd

days = pd.read_csv("days.csv")
# In [2]:
print(days.to_string())  # !
# Printed (3400000 characters):
#     day  sold
# 0     1   104
```

## Good

```python
# In [1]:
import pandas as pd

days = pd.read_csv("days.csv")
# In [2]:
print(days.head().to_string())
# Printed (340000 characters):
#     day  sold
# 0     1   104
```

## How to mend it

Show the first rows, or a plot of them all; thin out the points of an interactive plot
or save it to a file of its own; print progress every hundredth time. Then run the cell
again, or clear its output.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from nb2prod.lint.rule import Finding, Rule
from nb2prod.problems import Location

if TYPE_CHECKING:
    from collections.abc import Iterator

    from nb2prod.lint.rule import Context
    from nb2prod.outputs import Output

_HUGE = 1_000_000  # of 1,311 public notebooks 3% have a cell above it; GitHub stops showing notebooks at some ten


def check(context: Context) -> Iterator[Finding]:
    """Report each cell whose outputs are too large together, with what is largest in them."""
    for cell in context.program.notebook.code_cells:
        size = sum(output.size for output in cell.outputs)
        if size >= _HUGE:
            largest = max(cell.outputs, key=lambda output: output.size)
            message = (
                f"the saved output of {context.name(cell.index)} takes {size / 1e6:.1f} MB, most of it {_kind(largest)}"
            )
            yield Finding(Location(cell.index, 1, 1), f"{message}: show less of it, or save it to a file")


def _kind(output: Output) -> str:
    if output.kind == "stream":
        return "printed text"
    if output.kind == "error":
        return "a traceback"
    kinds = [mime for mime in output.mimes if mime != "text/plain"]
    return f"`{kinds[0]}`" if kinds else "text"


RULE = Rule(code="HY101", name="huge-output", severity="warning", check=check)
