"""An imported module or function is used below the cell that gave its name to a value.

## Why it matters

From there on the name means that value, in every cell: from top to bottom the use fails
or does something else. In the kernel it worked as long as it was run first.

## Bad

```python
# In [1]:
import time

start = time.time()
# In [3]:
time = time.time() - start
# In [2]:
print(time.time())  # !
```

## Good

```python
# In [1]:
import time

start = time.time()
# In [3]:
seconds = time.time() - start
# In [2]:
print(time.time())
```

A name that is used as its new value is fine, and so is one that is imported again:

## Good

```python
# In [1]:
from sklearn import datasets

iris = datasets.load_iris()
datasets = [iris]
# In [2]:
print(datasets.count(iris))
# In [3]:
from sklearn import datasets

wine = datasets.load_wine()
```

## How to mend it

Rename the variable, in all cells.
"""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from nb2prod.lint.rule import Finding, Rule
from nb2prod.lint.shadowing import called, code, is_value, parts, shadowed

if TYPE_CHECKING:
    from collections.abc import Iterator

    from nb2prod.dataflow import Use
    from nb2prod.lint.rule import Context
    from nb2prod.program import Statement


def check(context: Context) -> Iterator[Finding]:
    """Report for each such name the first use as what was imported."""
    imported = frozenset(each.name for each in context.nodes.imports)
    done: set[str] = set()
    for use, maker in shadowed(context, imported & context.nodes.bound):
        if use.name not in done and _as_imported(context, use, maker):
            done.add(use.name)
            message = (
                f"{context.name(use.where.cell)} uses `{use.name}` as it was imported, "
                f"but {context.name(maker.cell)} above gives it another value"
            )
            yield Finding(use.where, message, (maker.where,))


def _as_imported(context: Context, use: Use, maker: Statement) -> bool:
    """Tell whether the use is one that only the import can mean."""
    if not isinstance(maker.node, (ast.Assign, ast.AugAssign, ast.For)):
        return False
    node = code(context, use)
    if called(node, use.name) and is_value(maker.node, use.name):
        return True
    return bool(parts(node, use.name) & _before(context, use.name, maker.index))


def _before(context: Context, name: str, maker: int) -> frozenset[str]:
    """List the attributes that are read of a module, up to the statement that gives its name away."""
    found: frozenset[str] = frozenset()
    statements = context.program.statements
    for index in context.document.order[: maker + 1]:
        for use in context.reads(index):
            if use.name == name and use.definitions and use.through is None:
                makers = [statements[each].node for each in use.definitions]
                if all(isinstance(each, ast.Import) for each in makers):
                    found |= parts(statements[index].node, name)
    return found


RULE = Rule(code="HS116", name="shadowed-import", severity="error", check=check)
