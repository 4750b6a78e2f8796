"""Cells as libcst statements: as many as ast has, edits in place, comments kept."""

from __future__ import annotations

import ast

import libcst as cst
import pytest

from nb2prod.refactor.cells import Edit, cell_code, comments_of, edited

CELLS = {
    "plain": "x = 1\ny = 2",
    "semicolons": "x = 1; y = 2;",
    "semicolons in a block": "if x: a = 1; b = 2\nelse:\n    c = 3; d = 4",
    "a comment alone": "# nothing",
    "empty": "",
    "comments around": "# above\nx = 1  # behind\n\n# below",
    "decorated": "@a\n@b(1)\ndef f(): pass\nclass A: x = 1; y = 2",
    "a text of several lines": "x = '''a\n  b'''\ny = 1",
    "a line continued": "x = 1 + \\\n  2\ny = (3,\n 4)",
    "tabs": "if x:\n\ty = 1\n\tz = 2",
    "form feed": "x = 1\n\x0c\ny = 2",
    "not ASCII": "größe = 'ä'; y = größe",
    "what libcst does not read": "x = 1\n\x0c  \ny = 2\nif x:\n\x0c    z = 3",
    "awaited": "x = await y\nasync with a as b: pass",
    "without a line feed at the end of a comment": "x = 1\n#",
}


@pytest.mark.parametrize("python", CELLS.values(), ids=CELLS.keys())
def test_statements_are_those_of_ast(python: str) -> None:
    found = cell_code(python).statements
    again, expected = _tree(cst.Module(list(found)).code), _tree(python)
    assert ast.dump(again) == ast.dump(expected)
    assert len(found) == len(expected.body)


def _tree(python: str) -> ast.Module:
    tree = compile(python, "<cell>", "exec", ast.PyCF_ONLY_AST | ast.PyCF_ALLOW_TOP_LEVEL_AWAIT)
    assert isinstance(tree, ast.Module)
    return tree


def test_comments_stay_with_their_statement() -> None:
    code = cell_code("# first\n\n# above x\nx = 1  # behind\n# above y\ny = 2; z = 3\n# below")
    above = [[line.comment.value for line in comments_of(s.leading_lines) if line.comment] for s in code.statements]
    assert above == [["# first", "# above x"], ["# above y"], []]
    assert [line.comment.value for line in comments_of(code.footer) if line.comment] == ["# below"]
    assert "# behind" in cst.Module([code.statements[0]]).code


EDITS = {
    "one": ("f('a.csv', 1)", ["'a.csv'"], "f(X, 1)"),
    "two in a line, not ASCII before": ("ä = f('é', g('b'))", ["'é'", "'b'"], "ä = f(X, g(X))"),
    "the outer one wins": ("f(a + b)", ["a + b", "a"], "f(X)"),
    "over lines": ("f(a +\n  b, c)", ["a +\n  b"], "f(X, c)"),
}


@pytest.mark.parametrize(("python", "texts", "expected"), EDITS.values(), ids=EDITS.keys())
def test_edits(python: str, texts: list[str], expected: str) -> None:
    nodes = [n for n in ast.walk(ast.parse(python)) if isinstance(n, ast.expr)]
    chosen = [n for n in nodes if ast.get_source_segment(python, n) in texts]
    assert edited(python, [Edit.of(node, "X") for node in chosen]) == expected


def test_what_stands_in_parentheses_is_wrapped_inside_of_them() -> None:
    node = ast.parse("(a +\n b)").body[0]
    assert isinstance(node, ast.Expr)
    value = node.value
    end = (value.end_lineno or 0, value.end_col_offset or 0)
    edits = [Edit(value.lineno, value.col_offset, value.lineno, value.col_offset, "print("), Edit(*end, *end, ")")]
    assert edited("(a +\n b)", edits) == "(print(a +\n b))"
