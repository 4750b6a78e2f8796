"""Rows are repeated or invented, and only then are they split into train and test.

## Why it matters

Oversampling (SMOTE, RandomOverSampler, `resample`) and copies of rows put the same row,
or one between two neighbours, on both sides of a split that comes later. The model is
then asked about rows that it has learnt by heart, and the score says little about new
ones: the error that this hides is often the larger part of all errors.

## Bad

```python
# In [1]:
import pandas as pd
from imblearn.over_sampling import SMOTE
from sklearn.ensemble import RandomForestClassifier
from sklearn.model_selection import train_test_split

loans = pd.read_csv("loans.csv")
X, y = loans.drop(columns="default"), loans["default"]
# In [2]:
X_more, y_more = SMOTE(random_state=1).fit_resample(X, y)  # !
# In [3]:
X_train, X_test, y_train, y_test = train_test_split(X_more, y_more, random_state=1)
model = RandomForestClassifier(random_state=1).fit(X_train, y_train)
print(model.score(X_test, y_test))
```

## Good

```python
# In [1]:
import pandas as pd
from imblearn.over_sampling import SMOTE
from sklearn.ensemble import RandomForestClassifier
from sklearn.model_selection import train_test_split

loans = pd.read_csv("loans.csv")
X, y = loans.drop(columns="default"), loans["default"]
# In [2]:
X_train, X_test, y_train, y_test = train_test_split(X, y, random_state=1)
X_more, y_more = SMOTE(random_state=1).fit_resample(X_train, y_train)
# In [3]:
model = RandomForestClassifier(random_state=1).fit(X_more, y_more)
print(model.score(X_test, y_test))
```

## How to mend it

Split first and resample the training rows only. In a cross-validation, put the resampler
into imbalanced-learn's `Pipeline`, which resamples the training part of each fold. For
rows that are copies for other reasons (several measurements of one patient), split by
groups: `GroupShuffleSplit`, `GroupKFold`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from nb2prod.lint.causes import one_per_cell
from nb2prod.lint.rule import LEARNING, Finding, Rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from nb2prod.lint.learning import Event, Learning
    from nb2prod.lint.rule import Context, Severity

_LEAVES_OUT = ("Under", "NearMiss", "Tomek", "Edited", "Neighbourhood", "OneSided", "Condensed", "InstanceHardness")


def check(context: Context) -> Iterator[Finding]:
    """Report for each cell the copies of rows that a later split spreads over both sides."""
    return one_per_cell(_findings(context))


def _findings(context: Context) -> Iterator[Finding]:
    learning = context.learning
    for number, copy in learning.of("copy"):
        split = _split_after(learning, number)
        if split is None:
            continue
        cut = learning.splits[split]
        severity, effect = _effect(learning, copy, split)
        deed = "cross-validates" if cut.kind == "cross" else "splits"
        made = "leaves out rows" if severity == "info" and _leaves_out(copy) else "repeats rows"
        message = (
            f"{context.name(copy.where.cell)} {made} ({copy.name}) before {context.name(cut.where.cell)} {deed} them: "
            f"{effect}"
        )
        places = (cut.where, *([copy.via] if copy.via else []))
        yield Finding(copy.where, message, tuple(p for p in places if p != copy.where), severity)


def _split_after(learning: Learning, number: int) -> int | None:
    """Find a split of what the copies are in, one that holds rows out rather than cross-validates if there is."""
    found = [n for n in learning.roles if number in learning.splits[n].data.all_marks()]
    return min(found, key=lambda n: (learning.splits[n].kind == "cross", n), default=None)


def _effect(learning: Learning, copy: Event, split: int) -> tuple[Severity | None, str]:
    if _leaves_out(copy):
        return "info", "the test rows do not have the classes' real shares, on which precision depends"
    if learning.splits[split].kind != "cross":
        return None, "the test rows have their copies among the training rows, and the score is far too good"
    return ("warning" if copy.data.splits & learning.roles.keys() else None), (
        "each fold is tested on copies of rows that it is trained on, and the score is far too good"
    )


def _leaves_out(copy: Event) -> bool:
    return any(part in copy.name for part in _LEAVES_OUT) and "SMOTE" not in copy.name


RULE = Rule(code="ML103", name="rows-across-split", severity="error", check=check, words=LEARNING)
