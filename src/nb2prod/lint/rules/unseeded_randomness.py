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
import re
from typing import TYPE_CHECKING

from nb2prod.lint.rule import Finding, Rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from nb2prod.lint.rule import Context
    from nb2prod.problems import Location
    from nb2prod.program import Statement

_GENERATORS = {
    "rng:numpy": ("NumPy's global generator", "np.random.seed(0)"),
    "rng:random": ("Python's generator", "random.seed(0)"),
    "rng:torch": ("PyTorch's generator", "torch.manual_seed(0)"),
    "rng:tensorflow": ("TensorFlow's generator", "tf.random.set_seed(0)"),
}

_TAKE_A_SEED = frozenset(
    [
        "make_blobs",
        "make_classification",
        "make_moons",
        "make_regression",
        "resample",
        "sample",
        "shuffle",
        "train_test_split",
    ]
)
_DRAWS = re.compile(r"(torch|tf|tensorflow)\.(rand\w*|normal|random\.(?!set_seed)\w+)")
_ON_REQUEST = {
    "KFold": "shuffle",
    "StratifiedKFold": "shuffle",
    "SVC": "probability",
    "NuSVC": "probability",
    "PCA": "svd_solver",
    "KernelPCA": "eigen_solver",
}
"""Classes that draw only when this argument asks for it (PCA: else for large tables only)."""

_SEEDED_WHEN_MADE = frozenset(["fit", "fit_predict", "fit_resample", "fit_transform", "split"])


def check(context: Context) -> Iterator[Finding]:
    """Report for each generator the first draw before it is seeded; the others are its further places."""
    for channel, (generator, seed) in _GENERATORS.items():
        draws = list(_draws(context, channel))
        if draws:
            where, call = draws[0]
            way = f"{_way(call)}call `{seed}` in the first cell"
            message = f"{context.name(where.cell)} draws from {generator} without a seed (`{call}`): {way}"
            yield Finding(where, message, tuple(dict.fromkeys(place for place, _ in draws if place != where)))


def _draws(context: Context, channel: str) -> Iterator[tuple[Location, str]]:
    """Yield the places that draw until something seeds, each with the function that is called there."""
    for statement, effects in zip(context.program.statements, context.document.effects, strict=True):
        if channel in effects.reads and channel in effects.mutates:
            where = effects.reads[channel]
            call = _call(context, statement, where)
            name = ast.unparse(call.func).partition("(")[0] if call else "random"
            certain = channel not in effects.suspected or _DRAWS.fullmatch(name)
            if certain and not _draws_nothing(context, statement, call, name):
                yield where, name
        if channel in effects.binds:
            return


def _call(context: Context, statement: Statement, where: Location) -> ast.Call | None:
    """Find the call at a place."""
    for node in ast.walk(statement.node):
        if isinstance(node, ast.Call) and context.place(statement.cell, node) == where:
            return node
    return None


def _draws_nothing(context: Context, statement: Statement, call: ast.Call | None, name: str) -> bool:
    """Tell whether it only draws a plot's band, or draws when it is asked to and is not."""
    if name.startswith(("sns.", "seaborn.")):
        return True
    owner = call.func.value if call and isinstance(call.func, ast.Attribute) else None
    for made in _made(context, statement, owner):
        called = ast.unparse(made.func).rpartition(".")[2]
        asked = any(
            each.arg == _ON_REQUEST.get(called) and not (isinstance(each.value, ast.Constant) and not each.value.value)
            for each in made.keywords
        )
        if called not in _ON_REQUEST or asked:
            return False
    return owner is not None and bool(_made(context, statement, owner))


def _made(context: Context, statement: Statement, node: ast.expr | None) -> list[ast.Call]:
    """Find the calls that may have made an object: itself, or what was assigned to its name."""
    if isinstance(node, ast.Call):
        return [node]
    if not isinstance(node, ast.Name):
        return []
    makers = (each for use in context.reads(statement.index) if use.name == node.id for each in use.definitions)
    assigned = (context.program.statements[each].node for each in makers)
    return [each.value for each in assigned if isinstance(each, ast.Assign) and isinstance(each.value, ast.Call)]


def _way(call: str) -> str:
    """Say how this draw alone is seeded, if it can be."""
    name = call.rpartition(".")[2]
    if name in _TAKE_A_SEED and "random." not in call:
        return "pass `random_state=0` or "
    return "make the object with `random_state=0` or " if name in _SEEDED_WHEN_MADE else ""


RULE = Rule(code="RP101", name="unseeded-randomness", severity="warning", check=check)
