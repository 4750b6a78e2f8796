"""What is built depends on the order of a set or of a folder's files, which is any order.

## Why it matters

A set of texts comes in another order in each process, a folder's files in another order on
another computer: the columns, codes or rows that are made in that order differ from run
to run, and with them the model.

## Bad

```python
# In [1]:
import os

import pandas as pd

frames = [pd.read_csv(f"days/{name}") for name in os.listdir("days")]  # !
days = pd.concat(frames)
# In [2]:
features = list(set(days.columns) - {"sold"})  # !
table = days[features]
```

## Good

```python
# In [1]:
import os

import pandas as pd

frames = [pd.read_csv(f"days/{name}") for name in sorted(os.listdir("days"))]
days = pd.concat(frames)
# In [2]:
features = sorted(set(days.columns) - {"sold"})
table = days[features]
print(len(set(days["city"])), "cities in", set(days["country"]))
```

## How to mend it

Sort where the order begins: `sorted(os.listdir(folder))`, `sorted(names)`. To take
columns away and keep the order of the others: `df.drop(columns=["sold"])`.
"""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from nb2prod.lint.fix import Fix
from nb2prod.lint.fix import Replace as Edit
from nb2prod.lint.rule import Finding, Rule
from nb2prod.program import ParsedCell, end

if TYPE_CHECKING:
    from collections.abc import Iterator

    from nb2prod.lint.rule import Context
    from nb2prod.program import Statement

_LISTINGS = frozenset(["os.listdir", "os.scandir", "os.walk", "glob.glob", "glob.iglob"])
_PATH_LISTINGS = frozenset(["iterdir", "glob", "rglob"])
_SETS = frozenset(["set", "frozenset"])
_KEEP_ORDER = frozenset(["list", "tuple", "enumerate", "zip", "map", "filter", "iter"])
"""These go through what they are given in its order."""
_TAKE_ORDER = frozenset(
    {
        *("pandas.concat", "pandas.DataFrame", "pandas.Series", "pandas.Index", "numpy.array", "numpy.asarray"),
        *("numpy.concatenate", "numpy.stack", "numpy.vstack", "numpy.hstack", "random.choice", "random.sample"),
        *("random.shuffle", "sklearn.model_selection.train_test_split", "enumerate"),
    }
)
"""What comes out of these depends on the order of what goes in."""
_SET_OPERATIONS = (ast.Sub, ast.BitOr, ast.BitAnd, ast.BitXor)
_GROWS = frozenset(["append", "extend", "insert", "concat", "vstack", "hstack"])


def check(context: Context) -> Iterator[Finding]:
    """Report each place where an order that is any order becomes the order of something."""
    for call in context.nodes.calls:
        if call.path in _SETS:
            kind = "set"
        elif call.path in _LISTINGS or (call.path is None and call.name in _PATH_LISTINGS and _may_be_path(call.node)):
            kind = "folder"
        else:
            continue
        found = _ordered(context, call.statement, call.node)
        if found is not None:
            where = context.place(call.statement.cell, call.node)
            what = "a set" if kind == "set" else f"`{ast.unparse(call.node.func)}`"
            yield Finding(
                where,
                f"{context.name(where.cell)} makes {found} in the order of {what}, which is any order: sort it",
                fix=_sorted(context, call.statement, call.node) if kind == "folder" else None,
            )


def _may_be_path(node: ast.Call) -> bool:
    """Tell `Path("days").iterdir()` and `folder.glob("*.csv")` from other objects' methods of these names."""
    if not isinstance(node.func, ast.Attribute):
        return False
    return (node.func.attr == "iterdir") == (not node.args)


def _ordered(context: Context, statement: Statement, node: ast.expr) -> str | None:
    """Say what is made in the order of a set or a listing, if anything is; look outwards from it."""
    parents = context.nodes.parents(statement)
    inner: ast.AST = node
    while isinstance(above := parents.get(inner), (ast.BinOp, ast.Call, ast.Attribute, ast.keyword)):
        match above:
            case ast.BinOp(op=op) if isinstance(op, _SET_OPERATIONS):
                pass
            case ast.Call(func=function) if inner is not function:
                path = context.nodes.path(function, statement)
                if path in _TAKE_ORDER and path != "enumerate":
                    return f"what `{path}` gives"
                if path not in _KEEP_ORDER:
                    return None
            case _:
                return None
        inner = above
    return _made_by(context, statement, inner)


def _made_by(context: Context, statement: Statement, node: ast.AST) -> str | None:
    """Say what a statement or a comprehension makes of a list, or of a set it goes through."""
    parents = context.nodes.parents(statement)
    match parents.get(node):
        case ast.comprehension(iter=iterated) as loop if iterated is node:
            made = parents[loop]
            if isinstance(made, ast.DictComp):
                return "codes" if _counts(made) else None
            return _ordered(context, statement, made) if isinstance(made, ast.ListComp) else None
        case ast.For(iter=iterated) as loop if iterated is node:
            return "a list" if _grows(loop) else None
        case ast.Subscript(value=value) as part if value is node:
            return "a choice" if _is_choice(part) else None
        case ast.Assign(targets=[ast.Name(id=name)]):
            return _made_of_name(context, name)
        case _:
            return None


def _counts(node: ast.DictComp) -> bool:
    """`{word: n for n, word in enumerate(…)}` numbers what it goes through."""
    source = node.generators[0].iter
    return isinstance(source, ast.Call) and isinstance(source.func, ast.Name) and source.func.id == "enumerate"


def _made_of_name(context: Context, name: str) -> str | None:
    """Say what is made of a list that is kept under a name; None where it is sorted, or only counted and asked."""
    reads = [
        (statement, node)
        for statement, node in context.nodes.reads_of(name)
        if not _is_parameter(context, statement, node)
    ]
    if any(_sorts(context.nodes.parents(statement).get(node)) for statement, node in reads):
        return None
    return f"`{name}`" if any(_matters(context, statement, node) for statement, node in reads) else None


def _is_parameter(context: Context, statement: Statement, node: ast.Name) -> bool:
    """Whether the name is a function's own there."""
    functions = context.nodes.parameters.get(node.id, [])
    parents = context.nodes.parents(statement) if functions else {}
    above = parents.get(node)
    while above is not None and above not in functions:
        above = parents.get(above)
    return above is not None


def _sorts(above: ast.AST | None) -> bool:
    match above:
        case ast.Attribute(attr="sort") | ast.Call(func=ast.Name(id="sorted")):
            return True
        case _:
            return False


def _matters(context: Context, statement: Statement, node: ast.Name) -> bool:
    """Tell whether a use of a list depends on its order: the columns of a table, numbers, a choice, another list."""
    parents = context.nodes.parents(statement)
    match parents.get(node):
        case ast.Subscript(value=value, slice=index) as part:
            return index is node or (value is node and _is_choice(part))
        case ast.For(iter=iterated) as loop:
            return iterated is node and _grows(loop)
        case ast.comprehension(iter=iterated) as loop:
            return iterated is node and isinstance(parents[loop], ast.ListComp)
        case ast.Call(func=function):
            return context.nodes.path(function, statement) in _TAKE_ORDER
        case _:
            return False


def _is_choice(node: ast.Subscript) -> bool:
    """One element, or some, picked by their places."""
    return isinstance(node.slice, (ast.Slice, ast.UnaryOp)) or (
        isinstance(node.slice, ast.Constant) and isinstance(node.slice.value, int)
    )


def _grows(loop: ast.For) -> bool:
    """Tell whether a loop puts one thing behind the other, or numbers them."""
    numbers = isinstance(loop.iter, ast.Call) and getattr(loop.iter.func, "id", "") == "enumerate"
    for statement in loop.body:
        for node in ast.walk(statement):
            if isinstance(node, ast.Call) and getattr(node.func, "attr", "") in _GROWS:
                return True
            if numbers and isinstance(node, ast.Subscript) and isinstance(node.ctx, ast.Store):
                return True
    return False


def _sorted(context: Context, statement: Statement, node: ast.Call) -> Fix | None:
    """Sort a listing; what walks through folders gives more than names, and is left."""
    cell = context.program.cell(statement.cell)
    if not isinstance(cell, ParsedCell) or context.nodes.path(node.func, statement) in {"os.walk", "os.scandir"}:
        return None
    start, stop = context.place(statement.cell, node), end(node, statement.cell, cell.lines)
    edits = (
        Edit(statement.cell, start.line, start.column, start.line, start.column, "sorted("),
        Edit(statement.cell, stop.line, stop.column, stop.line, stop.column, ")"),
    )
    return Fix(edits, safe=True, message=f"Write `sorted({ast.unparse(node)})`")


RULE = Rule(code="RP106", name="unordered-iteration", severity="warning", check=check)
