"""Calls written out: the text that comes of them, what each statement comes from, and that it computes the same."""

from __future__ import annotations

import ast

import pytest

from nb2prod.notebook import Cell, Notebook
from nb2prod.program import Program, parse
from nb2prod.unfold import Unfolded, callable_names, unfolded


def program(*cells: str) -> Program:
    """A notebook of these cells."""
    made = tuple(Cell(index=i, kind="code", source=source) for i, source in enumerate(cells))
    return parse(Notebook(cells=made, sha256=""))


def whole(*cells: str) -> Unfolded:
    """The notebook with every call written out."""
    given = program(*cells)
    found = unfolded(given, frozenset(callable_names(given)))
    assert found is not None
    return found


def text(*cells: str) -> str:
    """What comes of the last cell, without the comments that say what was called."""
    source = whole(*cells).program.notebook.cells[-1].source
    return "\n".join(line for line in source.split("\n") if line.strip() and not line.startswith("# "))


def names_after(code: str) -> dict[str, object]:
    """The values that code leaves."""
    scope: dict[str, object] = {}
    exec(compile(code, "<code>", "exec"), scope)  # noqa: S102 - the test's own code
    return scope


def test_the_result_goes_by_its_name_from_the_start() -> None:
    code = "def f(a):\n    b = a * 2  # twice\n    return b"
    assert text(code, "x = 1\ny = f(x)") == "x = 1\ny = x * 2  # twice"


def test_a_parameter_bound_anew_is_a_name_of_its_own() -> None:
    code = "def f(a):\n    a = a + [1]\n    return len(a)"
    assert text(code, "x = []\ny = f(x)") == "x = []\na = x\na = a + [1]\ny = len(a)"


def test_a_name_that_something_else_has_is_numbered() -> None:
    code = "def f(a):\n    b = a * 2\n    return b + 1"
    assert text(code, "b = 7\ny = f(b)") == "b = 7\nb_2 = b * 2\ny = b_2 + 1"


def test_comments_stay_and_the_call_is_told() -> None:
    found = whole('def f(a):\n    """Twice."""\n    # why\n    return a * 2', "# here\ny = f(3)")
    assert found.program.notebook.cells[-1].source == "# here\n# f(3): Twice.\ny = 3 * 2"


def test_a_branch_on_a_constant_is_decided() -> None:
    code = "def f(a, train=True):\n    if train:\n        a.append(1)\n    else:\n        a.clear()\n    return a"
    assert text(code, "x = []\ny = f(x, train=False)") == "x = []\nx.clear()\ny = x"


def test_a_definition_that_nothing_calls_is_gone_and_statements_know_where_they_come_from() -> None:
    found = whole("def f(a):\n    b = a\n    return b", "x = 1", "y = f(x)\nz = 2")
    assert [ast.unparse(s.node) for s in found.program.statements] == ["x = 1", "y = x", "z = 2"]
    assert found.origin == (1, 2, 3)
    assert [frame.function for frame in found.frames[1]] == ["f"]


def test_names_of_a_function_are_seen_from_inside_only() -> None:
    found = whole("def f(a):\n    b = a * 2\n    print(b)", "f(3)")
    node = ast.parse("b", mode="eval").body
    assert found.seen_from(node, ()) is None
    inside = found.seen_from(node, found.frames[0])
    assert inside is not None
    assert ast.unparse(inside) == "b"


@pytest.mark.parametrize(
    "definition",
    [
        pytest.param("def f(*a):\n    return 1", id="any number of arguments"),
        pytest.param("def f(a):\n    yield a", id="a generator"),
        pytest.param("@str\ndef f(a):\n    return a", id="decorated"),
        pytest.param("def f(a):\n    global b\n    b = a", id="global"),
        pytest.param("def f(a):\n    for i in a:\n        return i", id="returns from a loop"),
        pytest.param("def f(a):\n    return f(a - 1) if a else 0", id="calls itself"),
        pytest.param("def f(a):\n    return g(a)\ndef g(a):\n    return f(a)", id="calls itself through another"),
        pytest.param("def f(a):\n    return a\nf = len", id="its name is something else"),
        pytest.param("def f(a):\n    try:\n        b\n    except NameError:\n        return a", id="asks for a name"),
    ],
)
def test_what_is_not_written_out(definition: str) -> None:
    assert unfolded(program(definition, "x = f([1])"), frozenset({"f"})) is None


@pytest.mark.parametrize("default", ["[]", "{}", "b", "len(b)"])
def test_a_default_that_is_no_constant_is_left_alone(default: str) -> None:
    assert unfolded(program(f"b = []\ndef f(a={default}):\n    return a", "x = f()"), frozenset({"f"})) is None


SAME = {
    "a default put in place of None": "def f(a, b=None, c=2):\n    if b is None:\n        b = [1]\n    if c == 2:\n"
    "        c = 5\n    if c == 2:\n        b.append(c)\n    return a + b\nx = f([0])\ny = f([0], [3], 4)",
    "a return that is decided": "def f(a, b=None):\n    if b is None:\n        return a\n    return a + b\nx = f(1)\n"
    "y = f(1, 2)",
    "names given crosswise": "def f(a, b):\n    a = a + 1\n    b = b * 2\n    return a, b\nx, y = 1, 5\ny, x = f(y, x)",
    "a name used twice": "def f(a, b):\n    a = a + b\n    return a\nx = 2\nx = f(x, x)",
    "the target is an argument": "def f(a, b):\n    c = a + b\n    c = c + b\n    return c\nx = 2\nx = f(1, x)",
    "a comprehension's own name": "def f(a):\n    return [a + x for x in [1, 2]]\nx = 5\ny = f(x)",
    "a lambda's own name": "def f(a):\n    return list(map(lambda x: x + a, [1, 2]))\nx = 5\ny = f(x)",
    "a closure": "def f(a):\n    return lambda: a\nx = 1\ng = f(x)\nx = 2\ny = g()",
    "two closures": "def f(a):\n    b = a + 1\n    return lambda: b\ng = f(1)\nh = f(2)\nx, y = g(), h()",
    "changed in place": "def f(a):\n    a.append(len(a))\nx = []\ny = x\nf(x)\nf(y)",
    "a loop": "def f(a, b):\n    c = a * b\n    a = c + 1\n    return a\nx = 1\nfor i in [2, 3]:\n    x = f(x, i)",
    "early returns": "def f(a):\n    if a > 3:\n        return 'big'\n    if a > 1:\n        b = 'some'\n    else:\n"
    "        return 'few'\n    return b\nx, y, z = f(5), f(2), f(0)\nu = f(5)\nv = f(2)\nw = f(0)",
    "calls in calls": "def f(a):\n    a = a + 1\n    return a\ndef g(a):\n    b = f(a)\n    return f(b)\n"
    "x = g(f(1)) + f(2)",
    "nothing returned": "def f(a):\n    a = 1\nx = f(3)",
    "a global between": "k = 2\ndef f(a):\n    return a * k\nx = f(3)\nk = 5\ny = f(3)",
    "its result is read by another": "x = 4\ndef g():\n    return x\ndef f():\n    b = 1\n    return b + g()\nx = f()",
    "keywords in another order": "def f(a, b=2, *, c=3):\n    a = a - b - c\n    return a\nx = f(b=1, a=9)",
    "a text over lines": 'def f(a):\n    b = """one\n    two"""\n    return a + b\nx = f("y")',
    "on one line": "def f(a): b = a; return b + 1\nx = f(1); y = f(2)",
    "an f-string": "def f(a, b):\n    c = 1\n    return f'{a} {b!r:>5} {c}'\nc = 2\nx = f(c, 'z')",
    "not ASCII": "def f(größe):\n    größe = größe + 'ü'; ä = größe\n    return ä\nä = 'ö'; x = f(ä)",
    "deleted": "def f(a):\n    b = a[0]\n    del a\n    return b\nx = [1]\ny = f(x)",
    "the name of a builtin": "def f(list):\n    max = len(list)\n    return max\nx = f([1, 2])\ny = max(list((1, 2)))",
}


def test_a_closure_made_in_a_loop_keeps_a_name_of_its_own_each_time() -> None:
    code = "def f(a):\n    b = a\n    return lambda: b\ng = []\nfor i in [1, 2]:\n    h = f(i)\n    g.append(h)"
    assert unfolded(program(code), frozenset({"f"})) is None


@pytest.mark.parametrize("code", [pytest.param(code, id=name) for name, code in SAME.items()])
def test_it_computes_the_same(code: str) -> None:
    given = program(code)
    made = unfolded(given, frozenset(callable_names(given)))
    assert made is not None
    plain = names_after(code)
    found = names_after("\n".join(cell.source for cell in made.program.notebook.code_cells))
    shared = [n for n, value in plain.items() if not callable(value) and not n.startswith("__")]
    assert {n: found[n] for n in shared if n != "g"} == {n: plain[n] for n in shared if n != "g"}
