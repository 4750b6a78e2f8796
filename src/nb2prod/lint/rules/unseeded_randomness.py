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

from typing import TYPE_CHECKING

from nb2prod.lint.rule import Finding, Rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from nb2prod.lint.rule import Context

_GENERATORS = {
    "rng:numpy": ("NumPy's random numbers (scikit-learn and pandas use them too)", "np.random.seed(0)"),
    "rng:random": ("Python's random numbers", "random.seed(0)"),
    "rng:torch": ("PyTorch's random numbers", "torch.manual_seed(0)"),
    "rng:tensorflow": ("TensorFlow's random numbers", "tf.random.set_seed(0)"),
}


def check(context: Context) -> Iterator[Finding]:
    """Report for each generator the first draw before it is seeded; the others are its further places."""
    for channel, (numbers, seed) in _GENERATORS.items():
        draws = []
        for effects in context.document.effects:
            if channel in effects.reads and channel in effects.mutates and channel not in effects.suspected:
                draws.append(effects.reads[channel])
            if channel in effects.binds:
                break
        if draws:
            where, *again = dict.fromkeys(draws)
            message = f"{context.name(where.cell)} draws {numbers} without a seed: `{seed}` in the first cell"
            yield Finding(where, message, tuple(again))


RULE = Rule(code="RP101", name="unseeded-randomness", severity="warning", check=check)
