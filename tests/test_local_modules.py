"""Modules of the author's own come along from wherever in the repository they lie, and the project runs with them."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from nb2prod.cli import run as nb2prod

if TYPE_CHECKING:
    from pathlib import Path

ABOVE = "import sys\nsys.path.append('..')"
WAYS = {
    "put on the path": (ABOVE, "from src.sums import double"),
    "not named at all": ("x = 1", "from src.sums import double"),
    "as a module": (ABOVE, "import src.sums\ndouble = src.sums.double"),
}


def repository(folder: Path, *cells: str, package: str = "src", marked: bool = True) -> Path:
    """A notebook in a folder of its own, and beside that folder a package."""
    sources = [*cells, "result = double(21)\nwith open('out.txt', 'w') as file:\n    file.write(str(result))"]
    content = {
        "cells": [
            {"cell_type": "code", "id": f"c{i}", "metadata": {}, "execution_count": i, "outputs": [], "source": each}
            for i, each in enumerate(sources, 1)
        ],
        "metadata": {
            "language_info": {"name": "python", "version": f"{sys.version_info.major}.{sys.version_info.minor}"}
        },
        "nbformat": 4,
        "nbformat_minor": 5,
    }
    if marked:
        (folder / ".git").mkdir(parents=True)
    (folder / "notebooks").mkdir(parents=True)
    (folder / package / "deep").mkdir(parents=True)
    (folder / package / "sums.py").write_text(
        f"from {package}.deep.two import TWO\n\ndef double(x):\n    return TWO * x\n"
    )
    (folder / package / "deep" / "two.py").write_text("TWO = 2\n")
    notebook = folder / "notebooks" / "work.ipynb"
    notebook.write_text(json.dumps(content), encoding="utf-8")
    return notebook


@pytest.mark.parametrize("marked", [True, False], ids=["installed", "in place"])
@pytest.mark.parametrize("way", list(WAYS))
def test_a_package_named_as_the_projects_own_folder_comes_along(tmp_path: Path, way: str, *, marked: bool) -> None:
    notebook = repository(tmp_path / "repository", *WAYS[way])
    project = tmp_path / "project"
    assert nb2prod(["convert", str(notebook), "-o", str(project), "--no-lock"]) == 0
    assert (project / "src" / "work" / "src" / "deep" / "two.py").is_file()
    assert (project / "src" / "work" / "src" / "deep" / "__init__.py").is_file()  # so that it can be installed
    elsewhere = project if marked else tmp_path
    environment = {**os.environ, "PYTHONPATH": str(project / "src"), "PYTHONDONTWRITEBYTECODE": "1"}
    done = subprocess.run(
        [sys.executable, "-m", "work", "train"],
        cwd=elsewhere,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert [path.read_text() for path in elsewhere.rglob("out.txt")] == ["42"]


def test_what_lies_outside_of_the_repository_does_not_come_along(tmp_path: Path) -> None:
    notebook = repository(tmp_path / "repository", *WAYS["put on the path"], marked=False)
    assert nb2prod(["convert", str(notebook), "-o", str(tmp_path / "project"), "--no-lock"]) == 0
    assert not (tmp_path / "project" / "src" / "work" / "src").exists()


def test_a_known_package_is_not_looked_for_above(tmp_path: Path) -> None:
    notebook = repository(tmp_path / "repository", "x = 1", "from numpy.sums import double", package="numpy")
    assert nb2prod(["convert", str(notebook), "-o", str(tmp_path / "project"), "--no-lock"]) == 0
    assert not (tmp_path / "project" / "src" / "work" / "numpy").exists()


def test_too_much_code_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    notebook = repository(tmp_path / "repository", *WAYS["put on the path"])
    for number in range(60):
        (tmp_path / "repository" / "src" / f"m{number}.py").write_text("")
    assert nb2prod(["convert", str(notebook), "-o", str(tmp_path / "project"), "--no-lock"]) == 0
    printed = capsys.readouterr()
    assert "src does not come along" in printed.out + printed.err
