"""What the rules about habits mend: the notebook afterwards, and that nothing is left to mend."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from nb2prod.lint.choice import choose
from nb2prod.lint.diagnostic import Unread
from nb2prod.lint.mend import Mended, mend
from nb2prod.lint.rule import Example, Rule, discover, examples, page
from nb2prod.lint.run import check_bytes
from tests.written import notebook

CASES = Path(__file__).parents[1] / "cases"
BAD = [
    pytest.param(rule, example, id=f"{rule.name}{n}")
    for rule, module in discover()
    for n, example in enumerate(
        each
        for text in (page(module), (CASES / f"{rule.name}.md").read_text(encoding="utf-8"))
        for each in examples(text)
        if each.kind == "Bad"
    )
]


def _mended(path: Path, rules: tuple[Rule, ...], *cells: str) -> Mended:
    done = mend(path, json.dumps(notebook(*cells), indent=1).encode(), rules, unsafe=True)
    assert not isinstance(done, Unread)
    return done


@pytest.mark.parametrize(
    ("rule", "before", "after"),
    [
        pytest.param(
            "unseeded-randomness",
            ["import numpy as np\nimport os", "x = np.random.rand(3)"],
            ["import numpy as np\nimport os\nnp.random.seed(0)", "x = np.random.rand(3)"],
            id="numpy",
        ),
        pytest.param(
            "unseeded-randomness",
            ["from sklearn.utils import shuffle\nx = shuffle(x)"],
            ["from sklearn.utils import shuffle\nimport numpy as np\nnp.random.seed(0)\nx = shuffle(x)"],
            id="numpy that is not imported",
        ),
        pytest.param(
            "unseeded-randomness",
            ["import random as r", "x = r.random()"],
            ["import random as r\nr.seed(0)", "x = r.random()"],
            id="random under another name",
        ),
        pytest.param(
            "unseeded-randomness",
            ["from random import random", "x = random()"],
            ["from random import random", "x = random()"],
            id="the module's name is the function's: left",
        ),
        pytest.param(
            "unseeded-randomness",
            ["import numpy as np\nrng = np.random.default_rng()"],
            ["import numpy as np\nrng = np.random.default_rng(0)"],
            id="a generator of one's own",
        ),
        pytest.param(
            "unordered-iteration",
            ["import os\nrows = []\nfor name in os.listdir(folder):\n    rows.append(name)"],
            ["import os\nrows = []\nfor name in sorted(os.listdir(folder)):\n    rows.append(name)"],
            id="a listing",
        ),
        pytest.param(
            "star-import",
            ["from math import *", "print(sqrt(pi))"],
            ["from math import pi, sqrt", "print(sqrt(pi))"],
            id="a star",
        ),
        pytest.param("star-import", ["from math import *", "a(pi)"], ["from math import *", "a(pi)"], id="who knows"),
        pytest.param(
            "removed-api",
            ["import numpy as np, pandas as pd\nx = np.float(3)\nfor a in (pd.DataFrame()\n  .iteritems()): pass"],
            ["import numpy as np, pandas as pd\nx = float(3)\nfor a in (pd.DataFrame()\n  .items()): pass"],
            id="other names",
        ),
        pytest.param(
            "unused-import",
            ["import os, sys\nfrom math import pi, tau as t\nimport json\nprint(sys.path, pi)"],
            ["import sys\nfrom math import pi\nprint(sys.path, pi)"],
            id="unused imports",
        ),
        pytest.param(
            "debugging-leftovers",
            ["breakpoint()\nif x:\n    breakpoint()"],
            ["if x:\n    pass"],
            id="breakpoints",
        ),
        pytest.param(
            "eval-of-data",
            ["import csv\nx = eval(input())"],
            ["import csv\nimport ast\nx = ast.literal_eval(input())"],
            id="eval",
        ),
        pytest.param(
            "eval-of-data",
            ["x = eval(input())._repr_html_()", "y = eval(input())(3)", "z = eval(input(), {})"],
            ["x = eval(input())._repr_html_()", "y = eval(input())(3)", "z = eval(input(), {})"],
            id="objects, functions and names: left",
        ),
        pytest.param(
            "eval-of-data",
            ["x = eval(input()).keys()"],
            ["import ast\nx = ast.literal_eval(input()).keys()"],
            id="a value's method",
        ),
        pytest.param(
            "secret-in-source",
            ["import json", 'connect(api_key="9fQ2mZ7xKp4Lw8Rt1Vb6Yc3N")'],
            ["import json\nimport os", 'connect(api_key=os.environ["API_KEY"])'],
            id="a secret",
        ),
        pytest.param(
            "missing-file",
            ["x = open('./rain.csv')\ny = open('days.csv')"],
            ["x = open('./rain.csv')\ny = open(\"data/days.csv\")"],
            id="a file elsewhere",
        ),
        pytest.param(
            "absolute-path",
            ["x = open(r'C:\\Users\\ann\\data\\days.csv')\ny = open('/home/ann/x/rain.csv')\nz = '/home/ann/data/'"],
            ['x = open("data/days.csv")\ny = open("rain.csv")\nz = "data/"'],
            id="absolute paths",
        ),
    ],
)
def test_the_notebook_is_mended(rule: str, before: list[str], after: list[str], tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    for name in ("data/days.csv", "rain.csv"):
        (tmp_path / name).touch()
    done = _mended(tmp_path / "a.ipynb", choose([rule]), *before)
    assert ["".join(cell["source"]) for cell in json.loads(done.now.content)["cells"]] == after


@pytest.mark.parametrize(("rule", "example"), BAD)
def test_every_fix_of_an_example_mends_it(rule: Rule, example: Example, tmp_path: Path) -> None:
    for name in example.beside or ():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    cells = [each.source for each in example.notebook.cells]
    path = tmp_path / "a.ipynb"
    before = check_bytes(path, json.dumps(notebook(*cells), indent=1).encode(), [rule])
    assert not isinstance(before, Unread)
    fixable = [found for _, found in before.found if found.fix is not None]
    done = _mended(path, (rule,), *cells)
    assert len(done.mended) >= bool(fixable)
    left = [found.message for _, found in done.now.found]
    assert [found.message for found in fixable if found.message in left] == []
