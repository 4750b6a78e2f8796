"""The whole way for each story: convert, train, predict; in a batch and alone, the predictions are the notebook's."""

from __future__ import annotations

import json
import math
from typing import TYPE_CHECKING, Any

import pytest

from nb2prod.cli import run as nb2prod
from tests import stories
from tests.stories import FIXTURES, needs_science, python

if TYPE_CHECKING:
    from pathlib import Path

# the raw file, the numbers of its rows that the notebook predicts at the end, and its predictions
PREDICTED = {
    "churn": ("churn.csv", "y_test.index", "y_pred"),
    "house_prices": ("house_prices.csv", "test.index", "pred"),
    "spam": ("spam.csv", "X_test.index", "predicted"),
    "kaggle_pair": ("test.csv", "test_df.index", "Y_pred"),
    "model_loop": ("students.csv", "x_test.index", "y_predicted"),
}
REFUSED = ("functions_classes", "hidden_state")

# Arguments: the package, the raw file, row numbers. Prints what is predicted for all rows, for these rows each in a
# file of its own, and the columns without which the answers change although nothing is said.
PREDICT = """
import importlib, json, sys
from pathlib import Path
package, raw, *rows = sys.argv[1:]
read = importlib.import_module(f"{package}.__main__").read
module = importlib.import_module(f"{package}.predict")
frame = read(Path(raw))
answers = module.answers(frame)
head, *lines = Path(raw).read_text("latin-1").splitlines(keepends=True)
alone = []
for row in rows:
    Path("one.csv").write_text(head + lines[int(row)], "latin-1")
    alone.append(module.predict(read(Path("one.csv"))).tolist())
missed = []
for column in frame.columns:
    try:
        given = module.answers(frame.drop(columns=column))
    except ValueError:  # a DataError is one
        continue
    if not given.equals(answers):
        missed.append(column)
print(json.dumps([answers["prediction"].tolist(), alone, missed]))
"""


def _convert(story: str, folder: Path) -> tuple[Path, dict[str, Any]]:
    project = folder / "made" / story
    assert nb2prod(["convert", str(stories.notebook(story)), "--output", str(project), "--no-lock"]) == 0
    return project, json.loads((project / "nb2prod.json").read_text(encoding="utf-8"))


def _equal(given: object, expected: object) -> bool:
    if isinstance(given, float) and isinstance(expected, float):
        return math.isclose(given, expected, rel_tol=1e-9)
    return given == expected


@needs_science
@pytest.mark.parametrize("story", PREDICTED)
def test_predictions_are_those_of_the_notebook(story: str, tmp_path: Path) -> None:
    raw, rows, values = PREDICTED[story]
    ran = stories.run(story, tmp_path, value=f"[list(map(int, {rows})), pd.Series({values}).tolist()]")
    project, _ = _convert(story, tmp_path)
    python([story, "train"], project, "-m")
    numbers, expected = ran.value
    some = numbers[:8]
    raw = str(FIXTURES / story / raw)
    printed = python([PREDICT, story, raw, *map(str, some)], project).splitlines()
    batch, alone, missed = json.loads(printed[-1])
    assert [n for n, value in zip(numbers, expected, strict=True) if not _equal(batch[n], value)] == []
    assert [n for n, value in zip(some, alone, strict=True) if len(value) != 1 or not _equal(value[0], batch[n])] == []
    assert missed == []


@pytest.mark.parametrize("story", REFUSED)
def test_what_is_refused_says_why(story: str, tmp_path: Path) -> None:
    _, record = _convert(story, tmp_path)
    refused = [record[part] for part in ("train", "predict") if record[part]["status"] == "refused"]
    assert refused
    assert all(part["reason"] and part["way_out"] for part in refused)


def test_a_notebook_without_a_model_is_a_batch_job(tmp_path: Path) -> None:
    project, record = _convert("exploration", tmp_path)
    assert (record["train"]["status"], record["predict"]["status"]) == ("ok", "none")
    assert not (project / "src" / "exploration" / "predict.py").exists()


@needs_science
def test_the_batch_job_writes_the_notebook_s_file(tmp_path: Path) -> None:
    copy = stories.run("exploration", tmp_path).folder
    project, _ = _convert("exploration", tmp_path)
    python(["exploration", "train"], project, "-m")
    assert (project / "sales_clean.csv").read_bytes() == (copy / "sales_clean.csv").read_bytes()
