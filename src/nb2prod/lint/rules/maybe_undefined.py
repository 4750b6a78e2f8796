"""A name is read that is made on some paths only: in one branch, a `try`, or a loop that may be empty.

## Why it matters

It works as long as the condition is as it was on the day the notebook was run. When
the file is absent, the request fails or the list is empty, the cell stops with a
`NameError` that points at the reader, far from the reason.

## Bad

```python
# In [1]:
import pandas as pd

try:
    prices = pd.read_csv("prices.csv")
except OSError:
    print("no prices")
# In [2]:
prices.head()  # !
```

## Bad

```python
# In [1]:
use_cache = True
if use_cache:
    folder = "cache"
# In [2]:
print(folder)  # !
```

## Good

```python
# In [1]:
import pandas as pd

try:
    prices = pd.read_csv("prices.csv")
except OSError:
    prices = pd.DataFrame()
# In [2]:
prices.head()
```

Reading it under the same condition is right, and so is a way out that stops:

## Good

```python
# In [1]:
import os

use_cache = os.path.exists("cache")
if use_cache:
    folder = "cache"
# In [2]:
if use_cache:
    print(folder)
# In [3]:
try:
    port = int(os.environ["PORT"])
except KeyError:
    raise SystemExit("set PORT")
print(port)
```

## How to mend it

Give the name a value before the branch, in the `else` or in the `except`; or let
the other path stop with an error that says why.
"""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from nb2prod.lint.missing import guarded
from nb2prod.lint.rule import Finding, Rule
from nb2prod.names.knowledge import BUILTINS
from nb2prod.names.model import EVERYTHING, is_channel
from nb2prod.tree import walk

if TYPE_CHECKING:
    from collections.abc import Iterator

    from nb2prod.dataflow import Use
    from nb2prod.lint.rule import Context

_WRAPPERS = frozenset({"enumerate", "list", "reversed", "set", "sorted", "tqdm", "tuple", "zip"})


def check(context: Context) -> Iterator[Finding]:
    """Report the first read of each name that only one statement makes, and not on every path."""
    seen: set[tuple[str, int]] = set()
    for index in context.document.order:
        for use in context.reads(index):
            maker = _only_maker(context, use)
            if (
                maker is None
                or (use.name, maker) in seen
                or guarded(context, use)
                or _same_condition(context, use, maker)
            ):
                continue
            seen.add((use.name, maker))
            unless = _unless(context, maker)
            if unless is not None:
                yield _finding(context, use, maker, unless)


def _finding(context: Context, use: Use, maker: int, unless: str) -> Finding:
    made = context.document.effects[maker].binds[use.name]
    by = "the same cell" if made.cell == use.where.cell else context.name(made.cell)
    message = f"{context.name(use.where.cell)} reads `{use.name}`, which {by} does not make {unless}"
    statement = context.program.statements[maker].node
    mild = isinstance(statement, (ast.For, ast.AsyncFor, ast.While)) or _is_choice(statement, use.name)
    return Finding(use.where, message, (made,), "info" if mild else None)


def _is_choice(statement: ast.stmt, name: str) -> bool:
    """Tell whether each of several branches makes the name: a setting that has one of some known values."""
    branches = 0
    while isinstance(statement, ast.If):
        stored = {n.id for part in statement.body for n in walk(part) if isinstance(n, ast.Name) and n.id == name}
        if not stored:
            return False
        branches += 1
        if len(statement.orelse) != 1:
            break
        statement = statement.orelse[0]
    return branches > 1


def _only_maker(context: Context, use: Use) -> int | None:
    """Find the one statement that may make what is read, if it does not on every path."""
    effects, definitions = context.document.effects, use.definitions
    if (len(definitions) == 1 and use.name in effects[definitions[0]].certain) or use.name in BUILTINS:
        return None  # as most are
    makers = [index for index in use.definitions if use.name in effects[index].binds]
    if len(makers) != 1 or is_channel(use.name) or any(EVERYTHING in effects[index].binds for index in use.definitions):
        return None
    (maker,) = makers
    together = use.through in effects[maker].binds  # the function that reads it is made on the same path
    return None if use.name in effects[maker].certain or maker == use.statement or together else maker


def _same_condition(context: Context, use: Use, maker: int) -> bool:
    """Tell whether the reader stands under the very condition, or in a loop over the very thing, of the maker."""
    statements = context.program.statements
    conditions = {ast.dump(each) for each in _conditions(statements[maker].node)}
    return any(ast.dump(each) in conditions for each in _conditions(statements[use.statement].node))


def _conditions(statement: ast.stmt) -> Iterator[ast.expr]:
    for node in walk(statement):
        match node:
            case ast.If(test=test) | ast.While(test=test) | ast.IfExp(test=test):
                yield from test.values if isinstance(test, ast.BoolOp) and isinstance(test.op, ast.And) else (test,)
            case ast.For(iter=iterated) | ast.AsyncFor(iter=iterated):
                yield iterated
            case _:
                pass


def _unless(context: Context, maker: int) -> str | None:
    """Say when the statement does not make the name; None when that hardly happens."""
    match context.program.statements[maker].node:
        case ast.If() | ast.Match() | ast.While():
            return "unless its condition holds"
        case ast.For(iter=iterated) | ast.AsyncFor(iter=iterated):
            return None if _has_elements(context, iterated, maker) else "when its loop has nothing to run over"
        case ast.Try():
            return "when its `try` fails"
        case _:
            return None


def _has_elements(  # noqa: PLR0911 - one for each kind of expression
    context: Context, iterated: ast.expr, statement: int
) -> bool:
    """Tell whether a loop runs at least once: over a literal, a range of constants, a name for either."""
    match iterated:
        case ast.List(elts=elements) | ast.Tuple(elts=elements) | ast.Set(elts=elements):
            return bool(elements)
        case ast.Dict(keys=keys):
            return bool(keys)
        case ast.Constant(value=str() | bytes() as text):
            return bool(text)
        case ast.Call(func=ast.Name(id="range"), args=arguments):
            return all(_is_number(context, each, statement) for each in arguments)
        case ast.Call(func=ast.Name(id=name), args=[first, *_]) if name in _WRAPPERS:
            return _has_elements(context, first, statement)
        case ast.Call(func=ast.Attribute(value=owner, attr="items" | "keys" | "values"), args=[]):
            return _has_elements(context, owner, statement)
        case ast.Name(id=name):
            value = _value(context, name, statement)
            return value is not None and _has_elements(context, value, statement)
        case _:
            return False


def _is_number(context: Context, node: ast.expr, statement: int) -> bool:
    match node:
        case ast.Constant(value=int()):
            return True
        case ast.Name(id=name):
            return isinstance(_value(context, name, statement), ast.Constant)
        case ast.BinOp(left=left, right=right):
            return _is_number(context, left, statement) and _is_number(context, right, statement)
        case _:
            return False


def _value(context: Context, name: str, statement: int) -> ast.expr | None:
    """Find the expression that a name was given, when one plain assignment gives it."""
    makers = {index for use in context.document.uses[statement] if use.name == name for index in use.definitions}
    if len(makers) != 1:
        return None
    match context.program.statements[makers.pop()].node:
        case ast.Assign(targets=[ast.Name()], value=value) if not isinstance(value, ast.Name):
            return value
        case _:
            return None


RULE = Rule(code="HS104", name="maybe-undefined", severity="warning", check=check)
