"""Comments stay when code is written anew."""

from __future__ import annotations

import libcst as cst
import pytest

from nb2prod.refactor.cells import CstStatement, cell_code
from nb2prod.refactor.comments import with_comments

CASES = {
    "nothing changed": (
        "for c in x:  # each\n    # first\n    a = 1  # behind\n    b = ('one',\n         2)  # two\n",
        "for c in x:\n    a = 1\n    b = ('one', 2)\n",
        "for c in x:\n    # each\n    # first\n    a = 1  # behind\n    b = ('one',\n         2)  # two\n",
    ),
    "a line changed": (
        "for c in x:\n    # why\n    a = f(c)  # how\n    b = 1  # same\n",
        "for c in x:\n    a = g(c)\n    b = 1\n",
        "for c in x:\n    # why\n    # how\n    a = g(c)\n    b = 1  # same\n",
    ),
    "a line is gone": (
        "for c in x:\n    # why\n    a = f(c)\n    b = 1\n",
        "for c in x:\n    b = 1\n",
        "for c in x:\n    # why\n    b = 1\n",
    ),
    "the last line is gone": (
        "for c in x:\n    b = 1\n    # why\n    a = f(c)\n",
        "for c in x:\n    b = 1\n",
        "# why\nfor c in x:\n    b = 1\n",
    ),
    "branches": (
        "if a:\n    b = 1\n# otherwise\nelse:\n    # c\n    c = 1\n    # end\n",
        "if a:\n    b = 2\nelse:\n    c = 1\n",
        "if a:\n    b = 2\nelse:\n    # otherwise\n    # c\n    c = 1\n",
    ),
    "within a call": ("a = f(1,  # one\n  2)\n", "a = g(1, 2)\n", "# one\na = g(1, 2)\n"),
}


@pytest.mark.parametrize(("original", "made", "expected"), CASES.values(), ids=CASES.keys())
def test_comments_follow(original: str, made: str, expected: str) -> None:
    (statement,) = cell_code(original).statements
    code = cst.Module(list(with_comments(_parsed(made), statement))).code
    for comment in ("# end",) if "# end" in original else ():
        assert comment in code
    assert [line for line in code.splitlines() if line.strip() != "# end"] == expected.splitlines()


def test_comments_above_the_statement_are_the_callers() -> None:
    (statement,) = cell_code("# above\na = f(1)  # behind").statements
    assert cst.Module(list(with_comments(_parsed("a = 2"), statement))).code == "# behind\na = 2\n"


def _parsed(code: str) -> tuple[CstStatement, ...]:
    return cell_code(code).statements
