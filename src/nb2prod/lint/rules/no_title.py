"""A notebook of some length has no heading that says what it is about.

## Why it matters

In a list of notebooks, and in the project that is made of it, the title is what tells
the reader whether to go on; without one there is only the file's name.

## Bad

```python
# In [1]:
import pandas as pd  # !

# In [2]:
days = pd.read_csv("days.csv")
# In [3]:
days = days.dropna()
# In [4]:
days.describe()
# In [5]:
days.plot()
# In [6]:
best = days.nlargest(3, "sold")
# In [7]:
best.plot()
# In [8]:
best.to_csv("best.csv")
```

## Good

```python
# Text:
# # The best days
#
# Which days sell most, and what was the weather.
# In [1]:
import pandas as pd

# In [2]:
days = pd.read_csv("days.csv")
# In [3]:
days = days.dropna()
# In [4]:
days.describe()
# In [5]:
days.plot()
# In [6]:
best = days.nlargest(3, "sold")
# In [7]:
best.plot()
# In [8]:
best.to_csv("best.csv")
```

## How to mend it

Put a markdown cell on top: `# The best days`, and a sentence on what it answers, from
which data.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from nb2prod.lint.rule import Finding, Rule
from nb2prod.problems import Location

if TYPE_CHECKING:
    from collections.abc import Iterator

    from nb2prod.lint.rule import Context

_SHORT = 7  # code cells


def check(context: Context) -> Iterator[Finding]:
    """Report a notebook that is not short, and has neither a heading nor a text on top."""
    notebook = context.program.notebook
    cells = [cell for cell in notebook.code_cells if cell.source.strip()]
    first = notebook.cells[0]
    if len(cells) <= _SHORT or first.kind != "code" or first.source.lstrip().startswith(("#", '"""', "'''")):
        return
    if notebook.title is None:
        message = f"nothing above {context.name(0)} says what this notebook is about: begin with a heading"
        yield Finding(Location(0, 1, 1), message)


RULE = Rule(code="HY105", name="no-title", severity="info", check=check, default=False)
