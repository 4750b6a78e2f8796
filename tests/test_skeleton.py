"""The skeleton is a real project: it passes its own checks and ours where it stands, and its commands run."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from nb2prod.project import pieces, static

ROOT = Path(__file__).resolve().parents[1] / "src" / "nb2prod" / "skeleton"
EXAMPLE = {f"src/example_project/{name}.py" for name in ("data", "explore", "features", "predict", "settings", "train")}
DATA = {"data/shipments.csv", "pyproject.toml", "requirements.in", "requirements-dev.txt", "apt.txt", ".python-version"}
NOT_OURS = {
    "ANN401": "values of a model and of a frame can be anything",
    "ARG001": "fixtures are asked for by name",
    "COM812": "the formatter's",
    "CPY001": "the user's project has the user's licence",
    "D103": "test names are sentences",
    "D107": "the class's docstring speaks of its arguments",
    "D203": "D211 is followed",
    "D213": "D212 is followed",
    "D401": "what is given, in few words, is not always an order",
    "EM": "one line for one message; the traceback is not shown",
    "FA": "annotations are strings already",
    "INP001": "tests are not a package",
    "N806": "the notebook's own names",
    "N818": "Refused is not an error",
    "PD011": "`values` of our own, no frame's",
    "PLC0415": "matplotlib is imported by what draws",
    "PLR0911": "one cast for each kind of dtype",
    "PLR2004": "a status of HTTP is known by its number",
    "S101": "pytest",
    "S310": "tests open the address of the service that they started",
    "S603": "it runs itself",
    "T201": "commands print",
    "TC": "imports where a reader expects them",
    "TRY003": "as EM",
    "UP": "Python 3.8 runs it too",
}


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """The skeleton somewhere else, without what a run may have left behind."""
    left = shutil.ignore_patterns("__pycache__", ".*_cache", "pictures", "2*Z-*", "aliases", ".lock")
    return Path(shutil.copytree(ROOT, tmp_path / "project", ignore=left))


def command(folder: Path, *arguments: str, code: int = 0) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "PYTHONPATH": str(folder / "src"), "PYTHONDONTWRITEBYTECODE": "1"}
    line = [sys.executable, "-W", "error", "-m", *arguments]
    done = subprocess.run(line, cwd=folder, env=environment, capture_output=True, text=True, check=False)  # noqa: S603 - our own commands
    assert done.returncode == code, f"{line}\n{done.stdout}\n{done.stderr}"
    return done


def test_every_file_is_either_emitted_or_part_of_the_example() -> None:
    left = ("__pycache__", "_cache", "models/2", "models/aliases", "models/.lock", "pictures/", ".egg-info")
    found = [path.relative_to(ROOT).as_posix() for path in ROOT.rglob("*") if path.is_file()]
    listed = [path for path in found if not any(part in path for part in left)]
    emitted = {
        *static.ALWAYS,
        *static.WITH_MODEL,
        *static.WITH_PREDICT,
        *static.BATCH,
        *static.WITH_PICTURES,
        *static.REFUSED,
        *(path for piece in pieces.PIECES for path in pieces.paths(piece)),
    }
    assert set(listed) == emitted | EXAMPLE | DATA


def test_its_workflow_installs_and_tests() -> None:
    workflow = yaml.safe_load((ROOT / ".github" / "workflows" / "ci.yml").read_text(encoding="utf-8"))
    steps = [step["run"].strip() for step in workflow["jobs"]["test"]["steps"] if "run" in step]
    assert steps[1:] == [
        "python -m pip install --require-hashes --only-binary :all: -r requirements.txt",
        "python -m pip install -r requirements-dev.txt",
        "ruff check .",
        "python -m pytest -ra",
    ]


def test_its_own_lint_is_clean(copy: Path) -> None:
    command(copy, "ruff", "check", "--no-cache", ".")
    command(copy, "ruff", "format", "--no-cache", "--check", ".")


def test_our_lint_is_clean(copy: Path) -> None:
    rules = ["--select", "ALL", "--ignore", ",".join(NOT_OURS), "--target-version", "py38", "--line-length", "120"]
    command(copy, "ruff", "check", "--no-cache", "--isolated", *rules, "src", "tests")


def test_its_types_are_right(copy: Path) -> None:
    options = ["--strict", "--ignore-missing-imports", "--python-version", "3.10", "--no-incremental"]
    command(copy, "mypy", *options, "--allow-untyped-calls", "--no-warn-return-any", "src")


def test_its_own_tests_pass(copy: Path) -> None:
    keep_golden_rows(copy)
    here = () if "TEST_DATABASE_URL" in os.environ else ("-k", "not postgresql")  # .ci/run starts one
    done = command(copy, "pytest", "-q", "-p", "no:cacheprovider", "-p", "no:xdist", *here)
    assert "skipped" not in done.stdout


def test_answers_that_are_no_longer_the_notebooks_fail_its_tests(copy: Path) -> None:
    keep_golden_rows(copy)
    features = copy / "src/example_project/features.py"
    text = features.read_text(encoding="utf-8")
    assert ".median()" in text
    features.write_text(text.replace(".median()", ".max()"), encoding="utf-8")
    done = command(copy, "pytest", "-q", "-p", "no:cacheprovider", "-p", "no:xdist", "tests/test_parity.py", code=1)
    assert "test_the_notebooks_own_answers" in done.stdout


def keep_golden_rows(copy: Path) -> None:
    """Keep the first rows and their answers, as verify does."""
    golden = copy / "tests" / "golden"
    golden.mkdir()
    lines = (copy / "data/shipments.csv").read_text(encoding="utf-8").splitlines(keepends=True)
    (golden / "rows.csv").write_text("".join(lines[:31]), encoding="utf-8")
    command(copy, "example_project", "train")
    command(copy, "example_project", "predict", "tests/golden/rows.csv", "--output", "tests/golden/answers.csv")


def test_its_tests_say_loudly_that_data_are_missing(copy: Path) -> None:
    (copy / "data" / "shipments.csv").unlink()
    entry = {"written": "shipments.csv", "target": "data/shipments.csv", "copied": False, "reason": "too large"}
    ok = {"status": "ok"}
    record = {"package": "example_project", "data": [entry], "predict": ok, "train": ok}
    (copy / "nb2prod.json").write_text(json.dumps(record))
    done = command(copy, "pytest", "-q", "-rs", "-p", "no:cacheprovider", "-p", "no:xdist")
    assert "NOT TESTED: the data file data/shipments.csv is not here (too large)" in done.stdout


def test_train_predict_evaluate_explore(copy: Path) -> None:
    done = command(copy, "example_project", "train")
    assert "model stored in models/" in done.stdout
    assert "accuracy: 0.8" in done.stdout
    command(copy, "example_project", "predict", "data/shipments.csv", "--output", "out/all.csv")
    everything = (copy / "out" / "all.csv").read_text().splitlines()
    rows = (copy / "data" / "shipments.csv").read_text().splitlines()
    assert everything[0] == "prediction,probability_no,probability_yes"
    assert len(everything) == len(rows)
    for number in (3, 7, 12):  # each alone, without the target and the columns that nothing depends on
        (copy / "one.csv").write_text(
            "\n".join(";".join(line.split(";")[1:5]) for line in (rows[0], rows[number])) + "\n"
        )
        command(copy, "example_project", "predict", "one.csv", "--output", "one_out.csv")
        assert (copy / "one_out.csv").read_text().splitlines() == [everything[0], everything[number]]
    report = command(copy, "example_project", "evaluate", "--output", "report.json").stdout
    assert "the training data itself: new rows will score lower" in report
    assert '"confusion_matrix"' in (copy / "report.json").read_text()
    (copy / "data" / "shipments.csv").rename(copy / "all.csv")
    report = command(copy, "example_project", "evaluate", "all.csv").stdout
    assert "the training data itself" in report  # whatever the file is called
    (copy / "fewer.csv").write_text("\n".join(rows[:-1]) + "\n")
    report = command(copy, "example_project", "evaluate", "fewer.csv").stdout
    assert "the training data itself" not in report
    (copy / "all.csv").rename(copy / "data" / "shipments.csv")
    command(copy, "example_project", "explore")
    assert {path.name for path in (copy / "pictures").iterdir()} == {"picture-1.png", "cell-7-1.png"}
    assert not [path for path in copy.rglob(".*") if path.name.startswith((".out", ".one", ".new", ".current"))]


def test_a_row_without_a_needed_value_gets_an_empty_prediction(copy: Path) -> None:
    command(copy, "example_project", "train")
    (copy / "in.csv").write_text("depot;service;weight;distance\nNorth;01;8;\nSouth;12;;400\n")
    done = command(copy, "example_project", "predict", "in.csv", "--output", "out.csv")
    first, second = (copy / "out.csv").read_text().splitlines()[1:]
    assert first == ",,"
    assert second.startswith(("yes,", "no,"))
    assert "1 of them empty" in done.stdout


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("depot;service;weight\nNorth;01;8\n", "no column 'distance'"),
        ("depot;service;weight;distance\nNorth;01;heavy;8\n", "row 0, column 'weight': 'heavy' is not a number"),
    ],
)
def test_rows_that_cannot_be_used_are_told_and_nothing_is_written(copy: Path, text: str, message: str) -> None:
    command(copy, "example_project", "train")
    (copy / "in.csv").write_text(text)
    done = command(copy, "example_project", "predict", "in.csv", "--output", "out.csv", code=2)
    assert message in done.stderr
    assert "Traceback" not in done.stderr
    assert not (copy / "out.csv").exists()


def test_what_is_missing_is_told(copy: Path) -> None:
    done = command(copy, "example_project", "predict", "data/shipments.csv", "--output", "out.csv", code=2)
    assert "run: python -m example_project train" in done.stderr
    done = command(copy, "example_project", "predict", "nothing.csv", "--output", "out.csv", code=2)
    assert "there is no file nothing.csv" in done.stderr
    done = command(copy, "example_project", "fly", code=2)
    assert "fly" in done.stderr
