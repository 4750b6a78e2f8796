# ruff: noqa: E501 - tables read better by line
from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING

import pytest

from nb2prod.problems import NotebookError
from nb2prod.verify import verify
from nb2prod.verify.compare import Compared
from nb2prod.verify.proof import setup_of
from nb2prod.verify.training import by_unrepeated
from nb2prod.verify.values import Different
from tests.verify import tiny

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

ROWS = "a,b,y\n" + "".join(f"{i % 7},{i * 1.5},{i % 2}\n" for i in range(30))
LINE = """\
class Line:
    def fit(self, X, y):
        self.coef_ = np.linalg.lstsq(X, y, rcond=None)[0]
        return self

    def predict(self, X):
        return X @ self.coef_
"""
CELLS = (
    "import pandas as pd\nimport numpy as np",
    "df = pd.read_csv('rows.csv')\ndf.head()",
    "df['c'] = df['a'] * 2\ndf['a'] = df['a'] + 1",
    "mean = df['b'].mean()\ndf['b'] = df['b'] - mean",
    LINE,
    "X = df[['a', 'b', 'c']]\ny = df['y']\nmodel = Line()\nmodel.fit(X, y)\nfound = model.predict(X)",
)
# statements: 0 import pd, 1 import np, 2 read, 3 head, 4 c, 5 a, 6 mean, 7 b, 8 class, 9 X, 10 y, 11 model, 12 fit, 13 found


def test_the_notebooks_own_statements_are_equivalent(tmp_path: Path) -> None:
    made = tiny.project(tmp_path, CELLS, data={"rows.csv": ROWS})
    before = {path: path.read_bytes() for path in (tmp_path / "home").iterdir()}
    said: list[str] = []
    verdict = verify(made, progress=said.append)
    assert verdict.status == "equivalent", verdict
    assert verdict.counts.models >= 2
    assert verdict.counts.equal >= 9
    assert not verdict.uncompared
    written = json.loads((made / "nb2prod.json").read_text())["verify"]
    assert written == json.loads(json.dumps(verdict.to_json()))
    assert {path: path.read_bytes() for path in (tmp_path / "home").iterdir()} == before
    assert "notebook: cell 5 (6 of 6)" in said


WRONG: Mapping[str, tuple[int, str, tuple[int, int], str]] = {
    "a changed constant": (4, "df['c'] = df['a'] * 3", (2, 1), "df['c']"),
    "a dropped statement": (5, "pass", (2, 2), "df['a']"),
    "a wrong learnt value": (6, "mean = df['b'].mean() + 1", (3, 1), "mean"),
    "a swapped column order": (9, "X = df[['b', 'a', 'c']]", (5, 1), "X.columns"),
    "fitted on other rows": (12, "model.fit(X[1:], y[1:])", (5, 4), "model"),
    "another result": (13, "found = model.predict(X) * 1.0000001", (5, 5), "found"),
    "another dtype": (10, "y = df['y'].astype('int32')", (5, 2), "y"),
}


@pytest.mark.parametrize("name", WRONG)
def test_what_is_wrong_is_blamed_on_its_statement(tmp_path: Path, name: str) -> None:
    index, text, place, path = WRONG[name]
    verdict = verify(tiny.project(tmp_path, CELLS, data={"rows.csv": ROWS}, instead={index: text}))
    assert verdict.status == "different"
    assert verdict.first is not None
    assert verdict.first.statement == index
    assert (verdict.first.cell, verdict.first.line) == place
    assert (verdict.first.name + verdict.first.path).startswith(path)
    assert verdict.first.notebook != verdict.first.project
    assert not verdict.chance


def test_a_statement_left_out_of_train_is_a_suspect(tmp_path: Path) -> None:
    verdict = verify(tiny.project(tmp_path, CELLS, data={"rows.csv": ROWS}, roles={5: "dropped"}))
    assert verdict.status == "different"
    assert verdict.first is not None
    assert verdict.first.statement == 7
    assert verdict.first.suspects == ("cell 2, line 2",)


def test_a_name_that_the_project_does_not_have_is_never_equal(tmp_path: Path) -> None:
    instead = {9: "inputs = df[['a', 'b', 'c']]", 12: "model.fit(inputs, y)", 13: "found = model.predict(inputs)"}
    verdict = verify(tiny.project(tmp_path, CELLS, data={"rows.csv": ROWS}, instead=instead))
    assert verdict.counts.not_comparable == 1
    assert verdict.uncompared[0].name == "X"


def test_without_a_comparable_model_nothing_is_proven(tmp_path: Path) -> None:
    instead = {11: "line = Line()", 12: "line.fit(X, y)", 13: "found = line.predict(X)"}
    verdict = verify(tiny.project(tmp_path, CELLS, data={"rows.csv": ROWS}, instead=instead))
    assert verdict.status == "not comparable"
    assert "fitted model" in verdict.reasons[0]


CHANCE = (
    "import numpy as np\nimport pandas as pd",
    "jitter = np.random.rand(5)\nframe = pd.DataFrame({'a': jitter})",
    "top = frame.max()",
)


def test_unseeded_draws_are_chance(tmp_path: Path) -> None:
    verdict = verify(tiny.project(tmp_path, CHANCE))
    assert verdict.status == "equivalent", verdict
    assert {one.name for one in verdict.chance} == {"jitter", "frame", "top"}
    assert verdict.counts.chance == 3


def test_a_label_made_of_unseeded_draws_may_be_repeated_by_luck(tmp_path: Path) -> None:
    cells = ("import numpy as np", "draw = np.random.rand()", "label = draw > 0.5", "other = 1 > 0.5")
    setup = setup_of(tiny.project(tmp_path, cells), tmp_path / "runs")
    draw, label, other = (
        Compared(statement=setup.accounting.statements[i], name=n, visit=0, result=Different("", "True", "False"))
        for i, n in ((1, "draw"), (2, "label"), (3, "other"))
    )
    unrepeated = frozenset({draw.key})
    assert by_unrepeated((draw, label, other), unrepeated, setup.flow) == {draw.key, label.key}
    assert by_unrepeated((draw, label, other), frozenset(), setup.flow) == frozenset()


def test_an_error_behind_unseeded_draws_is_no_chance(tmp_path: Path) -> None:
    verdict = verify(tiny.project(tmp_path, CHANCE, instead={3: "frame = pd.DataFrame({'a': jitter * 2})"}))
    assert verdict.status == "different"
    assert verdict.first is not None
    assert verdict.first.statement == 3


def test_a_lost_draw_after_a_seed_is_an_error(tmp_path: Path) -> None:
    cells = ("import numpy as np", "np.random.seed(1)", "noise = np.random.rand()", "kept = np.random.rand(3)")
    verdict = verify(tiny.project(tmp_path, cells, roles={2: "dropped"}))
    assert verdict.status == "different"
    assert verdict.first is not None
    assert verdict.first.name == "kept"


@pytest.mark.parametrize(("wrong", "status"), [({}, "not comparable"), ({4: "df['c'] = df['a'] * 3"}, "different")])
def test_a_notebook_that_runs_only_once_leaves_chance_open(
    tmp_path: Path, wrong: Mapping[int, str], status: str
) -> None:
    (tmp_path / "runs").mkdir()
    counted = f"import pathlib\nruns = pathlib.Path({str(tmp_path / 'runs')!r})\n"
    once = counted + "(runs / str(len(list(runs.iterdir())))).touch()\nassert len(list(runs.iterdir())) < 2"
    cells = (*CELLS[:4], once, CELLS[4], "df['b'] = df['b'] + np.random.rand()", CELLS[5])
    explored = dict.fromkeys(range(8, 12), "explore")
    verdict = verify(tiny.project(tmp_path, cells, data={"rows.csv": ROWS}, roles=explored, instead=wrong))
    assert verdict.status == status, verdict
    assert verdict.failed is None
    if not wrong:
        assert not verdict.differences
        assert "when the notebook was run again" in verdict.reasons[0]


def test_the_clock_is_not_comparable(tmp_path: Path) -> None:
    verdict = verify(tiny.project(tmp_path, ("import time", "start = time.time() % 100", "total = sum(range(9))")))
    assert verdict.status == "equivalent"
    assert [one.name for one in verdict.uncompared] == ["start"]


def test_a_failing_notebook_says_where(tmp_path: Path) -> None:
    verdict = verify(tiny.project(tmp_path, ("a = 1", "b = [\n    1,\n]\nc = a / 0\nd = 2")))
    assert verdict.status == "failed"
    assert verdict.failed is not None
    assert (verdict.failed.side, verdict.failed.cell, verdict.failed.line) == ("notebook", 1, 4)
    assert "ZeroDivisionError" in verdict.failed.error


def test_a_failing_project_is_mapped_back_to_the_notebook(tmp_path: Path) -> None:
    verdict = verify(tiny.project(tmp_path, ("a = 1", "b = 2\nc = a / b"), instead={2: "c = a / (b - 2)"}))
    assert verdict.status == "failed"
    assert verdict.failed is not None
    assert (verdict.failed.side, verdict.failed.cell, verdict.failed.line) == ("project", 1, 2)
    assert (verdict.failed.module, verdict.failed.module_line) == ("train.py", 4)


def test_ipythons_own_syntax_is_watched_too(tmp_path: Path) -> None:
    cells = (
        "%%time\na = 1\nb = a + 1",
        "\n\nc = b + 1\nc",
        "%config Application.log_level=30\nd = _ + 1",
        "here = !echo 1\ne = [\n    d,\n]",
        "this is (broken",
        "%%bash\necho 1",
        "f = await __import__('asyncio').sleep(0, 6)",
    )
    plain = ("0\na = 1\nb = a + 1", "c = b + 1\nc", "0\nd = 4", "here = ['1']\ne = [\n    d,\n]", "", "0", "f = 6")
    made = tiny.project(tmp_path, plain)
    notebook = json.loads((made / "notebooks/tiny.ipynb").read_text())
    for cell, source in zip(notebook["cells"], cells, strict=True):
        cell["source"] = source
    (made / "notebooks/tiny.ipynb").write_text(json.dumps(notebook))
    verdict = verify(made)
    assert verdict.status == "equivalent", verdict
    assert verdict.counts.equal == 6  # a b c d e f; what a shell says has a class of its own
    assert [one.name for one in verdict.differences] == []


def test_statements_that_share_their_lines_are_compared_in_the_order_they_ran(tmp_path: Path) -> None:
    cells = ("a = [1, 2]\nb = [4]", "x = sum(a)", "y = sum(b)")
    code = "def add(values):\n    total = sum(values)\n    return total\n\n\ndef train():\n    a = [1, 2]\n    b = [4]\n    x = add(a)\n    y = add(b)\n"
    for number, (text, status) in enumerate(((code, "equivalent"), (code.replace("add(b)", "add(a)"), "different"))):
        folder = tmp_path / str(number)
        folder.mkdir()
        made = tiny.project(folder, cells)
        (made / "src/tiny/train.py").write_text(text)
        document = json.loads((made / "nb2prod.json").read_text())
        places = [(7, {"a": "a"}), (8, {"b": "b"}), (2, {"x": "total"}), (2, {"y": "total"})]
        for statement, (line, binds) in zip(document["statements"], places, strict=True):
            statement |= {"place": {"module": "train.py", "line": line, "last_line": line}, "binds": binds}
        (made / "nb2prod.json").write_text(json.dumps(document))
        verdict = verify(made)
        assert verdict.status == status, verdict
        assert (verdict.first.name if verdict.first else None) == (None if status == "equivalent" else "y")


def test_a_place_without_a_statement_is_not_comparable(tmp_path: Path) -> None:
    made = tiny.project(tmp_path, ("a = 1\nb = 2",))
    document = json.loads((made / "nb2prod.json").read_text())
    document["statements"][1]["place"] |= {"line": 90, "last_line": 90}
    (made / "nb2prod.json").write_text(json.dumps(document))
    verdict = verify(made)
    assert [one.name for one in verdict.uncompared] == ["b"]
    assert "train.py, line 90" in verdict.uncompared[0].reason


def test_paths_that_climb_find_the_folders_above(tmp_path: Path) -> None:
    cells = ("from pathlib import Path", "text = Path('../other/text.txt').read_text()", "n = Path('../made').mkdir()")
    made = tiny.project(tmp_path, cells, instead={1: "text = 'hello'", 2: "n = None"})
    (tmp_path / "other").mkdir()
    (tmp_path / "other/text.txt").write_text("hello")
    verdict = verify(made, beside=tmp_path / "home")
    assert verdict.status == "equivalent", verdict
    assert verdict.counts.equal == 2


def test_a_cell_that_takes_too_long_fails(tmp_path: Path) -> None:
    verdict = verify(tiny.project(tmp_path, ("import time", "time.sleep(60)")), timeout=2)
    assert verdict.status == "failed"
    assert verdict.failed is not None
    assert "longer than 2 s" in verdict.failed.error
    assert verdict.failed.cell == 1


def test_an_interpreter_without_a_kernel_is_named(tmp_path: Path) -> None:
    bare = tmp_path / "python"
    bare.write_text(f'#!/bin/sh\nexec {sys.executable} -S -I "$@"\n')
    bare.chmod(0o755)
    verdict = verify(tiny.project(tmp_path, ("a = 1",)), python=bare)
    assert verdict.status == "failed"
    assert verdict.failed is not None
    assert "ipykernel" in verdict.failed.error


def test_a_folder_that_is_no_project_is_an_error_for_the_user(tmp_path: Path) -> None:
    with pytest.raises(NotebookError, match=r"has no nb2prod\.json"):
        verify(tmp_path)
