from __future__ import annotations

import ast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nb2prod.notebook import Cell, Notebook
from nb2prod.problems import Location
from nb2prod.program import BrokenCell, ParsedCell, Program, location, parse


def _program(*sources: str) -> Program:
    return parse(Notebook(cells=tuple(Cell(index=i, kind="code", source=text) for i, text in enumerate(sources))))


def _broken(source: str) -> BrokenCell:
    program = _program(source, "x = 1")
    broken = program.cell(0)
    assert isinstance(broken, BrokenCell)
    assert [statement.cell for statement in program.statements] == [1]
    return broken


def test_statements_are_counted_through_the_notebook() -> None:
    program = _program("x = 1\ny = 2", "print 'x'", "z = 3; w = 4")
    assert [(s.index, s.cell, s.where.line, s.where.column, s.last_line) for s in program.statements] == [
        (0, 0, 1, 1, 1),
        (1, 0, 2, 1, 2),
        (2, 2, 1, 1, 1),
        (3, 2, 1, 8, 1),
    ]
    assert [type(cell) for cell in program.cells] == [ParsedCell, BrokenCell, ParsedCell]


def test_markdown_cells_count_in_places() -> None:
    cells = (Cell(index=0, kind="markdown", source="#"), Cell(index=1, kind="code", source="x"))
    program = parse(Notebook(cells=cells))
    assert program.statements[0].where == Location(1, 1, 1)
    assert program.cell(1) is program.cells[0]
    with pytest.raises(KeyError):
        program.cell(0)


@pytest.mark.parametrize(
    ("source", "texts"),
    [
        ("x = (1,\n     2)  # two\ny", ["x = (1,\n     2)", "y"]),
        ("é = 'ü'; y = 'é' ;", ["é = 'ü'", "y = 'é'"]),
        ("@cache\n@other(1)\ndef f():\n    return 1\n\nx", ["@cache\n@other(1)\ndef f():\n    return 1", "x"]),
        ("@ cache\nclass A: pass", ["@ cache\nclass A: pass"]),
        ("@(\n  cache\n)\ndef f(): pass", ["@(\n  cache\n)\ndef f(): pass"]),
        ("s = '''é\nü'''; t = 1", ["s = '''é\nü'''", "t = 1"]),
        ("x = 1\r\ny = 2\rz = 3", ["x = 1", "y = 2", "z = 3"]),
        ("s = 'a\u2028b\x0bc\x1cd\x85'\ny", ["s = 'a\u2028b\x0bc\x1cd\x85'", "y"]),
        ("x\n\x0cy = 1\n\x0c\nz", ["x", "y = 1", "z"]),
        ("%cd data\nx = !ls", ["get_ipython().run_line_magic('cd', 'data')", "x = get_ipython().getoutput('ls')"]),
        ("await f()", ["await f()"]),
        ("if x:\n    y\nelse:\n    z", ["if x:\n    y\nelse:\n    z"]),
    ],
)
def test_exact_text(source: str, texts: list[str]) -> None:
    program = _program(source)
    assert [program.source(statement) for statement in program.statements] == texts


@given(
    st.lists(
        st.sampled_from(
            ["x = 'é📈'", "f(a,\n  'ü')", "@d\ndef g():\n  '''é\n'''", "y; z = 'ß'", "# c", "", "'''\n#'''"]
        )
    )
)
def test_text_of_a_statement_is_that_statement(lines: list[str]) -> None:
    program = _program("\n".join(lines))
    for statement in program.statements:
        again = ast.parse(program.source(statement))
        assert ast.dump(again) == ast.dump(ast.Module([statement.node], []))


def test_columns_count_characters() -> None:
    program = _program("é = f('📈', y)")
    cell = program.cell(0)
    assert isinstance(cell, ParsedCell)
    y = next(node for node in ast.walk(program.statements[0].node) if isinstance(node, ast.Name) and node.id == "y")
    assert y.col_offset == 15
    assert location(y, 0, cell.lines) == Location(0, 1, 12)


def test_comments_above() -> None:
    program = _program(
        "# away\n\n  # one\n# two\n@d\ndef f(): pass\n# three\nx = '''\n# no'''\ny = 1\n# last", "# top\nz"
    )
    comments = [program.comments_above(statement) for statement in program.statements]
    assert comments == [("  # one", "# two"), ("# three",), (), ("# top",)]


@pytest.mark.parametrize(
    ("source", "line", "column", "message"),
    [
        ("x = 1\nprint 'x'", 2, 1, "Missing parentheses"),
        ("é = é é", 1, 7, "invalid syntax"),
        ("x = (\n", 1, 5, "never closed"),
        ("if x:\n", 1, 6, "expected an indented block"),
        ("x = 1\n  y = 2", 2, 1, "unexpected indent"),
        ("x = '\0'", 1, 1, "null byte"),
        ("x = '\ud83d'", 1, 1, "surrogate"),
        ("x = " + "(" * 1000, 1, 1, "nested|parenthes"),
        ("x = " + "-" * 100_000 + "1", 1, 1, "nested"),
        ("x = 1\ny = " + "+".join(["a"] * 200), 2, 1, "nested more than 150 levels"),
        ("if a: pass\n" + "elif b: pass\n" * 200, 1, 1, "nested more than 150 levels"),
        ("%time " * 5000 + "x", 1, 1, "nested too deeply"),
        ("\ufeffx = 1", 1, 1, "U\\+FEFF"),
    ],
)
def test_a_broken_cell_stops_nothing_else(source: str, line: int, column: int, message: str) -> None:
    broken = _broken(source)
    assert (broken.where.cell, broken.where.line) == (0, line)
    assert broken.where.column >= 1
    assert column == 1 or abs(broken.where.column - column) <= 1  # Python versions point at either side
    with pytest.raises(AssertionError, match=message):
        raise AssertionError(broken.error)


@given(st.text(alphabet="x=1é\n\r\t\x0c\0'\"#()\\%!?: \u2028\ud800", max_size=30))
def test_any_text_is_parsed_or_broken(source: str) -> None:
    program = _program(source)
    for statement in program.statements:
        program.source(statement)
        program.comments_above(statement)


def test_a_name_of_the_notebook_hides_an_automagic() -> None:
    assert _program("import time", "time").statements[1].node.__class__ is ast.Expr
    program = _program("history = fit()", "history", "pwd")
    assert [program.source(s) for s in program.statements[1:]] == ["history", "get_ipython().run_line_magic('pwd', '')"]


def test_warnings_about_the_notebooks_code_are_not_ours() -> None:
    assert _program(r"s = '\d'", "x is 1").statements
