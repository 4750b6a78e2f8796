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

from typing import TYPE_CHECKING

from nb2prod.lint.causes import one_per_cell
from nb2prod.lint.learners import (
    CATEGORY_ENCODERS,
    COMPOSED,
    LABEL_ENCODERS,
    LEARN_NOTHING,
    SEARCHES,
    SELECTORS,
    TARGET_ENCODERS,
)
from nb2prod.lint.rule import LEARNING, Finding, Rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from nb2prod.lint.learning import Event
    from nb2prod.lint.rule import Context, Severity


def check(context: Context) -> Iterator[Finding]:
    """Report for each cell the fits on rows of both sides whose result reaches a model trained on one of them."""
    return one_per_cell(_findings(context))


def _findings(context: Context) -> Iterator[Finding]:
    learning = context.learning
    for number, fit in learning.of("fit"):
        learnt = fit.learners - LEARN_NOTHING - LABEL_ENCODERS - COMPOSED
        leak = learning.leaks(number) if learnt and fit.method != "cross" else None
        if leak is not None:
            split, model = leak
            yield _finding(context, fit, split, model)


def _finding(context: Context, fit: Event, split: int, model: Event) -> Finding:
    cut = context.learning.splits[split]
    severity, effect = _effect(fit, searched=cut.kind == "cross" and bool(model.learners & SEARCHES))
    deed = "cross-validates" if cut.kind == "cross" else "splits"
    message = (
        f"{context.name(fit.where.cell)} fits {fit.name} on all rows, which {context.name(cut.where.cell)} {deed}: "
        f"what it learnt from the test rows reaches the model of {context.name(model.where.cell)}, {effect}"
    )
    places = (cut.where, model.where, *([fit.via] if fit.via else []))
    return Finding(fit.where, message, tuple(p for p in dict.fromkeys(places) if p != fit.where), severity)


def _effect(fit: Event, *, searched: bool) -> tuple[Severity | None, str]:
    """Say how much better the score gets."""
    learnt = fit.learners - COMPOSED - LEARN_NOTHING
    if learnt & (SELECTORS | TARGET_ENCODERS) or (fit.is_model and not learnt & SEARCHES):
        return "error", "which was built with their targets: its score is too good, perhaps by a lot"
    if learnt <= CATEGORY_ENCODERS:
        return "info", "though only which categories there are: hardly any effect on its score"
    if searched:
        return "info", "whose best score is a little too good; what the search finds hardly changes"
    return None, "whose score is a little too good"


RULE = Rule(code="ML101", name="fit-before-split", severity="warning", check=check, words=LEARNING)
