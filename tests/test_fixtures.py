"""The fixtures are what they say: valid notebooks, reproducible data, stories that run (or fail where they should)."""

from __future__ import annotations

import importlib.util
import json
import sys
from typing import TYPE_CHECKING

import nbformat
import pytest

from nb2prod.notebook import read
from nb2prod.program import BrokenCell, parse
from tests import stories
from tests.stories import FIXTURES, needs_science

if TYPE_CHECKING:
    from pathlib import Path
    from types import ModuleType

STORIES = (
    "churn",
    "exploration",
    "functions_classes",
    "hidden_state",
    "house_prices",
    "kaggle_pair",
    "model_loop",
    "spam",
)
LARGEST = 60_000  # bytes of a notebook


def _module(name: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(name, FIXTURES / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module  # dataclasses look their module up
    spec.loader.exec_module(module)
    return module


def test_every_story_is_listed() -> None:
    assert _module("make_notebooks").stories() == STORIES
    assert tuple(sorted(path.stem for path in FIXTURES.glob("*/*.ipynb"))) == STORIES


def test_the_data_can_be_made_again(tmp_path: Path) -> None:
    make_data = _module("make_data")
    make_data.main(tmp_path)
    made = {path.relative_to(tmp_path).as_posix(): path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}
    kept = {
        path.relative_to(FIXTURES).as_posix(): path.read_bytes()
        for path in FIXTURES.glob("*/*")
        if path.suffix in {".csv", ".json"}
    }
    assert made.keys() == kept.keys()
    assert [name for name in made if made[name] != kept[name]] == []


@pytest.mark.parametrize("story", STORIES)
def test_notebook_is_valid(story: str) -> None:
    content = stories.notebook(story).read_text(encoding="utf-8")
    nbformat.validate(json.loads(content))
    assert len(content.encode()) <= LARGEST
    assert "image/png" not in content


@pytest.mark.parametrize("story", STORIES)
def test_notebook_follows_its_text(story: str) -> None:
    told = [cell for cell in _module("make_notebooks").cells(story) if cell.kind != "deleted"]
    made = read(stories.notebook(story)).cells
    assert [(cell.kind, cell.source, cell.runs[-1] if cell.runs else None) for cell in told] == [
        (cell.kind, cell.source, cell.run) for cell in made
    ]


@pytest.mark.parametrize("story", [story for story in STORIES if story != "hidden_state"])
def test_no_output_is_an_error(story: str) -> None:
    cells = json.loads(stories.notebook(story).read_text(encoding="utf-8"))["cells"]
    outputs = [output for cell in cells for output in cell.get("outputs", [])]
    assert outputs
    assert [output for output in outputs if output["output_type"] == "error"] == []


@needs_science
@pytest.mark.parametrize("story", [story for story in STORIES if story != "hidden_state"])
def test_story_runs_top_to_bottom(story: str, tmp_path: Path) -> None:
    assert stories.run(story, tmp_path).failure is None


@needs_science
@pytest.mark.parametrize(
    ("story", "written"),
    [
        ("kaggle_pair", {"submission.csv"}),
        ("model_loop", {"model.pkl", "scaler.pkl"}),
        ("exploration", {"sales_clean.csv"}),
    ],
)
def test_story_writes_its_files(story: str, written: set[str], tmp_path: Path) -> None:
    copy = stories.run(story, tmp_path).folder
    before = {path.name for path in (FIXTURES / story).iterdir()}
    assert {path.name for path in copy.iterdir()} - before == written


@needs_science
@pytest.mark.parametrize(
    ("without", "cell", "error"),
    [
        ((), 7, "NameError: name 'np' is not defined"),
        ((7,), 13, "NameError: name 'features' is not defined"),
        ((7, 13), 15, "NameError: name 'X' is not defined"),
    ],
    ids=["a lost import", "a name read before it is written", "and so on"],
)
def test_hidden_state_fails(without: tuple[int, ...], cell: int, error: str, tmp_path: Path) -> None:
    assert stories.run("hidden_state", tmp_path, without=without).failure == [cell, error]


def test_hidden_state_has_a_broken_cell() -> None:
    broken = [cell for cell in parse(read(stories.notebook("hidden_state"))).cells if isinstance(cell, BrokenCell)]
    assert [(cell.cell.index, cell.where.line) for cell in broken] == [(16, 1)]


def test_hidden_state_contradicts_itself() -> None:
    """The counts skip a deleted cell, one cell was run twice, and one output was printed by an older source."""
    cells = json.loads(stories.notebook("hidden_state").read_text(encoding="utf-8"))["cells"]
    counts = [cell["execution_count"] for cell in cells if cell.get("execution_count")]
    assert counts != sorted(counts)
    assert not {1, 6} & set(counts)
    edited = cells[8]
    assert "".join(edited["source"]).startswith("threshold = 60")
    assert edited["outputs"][0]["text"] == ["warm means above 75\n"]
