"""Something is fitted on the test rows.

## Why it matters

`fit_transform` on the test rows scales, imputes or encodes them by their own
statistics: the same row gets other values than in training, and other ones again
next to other rows. The score is then that of another model than the one that will
answer in production, where one row comes at a time. A model that is trained on the
test rows has nothing left to be tested with.

## Bad

```python
# In [1]:
import pandas as pd
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import train_test_split
from sklearn.preprocessing import StandardScaler

sales = pd.read_csv("sales.csv")
X, y = sales.drop(columns="sold"), sales["sold"]
X_train, X_test, y_train, y_test = train_test_split(X, y, random_state=1)
# In [2]:
scaler = StandardScaler()
X_train = scaler.fit_transform(X_train)
X_test = scaler.fit_transform(X_test)  # !
# In [3]:
model = LogisticRegression()
model.fit(X_train, y_train)
print(model.score(X_test, y_test))
```

The same with two files, without any split:

## Bad

```python
# In [1]:
import pandas as pd
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression

past = pd.read_csv("train.csv")
new = pd.read_csv("test.csv")
# In [2]:
imputer = SimpleImputer()
known = imputer.fit_transform(past.drop(columns="sold"))
asked = imputer.fit_transform(new)  # !
# In [3]:
model = LogisticRegression().fit(known, past["sold"])
# In [4]:
print(model.predict(asked))
```

## Good

```python
# In [1]:
import pandas as pd
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import train_test_split
from sklearn.preprocessing import StandardScaler

sales = pd.read_csv("sales.csv")
X, y = sales.drop(columns="sold"), sales["sold"]
X_train, X_test, y_train, y_test = train_test_split(X, y, random_state=1)
# In [2]:
scaler = StandardScaler()
X_train = pd.DataFrame(scaler.fit_transform(X_train), columns=X_train.columns)
X_test = pd.DataFrame(scaler.transform(X_test), columns=X_train.columns)
# In [3]:
model = LogisticRegression()
model.fit(X_train, y_train)
print(model.score(X_test, y_test))
```

Looking at the test rows in a picture is fine, and so is a part that is split again:

## Good

```python
# In [1]:
import matplotlib.pyplot as plt
import pandas as pd
from sklearn.decomposition import PCA
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import train_test_split

sales = pd.read_csv("sales.csv")
_, some = train_test_split(sales, random_state=1)
train, test = train_test_split(some, random_state=1)
# In [2]:
plt.scatter(*PCA(2, random_state=0).fit_transform(test).T)
# In [3]:
model = LogisticRegression().fit(train[["price"]], train["sold"])
print(model.predict(test[["price"]]))
```

## How to mend it

Fit on the training rows only and call `transform` for the others; a `Pipeline` does
it right by itself.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from nb2prod.lint.learners import COMPOSED, STATEFUL
from nb2prod.lint.rule import Finding, Rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from nb2prod.lint.learning import Fit, Learning
    from nb2prod.lint.rule import Context


_X_AND_Y = 2


def check(context: Context) -> Iterator[Finding]:
    """Report for each cell the first fit on rows that are only predicted or scored."""
    by_cell: dict[int, list[Finding]] = {}
    for number, fit in enumerate(context.learning.fits):
        found = _trained(context, number, fit) if fit.is_model else _refitted(context, number, fit)
        if found is not None:
            by_cell.setdefault(fit.where.cell, []).append(found)
    for first, *more in by_cell.values():
        yield replace(first, also=tuple(dict.fromkeys((*first.also, *(each.where for each in more)))))


def _trained(context: Context, number: int, fit: Fit) -> Finding | None:
    """Find a model that is trained on the test rows, other than one of two halves or one on top of other models."""
    learning = context.learning
    if (
        fit.data.side() != "test"
        or fit.count < _X_AND_Y
        or any(learning.fits[each].is_model for each in fit.data.all_fits())
    ):
        return None
    if any(number in asked.model.fits and asked.data.side() == "train" for asked in learning.asked):
        return None
    cut = learning.splits[max(split for split, _ in fit.data.part)].where
    message = f"{context.name(fit.where.cell)} trains {fit.name} on the test rows of {context.name(cut.cell)}"
    return Finding(fit.where, message, (cut,))


def _refitted(context: Context, number: int, fit: Fit) -> Finding | None:
    """Find a transformer fitted on rows that a model is only asked for, after another for the rows it learnt from."""
    learning = context.learning
    if not fit.learners & (STATEFUL | COMPOSED):
        return None
    for asked in learning.asked:
        if number not in asked.data.all_fits():
            continue
        for model in sorted(asked.model.fits):
            first = _first_fit(learning, fit, model)
            if number not in learning.fits[model].data.all_fits() and first is not None:
                message = (
                    f"{context.name(fit.where.cell)} fits {fit.name} again on rows that the model of "
                    f"{context.name(asked.where.cell)} is only asked for: `transform` them as "
                    f"{context.name(first.where.cell)} learnt it"
                )
                return Finding(fit.where, message, (first.where, asked.where))
    return None


def _first_fit(learning: Learning, fit: Fit, model: int) -> Fit | None:
    """Find the fit of the same kind of transformer that the model's own rows went through."""
    trained = learning.fits[model]
    for number in sorted(trained.data.all_fits()):
        first = learning.fits[number]
        if first.learners == fit.learners and first is not fit and _apart(trained, fit):
            return first
    return None


def _apart(model: Fit, fit: Fit) -> bool:
    """Tell whether the fit's rows are others than the model's: the other side of a split, or another source."""
    sides = {model.data.side(), fit.data.side()}
    return sides == {"train", "test"} or not model.data.sources & fit.data.sources


RULE = Rule(code="ML102", name="fit-on-test", severity="error", check=check)
