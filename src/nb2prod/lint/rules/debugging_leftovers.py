"""Something that was only there to find a mistake is left in the notebook.

## Why it matters

A breakpoint stops the run and waits for somebody to type; in a scheduled run it fails.
Traces printed on the way hide the output that matters.

## Bad

```python
# In [1]:
import pandas as pd

days = pd.read_csv("days.csv")
# In [2]:
breakpoint()  # !
days["sold"].mean()
```

## Good

```python
# In [1]:
import pandas as pd

days = pd.read_csv("days.csv")
print("days:", len(days))
# In [2]:
days["sold"].mean()
```

## How to mend it

Delete it. What should stay for good is better an `assert` of what must hold, or a
message of `logging.debug`, which can be switched off.
"""

from __future__ import annotations

import ast
import re
from typing import TYPE_CHECKING

from nb2prod.lint.fix import Fix, removed, replaced
from nb2prod.lint.rule import Finding, Rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from nb2prod.lint.nodes import Call
    from nb2prod.lint.rule import Context

_BREAKPOINTS = frozenset(
    {
        *("breakpoint", "pdb.set_trace", "ipdb.set_trace", "pudb.set_trace", "pdb.pm", "ipdb.pm", "pdb.post_mortem"),
        *("IPython.core.debugger.set_trace", "IPython.embed", "code.interact", "debugpy.breakpoint"),
        *("icecream.ic",),
    }
)
_MAGICS = frozenset(["debug", "pdb"])
_RUN = frozenset(["run_line_magic", "run_cell_magic"])
_TRACE = re.compile(
    r"(?:i am |i'm |got |we are |reached |am )?here\W*\d*|debug\b.*|xxx+|aaa+|asdf\w*|bla(?:h|bla)*", re.IGNORECASE
)


def check(context: Context) -> Iterator[Finding]:
    """Report each breakpoint, and the first of the printed traces."""
    traces: list[Call] = []
    for call in context.nodes.calls:
        if call.path == "print" and _is_trace(call.node):
            traces.append(call)
        elif (shown := _breakpoint(call)) is not None:
            where = context.place(call.statement.cell, call.node)
            message = f"{context.name(where.cell)} stops in the debugger (`{shown}`): delete it before others run it"
            if call.path == "icecream.ic":
                message = f"{context.name(where.cell)} prints for debugging (`ic`): delete it"
            yield Finding(where, message, fix=_without(context, call))
    if traces:
        where, *others = (context.place(call.statement.cell, call.node) for call in traces)
        message = (
            f"{context.name(where.cell)} prints a trace for debugging (`{ast.unparse(traces[0].node)}`): delete it"
        )
        yield Finding(where, message, tuple(others), severity="info")


def _breakpoint(call: Call) -> str | None:
    """Show what stops there."""
    if call.path in _BREAKPOINTS:
        return ast.unparse(call.node)
    if call.name not in _RUN:
        return None
    match call.node:
        case ast.Call(
            func=ast.Attribute(),
            args=[ast.Constant(value=str() as magic), ast.Constant(value=str() as line), *_],
        ) if magic in _MAGICS and line.strip() not in {"off", "0"}:
            return f"%{magic} {line}".strip()
        case _:
            return None


def _is_trace(node: ast.Call) -> bool:
    match node.args:
        case [ast.Constant(value=str() as text), *_]:
            return _TRACE.fullmatch(text.strip()) is not None
        case _:
            return False


def _without(context: Context, call: Call) -> Fix | None:
    """Delete a breakpoint that is a statement of its own; in a block, where it may be all there is, leave `pass`."""
    node = context.nodes.parents(call.statement).get(call.node)
    if not isinstance(node, ast.Expr) or call.path not in _BREAKPOINTS:
        return None
    program = context.program
    if node is call.statement.node:
        edit = removed(program, call.statement)
    else:
        edit = replaced(program, call.statement.cell, node, "pass")
    return Fix((edit,), safe=True, message=f"Delete `{ast.unparse(node)}`")


RULE = Rule(code="HY106", name="debugging-leftovers", severity="warning", check=check)
