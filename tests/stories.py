"""Run a fixture's code cells one after the other in one namespace, as `restart and run all` does."""

from __future__ import annotations

import importlib.util
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from nb2prod.notebook import read
from nb2prod.program import BrokenCell, parse

FIXTURES = Path(__file__).parent.parent / "fixtures"

needs_science = pytest.mark.skipif(
    any(importlib.util.find_spec(name) is None for name in ("matplotlib", "pandas", "sklearn")),
    reason="THE STORIES WERE NOT RUN: they need pandas, scikit-learn and matplotlib (pip install --group dev)",
)

# Arguments: a JSON file of [cell, code] pairs, a JSON file for the answer, an expression to evaluate at the end.
_RUNNER = """
import json, sys, types
cells = json.load(open(sys.argv[1], encoding="utf-8"))
shell = types.SimpleNamespace(run_line_magic=lambda *a: None, run_cell_magic=lambda *a: None, system=lambda *a: None)
namespace = {"__name__": "__main__", "get_ipython": lambda: shell, "display": print}
answer = {"failure": None, "value": None}
for index, code in cells:
    try:
        exec(compile(code, f"<cell {index}>", "exec"), namespace)
    except Exception as error:
        answer["failure"] = [index, f"{type(error).__name__}: {error}"]
        break
else:
    answer["value"] = eval(sys.argv[3], namespace)
json.dump(answer, open(sys.argv[2], "w", encoding="utf-8"))
"""


class Ran(NamedTuple):
    """The copy it ran in, the first failure as [cell, error], and the value asked for."""

    folder: Path
    failure: list[Any] | None
    value: Any


def notebook(story: str) -> Path:
    """The story's notebook."""
    return FIXTURES / story / f"{story}.ipynb"


def run(story: str, folder: Path, *, without: tuple[int, ...] = (), value: str = "None") -> Ran:
    """Run the story in document order in a copy below the folder, some cells left out."""
    copy = shutil.copytree(FIXTURES / story, folder / story)
    cells = [
        [cell.cell.index, cell.cell.source if isinstance(cell, BrokenCell) else cell.python]
        for cell in parse(read(notebook(story))).cells
        if cell.cell.index not in without
    ]
    listed, answer = folder / "cells.json", folder / "answer.json"
    listed.write_text(json.dumps(cells), encoding="utf-8")
    python([_RUNNER, str(listed), str(answer), value], copy)
    return Ran(copy, **json.loads(answer.read_text(encoding="utf-8")))


def python(arguments: list[str], folder: Path, *options: str) -> str:
    """Run `python -c CODE ARGUMENTS` (or with other options) in a folder and give what it printed; it must not fail."""
    done = subprocess.run(  # noqa: S603 - our own interpreter, on our own fixtures and what is made of them
        [sys.executable, *(options or ("-c",)), *arguments],
        cwd=folder,
        env={**os.environ, "MPLBACKEND": "Agg", "PYTHONPATH": "src", "PYTHONIOENCODING": "utf-8"},
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout
