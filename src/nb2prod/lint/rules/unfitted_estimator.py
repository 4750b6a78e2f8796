"""A model or a transformer is asked that nothing above has fitted.

## Why it matters

The kernel still had it fitted: by a cell that was deleted since, or that stands further
down. Run from the top, the notebook stops here with a `NotFittedError`.

## Bad

```python
# In [1]:
import pandas as pd
from sklearn.linear_model import LinearRegression
from sklearn.preprocessing import StandardScaler

homes = pd.read_csv("homes.csv")
scaler = StandardScaler()
model = LinearRegression()
# In [4]:
model.fit(homes[["rooms", "area"]], homes["price"])
# In [5]:
print(scaler.transform(homes[["rooms"]]))  # !
print(model.predict(homes[["rooms", "area"]]))
```

## Good

```python
# In [1]:
import pandas as pd
from sklearn.linear_model import LinearRegression
from sklearn.preprocessing import Normalizer, StandardScaler

homes = pd.read_csv("homes.csv")
scaler = StandardScaler()
model = LinearRegression()
# In [2]:
scaler.fit(homes[["rooms"]])
model.fit(homes[["rooms", "area"]], homes["price"])
# In [3]:
print(scaler.transform(homes[["rooms"]]))
print(model.predict(homes[["rooms", "area"]]))
print(Normalizer().transform(homes[["rooms"]]))
```

What is fitted out of sight is not reported: in a function, or with a pipeline that holds it.

## Good

```python
# In [1]:
import pandas as pd
from sklearn.linear_model import LinearRegression

from homes import train

homes = pd.read_csv("homes.csv")
model = LinearRegression()
# In [2]:
train(model, homes)
# In [3]:
print(model.predict(homes[["rooms", "area"]]))
```

## How to mend it

Write the lost `fit` into a cell above, or move the cell that has it up. If the fitted model
comes from elsewhere, load it from a file.
"""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from nb2prod.lint.disorder import misread
from nb2prod.lint.learners import ASKS, COMPOSED, FITS, LEARN_NOTHING
from nb2prod.lint.rule import Finding, Rule
from nb2prod.tree import walk

if TYPE_CHECKING:
    from collections.abc import Iterator

    from nb2prod.dataflow import Use
    from nb2prod.lint.rule import Context
    from nb2prod.program import Statement

_ASKS = ASKS | {"inverse_transform", "kneighbors", "transform"}
_GIVEN_FITTED = COMPOSED | {"CalibratedClassifierCV", "FrozenEstimator", "SelectFromModel", "VotingClassifier"}
"""Their parts may be fitted already."""


def check(context: Context) -> Iterator[Finding]:
    """Report the first time that each such estimator is asked; the order of runs explains others."""
    made = {statement.index for statement in _made(context)}
    if not made:
        return
    explained = {(each.use.name, each.use.where) for reads in misread(context).values() for each in reads}
    asked: dict[tuple[int, ...], list[Use]] = {}
    for statement in context.program.statements:
        for use in context.reads(statement.index):
            unfitted = use.definitions and use.through is None and made.issuperset(use.definitions)
            if unfitted and (use.name, use.where) not in explained and _only_asks(statement, use.name):
                asked.setdefault(use.definitions, []).append(use)
    for uses in asked.values():
        first, *more = uses
        message = f"{context.name(first.where.cell)} asks `{first.name}`, which nothing above has fitted"
        yield Finding(first.where, message, tuple(dict.fromkeys(use.where for use in more if use.where != first.where)))


def _made(context: Context) -> Iterator[Statement]:
    """Yield the statements that only make an estimator of scikit-learn, which knows nothing yet."""
    for statement in context.program.statements:
        match statement.node:
            case ast.Assign(targets=[ast.Name()], value=ast.Call(func=function)):
                path = context.nodes.path(function, statement) or ""
                name = path.rpartition(".")[2]
                if path.startswith("sklearn.") and name[:1].isupper() and name not in _GIVEN_FITTED | LEARN_NOTHING:
                    yield statement
            case _:
                pass


def _only_asks(statement: Statement, name: str) -> bool:
    """Tell whether a statement reads the estimator to ask it (`model.predict`, `model.coef_`), and for nothing else."""
    nodes = list(walk(statement.node))
    owners = {id(node.value): node.attr for node in nodes if isinstance(node, ast.Attribute)}
    fits = any(attribute in FITS for attribute in owners.values())
    reads = [owners.get(id(node), "") for node in nodes if isinstance(node, ast.Name) and node.id == name]
    return not fits and bool(reads) and all(_is_learnt(attribute) or attribute in _ASKS for attribute in reads)


def _is_learnt(attribute: str) -> bool:
    return attribute.endswith("_") and not attribute.startswith("_")


RULE = Rule(code="HS117", name="unfitted-estimator", severity="error", check=check, words="sklearn")
