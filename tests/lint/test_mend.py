"""Fixes are made as long as they help."""

import ast
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from nb2prod.lint.choice import choose
from nb2prod.lint.diagnostic import Unread
from nb2prod.lint.fix import (
    Edit,
    Fix,
    InsertCell,
    MoveCell,
    Replace,
    line_above,
    line_below,
    new_import,
    removed,
    replaced,
)
from nb2prod.lint.mend import Mended, mend
from nb2prod.lint.rule import Context, Finding, Rule
from nb2prod.lint.run import check_bytes
from nb2prod.program import Statement
from tests.written import notebook

PATH = Path("a.ipynb")


def _mended(rules: list[Rule], *cells: str, unsafe: bool = False) -> Mended:
    done = mend(PATH, json.dumps(notebook(*cells), indent=1).encode(), rules, unsafe=unsafe)
    assert not isinstance(done, Unread)
    return done


def _sources(done: Mended) -> list[str]:
    return ["".join(cell["source"]) for cell in json.loads(done.now.content)["cells"]]


def _on_names(name: str, edit: Callable[[Context, Statement], Edit], *, safe: bool = True) -> Rule:
    """A rule that reports and mends each expression statement that is this name."""

    def check(context: Context) -> Iterator[Finding]:
        for each in context.program.statements:
            match each.node:
                case ast.Expr(value=ast.Name(id=found)) if found == name:
                    fix = Fix((edit(context, each),), safe, f"Mend {name}")
                    yield Finding(each.where, f"{context.name(each.cell)} has {name}", fix=fix)

    return Rule(code="HS999", name=f"has-{name}", severity="warning", check=check)


def _to(text: str) -> Callable[[Context, Statement], Edit]:
    return lambda context, each: replaced(context.program, each.cell, each.node, text)


def test_a_fix_is_made_and_its_finding_is_gone() -> None:
    done = _mended([_on_names("a", _to("b"))], "x = 1\na", "a")
    assert _sources(done) == ["x = 1\nb", "b"]
    assert done.now.found == ()
    assert [finding.where.cell for _, finding in done.mended] == [0, 1]


def test_mending_again_changes_nothing() -> None:
    rules = [_on_names("a", _to("b"))]
    once = _mended(rules, "a")
    again = mend(PATH, once.now.content, rules, unsafe=True)
    assert isinstance(again, Mended)
    assert (again.now.content, again.mended) == (once.now.content, ())


def test_unsafe_fixes_are_made_on_request() -> None:
    rules = [_on_names("a", _to("b"), safe=False)]
    assert _sources(_mended(rules, "a")) == ["a"]
    assert _sources(_mended(rules, "a", unsafe=True)) == ["b"]


def test_fixes_that_conflict_are_made_one_after_the_other() -> None:
    rules = [_on_names("a", _to("b")), _on_names("a", _to("c"))]
    assert _sources(_mended(rules, "a; a")) == ["b; b"]
    adjacent = [_on_names("a", _to("b\nb")), _on_names("b", _to("c"))]
    assert _sources(_mended(adjacent, "a")) == ["c\nc"]


def test_what_one_fix_brings_another_mends() -> None:
    assert _sources(_mended([_on_names("a", _to("b")), _on_names("b", _to("c"))], "a")) == ["c"]


def test_a_fix_that_does_not_help_is_not_made_and_others_are() -> None:
    useless = _on_names("a", lambda context, each: line_above(context.program, each, "import os"))
    done = _mended([useless, _on_names("b", _to("c"))], "a\nx = 1\nb")
    assert _sources(done) == ["a\nx = 1\nc"]
    assert [(rule.name, finding.fix) for rule, finding in done.now.found] == [("has-a", None)]


def test_a_fix_that_breaks_a_cell_is_not_made() -> None:
    assert _sources(_mended([_on_names("a", _to("(")), _on_names("b", _to("c"))], "a", "b")) == ["a", "c"]


def test_a_fix_that_brings_an_error_is_not_made() -> None:
    rules = [_on_names("a", _to("gone")), *choose(["HS"])]
    assert _sources(_mended(rules, "a = 1\na")) == ["a = 1\na"]


def test_an_edit_of_what_is_not_there_is_not_made() -> None:
    assert _sources(_mended([_on_names("a", lambda *_: Replace(7, 1, 1, 1, 1, "b"))], "a")) == ["a"]


def test_a_fix_that_always_brings_new_work_ends() -> None:
    longer = Rule(code="HS999", name="longer", severity="warning", check=_longer)
    assert _mended([longer], "a").now.found


def _longer(context: Context) -> Iterator[Finding]:
    (only,) = context.program.statements
    text = ast.unparse(only.node)
    fix = Fix((replaced(context.program, 0, only.node, f"{text}a"),), safe=True, message="")
    yield Finding(only.where, f"cell 0 has {text}", fix=fix)


def test_edits_in_lines_of_ipython_are_left_out() -> None:
    rule = _on_names("a", _to("b"))
    done = _mended([rule], "%time a")
    assert _sources(done) == ["%time a"]
    assert [finding.fix for _, finding in done.now.found] == [None]
    checked = check_bytes(PATH, json.dumps(notebook("%time a", "a")).encode(), [rule])
    assert not isinstance(checked, Unread)
    assert [finding.fix is None for _, finding in checked.found] == [True, False]


def test_cells_are_inserted_and_moved_with_their_counts() -> None:
    rules = [_on_names("a", lambda *_: MoveCell(1, 0)), _on_names("b", lambda *_: InsertCell(1, "b = 2"))]
    rules[0] = Rule(code="HS999", name="late", severity="warning", check=_late)
    done = _mended(rules[:1], "print(late)", "late = 1")
    assert _sources(done) == ["late = 1", "print(late)"]
    assert [cell["execution_count"] for cell in json.loads(done.now.content)["cells"]] == [2, 1]


def _late(context: Context) -> Iterator[Finding]:
    for each in context.program.statements:
        if isinstance(each.node, ast.Assign) and each.cell > 0:
            yield Finding(each.where, "late", fix=Fix((MoveCell(each.cell, 0),), safe=True, message="Move it up"))


def test_what_cannot_be_read_is_told() -> None:
    assert isinstance(mend(PATH, b"{", choose(), unsafe=False), Unread)


def _edit(make: Callable[[Context, Statement], Edit], *cells: str, at: str = "a") -> list[str]:
    """The cells after an edit at the statement that is this name."""
    from nb2prod.lint.patch import patched  # noqa: PLC0415 - beside what uses it
    from nb2prod.notebook import from_bytes  # noqa: PLC0415 - as above
    from nb2prod.program import parse  # noqa: PLC0415 - as above

    text = json.dumps(notebook(*cells), indent=1)
    context = Context(parse(from_bytes(PATH, text.encode())))
    (statement,) = (each for each in context.program.statements if context.program.source(each).startswith(at))
    after: dict[str, Any] = json.loads(patched(text, [make(context, statement)]))
    return ["".join(cell["source"]) for cell in after["cells"]]


def test_lines_above() -> None:
    def above(context: Context, each: Statement) -> Edit:
        return line_above(context.program, each, "import z")

    assert _edit(above, "x = 1\na") == ["x = 1\nimport z\na"]
    assert _edit(above, "x = 1; a") == ["import z\nx = 1; a"]
    assert _edit(above, "x = '''\n'''; a") == ["import z\nx = '''\n'''; a"]
    assert _edit(above, "%%time\na") == ["%%time\nimport z\na"]
    assert _edit(above, "%%timeit a\n1", at="while") == ["import z", "%%timeit a\n1"]


def test_lines_below() -> None:
    def below(context: Context, each: Statement) -> Edit:
        return line_below(context.program, each, "import z")

    assert _edit(below, "a") == ["a\nimport z"]
    assert _edit(below, "a  # why\nx = 1") == ["a  # why\nimport z\nx = 1"]
    assert _edit(below, "a; x = '''\n'''; y = 1\n") == ["a; x = '''\n'''; y = 1\nimport z\n"]


def test_a_new_import_goes_where_the_imports_are() -> None:
    def add(context: Context, each: Statement) -> Edit:
        return new_import(context.program, each, "import z")

    assert _edit(add, "x = 1", "a") == ["x = 1", "import z\na"]
    assert _edit(add, "import x\nfrom y import (\n  b,\n)\nc = 1", "import d", "a") == [
        "import x\nfrom y import (\n  b,\n)\nimport z\nc = 1",
        "import d",
        "a",
    ]
    assert _edit(add, "import x; a") == ["import z\nimport x; a"]
    assert _edit(add, "a", "import x") == ["import z\na", "import x"]


def test_statements_are_removed_with_what_belongs_to_them() -> None:
    def gone(context: Context, each: Statement) -> Edit:
        return removed(context.program, each)

    assert _edit(gone, "x\na  # why\ny") == ["x\ny"]
    assert _edit(gone, "x\na") == ["x"]
    assert _edit(gone, "a\n") == [""]
    assert _edit(gone, "a") == [""]
    assert _edit(gone, "a;") == [""]
    assert _edit(gone, "x; a; y") == ["x; y"]
    assert _edit(gone, "x; a  # why") == ["x  # why"]
    assert _edit(gone, "a; y") == ["y"]
