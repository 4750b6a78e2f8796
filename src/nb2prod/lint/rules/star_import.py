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
    """Report each cell's stars; with the names that can only come from there, or are known to."""
    stars = [each for each in context.nodes.imports if each.name == "*"]
    by_cell: dict[int, list[Imported]] = {}
    for each in stars:
        by_cell.setdefault(each.statement.cell, []).append(each)
    for cell, imported in by_cell.items():
        modules = [each.path.removesuffix(".*") for each in imported]
        used = [name for module in modules for name in _used(context, module)]
        hidden = [name for name in used if name in BUILTINS]
        also = f", {listed(f'`{name}`' for name in hidden)} of Python's own among them" if hidden else ""
        where, *others = dict.fromkeys(context.place(cell, each.node) for each in imported)
        message = f"{context.name(cell)} imports every name of {listed(modules)}{also}: {_way(context, modules, used)}"
        fix = _named(context, imported[0], modules[0], used) if len(stars) == 1 else None
        yield Finding(where, message, tuple(others), fix=fix)


def _way(context: Context, modules: list[str], used: list[str]) -> str:
    if used and len(modules) == 1:
        return f"`from {modules[0]} import {', '.join(used)}`"
    unknown = sorted(context.nodes.read - _known(context))
    names = f" (perhaps {listed(f'`{name}`' for name in unknown)})" if unknown else ""
    return f"import by name what comes from there{names}"


def _known(context: Context) -> frozenset[str]:
    """What the notebook makes itself, or Python brings."""
    return context.nodes.bound | BUILTINS | {each.name for each in context.nodes.imports}


def _used(context: Context, module: str) -> list[str]:
    """List the names of a module that the notebook reads and does not bind itself."""
    if module not in _LISTED:
        return []
    names = {name for name in vars(importlib.import_module(module)) if not name.startswith("_")}
    return sorted(names & (context.nodes.read - context.nodes.bound - {each.name for each in context.nodes.imports}))


def _named(context: Context, star: Imported, module: str, used: list[str]) -> Fix | None:
    """Name what is used; all that is read and not made anywhere must be among it."""
    if not used or not context.nodes.read <= _known(context) | set(used):
        return None
    text = f"from {module} import {', '.join(used)}"
    edit = replaced(context.program, star.statement.cell, star.node, text)
    return Fix((edit,), safe=True, message=f"Write `{text}`")


RULE = Rule(code="EN102", name="star-import", severity="warning", check=check)
