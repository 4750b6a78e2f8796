"""A mean, a quantile or the like of all rows goes into rows that are split only later.

## Why it matters

`df["age"].fillna(df["age"].mean())` before the split fills the training rows with a
number that the test rows had a part in. For a mean or a median the score hardly changes;
for statistics by group it does more, and with the target's own mean by category
(target encoding) each row is told a part of its answer: the score is then worthless.
And in production the number has to be stored: it cannot be computed from one new row.

## Bad

```python
# In [1]:
import pandas as pd
from sklearn.linear_model import LinearRegression
from sklearn.model_selection import train_test_split

houses = pd.read_csv("houses.csv")
houses["age"] = houses["age"].fillna(houses["age"].median())  # !
# In [2]:
X_train, X_test, y_train, y_test = train_test_split(houses[["age", "area"]], houses["price"], random_state=1)
model = LinearRegression().fit(X_train, y_train)
print(model.score(X_test, y_test))
```

## Good

```python
# In [1]:
import pandas as pd
from sklearn.linear_model import LinearRegression
from sklearn.model_selection import train_test_split

houses = pd.read_csv("houses.csv")
X_train, X_test, y_train, y_test = train_test_split(houses[["age", "area"]], houses["price"], random_state=1)
# In [2]:
age = X_train["age"].median()
X_train = X_train.fillna({"age": age})
X_test = X_test.fillna({"age": age})
# In [3]:
model = LinearRegression().fit(X_train, y_train)
print(model.score(X_test, y_test))
```

A number that only says which rows to keep, or that is only looked at, is fine:

## Good

```python
# In [1]:
import pandas as pd
from sklearn.linear_model import LinearRegression
from sklearn.model_selection import train_test_split

houses = pd.read_csv("houses.csv")
print(houses["age"].mean())
houses = houses[houses["area"] < houses["area"].quantile(0.99)]
# In [2]:
X_train, X_test, y_train, y_test = train_test_split(houses[["age", "area"]], houses["price"], random_state=1)
model = LinearRegression().fit(X_train, y_train)
print(model.score(X_test, y_test))
```

## How to mend it

Split first, compute the number from the training rows, and put that same number into the
test rows. `SimpleImputer`, `StandardScaler` or `TargetEncoder` in a `Pipeline` do it by
themselves.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from nb2prod.lint.causes import one_per_cell
from nb2prod.lint.learners import SEARCHES
from nb2prod.lint.rule import LEARNING, Finding, Rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from nb2prod.lint.learning import Event
    from nb2prod.lint.rule import Context, Severity

_SAY_LITTLE = {"max", "min", "mode", "value_counts"}


def check(context: Context) -> Iterator[Finding]:
    """Report for each cell the numbers of rows of both sides that reach a model trained on one of them."""
    return one_per_cell(_findings(context))


def _findings(context: Context) -> Iterator[Finding]:
    learning = context.learning
    for number, statistic in learning.of("statistic"):
        leak = learning.leaks(number)
        if leak is None:
            continue
        split, model = leak
        cut = learning.splits[split]
        severity, effect = _effect(statistic, model, searched=cut.kind == "cross" and bool(model.learners & SEARCHES))
        column = f" of `{statistic.data.column[1]}`" if statistic.data.column else ""
        deed = "cross-validates" if cut.kind == "cross" else "splits"
        message = (
            f"{context.name(statistic.where.cell)} puts the {statistic.name}{column} of all rows into rows that "
            f"{context.name(cut.where.cell)} {deed}: it reaches the model of {context.name(model.where.cell)}, {effect}"
        )
        places = (cut.where, model.where, *([statistic.via] if statistic.via else []))
        also = tuple(place for place in dict.fromkeys(places) if place != statistic.where)
        yield Finding(statistic.where, message, also, severity)


def _effect(statistic: Event, model: Event, *, searched: bool) -> tuple[Severity | None, str]:
    """Say how much better the score gets."""
    of, target = statistic.data.column, model.target.column
    if of is not None and target is not None and of[1] == target[1]:
        return "error", "and is made of the target, the test rows' too: its score is far too good"
    if statistic.name in _SAY_LITTLE or searched:
        return "info", "with hardly any effect on its score; a new row alone cannot be treated so"
    return None, "whose score is a little too good; a new row alone cannot be treated so"


RULE = Rule(code="ML108", name="statistic-from-all-rows", severity="warning", check=check, words=LEARNING)
