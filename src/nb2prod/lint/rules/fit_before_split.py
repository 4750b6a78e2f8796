"""Preprocessing learns from all rows, and only then are they split into train and test.

## Why it matters

A scaler, an imputer, a selector or a vectorizer that has seen the test rows passes
what it learnt from them on to the model. The score on the test rows is then too
good, sometimes by a little, with feature selection by a lot; in production the
model meets rows that nobody has looked at before.

## Bad

```python
# In [1]:
import pandas as pd
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import train_test_split
from sklearn.preprocessing import StandardScaler

sales = pd.read_csv("sales.csv")
X, y = sales.drop(columns="sold"), sales["sold"]
# In [2]:
X = StandardScaler().fit_transform(X)  # !
# In [3]:
X_train, X_test, y_train, y_test = train_test_split(X, y, random_state=1)
# In [4]:
model = LogisticRegression()
model.fit(X_train, y_train)
```

## Good

```python
# In [1]:
import pandas as pd
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import train_test_split
from sklearn.preprocessing import LabelEncoder, PolynomialFeatures, StandardScaler

sales = pd.read_csv("sales.csv")
X, y = sales.drop(columns="sold"), sales["sold"]
# In [2]:
y = LabelEncoder().fit_transform(y)
X = PolynomialFeatures().fit_transform(X)
# In [3]:
X_train, X_test, y_train, y_test = train_test_split(X, y, random_state=1)
# In [4]:
scaler = StandardScaler()
X_train = scaler.fit_transform(X_train)
X_test = scaler.transform(X_test)
# In [5]:
model = LogisticRegression()
model.fit(X_train, y_train)
```

Encoding the target and steps that learn nothing from the rows are fine before the
split; so is a pipeline, which cross-validation fits on the training part each time:

## Good

```python
# In [1]:
import pandas as pd
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

sales = pd.read_csv("sales.csv")
X, y = sales.drop(columns="sold"), sales["sold"]
# In [2]:
print(cross_val_score(make_pipeline(StandardScaler(), LogisticRegression()), X, y))
```

## How to mend it

Split first. Then `fit_transform` the training rows and `transform` the test rows, or
put the step and the model into one `Pipeline` and fit that on the training rows.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from nb2prod.lint.learners import CATEGORY_ENCODERS, COMPOSED, STATEFUL
from nb2prod.lint.rule import Finding, Rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from nb2prod.lint.learning import Fit, Learning
    from nb2prod.lint.rule import Context


def check(context: Context) -> Iterator[Finding]:
    """Report for each cell the first fit on rows of both sides whose result reaches a model trained on one of them."""
    by_cell: dict[int, list[Finding]] = {}
    for number, fit in enumerate(context.learning.fits):
        found = _trained_on_a_side(context.learning, number) if fit.learners & STATEFUL else None
        if found is not None:
            by_cell.setdefault(fit.where.cell, []).append(_finding(context, fit, *found))
    for found_here in by_cell.values():
        first = next((each for each in found_here if each.severity is None), found_here[0])
        more = (each.where for each in found_here if each is not first)
        yield replace(first, also=tuple(dict.fromkeys((*first.also, *more))))


def _trained_on_a_side(learning: Learning, number: int) -> tuple[int, Fit] | None:
    """Find a model that gets what the fit learnt, and the split that made its rows out of those of the fit."""
    fit = learning.fits[number]
    if fit.data.splits:
        return None  # fitted on what a split gave
    for model in learning.fits:
        if model.is_model and number in model.data.all_fits():
            for split in sorted(model.data.splits):
                if learning.splits[split].data.sources & fit.data.sources:
                    return split, model
    return None


def _finding(context: Context, fit: Fit, split: int, model: Fit) -> Finding:
    cut = context.learning.splits[split].where
    message = (
        f"{context.name(fit.where.cell)} fits {fit.name} on all rows, which {context.name(cut.cell)} splits: "
        f"the test rows reach the model of {context.name(model.where.cell)}"
    )
    mild = bool(fit.learners & CATEGORY_ENCODERS) and not fit.learners & (STATEFUL - CATEGORY_ENCODERS - COMPOSED)
    return Finding(fit.where, message, (cut, model.where), "info" if mild else None)


RULE = Rule(code="ML101", name="fit-before-split", severity="warning", check=check)
