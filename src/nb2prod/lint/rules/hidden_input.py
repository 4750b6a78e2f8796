"""A cell takes a value from outside of the notebook's text: another session, a person, the kernel's history.

## Why it matters

What `%store -r` brings, `Out[4]` or `_` mean and a person answers to `input()` is in no
cell: another run gets something else, or nothing. Run without a person, by a scheduler
or in a test, `input()` stops. Environment variables, `%run` and files that another notebook
beside it writes are inputs, too, but can be given on purpose: they are only information.
Secrets belong into the environment.

## Bad

```python
# In [1]:
%store -r prices  # !
# In [2]:
path = input("Which file? ")  # !
# In [5]:
best = Out[4].max()  # !
# In [6]:
print(_ * 2)  # !
```

## Bad

```python
# In [1]:
import os

%run setup.ipynb  # !
# In [2]:
folder = os.environ["DATA"]  # !
```

## Good

```python
# In [1]:
import os

import pandas as pd

prices = pd.read_csv("prices.csv")
os.environ["TZ"] = "UTC"
key = os.environ["API_KEY"]
# In [2]:
best = prices["price"].max()
for _ in range(3):
    print(best)
print(_)
```

## How to mend it

Save the value to a file in the notebook that makes it and read the file; write the
answer into a variable in the first cell (tagged `parameters`, a run can replace it);
give a value a name instead of asking for `Out[n]`.
"""

from __future__ import annotations

import ast
import posixpath
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from nb2prod.lint.rule import Finding, Rule, listed
from nb2prod.names import ANY_FILE

if TYPE_CHECKING:
    from collections.abc import Iterator

    from nb2prod.lint.rule import Context, Severity
    from nb2prod.problems import Location
    from nb2prod.program import Statement

_FILE = "file:"
_HISTORY = re.compile(r"(?:_{1,3}|_i{1,3}|_i?\d+|_[iod]h|In|Out)$")
_ASKS = frozenset({"input", "raw_input"})
_SECRET = re.compile(r"KEY|TOKEN|SECRET|PASS|PWD|CREDENTIAL|AUTH", re.IGNORECASE)
_DEFINITIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
_ENVIRONMENT = frozenset({"os.getenv", "os.environ.get"})
_TAKES = _ASKS | _ENVIRONMENT
_MAGICS = {
    "store": "takes values from another notebook's session (`%store -r`)",
    "recall": "runs cells of the history (`%recall`)",
    "rerun": "runs cells of the history (`%rerun`)",
    "load": "takes its code from elsewhere (`%load`)",
    "run": "runs another file (`%run`)",
}
_GRAVE = frozenset({"store", "recall", "rerun"})


@dataclass(frozen=True, slots=True)
class _Input:
    statement: Statement
    node: ast.expr
    cause: str
    what: str
    severity: Severity | None = None


def check(context: Context) -> Iterator[Finding]:
    """Report the first place of each such input."""
    found: dict[str, list[_Input]] = {}
    every = [*_calls(context), *_names(context), *_variables(context)]
    yield from _files(context)
    for each in sorted(every, key=lambda one: (one.statement.index, one.node.lineno, one.node.col_offset)):
        found.setdefault(each.cause, []).append(each)
    for inputs in found.values():
        first = inputs[0]
        where, *more = dict.fromkeys(context.place(each.statement.cell, each.node) for each in inputs)
        yield Finding(where, f"{context.name(where.cell)} {first.what}", tuple(more), first.severity)


def _calls(context: Context) -> Iterator[_Input]:
    for call in context.nodes.calls:
        if call.name != "run_line_magic" and call.path not in _TAKES:
            continue
        match call.node.args:
            case [ast.Constant(value=str(name)), *rest] if call.name == "run_line_magic":
                if name in _MAGICS and (name != "store" or _restores(rest)):
                    yield _Input(call.statement, call.node, name, _MAGICS[name], None if name in _GRAVE else "info")
            case _ if call.path in _ASKS:
                grave: Severity | None = "info" if isinstance(call.statement.node, _DEFINITIONS) else None
                yield _Input(call.statement, call.node, "input", f"asks a person (`{call.path}`)", grave)
            case [ast.Constant(value=str(name)), *_] if call.path in _ENVIRONMENT and not _SECRET.search(name):
                yield _environment(call.statement, call.node, name)
            case _:
                pass


def _restores(arguments: list[ast.expr]) -> bool:
    texts = [each.value for each in arguments if isinstance(each, ast.Constant)]
    return any(isinstance(text, str) and re.search(r"(?:^|\s)-\w*r", text) for text in texts)


def _names(context: Context) -> Iterator[_Input]:
    nodes = context.nodes
    for name in sorted(name for name in nodes.read - nodes.bound if _HISTORY.match(name)):
        for statement, node in nodes.reads_of(name):
            yield _Input(
                statement, node, name, f"reads `{name}`: the kernel's history, which depends on what ran before"
            )


def _variables(context: Context) -> Iterator[_Input]:
    for statement, node in context.nodes.of(ast.Subscript):
        match node:
            case ast.Subscript(value=value, slice=ast.Constant(value=str(name)), ctx=ast.Load()):
                known = context.nodes.path(value, statement) != "os.environ" or isinstance(statement.node, ast.Try)
                if not known and not _SECRET.search(name) and not _is_set(context, name):
                    yield _environment(statement, node, name)
            case _:
                pass


def _files(context: Context) -> Iterator[Finding]:
    """Report for each other notebook of the folder what it writes, and this one only reads."""
    flow = context.document
    own = {name for each in flow.effects for name in each.binds if name.startswith(_FILE)}
    read: dict[str, list[Location]] = {}
    for index in flow.order:
        for use in flow.uses[index]:
            if use.name.startswith(_FILE) and use.name not in own and use.name != ANY_FILE:
                read.setdefault(posixpath.normpath(use.name.removeprefix(_FILE)), []).append(use.where)
    others = context.written_beside() if read else {}
    for other in dict.fromkeys(others[path] for path in read if path in others):
        paths = [path for path in read if others.get(path) == other]
        where, *more = dict.fromkeys(place for path in paths for place in read[path])
        names = listed(f"`{path}`" for path in paths)
        message = f"{context.name(where.cell)} reads {names}, which {other} writes: run that notebook first"
        yield Finding(where, message, tuple(more), "info")


def _environment(statement: Statement, node: ast.expr, name: str) -> _Input:
    return _Input(statement, node, f"${name}", f"reads the environment variable {name}", "info")


def _is_set(context: Context, variable: str) -> bool:
    """Tell whether the notebook sets the variable itself."""
    return any(
        isinstance(node.ctx, ast.Store) and isinstance(node.slice, ast.Constant) and node.slice.value == variable
        for _, node in context.nodes.of(ast.Subscript)
    )


RULE = Rule(code="HS112", name="hidden-input", severity="warning", check=check)
