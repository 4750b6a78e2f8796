"""Which model is the notebook's final one, and which call is its final prediction."""

from __future__ import annotations

import ast
import json
from typing import TYPE_CHECKING

import pytest

from nb2prod.dataflow import analyse
from nb2prod.notebook import read
from nb2prod.options import NOTHING_WANTED, Wanted
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


def chosen(
    folder: Path,
    *cells: str,
    start: str = START,
    tags: tuple[str, ...] = (),
    wanted: Wanted = NOTHING_WANTED,
) -> Choice | NotFollowed | None:
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
    return choose(flow, provenance(flow, headers(plan(flow, folder))), wanted=wanted)


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


def test_cross_validation_predicts_with_other_models_and_it_is_said(tmp_path: Path) -> None:
    start = START.replace("train_test_split\n", "cross_val_predict, train_test_split\n")
    choice = chosen(tmp_path, "p = cross_val_predict(one, X, y, cv=5)", start=start)
    assert isinstance(choice, Choice)
    assert ast.unparse(choice.prediction.model) == "two"
    assert choice.reason.startswith("only cross-validation predicts rows")


def test_without_a_model_there_is_nothing_to_choose(tmp_path: Path) -> None:
    assert chosen(tmp_path, "print(len(df))", start="import pandas as pd\ndf = pd.read_csv('table.csv')\n") is None


@pytest.mark.parametrize(
    "later",
    [
        'R = df["a"].rank()\nthree = LinearRegression().fit(R, y)\nq = three.predict(R)',
        "G = KMeans().fit(X).labels_[X]\nthree = LinearRegression().fit(G, y)\nq = three.predict(G)",
        "Z = unheard_of(X)\nthree = LinearRegression().fit(Z, y)\nq = three.predict(Z)",
    ],
)
def test_a_later_model_that_cannot_be_followed_is_no_reason_to_take_an_earlier_one(later: str, tmp_path: Path) -> None:
    assert isinstance(chosen(tmp_path, "p = one.predict(X_test)", later), NotFollowed)


@pytest.mark.parametrize(
    ("cells", "text"),
    [
        # a model that is saved and predicts nothing
        (("p = one.predict(X_test)", 'three = LinearRegression().fit(X, y)\njoblib.dump(three, "m.pkl")'), "three"),
        # under the name that is saved
        (
            (
                'models = {"a": one, "b": two}\nfor m in models.values():\n    p = m.predict(X_test)',
                'joblib.dump(models["a"], "m.pkl")',
            ),
            "models['a']",
        ),
        # loaded again
        (('joblib.dump(one, "m.pkl")\nagain = joblib.load("m.pkl")', "p = again.predict(X_test)"), "one"),
        # rows picked by hand, and a grid for a picture
        (("p = one.predict(X_test)", "print(two.predict([list(X.iloc[0])]))"), "one"),
        (("p = one.predict(X_test)", "q = two.predict(X.iloc[0].values.reshape(1, -1))"), "one"),
        # a model and rows given to a function
        (("def ask(m, rows):\n    print(m.predict(rows))", "p = one.predict(X_test)\nask(two, X_test)"), "two"),
    ],
)
def test_the_model_chosen(cells: tuple[str, ...], text: str, tmp_path: Path) -> None:
    choice = chosen(tmp_path, *cells)
    assert isinstance(choice, Choice), choice
    assert ast.unparse(choice.prediction.model) == text


@pytest.mark.parametrize(
    "cells",
    [
        ("p = one.predict(X_test)", 'best = {"a": one, "b": two}[input()]\njoblib.dump(best, "m.pkl")'),
        (
            "p = one.predict(X_test)",
            "def ask(rows):\n    m = LinearRegression().fit(X_train, y_train)\n    return m.predict(rows)",
            "q = ask(X_test)",
        ),
        (
            "p = one.predict(X_test)",
            "class Own:\n    def predict(self, X):\n        return X",
            "q = Own().predict(X_test)",
        ),
    ],
)
def test_what_is_later_and_cannot_be_followed_is_told(cells: tuple[str, ...], tmp_path: Path) -> None:
    choice = chosen(tmp_path, *cells)
    assert isinstance(choice, NotFollowed)
    assert choice.text is not None


TWO = ("p = one.predict(X_test)", "q = two.predict(test)", "r = p * 2")


@pytest.mark.parametrize(
    ("wanted", "call"),
    [
        (Wanted(model="one"), "one.predict(X_test)"),
        (Wanted(model="LogisticRegression"), "one.predict(X_test)"),
        (Wanted(prediction="p"), "one.predict(X_test)"),
        (Wanted(prediction="r"), "one.predict(X_test)"),
        (Wanted(prediction="one.predict( X_test )"), "one.predict(X_test)"),
        (Wanted(input="df"), "one.predict(X_test)"),
        (Wanted(input="table.csv"), "one.predict(X_test)"),
        (Wanted(input="test.csv"), "two.predict(test)"),
        (Wanted(model="two", input="test"), "two.predict(test)"),
    ],
)
def test_what_is_asked_for_decides(wanted: Wanted, call: str, tmp_path: Path) -> None:
    choice = chosen(tmp_path, *TWO, wanted=wanted)
    assert call_of(choice) == call
    assert isinstance(choice, Choice)
    assert "asked for" in choice.reason
    assert choice.alternatives


def test_the_form_that_is_asked_for_is_the_final_one(tmp_path: Path) -> None:
    choice = chosen(tmp_path, *TWO, wanted=Wanted(prediction="p"))
    assert isinstance(choice, Choice)
    assert choice.form is not None
    assert choice.form.output == "p"


@pytest.mark.parametrize("wanted", [Wanted(model="three"), Wanted(prediction="z"), Wanted(model="one", input="test")])
def test_what_is_asked_for_and_not_there_is_told(wanted: Wanted, tmp_path: Path) -> None:
    choice = chosen(tmp_path, *TWO, wanted=wanted)
    assert isinstance(choice, NotFollowed)
    assert "asked for" in choice.why.why
