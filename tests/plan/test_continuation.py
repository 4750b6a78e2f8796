"""What becomes of the final prediction: the steps that predict does after the model."""

from __future__ import annotations

import ast
import json
from typing import TYPE_CHECKING

import pytest

from nb2prod.dataflow import analyse
from nb2prod.notebook import read
from nb2prod.plan.plan import plan
from nb2prod.plan.predict import NoPredict, Predict, plan_predict
from nb2prod.program import parse

if TYPE_CHECKING:
    from pathlib import Path

START = """\
import numpy as np
import pandas as pd
from sklearn.linear_model import LogisticRegression, Ridge
train = pd.read_csv("train.csv")
test = pd.read_csv("test.csv")
cols = ["a", "b"]
model = Ridge().fit(train[cols], np.log1p(train["t"]))
other = Ridge(alpha=2).fit(train[cols], train["t"])
"""


def planned(folder: Path, code: str) -> Predict | NoPredict | None:
    (folder / "train.csv").write_text("a,b,t\n1,2,0\n3,4,1\n", encoding="utf-8")
    (folder / "test.csv").write_text("a,b,id\n1,2,7\n", encoding="utf-8")
    cells: list[dict[str, object]] = [
        {"cell_type": "code", "metadata": {}, "execution_count": None, "outputs": [], "source": source}
        for source in (START, code)
    ]
    document = {"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 4}
    path = folder / "n.ipynb"
    path.write_text(json.dumps(document), encoding="utf-8")
    return plan_predict(plan(analyse(parse(read(path))), folder))


@pytest.mark.parametrize(
    ("code", "steps", "output"),
    [
        ("pred = model.predict(test[cols])", [], "pred"),
        ("pred = np.expm1(model.predict(test[cols]))", ["np.expm1(prediction)"], "pred"),
        ("print(np.expm1(model.predict(test[cols])))", ["np.expm1(prediction)"], "np.expm1(model.predict(test[cols]))"),
        ("pred = model.predict(test[cols])\nprices = np.expm1(pred)", ["np.expm1(prediction)"], "prices"),
        ("pred = model.predict(test[cols])\npred *= 2", ["prediction * 2"], "pred"),
        (
            "pred = model.predict(test[cols])\npred[pred < 0] = 0",
            ["replay.changed(prediction, prediction < 0, 0)"],
            "pred",
        ),
        # columns of tables: they are series, so what follows sees one
        (
            'test["p"] = model.predict(test[cols])\ntest["p"] = np.expm1(test["p"])',
            ["replay.column(prediction)", "np.expm1(prediction)"],
            "test['p']",
        ),
        (
            'out = pd.DataFrame({"id": test["id"], "p": np.expm1(model.predict(test[cols]))})\nout.to_csv("o.csv")',
            ["np.expm1(prediction)"],
            "out['p']",
        ),
        ('out = pd.DataFrame(model.predict(test[cols]), columns=["p"])\nout.p = out.p + 1',
         ["replay.column(prediction)", "prediction + 1"], "out['p']"),
        # what is written to a file is the final one, also where something is made of it afterwards
        (
            'p = model.predict(test[cols])\npd.Series(p).to_csv("o.csv")\nq = p + 1',
            ["pd.Series(prediction)"],
            "pd.Series(p)",
        ),
        # thresholds: only where nothing else uses it, or it is written
        ("p = model.predict(test[cols])\nq = p > 1\nr = p * 2", ["prediction * 2"], "r"),
        ('p = model.predict(test[cols])\nr = p * 2\nq = p > 1\npd.DataFrame({"q": q}).to_csv("o.csv")',
         ["prediction > 1"], "q"),
        # other rows enter: what was before is the prediction
        ('p = model.predict(train[cols])\nerror = p - train["t"]', [], "p"),
        ("p = model.predict(test[cols])\nshare = p / p.sum()", [], "p"),
    ],
)  # fmt: skip
def test_the_steps_after_the_model(code: str, steps: list[str], output: str, tmp_path: Path) -> None:
    found = planned(tmp_path, code)
    assert isinstance(found, Predict), found
    assert [ast.unparse(ast.fix_missing_locations(step)) for step in found.after.steps] == steps
    assert found.after.output == output


@pytest.mark.parametrize(
    ("code", "why"),
    [
        ("p = (model.predict(test[cols]) + other.predict(test[cols])) / 2", "several models"),
        ("a = model.predict(test[cols])\nb = other.predict(test[cols])\nc = a + b", "several models"),
        (
            "p = []\nfor m in [model, other]:\n    p.append(m.predict(test[cols]))\nq = np.mean(p, axis=0)",
            "not followed",
        ),
        ("p = model.predict(test[cols])\nfor i in range(len(p)):\n    p[i] = 1 if p[i] > 2 else 0", "in parts"),
        ("p = model.predict(test[cols])\nif len(p) > 3:\n    p = p * 2", "branch or a loop"),
        ("p = model.predict(test[cols])\nq = unheard_of(p)", "not known"),
        ("def ask():\n    return np.expm1(model.predict(test[cols]))\np = ask()", "inside of `ask`"),
        ("p = LogisticRegression().fit(train[cols], train['t']).predict(test[cols])", "no name"),
        ("m = LogisticRegression().fit(train[cols], train['t'])\np = m.predict_proba(test[cols])", "several numbers"),
    ],
)
def test_what_cannot_be_followed_is_refused(code: str, why: str, tmp_path: Path) -> None:
    found = planned(tmp_path, code)
    assert isinstance(found, NoPredict)
    assert why in found.refusal.why
    assert found.chosen is not None


def test_what_the_prediction_is_changed_by_is_trained(tmp_path: Path) -> None:
    code = 'low, high = train["t"].min(), train["t"].max()\np = model.predict(test[cols])\np = np.clip(p, low, high)'
    found = planned(tmp_path, code)
    assert isinstance(found, Predict)
    assert {store.name for store in found.stores} == {"low", "high"}
    assert all(store.after in found.train for store in found.stores)


@pytest.mark.parametrize("answer", ["[:, 1]", ".argmax(axis=1)", ".max(axis=1)"])
def test_probabilities_are_asked_for_where_the_answer_is_made_of_them(answer: str, tmp_path: Path) -> None:
    code = f"m = LogisticRegression().fit(train[cols], train['t'])\np = m.predict_proba(test[cols]){answer}"
    found = planned(tmp_path, code)
    assert isinstance(found, Predict), found
    assert found.method == "predict_proba"
    assert [ast.unparse(ast.fix_missing_locations(step)) for step in found.after.steps] == [f"prediction{answer}"]
