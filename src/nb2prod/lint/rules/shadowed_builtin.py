"""A builtin function is called below the cell that gave its name to a value.

## Why it matters

From there on `list` or `sum` means that value, in every cell: from top to bottom the
call fails with "object is not callable". In the kernel it worked as long as the call
was run first, or by a restart in between.

## Bad

```python
# In [2]:
list = ["price", "cost"]
# In [1]:
columns = list("ab")  # !
```

## Good

```python
# In [1]:
names = ["price", "cost"]
columns = list("ab")


# In [2]:
def sum(values):
    return max(values)


# In [3]:
print(sum([1, 2]))
```

What is only read as the value, and what is given back, is no problem:

## Good

```python
# In [1]:
type = "linear"
print(type)
max = 3
del max
# In [2]:
print(max([1, 2]) if type else None)
```

## How to mend it

Rename the variable, in all cells.
"""

from __future__ import annotations

import builtins
from typing import TYPE_CHECKING

from nb2prod.lint.rule import Finding, Rule
from nb2prod.lint.shadowing import called, code, is_value, shadowed

if TYPE_CHECKING:
    from collections.abc import Iterator

    from nb2prod.lint.rule import Context

_FUNCTIONS = frozenset(name for name in dir(builtins) if name[0].islower())


def check(context: Context) -> Iterator[Finding]:
    """Report for each such name the first call."""
    done: set[str] = set()
    for use, maker in shadowed(context, _FUNCTIONS & context.nodes.bound):
        if use.name not in done and is_value(maker.node, use.name) and called(code(context, use), use.name):
            done.add(use.name)
            message = (
                f"{context.name(use.where.cell)} calls `{use.name}`, "
                f"which {context.name(maker.cell)} above gives another value: the call fails"
            )
            yield Finding(use.where, message, (maker.where,))


RULE = Rule(code="HS115", name="shadowed-builtin", severity="error", check=check)
