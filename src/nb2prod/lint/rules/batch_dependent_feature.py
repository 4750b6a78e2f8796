"""A feature of the rows to predict depends on which other rows are predicted with them.

## Why it matters

`get_dummies` of the new rows makes the columns of the categories that happen to be among
them; category codes and ranks are counted anew; a mean of the new rows is another one
than that of training. The model was trained on other columns, codes or scales: one row
alone gets another prediction than the same row in a batch, or an error.

## Bad

```python
# In [1]:
import pandas as pd
from sklearn.ensemble import RandomForestClassifier

past, new = pd.read_csv("train.csv"), pd.read_csv("test.csv")
# In [2]:
X = pd.get_dummies(past[["sex", "port"]])
X_new = pd.get_dummies(new[["sex", "port"]])  # !
# In [3]:
model = RandomForestClassifier(random_state=1).fit(X, past["survived"])
print(model.predict(X_new))
```

The same with a number:

## Bad

```python
# In [1]:
import pandas as pd
from sklearn.ensemble import RandomForestClassifier

past, new = pd.read_csv("train.csv"), pd.read_csv("test.csv")
# In [2]:
past["age"] = past["age"].fillna(past["age"].mean())
new["age"] = new["age"].fillna(new["age"].mean())  # !
# In [3]:
model = RandomForestClassifier(random_state=1).fit(past[["age"]], past["survived"])
print(model.predict(new[["age"]]))
```

## Good

```python
# In [1]:
import pandas as pd
from sklearn.ensemble import RandomForestClassifier

past, new = pd.read_csv("train.csv"), pd.read_csv("test.csv")
# In [2]:
age = past["age"].mean()
past["age"] = past["age"].fillna(age)
new["age"] = new["age"].fillna(age)
# In [3]:
X = pd.get_dummies(past[["age", "port"]])
X_new = pd.get_dummies(new[["age", "port"]]).reindex(columns=X.columns, fill_value=0)
# In [4]:
model = RandomForestClassifier(random_state=1).fit(X, past["survived"])
print(model.predict(X_new))
```

## How to mend it

Learn columns, codes and numbers from the training rows and apply them to the new ones:
`OneHotEncoder(handle_unknown="ignore")`, `reindex(columns=X.columns, fill_value=0)` after
`get_dummies`, a `CategoricalDtype` with fixed categories, a mean kept from training.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from nb2prod.lint.causes import one_per_cell
from nb2prod.lint.learners import LABEL_ENCODERS, STATEFUL
from nb2prod.lint.rule import LEARNING, Finding, Rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from nb2prod.lint.learning import Event, Learning
    from nb2prod.lint.rule import Context, Severity

_COLUMNS = {"get_dummies"}


def check(context: Context) -> Iterator[Finding]:
    """Report for each cell what is computed from the rows asked for, and not from those that the model learnt from."""
    return one_per_cell(_findings(context))


def _findings(context: Context) -> Iterator[Finding]:
    learning = context.learning
    told: set[int] = set()
    for _, asked in learning.asked:
        for fit in sorted(learning.fits_behind(asked.model)):
            trained = learning.events[fit]
            for mark in sorted(asked.data.all_marks() - trained.data.all_marks() - told):
                event = learning.events[mark]
                if event.kind in {"statistic", "encode", "fit"} and _is_anew(learning, event, trained, asked):
                    told.add(mark)
                    yield _finding(context, event, asked)


def _is_anew(learning: Learning, event: Event, trained: Event, asked: Event) -> bool:
    """Whether something is computed from the rows asked for alone, as it was not, or apart, for training."""
    if not event.data.sources & asked.data.sources or not learning.apart(trained.data, event.data):
        return False
    if any(learning.saw_both_sides(event, split) for split in asked.data.splits & learning.roles.keys()):
        return False  # computed before a split, and so not of the rows asked for alone
    if event.kind == "encode":
        return True
    likewise = [learning.events[mark] for mark in trained.data.all_marks()]
    if event.kind == "fit":  # of the same kind as in training: that is fit-on-test
        anew = event.method == "fit_transform" and event.learners & (STATEFUL | LABEL_ENCODERS)
        return bool(anew) and not any(each.learners == event.learners for each in likewise)
    chosen = event.data.table is not None and event.data.table.only is not None
    return chosen or any(
        (each.kind == "statistic" and each.name == event.name) or (each.kind == "fit" and each.learners & STATEFUL)
        for each in likewise
    )


def _finding(context: Context, event: Event, asked: Event) -> Finding:
    column = f" of `{event.data.column[1]}`" if event.data.column else ""
    if event.kind == "statistic":
        what, why = f"computes the {event.name}{column} anew from", "the same row gets other values in another batch"
    elif event.method in _COLUMNS:
        what, why = "makes columns of the categories in", "in another batch there are others, or in another order"
    elif event.kind == "fit":
        what, why = f"fits {event.name} on", "the same row gets other values in another batch"
    else:
        what, why = f"numbers ({event.name}{column}) by", "the same value gets another number in another batch"
    message = (
        f"{context.name(event.where.cell)} {what} the rows that the model of {context.name(asked.where.cell)} is asked "
        f"for: {why}"
    )
    places = (asked.where, *([event.via] if event.via else []))
    severity: Severity | None = None if event.kind == "statistic" else "error"
    return Finding(event.where, message, tuple(p for p in dict.fromkeys(places) if p != event.where), severity)


RULE = Rule(code="ML107", name="batch-dependent-feature", severity="warning", check=check, words=LEARNING)
