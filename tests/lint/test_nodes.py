"""The nodes that rules look at: what calls stand for, and which names are bound otherwise."""

import ast

import pytest

from nb2prod.lint.nodes import Nodes
from nb2prod.notebook import Notebook
from nb2prod.program import parse


def _nodes(code: str) -> Nodes:
    return Nodes(parse(Notebook.from_prompts(f"# In [1]:\n{code}\n")))


@pytest.mark.parametrize(
    ("code", "path"),
    [
        ("import pandas as pd\npd.read_csv('a')", "pandas.read_csv"),
        ("import os.path\nos.path.join('a')", "os.path.join"),
        ("import os.path as p\np.join('a')", "os.path.join"),
        ("from sklearn import datasets\ndatasets.load_iris()", "sklearn.datasets.load_iris"),
        ("from glob import glob\nglob('*')", "glob.glob"),
        ("pd.read_csv('a')", "pandas.read_csv"),
        ("open('a')", "open"),
        ("def open(name): ...\nopen('a')", None),
        ("from os import open\nopen('a')", "os.open"),
        ("frame.head()", None),
        ("import time\nfor time in x: ...\ntime.time()", None),
    ],
)
def test_the_full_name_of_what_is_called(code: str, path: str | None) -> None:
    assert [call.path for call in _nodes(code).calls][-1] == path


def test_a_name_that_is_imported_twice_is_the_one_above() -> None:
    code = "import datetime\ndatetime.now()\nfrom datetime import datetime\ndatetime.now()"
    assert [call.path for call in _nodes(code).calls] == ["datetime.now", "datetime.datetime.now"]


def test_nodes_come_in_the_order_of_the_text() -> None:
    code = "f(a, g(b))\nif x:\n    h(c)\nelse:\n    [k(d) for d in m(e)]"
    assert [call.name for call in _nodes(code).calls] == ["f", "g", "h", "k", "m"]
    assert [node.id for _, node in _nodes("a = b + c").of(ast.Name)] == ["a", "b", "c"]


def test_imports() -> None:
    code = "import a.b, c as d\nfrom .e import f as g\nfrom h import *"
    found = [(each.name, each.path) for each in _nodes(code).imports]
    assert found == [("a", "a"), ("d", "c"), ("g", ".e.f"), ("*", "h.*")]


def test_parents() -> None:
    nodes = _nodes("x = sorted(set(y))")
    inner = nodes.calls[1]
    assert nodes.parents(inner.statement)[inner.node] is nodes.calls[0].node
