"""A value is changed in place in another cell than the one that makes it, and a cell in between has read it.

## Why it matters

The cell in between shows the value as it was. Run again, it sees the changed value under
the same name, and nothing in it says why the result is another one.

## Bad

```python
# In [1]:
import pandas as pd

sales = pd.read_csv("sales.csv")
# In [2]:
print(sales["price"].mean())
# In [3]:
sales["price"].clip(0, inplace=True)  # !
```

## Good

```python
# In [1]:
import pandas as pd

sales = pd.read_csv("sales.csv")
sales["price"].clip(0, inplace=True)
# In [2]:
print(sales["price"].mean())
```

A new column is no change for who does not look at it, and neither is another one:

## Good

```python
# In [1]:
import pandas as pd

sales = pd.read_csv("sales.csv")
# In [2]:
print(sales["price"].mean())
# In [3]:
sales["gross"] = sales["price"] * 1.2
sales["city"].fillna("none", inplace=True)
```

## How to mend it

Change the value in the cell that makes it, or give the changed one a name of its own:
`clean = sales.assign(price=sales["price"].clip(0))`.
"""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from nb2prod.lint.changes import only_fits
from nb2prod.lint.columns import columns_written, reads_other_columns
from nb2prod.lint.repeating import repeats
from nb2prod.lint.rule import Finding, Rule
from nb2prod.names import EVERYTHING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from nb2prod.dataflow import Use
    from nb2prod.lint.rule import Context
    from nb2prod.program import Statement


def check(context: Context) -> Iterator[Finding]:
    """Report for each name the first such change that no other rule reports."""
    reads: dict[tuple[str, tuple[int, ...]], list[Use]] = {}
    done: set[str] = set()
    ever = frozenset[str]().union(*context.changed)
    for statement in context.program.statements:
        for use in context.document.uses[statement.index]:
            if use.name not in ever:
                continue
            key = (use.name, use.definitions)
            makers = {context.program.statements[each].cell for each in use.definitions}
            if (
                use.name in context.changed[statement.index]
                and use.name not in done
                and makers
                and statement.cell not in makers
                and _matters(context, statement, use)
            ):
                between = [
                    each
                    for each in reads.get(key, ())
                    if each.where.cell not in makers | {statement.cell}
                    and not reads_other_columns(context, each, statement.index)
                ]
                if between:
                    done.add(use.name)
                    yield _finding(context, statement, use, between[0])
            if use.name in context.document.effects[statement.index].reads:
                reads.setdefault(key, []).append(use)


def _finding(context: Context, statement: Statement, use: Use, reader: Use) -> Finding:
    maker = context.program.statements[use.definitions[0]].where
    message = (
        f"{context.name(statement.cell)} changes `{use.name}` in place, which {context.name(maker.cell)} makes and "
        f"{context.name(reader.where.cell)} read before: run again, that cell sees another value"
    )
    return Finding(statement.where, message, tuple(dict.fromkeys((maker, reader.where))))


def _matters(context: Context, statement: Statement, use: Use) -> bool:
    """Tell whether what the reader saw is changed: no fit, no new column, nothing that a second run changes again."""
    node = statement.node
    effects = context.document.effects
    if only_fits(context.nodes, statement, use.name) or any(
        EVERYTHING in effects[each].binds for each in use.definitions
    ):
        return False
    if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Attribute):
        return False  # an option of an object
    if any(again == use.name for _, again, _ in repeats(node)):
        return False
    if any(isinstance(context.program.statements[each].node, (ast.Import, ast.ImportFrom)) for each in use.definitions):
        return False
    columns = columns_written(context, statement, use.name)
    return columns is None or _is_there(context, statement, use.name, columns)


def _is_there(context: Context, statement: Statement, name: str, columns: frozenset[str]) -> bool:
    """Tell whether a column is read above the statement, so that it is not a new one."""
    for above, node in context.nodes.of(ast.Subscript):
        if above.index >= statement.index:
            return False
        match node:
            case ast.Subscript(value=ast.Name(id=owner), slice=ast.Constant(value=column), ctx=ast.Load()):
                if owner == name and column in columns:
                    return True
            case _:
                pass
    return False


RULE = Rule(code="HS110", name="mutated-across-cells", severity="info", check=check)
