"""The column to predict, or one computed from it, is among the features.

## Why it matters

The model only has to copy the answer, its score is (nearly) perfect, and in production,
where the answer is not known yet, it cannot be asked at all. Often `drop` was forgotten,
dropped something else, or its result was not kept.

## Bad

```python
# In [1]:
import pandas as pd
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import train_test_split

customers = pd.read_csv("customers.csv")
customers.drop("left", axis=1)
# In [2]:
X_train, X_test, y_train, y_test = train_test_split(customers, customers["left"], random_state=1)
# In [3]:
model = LogisticRegression()
model.fit(X_train, y_train)  # !
```

A column that was computed from the target is as bad:

## Bad

```python
# In [1]:
import numpy as np
import pandas as pd
from sklearn.linear_model import LinearRegression

houses = pd.read_csv("houses.csv")
houses["log_price"] = np.log(houses["price"])
# In [2]:
X = houses.drop(columns=["log_price", "street"])
y = houses["log_price"]
model = LinearRegression().fit(X, y)  # !
```

## Good

```python
# In [1]:
import numpy as np
import pandas as pd
from sklearn.linear_model import LinearRegression

houses = pd.read_csv("houses.csv")
houses["log_price"] = np.log(houses["price"])
houses["price_before"] = houses["price"].shift(1)
# In [2]:
X = houses.drop(columns=["log_price", "price", "street"])
y = houses["log_price"]
model = LinearRegression().fit(X, y)
```

## How to mend it

`X = df.drop(columns=[target, …])`, with everything that is only known once the target
is. Look at the columns once: `X.columns`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from nb2prod.lint.causes import one_per_key
from nb2prod.lint.learners import CHOOSE_COLUMNS
from nb2prod.lint.rule import LEARNING, Finding, Rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from nb2prod.lint.learning import Table
    from nb2prod.lint.rule import Context


def check(context: Context) -> Iterator[Finding]:
    """Report once for each target the models whose features hold it."""
    return one_per_key(_findings(context))


def _findings(context: Context) -> Iterator[tuple[tuple[int, str], Finding]]:
    for _, fit in context.learning.models:
        features, target = fit.data.table, fit.target.table
        if features is None or target is None or features.frame != target.frame or fit.learners & CHOOSE_COLUMNS:
            continue
        needs = frozenset(name for frame, name in fit.target.needs or () if frame == features.frame)
        if not needs or features.only == needs:
            continue
        label = ", ".join(f"`{each}`" for each in sorted(needs))
        found = _given_away(features, needs)
        if found is not None:
            message = f"{context.name(fit.where.cell)} trains {fit.name} to predict {label}, and {found}"
            yield (features.frame, label), Finding(fit.where, message)


def _given_away(features: Table, needs: frozenset[str]) -> str | None:
    """Find what tells the target: itself, a column made of it, or all the columns that it was made of."""
    if all(features.holds(each) for each in needs):
        return f"{'it is' if len(needs) == 1 else 'they are'} among the features"
    for column, of in sorted(features.made, key=lambda pair: pair[0]):
        if needs <= of and features.holds(column):
            return f"the feature `{column}` is computed from it"
        if {column} == needs and all(features.holds(each) for each in of):
            return f"it is computed from {', '.join(f'`{each}`' for each in sorted(of))}, which the features hold"
    return None


RULE = Rule(code="ML105", name="target-in-features", severity="error", check=check, words=LEARNING)
