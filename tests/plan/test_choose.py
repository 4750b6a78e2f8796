"""Which model is the notebook's final one, and which call is its final prediction."""

from __future__ import annotations

import ast
import json
from typing import TYPE_CHECKING

import pytest

from nb2prod.dataflow import analyse
from nb2prod.notebook import read
from nb2prod.plan.choose import Choice, NotFollowed, choose
from nb2prod.plan.headers import headers
from nb2prod.plan.plan import plan
from nb2prod.program import parse
from nb2prod.rows.interpreter import provenance

if TYPE_CHECKING:
    from pathlib import Path

START = """\
import joblib
import pandas as pd
from sklearn.cluster import KMeans
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.model_selection import GridSearchCV, train_test_split
from sklearn.preprocessing import StandardScaler
df = pd.read_csv("table.csv")
test = pd.read_csv("test.csv")
X, y = df[["a", "b"]], df["t"]
X_train, X_test, y_train, y_test = train_test_split(X, y)
one = LogisticRegression().fit(X_train, y_train)
two = RandomForestClassifier().fit(X_train, y_train)
"""


def chosen(folder: Path, *cells: str, start: str = START, tags: tuple[str, ...] = ()) -> Choice | NotFollowed | None:
    """What is chosen in a notebook that has fitted two models; the last cell carries the tags."""
    (folder / "table.csv").write_text("a,b,t\n1,2,0\n", encoding="utf-8")
    (folder / "test.csv").write_text("a,b\n1,2\n", encoding="utf-8")
    sources = [start, *cells]
    document = {
        "cells": [
            {
                "cell_type": "code",
                "metadata": {"tags": list(tags) if number == len(sources) - 1 else []},
                "execution_count": None,
                "outputs": [],
                "source": source,
            }
            for number, source in enumerate(sources)
        ],
        "metadata": {},
        "nbformat": 4,
        "nbformat_minor": 4,
    }
    path = folder / "n.ipynb"
    path.write_text(json.dumps(document), encoding="utf-8")
    flow = analyse(parse(read(path)))
    return choose(flow, provenance(flow, headers(plan(flow, folder))))


def call_of(choice: Choice | NotFollowed | None) -> str:
    assert isinstance(choice, Choice), choice
    return ast.unparse(choice.prediction.call)


@pytest.mark.parametrize(
    ("cells", "call"),
    [
        (("p = one.predict(X_test)", "q = two.predict(X_test)"), "two.predict(X_test)"),
        (("q = two.predict(X_test)", "p = one.predict(X_test)"), "one.predict(X_test)"),
        # held-out rows before rows it was fitted on
        (("p = one.predict(X_test)", "q = two.predict(X_train)"), "one.predict(X_test)"),
        (("p = one.predict(X_train)", "q = two.predict(X_train)"), "two.predict(X_train)"),
        (("p = one.predict(test)", "q = two.predict(X_train)"), "one.predict(test)"),
        # written to a file
        (
            (
                "p = one.predict(X_test)",
                'pd.DataFrame({"p": p}).to_csv("p.csv")',
                "q = two.predict(X_test)",
            ),
            "one.predict(X_test)",
        ),
        (('df["p"] = one.predict(X)', 'df.to_csv("p.csv")', "q = two.predict(X_test)"), "one.predict(X)"),
        # saved last, also through another name
        (
            ("p = one.predict(X_test)", "q = two.predict(X_test)", 'joblib.dump(one, "m.pkl")'),
            "one.predict(X_test)",
        ),
        (
            ("p = one.predict(X_test)", "q = two.predict(X_test)", 'best = one\njoblib.dump(best, "m.pkl")'),
            "one.predict(X_test)",
        ),
        (
            (
                "p = one.predict(X_test)",
                "q = two.predict(X_test)",
                'joblib.dump(two, "m.pkl")',
                'joblib.dump(one, "n.pkl")',
            ),
            "one.predict(X_test)",
        ),
        # labels before probabilities
        (("p = one.predict(X_test)", "q = one.predict_proba(X_test)"), "one.predict(X_test)"),
        # the steps of the preprocessing are no models
        (
            ("p = one.predict(X_test)", "sc = StandardScaler().fit(X_train)\ns = sc.transform(X_test)"),
            "one.predict(X_test)",
        ),
        # a sample typed in by hand
        (("p = one.predict(X_test)", "print(two.predict([[1, 2]]))"), "one.predict(X_test)"),
        (
            ("p = one.predict(X_test)", 'print(two.predict(pd.DataFrame({"a": [1], "b": [2]})))'),
            "one.predict(X_test)",
        ),
        (
            ("g = GridSearchCV(one, {}).fit(X_train, y_train)\nbest = g.best_estimator_", "p = best.predict(X_test)"),
            "best.predict(X_test)",
        ),
        (("print(two.predict(X_test))",), "two.predict(X_test)"),
    ],
)
def test_the_prediction_chosen(cells: tuple[str, ...], call: str, tmp_path: Path) -> None:
    assert call_of(chosen(tmp_path, *cells)) == call


def test_a_tag_decides_before_everything_else(tmp_path: Path) -> None:
    cells = ('joblib.dump(two, "m.pkl")\nq = two.predict(X_test)', "p = one.predict(X_train)")
    assert call_of(chosen(tmp_path, *cells)) == "two.predict(X_test)"
    choice = chosen(tmp_path, *cells, tags=("nb2prod-predict",))
    assert call_of(choice) == "one.predict(X_train)"
    assert isinstance(choice, Choice)
    assert "nb2prod-predict" in choice.reason


def test_the_other_models_are_told(tmp_path: Path) -> None:
    choice = chosen(tmp_path, "p = one.predict(X_test)", "q = two.predict(X_test)")
    assert isinstance(choice, Choice)
    assert choice.alternatives == ("one (LogisticRegression, cell 1)",)


def test_without_a_prediction_it_is_the_last_fit(tmp_path: Path) -> None:
    choice = chosen(tmp_path, "print(one.score(X_test, y_test))")
    assert isinstance(choice, Choice)
    assert ast.unparse(choice.prediction.model) == "two"
    assert ast.unparse(choice.prediction.input) == "X_train"


def test_without_a_model_there_is_nothing_to_choose(tmp_path: Path) -> None:
    assert chosen(tmp_path, "print(len(df))", start="import pandas as pd\ndf = pd.read_csv('table.csv')\n") is None


@pytest.mark.parametrize(
    "later",
    [
        'df["r"] = df["a"].rank()\nthree = LinearRegression().fit(df[["r"]], y)\nq = three.predict(df[["r"]])',
        'df["g"] = KMeans().fit(X).labels_\nthree = LinearRegression().fit(df[["g"]], y)\nq = three.predict(df[["g"]])',
        "Z = unheard_of(X)\nthree = LinearRegression().fit(Z, y)\nq = three.predict(Z)",
    ],
)
def test_a_later_model_that_cannot_be_followed_is_no_reason_to_take_an_earlier_one(later: str, tmp_path: Path) -> None:
    assert isinstance(chosen(tmp_path, "p = one.predict(X_test)", later), NotFollowed)
