"""A shell command is put together from a value that is not written in the notebook.

## Why it matters

The shell reads the value as part of the command. A file name with a space becomes two
words, one with `;` or `$(…)` runs whatever stands in it; names and texts that come from
data are chosen by whoever made the data.

## Bad

```python
# In [1]:
import os

import pandas as pd

photos = pd.read_csv("photos.csv")
# In [2]:
for name in photos["file"]:
    os.system(f"convert {name} small/{name}")  # !
```

## Good

```python
# In [1]:
import subprocess

import pandas as pd

photos = pd.read_csv("photos.csv")
folder = "small"
!mkdir -p {folder}
# In [2]:
for name in photos["file"]:
    subprocess.run(["convert", name, f"{folder}/{name}"], check=True)
```

## How to mend it

Give the command as a list, `subprocess.run(["convert", name, target], check=True)`: no
shell reads it then. Where it must be the shell, quote the value: `shlex.quote(name)`.
"""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from nb2prod.lint.rule import Finding, Rule
from nb2prod.lint.written import is_written

if TYPE_CHECKING:
    from collections.abc import Iterator

    from nb2prod.lint.nodes import Call
    from nb2prod.lint.rule import Context

_SHELLS = frozenset(["os.system", "os.popen", "subprocess.getoutput", "subprocess.getstatusoutput"])
_WITH_SHELL = frozenset(f"subprocess.{name}" for name in ("run", "call", "check_call", "check_output", "Popen"))
_MAGICS = frozenset(["system", "getoutput"])


def check(context: Context) -> Iterator[Finding]:
    """Report each command once, with the value that comes from outside."""
    for call in context.nodes.calls:
        command = _command(call)
        value = _foreign(context, command, call) if command is not None else None
        if value is not None:
            where = context.place(call.statement.cell, call.node)
            yield Finding(
                where,
                f"{context.name(where.cell)} gives the shell a command with `{ast.unparse(value)}` in it, which is not "
                "written in the notebook: give the command as a list to `subprocess.run`, or use `shlex.quote`",
            )


def _command(call: Call) -> ast.expr | None:
    """Find the text that a shell will read."""
    node = call.node
    if call.path in _SHELLS:
        return node.args[0] if node.args else None
    if call.path in _WITH_SHELL and any(each.arg == "shell" and _is_true(each.value) for each in node.keywords):
        return node.args[0] if node.args else None
    if call.name in _MAGICS and isinstance(node.func, ast.Attribute) and _is_ipython(node.func.value) and node.args:
        return node.args[0]
    return None


def _foreign(context: Context, command: ast.expr, call: Call) -> ast.expr | None:
    """Find the first part of a command that is not written in the notebook, and is not quoted."""
    found: Iterator[ast.expr]
    match command:
        case ast.JoinedStr(values=parts):
            found = (each.value for each in parts if isinstance(each, ast.FormattedValue))
        case ast.BinOp(left=left, op=ast.Add() | ast.Mod(), right=right):
            found = (each for side in (left, right) if (each := _foreign(context, side, call)) is not None)
        case _:
            found = iter([command])
    return next((each for each in found if not _is_safe(context, each, call)), None)


def _is_safe(context: Context, node: ast.expr, call: Call) -> bool:
    match node:
        case ast.Name(id=name) if name not in context.nodes.bound:
            return True  # a variable of the shell, or of another notebook
        case ast.Call(func=function) if context.nodes.path(function, call.statement) in {"shlex.quote", "shlex.join"}:
            return True
        case _:
            return is_written(context, node, call.statement)


def _is_ipython(node: ast.expr) -> bool:
    return isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "get_ipython"


def _is_true(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and node.value is True


RULE = Rule(code="SE104", name="shell-from-variable", severity="warning", check=check)
