"""The name of data that was loaded is given to something made of it, and a cell in between has read the data.

## Why it matters

The cell in between cannot be run again: it gets the changed data under the old name,
and gives something else or fails. The data as it was loaded is gone until it is
loaded again.

## Bad

```python
# In [1]:
import pandas as pd

sales = pd.read_csv("sales.csv")
# In [2]:
print(sales["price"].mean())
# In [3]:
sales = sales[sales["price"] > 0]  # !
```

## Good

```python
# In [1]:
import pandas as pd

raw = pd.read_csv("sales.csv")
# In [2]:
print(raw["price"].mean())
# In [3]:
sales = raw[raw["price"] > 0]
```

Changed where it is loaded, or before anything else reads it, nothing is lost:

## Good

```python
# In [1]:
import pandas as pd

sales = pd.read_csv("sales.csv")
sales = sales.dropna()
# In [2]:
sales = sales[sales["price"] > 0]
# In [3]:
print(sales["price"].mean())
```

## How to mend it

Give what is made of the data a name of its own.
"""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from nb2prod.lint.repeating import repeats
from nb2prod.lint.rule import Finding, Rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from nb2prod.dataflow import Use
    from nb2prod.lint.rule import Context
    from nb2prod.program import Statement


def check(context: Context) -> Iterator[Finding]:
    """Report for each name the first statement that overwrites what was loaded, after another cell has read it."""
    loaded: dict[int, str] = {
        statement.index: name for statement in context.program.statements if (name := _loads(context, statement))
    }
    if not loaded:
        return
    reads: dict[int, list[Use]] = {}
    done: set[str] = set()
    for statement in context.program.statements:
        for use in context.reads(statement.index):
            maker = use.definitions[0] if len(use.definitions) == 1 else -1
            if loaded.get(maker) != use.name:
                continue
            made = context.program.statements[maker]
            if use.name not in done and statement.cell != made.cell and _overwrites(statement, use.name):
                before = [each for each in reads.get(maker, ()) if each.where.cell not in (made.cell, statement.cell)]
                if before:
                    done.add(use.name)
                    yield _finding(context, statement, made, before)
            reads.setdefault(maker, []).append(use)


def _finding(context: Context, statement: Statement, made: Statement, before: list[Use]) -> Finding:
    name, reader = before[0].name, before[0].where
    message = (
        f"{context.name(statement.cell)} overwrites `{name}`, which {context.name(made.cell)} loads; "
        f"{context.name(reader.cell)} read it before and cannot be run again"
    )
    return Finding(statement.where, message, (made.where, reader))


def _loads(context: Context, statement: Statement) -> str | None:
    """Give the name of what a statement loads: `sales = pd.read_csv(…)`, methods behind it included."""
    match statement.node:
        case ast.Assign(targets=[ast.Name(id=name)], value=ast.Call() as call):
            path = context.nodes.path(call.func, statement) or ""
            return name if path.rpartition(".")[2].startswith(("read_", "load_", "fetch_")) else None
        case _:
            return None


def _overwrites(statement: Statement, name: str) -> bool:
    """Tell whether the name is given to something made of its value; what `not-idempotent-rerun` reports is not."""
    match statement.node:
        case ast.Assign(targets=[ast.Name(id=target)]) if target == name:
            return not any(again == name for _, again, _ in repeats(statement.node))
        case _:
            return False


RULE = Rule(code="HS111", name="loaded-data-overwritten", severity="info", check=check)
