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

import ast
from typing import TYPE_CHECKING

from nb2prod.lint.causes import one_per_cell
from nb2prod.lint.fix import Fix, replaced
from nb2prod.lint.learners import COMPOSED, KEEP_LEARNING, LABEL_ENCODERS, STATEFUL
from nb2prod.lint.rule import LEARNING, Finding, Rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from nb2prod.lint.learning import Event, Learning, Value
    from nb2prod.lint.rule import Context
    from nb2prod.problems import Location


_X_AND_Y = 2


def check(context: Context) -> Iterator[Finding]:
    """Report for each cell the fits on rows that are only predicted or scored."""
    return one_per_cell(_findings(context))


def _findings(context: Context) -> Iterator[Finding]:
    for number, fit in context.learning.of("fit"):
        if fit.is_model:
            found = _trained(context, number, fit) or _has_seen(context, number, fit)
        else:
            found = _refitted(context, number, fit)
        if found is not None:
            yield found


def _trained(context: Context, number: int, fit: Event) -> Finding | None:
    """Find a model that is trained on the test rows, other than one of two halves or one on top of other models."""
    learning = context.learning
    split = learning.held_out(fit.data)
    on_top = any(learning.events[each].is_model for each in fit.data.all_marks())
    if split is None or fit.count < _X_AND_Y or fit.method == "cross" or on_top:
        return None
    sides = {learning.side(asked.data) for _, asked in learning.asked if number in asked.model.marks}
    if (split, "train") in sides and (split, "test") not in sides:
        return None
    cut = learning.splits[split].where
    message = f"{context.name(fit.where.cell)} trains {fit.name} on the test rows of {context.name(cut.cell)}"
    return Finding(fit.where, message, (cut,))


def _has_seen(context: Context, number: int, fit: Event) -> Finding | None:
    """Find a model that is trained on all rows and then asked about some that were held out."""
    learning = context.learning
    if fit.method == "cross" or fit.count < _X_AND_Y:
        return None
    for data, where in _tests(learning, number):
        split = learning.held_out(data)
        if split is None or learning.splits[split].kind == "cross":
            continue
        if learning.saw_both_sides(fit, split) and fit.data.sources & data.sources:
            cut = learning.splits[split].where
            message = (
                f"{context.name(fit.where.cell)} trains {fit.name} on rows of both sides of the split in "
                f"{context.name(cut.cell)}; {context.name(where.cell)} then tests it on those held out, "
                "which it has seen"
            )
            return Finding(fit.where, message, tuple(p for p in (where, cut) if p != fit.where))
    return None


def _tests(learning: Learning, number: int) -> Iterator[tuple[Value, Location]]:
    """Yield the rows that a fitted model is asked about, scored on, or watched on while it goes on learning."""
    for _, each in learning.asked:
        if number in each.model.marks:
            yield each.data, each.where
    for _, each in learning.of("score"):
        if number in learning.fits_scored(each):
            yield each.data, each.where
    for _, each in learning.models:
        if each.learners & KEEP_LEARNING and number in each.model.marks:
            yield from ((data, each.where) for data in each.check)


def _refitted(context: Context, number: int, fit: Event) -> Finding | None:
    """Find a transformer fitted on rows that a model is only asked for, after another for the rows it learnt from."""
    learning = context.learning
    if not fit.learners & (STATEFUL | COMPOSED | LABEL_ENCODERS):
        return None
    if not learning.asked:
        return _fitted_twice(context, fit)
    for _, asked in learning.asked:
        if number not in asked.data.all_marks():
            continue
        for model in sorted(learning.fits_behind(asked.model)):
            first = _first_fit(learning, fit, model)
            if number not in learning.events[model].data.all_marks() and first is not None:
                message = (
                    f"{context.name(fit.where.cell)} fits {fit.name} again on rows that the model of "
                    f"{context.name(asked.where.cell)} is only asked for: `transform` them as "
                    f"{context.name(first.where.cell)} learnt it"
                )
                places = (first.where, asked.where, *([fit.via] if fit.via else []))
                also = tuple(p for p in dict.fromkeys(places) if p != fit.where)
                return Finding(fit.where, message, also, fix=_transform(context, fit, first))
    return None


def _fitted_twice(context: Context, fit: Event) -> Finding | None:
    """Find a transformer fitted on each side of a split, in a notebook that only prepares."""
    learning = context.learning
    split = learning.held_out(fit.data)
    if split is None or not fit.learners & (STATEFUL | COMPOSED):
        return None
    for _, first in learning.of("fit"):
        if first.learners == fit.learners and learning.side(first.data) == (split, "train"):
            message = (
                f"{context.name(fit.where.cell)} fits {fit.name} again on the test rows: `transform` them as "
                f"{context.name(first.where.cell)} learnt it"
            )
            return Finding(fit.where, message, (first.where,), fix=_transform(context, fit, first))
    return None


def _transform(context: Context, fit: Event, first: Event) -> Fix | None:
    """Write `transform` where the very object that was fitted first is fitted again.

    Unsafe: the values change, which is the point of it.
    """
    node = fit.node
    held = [context.learning.events[mark] for mark in fit.model.marks]
    if fit.via is not None or first not in held or not isinstance(node, ast.Call) or fit.method != "fit_transform":
        return None
    if not isinstance(node.func, ast.Attribute) or not node.args:
        return None
    text = f"{ast.unparse(node.func.value)}.transform({ast.unparse(node.args[0])})"
    edit = replaced(context.program, fit.where.cell, node, text)
    return Fix((edit,), False, f"Write `{text}`")  # noqa: FBT003 - unsafe


def _first_fit(learning: Learning, fit: Event, model: int) -> Event | None:
    """Find the fit of the same kind of transformer that the model's own rows went through."""
    trained = learning.events[model]
    for number in sorted(trained.data.all_marks()):
        first = learning.events[number]
        if first.kind == "fit" and first.learners == fit.learners and first is not fit:
            return first if learning.apart(trained.data, fit.data) else None
    return None


RULE = Rule(code="ML102", name="fit-on-test", severity="error", check=check, words=LEARNING)
