"""An import stands far below the first cells.

## Why it matters

What the notebook needs is only seen by reading all of it: a package that is missing
stops the run after an hour instead of at once.

## Bad

```python
# In [1]:
import pandas as pd

# In [2]:
days = pd.read_csv("days.csv")
# In [3]:
import seaborn as sns  # !

sns.lineplot(data=days, x="day", y="sold")
```

## Good

```python
# In [1]:
import pandas as pd

# In [2]:
import seaborn as sns

sns.set_theme()
# In [3]:
days = pd.read_csv("days.csv")
# In [4]:
sns.lineplot(data=days, x="day", y="sold")
```

## How to mend it

Move the imports up into the first cells, one a line.
"""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from nb2prod.lint.rule import Finding, Rule, listed
from nb2prod.program import ParsedCell

if TYPE_CHECKING:
    from collections.abc import Iterator

    from nb2prod.lint.rule import Context
    from nb2prod.program import Statement


def check(context: Context) -> Iterator[Finding]:
    """Report the first import below a cell without any; the others are its further places."""
    late: list[Statement] = []
    known: set[str] = set()
    at_work = False
    for cell in context.program.cells:
        if not isinstance(cell, ParsedCell):
            continue
        imports = [each for each in cell.statements if isinstance(each.node, (ast.Import, ast.ImportFrom))]
        if at_work:
            late += [each for each in imports if not _names(each.node) <= known]
        known |= {name for each in imports for name in _names(each.node)}
        at_work = at_work or (not imports and any(not _is_setup(each.node) for each in cell.statements))
    if late:
        first, *others = late
        what = listed(f"`{name}`" for name in dict.fromkeys(each for one in late for each in sorted(_names(one.node))))
        message = f"{context.name(first.cell)} imports {what} below where the work began: import in the first cells"
        yield Finding(first.where, message, tuple(each.where for each in others))


def _names(node: ast.stmt) -> set[str]:
    match node:
        case ast.Import(names=aliases):
            return {alias.name for alias in aliases}
        case ast.ImportFrom(module=module, names=aliases):
            return {f"{module}.{alias.name}" for alias in aliases}
        case _:
            return set()


def _is_setup(node: ast.stmt) -> bool:
    """Settings, installations and texts may stand among the imports."""
    match node:
        case ast.Expr():
            return True
        case ast.Assign(value=ast.Constant()):
            return True
        case _:
            return False


RULE = Rule(code="EN103", name="import-outside-first-cells", severity="info", check=check, default=False)
