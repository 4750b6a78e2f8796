"""Values that depend on literals only, and those that a look at a notebook must not compute."""

from __future__ import annotations

import ast

import pytest

from nb2prod.lint.folding import UnknownValueError, fold
from nb2prod.lint.rule import Context
from nb2prod.notebook import Notebook
from nb2prod.program import parse


def _folded(text: str, before: str = "") -> object:
    context = Context(parse(Notebook.from_prompts(f"# In [1]:\n{before}\n# In [2]:\n{text}\n")))
    last = context.program.statements[-1]
    assert isinstance(last.node, ast.Expr)
    return fold(context, last, last.node.value)


@pytest.mark.parametrize(
    "text",
    [
        "1 + 2 * 3 - 4 / 5", "7 // 2 % 2", "2 ** 10", "-3", "not 3", "1 < 2", "'a' in 'abc'", "3 if 1 else 4",
        "[1, (2, 'a')][1]", "'abc'[::-1]", "{'a': 1}['a']", "f'{3:>5}|{1.5:.2f}'", "'%s of %d' % ('a', 3)",
        "'{} {}'.format(1, 2)", "', '.join(['a', 'b'])", "len('abc')", "round(2.567, 1)", "sum([1, 2])",
        "list(range(3))", "sorted([2, 1])", "max(1, 2)", "str(1) + 'a'", "'a b'.split()", "'a'.replace('a', 'b')",
        "'ab' * 3", "dict(a=1)", "'Mean'.upper()", "'a'.center(5, '*')",
    ],
)  # fmt: skip
def test_it_is_what_python_says(text: str) -> None:
    assert _folded(text) == eval(text)  # noqa: S307 - the texts above


def test_names_are_followed() -> None:
    assert _folded("b + a", "a = 2\nb = a * 3") == 8
    assert _folded("len(names)", "names = ['a']") == 1


@pytest.mark.parametrize(
    ("text", "before"),
    [
        ("a", "a = input()"),
        ("a", "a = 1\nif open('a'):\n    a = 2"),
        ("a", "a = [1]\na.append(2)"),
        ("a", "a = 1\nfrom math import *"),
        ("len(a)", "a = [1]\nlen = sum"),
        ("a", "for a in [1]:\n    pass"),
        ("lambda: 1", ""),
        ("{1, 2}", ""),
        ("1 / 0", ""),
        ("[1][3]", ""),
        ("'a' + 1", ""),
        ("dict(**{'a': 1})", ""),
        ("(1).bit_length()", ""),
    ],
)
def test_what_is_not_known(text: str, before: str) -> None:
    with pytest.raises(UnknownValueError):
        _folded(text, before)


@pytest.mark.parametrize(
    ("text", "before"),
    [
        ("2 ** 10 ** 10", ""),
        ("'a' * 10 ** 9", ""),
        ("10 ** 9 * [1]", ""),
        ("'%1000000000d' % 1", ""),
        ("'%*d' % (1000000000, 1)", ""),
        ("f'{1:1000000000}'", ""),
        ("'{:1000000000}'.format(1)", ""),
        ("'{:{}}'.format(1, 1000000000)", ""),
        ("round(1, -1000000000)", ""),
        ("range(10 ** 9)", ""),
        ("'a'.center(1000000000)", ""),
        ("a.replace('x', a)", "a = 'x' * 9000"),
        ("b.join(a)", "a = 'x' * 9000\nb = 'y' * 9000"),
        ("a" + "20", "a0 = 10 ** 60\n" + "\n".join(f"a{i + 1} = a{i} * a{i}" for i in range(20))),
        ("a" + "60", "a0 = 1\n" + "\n".join(f"a{i + 1} = a{i} + 1" for i in range(60))),
        ("-" * 80 + "1", ""),
    ],
)
def test_what_would_take_long_is_not_computed(text: str, before: str) -> None:
    if text.startswith("-"):
        assert _folded(text, before) == 1
    else:
        with pytest.raises(UnknownValueError):
            _folded(text, before)
