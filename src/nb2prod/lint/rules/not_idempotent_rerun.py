"""Running the cell again changes its own result, or fails.

## Why it matters

People run cells again: after an edit, or to see the output once more. A cell that
takes its own result as input gives another answer each time, and the saved answer
may be that of the second or third run, which nobody gets from top to bottom. It is
an error where the execution counts show that the cell did run twice, a warning where
they look as if it and all below had been run again, information elsewhere.

## Bad

```python
# In [1]:
import pandas as pd

sales = pd.read_csv("sales.csv")
# In [4]:
sales["price"] = sales["price"] * 1.2  # !
# In [3]:
print(sales["price"].mean())
```

## Bad

```python
# In [1]:
import pandas as pd

sales = pd.read_csv("sales.csv")
names = []
# In [2]:
sales.drop("id", axis=1, inplace=True)  # !
# In [3]:
for name in sales:
    names.append(name)  # !
```

## Good

```python
# In [1]:
import pandas as pd

sales = pd.read_csv("sales.csv")
# In [2]:
sales["gross"] = sales["price"] * 1.2
# In [3]:
names = []
for name in sales:
    names.append(name)
```

What is the same when done twice is fine too:

## Good

```python
# In [1]:
import pandas as pd

sales = pd.read_csv("sales.csv")
# In [2]:
sales = sales.dropna()
sales = sales[sales["price"] > 0]
sales.drop(sales[sales["price"] > 900].index, inplace=True)
sales.drop("id", axis=1, inplace=True, errors="ignore")
sales["price"] = sales["price"] / sales["price"].max()
```

## How to mend it

Start from a value that the cell does not change (`net = sales["price"] * 1.2`), or
put the statement into the cell that makes the value. Then restart the kernel and run
everything once.
"""

from __future__ import annotations

import ast
from dataclasses import dataclass
from typing import TYPE_CHECKING

from nb2prod.lint.passes import ran_again_from
from nb2prod.lint.repeating import repeats
from nb2prod.lint.rule import Finding, Rule
from nb2prod.program import ParsedCell
from nb2prod.tree import walk

if TYPE_CHECKING:
    from collections.abc import Iterator

    from nb2prod.lint.rule import Context, Severity
    from nb2prod.problems import Location
    from nb2prod.program import Statement


_LONGEST = 60


@dataclass(frozen=True, slots=True)
class _Place:
    """A statement that does something else the second time; `maker` wrote its value last before it."""

    where: Location
    code: str
    what: str
    maker: int


def check(context: Context) -> Iterator[Finding]:
    """Report for each cell its first statement that takes its own earlier result as input."""
    for cell in context.program.cells:
        if isinstance(cell, ParsedCell):
            found = [place for statement in cell.statements for place in _places(context, statement)]
            if found:
                yield _finding(context, found)


def _finding(context: Context, found: list[_Place]) -> Finding:
    first = found[0]
    where = first.where
    evidence = ""
    severity: Severity | None = None
    if twice := _ran_twice(context, where.cell, first.maker):
        evidence = f"; it did run twice: In [{twice}] is missing, and the cells below ran before"
        severity = "error"
    elif again := ran_again_from(context, where.cell, _cell(context, first.maker)):
        evidence = (
            f"; it may have: before {context.name(again)} as many counts are missing as cells were run from there on"
        )
        severity = "warning"
    message = f"{context.name(where.cell)} {first.what} when it is run again: `{first.code}`{evidence}"
    also = tuple(dict.fromkeys(each.where for each in found[1:] if each.where != where))
    return Finding(where, message, also, severity)


def _places(context: Context, statement: Statement) -> Iterator[_Place]:
    """Yield where the statement changes a value that comes from another cell, and does so again each time."""
    again = tuple(repeats(statement.node))
    if not again:
        return
    makers = {}
    for use in context.document.uses[statement.index]:
        before = [each for each in use.definitions if each != statement.index]
        if before and all(_cell(context, each) != statement.cell for each in before):
            makers[use.name] = max(before)
    for node, name, what in again:
        if (
            name in makers
            and not isinstance(context.program.statements[makers[name]].node, (ast.Import, ast.ImportFrom))
            and not _given_anew(context, statement, node, name)
        ):
            where = context.place(statement.cell, node)
            yield _Place(where, _short(node), what, makers[name])


def _given_anew(context: Context, statement: Statement, node: ast.stmt, name: str) -> bool:
    """Tell whether what is dropped is found anew in the changed value: `df.drop(dear_rows)`."""
    flow = context.document
    given = {
        each.id
        for call in walk(node)
        if isinstance(call, ast.Call) and isinstance(call.func, ast.Attribute) and call.func.attr == "drop"
        for argument in (*call.args, *(keyword.value for keyword in call.keywords))
        for each in walk(argument)
        if isinstance(each, ast.Name)
    } - {name}
    return any(
        _cell(context, made) == statement.cell and made < statement.index and name in flow.effects[made].reads
        for use in flow.uses[statement.index]
        if use.name in given
        for made in use.definitions
    )


def _short(node: ast.stmt) -> str:
    text = ast.unparse(node).partition("\n")[0]
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"


def _cell(context: Context, statement: int) -> int:
    return context.program.statements[statement].cell


def _ran_twice(context: Context, cell: int, maker: int) -> int | None:
    """Find the missing count at which the cell ran in its place, before it ran again below its neighbours.

    None where the counts do not show it, or where what it changes was made anew in between.
    """
    run = context.runs.get(cell)
    counts = list(context.runs.values())
    if run is None or len(set(counts)) < len(counts):
        return None
    above = max((count for index, count in context.runs.items() if index < cell and count < run), default=0)
    below = [count for index, count in context.runs.items() if index > cell]
    made = context.runs.get(_cell(context, maker), run)
    if not below or run < below[0] or below[0] <= above:
        return None
    free = [count for count in range(max(above, made) + 1, below[0]) if count not in counts]
    return free[0] if free else None


RULE = Rule(code="HS106", name="not-idempotent-rerun", severity="info", check=check)
