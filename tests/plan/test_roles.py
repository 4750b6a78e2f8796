"""What each statement is for: the marks `# train`, `# explore`, … in the notebooks say what is expected."""

from __future__ import annotations

import pytest

from nb2prod.dataflow import Dataflow, analyse
from nb2prod.notebook import Cell, Notebook
from nb2prod.plan.roles import fitting_statements, needed_by, roles
from nb2prod.program import parse

BEGINNING = """# In [1]:
import numpy as np
import pandas as pd
import matplotlib.pyplot as plt
from sklearn.linear_model import LinearRegression
from sklearn.metrics import r2_score
"""

CASES = {
    "a model and what is shown about its data": """
df = pd.read_csv("a.csv")  # train
df.describe()  # dropped
df.head()  # explore
# In [2]:
X, y = df[["a"]], df["b"]  # train
model = LinearRegression()  # train
model.fit(X, y)  # train
print(model.score(X, y))  # train
print(len(X))  # train
# In [3]:
print(df.shape)  # explore
""",
    "a picture is written to a file": """
df = pd.read_csv("a.csv")  # train
plt.hist(df["a"])  # explore
plt.savefig("a.png")  # explore
LinearRegression().fit(df[["a"]], df["b"])  # train
""",
    "pictures change nothing": """
df = pd.read_csv("a.csv")  # train
df.hist(figsize=(3, 4))  # explore
plt.scatter(df["a"], df["b"])  # explore
df.boxplot(column="a", ax=plt.gca())  # explore
LinearRegression().fit(df[["a"]], df["b"])  # train
""",
    "a picture that draws random numbers, between the seed and a sample": """
np.random.seed(0)  # train
df = pd.read_csv("a.csv")  # train
plt.scatter(df["a"], np.random.rand(10))  # train
half = df.sample(frac=0.5)  # train
model = LinearRegression().fit(half[["a"]], half["b"])  # train
""",
    "a picture that draws random numbers which nobody seeds": """
df = pd.read_csv("a.csv")  # train
plt.scatter(df["a"], np.random.rand(10))  # explore
half = df.sample(frac=0.5)  # train
model = LinearRegression().fit(half[["a"]], half["b"])  # train
""",
    "a metric, its name shown, a prediction only drawn": """
df = pd.read_csv("a.csv")  # train
model = LinearRegression().fit(df[["a"]], df["b"])  # train
predicted = model.predict(df[["a"]])  # train
r2 = r2_score(df["b"], predicted)  # train
r2  # train
# In [2]:
rest = df["b"] - predicted  # explore
plt.hist(rest)  # explore
# In [3]:
model.coef_  # explore
""",
    "a loop that prints what was fitted": """
df = pd.read_csv("a.csv")  # train
model = LinearRegression().fit(df[["a"]], df["b"])  # train
for value in model.coef_:  # train
    print(value)
for name in df:  # explore
    print(name)
""",
    "a metric that is not shown, one in a picture": """
df = pd.read_csv("a.csv")  # train
model = LinearRegression().fit(df[["a"]], df["b"])  # train
r2_score(df["b"], model.predict(df[["a"]]))  # dropped: a cell shows only its last expression, and this is not it
plt.imshow(r2_score(df["b"], df["b"] + model.coef_))  # explore
r2_score(df["b"], model.predict(df[["a"]]))  # train
""",
    "the notebook goes elsewhere": """
import os
os.chdir("data")  # dropped: the project stays in its own folder; its paths are settings
""",
    "a function that fits, called by another": """
def fitted(X, y):  # definition
    return LinearRegression().fit(X, y)
def run(df):  # definition
    return fitted(df[["a"]], df["b"])
df = pd.read_csv("a.csv")  # train
result = run(df)  # train
""",
    "a table is cleaned and written, no model": """
df = pd.read_csv("a.csv")  # train
counts = df["a"].value_counts()  # explore
counts.plot(kind="bar")  # explore
df = df.dropna()  # train
df.to_csv("b.csv")  # train
""",
    "nothing is fitted and nothing written": """
df = pd.read_csv("a.csv")  # train
total = df["a"].sum()  # train
for name in df:  # explore
    print(name)
print(total)  # explore
""",
    "what cannot run outside of Jupyter": """
%matplotlib inline
name = input("who?")  # dropped: it asks for input
print(name)  # dropped: it reads `name` of cell 0, which cannot be run outside the notebook
ghost.head()  # dropped: it reads `ghost`, which nothing defines at that point
x = eval("1 + 1")  # dropped: `eval` hides which names are used
if True:  # dropped: `from ... import *` inside of another statement cannot stand in a function
    from math import *
global later  # dropped: it does nothing
"a note"  # dropped: a value that nothing reads
""",
}


def _flow(text: str) -> Dataflow:
    return analyse(parse(Notebook.from_prompts(BEGINNING + text)))


@pytest.mark.parametrize("text", CASES.values(), ids=CASES.keys())
def test_purposes(text: str) -> None:
    flow = _flow(text)
    expected, found = {}, {}
    for statement, role in zip(flow.program.statements, roles(flow), strict=True):
        cell = flow.program.cell(statement.cell)
        line = cell.cell.source.split("\n")[statement.where.line - 1]
        wanted = line.partition("  # ")[2]
        if wanted:
            expected[line] = wanted
            found[line] = role.purpose + (f": {role.reason}" if ":" in wanted else "")
    assert found == expected


def test_training_that_needs_what_cannot_run_is_blocked() -> None:
    flow = _flow("rows = input()\nmodel = LinearRegression().fit(rows, rows)\nother = input()\n")
    blocks = [role.blocks for role in roles(flow)][-3:]
    assert blocks == [True, True, False]


def test_nothing_is_needed_through_a_dropped_statement() -> None:
    flow = _flow("a = [1]\nb = input(a)\nc = b\n")
    last = len(flow.program.statements) - 1
    assert needed_by(flow, [last]) >= {last, last - 1, last - 2}
    assert needed_by(flow, [last], without={last - 1}) == {last}


def test_fits_are_found_in_functions_too() -> None:
    flow = _flow("def f(m):\n    m.fit([1])\ndef g(m):\n    f(m)\ng(LinearRegression())\nf\n")
    assert [flow.program.source(flow.program.statements[i]) for i in fitting_statements(flow)] == [
        "g(LinearRegression())"
    ]


def test_a_cell_tagged_to_be_skipped_is_dropped_and_blocks_nothing() -> None:
    notebook = Notebook(
        cells=(
            Cell(index=0, kind="code", source="a = 1", run=1),
            Cell(index=1, kind="code", source="a = broken_here(a)", run=2, tags=("nb2prod-skip",)),
            Cell(index=2, kind="code", source="model = Model().fit(a)", run=3),
        )
    )
    skipped = roles(analyse(parse(notebook)))[1]
    assert (skipped.purpose, skipped.reason, skipped.blocks) == ("dropped", "its cell is tagged nb2prod-skip", False)
