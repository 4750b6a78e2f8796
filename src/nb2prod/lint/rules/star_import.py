"""`from … import *` brings names that nobody sees.

## Why it matters

The reader cannot tell where a name comes from, and nothing can tell whether it is there
at all; names of Python itself (`sum`, `min`, `open`) become the library's without a word,
and a new version of the library brings new ones.

## Bad

```python
# In [1]:
from numpy import *  # !

# In [2]:
print(sum([1, 2, 3]))
```

## Good

```python
# In [1]:
import numpy as np
from math import sqrt

# In [2]:
print(np.sum([1, 2, 3]), sqrt(2))
```

## How to mend it

Import the names you use, `from math import pi, sqrt`, or the module under its usual short
name.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

from nb2prod.lint.fix import Fix, replaced
from nb2prod.lint.rule import Finding, Rule, listed
from nb2prod.names.knowledge import BUILTINS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from nb2prod.lint.nodes import Imported
    from nb2prod.lint.rule import Context

_LISTED = frozenset(
    ["cmath", "collections", "itertools", "math", "operator", "os.path", "random", "statistics", "string"]
)
"""Modules of Python whose names are the same in all versions, so that those in use can be told."""


def check(context: Context) -> Iterator[Finding]:
    """Report each star; where it is known what it brings, with the names that are used."""
    stars = [each for each in context.nodes.imports if each.name == "*"]
    for each in stars:
        module = each.path.removesuffix(".*")
        used = _used(context, module)
        hidden = [name for name in used if name in BUILTINS]
        way = f"`from {module} import {', '.join(used)}`" if used else "import the names that are used"
        also = f", {listed(f'`{name}`' for name in hidden)} of Python's own among them" if hidden else ""
        where = context.place(each.statement.cell, each.node)
        message = f"{context.name(where.cell)} imports every name of {module}{also}: {way}"
        yield Finding(where, message, fix=_named(context, each, module, used) if len(stars) == 1 else None)


def _used(context: Context, module: str) -> list[str]:
    """List the names of a module that the notebook reads and does not bind itself."""
    if module not in _LISTED:
        return []
    names = {name for name in vars(importlib.import_module(module)) if not name.startswith("_")}
    return sorted(names & (context.nodes.read - context.nodes.bound - {each.name for each in context.nodes.imports}))


def _named(context: Context, star: Imported, module: str, used: list[str]) -> Fix | None:
    """Name what is used; all that is read and not made anywhere must be among it."""
    known = context.nodes.bound | BUILTINS | {each.name for each in context.nodes.imports} | set(used)
    if not used or len(star.node.names) > 1 or not context.nodes.read <= known:
        return None
    text = f"from {module} import {', '.join(used)}"
    edit = replaced(context.program, star.statement.cell, star.node, text)
    return Fix((edit,), safe=True, message=f"Write `{text}`")


RULE = Rule(code="EN102", name="star-import", severity="warning", check=check)
