"""Text that is not written in the notebook is run as Python.

## Why it matters

`eval` and `exec` run whatever the text says, also where it was meant to be a list in a
column: a row with `__import__("os").system("…")` in it runs that. Whoever made the file
decides.

## Bad

```python
# In [1]:
import pandas as pd

films = pd.read_csv("films.csv")
# In [2]:
films["genres"] = films["genres"].apply(eval)  # !
```

## Good

```python
# In [1]:
import ast

import pandas as pd

films = pd.read_csv("films.csv")
# In [2]:
films["genres"] = films["genres"].apply(ast.literal_eval)
films["ratio"] = films.eval("votes / seats")
limit = eval("60 * 60")
```

## How to mend it

`ast.literal_eval` reads lists, dictionaries, numbers and texts, and runs nothing;
`json.loads` reads JSON. A name that is picked by its text is better kept as a key of a
dictionary.
"""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from nb2prod.lint.fix import Fix, new_import, replaced
from nb2prod.lint.rule import Finding, Rule
from nb2prod.lint.written import is_written

if TYPE_CHECKING:
    from collections.abc import Iterator

    from nb2prod.lint.fix import Edit
    from nb2prod.lint.rule import Context
    from nb2prod.program import Statement

_RUN = ("eval", "exec")


def check(context: Context) -> Iterator[Finding]:
    """Report each use of eval and exec, called or handed on, on text from outside."""
    called = {call.node.func: call for call in context.nodes.calls if call.name in _RUN}
    for statement, node in (each for name in _RUN for each in context.nodes.reads_of(name)):
        if context.nodes.path(node, statement) != node.id:
            continue
        call = called.get(node)
        if call is None:
            what, is_data = f"`{node.id}` is handed on", True
        else:
            text = call.node.args[0] if call.node.args else None
            what = f"`{ast.unparse(text) if text else ''}` is run as Python"
            is_data = text is not None and not is_written(context, text, statement)
        if is_data:
            where = context.place(statement.cell, node)
            yield Finding(
                where,
                f"in {context.name(where.cell)} {what}, and what it says is not written in the notebook: "
                "`ast.literal_eval` reads values and runs nothing",
                fix=_literal(context, statement, node),
            )


def _literal(context: Context, statement: Statement, node: ast.Name) -> Fix | None:
    """Read a value instead; where the text is more than a value that fails, so the fix is not safe."""
    if node.id != "eval" or not _gives_a_value(context, node):
        return None
    name = next((each.name for each in context.nodes.imports if each.path == "ast"), "ast")
    edits: list[Edit] = [replaced(context.program, statement.cell, node, f"{name}.literal_eval")]
    if not any(each.path == "ast" and each.statement.index < statement.index for each in context.nodes.imports):
        edits.append(new_import(context.program, statement, "import ast"))
    return Fix(tuple(edits), safe=False, message="Read values with `ast.literal_eval`")


def _gives_a_value(context: Context, node: ast.Name) -> bool:
    """Tell whether the result is used as a value may be, and not as an object or a function: `eval(name).fit()`."""
    calls = [each for _, each in context.nodes.of(ast.Call) if each.func is node]
    if any(len(each.args) != 1 or each.keywords for each in calls):
        return False  # names are given, too
    results = {id(each) for each in calls}
    methods = {name for kind in (bytes, complex, dict, list, set, str) for name in dir(kind) if name[0] != "_"}
    return not any(id(each.func) in results for _, each in context.nodes.of(ast.Call)) and not any(
        id(each.value) in results and each.attr not in methods for _, each in context.nodes.of(ast.Attribute)
    )


RULE = Rule(code="SE105", name="eval-of-data", severity="warning", check=check, words="eval|exec")
