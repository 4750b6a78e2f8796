"""A cell shows what it computed before a cell above, which it depends on, was run again.

## Why it matters

The cell above may have been edited and run once more; then what is shown below is that of
the earlier version, and nobody sees it. It is information, since the cell above may as
well have given the same again.

## Bad

```python
# In [1]:
import pandas as pd

sales = pd.read_csv("sales.csv")
# In [7]:
dear = sales[sales["price"] > 20]
# In [3]:
dear["price"].mean()  # !
# Out:
# 31.5
```

## Good

What only imports, what shows nothing, and what was run again as well:

```python
# In [9]:
import pandas as pd

# In [2]:
sales = pd.read_csv("sales.csv")
# In [7]:
dear = sales[sales["price"] > 20]
# In [4]:
mean = dear["price"].mean()
# In [8]:
dear["price"].mean()
# Out:
# 31.5
```

## How to mend it

Run the cells below again; best restart the kernel and run everything.
"""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from nb2prod.lint.changes import only_fits
from nb2prod.lint.disorder import misread
from nb2prod.lint.rule import Finding, Rule
from nb2prod.names import is_channel

if TYPE_CHECKING:
    from collections.abc import Iterator

    from nb2prod.lint.rule import Context
    from nb2prod.problems import Location


def check(context: Context) -> Iterator[Finding]:
    """Report for each cell that ran again the first cell below it whose output depends on it and is older."""
    counts = list(context.runs.values())
    if counts == sorted(counts) or len(set(counts)) < len(counts):
        return
    known = misread(context)
    shows = {cell.index for cell in context.program.notebook.cells if cell.outputs}
    for cell, reads in sorted(_stale(context).items()):
        old = [(reader, places) for reader, places in sorted(reads.items()) if reader in shows]
        if not old or cell in known:
            continue
        reader, places = old[0]
        names = sorted({name for name, _ in places})
        where = min(place for _, place in places)
        what = f"reads `{names[0]}`" if _reads_directly(context, cell, reader) else "depends on it"
        message = f"{context.name(reader)} shows what it computed before {context.name(cell)} was run again, and {what}"
        also = tuple(min(place for _, place in more) for _, more in old[1:])
        yield Finding(where, message, also)


_Places = set[tuple[str, "Location"]]


def _reads_directly(context: Context, cell: int, reader: int) -> bool:
    """Tell whether the one cell reads what the other makes."""
    statements = context.program.statements
    return any(
        statements[made].cell == cell
        for index in context.document.order
        if statements[index].cell == reader
        for use in context.reads(index)
        for made in use.definitions
    )


def _stale(context: Context) -> dict[int, dict[int, _Places]]:
    """Map each cell to the older cells below it that depend on what it makes, directly or through others."""
    statements, runs = context.program.statements, context.runs
    found: dict[int, dict[int, _Places]] = {}
    sources: list[set[int]] = []
    for index in context.document.order:
        cell = statements[index].cell
        mine: set[int] = set()
        for use in context.reads(index):
            makers = [
                made
                for made in use.definitions
                if made < index and not isinstance(statements[made].node, (ast.Import, ast.ImportFrom))
            ]
            if not makers or is_channel(use.name) or only_fits(context.nodes, statements[index], use.name):
                continue
            for made in makers:
                above = sources[made] | {statements[made].cell}
                mine |= above
                for each in above:
                    if each < cell in runs and runs.get(each, 0) > runs[cell]:
                        found.setdefault(each, {}).setdefault(cell, set()).add((use.name, use.where))
        sources.append(mine)
    return found


RULE = Rule(code="HS108", name="output-older-than-input", severity="info", check=check)
