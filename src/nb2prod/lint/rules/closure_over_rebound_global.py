"""A function reads a variable of the notebook that is given another value before the function is called.

## Why it matters

The call looks the same and computes something else: what the function does depends
on which cells ran before, not on its arguments. In a module of its own, where the
function ends up, the variable does not even exist.

## Bad

```python
# In [1]:
threshold = 0.5


def label(probability):
    return probability > threshold


# In [2]:
print(label(0.6))
# In [3]:
threshold = 0.7
# In [4]:
print(label(0.6))  # !
```

## Good

```python
# In [1]:
def label(probability, threshold=0.5):
    return probability > threshold


# In [2]:
print(label(0.6))
# In [3]:
threshold = 0.7
print(label(0.6, threshold))
```

A variable that is given its value once is no problem, nor is a local one of the
same name:

## Good

```python
# In [1]:
def label(probability):
    return probability > threshold


def rounded(value):
    threshold = round(value)
    return threshold


# In [2]:
threshold = 0.7
print(label(0.6), rounded(0.2))
# In [3]:
print(label(0.9), rounded(0.4))
```

## How to mend it

Make the variable a parameter of the function, and pass it.
"""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from nb2prod.lint.rule import Finding, Rule
from nb2prod.names import EVERYTHING, is_channel
from nb2prod.tree import same

if TYPE_CHECKING:
    from collections.abc import Iterator

    from nb2prod.dataflow import Use
    from nb2prod.lint.rule import Context


def check(context: Context) -> Iterator[Finding]:
    """Report for each function and variable the first call that sees another value than the one before."""
    calls: dict[tuple[str, int, str], list[tuple[Use, int]]] = {}
    for index in context.document.order:
        for use in context.reads(index):
            defined = _defined(context, use.through, index) if use.through and not is_channel(use.name) else None
            binder = None if defined is None else _binder(context, use)
            if use.through and defined is not None and binder is not None:
                calls.setdefault((use.through, defined, use.name), []).append((use, binder))
    for (function, *_), seen in calls.items():
        changed = [(use, binder) for use, binder in seen if _changed(context, seen[0][1], binder)]
        if changed:
            yield _finding(context, function, changed[0], seen[0], [use for use, _ in changed[1:]])


def _finding(
    context: Context, function: str, changed: tuple[Use, int], first: tuple[Use, int], more: list[Use]
) -> Finding:
    use, binder = changed
    made, made_first = (context.document.effects[each].binds[use.name] for each in (binder, first[1]))
    before = first[0].where
    message = (
        f"{context.name(use.where.cell)} calls `{function}`, which reads `{use.name}` as {context.name(made.cell)} "
        f"sets it; the call in {context.name(before.cell)} saw what {context.name(made_first.cell)} sets: "
        f"make it a parameter"
    )
    also = dict.fromkeys((before, made_first, made, *(each.where for each in more)))
    return Finding(use.where, message, tuple(place for place in also if place != use.where))


def _defined(context: Context, function: str, statement: int) -> int | None:
    """Find the statement above that defines the function, so that two functions of one name are not taken for one."""
    effects = context.document.effects
    return next((each for each in range(statement - 1, -1, -1) if function in effects[each].functions), None)


def _binder(context: Context, use: Use) -> int | None:
    """Find the one statement that gave the variable the value which a call sees."""
    effects = context.document.effects
    if any(EVERYTHING in effects[each].binds for each in use.definitions):
        return None
    binders = [each for each in use.definitions if use.name in effects[each].binds]
    if len(binders) != 1 or binders[0] == use.statement:
        return None
    node = context.program.statements[binders[0]].node
    return binders[0] if isinstance(node, (ast.Assign, ast.AnnAssign, ast.For, ast.With)) else None


def _changed(context: Context, one: int, other: int) -> bool:
    statements = context.program.statements
    return one != other and not same(statements[one].node, statements[other].node)


RULE = Rule(code="HS107", name="closure-over-rebound-global", severity="warning", check=check)
