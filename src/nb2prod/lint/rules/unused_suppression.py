"""A suppression silences nothing: the rule finds nothing there, or no rule is called so.

## Why it matters

It looks as if a problem were known and accepted, and would hide the next one that
comes to this place. Mostly it was mended since, or the comment is on another line.

## Bad

```python
# In [1]:
import pandas as pd

sales = pd.read_csv("sales.csv")
# In [2]:
print(sales.shape)  # nb2prod: ignore[HS102]  # !
```

## Bad

```python
# In [1]:
price = 1  # nb2prod: ignore[HS999]  # !
```

## Good

```python
# In [1]:
print(engine.version)  # nb2prod: ignore[HS102]
# In [2]:
print("# nb2prod: ignore[HS102]")
```

## How to mend it

Remove it, with `--fix` if you like. If it was meant for another place: a comment at
the end of a line is for that line, one above all code of a cell is for the cell.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from nb2prod.lint.catalogue import catalogue
from nb2prod.lint.choice import ALL, means
from nb2prod.lint.fix import Fix, Replace
from nb2prod.lint.rule import Finding, Rule, listed
from nb2prod.lint.suppressions import suppressions
from nb2prod.problems import Location

if TYPE_CHECKING:
    from collections.abc import Iterator

    from nb2prod.lint.rule import Context
    from nb2prod.lint.suppressions import Suppression


def check(context: Context) -> Iterator[Finding]:
    """Report each suppression of which something silences nothing; the rules that it names are asked again."""
    found = _Found(context)
    for each in suppressions(context.program):
        unused = [one for one in each.choices if not found.silenced(one, each.cell, each.first, each.last)]
        if unused or (not each.choices and not found.silenced(ALL, each.cell, each.first, each.last)):
            where = Location(each.cell, each.line, each.start)
            yield Finding(where, _message(context, where, unused), fix=_fix(context, each, unused))
    for cell in context.program.notebook.cells:
        if unused := [one for one in cell.ignored if not found.silenced(one, cell.index)]:
            where = Location(cell.index, 1, 1)
            yield Finding(where, f"{_message(context, where, unused)} (in the cell's metadata)")
    if unused := [one for one in context.program.notebook.ignored if not found.silenced(one)]:
        where = Location(context.program.cells[0].cell.index, 1, 1)
        yield Finding(where, f"{_message(context, where, unused)} (in the notebook's metadata)")


class _Found:
    """What rules find in the notebook, each asked once."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._rules = [rule for rule in catalogue() if rule.name != RULE.name]
        self._places: dict[str, list[Location]] = {}

    def silenced(self, choice: str, cell: int | None = None, first: int = 1, last: int | None = None) -> bool:
        """Whether a choice of rules has something to silence, in these lines of a cell or anywhere."""
        return (choice != ALL and means([choice], RULE.code, RULE.name)) or any(
            (cell is None or place.cell == cell) and first <= place.line and (last is None or place.line <= last)
            for rule in self._rules
            if (rule.default if choice == ALL else means([choice], rule.code, rule.name))
            for place in self._of(rule)
        )

    def _of(self, rule: Rule) -> list[Location]:
        if rule.code not in self._places:
            found = (one for each in rule.check(self._context) for one in (each, *each.causes))
            self._places[rule.code] = [each.where for each in found]
        return self._places[rule.code]


def _message(context: Context, where: Location, unused: list[str]) -> str:
    what = listed(f"`{one}`" for one in unused) if unused else "everything"
    return f"{context.name(where.cell)} ignores {what} without need: nothing is found there, or nothing is called so"


def _fix(context: Context, each: Suppression, unused: list[str]) -> Fix | None:
    """Take out what is not needed, unless somebody wrote a reason behind it."""
    source = context.program.cell(each.cell).cell.source.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    line = source[each.line - 1]
    before, after = line[: each.start - 1], line[each.end - 1 :]
    if after.strip() and not after.lstrip().startswith("#"):
        return None
    kept = [one for one in each.choices if one not in unused]
    if kept:
        new = Replace(each.cell, each.line, each.start, each.line, each.end, f"# nb2prod: ignore[{', '.join(kept)}]")
    elif before.strip() or after.strip() or len(source) == 1:
        end = each.end if before.strip() or not after.strip() else each.end + len(after) - len(after.lstrip())
        new = Replace(each.cell, each.line, len(before.rstrip()) + 1, each.line, end, "")
    elif each.line < len(source):
        new = Replace(each.cell, each.line, 1, each.line + 1, 1, "")
    else:
        new = Replace(each.cell, each.line - 1, len(source[each.line - 2]) + 1, each.line, len(line) + 1, "")
    return Fix((new,), safe=True, message="Remove the suppression that nothing needs")


RULE = Rule(code="HY201", name="unused-suppression", severity="warning", check=check)
