"""Random numbers are drawn before their generator is given a seed.

## Why it matters

Each run gives other rows in the split, another model and another score; nobody can
tell a better model from a luckier draw, and the saved outputs cannot be made again.

## Bad

```python
# In [1]:
import pandas as pd
from sklearn.model_selection import train_test_split

sales = pd.read_csv("sales.csv")
# In [2]:
train, test = train_test_split(sales)  # !
# In [3]:
print(test.sample(5))
```

## Bad

```python
# In [1]:
import random

import numpy as np

np.random.seed(0)
# In [2]:
noise = np.random.normal(size=10)
lot = random.choice(noise)  # !
```

## Good

```python
# In [1]:
import pandas as pd
from sklearn.ensemble import RandomForestClassifier
from sklearn.model_selection import train_test_split

sales = pd.read_csv("sales.csv")
# In [2]:
train, test = train_test_split(sales, random_state=7)
# In [3]:
model = RandomForestClassifier(random_state=7)
model.fit(train[["price"]], train["sold"])
```

## Good

```python
# In [1]:
import random

import numpy as np

random.seed(0)
np.random.seed(0)
rng = np.random.default_rng(0)
# In [2]:
noise = np.random.normal(size=10) + rng.normal(size=10)
lot = random.choice(noise)
```

## How to mend it

Pass `random_state=` to what draws, or seed the generator in the first cell: the
message says how for each library.
"""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from nb2prod.lint.fix import Fix, line_below, new_import, replaced
from nb2prod.lint.random_draws import OF_ESTIMATORS, SEEDED_WHEN_MADE, TAKE_A_SEED, draws
from nb2prod.lint.rule import Finding, Rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from nb2prod.lint.fix import Edit
    from nb2prod.lint.nodes import Call
    from nb2prod.lint.rule import Context
    from nb2prod.program import Statement

_GENERATORS = {
    "rng:numpy": ("NumPy's global generator", "numpy", "np", "random.seed(0)"),
    "rng:random": ("Python's generator", "random", "random", "seed(0)"),
    "rng:torch": ("PyTorch's generator", "torch", "torch", "manual_seed(0)"),
    "rng:tensorflow": ("TensorFlow's generator", "tensorflow", "tf", "random.set_seed(0)"),
}
_OF_KERAS = ("Keras's generator", "keras", "keras", "utils.set_random_seed(0)")
"""What it is called, its module, the name that module usually has, and what seeds it."""

_OWN = frozenset(["numpy.random.default_rng", "numpy.random.RandomState", "random.Random"])


def check(context: Context) -> Iterator[Finding]:
    """Report for each generator the first draw before it is seeded; the others are its further places."""
    for channel, (generator, _, _, _) in _generators(context).items():
        drawn = list(draws(context, channel))
        if drawn:
            statement, call, shown = drawn[0]
            places = [context.document.effects[each.index].reads[channel] for each, _, _ in drawn]
            fix = _seed(context, channel, statement)
            way = f"{_way(call)}call `{_seeding(context, channel)}` in the first cell"
            message = f"{context.name(places[0].cell)} draws from {generator} without a seed (`{shown}`): {way}"
            others = tuple(dict.fromkeys(place for place in places if place != places[0]))
            shown_only = all(_only_shows(each, draw) for each, draw, _ in drawn)
            yield Finding(places[0], message, others, "info" if shown_only else None, fix=fix)
    yield from _own_generators(context)


def _own_generators(context: Context) -> Iterator[Finding]:
    """Report generators that are made without a seed."""
    for call in context.nodes.calls:
        if call.path not in _OWN:
            continue
        given = [*call.node.args, *(each.value for each in call.node.keywords)]
        if all(isinstance(each, ast.Constant) and each.value is None for each in given):
            where = context.place(call.statement.cell, call.node)
            text = f"{ast.unparse(call.node.func)}(0)"
            fix = Fix((replaced(context.program, call.statement.cell, call.node, text),), True, f"Write `{text}`")  # noqa: FBT003 - safe
            message = f"{context.name(where.cell)} makes a generator without a seed: write `{text}`"
            yield Finding(where, message, fix=fix)


def _only_shows(statement: Statement, call: Call | None) -> bool:
    """`df.sample(5)` as a cell's last line: what is shown differs, and nothing else."""
    shows = call is not None and call.name not in {"shuffle", "fit", "fit_transform", "partial_fit", "add"}
    return shows and isinstance(statement.node, ast.Expr) and call is not None and statement.node.value is call.node


def _way(call: Call | None) -> str:
    """Say how this draw alone is seeded, if it can be."""
    name, path = (call.name, call.path or "") if call else ("", "")
    if name in TAKE_A_SEED and not path.startswith(("random.", "numpy.random.")):
        return "pass `random_state=0` or "
    if name in OF_ESTIMATORS:
        return "make the estimator with `random_state=0` or "
    return "make the object with `random_state=0` or " if name in SEEDED_WHEN_MADE else ""


def _generators(context: Context) -> dict[str, tuple[str, str, str, str]]:
    """Keras alone seeds its backend, whichever that is."""
    roots = {each.path.partition(".")[0] for each in context.nodes.imports}
    alone = "keras" in roots and "tensorflow" not in roots
    return _GENERATORS | ({"rng:tensorflow": _OF_KERAS} if alone else {})


def _seeding(context: Context, channel: str) -> str:
    _, _, usual, seed = _generators(context)[channel]
    return f"{usual}.{seed}"


def _seed(context: Context, channel: str, draw: Statement) -> Fix | None:
    """Seed the generator below the imports among which its module is, or import that, too."""
    _, module, usual, seed = _generators(context)[channel]
    program = context.program
    above = [
        each
        for each in context.nodes.imports
        if each.statement.index < draw.index and each.node is each.statement.node and each.path == module
    ]
    if above:
        name, cell = above[0].name, above[0].statement.cell
        last = [each.statement for each in context.nodes.imports if each.statement.cell == cell][-1]
        block = last if last.index < draw.index else above[0].statement
        edit: Edit = line_below(program, block, f"{name}.{seed}")
    elif any(each.name == usual for each in context.nodes.imports) or usual in context.nodes.bound:
        return None  # the name means something else here
    else:
        text = f"import {module} as {usual}" if usual != module else f"import {module}"
        edit, name = new_import(program, draw, f"{text}\n{usual}.{seed}"), usual
    return Fix((edit,), safe=True, message=f"Insert `{name}.{seed}`")


RULE = Rule(code="RP101", name="unseeded-randomness", severity="warning", check=check)
