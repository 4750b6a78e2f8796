"""Something is used that a library has removed since.

## Why it matters

With a current version of the library the notebook stops here; of the notebooks that no
longer run, this is the most frequent reason. Without the old version pinned, which
version is installed depends on the day.

## Bad

```python
# In [1]:
import numpy as np
import pandas as pd

days = pd.read_csv("days.csv", error_bad_lines=False)  # !
# In [2]:
sold = days["sold"].astype(np.float)  # !
```

## Good

```python
# In [1]:
import numpy as np
import pandas as pd

days = pd.read_csv("days.csv", on_bad_lines="skip")
# In [2]:
sold = days["sold"].astype(np.float64)
```

## How to mend it

Write what the message says. Where that is too much work, pin a version that still has
it, as `nb2prod requirements NOTEBOOK` does.
"""

from __future__ import annotations

import ast
import re
from dataclasses import replace
from typing import TYPE_CHECKING

from nb2prod import apis
from nb2prod.lint.fix import Fix, replaced
from nb2prod.lint.rule import Finding, Rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from nb2prod.apis import Change
    from nb2prod.lint.rule import Context
    from nb2prod.problems import Location

_NEW_NAME = re.compile(r"numpy\.(bool|int|float|complex|object|str)|pandas\.DataFrame\.iter(items)")
"""NumPy's former names for Python's own types, and a method that only has another name now."""


def check(context: Context) -> Iterator[Finding]:
    """Report each removed thing once; its further uses are the finding's further places."""
    found: dict[str, tuple[Change, list[Location]]] = {}
    uses = list(apis.find(context.program, context.nodes.of, {"removed"}))
    tried = {use.change.shown for use in uses if use.guarded}
    for use in uses:
        if use.change.shown not in tried:
            found.setdefault(use.change.shown, (use.change, []))[1].append(use.where)
    for shown, (change, places) in found.items():
        where, *others = dict.fromkeys(places)
        instead = f"write {change.instead}, or " if change.instead else ""
        yield Finding(
            where,
            f"{context.name(where.cell)} uses `{shown}`, which {change.distribution} {change.version} removed: "
            f"{instead}pin {change.distribution}<{change.version}",
            tuple(others),
            fix=_renamed(context, change, [where, *others]),
        )


def _renamed(context: Context, change: Change, places: list[Location]) -> Fix | None:
    """Write the new name where that is all there is to do."""
    new = _NEW_NAME.fullmatch(change.name)
    if change.of_call or new is None:
        return None
    edits = []
    for statement, node in context.nodes.of(ast.Attribute):
        if node.attr == change.last and context.place(statement.cell, node) in places:
            edit = replaced(context.program, statement.cell, node, new[1] or new[2])
            if not new[1]:
                edit = replace(edit, line=edit.end_line, column=edit.end_column - len(node.attr))
            edits.append(edit)
    name = new[1] or f".{new[2]}()"
    return Fix(tuple(edits), safe=True, message=f"Write `{name}`") if len(edits) == len(places) else None


RULE = Rule(code="EN105", name="removed-api", severity="warning", check=check)
