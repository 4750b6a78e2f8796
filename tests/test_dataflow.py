"""The whole notebook: which definitions each read sees, slices, readers, orders."""

from __future__ import annotations

import pytest

from nb2prod.dataflow import Dataflow, analyse
from nb2prod.notebook import Notebook
from nb2prod.program import parse


def flow(*cells: str, runs: tuple[int | None, ...] | None = None) -> Dataflow:
    """Cells with their execution counts, by default in order."""
    counts = runs or tuple(range(1, len(cells) + 1))
    text = "\n".join(f"# In [{' ' if n is None else n}]:\n{cell}" for cell, n in zip(cells, counts, strict=True))
    return analyse(parse(Notebook.from_prompts(text)))


def seen(found: Dataflow, statement: int, name: str) -> tuple[int, ...] | None:
    return next((use.definitions for use in found.uses[statement] if use.name == name), None)


@pytest.mark.parametrize(
    ("text", "name", "definitions"),
    [
        ("x = 1\nx", "x", (0,)),
        ("x = 1\nx = 2\nx", "x", (1,)),
        ("x", "x", ()),
        ("x = 1\nif c: x = 2\nx", "x", (0, 1)),
        ("x = 1\nif c: x = 2\nelse: x = 3\nx", "x", (1,)),
        ("x = 1\nfor x in xs: pass\nx", "x", (0, 1)),
        ("x = 1\ndel x\nx", "x", ()),
        ("x = 1\nif c: del x\nx", "x", (0,)),
        ("df = f()\ndf['a'] = 1\ndf", "df", (0, 1)),
        ("df = f()\ndf['a'] = 1\ndf = g(df)\ndf", "df", (2,)),
        ("a = []\nb = a\nb.append(1)\na", "a", (0, 2)),
        ("a = []\nb = a\nb = []\nb.append(1)\na", "a", (0,)),
        ("a = []\nd = {'k': a}\nd['k'].append(1)\na", "a", (0, 2)),
        ("a = []\nd = {}\nd['k'] = a\na.append(1)\nd", "d", (1, 2, 3)),
        ("a = []\nb = []\nfor x in [a, b]: x.append(1)\na", "a", (0, 2)),
        ("a = b = []\nb.append(1)\na", "a", (0, 1)),
        ("from m import *\nx", "x", (0,)),
        ("x = 1\nfrom m import *\nx", "x", (0, 1)),
        ("from m import *\nx = 1\nx", "x", (1,)),
        ("x = 1\nexec(t)\nx", "x", (0, 1)),
        ("class A:\n n = []\na = A()\na.n.append(1)\nA.n", "A", (0, 2)),
        ("import pandas as pd\nout.to_csv('f')\nd = pd.read_csv('f')", "file:f", (1,)),
        ("import pandas as pd\nout.to_csv('f')\nd = pd.read_csv('g')", "file:g", ()),
        ("import pandas as pd\nout.to_csv(p)\nd = pd.read_csv('g')", "file:g", (1,)),
        ("import pandas as pd\nout.to_csv('f')\nd = pd.read_csv(p)", "file:*", (1,)),
        ("import os\nplt.savefig('made/a.png')\nd = os.listdir('made')", "file:*", (1,)),
        ("import glob\nout.to_csv('made/a.csv')\nd = glob.glob('made/*.csv')", "file:*", (1,)),
        ("from pathlib import Path\nout.to_csv('made/a.csv')\nd = sorted(Path('made').iterdir())", "file:*", (1,)),
        ("import numpy as np\nnp.random.seed(0)\nnp.random.rand()\nnp.random.rand()", "rng:numpy", (1, 2)),
        ("import os\nos.chdir('d')\nopen('f')", "os:cwd", (1,)),
        ("import sys\nsys.path.append('d')\nimport mine", "sys:path", (1,)),
        ("import matplotlib.pyplot as plt\nfig, ax = plt.subplots()\nax.plot(x)\nplt.show()", "figure:pyplot", (1, 2)),
    ],
)  # fmt: skip
def test_definitions(text: str, name: str, definitions: tuple[int, ...]) -> None:
    found = flow(text)
    assert seen(found, len(found.order) - 1, name) == definitions


def test_a_function_reads_what_is_there_when_it_is_called() -> None:
    found = flow("def f(): return k", "k = 1", "f()", "k = 2", "g = f\ng()", "h(f)")
    assert seen(found, 0, "k") is None
    assert [seen(found, i, "k") for i in (2, 5, 6)] == [(1,), (3,), (3,)]
    assert next(u.through for u in found.uses[2] if u.name == "k") == "f"
    assert "k" in found.effects[2].reads


def test_functions_that_call_each_other() -> None:
    found = flow("def f(n): return g(n)\ndef g(n): return f(n - 1) if n else k\nk = 1\nf(3)")
    assert seen(found, 3, "k") == (2,)


def test_a_function_may_be_held_by_what_it_is_given_to() -> None:
    found = flow(
        "from sklearn.preprocessing import FunctionTransformer\ndef f(x): return x + k",  # 0, 1
        "k = 1\nt = FunctionTransformer(f)\nk = 2\nt.transform(1)",  # 2 to 5
    )
    assert seen(found, 5, "k") == (4,)


def test_a_model_looks_at_data_and_changes_models() -> None:
    found = flow(
        "from statsmodels.api import OLS\nfrom sklearn.pipeline import Pipeline\nfrom sklearn.svm import SVC",  # 0 to 2
        "X = df.dropna()\nols = OLS(X)\nols.fit()\nX[0] = 1",  # 3 to 6
        "m = SVC()\np = Pipeline([('m', m)])\np.fit(X)",  # 7 to 9
    )
    assert "X" not in found.effects[5].mutates
    assert "ols" in found.effects[6].mutates
    assert "m" in found.effects[9].mutates


def test_a_copy_of_a_frame_is_another() -> None:
    found = flow("df2 = df.copy()\ndf['a'] = 1\nd = {'k': l}\ne = d.copy()\ne['k'].append(1)")
    assert set(found.effects[1].mutates) == {"df"}
    assert set(found.effects[4].mutates) == {"d", "e", "l"}


def test_a_result_of_a_function_does_not_hold_it() -> None:
    found = flow("def f(x): return x + k\nk = 1\ns = df.x.apply(f)\nk = 2\ns.sum()")
    assert seen(found, 4, "k") is None


def test_using_an_instance_may_run_its_methods() -> None:
    found = flow("class A:\n def m(self): return k\na = A()\nk = 1\na.m()")
    assert seen(found, 3, "k") == (2,)


def test_a_global_written_by_a_function() -> None:
    found = flow("def f():\n global n\n n = 1", "f()", "n")
    assert seen(found, 2, "n") == (1,)
    assert "n" in found.effects[1].certain


def test_a_lambda_in_a_call_runs_now() -> None:
    found = flow("k = 1\ndf.apply(lambda r: r + k)\nk = 2")
    assert seen(found, 1, "k") == (0,)


def test_a_figure_ends_with_its_cell() -> None:
    found = flow("import matplotlib.pyplot as plt\nplt.plot(x)\nplt.title('a')", "plt.plot(y)")
    assert seen(found, 2, "figure:pyplot") == (1,)
    assert found.slice([3]) == {0, 3}


def test_recorded_order() -> None:
    found = flow("x = 1", "x = 2", "x", "never = x", runs=(2, 1, 3, None))
    assert seen(found, 2, "x") == (1,)
    recorded = found.in_order("recorded")
    assert recorded.order == (1, 0, 2)
    assert seen(recorded, 2, "x") == (0,)
    assert recorded.uses[3] == ()


def test_slice_keeps_what_the_value_depends_on() -> None:
    found = flow(
        "import numpy as np\nimport pandas as pd",  # 0, 1
        "np.random.seed(0)",  # 2
        "df = pd.read_csv('f')",  # 3
        "jitter = np.random.rand(3)",  # 4
        "other = df.shape",  # 5
        "df['a'] = 1",  # 6
        "part = df.sample(3)",  # 7
        "df['b'] = 2",  # 8
    )
    assert found.slice([7]) == {0, 1, 2, 3, 4, 6, 7}
    assert found.slice([5]) == {1, 3, 5}


def test_readers() -> None:
    found = flow("x = 1\ny = x\nx = 2\nz = x + y")
    assert [found.readers(i) for i in range(4)] == [{1}, {3}, {3}, frozenset()]


def test_broken_cells_stop_nothing() -> None:
    found = flow("x = 1", "y = = 2", "x")
    assert seen(found, 1, "x") == (0,)


def test_changes_through_an_alias_are_suspected_only() -> None:
    found = flow("a = df['x']\ndf['y'] = 1")
    assert set(found.effects[1].mutates) == {"a", "df"}
    assert found.effects[1].suspected == {"a"}
