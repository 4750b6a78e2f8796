from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from nb2prod.notebook import Notebook
from nb2prod.program import parse
from nb2prod.requirements import imports

if TYPE_CHECKING:
    from nb2prod.requirements.imports import Import


def found(*cells: str) -> tuple[Import, ...]:
    return imports.find(parse(Notebook.from_prompts("".join(f"# In [1]:\n{cell}\n" for cell in cells))))


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        pytest.param("import a.b as c, d", [("a.b", ()), ("d", ())], id="plain"),
        pytest.param("from a.b import c, d as e", [("a.b", ("c", "d"))], id="from"),
        pytest.param("from a import *", [("a", ("*",))], id="star"),
        pytest.param("from .a import b", [(".a", ("b",))], id="relative"),
        pytest.param("def f():\n    import a", [("a", ())], id="in a function"),
        pytest.param("if x:\n    import a\nelse:\n    import b", [("a", ()), ("b", ())], id="in branches"),
        pytest.param("class A:\n    import a", [("a", ())], id="in a class"),
        pytest.param(
            "import importlib\nm = importlib.import_module('a.b')", [("importlib", ()), ("a.b", ())], id="loader"
        ),
        pytest.param("m = __import__('a')", [("a", ())], id="dunder"),
        pytest.param("m = __import__(name)", [], id="not literal"),
        pytest.param("f('import a')", [], id="text is not an import"),
        pytest.param("# import a", [], id="comment"),
        pytest.param("%time x\nimport a", [("a", ())], id="beside a magic"),
        pytest.param("%%time\nimport a", [("a", ())], id="in a timed cell"),
        pytest.param("%%bash\nimport a", [], id="in a shell cell"),
    ],
)
def test_every_form_is_found(code: str, expected: list[tuple[str, tuple[str, ...]]]) -> None:
    assert [(each.module, each.names) for each in found(code)] == expected


def test_places_are_cell_line_and_column() -> None:
    first, second = found("x = 1", "if x:\n    import a\n    import b")
    assert (first.where.cell, first.where.line, first.where.column) == (1, 2, 5)
    assert second.where.line == 3


def test_a_cell_that_does_not_parse_keeps_its_imports() -> None:
    each = found("import a, b.c as d  # why\n  from e import f, g\ndef (:\nprint('x')")
    assert [(one.module, one.names, one.parsed) for one in each] == [
        ("a", (), False),
        ("b.c", (), False),
        ("e", ("f", "g"), False),
    ]
    assert (each[2].where.line, each[2].where.column) == (2, 3)


@pytest.mark.parametrize("caught", ["ImportError", "ModuleNotFoundError", "(OSError, ImportError)", "Exception", ""])
def test_an_import_that_the_code_goes_on_without_is_optional(caught: str) -> None:
    (each,) = found(f"try:\n    import a\nexcept {caught}:\n    a = None")
    assert each.optional
    assert each.fallback_of == ()


def test_what_stands_in_for_another_knows_for_which() -> None:
    first, second = found("try:\n    import ujson as json\nexcept ImportError:\n    import simplejson as json")
    assert (first.module, first.fallback_of) == ("ujson", ())
    assert (second.module, second.fallback_of) == ("simplejson", ("ujson",))


@pytest.mark.parametrize(
    "code",
    [
        pytest.param("try:\n    import a\nexcept ValueError:\n    pass", id="another error"),
        pytest.param("try:\n    import a\nexcept ImportError:\n    raise", id="raised again"),
        pytest.param("try:\n    import a\nexcept ImportError:\n    !pip install a", id="installed"),
        pytest.param("try:\n    import a\nexcept ImportError:\n    import a.b", id="imported again"),
        pytest.param("try:\n    pass\nexcept ImportError:\n    pass\nelse:\n    import a", id="in else"),
    ],
)
def test_an_import_that_the_code_insists_on_is_not_optional(code: str) -> None:
    assert not found(code)[0].optional


def test_suppressed_imports_are_optional() -> None:
    (inside,) = found("with suppress(ImportError):\n    import a")
    assert inside.optional
    (other,) = found("with suppress(KeyError):\n    import a")
    assert not other.optional


@pytest.mark.parametrize(
    ("source", "modules"),
    [
        ("%%writefile a.py\nimport x.y", ["x.y"]),
        ("%%writefile a.txt\nimport x.y", []),
        ("%%python3\nimport x\nprint y", ["x"]),
        ("%%bash\nimport x", []),
        ("%load_ext sql", ["sql"]),
        ("%load_ext autoreload", []),
        ("%matplotlib inline", ["matplotlib"]),
    ],
)
def test_magics_hold_imports(source: str, modules: list[str]) -> None:
    found = imports.find(parse(Notebook.from_prompts(f"# In [1]:\n{source}\n")))
    assert [each.module for each in found] == modules
