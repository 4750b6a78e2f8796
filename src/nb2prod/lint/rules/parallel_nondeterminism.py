"""Work is done side by side in a way that gives other results, or another order, each time.

## Why it matters

Which of two workers is done first depends on the computer and on what else it does. A
seed does not help: each worker draws from a generator of its own, or all from copies of
one.

## Bad

```python
# In [1]:
from multiprocessing import Pool


def square(n):
    return n * n


with Pool() as pool:
    squares = list(pool.imap_unordered(square, range(9)))  # !
```

## Good

```python
# In [1]:
from multiprocessing import Pool


def square(n):
    return n * n


with Pool() as pool:
    squares = list(pool.imap(square, range(9)))
    total = sum(pool.imap_unordered(square, range(9)))
```

## How to mend it

Take the results in the order of the tasks (`map`, `imap`, the list of futures), or sort
them by their task. Give each task a seed of its own and draw from
`np.random.default_rng(seed)`. For PyTorch: `torch.backends.cudnn.benchmark = False`.
"""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from nb2prod.lint.rule import Finding, Rule
from nb2prod.tree import walk

if TYPE_CHECKING:
    from collections.abc import Iterator

    from nb2prod.lint.nodes import Call
    from nb2prod.lint.rule import Context
    from nb2prod.problems import Location

_UNORDERED = frozenset(["imap_unordered", "as_completed"])
_WITHOUT_ORDER = frozenset(["sum", "max", "min", "set", "sorted", "len", "any", "all", "dict", "frozenset"])
_RUNNERS = frozenset(["map", "imap", "starmap", "apply_async", "submit", "delayed", "map_async", "starmap_async"])
_WITH_WORKERS = ("multiprocessing", "concurrent.futures", "joblib", "pathos", "multiprocess", "dask", "ray")
_CUDNN = {"torch.backends.cudnn.benchmark": True, "torch.backends.cudnn.deterministic": False}
_MARKS = "imap_unordered|as_completed|cudnn|Pool|delayed|Executor"


def check(context: Context) -> Iterator[Finding]:
    """Report results in any order, draws in workers, and settings that let the GPU choose."""
    if not context.has(_MARKS):
        return
    for where, what, way in [*_in_any_order(context), *_drawn_by_workers(context), *_chosen_by_gpu(context)]:
        yield Finding(where, f"{context.name(where.cell)} {what}: {way}")


def _in_any_order(context: Context) -> Iterator[tuple[Location, str, str]]:
    for call in context.nodes.calls:
        if call.name in _UNORDERED and _keeps_order(context, call):
            where = context.place(call.statement.cell, call.node)
            yield where, f"keeps results in the order in which they are done (`{call.name}`)", "keep that of the tasks"


def _keeps_order(context: Context, call: Call) -> bool:
    """Whether the results go into a list one behind the other, without their task."""
    parents = context.nodes.parents(call.statement)
    above = parents.get(call.node)
    if isinstance(above, ast.Call) and (call.node in above.args or not above.args):
        name = context.nodes.path(above.func, call.statement) or ""
        if "tqdm" in name:
            above = parents.get(above)
        else:
            return name not in _WITHOUT_ORDER
    match above:
        case ast.For(body=body):
            return any(_appends_result(node) for statement in body for node in walk(statement))
        case ast.comprehension():
            return isinstance(parents[above], ast.ListComp)
        case _:
            return False


def _appends_result(node: ast.AST) -> bool:
    """`rows.append(future.result())`; a tuple may hold the task, by which it can be sorted."""
    match node:
        case ast.Call(func=ast.Attribute(attr="append" | "extend"), args=[value]):
            return not isinstance(value, (ast.Tuple, ast.Dict))
        case _:
            return False


def _drawn_by_workers(context: Context) -> Iterator[tuple[Location, str, str]]:
    """Yield where a function of the notebook is given to workers that draws from a global generator."""
    roots = {each.path.partition(".")[0] for each in context.nodes.imports}
    if not roots & {name.partition(".")[0] for name in _WITH_WORKERS}:
        return
    functions = {name: f for each in context.document.effects for name, f in each.functions.items()}
    for call in context.nodes.calls:
        if call.name not in _RUNNERS or call.path == "map" or not call.node.args:
            continue
        given = call.node.args[0]
        function = functions.get(given.id) if isinstance(given, ast.Name) else None
        channels = [name for name in function.mutates if name.startswith("rng:")] if function else []
        sure = [name for name in channels if function and name not in function.suspected and name not in function.binds]
        if sure and isinstance(given, ast.Name):
            where = context.place(call.statement.cell, call.node)
            what = f"gives `{given.id}`, which draws random numbers, to workers (`{call.name}`)"
            yield where, what, "give each task its seed, and draw from `np.random.default_rng(seed)`"


def _chosen_by_gpu(context: Context) -> Iterator[tuple[Location, str, str]]:
    for statement, node in context.nodes.of(ast.Assign):
        target = node.targets[0]
        path = context.nodes.path(target, statement) if isinstance(target, ast.Attribute) else None
        if path in _CUDNN and isinstance(node.value, ast.Constant) and node.value.value is _CUDNN[path]:
            where = context.place(statement.cell, node)
            yield where, f"lets the GPU choose how to compute (`{ast.unparse(node)}`)", f"set it to {not _CUDNN[path]}"


RULE = Rule(code="RP107", name="parallel-nondeterminism", severity="warning", check=check)
