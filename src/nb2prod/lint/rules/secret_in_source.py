"""A password, key or token is written in a cell.

## Why it matters

Whoever gets the notebook gets the secret: by mail, on a shared drive, in a repository,
whose history keeps it after it was deleted. Bots find a key in a public repository
within minutes.

## Bad

```python
# In [1]:
import folium

API_KEY = "9fQ2mZ7xKp4Lw8Rt1Vb6Yc3N"  # !
# In [2]:
tiles = folium.TileLayer("https://tiles.map.org/{z}/{x}/{y}", attr="map.org", key=API_KEY)
```

## Good

```python
# In [1]:
import os

import folium

API_KEY = os.environ["API_KEY"]
pad_token = "[PAD]"
password = "<your password>"
# In [2]:
tiles = folium.TileLayer("https://tiles.map.org/{z}/{x}/{y}", attr="map.org", key=API_KEY)
```

## How to mend it

Take the secret back where it was issued and make a new one: it must count as known.
Then read it when the notebook runs: `os.environ["API_KEY"]`, or `getpass.getpass()`
where a person is there to type it.
"""

from __future__ import annotations

import ast
import re
from typing import TYPE_CHECKING

from nb2prod.lint import secrets
from nb2prod.lint.fix import Fix, new_import, replaced
from nb2prod.lint.rule import Finding, Rule
from nb2prod.problems import Location

if TYPE_CHECKING:
    from collections.abc import Iterator

    from nb2prod.lint.fix import Edit
    from nb2prod.lint.rule import Context
    from nb2prod.program import Statement

_TELLING = ("passw", "pwd", "secret", "token", "key", "credent")
"""Without an i: patterns take some foreign letters for one that folding leaves as they are."""
_PASS = re.compile(r"pass\b", re.IGNORECASE)


def check(context: Context) -> Iterator[Finding]:
    """Report each secret once, at its first place; the others are its further places."""
    found: dict[str, tuple[str, list[Location], Fix | None]] = {}
    for value, kind, where, fix in [*_named(context), *_known(context)]:
        if value in found:
            found[value][1].append(where)
        elif not any(value in other for other in found):
            found[value] = (kind, [where], fix)
    for value, (kind, places, fix) in found.items():
        first, *others = sorted(set(places))
        message = (
            f"{context.name(first.cell)} holds {kind} (`{secrets.masked(value)}`): whoever has the notebook has it. "
            "Take it back where it was issued, and read the new one from the environment"
        )
        yield Finding(first, message, tuple(others), fix=fix if not others else None)


def _named(context: Context) -> Iterator[tuple[str, str, Location, Fix | None]]:
    """Yield the texts that are given to a telling name."""
    if not any(_is_telling(cell.source) for cell in context.program.notebook.code_cells):
        return
    for statement, name, node in _given(context):
        if isinstance(node.value, str) and (kind := secrets.kind_of(name, node.value)):
            yield (
                node.value,
                kind,
                context.place(statement.cell, node),
                _from_environment(context, statement, name, node),
            )


def _is_telling(source: str) -> bool:
    """Whether a name that may be a secret's is in a text; plain words are found much faster than a pattern."""
    text = source.casefold()
    return any(word in text for word in _TELLING) or ("pass" in text and _PASS.search(source) is not None)


def _known(context: Context) -> Iterator[tuple[str, str, Location, None]]:
    """Yield what has a known format, anywhere in the text of any cell."""
    # a picture in a text is left out: megabytes in which anything may be found
    cells = [each for each in context.program.notebook.cells if each.kind == "code" or ";base64," not in each.source]
    formats = secrets.formats_in(each.source for each in cells)
    for cell in cells if formats else ():
        for each in secrets.find(cell.source, formats):
            line = cell.source.count("\n", 0, each.start) + 1
            column = each.start - (cell.source.rfind("\n", 0, each.start) + 1) + 1
            yield each.value, each.kind, Location(cell.index, line, column), None


def _given(context: Context) -> Iterator[tuple[Statement, str, ast.Constant]]:
    """Yield each text that is written as the value of a name: a variable's, an argument's, a key's."""
    for statement, assign in context.nodes.of(ast.Assign):
        if isinstance(assign.value, ast.Constant):
            for target in assign.targets:
                yield statement, _name(target), assign.value
    for statement, keyword in context.nodes.of(ast.keyword):
        if isinstance(keyword.value, ast.Constant) and keyword.arg:
            yield statement, keyword.arg, keyword.value
    for statement, table in context.nodes.of(ast.Dict):
        for key, value in zip(table.keys, table.values, strict=True):
            if isinstance(key, ast.Constant) and isinstance(key.value, str) and isinstance(value, ast.Constant):
                yield statement, key.value, value


def _name(target: ast.expr) -> str:
    match target:
        case ast.Name(id=name) | ast.Attribute(attr=name) | ast.Subscript(slice=ast.Constant(value=str() as name)):
            return name
        case _:
            return ""


def _from_environment(context: Context, statement: Statement, name: str, node: ast.expr) -> Fix:
    """Read it from the environment instead; whoever runs the notebook must set it first, so this is not safe."""
    variable = re.sub(r"\W+", "_", name).upper()
    text = f'os.environ["{variable}"]'
    edits: list[Edit] = [replaced(context.program, statement.cell, node, text)]
    if not any(each.name == "os" and each.statement.index < statement.index for each in context.nodes.imports):
        edits.append(new_import(context.program, statement, "import os"))
    return Fix(tuple(edits), safe=False, message=f"Read `{text}`")


RULE = Rule(code="SE101", name="secret-in-source", severity="error", check=check)
