"""Something is imported that no cell uses.

## Why it matters

It has to be installed wherever the notebook runs, takes time to load, and tells the
reader of things that do not happen.

## Bad

```python
# In [1]:
import pandas as pd
import tensorflow as tf  # !

# In [2]:
days = pd.read_csv("days.csv")
```

## Good

```python
# In [1]:
import pandas as pd
from mpl_toolkits.mplot3d import Axes3D  # registers the projection "3d"

# In [2]:
days = pd.read_csv("days.csv")
```

## How to mend it

Delete the import. One that is there for what it does when it is loaded is named after
that in a comment, with `# nb2prod: ignore[unused-import]`.
"""

from __future__ import annotations

import ast
import re
from typing import TYPE_CHECKING

from nb2prod.lint.fix import Fix, removed, replaced
from nb2prod.lint.rule import Finding, Rule, listed, once
from nb2prod.program import BrokenCell

if TYPE_CHECKING:
    from collections.abc import Iterator

    from nb2prod.lint.nodes import Imported
    from nb2prod.lint.rule import Context

_FOR_THEIR_EFFECT = re.compile(
    r"__future__|mpl_toolkits|sklearn\.experimental|IPython|cufflinks|tensorflow_text|hvplot|antigravity|this$|"
    r"pandas_profiling|ydata_profiling|janitor|swifter|pandas_bokeh|scienceplots|plotly\.io|tqdm\.pandas|readline"
)


def check(context: Context) -> Iterator[Finding]:
    """Report each import statement with the names nothing reads."""
    statements: dict[ast.stmt, list[Imported]] = {}
    for each in context.nodes.imports:
        statements.setdefault(each.node, []).append(each)
    for node, imported in statements.items():
        unused = [each for each in imported if not _is_used(context, each)]
        if unused:
            where = context.place(unused[0].statement.cell, node)
            names = listed(f"`{each.name}`" for each in unused)
            message = f"{context.name(where.cell)} imports {names}, which no cell uses"
            yield Finding(where, message, fix=_without(context, node, imported, unused))


def _is_used(context: Context, imported: Imported) -> bool:
    if imported.name == "*" or imported.name in context.nodes.read or _FOR_THEIR_EFFECT.match(imported.path):
        return True
    if imported.name.startswith("_") or context.nodes.is_guarded(imported.node, imported.statement):
        return True
    unseen = _unseen(context)
    return imported.name in unseen and re.search(rf"\b{imported.name}\b", unseen) is not None


@once
def _unseen(context: Context) -> str:
    """Put together what may use names unseen: cells that do not parse, code in texts and magics, lists of exports."""
    broken = [cell.cell.source for cell in context.program.cells if isinstance(cell, BrokenCell)]
    texts = [node.value for _, node in context.nodes.of(ast.Constant) if isinstance(node.value, str)]
    return "\n".join([*broken, *texts])


def _without(context: Context, node: ast.stmt, imported: list[Imported], unused: list[Imported]) -> Fix | None:
    """Delete the names, or the statement: loading a module may do something, so this is not safe."""
    program, statement = context.program, imported[0].statement
    if node is not statement.node or not isinstance(node, (ast.Import, ast.ImportFrom)):
        return None
    gone = {each.alias for each in unused}
    kept = [alias for alias in node.names if alias not in gone]
    if not kept:
        edit = removed(program, statement)
    elif isinstance(node, ast.Import):
        edit = replaced(program, statement.cell, node, ast.unparse(ast.Import(kept)))
    else:
        edit = replaced(program, statement.cell, node, ast.unparse(ast.ImportFrom(node.module, kept, node.level)))
    return Fix((edit,), safe=False, message=f"Delete {listed(f'`{each.name}`' for each in unused)}")


RULE = Rule(code="EN104", name="unused-import", severity="info", check=check, default=False)
