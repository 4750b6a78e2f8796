from __future__ import annotations

import ast
import inspect
import io
import json
import tokenize

import pytest

from nb2prod.magics.logical_lines import LogicalLine, logical_line


def _cut(text: str) -> list[LogicalLine]:
    found, at = [], 0
    while at <= len(text):
        found.append(logical_line(text, at))
        at = found[-1].end + 1
    return found


@pytest.mark.parametrize("module", [ast, inspect, json, tokenize, pytest], ids=lambda module: module.__name__)
def test_cuts_where_the_tokenizer_cuts(module: object) -> None:
    source = inspect.getsource(module)  # type: ignore[arg-type] # pytest's ids are untyped
    ends, depth = set(), 0
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        depth += (
            (token.string in {"(", "[", "{"}) - (token.string in {")", "]", "}"}) if token.type == tokenize.OP else 0
        )
        if token.type == tokenize.NEWLINE or (token.type == tokenize.NL and not depth):
            ends.add(token.start[0])
    assert {source.count("\n", 0, line.end) + 1 for line in _cut(source.rstrip("\n"))} == ends


@pytest.mark.parametrize(
    ("text", "pieces"),
    [
        ("x = '''a\n%b\n'''\ny", ["x = '''a\n%b\n'''", "y"]),
        ("x = (1,\n % 2)\ny", ["x = (1,\n % 2)", "y"]),
        ("x = 'a\ny = 'b'", ["x = 'a", "y = 'b'"]),
        ("x = 'a\\\nb'\ny", ["x = 'a\\\nb'", "y"]),
        ("# don't\ny", ["# don't", "y"]),
        ("x)\ny", ["x)", "y"]),
        ("x = '''a\ny", ["x = '''a\ny"]),
        ("r'\\'\ny'\nz", ["r'\\'", "y'", "z"]),
        ("\n\n", ["", "", ""]),
    ],
)
def test_broken_text_is_cut_too(text: str, pieces: list[str]) -> None:
    assert [text[line.start : line.end] for line in _cut(text)] == pieces


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("x = 1", " 1"),
        ("x[a == b] = 1", " 1"),
        ("f(x=1)", None),
        ("x += 1", None),
        ("x == 1", None),
        ("x <= 1", None),
        ("x = y = 1", " y = 1"),
        ("'=' # =", None),
    ],
)
def test_where_the_assigned_value_starts(text: str, value: str | None) -> None:
    assign = logical_line(text, 0).assign
    assert (None if assign is None else text[assign:]) == value


def test_open_ended() -> None:
    assert logical_line("x?", 0).open_ended
    assert not logical_line("# x?", 0).open_ended
    assert not logical_line("'x?'", 0).open_ended


def test_an_unterminated_string_costs_no_more_than_a_long_one() -> None:
    text = "x = '''" + "a\\'b" * 200_000
    assert logical_line(text, 0).end == len(text)
