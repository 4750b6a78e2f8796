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

from nb2prod.lint.rule import Finding, Rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from nb2prod.lint.rule import Context
    from nb2prod.problems import Location

_GENERATORS = {
    "rng:numpy": ("NumPy's global generator", "np.random.seed(0)"),
    "rng:random": ("Python's generator", "random.seed(0)"),
    "rng:torch": ("PyTorch's generator", "torch.manual_seed(0)"),
    "rng:tensorflow": ("TensorFlow's generator", "tf.random.set_seed(0)"),
}

_TAKE_A_SEED = frozenset("make_blobs make_classification make_moons make_regression resample sample shuffle train_test_split".split())
_SEEDED_WHEN_MADE = frozenset("fit fit_predict fit_resample fit_transform split".split())


def check(context: Context) -> Iterator[Finding]:
    """Report for each generator the first draw before it is seeded; the others are its further places."""
    for channel, (generator, seed) in _GENERATORS.items():
        draws = {}
        for index, effects in enumerate(context.document.effects):
            if channel in effects.reads and channel in effects.mutates and channel not in effects.suspected:
                draws.setdefault(effects.reads[channel], index)
            if channel in effects.binds:
                break
        if draws:
            where, *again = draws
            call, way = _drawn(context.program.statements[draws[where]].node, where)
            message = f"{context.name(where.cell)} draws from {generator} without a seed{call}: {way}call `{seed}` in the first cell"
            yield Finding(where, message, tuple(again))


def _drawn(statement: ast.stmt, where: Location) -> tuple[str, str]:
    """Name the call that draws, and say how it alone would be seeded, if it can be."""
    for node in ast.walk(statement):
        if isinstance(node, ast.Call) and (node.lineno, node.col_offset + 1) == (where.line, where.column):
            name = ast.unparse(node.func).partition("(")[0]
            last = name.rpartition(".")[2]
            if last in _TAKE_A_SEED and "random." not in name:
                return f" (`{name}`)", "pass `random_state=0` or "
            if last in _SEEDED_WHEN_MADE:
                return f" (`{name}`)", "make the object with `random_state=0` or "
            return f" (`{name}`)", ""
    return "", ""


RULE = Rule(code="RP101", name="unseeded-randomness", severity="warning", check=check)
