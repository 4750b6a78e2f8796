"""Which scores are stored with the model: those of what was fitted, that give the same at the end."""

from __future__ import annotations

import pytest

from nb2prod.dataflow import analyse
from nb2prod.notebook import Notebook
from nb2prod.plan.scores import scores
from nb2prod.program import parse

START = """# In [1]:
from sklearn.metrics import accuracy_score, f1_score, mean_squared_error, confusion_matrix
from sklearn.svm import SVC
import numpy as np
import pandas as pd
data = pd.read_csv("a.csv")
X, y = data[["a"]], data["b"]
model = SVC()
model.fit(X, y)
p = model.predict(X)
"""
CASES = {
    "printed": ("print('accuracy', accuracy_score(y, p))", ["accuracy: accuracy_score(y, p)"]),
    "two at once": (
        "print(accuracy_score(y, p), f1_score(y, p, average='macro'))",
        ["accuracy: accuracy_score(y, p)", "f1: f1_score(y, p, average='macro')"],
    ),
    "with a name": ("best = round(accuracy_score(y, p) * 100, 2)", ["best: best"]),
    "with a name that says nothing": ("a = accuracy_score(y, p)", ["accuracy: a"]),
    "its root": ("rmse = np.sqrt(mean_squared_error(y, p))", ["rmse: rmse"]),
    "the model's own": ("model.score(X, y)", ["score: model.score(X, y)"]),
    "the last of a name": ("print(f1_score(y, y))\nprint(f1_score(y, p))", ["f1: f1_score(y, p)"]),
    "a matrix is no number": ("print(confusion_matrix(y, p))", []),
    "one for each class": ("print(f1_score(y, p, average=None))", []),
    "a variable changes later": ("print(accuracy_score(y, p))\np = model.predict(X)", []),
    "a name is bound again": ("best = accuracy_score(y, p)\nbest = 3", []),
    "something is drawn in the call": ("print(accuracy_score(y, model.predict(X)))", []),
    "in a loop": ("for q in [p]:\n    print(accuracy_score(y, q))", []),
    "a method of the notebook's": ("class A:\n    def score(self, *a): ...\nprint(model.score(X, y))", []),
    "of something else": ("print(accuracy_score(y, y))", []),
}


@pytest.mark.parametrize(("code", "expected"), CASES.values(), ids=CASES.keys())
def test_scores(code: str, expected: list[str]) -> None:
    flow = analyse(parse(Notebook.from_prompts(f"{START}# In [2]:\n{code}\n")))
    fitting = {s.index for s in flow.program.statements if flow.program.source(s) == "model.fit(X, y)"}
    assert len(fitting) == 1
    assert [f"{score.name}: {score.code}" for score in scores(flow, flow.order, fitting)] == expected
