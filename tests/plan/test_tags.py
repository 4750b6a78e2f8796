"""Tags on cells steer from inside the notebook."""

from __future__ import annotations

from nb2prod.dataflow import analyse
from nb2prod.notebook import Cell, Notebook
from nb2prod.plan.plan import plan
from nb2prod.program import parse
from nb2prod.refactor.build import conversion


def _modules(*cells: tuple[str, str]) -> dict[str, str]:
    """The emitted modules of cells given as tag and source."""
    made = tuple(
        Cell(index=number, kind="code", source=source, run=number + 1, tags=(tag,) if tag else ())
        for number, (tag, source) in enumerate(cells)
    )
    found = conversion(plan(analyse(parse(Notebook(cells=made))), None), "tagged")
    return {module.name: module.code for module in found.modules}


FIT = "rows = list(range(depth))\nmodel = Tree(depth)\nmodel.fit(rows)"


def test_parameters_become_settings() -> None:
    source = "depth = 4  # of the tree\ncolumns = ['a', 'b']\nnames: dict = {'a': 1}\nshown = 3\ndepth2 = depth * 2\n"
    modules = _modules(
        ("parameters", source),
        ("", "from trees import Tree"),
        ("", FIT + "\nprint(columns, depth2)"),
        ("", "print(shown, names)"),
    )
    settings = modules["settings.py"]
    assert "depth = 4  # of the tree\n" in settings
    assert 'columns = ["a", "b"]\n' in settings
    assert 'names: dict = {"a": 1}\n' in settings
    assert "shown = 3\n" in settings
    assert "depth2" not in settings
    assert "import columns, depth, names, shown\n" in modules["explore.py"]


def test_parameters_that_change_stay() -> None:
    modules = _modules(
        ("parameters", "columns = ['a']\ndepth = 1"),
        ("", "from trees import Tree\ncolumns.append('b')\ndepth += 1"),
        ("", FIT + "\nprint(columns)"),
    )
    assert "columns =" not in modules["settings.py"]
    assert "depth =" not in modules["settings.py"]


def test_lists_are_settings_only_where_they_are_tagged() -> None:
    modules = _modules(
        ("", "depth = 4\ncolumns = ['a', 'b']"),
        ("", f"from trees import Tree\n{FIT}\nprint(columns, model.score(rows))"),
    )
    assert "depth = 4" in modules["settings.py"]
    assert "columns" not in modules["settings.py"]


def test_a_cell_that_only_shows_can_be_made_to_train() -> None:
    shows = ("print(len(table))", f"from trees import Tree\ndepth = 3\ntable = [1]\n{FIT}")
    assert "len(table)" not in _modules(("", shows[1]), ("", shows[0]))["train.py"]
    assert "len(table)" in _modules(("", shows[1]), ("nb2prod-train", shows[0]))["train.py"]
