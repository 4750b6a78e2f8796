"""The notebook was written for, or run with, another Python than its kernel says.

## Why it matters

Which Python the notebook needs is read from its kernel: with that one it does not run,
or gives other values than those it shows.

## Bad

```python
# Python 3.9.7
# In [1]:
day = 3
match day:  # !
    case 6 | 7:
        print("weekend")
```

## Good

```python
# Python 3.10.2
# In [1]:
day = 3
match day:
    case 6 | 7:
        print("weekend")
```

## How to mend it

Run it from top to bottom with the Python you mean and save it: then the kernel says so.
"""

from __future__ import annotations

import ast
import re
from typing import TYPE_CHECKING

from nb2prod.lint.rule import Finding, Rule
from nb2prod.problems import Location
from nb2prod.program import BrokenCell

if TYPE_CHECKING:
    from collections.abc import Iterator

    from nb2prod.lint.rule import Context
    from nb2prod.program import Statement

_SYNTAX: tuple[tuple[type[ast.AST], tuple[int, int], str], ...] = (
    (ast.JoinedStr, (3, 6), "an f-string"),
    (ast.AnnAssign, (3, 6), "a variable with a type"),
    (ast.NamedExpr, (3, 8), "`:=`"),
    (ast.Match, (3, 10), "`match`"),
)
_MODULES = {
    "dataclasses": (3, 7), "contextvars": (3, 7), "importlib.metadata": (3, 8), "zoneinfo": (3, 9), "graphlib": (3, 9),
    "tomllib": (3, 11), "functools.cache": (3, 9), "functools.cached_property": (3, 8), "math.prod": (3, 8),
    "math.dist": (3, 8), "math.comb": (3, 8), "math.lcm": (3, 9), "itertools.pairwise": (3, 10),
    "itertools.batched": (3, 12), "statistics.fmean": (3, 8), "typing.Literal": (3, 8), "typing.Self": (3, 11),
}  # fmt: skip
_ROOTS = frozenset(each.partition(".")[0] for each in _MODULES)
_MAGICS = frozenset(["system", "getoutput", "run_line_magic", "run_cell_magic"])
_PYTHON_2 = re.compile(
    r"Missing parentheses in call to '(?:print|exec)'|multiple exception types must be parenthesized"
)
_SHOWN = re.compile(r"[\\/]lib(?:64)?[\\/]python(\d\.\d+)[\\/]|[\\/]Python(3)(\d{1,2})[\\/]lib[\\/]")


def check(context: Context) -> Iterator[Finding]:
    """Report the first thing that speaks of another version."""
    recorded = re.match(r"(\d+)\.(\d+)", context.program.notebook.python or "")
    if recorded is None:
        return
    version = (int(recorded[1]), int(recorded[2]))
    says = f"but the kernel says Python {recorded[0]}"
    found = [*_newer(context, version), *_older(context, version), *_shown(context, version)]
    if found:
        where, what = min(found)
        yield Finding(where, f"{context.name(where.cell)} {what}, {says}: run it with the Python you mean and save it")


def _newer(context: Context, version: tuple[int, int]) -> Iterator[tuple[Location, str]]:
    """Yield what this Python did not have yet."""
    for kind, since, what in _SYNTAX:
        if version < since:
            for statement, node in context.nodes.of(kind):
                if isinstance(node, (ast.expr, ast.stmt)) and not _is_of_magic(context, statement, node):
                    yield (
                        context.place(statement.cell, node),
                        f"has {what}, which is there from Python {_dotted(since)} on",
                    )
    for each in context.nodes.imports:
        if each.path.partition(".")[0] not in _ROOTS:
            continue
        module = next((name for name in _MODULES if f"{each.path}.".startswith(f"{name}.")), None)
        if module is None or not (3, 0) <= version < _MODULES[module]:
            continue
        if not context.nodes.is_guarded(each.node, each.statement):
            where = context.place(each.statement.cell, each.node)
            yield where, f"imports `{module}`, which is there from Python {_dotted(_MODULES[module])} on"


def _is_of_magic(context: Context, statement: Statement, node: ast.AST) -> bool:
    """Whether it only stands for what IPython puts into a command: `!ls {folder}`."""
    above = context.nodes.parents(statement).get(node)
    return isinstance(above, ast.Call) and getattr(above.func, "attr", "") in _MAGICS


def _older(context: Context, version: tuple[int, int]) -> Iterator[tuple[Location, str]]:
    """Yield a cell that only Python 2 can read."""
    if version >= (3, 0):
        for cell in context.program.cells:
            if isinstance(cell, BrokenCell) and _PYTHON_2.match(cell.error):
                yield cell.where, "is written in Python 2"


def _shown(context: Context, version: tuple[int, int]) -> Iterator[tuple[Location, str]]:
    """Yield an output with the path of another Python's library in it."""
    for cell in context.program.notebook.code_cells:
        for output in cell.outputs:
            text = output.text if output.kind == "error" or output.name == "stderr" else ""
            if "ython" in text and (found := _SHOWN.search(text)):
                shown = found[1] or f"{found[2]}.{found[3]}"
                if shown != _dotted(version):
                    yield Location(cell.index, 1, 1), f"was run with Python {shown}, as its output shows"


def _dotted(version: tuple[int, int]) -> str:
    return f"{version[0]}.{version[1]}"


RULE = Rule(code="EN107", name="other-python", severity="warning", check=check)
