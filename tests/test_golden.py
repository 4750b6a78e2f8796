"""What is emitted for the fixtures' stories, kept in tests/golden/ and reviewed as diffs.

A tree holds what depends on the notebook: the package's modules that are not the skeleton's own, HANDOFF.md,
nb2prod.json without what changes from run to run, and what `convert` printed.
"""

from __future__ import annotations

import difflib
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import nb2prod
from nb2prod.cli import run

TESTS = Path(__file__).parent
FIXTURES = TESTS.parent / "fixtures"
GOLDEN = TESTS / "golden"
SKELETON = Path(nb2prod.__file__).parent / "skeleton" / "src" / "example_project"
STORIES = sorted(path.stem for path in FIXTURES.glob("*/*.ipynb"))
# Of nb2prod.json: what depends on where the project is made, and on what is installed there.
VOLATILE = re.compile(
    r'"(sha256|nb2prod|source|\w*version|specifier|\w*evidence|confidence)": (?:"(?:[^"\\]|\\.)*"|null)'
)
# The digests of the skeleton's own files, which change with them.
DIGESTS = re.compile(r'"files": \{[^}]*\}')

Tree = dict[str, str]


@pytest.mark.parametrize("story", STORIES)
def test_emitted_tree(
    story: str, tmp_path: Path, request: pytest.FixtureRequest, capsys: pytest.CaptureFixture[str]
) -> None:
    emitted = _emit(story, tmp_path, capsys)
    if request.config.getoption("--update-golden"):
        _write(GOLDEN / story, emitted)
    difference = _difference(_read(GOLDEN / story), emitted, story)
    assert not difference, f"{difference}\nIf this is meant: pytest tests/test_golden.py --update-golden"


@pytest.mark.parametrize("story", ["churn", "functions_classes"])
def test_the_order_of_sets_does_not_show(story: str, tmp_path: Path) -> None:
    trees: list[Tree] = []
    for seed in ("1", "2"):
        project = tmp_path / seed / story
        command = ["convert", str(FIXTURES / story / f"{story}.ipynb"), "--output", str(project), "--no-lock"]
        environment = {**os.environ, "PYTHONHASHSEED": seed}
        subprocess.run(  # noqa: S603 - our own interpreter and our own fixtures
            [sys.executable, "-m", "nb2prod", *command], env=environment, check=True, capture_output=True
        )
        trees.append(_read(project))
    assert _difference(trees[0], trees[1], story) == ""


def test_no_tree_is_left_over() -> None:
    assert sorted(path.name for path in GOLDEN.iterdir()) == STORIES


def test_a_difference_is_shown(tmp_path: Path) -> None:
    _write(tmp_path, {"same.py": "a = 1\n", "changed.py": "b = 1\n", "gone.py": "c = 1\n"})
    difference = _difference(_read(tmp_path), {"same.py": "a = 1\n", "changed.py": "b = 2\n", "new.py": "d = 1\n"}, "x")
    assert [line for line in difference.splitlines() if line[:1] in "+-"] == [
        "--- tests/golden/x/changed.py",
        "+++ emitted/changed.py",
        "-b = 1",
        "+b = 2",
        "--- tests/golden/x/gone.py",
        "+++ emitted/gone.py",
        "-c = 1",
        "--- tests/golden/x/new.py",
        "+++ emitted/new.py",
        "+d = 1",
    ]


def _emit(story: str, folder: Path, capsys: pytest.CaptureFixture[str]) -> Tree:
    """Convert the story and give what depends on it, by path."""
    project = folder / story
    code = run(["convert", str(FIXTURES / story / f"{story}.ipynb"), "--output", str(project), "--no-lock"])
    printed = capsys.readouterr().out.replace(str(project), story)
    assert code == 0, printed
    tree = {
        path.relative_to(project).as_posix(): path.read_text(encoding="utf-8")
        for path in [*sorted(project.glob("src/*/**/*.py")), project / "HANDOFF.md"]
        if not _is_skeleton(path, project / "src" / story)
    }
    record = DIGESTS.sub('"files": "…"', (project / "nb2prod.json").read_text(encoding="utf-8"))
    tree["nb2prod.json"] = VOLATILE.sub(r'"\1": "…"', record)
    tree["printed.txt"] = printed
    return tree


def _is_skeleton(path: Path, package: Path) -> bool:
    """Whether a module is the skeleton's own, the package's name apart."""
    own = SKELETON / path.relative_to(package) if path.is_relative_to(package) else path
    if own == path or not own.is_file():
        return False
    return own.read_text(encoding="utf-8").replace("example_project", package.name) == path.read_text(encoding="utf-8")


def _difference(kept: Tree, emitted: Tree, story: str) -> str:
    lines: list[str] = []
    for name in sorted({*kept, *emitted}):
        before, after = (tree.get(name, "").splitlines(keepends=True) for tree in (kept, emitted))
        lines += difflib.unified_diff(before, after, f"tests/golden/{story}/{name}", f"emitted/{name}")
    return "".join(lines)


def _read(folder: Path) -> Tree:
    return {
        path.relative_to(folder).as_posix(): path.read_text(encoding="utf-8")
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path.suffix != ".pyc"
    }


def _write(folder: Path, tree: Tree) -> None:
    shutil.rmtree(folder, ignore_errors=True)
    for name, text in tree.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8", newline="")
