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

from typing import TYPE_CHECKING

from nb2prod.lint.learning import COMPOSED, STATEFUL
from nb2prod.lint.rule import Finding, Rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from nb2prod.lint.learning import Fit, Learning
    from nb2prod.lint.rule import Context


def check(context: Context) -> Iterator[Finding]:
    """Report each fit on rows that are only predicted or scored."""
    learning = context.learning
    for number, fit in enumerate(learning.fits):
        if fit.is_model and fit.data.side() == "test" and fit.count > 1:
            cut = learning.splits[max(split for split, _ in fit.data.part)].where
            message = f"{context.name(fit.where.cell)} trains {fit.name} on the test rows of {context.name(cut.cell)}"
            yield Finding(fit.where, message, (cut,))
        elif fit.learners & (STATEFUL | COMPOSED) and not fit.is_model:
            yield from _refitted(context, number, fit)


def _refitted(context: Context, number: int, fit: Fit) -> Iterator[Finding]:
    """Yield a finding when the transformer is fitted on rows a model is asked for, after one for the rows it learnt from."""
    learning = context.learning
    for asked in learning.asked:
        if number not in asked.data.fits:
            continue
        for model in sorted(asked.model.fits):
            first = _first_fit(learning, fit, model)
            if number not in learning.fits[model].data.fits and first is not None:
                message = (
                    f"{context.name(fit.where.cell)} fits {fit.name} again on rows that {context.name(asked.where.cell)} "
                    f"only asks the model for: `transform` them as {context.name(first.where.cell)} learnt it"
                )
                yield Finding(fit.where, message, (first.where, asked.where))
                return


def _first_fit(learning: Learning, fit: Fit, model: int) -> Fit | None:
    """Find the fit of the same kind of transformer that the model's own rows went through."""
    trained = learning.fits[model]
    for number in sorted(trained.data.fits):
        first = learning.fits[number]
        if first.learners == fit.learners and first is not fit and _apart(trained, fit):
            return first
    return None


def _apart(model: Fit, fit: Fit) -> bool:
    """Tell whether the fit's rows are others than the model's: the other side of a split, or another source."""
    sides = {model.data.side(), fit.data.side()}
    return sides == {"train", "test"} or not model.data.sources & fit.data.sources


RULE = Rule(code="ML102", name="fit-on-test", severity="error", check=check)
