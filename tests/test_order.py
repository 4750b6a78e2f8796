"""The recorded order: followed where it is asked for, and named where it would help."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import nbformat
import pytest

from nb2prod.convert import convert
from nb2prod.notebook import Notebook
from nb2prod.options import Options
from nb2prod.order import as_run, differs, never_run
from nb2prod.problems import NotebookError
from nb2prod.program import parse

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

TEXT = "# In [3]:\nb = a + 1\nc = b\n# In [2]:\na = 1\n# In [ ]:\nd = 9\n# In [ ]:\nbroken(\n# In [5]:\na = 7\n"
CELLS = [
    (4, "model.fit(rows)\nprint(model.mean, rows)"),
    (1, "class Mean:\n    def fit(self, rows):\n        self.mean = sum(rows) / len(rows)"),
    (2, "rows = [1, 2, 6]\nmodel = Mean()"),
    (None, "rows = rows[:1]"),
    (3, "rows = [row * 2 for row in rows]"),
]


def test_cells_come_as_they_were_run() -> None:
    program = parse(Notebook.from_prompts(TEXT))
    ran = as_run(program)
    assert [(s.index, s.cell, ran.source(s)) for s in ran.statements] == [
        (0, 1, "a = 1"),
        (1, 0, "b = a + 1"),
        (2, 0, "c = b"),
        (3, 4, "a = 7"),
    ]
    assert differs(program)
    assert [(where.cell, last) for where, last in never_run(program)] == [(2, 1), (3, 1)]


def test_cells_run_as_they_stand_do_not_differ() -> None:
    assert not differs(parse(Notebook.from_prompts("# In [1]:\na = 1\n# In [7]:\nb = a\n")))
    assert not differs(parse(Notebook.from_prompts("# In [ ]:\na = 1\n")))


def test_the_recorded_order_is_named_and_followed(tmp_path: Path) -> None:
    path = _notebook(tmp_path, CELLS)
    refused = convert(path, tmp_path / "document", lock=False, force=False, options=Options()).conversion.train.refusal
    assert refused is not None
    assert "--order recorded" in refused.way_out
    made = convert(path, tmp_path / "recorded", lock=False, force=False, options=Options(order="recorded")).conversion
    assert made.train.status == "ok"
    train = next(module.code for module in made.modules if module.name == "train.py")
    steps = ["rows = [1, 2, 6]", "rows = [row * 2 for row in rows]", "model.fit(rows)"]
    assert sorted(map(train.index, steps)) == list(map(train.index, steps))
    assert "rows[:1]" not in train
    places = sorted((each.where, each.role) for each in made.statements)
    assert len(places) == len(set(places)) == 7
    assert [each.reason for each in made.statements if each.where.cell == 3] == ["its cell was never run"]
    assert '"order": "recorded"' in (tmp_path / "recorded" / "nb2prod.json").read_text(encoding="utf-8")


def test_a_lost_import_is_named(tmp_path: Path) -> None:
    cells = [(1, "rows = np.array([1, 2])\nopen('a.txt', 'w').write(str(rows))")]
    made = convert(_notebook(tmp_path, cells), tmp_path / "made", lock=False, force=False, options=Options())
    refusal = made.conversion.train.refusal
    assert refusal is not None
    assert refusal.way_out == "Add `import numpy as np` to the first cell, then convert again"


def test_without_counts_there_is_no_recorded_order(tmp_path: Path) -> None:
    path = _notebook(tmp_path, [(None, "a = 1")])
    with pytest.raises(NotebookError, match="no execution counts"):
        convert(path, tmp_path / "made", lock=False, force=False, options=Options(order="recorded"))


def _notebook(folder: Path, cells: Sequence[tuple[int | None, str]]) -> Path:
    notebook: Any = nbformat.v4.new_notebook()  # type: ignore[no-untyped-call] # nbformat has no types
    for run, code in cells:
        cell: Any = nbformat.v4.new_code_cell(code, execution_count=run)  # type: ignore[no-untyped-call] # as above
        notebook.cells.append(cell)
    nbformat.write(notebook, folder / "disorder.ipynb")  # type: ignore[no-untyped-call] # as above
    return folder / "disorder.ipynb"
