"""Names that emitted code reads and nothing binds."""

from __future__ import annotations

import pytest

from nb2prod.conversion import Module
from nb2prod.refactor.undefined import first_undefined

MODULES = {
    "import os\ndef f(x):\n    return os, x, len(x), g\ndef g(): pass": None,
    "def f():\n    return x": "x",
    "x = [y for y in range(3)]\nz = y": "y",
    "def f():\n    def g():\n        return x\n    x = 1\n    return g": None,
    "class A:\n    b = 1\n    def m(self):\n        return b": "b",
    "def f():\n    global n\n    n = 1\ndef g():\n    return n": None,
    "def f(x: Any) -> None: ...": "Any",
    "from math import *\nx = sqrt(3)": None,
    "try:\n    import a\nexcept ImportError as e:\n    a = e": None,
}


@pytest.mark.parametrize(("code", "name"), MODULES.items(), ids=MODULES.keys())
def test_first_undefined(code: str, name: str | None) -> None:
    assert first_undefined([Module("ok.py", "x = 1"), Module("a.py", code)]) == (("a.py", name) if name else None)
