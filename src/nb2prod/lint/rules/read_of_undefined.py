"""A name is read that nothing in the notebook makes.

## Why it matters

It was there in the kernel's memory when the cell ran: typed into a cell that was
deleted since, or imported in another session. Everybody else gets a `NameError`.
Most often it is a lost import, sometimes the one cell that prepared the data.

## Bad

```python
# In [4]:
import pandas as pd

sales = pd.read_csv("sales.csv")
# In [6]:
plt.plot(sales["price"])  # !
plt.show()
# In [9]:
print(clean_sales.describe())  # !
```

## Good

```python
# In [4]:
import matplotlib.pyplot as plt
import pandas as pd

sales = pd.read_csv("sales.csv")
# In [6]:
plt.plot(sales["price"])
plt.show()
# In [9]:
clean_sales = sales.dropna()
print(clean_sales.describe())
```

Names that IPython brings, and names that the code itself asks for, are there:

## Good

```python
# In [1]:
display(get_ipython())
# In [2]:
try:
    cache
except NameError:
    cache = {}
```

## How to mend it

Write the import or the lost statement into a cell above the first read; the message
says the import where the name is a usual one. If the value only came by another
notebook, save it to a file there and read the file here.
"""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from nb2prod.lint.fix import Fix, new_import
from nb2prod.lint.missing import Missing, missing
from nb2prod.lint.rule import Finding, Rule, listed

if TYPE_CHECKING:
    from collections.abc import Iterator

    from nb2prod.lint.rule import Context, Severity

_FEW = 4

_MODULES = {
    "alt": "altair",
    "cv2": "cv2",
    "go": "plotly.graph_objects",
    "json": "json",
    "keras": "keras",
    "lgb": "lightgbm",
    "math": "math",
    "mpl": "matplotlib",
    "nltk": "nltk",
    "np": "numpy",
    "nx": "networkx",
    "os": "os",
    "pd": "pandas",
    "pickle": "pickle",
    "plt": "matplotlib.pyplot",
    "px": "plotly.express",
    "random": "random",
    "re": "re",
    "sklearn": "sklearn",
    "sm": "statsmodels.api",
    "smf": "statsmodels.formula.api",
    "sns": "seaborn",
    "stats": "scipy.stats",
    "sys": "sys",
    "tf": "tensorflow",
    "time": "time",
    "torch": "torch",
    "warnings": "warnings",
    "xgb": "xgboost",
}

_SEVERAL = frozenset({"keras", "random", "sm", "stats", "tqdm"})
"""Names that stand for one module here and for another there."""

_MEMBERS = {
    "collections": "Counter OrderedDict defaultdict namedtuple",
    "datetime": "timedelta",
    "pathlib": "Path",
    "sklearn.cluster": "KMeans",
    "sklearn.decomposition": "PCA",
    "sklearn.ensemble": "GradientBoostingClassifier RandomForestClassifier RandomForestRegressor",
    "sklearn.feature_extraction.text": "CountVectorizer TfidfVectorizer",
    "sklearn.impute": "SimpleImputer",
    "sklearn.linear_model": "Lasso LinearRegression LogisticRegression Ridge",
    "sklearn.metrics": "accuracy_score classification_report confusion_matrix f1_score mean_absolute_error "
    "mean_squared_error precision_score r2_score recall_score roc_auc_score roc_curve",
    "sklearn.model_selection": "GridSearchCV KFold StratifiedKFold cross_val_score train_test_split",
    "sklearn.naive_bayes": "GaussianNB MultinomialNB",
    "sklearn.neighbors": "KNeighborsClassifier KNeighborsRegressor",
    "sklearn.pipeline": "Pipeline make_pipeline",
    "sklearn.preprocessing": "LabelEncoder MinMaxScaler OneHotEncoder PolynomialFeatures StandardScaler",
    "sklearn.svm": "SVC SVR",
    "sklearn.tree": "DecisionTreeClassifier DecisionTreeRegressor",
    "tqdm": "tqdm",
    "xgboost": "XGBClassifier XGBRegressor",
}


def check(context: Context) -> Iterator[Finding]:
    """Report the first read of each name that nothing makes; what one cell may have made, in one finding."""
    together: dict[int, list[Missing]] = {}
    for each in missing(context, "never"):
        if import_of(each.name) is None:
            together.setdefault(each.uses[0].where.cell, []).append(each)
        else:
            yield _finding(context, [each])
    for names in together.values():
        yield _finding(context, names)


def _finding(context: Context, lost: list[Missing]) -> Finding:
    where, *again = sorted({use.where for each in lost for use in each.uses})
    names = listed(f"`{each.name}`" for each in lost)
    message = f"{context.name(where.cell)} reads {names}, which nothing in the notebook makes{_hint(context, lost[0])}"
    severity: Severity | None = "warning" if all(_may_do_no_harm(context, each) for each in lost) else None
    if len(lost) == 1:
        return Finding(where, message, tuple(again), severity, _fix(context, lost[0]))
    return Finding(where, message, tuple(again), severity, causes=tuple(_finding(context, [each]) for each in lost))


def _may_do_no_harm(context: Context, lost: Missing) -> bool:
    """Tell whether only methods read the name, or only `raise` statements: an error comes there in any case."""
    if not lost.sure:
        return True
    raised = {id(node) for _, each in context.nodes.of(ast.Raise) for node in ast.walk(each)}
    return all(id(node) in raised for _, node in context.nodes.reads_of(lost.name))


def _fix(context: Context, lost: Missing) -> Fix | None:
    """Insert the usual import; it is safe where the name is used as what it imports."""
    text = import_of(lost.name)
    if text is None:
        return None
    statement = context.program.statements[lost.uses[0].statement]
    read = {id(node) for _, node in context.nodes.of(ast.Name) if node.id == lost.name}
    parts = {id(node.value) for _, node in context.nodes.of(ast.Attribute)}
    called = {id(node.func) for _, node in context.nodes.of(ast.Call)}
    sure = read <= (parts if lost.name in _MODULES else called) and lost.name not in _SEVERAL
    return Fix((new_import(context.program, statement, text),), safe=sure, message=f"Insert `{text}`")


def _hint(context: Context, lost: Missing) -> str:
    """Say what is likely lost: a usual import, or a cell whose execution count is missing above the read."""
    statement = import_of(lost.name)
    if statement is not None:
        return f": `{statement}` is lost"
    count = context.runs.get(lost.uses[0].where.cell, 0)
    gone = [number for number in range(1, count) if number not in context.runs.values()]
    if not gone:
        return ""
    what = listed(f"In [{number}]" for number in gone) if len(gone) <= _FEW else f"{len(gone)} counts below {count}"
    return f"; a cell that is gone may have made it ({what} {'is' if len(gone) == 1 else 'are'} missing)"


def import_of(name: str) -> str | None:
    """Give the usual import of a name, if it has one."""
    if name in _MODULES:
        module = _MODULES[name]
        if module == name:
            return f"import {name}"
        parent, dot, child = module.rpartition(".")
        return f"from {parent} import {name}" if dot and child == name else f"import {module} as {name}"
    return next((f"from {module} import {name}" for module, names in _MEMBERS.items() if name in names.split()), None)


RULE = Rule(code="HS102", name="read-of-undefined", severity="error", check=check)
