"""Learning statements stand together where nothing between writes what they read."""

from __future__ import annotations

import pytest

from nb2prod.refactor.pieces import FunctionCode, Piece, function_text, written

FIRST = 'learned.a = df["a"].mean()'
USE = 'df["a"] = df["a"].fillna(learned.a)'
CASES = {
    "another column": (USE, 'learned.b = df["b"].mode()[0]', True),
    "the column that is written": (USE, 'learned.b = df["a"].mean()', False),
    "the whole table": (USE, "learned.b = df.mean()", False),
    "a function": (USE, 'learned.b = f(df["b"])', False),
    "a table bound anew": ("df = df[1:]", 'learned.b = df["b"].mean()', False),
    "a call between": ("f(df)", 'learned.b = df["b"].mean()', False),
    "a function's value": ('df["a"] = f(df)', 'learned.b = df["b"].mean()', False),
    "in place": ('df["a"] = df["a"].fillna(1, inplace=True)', 'learned.b = df["b"].mean()', False),
    "a comment": (USE, '# why\nlearned.b = df["b"].mean()', False),
    "a column by a name": ("df[c] = 1", 'learned.b = df["b"].mean()', False),
    "another table's column": (USE, 'learned.b = other["a"].mean()', True),
}


@pytest.mark.parametrize(("between", "second", "moved"), CASES.values(), ids=CASES.keys())
def test_joined(between: str, second: str, moved: bool) -> None:  # noqa: FBT001 - a table of cases
    last = Piece(None, written(f"pass\n{second}").nodes[1:], fit=True)
    pieces = (written(FIRST, fit=True), written(between), last, written(between))
    text = function_text(FunctionCode(name="f", doc="Do it.", pieces=pieces))
    assert text.count("if fit:") == (1 if moved else 2)
    assert text.index("learned.b") > text.index("learned.a")
    assert text.count(between) == 2


def test_three_of_them() -> None:
    lines = [(f'learned.{c} = df["{c}"].mean()', f'df["{c}"] = df["{c}"].fillna(learned.{c})') for c in "abc"]
    pieces = [piece for learn, use in lines for piece in (written(learn, fit=True), written(use))]
    text = function_text(FunctionCode(name="f", doc="Do it.", pieces=tuple(pieces)))
    assert [line.strip() for line in text.splitlines()[2:]] == [
        "if fit:",
        *(learn for learn, _ in lines),
        *(use for _, use in lines),
    ]
