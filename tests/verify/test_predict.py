# ruff: noqa: E501 - tables read better by line
"""Parity of predict on a small project whose predict is right, and on all the ways it can be wrong."""

from __future__ import annotations

import shutil
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pytest

from nb2prod.verify import rows, verify
from nb2prod.verify.parity import matched, parity, unmatched
from nb2prod.verify.probe.predict import Asking
from nb2prod.verify.proof import setup_of
from nb2prod.verify.run import Mode
from nb2prod.verify.training import train
from tests.verify import tiny

if TYPE_CHECKING:
    from pathlib import Path

    from nb2prod.verify.verdict import Check

ROWS = "age,city,junk,y\n" + "".join(
    f"{'' if i % 11 == 3 else i % 17},{'abc'[i % 3]},{i * 7 % 5},{int(i % 17 > 8)}\n" for i in range(80)
)
CELLS = (
    "import numpy as np\nimport pandas as pd\nfrom sklearn.linear_model import LogisticRegression",
    "df = pd.read_csv('rows.csv')",
    "df['age'] = df['age'].fillna(df['age'].mean())\ndf = pd.get_dummies(df, columns=['city'])",
    "X = df.drop(columns=['y', 'junk'])\ny = df['y']\nheld = X.iloc[::4]",
    "model = LogisticRegression()\nmodel.fit(X, y)",
    "answer = model.predict(held)",
)
MAIN = """\
import sys
import pandas as pd

def read(path):
    return pd.read_csv(path)

if __name__ == "__main__":
    from tiny import train
    train.train()
"""
SAVE = """answer = model.predict(held)
import pickle
raw = pd.read_csv('rows.csv')
pickle.dump((raw['age'].mean(), list(X.columns), model), open('stored.pkl', 'wb'))"""
PREDICT = """\
import pickle
import pandas as pd

def model_input(frame):
    mean, columns, model = pickle.load(open("stored.pkl", "rb"))
    frame = frame.copy()
    frame["age"] = frame["age"].fillna(mean)
    cities = pd.CategoricalDtype(["a", "b", "c"])
    frame = pd.get_dummies(frame.astype({"city": cities}), columns=["city"])
    return frame[columns]

def answers(frame):
    model = pickle.load(open("stored.pkl", "rb"))[2]
    return pd.DataFrame({"prediction": model.predict(model_input(frame))}, index=frame.index)
"""
MODELS = """\
from types import SimpleNamespace as Of

def load():
    columns = [Of(name=name, required=name in ("age", "city")) for name in ("age", "city", "junk", "y")]
    return Of(schema=Of(columns=columns))
"""
ASKED = {
    "status": "ok",
    "statement": 11,
    "input": "held",
    "output": "answer",
    "rows": "held",
    "raw": "rows.csv",
    "target": "y",
}
ALL = frozenset({"input", "output", "rows"})


def project(folder: Path, predict: str) -> Path:
    """The notebook's project, with this predict.py."""
    modules = {"__main__.py": MAIN, "models.py": MODELS, "predict.py": predict}
    return tiny.project(folder, CELLS, data={"rows.csv": ROWS}, instead={11: SAVE}, modules=modules, predict=ASKED)


class Trained:
    """The notebook and the project's train have run once; what is asked of predict varies."""

    def __init__(self, folder: Path) -> None:
        made = project(folder, PREDICT)
        self.setup = setup_of(made, folder / "runs")
        self.trained = train(self.setup, Mode())
        assert self.trained.failed is None

    def asked(self, predict: str = PREDICT, *, notebook_says: frozenset[str] = ALL) -> tuple[str, dict[str, Check]]:
        notebook, made = self.trained.notebook, self.trained.project
        assert made is not None
        (made.folder / "src/tiny/predict.py").write_text(predict)
        shutil.rmtree(made.seen.with_name("predicted"), ignore_errors=True)
        said = tuple(e for e in notebook.events if e.get("key") != "predict" or e["name"] in notebook_says)
        status, checks = parity(self.setup, replace(notebook, events=said), made)
        return status, {one.name: one for one in checks}


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Trained:
    return Trained(tmp_path_factory.mktemp("trained"))


def test_a_right_predict_is_equal_in_every_way_of_asking(trained: Trained) -> None:
    status, checks = trained.asked()
    assert status == "equal", checks
    assert checks["model input in one batch"].rows == 20
    assert checks["prediction in one batch"].rows == 20
    assert checks["answers row by row"].rows == 20
    assert checks["answers through csv"].rows == 5
    assert checks["rows shuffled"].rows == 80
    assert {"target absent", "target altered", "columns reversed", "a column more", "index repeated"} <= set(checks)
    assert {"unneeded columns absent", "an unseen value", "a text column all missing"} <= set(checks)
    assert {"a value beyond the largest", "a value below the smallest"} <= set(checks)


def test_without_labels_rows_are_matched_by_value(trained: Trained) -> None:
    status, checks = trained.asked(notebook_says=ALL - {"rows"})
    assert status == "equal", checks
    assert checks["model input and prediction, matched by value"].rows == 20


LEFT_OUT = """    frame = frame[frame["city"].isin(list("abc"))].copy()
    if frame.empty:
        raise NothingLeft
"""
ANSWERED = """    try:
        inputs = model_input(frame)
    except NothingLeft:
        return pd.DataFrame({"prediction": float("nan")}, index=frame.index)
    return pd.DataFrame({"prediction": model.predict(inputs)}, index=inputs.index).reindex(frame.index)
"""


def test_a_row_that_is_left_out_is_left_out_alone_too(trained: Trained) -> None:
    known = "import pandas as pd\n\nclass NothingLeft(Exception): ...\n"
    guarded = PREDICT.replace("    frame = frame.copy()\n", LEFT_OUT).replace("import pandas as pd\n", known)
    head, _, _ = guarded.rpartition("    return pd.DataFrame")
    status, checks = trained.asked(head + ANSWERED)
    assert status == "equal", checks
    assert checks["an unseen value"].status == "equal"
    _, wrong = trained.asked(head + ANSWERED.replace('float("nan")', "1.0"))
    assert wrong["an unseen value"].status == "different"


REFUSED = """    for number, (age, city) in enumerate(zip(frame["age"], frame["city"])):
        if (age, city) == (AGE, CITY):
            raise DataError(f"row {number}, column 'city': not seen in training")
"""


OTHERS_REFUSED = """    table = pd.read_csv("rows.csv")
    known = set(zip(table["age"].fillna(-1)[::4], table["city"][::4]))
    for number, pair in enumerate(zip(frame["age"].fillna(-1), frame["city"])):
        if pair not in known:
            raise DataError(f"row {number}, column 'city': not seen in training")
"""


def test_where_very_many_rows_are_refused_the_notebooks_are_asked_alone(trained: Trained) -> None:
    refusal = "    frame = frame.copy()\n" + OTHERS_REFUSED
    head = "import pandas as pd\n\nclass DataError(Exception): ...\n"
    predict = PREDICT.replace("    frame = frame.copy()\n", refusal).replace("import pandas as pd\n", head)
    found, checks = trained.asked(predict)
    assert found == "equal", checks
    assert checks["rows that predict refuses"].rows == 60
    assert checks["rows shuffled"].rows == 20
    found, checks = trained.asked(predict.replace("[::4]", "[::8]"))  # some of the notebook's own
    assert found == "failed", checks


BY_SKLEARN = REFUSED.replace(
    "DataError(f\"row {number}, column 'city': not seen in training\")",
    """\
ValueError("Found unknown categories ['b'] in column 'city' during transform")""",
)


@pytest.mark.parametrize(
    ("age", "city", "refused", "status"),
    [
        (7, "b", REFUSED, "equal"),
        (8, "c", REFUSED, "failed"),
        (7, "b", BY_SKLEARN, "equal"),
        (8, "c", BY_SKLEARN, "failed"),
    ],
)
def test_rows_that_predict_refuses_are_none_of_the_notebooks(
    trained: Trained, age: int, city: str, refused: str, status: str
) -> None:
    refusal = "    frame = frame.copy()\n" + refused.replace("AGE", str(age)).replace("CITY", repr(city))
    head = "import pandas as pd\n\nclass DataError(Exception): ...\n"
    predict = PREDICT.replace("    frame = frame.copy()\n", refusal).replace("import pandas as pd\n", head)
    found, checks = trained.asked(predict)
    assert found == status, checks
    if status == "equal":
        assert checks["rows that predict refuses"].rows == 1
        detail = checks["rows that predict refuses"].detail
        assert "row 7" in detail
        assert "column 'city'" in detail
        assert checks["rows shuffled"].rows == 79
        assert checks["answers through csv"].rows == 5


WRONG = {
    "a wrong learnt value": ("fillna(mean)", "fillna(mean + 0.5)", "model input in one batch", "['age']"),
    "a swapped column order": ("return frame[columns]", "return frame[columns[::-1]]", "model input in one batch", ".columns"),
    "another dtype": ("return frame[columns]", "return frame[columns].astype(float)", "model input in one batch", "array of float64"),
    "dummies of the rows given": ("frame.astype({'city': cities})".replace("'", '"'), "frame", "input row by row", "KeyError"),
    "statistics of the rows given": ("fillna(mean)", "fillna(frame['age'].mean())", "input row by row", "['age']"),
    "another answer": ("model.predict(model_input(frame))", "1 - model.predict(model_input(frame))", "prediction in one batch", "20 of 20"),
    "an unneeded column is used": ("    frame = frame.copy()\n", "    frame = frame.copy()\n    frame['age'] += 0 * frame['junk']\n", "unneeded columns absent", "KeyError"),
    "a new value moves the others": ("fillna(mean)", "fillna(mean) / max(1, frame['age'].max() / 16)", "a value beyond the largest", "age: "),
    "a new category is one of the rows given": ("    frame = frame.copy()\n", "    frame = frame.copy()\n    frame['age'] *= 1 + 9 * ('nb2prod unseen' in list(frame['city']))\n", "an unseen value", "city: "),
    "the target is used": ("    frame = frame.copy()\n", "    frame = frame.copy()\n    frame['age'] += frame['y']\n", "target absent", "KeyError"),
    "the input is changed": ("frame = frame.copy()", "pass", "the frame given is not changed", ""),
}  # fmt: skip


@pytest.mark.parametrize("name", WRONG)
def test_a_wrong_predict_is_caught(trained: Trained, name: str) -> None:
    old, new, check, detail = WRONG[name]
    assert old in PREDICT
    status, checks = trained.asked(PREDICT.replace(old, new))
    assert status in ("different", "failed")
    assert checks[check].status in ("different", "failed"), checks
    assert detail in checks[check].detail


@pytest.mark.parametrize("wrong", ["fillna(mean + 0.5)", "fillna(mean).astype('float32')"])
def test_matching_by_value_catches_a_wrong_value_too(trained: Trained, wrong: str) -> None:
    status, _ = trained.asked(PREDICT.replace("fillna(mean)", wrong), notebook_says=ALL - {"rows"})
    assert status == "different"


def test_rows_that_rounding_alone_sets_apart_are_the_same_and_no_others() -> None:
    edge, beside, other = 0.1234567890125, 0.1234567890125 * (1 + 4e-16), 0.1234567890125 * (1 + 1e-8)
    assert rows.key((edge,)) != rows.key((beside,))
    assert not unmatched([(edge, 1)], [(beside, 1)])
    assert unmatched([(edge, 1)], [(other, 1)]) == [rows.key((edge, 1))]
    assert unmatched([(edge, 1)], [(beside, 2)])
    assert len(unmatched([(edge,), (edge,)], [(beside,)])) == 1
    assert not unmatched([((3, edge), (7, 1.0))], [((3, beside), (7, 1.0))])  # of a sparse matrix: columns with values
    assert unmatched([((3, edge),)], [((4, beside),)])


@pytest.mark.parametrize(
    ("resampled", "said", "status"),
    [(False, 1, "different"), (True, 1, "not comparable"), (True, 2, "different")],
)
def test_rows_that_the_notebook_makes_are_no_raw_rows(*, resampled: bool, said: int, status: str) -> None:
    """The others are: what is said of them is compared."""
    found = matched([(1.0,), (1.5,)], [(said,), (0,)], [(1.0,), (2.0,)], [(1,), (0,)], resampled=resampled)
    assert found.status == status, found
    none = matched([(1.5,)], [(0,)], [(1.0,), (2.0,)], [(1,), (0,)], resampled=resampled)
    assert none.status == "different"


def test_rows_of_an_array_that_leaves_some_out_are_taken_by_their_place() -> None:
    asking = object.__new__(Asking)
    asking.raw, asking.kept = pd.DataFrame({"age": range(5)}), [0, 2, 4]
    assert asking.take(np.array([[0, 0], [2, 2], [4, 4]]), [2, 4]).tolist() == [[2, 2], [4, 4]]


def test_what_the_notebook_cannot_answer_is_not_comparable(trained: Trained) -> None:
    status, checks = trained.asked(notebook_says=ALL - {"input"})
    assert status == "not comparable"
    assert "the notebook's input" in checks


@pytest.mark.parametrize(("reseed", "status"), [(False, "not comparable"), (True, "different")])
def test_raw_rows_that_are_drawn_are_not_the_notebooks(trained: Trained, *, reseed: bool, status: str) -> None:
    notebook, made = trained.trained.notebook, trained.trained.project
    assert made is not None
    drawn = "import numpy as np\nimport pandas as pd\n\ndef load():\n    rows = pd.read_csv('rows.csv')\n    return rows.assign(age=np.random.rand(len(rows)))\n"
    (made.folder / "src/tiny/data.py").write_text(drawn)
    (made.folder / "src/tiny/predict.py").write_text(PREDICT)
    shutil.rmtree(made.seen.with_name("predicted"), ignore_errors=True)
    without = replace(trained.setup.accounting, predict={**ASKED, "raw": None})
    found, checks = parity(replace(trained.setup, accounting=without), notebook, replace(made, reseed=reseed))
    assert found == status, checks


def test_rows_are_kept_for_the_projects_own_tests_when_it_is_equivalent(tmp_path: Path) -> None:
    right = project(tmp_path / "right", PREDICT)
    assert verify(right).status == "equivalent"
    rows = (right / "tests/golden/rows.csv").read_text().splitlines()
    assert rows[0] == "age,city,junk,y"
    assert set(rows) <= set(ROWS.splitlines())
    answers = (right / "tests/golden/answers.csv").read_text().splitlines()
    assert answers[0] == "prediction"
    assert len(answers) == len(rows) == 6
    wrong = project(tmp_path / "wrong", PREDICT.replace("model.predict(", "1 - model.predict("))
    assert verify(wrong).status == "different"
    assert not (wrong / "tests").exists()


def test_the_verdict_covers_train_and_predict_also_on_resampled_data(tmp_path: Path) -> None:
    made = project(tmp_path, PREDICT.replace("fillna(mean)", "fillna(7.698630136986301)"))
    assert verify(made).status == "equivalent"
    verdict = verify(made, perturbed=True)
    assert verdict.status == "different"
    assert "['age']" in verdict.perturbed
