"""Rows made of their neighbours in time are split at random.

## Why it matters

With lags, differences or rolling means among the features (or windows cut out of a
series) a random split puts a test row between training rows that overlap it: the model
looks a day ahead and a day back. In production there is only the past, and the
error is larger than the one that was measured, often many times.

## Bad

```python
# In [1]:
import pandas as pd
from sklearn.ensemble import RandomForestRegressor
from sklearn.model_selection import train_test_split

sales = pd.read_csv("daily.csv", parse_dates=["day"])
sales["yesterday"] = sales["sold"].shift(1)
sales["week"] = sales["sold"].rolling(7).mean().shift(1)
sales = sales.dropna()
# In [2]:
X, y = sales[["yesterday", "week"]], sales["sold"]
X_train, X_test, y_train, y_test = train_test_split(X, y, random_state=1)  # !
model = RandomForestRegressor(random_state=1).fit(X_train, y_train)
print(model.score(X_test, y_test))
```

## Good

```python
# In [1]:
import pandas as pd
from sklearn.ensemble import RandomForestRegressor
from sklearn.model_selection import train_test_split

sales = pd.read_csv("daily.csv", parse_dates=["day"])
sales["yesterday"] = sales["sold"].shift(1)
sales["week"] = sales["sold"].rolling(7).mean().shift(1)
sales = sales.dropna()
# In [2]:
X, y = sales[["yesterday", "week"]], sales["sold"]
X_train, X_test, y_train, y_test = train_test_split(X, y, shuffle=False)
model = RandomForestRegressor(random_state=1).fit(X_train, y_train)
print(model.score(X_test, y_test))
```

## How to mend it

Cut at a point in time: `train_test_split(…, shuffle=False)` on sorted rows,
`TimeSeriesSplit` for cross-validation, with a gap as long as the longest window.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from nb2prod.lint.rule import LEARNING, Finding, Rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from nb2prod.lint.rule import Context


def check(context: Context) -> Iterator[Finding]:
    """Report each random split of rows that neighbouring rows went into."""
    learning = context.learning
    for number, split in enumerate(learning.splits):
        if not split.random or number not in learning.roles:
            continue
        past = [learning.events[mark] for mark in sorted(split.data.all_marks())]
        past = [event for event in past if event.kind == "past" and event.data.sources & split.data.sources]
        if past:
            made = past[0]
            message = (
                f"{context.name(split.where.cell)} splits at random rows that {context.name(made.where.cell)} made of "
                f"their neighbours in time ({made.name}): test rows lie between training rows that overlap them"
            )
            places = dict.fromkeys(event.where for event in past)
            yield Finding(split.where, message, tuple(place for place in places if place != split.where))


RULE = Rule(code="ML106", name="random-split-of-time-series", severity="warning", check=check, words=LEARNING)
