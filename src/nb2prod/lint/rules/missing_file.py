"""A file is read that is not there, and that nothing in the notebook writes.

## Why it matters

The notebook stops at the first read. Often the file is there, but a folder higher, or
spelt otherwise; else nobody but the author can run it.

## Bad

```python
# Beside it: data/days.csv
# In [1]:
import pandas as pd

days = pd.read_csv("days.csv")  # !
```

## Good

```python
# Beside it: data/days.csv
# In [1]:
import pandas as pd

days = pd.read_csv("data/days.csv")
days.to_csv("copy.csv")
# In [2]:
copy = pd.read_csv("copy.csv")
```

## How to mend it

Write the path as seen from the notebook's folder, or put the file there. What is too
large for the repository is fetched in the first cell, or the README says where it is.
"""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from nb2prod.lint import repository
from nb2prod.lint.fix import Fix, replaced
from nb2prod.lint.rule import Finding, Rule
from nb2prod.names import ANY_FILE, CWD

if TYPE_CHECKING:
    from collections.abc import Iterator

    from nb2prod.dataflow import Use
    from nb2prod.lint.rule import Context

_ASKS = frozenset(["exists", "isfile", "is_file", "isdir", "is_dir", "connect", "File", "glob", "listdir", "getsize"])
_NO_FILE = ("://", "*", "{", "\n", "<")


def check(context: Context) -> Iterator[Finding]:
    """Report each missing file at its first read; other reads are its further places."""
    if context.exists(".") is None:
        return
    found: dict[str, list[Use]] = {}
    asked = _asked(context)
    for index in context.document.order:
        if CWD in context.document.effects[index].binds:
            break  # from here on we do not know where paths start
        writes = any(name.startswith("file:") for name in context.document.effects[index].binds)
        for use in context.document.uses[index]:
            if writes and use.through:
                continue  # a function that fetches the file, then reads it
            if use.name.startswith("file:") and not use.definitions and _is_missing(context, use, asked):
                found.setdefault(use.name.removeprefix("file:"), []).append(use)
    for path, uses in found.items():
        where, *others = dict.fromkeys(use.where for use in uses)
        fix = _elsewhere(context, path)
        way = fix.message[0].lower() + fix.message[1:] if fix else "put it there, or fetch it in the first cell"
        message = f"{context.name(where.cell)} reads `{path}`, which is not there, and which nothing here writes: {way}"
        yield Finding(where, message, tuple(others), fix=fix)


def _asked(context: Context) -> set[str]:
    """The files that the notebook asks for before it reads them, or opens to read and write."""
    asking = {call.statement.index for call in context.nodes.calls if call.name in _ASKS}
    return {use.name for index in asking for use in context.document.uses[index]}


def _written(context: Context) -> set[str]:
    return {name.removeprefix("file:") for each in context.document.effects for name in each.binds}


def _is_missing(context: Context, use: Use, asked: set[str]) -> bool:
    path = use.name.removeprefix("file:")
    if use.name in asked or use.name == ANY_FILE or not path or path.startswith(("/", "~", "\\")) or path[1:2] == ":":
        return False
    if path.rpartition(".")[0] in _written(context) and path.endswith((".npy", ".npz")):
        return False  # numpy.save adds the ending
    statement = context.program.statements[use.statement]
    if isinstance(statement.node, ast.Try) or any(mark in path for mark in _NO_FILE):
        return False
    return context.exists(path.replace("\\", "/")) is False


def _elsewhere(context: Context, path: str) -> Fix | None:
    """Write where the file lies, where the path is written in one piece."""
    there = repository.find(
        context, [part for part in path.replace("\\", "/").split("/") if part not in {"", ".", ".."}]
    )
    written = [(s, node) for s, node in context.nodes.of(ast.Constant) if str(node.value).removeprefix("./") == path]
    if there is None or not written:
        return None
    right, sure = there
    edits = tuple(replaced(context.program, statement.cell, node, f'"{right}"') for statement, node in written)
    return Fix(edits, safe=sure and "/" in path, message=f'Write `"{right}"`')


RULE = Rule(code="RP105", name="missing-file", severity="warning", check=check)
