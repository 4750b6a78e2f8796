"""A cell's saved output cannot be that of its source: the source was edited after the cell was run.

## Why it matters

What is shown belongs to code that is no longer there. Whoever runs the notebook from
top to bottom gets something else, and nobody knows what the numbers next to it were
computed from. The source is compared with what is plain to see in the output: texts
and values that depend on literals only, columns and numbers of rows that are chosen,
the shape of a figure, the lines that a traceback quotes.

## Bad

```python
# In [1]:
import pandas as pd

rate = 0.25
sales = pd.read_csv("sales.csv")
# In [2]:
print("Mean price with tax:", sales["price"].mean())  # !
# Printed:
# Mean price: 12.5
# In [3]:
100 * rate  # !
# Out:
# 20.0
```

## Bad

```python
# In [1]:
print(f"{total} rows")  # !
# Error:
# ---------------------------------------------------------------------------
# NameError                                 Traceback (most recent call last)
# <ipython-input-1-5a2b8c3d4e5f> in <module>
# ----> 1 print(f"{totals} rows")
#
# NameError: name 'totals' is not defined
```

## Good

```python
# In [1]:
rate = 0.25
total = 80
# In [2]:
print(f"Rate: {rate}")
# Printed:
# Rate: 0.25
# In [3]:
total * rate
# Out:
# 20.0
```

What is not certain is not compared: texts in branches and functions, and in loops unless other
texts of the same loop are there.

## Good

```python
# In [1]:
import sys

if len(sys.argv) > 9:
    print("many")
for i in range(3):
    print("row", i, end=" ")
# Printed:
# row 0 row 1 row 2
```

## How to mend it

Run the cell again, and what depends on it; best restart the kernel and run everything.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from nb2prod.lint.contradictions import contradictions
from nb2prod.lint.disorder import misread
from nb2prod.lint.rule import Finding, Rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from nb2prod.lint.rule import Context
    from nb2prod.program import ParsedCell


def check(context: Context) -> Iterator[Finding]:
    """Report each cell by its first contradiction, but for those that the order of runs explains."""
    if _shows_otherwise(context):
        return
    disordered = {each.use.where.cell for reads in misread(context).values() for each in reads}
    for cell in context.parsed:
        if not cell.statements or not cell.cell.outputs or cell.cell.index in disordered or _is_special(cell):
            continue
        first = next(contradictions(context, cell), None)
        if first is not None:
            name = context.name(cell.cell.index)
            message = f"{name} {first.said}, but its saved output {first.shown}: it was edited after it was run"
            yield Finding(first.where, message)


def _shows_otherwise(context: Context) -> bool:
    """Tell whether the notebook is one of Python 2, or shows more values than the last one of each cell."""
    notebook = context.program.notebook
    return (
        (notebook.python or "").startswith("2")
        or (notebook.old and notebook.python is None)
        or any(
            "InteractiveShell" in cell.source or sum(each.kind == "result" for each in cell.outputs) > 1
            for cell in notebook.code_cells
        )
    )


def _is_special(cell: ParsedCell) -> bool:
    """Tell whether something else than the cell's code decides what is shown."""
    source = cell.cell.source
    return source.lstrip().startswith("%%") or "clear_output" in source or "redirect_stdout" in source


RULE = Rule(code="HS109", name="edited-after-run", severity="warning", check=check)
