"""Formatted modules: what ruff would report is told once, marks are gone and say where each statement is."""

from __future__ import annotations

from nb2prod.conversion import Module, Place
from nb2prod.refactor.formatting import formatted

CODE = '''"""Do."""

import os
import sys


def f():
    # @4@
    x = [1,
     2]
    # why
    # @5@
    @print
    def g(): return (
        sys)
    # @6@
    y = """a
# 7
"""
    if x:
        # @8@
        z = f"nothing"
'''


def test_places_and_fixes() -> None:
    (module,), places = formatted([Module("a.py", CODE)], "package")
    assert "@4@" not in module.code
    assert "import os" not in module.code
    assert 'z = "nothing"' in module.code
    assert module.code.startswith("# ruff: noqa: F841 - the notebook keeps values that it does not read\n")
    lines = module.code.split("\n")
    found = {index: [lines[p.line - 1 : p.last_line] for p in where] for index, where in places.items()}
    assert found[4] == [["    x = [1, 2]"]]
    assert found[5][0][0].strip() == "@print"
    assert found[5][0][-1].strip() == "return sys"
    assert found[6] == [['    y = """a', "# 7", '"""']]
    assert found[8] == [['        z = "nothing"']]


def test_a_statement_in_two_modules_has_two_places() -> None:
    modules, places = formatted([Module("a.py", "# @0@\nx = 1\n"), Module("b.py", "\n# @0@\nx = 1\n")], "package")
    assert [module.name for module in modules] == ["a.py", "b.py"]
    assert [(p.module, p.line) for p in places[0]] == [("a.py", 1), ("b.py", 1)]
    assert isinstance(places[0][0], Place)


def test_imports_are_sorted_except_where_the_last_star_matters() -> None:
    modules, _ = formatted(
        [
            Module("a.py", "import sys\nimport os\nfrom package import b\nimport numpy\nprint(sys, os, b, numpy)\n"),
            Module("b.py", "from math import *\nfrom cmath import *\nprint(sqrt(4))\n"),
        ],
        "package",
    )
    assert modules[0].code.split("\n")[:6] == [
        "import os",
        "import sys",
        "",
        "import numpy",
        "",
        "from package import b",
    ]
    assert modules[1].code.split("\n")[1:3] == ["from math import *", "from cmath import *"]
    assert "noqa: F403, F405" in modules[1].code


def test_whatever_the_notebook_does_is_told_but_undefined_names_are_not_hidden() -> None:
    (module,), _ = formatted([Module("a.py", "x = {1: 2, 1: 3}\ny = x is 1\nz = nowhere\n")], "package")
    assert module.code.startswith("# ruff: noqa: F601, F632 - it is the notebook's way\n")
    assert "F821" not in module.code
