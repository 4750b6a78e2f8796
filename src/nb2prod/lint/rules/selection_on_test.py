"""The test rows are used to choose a model, a setting, a threshold or when to stop.

## Why it matters

The best of many scores on the same rows is too good by chance alone, the more so the more
is tried and the fewer rows there are. Once the test rows have chosen, nothing is left that
tells how good the choice is on new rows.

## Bad

```python
# In [1]:
import pandas as pd
from sklearn.model_selection import train_test_split
from sklearn.neighbors import KNeighborsClassifier

flowers = pd.read_csv("flowers.csv")
X, y = flowers[["petal", "sepal"]], flowers["kind"]
X_train, X_test, y_train, y_test = train_test_split(X, y, random_state=1)
# In [2]:
scores = []
for k in range(1, 40):
    model = KNeighborsClassifier(n_neighbors=k).fit(X_train, y_train)
    scores.append(model.score(X_test, y_test))  # !
# In [3]:
model = KNeighborsClassifier(n_neighbors=7).fit(X_train, y_train)
print(model.score(X_test, y_test))
```

## Bad

```python
# In [1]:
import pandas as pd
from sklearn.ensemble import RandomForestRegressor
from sklearn.linear_model import LinearRegression
from sklearn.metrics import r2_score
from sklearn.model_selection import train_test_split

houses = pd.read_csv("houses.csv")
X_train, X_test, y_train, y_test = train_test_split(houses[["area"]], houses["price"], random_state=1)
# In [2]:
best, best_score = None, float("-inf")
for model in [LinearRegression(), RandomForestRegressor(random_state=1)]:
    model.fit(X_train, y_train)
    score = r2_score(y_test, model.predict(X_test))
    if score > best_score:  # !
        best, best_score = model, score
print(best_score)
```

## Good

```python
# In [1]:
import pandas as pd
from sklearn.model_selection import GridSearchCV, train_test_split
from sklearn.neighbors import KNeighborsClassifier

flowers = pd.read_csv("flowers.csv")
X, y = flowers[["petal", "sepal"]], flowers["kind"]
X_train, X_test, y_train, y_test = train_test_split(X, y, random_state=1)
# In [2]:
search = GridSearchCV(KNeighborsClassifier(), {"n_neighbors": range(1, 40)}).fit(X_train, y_train)
print(search.best_params_, search.score(X_test, y_test))
```

Choosing on a third part is fine, whatever it is called, as long as the last score is
measured on another one:

## Good

```python
# In [1]:
import pandas as pd
from sklearn.model_selection import train_test_split
from sklearn.neighbors import KNeighborsClassifier

flowers = pd.read_csv("flowers.csv")
X, y = flowers[["petal", "sepal"]], flowers["kind"]
X_rest, X_test, y_rest, y_test = train_test_split(X, y, random_state=1)
X_train, X_valid, y_train, y_valid = train_test_split(X_rest, y_rest, random_state=1)
# In [2]:
scores = []
for k in range(1, 40):
    model = KNeighborsClassifier(n_neighbors=k).fit(X_train, y_train)
    scores.append(model.score(X_valid, y_valid))
# In [3]:
model = KNeighborsClassifier(n_neighbors=7).fit(X_rest, y_rest)
print(model.score(X_test, y_test))
```

## How to mend it

Choose by cross-validation on the training rows (`GridSearchCV`, `cross_val_score`) or on
a validation part split off them, and score once, at the end, on rows that chose nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from nb2prod.lint.causes import one_per_cell
from nb2prod.lint.rule import LEARNING, Finding, Rule

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from nb2prod.lint.learning import Event, Learning
    from nb2prod.lint.rule import Context
    from nb2prod.problems import Location


def check(context: Context) -> Iterator[Finding]:
    """Report for each cell the scores on held-out rows that decide something."""
    return one_per_cell((*_stopped(context), *_tried(context), *_chosen(context)))


def _stopped(context: Context) -> Iterator[Finding]:
    """Find early stopping on the rows that the model is then scored on, or a return to its best weights there."""
    learning = context.learning
    ways = frozenset({"stops_early", "keeps_best"} if context.has("load_weights") else {"stops_early"})
    for number, fit in learning.models:
        watched = {learning.tests(each) for each in fit.check} - {None}
        split = watched.pop() if len(watched) == 1 else None
        if split is None:
            continue
        asked = [each for _, each in learning.asked if number in each.model.marks]
        if not fit.learners & ways:
            asked = [each for each in asked if "kept_best" in each.model.learners]
        first = _first_on(learning, split, asked)
        if first is None:
            continue
        cut = learning.splits[split].where
        does = "stops training" if "stops_early" in fit.learners else "keeps the weights of"
        message = (
            f"{context.name(fit.where.cell)} {does} {fit.name} when it is best on the test rows of "
            f"{context.name(cut.cell)}, on which {context.name(first.where.cell)} then scores it"
        )
        yield Finding(fit.where, message, _others(fit.where, first.where, cut))


def _tried(context: Context) -> Iterator[Finding]:
    """Find a loop over settings that scores each on the test rows, which are also those of the last score."""
    learning = context.learning
    for number, score in learning.of("score"):
        setting = _setting(learning, score)
        split = _tests_on(learning, score)
        if setting is None or split is None or not score.loops or _cross_validated(learning, score.loops[-1]):
            continue
        same = _scored(learning, score)
        after = (each for n, each in learning.asked if n > number and not each.loops and each.model.learners <= same)
        last = _first_on(learning, split, after)
        if last is None:
            continue
        cut = learning.splits[split].where
        message = (
            f"{context.name(score.where.cell)} scores one setting after the other on the test rows of "
            f"{context.name(cut.cell)}; {context.name(last.where.cell)} asks about the same rows again, and "
            f"what it shows is too good if the best setting was taken"
        )
        yield Finding(score.where, message, _others(score.where, last.where, cut))


def _chosen(context: Context) -> Iterator[Finding]:
    """Find a model or a setting that is taken because its score on the test rows is best."""
    learning = context.learning
    for number, choice in learning.of("choice"):
        if number not in learning.used:
            continue
        scores = [learning.events[mark] for mark in sorted(choice.data.marks) if learning.events[mark].kind == "score"]
        for score in scores:
            split = _tests_on(learning, score)
            if split is None:
                continue
            later = {learning.held_out(each.data) for n, each in learning.asked if n > number} - {None}
            if any(_is_apart(learning, split, each) for each in later) or (
                _is_setting(learning, choice)
                and not any(each == split or _chose(learning, number, each) for each in later)
            ):
                continue
            cut = learning.splits[split].where
            message = (
                f"{context.name(choice.where.cell)} takes what scores best on the test rows of "
                f"{context.name(cut.cell)}: the score of the best is too good for new rows"
            )
            yield Finding(choice.where, message, _others(choice.where, score.where, cut))
            break


def _first_on(learning: Learning, split: int, asked: Iterable[Event]) -> Event | None:
    """Give the first question about this split's test rows; None where held-out rows of others are asked about, too."""
    found = [(learning.held_out(each.data), each) for each in asked]
    on_it = [each for part, each in found if part == split]
    return on_it[0] if on_it and {part for part, _ in found} <= {split, None} else None


def _is_apart(learning: Learning, split: int, other: int | None) -> bool:
    """Whether one of two splits cuts a side of the other: then neither's test rows are the other's."""
    if other is None:
        return False
    return split in learning.splits[other].data.splits or other in learning.splits[split].data.splits


def _chose(learning: Learning, choice: int, split: int | None) -> bool:
    """Whether a split's seed is what was chosen."""
    return split is not None and choice in learning.seeded.get(split, ())


def _is_setting(learning: Learning, choice: Event) -> bool:
    """Whether a setting is taken, rather than one of several models: that alone is what a validation part is for."""
    return any(learning.events[mark].kind == "setting" for mark in choice.data.marks)


def _setting(learning: Learning, score: Event) -> Event | None:
    """Find the loop's variable that a scored model was made with, or that its predictions were cut at."""
    todo, seen = list(score.data.marks), set[int]()
    while todo:
        mark = todo.pop()
        if mark in seen:
            continue
        seen.add(mark)
        event = learning.events[mark]
        if event.kind == "setting":
            return event
        if event.kind == "fit":
            todo += event.model.marks
    return None


def _scored(learning: Learning, score: Event) -> frozenset[str]:
    """The classes of the models that a score is about."""
    asked = [learning.events[mark] for mark in score.data.marks if learning.events[mark].kind == "ask"]
    return frozenset(name for each in asked for name in each.model.learners)


def _cross_validated(learning: Learning, loop: int) -> bool:
    """Whether the same loop cross-validates: that then decides."""
    return any(fit.method == "cross" and loop in fit.loops for _, fit in learning.of("fit"))


def _tests_on(learning: Learning, score: Event) -> int | None:
    """Give the split whose test side a score is measured on."""
    asked = [learning.events[mark] for mark in score.data.marks if learning.events[mark].kind == "ask"]
    nested = [learning.events[mark] for mark in score.data.marks if learning.events[mark].kind == "score"]
    splits = {learning.tests(each.data) for each in asked} | {_tests_on(learning, each) for each in nested}
    return next(iter(splits)) if len(splits) == 1 else None


def _others(where: Location, *places: Location) -> tuple[Location, ...]:
    return tuple(place for place in dict.fromkeys(places) if place != where)


RULE = Rule(code="ML104", name="selection-on-test", severity="warning", check=check, words=LEARNING)
