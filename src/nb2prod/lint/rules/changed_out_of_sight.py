"""Two cells show the same value otherwise, and nothing between them changes it.

## Why it matters

A cell that changed the value has been deleted since, or edited. What is shown below, and all that
is computed from it, is not what anybody gets who runs the notebook: the change is lost.

## Bad

```python
# In [1]:
import pandas as pd

sales = pd.read_csv("sales.csv")
# In [2]:
sales.shape
# Out:
# (891, 3)
# In [4]:
sales.shape  # !
# Out:
# (714, 3)
```

## Good

```python
# In [1]:
import pandas as pd

sales = pd.read_csv("sales.csv")
# In [2]:
sales.shape
# Out:
# (891, 3)
# In [3]:
sales["gross"] = sales["price"] * 1.2
# In [4]:
sales.shape
# Out:
# (891, 4)
```

## How to mend it

Write the lost change into a cell between the two (the execution counts tell how many cells are gone), then restart
the kernel and run everything once. If the change is not meant any more, that is all there is to do.
"""

from __future__ import annotations

import ast
import re
from typing import TYPE_CHECKING

from nb2prod.lint.rule import Finding, Rule, once
from nb2prod.names import EVERYTHING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from nb2prod.dataflow import Dataflow
    from nb2prod.lint.rule import Context
    from nb2prod.program import ParsedCell

_LOOKS = frozenset(
    """abs all any columns corr count describe drop_duplicates dropna dtypes duplicated head iloc index isna isnull
    items keys loc max mean median min mode ndim nlargest nsmallest notna notnull nunique shape size std sum tail
    to_frame tolist unique value_counts values var""".split()  # noqa: SIM905 - words
)
"""What is asked of a table and gives the same each time."""
_ADDRESS = re.compile(r"\b0x[0-9a-fA-F]+")


def check(context: Context) -> Iterator[Finding]:
    """Report the first cell that shows a value otherwise than a cell above, for each value."""
    counts = list(context.runs.values())
    if len(set(counts)) < len(counts):
        return
    looks: dict[str, list[ParsedCell]] = {}
    for cell in context.parsed:
        if cell.statements and cell.cell.index in context.runs and (name := _looks_at(cell.statements[-1].node)):
            looks.setdefault(name, []).append(cell)
    for cells in _alike(each for each in looks.values() if len(each) > 1):
        pair = _differing(context, cells) if len(cells) > 1 else None
        if pair:
            yield _finding(context, *pair)


def _alike(looks: Iterable[list[ParsedCell]]) -> list[list[ParsedCell]]:
    """Put the cells together whose last line is the same, in the order of the first ones."""
    alike: dict[str, list[ParsedCell]] = {}
    for cell in sorted((each for cells in looks for each in cells), key=lambda each: each.cell.index):
        alike.setdefault(ast.dump(cell.statements[-1].node), []).append(cell)
    return list(alike.values())


def _differing(context: Context, cells: list[ParsedCell]) -> tuple[ParsedCell, ParsedCell] | None:
    """Find two of the cells with the same last line that show otherwise what the same statements made."""
    seen: dict[tuple[object, ...], tuple[ParsedCell, str]] = {}
    for cell in cells:
        made, text = _made_by(context, cell), _text(cell)
        if made is None or text is None:
            continue
        above, before = seen.setdefault(made, (cell, text))
        if before != text and context.runs[above.cell.index] < context.runs[cell.cell.index]:
            return above, cell
    return None


def _finding(context: Context, above: ParsedCell, cell: ParsedCell) -> Finding:
    where = cell.statements[-1].where
    first, now = context.runs[above.cell.index], context.runs[cell.cell.index]
    gone = [count for count in range(first + 1, now) if count not in context.runs.values()]
    why = f": a cell that is gone may have (In [{gone[0]}] is missing)" if gone else ""
    shown = ast.unparse(cell.statements[-1].node)
    message = (
        f"{context.name(cell.cell.index)} shows `{shown}` otherwise than {context.name(above.cell.index)}, "
        f"and nothing between them changes it{why}"
    )
    return Finding(where, message, (above.statements[-1].where,))


def _made_by(context: Context, cell: ParsedCell) -> tuple[object, ...] | None:
    """Say what made what a cell's last line shows, in both orders; None where it may be another each time."""
    last = cell.statements[-1]
    name = _looks_at(last.node)
    if name is None or cell.cell.source.lstrip().startswith("%%") or _is_hidden(context):
        return None
    page, ran = (_made(flow, last.index, name) for flow in (context.document, context.recorded))
    return (page, *_others(context, last.index, name)) if page is not None and page == ran else None


def _looks_at(statement: ast.stmt) -> str | None:
    """Give the name of what is looked at: `df` for `df["a"].isna().sum()`; None where more than looking is done."""
    node: ast.AST = statement.value if isinstance(statement, ast.Expr) else statement
    while True:
        match node:
            case ast.Name(id=name):
                return name
            case ast.Attribute(value=inner, attr=attr) if attr in _LOOKS:
                node = inner
            case ast.Call(func=ast.Attribute() as function, args=args, keywords=keywords):
                if not all(isinstance(each, ast.Constant) for each in (*args, *(k.value for k in keywords))):
                    return None
                node = function
            case ast.Subscript(value=inner, slice=ast.Constant()):
                node = inner
            case _:
                return None


def _made(flow: Dataflow, statement: int, name: str) -> tuple[int, ...] | None:
    """List the statements that made a value, where all of them are plain to see."""
    found = next((use.definitions for use in flow.uses[statement] if use.name == name), ())
    return tuple(sorted(found)) or None


def _others(context: Context, statement: int, name: str | None) -> Iterator[int]:
    """Yield the statements above that change a part of the value, or set how values are shown."""
    options = _options(context)
    for index in range(statement):
        if name in context.changed[index] or index in options:
            yield index


@once
def _options(context: Context) -> frozenset[int]:
    """List the statements that set how values are shown."""
    return frozenset(
        index
        for index, done in enumerate(context.document.effects)
        if any(each.startswith("options:") for each in (*done.binds, *done.mutates))
    )


@once
def _is_hidden(context: Context) -> bool:
    """Whether a statement may make any name, in one of the orders."""
    return any(EVERYTHING in each.binds for flow in (context.document, context.recorded) for each in flow.effects)


def _text(cell: ParsedCell) -> str | None:
    """Give the value that is shown, where it is one that can be compared."""
    results = [each for each in cell.cell.outputs if each.kind == "result"]
    if len(results) != 1 or not results[0].text.strip() or _ADDRESS.search(results[0].text):
        return None
    return results[0].text.strip()


RULE = Rule(code="HS118", name="changed-out-of-sight", severity="warning", check=check)
