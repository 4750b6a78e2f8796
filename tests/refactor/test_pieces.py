"""Functions made of pieces: marks, blocks for training only, and names that keep their meaning."""

from __future__ import annotations

import re

import pytest

from nb2prod.refactor.cells import cell_code
from nb2prod.refactor.pieces import MARK, FunctionCode, Piece, definitions_text, function_text, written
from nb2prod.refactor.scope import bound_names, early_names


def _function(*pieces: Piece, **more: str) -> str:
    text = function_text(FunctionCode(name="f", doc="Do it.", pieces=pieces, **more))  # type: ignore[arg-type] # only texts
    return "\n".join(line for line in text.split("\n") if not MARK.match(line))


def _piece(index: int, code: str, *, fit: bool | None = None) -> Piece:
    return Piece(index, cell_code(code).statements, fit)


def test_statements_are_marked() -> None:
    text = function_text(FunctionCode(name="f", doc="Do it.", pieces=(_piece(3, "# why\nx = 1"), _piece(12, "y = 2"))))
    assert text == 'def f():\n    """Do it."""\n    # why\n    # @3@\n    x = 1\n    # @12@\n    y = 2\n'
    assert definitions_text([_piece(0, "x = 1")]) == "# @0@\nx = 1\n"


def test_blocks_for_training() -> None:
    text = _function(
        _piece(0, "a = 1"), _piece(1, "b = 2", fit=True), _piece(2, "\nc = 3", fit=True), _piece(3, "d = 4", fit=False)
    )
    assert text.endswith("    a = 1\n    if fit:\n        b = 2\n        \n        c = 3\n    else:\n        d = 4\n")


def test_signature_result_and_nothing_inside() -> None:
    assert _function(parameters="a: int, *, b=1", annotation="None", result="a") == (
        'def f(a: int, *, b=1) -> None:\n    """Do it."""\n    return a\n'
    )


@pytest.mark.parametrize(
    ("doc", "first"),
    [('say "it"', '"""say "it" """'), ('a """ b', '"""a \'\'\' b"""'), ("a\\b", 'r"""a\\b"""'), ("a\\", '"""a\\\\"""')],
)
def test_docstrings_are_texts_again(doc: str, first: str) -> None:
    text = function_text(FunctionCode(name="f", doc=doc, pieces=()))
    assert text.split("\n")[1].strip() == first
    compile(text, "f", "exec")


SCOPES = {
    "global of a name that is bound": ("n = 0\ndef g():\n    global n\n    n = 1", r"nonlocal n"),
    "global of a name that is not": ("def g():\n    global n\n    n = 1", r"global n"),
    "global of a name bound in a loop": ("for n in []:\n    def g():\n        global n", r"nonlocal n"),
    "global outside of functions": ("n = 0\nglobal m\nm = 1", r"pass"),
    "in a method": ("n = 0\nclass A:\n    def g(self):\n        global n\n        n = 1", r"nonlocal n"),
    "two at once": ("n = 0\ndef g():\n    global n, m\n    n = m = 1", r"nonlocal n; global m"),
    "a builtin read first": ("x = max([1])\nmax = 3", r"from builtins import max\n"),
    "a builtin read by a function": ("def g():\n    return max([1])\ng()\nmax = 3", r"from builtins import max\n"),
    "a builtin bound from itself": ("max = max([1])", r"from builtins import max\n"),
}


@pytest.mark.parametrize(("code", "expected"), SCOPES.values(), ids=SCOPES.keys())
def test_names_keep_their_meaning(code: str, expected: str) -> None:
    text = _function(*(_piece(i, "") for i in range(0)), Piece(0, cell_code(code).statements))
    assert re.search(expected, text)
    compile(text, "f", "exec")


@pytest.mark.parametrize(
    "code", ["max = 3\nx = max", "def max():\n    return max\nmax()", "import math as max\nmax", "x = max([1])"]
)
def test_builtins_that_are_not_read_before_are_left_alone(code: str) -> None:
    assert "builtins" not in _function(Piece(0, cell_code(code).statements))


def test_a_parameter_is_bound_from_the_start() -> None:
    assert early_names("x = max([1])\nmax = 3", ["max"]) == ()
    assert "builtins" not in _function(Piece(0, cell_code("x = max([1])\nmax = 3").statements), parameters="max: int")


def test_a_star_name_is_taken_from_the_module() -> None:
    made = FunctionCode(name="f", doc="d", pieces=(written("e = e + 1"),), starred=frozenset({"e"}))
    assert 'e = globals()["e"]\n    e = e + 1' in function_text(made)


BOUND = {
    "a = b": {"a"}, "import a.b, c as d": {"a", "d"}, "def f(x):\n    y = 1": {"f"},
    "for a, (b, *c) in d: e = 1": {"a", "b", "c", "e"},
    "with a as b: pass": {"b"}, "[(y := x) for x in z]": {"y"}, "try:\n    pass\nexcept E as e:\n    f = 1": {"e", "f"},
    "class A:\n    x = 1": {"A"}, "del a": {"a"}, "f = lambda x: (y := x)": {"f"}, "a.b = 1; c[d] = 2; e += 1": {"e"},
    "match a:\n    case [b, *c] | {'d': b, **c}:\n        pass": {"b", "c"},
}  # fmt: skip


@pytest.mark.parametrize(("code", "expected"), BOUND.items(), ids=BOUND.keys())
def test_names_bound_in_a_function(code: str, expected: set[str]) -> None:
    assert bound_names(code) == expected
    function = "def f():\n    " + code.replace("\n", "\n    ")
    space: dict[str, object] = {}
    exec(function, space)  # noqa: S102 - a function of our own, not called
    f = space["f"]
    assert set(f.__code__.co_varnames + f.__code__.co_cellvars) == expected  # type: ignore[attr-defined] # it is a function
