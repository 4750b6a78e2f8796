"""What leaves the functions for module level, and what has to stay."""

from __future__ import annotations

import pytest

from nb2prod.dataflow import analyse
from nb2prod.notebook import Notebook
from nb2prod.plan import shapes
from nb2prod.plan.complete import complete
from nb2prod.plan.hoist import hoist, import_lines
from nb2prod.plan.roles import Role, roles
from nb2prod.plan.scopes import names_of
from nb2prod.program import parse

DEFINITIONS = {
    "reads an import": ("import math\ndef f(x):\n    return math.sqrt(x)", {"f"}),
    "reads a variable": ("rows = [1]\ndef f():\n    return rows", set()),
    "reads a constant": ("LIMIT = 3\ny = LIMIT\ndef f():\n    return LIMIT", {"f"}),
    "reads a constant that is bound twice": ("LIMIT = 3\nLIMIT = 4\ny = LIMIT\ndef f():\n    return LIMIT", set()),
    "calls one that stays": ("rows = [1]\ndef f():\n    return rows\ndef g():\n    return f()", set()),
    "calls itself and another": ("def f(n):\n    return n and f(n - 1)\ndef g():\n    return f(1)", {"f", "g"}),
    "defined twice": ("def f():\n    return 1\ndef f():\n    return 2", set()),
    "changed from outside": ("def f():\n    return 1\nf.count = 0", set()),
    "declares global": ("n = 0\ndef f():\n    global n\n    n += 1", set()),
    "sets what another declares global": (
        "n = 0\ny = n\ndef f():\n    return n\ndef g():\n    global n\n    n = 3",
        set(),
    ),
    "acts when it is defined": ("import random\ndef f(x=random.random()):\n    return x", set()),
    "a class and a lambda": ("class A:\n    x = 1\nf = lambda a: A()", {"A", "f"}),
    "reads a builtin that is bound": ("def f(x):\n    return len(x)\nlen = 3", set()),
    "reads a name of a star import": ("from math import *\ndef f(x):\n    return sqrt(x)", {"f"}),
    "in a branch": ("if True:\n    def f():\n        return 1", set()),
}


@pytest.mark.parametrize(("text", "expected"), DEFINITIONS.values(), ids=DEFINITIONS.keys())
def test_definitions(text: str, expected: set[str]) -> None:
    flow = analyse(parse(Notebook.from_prompts(f"# In [1]:\n{text}\nlast = 1")))
    hoisted = hoist(flow, roles(flow))
    names = {name for i in hoisted.definitions for name in flow.effects[i].binds}
    assert names == expected


IMPORTS = {
    "once": ("import numpy as np\nx = np", ["import numpy as np"]),
    "twice the same": ("import numpy as np\nimport numpy as np", ["import numpy as np"]),
    "two of one package": ("import os\nimport os.path", ["import os", "import os.path"]),
    "one name for two": ("from math import pi\nfrom cmath import pi", []),
    "bound again": ("from math import pi\npi = 3", []),
    "a builtin read before": ("x = pow(2, 3)\nfrom math import pow", []),
    "of a bar that only notebooks can draw": (
        "from tqdm.notebook import tqdm\nfrom tqdm import tqdm_notebook as bar",
        ["from tqdm.auto import tqdm", "from tqdm.auto import tqdm as bar"],
    ),
    "star": ("from math import *", ["from math import *"]),
}


@pytest.mark.parametrize(("text", "expected"), IMPORTS.values(), ids=IMPORTS.keys())
def test_imports(text: str, expected: list[str]) -> None:
    flow = analyse(parse(Notebook.from_prompts(f"# In [1]:\n{text}")))
    assert [line.code for line in hoist(flow, roles(flow)).imports] == expected


CONSTANTS = {
    "a number that is bound once": ("n = 3\ny = [n]", {"n"}),
    "negative, and a tuple": ("n = (-3, 'a')\ny = [n]", {"n"}),
    "a list may change": ("n = [3]\ny = n", set()),
    "bound twice": ("n = 3\nn = 4\ny = n", set()),
    "deleted": ("n = 3\ny = [n]\ndel n", set()),
    "a builtin read before": ("y = max([1])\nmax = 3\nz = [max]", set()),
    "global in a function": ("n = 3\ny = [n]\ndef f():\n    global n\n    n = 4", set()),
}


@pytest.mark.parametrize(("text", "expected"), CONSTANTS.values(), ids=CONSTANTS.keys())
def test_constants(text: str, expected: set[str]) -> None:
    flow = analyse(parse(Notebook.from_prompts(f"# In [1]:\n{text}")))
    found = {shapes.constant_target(flow.program.statements[i].node) for i in hoist(flow, roles(flow)).settings}
    assert found - {"last"} == expected


def test_each_imported_name_is_a_line() -> None:
    flow = analyse(parse(Notebook.from_prompts("# In [1]:\nimport a.b, c as d\nfrom .e import f as g, h")))
    lines = [line for s in flow.program.statements for line in import_lines(s.node)]
    assert [(line.name, line.code) for line in lines] == [
        ("a", "import a.b"), ("d", "import c as d"), ("g", "from .e import f as g"), ("h", "from .e import h"),
    ]  # fmt: skip


NAMES = {
    "x = y": ({"y"}, {"x"}),
    "x += y": ({"x", "y"}, {"x"}),
    "if a:\n    x += 1\ndef f():\n    z += 1".partition("\ndef")[0]: ({"a", "x"}, {"x"}),
    "def f(a, b=c):\n    d = a\n    return d + e": ({"c", "e"}, {"f"}),
    "[i for i in rows]": ({"rows"}, set()),
    "[(y := i) for i in rows]": ({"rows"}, {"y"}),
    "def f():\n    global n\n    n = m": ({"m"}, {"f", "n"}),
    "class A(B):\n    c = d\n    def m(self):\n        return A, e": ({"A", "B", "d", "e"}, {"A"}),
    "import a.b as c, d.e": (set(), {"c", "d"}),
    "for i in range(n): pass": ({"n", "range"}, {"i"}),
    "try:\n    pass\nexcept E as error:\n    pass": ({"E"}, {"error"}),
}


@pytest.mark.parametrize(("code", "expected"), NAMES.items(), ids=NAMES.keys())
def test_names_of_a_statement(code: str, expected: tuple[set[str], set[str]]) -> None:
    (statement,) = parse(Notebook.from_prompts(f"# In [1]:\n{code}")).statements
    found = names_of(statement.node)
    assert (set(found.reads), set(found.binds)) == expected


def test_a_choice_is_made_complete_or_smaller() -> None:
    """The function reads a name without being called: what binds it comes along; where nothing does, it goes."""
    text = "rows = [1]\ndef f():\n    return rows\ndef g():\n    return nowhere\nx = [f, g]\ny = [g]\nz = x"
    flow = analyse(parse(Notebook.from_prompts(f"# In [1]:\n{text}")))
    made = complete(flow, frozenset({1}), range(6), ())
    assert (set(made.statements), dict(made.missing)) == ({0, 1}, {})
    made = complete(flow, frozenset({1, 2, 3, 4, 5}), range(6), ())
    assert made.missing.keys() >= {2, 4}
    assert made.missing[2] == "nowhere"
    assert not made.statements & made.missing.keys()
    assert isinstance(roles(flow)[0], Role)
