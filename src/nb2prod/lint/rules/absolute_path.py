"""A path is written that leads to a file on one computer only.

## Why it matters

Nobody else has that folder, nor has the computer on which the notebook is to run next:
it stops there, even where the file itself comes with the notebook.

## Bad

```python
# Beside it: data/days.csv
# In [1]:
import pandas as pd

days = pd.read_csv("/home/ann/prices/data/days.csv")  # !
```

## Good

```python
# Beside it: data/days.csv
# In [1]:
import pandas as pd

days = pd.read_csv("data/days.csv")
days.to_csv("/tmp/days.csv")
```

## How to mend it

Put the file into the notebook's folder or below, and write the path as seen from there.
What is too large for that is better a setting: `os.environ["DATA"]`.
"""

from __future__ import annotations

import ast
import re
from typing import TYPE_CHECKING

from nb2prod.lint import repository
from nb2prod.lint.fix import Fix, replaced
from nb2prod.lint.rule import Finding, Rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from nb2prod.lint.rule import Context
    from nb2prod.program import Statement

_ABSOLUTE = re.compile(
    r"(?P<root>/(?:home|Users)/[^/\s]+/"
    r"|/(?:mnt|media|Volumes|scratch|srv|nfs|root|work|workspace|data|projects)/(?=[\w ])"
    r"|[A-Za-z]:(?:/|\\{1,2})(?=\w)(?:Users[\\/]+[^\\/]+[\\/]+)?)[^\n]*"
)
_HOSTED = re.compile(r"(?P<root>/content/(?:g?drive/)?|/kaggle/|/dbfs/)(?=[\w.-]+/|[\w -]+\.\w+$)[^\n]*")
_SERVICES = {"/content": "Colab", "/kaggle": "Kaggle", "/dbfs": "Databricks"}
_PROGRAM = "Program Files"
_LONGEST = 250


def check(context: Context) -> Iterator[Finding]:
    """Report each place on a computer once, and each path that can be mended."""
    found: dict[str, list[tuple[Statement, ast.Constant, str]]] = {}
    for statement, node in context.nodes.of(ast.Constant):
        if isinstance(node.value, str) and len(node.value) < _LONGEST and (root := _root(node.value)):
            parent = context.nodes.parents(statement).get(node)
            if not isinstance(parent, ast.Expr):
                fix = _relative(context, statement, node) if not isinstance(parent, ast.JoinedStr) else None
                if fix:
                    yield _finding(context, root, [(statement, node, node.value)], fix)
                else:
                    found.setdefault(root, []).append((statement, node, node.value))
    for root, paths in found.items():
        yield _finding(context, root, paths, None)


def _root(text: str) -> str | None:
    """Name what the path stands on: a user's folder, a drive, a service."""
    match = _ABSOLUTE.fullmatch(text) or _HOSTED.fullmatch(text)
    return match["root"] if match else None


def _finding(context: Context, root: str, paths: list[tuple[Statement, ast.Constant, str]], fix: Fix | None) -> Finding:
    where, *others = dict.fromkeys(context.place(statement.cell, node) for statement, node, _ in paths)
    service = next((name for start, name in _SERVICES.items() if root.startswith(start)), None)
    place = f"which is there on {service} only" if service else "which is on one computer only"
    count = len({path for _, _, path in paths})
    more = f" (and {count - 1} more below `{root}`)" if count > 1 else ""
    way = "let the system's own settings say where it is" if _PROGRAM in paths[0][2] else "write it as seen from here"
    way = fix.message[0].lower() + fix.message[1:] if fix else way
    message = f"{context.name(where.cell)} has the path `{paths[0][2]}`{more}, {place}: {way}"
    return Finding(where, message, tuple(others), severity="info" if service else None, fix=fix)


def _relative(context: Context, statement: Statement, node: ast.Constant) -> Fix | None:
    """Write the path as seen from the notebook, where the file lies in the repository."""
    text = str(node.value)
    parts = [part for part in re.split(r"[\\/]+", text) if part and not part.endswith(":")]
    there = repository.find(context, parts)
    if there is None:
        return None
    path, sure = there
    path += "/" if text[-1] in "\\/" else ""
    quoted = '"' + path.replace('"', '\\"') + '"'
    edit = replaced(context.program, statement.cell, node, quoted)
    return Fix((edit,), safe=sure, message=f"Write `{quoted}`")


RULE = Rule(code="RP104", name="absolute-path", severity="warning", check=check)
