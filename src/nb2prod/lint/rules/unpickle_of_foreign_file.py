"""A pickle is loaded that the notebook did not make itself.

## Why it matters

Loading a pickle runs code that is stored in it. Whoever can change the file, or the
place it is downloaded from, decides what this notebook does; and a pickle made by
another version of a library may load and give other values.

## Bad

```python
# In [1]:
import joblib

model = joblib.load("model.pkl")  # !
```

## Good

```python
# In [1]:
import joblib
import pandas as pd
from sklearn.linear_model import LinearRegression

days = pd.read_csv("days.csv")
model = LinearRegression().fit(days[["rain"]], days["sold"])
joblib.dump(model, "model.pkl")
# In [2]:
again = joblib.load("model.pkl")
```

## How to mend it

Compare the file's sha256 with the one its maker gave you before you load it, or have it
in a format that holds no code: parquet or CSV for tables, `.npy` for arrays, JSON, the
library's own format for models, safetensors for weights.
"""

from __future__ import annotations

import ast
import re
from typing import TYPE_CHECKING

from nb2prod.lint.rule import Finding, Rule
from nb2prod.names import ANY_FILE

if TYPE_CHECKING:
    from collections.abc import Iterator

    from nb2prod.lint.nodes import Call
    from nb2prod.lint.rule import Context
    from nb2prod.problems import Location

_LOADERS = frozenset(
    {
        *("pickle.load", "_pickle.load", "cPickle.load", "dill.load", "cloudpickle.load", "pickle5.load"),
        *("joblib.load", "sklearn.externals.joblib.load", "pandas.read_pickle", "torch.load", "numpy.load"),
    }
)
_ASKED = {"torch.load": ("weights_only", False), "numpy.load": ("allow_pickle", True)}
"""These unpickle only when this argument says so (PyTorch: from 2.6 on)."""
_SAVES = re.compile(r"dump|save|pickle|write", re.IGNORECASE)


def check(context: Context) -> Iterator[Finding]:
    """Report each foreign file once; where it is loaded again are its further places."""
    if not any("load" in cell.source or "read_pickle" in cell.source for cell in context.program.notebook.code_cells):
        return
    found: dict[str, tuple[Call, list[Location]]] = {}
    for call in context.nodes.calls:
        if call.path in _LOADERS and _unpickles(call) and not _is_own(context, call):
            where = context.place(call.statement.cell, call.node)
            found.setdefault(_file(context, call), (call, []))[1].append(where)
    for file, (call, places) in found.items():
        where, *others = dict.fromkeys(places)
        what = f"`{file}`" if file != ANY_FILE else "a file"
        yield Finding(
            where,
            f"{context.name(where.cell)} unpickles {what}, which the notebook does not make (`{call.path}`): loading "
            "runs the code in it. Check its sha256 first, or use a format that holds no code",
            tuple(others),
        )


def _unpickles(call: Call) -> bool:
    asked = _ASKED.get(call.path or "")
    if asked is None:
        return True
    name, value = asked
    return any(
        each.arg == name and isinstance(each.value, ast.Constant) and each.value.value is value
        for each in call.node.keywords
    )


def _is_own(context: Context, call: Call) -> bool:
    """Tell whether something above saves the file: a download does not count.

    A function may be given any file: there, anything that saves counts.
    """
    if isinstance(call.statement.node, (ast.FunctionDef, ast.ClassDef)):
        return any(_SAVES.search(each.name) for each in context.nodes.calls)
    makers = {
        statement
        for use in context.document.uses[call.statement.index]
        if use.name.startswith("file:")
        for statement in use.definitions
    }
    return any(each.statement.index in makers and _SAVES.search(each.name) for each in context.nodes.calls)


def _file(context: Context, call: Call) -> str:
    """Name the file that the call's statement reads, if it reads one that is plain to see."""
    reads = [name for name in context.document.effects[call.statement.index].reads if name.startswith("file:")]
    return reads[0].removeprefix("file:") if len(reads) == 1 and reads[0] != ANY_FILE else ANY_FILE


RULE = Rule(code="SE103", name="unpickle-of-foreign-file", severity="warning", check=check)
