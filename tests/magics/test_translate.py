"""IPython's own translation is the measure where it can be; the tables say where ours means more."""

from __future__ import annotations

import ast
import inspect
import json
import tokenize

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nb2prod.magics import is_python, to_python

SAME_AS_IPYTHON = {
    "line magic": "%matplotlib inline",
    "line magic with a comment": "%matplotlib inline  # plots",
    "magic between statements": "x = 1\n%cd data\ny = 2",
    "magic in a block": "if x:\n    %cd data\n    !ls\nelse:\n    pass",
    "shell": "!ls -la",
    "shell, blank first": "! ls -la",
    "shell, quote": "!echo it's",
    "shell over lines": "!pip install \\\n   pandas \\\n   numpy\nx = 1",
    "shell with an open bracket": "!echo (\nx = 1",
    "captured": "!!ls",
    "assigned shell": "files = !ls *.csv",
    "assigned shell in a block": "for a in b:\n    files = !ls\n    c = files",
    "assigned shell over lines": "files = !ls \\\n  *.csv\nx = 1",
    "assigned magic": "here = %pwd",
    "attribute assigned": "a.b[c == d] = !ls",
    "help": "len?",
    "help, source": "len??",
    "help, first": "?len",
    "help, source first": "??len",
    "help, wildcard": "*int*?",
    "help, attribute": "np.array?",
    "help, item": "a[0].b?",
    "help, magic": "%cd?",
    "help, cell magic": "%%bash?\n",
    "help after statements": "x = 1\nx?",
    "help, none": "?",
    "autocall, comma": ",f a b",
    "autocall, semicolon": ";f a b",
    "autocall, slash": "/f a b",
    "cell magic": "%%bash\nls\necho 'a'\n",
    "cell magic without an end": "%%writefile f.py\nx = 1",
    "cell magic below blank lines": "\n\n%%html\n<p>\n",
    "unknown cell magic": "%%nobody --knows it\nsome text\n",
    "Windows line ends": "x = 1\r\n%cd data\r\ny = 2",
    "prompt": "In [1]: x = 1\n   ...: y = 2",
    "prompt and magic": "In [12]: %cd data",
    "classic prompt": ">>> x = 1\n>>> if x:\n...     y = 2\n",
    "classic prompt and string": ">>> x = '''a\n... b'''\n",
    "margin": "    x = 1\n    if x:\n        !ls",
    "margin and cell magic": "  %%bash\n  ls",
    "magic after a comment": "# first\n%cd data",
    "cell magic after a comment": "# first\n%%time\nx = 1",
    "magic after a backslash": "x = \\\n  %pwd",
    "two on the way": "%cd a\n!ls\nb?\nx = !ls",
}

PYTHON = {
    "in a string": 's = """\n%cd data\n!ls\n%%time\nlen?\n"""',
    "in a raw string": "s = r'''\n%cd \\'''",
    "in brackets": "x = (a\n  % b\n  )\ny = [\n  1\n  % 2]",
    "after a backslash": "x = a \\\n% b",
    "comment": "# %cd data\n# len?",
    "comment that asks": "x = 1  # why?",
    "docstring": 'def f():\n    """\n    >>> f()\n    %cd\n    """',
    "prompt in a string": 's = """\n>>> x\n... y\n"""',
    "ellipsis": "...\nx[...] = 1",
    "semicolon": "plt.show();",
    "matrix product": "a = (b\n@ c)",
    "not equal": "x = y != z",
    "await": "await f()",
    "form feed": "x = 1\n\x0cy = 2",
    "line separator in a string": "s = 'a\u2028%cd'",
    "comment with a margin": "  # x",
    "no code": "",
    "blank": "\n  \n",
}

RUNS_ITS_CODE = {
    "%time x = f(y)": "x = f(y)",
    "%time f(x);": "f(x);",
    "%time --no-raise-error f(x)": "f(x)",
    "%time -x": "-x",
    "%time for a in b: f(a)": "for a in b: f(a)",
    "%time !ls": "get_ipython().system('ls')",
    "x = %time f(y)": "x = f(y)",
    "x = %time y = 1": "x = get_ipython().run_line_magic('time', 'y = 1')",
    "if a:\n    %time x = 1": "if a:\n    x = 1",
    "%time": "get_ipython().run_line_magic('time', '')",
    "%time not Python at all": "get_ipython().run_line_magic('time', 'not Python at all')",
    "%prun -s cumulative -l 10 f(x)": "f(x)",
    "%lprun -f f -f g f(x)": "f(x)",
    "%memit x = f(y)": "x = f(y)",
    "%debug": "get_ipython().run_line_magic('debug', '')",
    "%timeit f(x)": "get_ipython().run_line_magic('timeit', '', f(x))",
    "%timeit -n 10 -r3 f(x)  # slow": "get_ipython().run_line_magic('timeit', '-n 10 -r3', f(x))",
    "%timeit x = f(y)": "get_ipython().run_line_magic('timeit', '', f(y))",
    "%timeit x, y": "get_ipython().run_line_magic('timeit', '', (x, y))",
    "%timeit a = f(x); g(a)": "get_ipython().run_line_magic('timeit', '', f(x), g(a))",
    "%timeit for a in b: f(a)": "get_ipython().run_line_magic('timeit', '', b, f)",
    "%timeit -o 1 2": "get_ipython().run_line_magic('timeit', '-o 1 2')",
    "t = %timeit -o f(x)": "t = get_ipython().run_line_magic('timeit', '-o', f(x))",
    "%pylab inline": (
        "import numpy, matplotlib; from matplotlib import pylab, mlab, pyplot; np = numpy; plt = pyplot; "
        "from pylab import *; from numpy import *"
    ),
    "%pylab --no-import-all": (
        "import numpy, matplotlib; from matplotlib import pylab, mlab, pyplot; np = numpy; plt = pyplot"
    ),
    "% matplotlib inline": "get_ipython().run_line_magic('matplotlib', 'inline')",
    "%%time\nx = 1": "get_ipython().run_cell_magic('time', '', '')\nx = 1",
    "%%time\n%cd a\nx = !ls": (
        "get_ipython().run_cell_magic('time', '', '')\n"
        "get_ipython().run_line_magic('cd', 'a')\nx = get_ipython().getoutput('ls')"
    ),
    "%%capture out\nx = 1": "out = get_ipython().run_cell_magic('capture', 'out', '')\nx = 1",
    "%%capture --no-stderr out\nx = 1": ("out = get_ipython().run_cell_magic('capture', '--no-stderr out', '')\nx = 1"),
    "%%capture\n%%time\nx = 1": (
        "get_ipython().run_cell_magic('capture', '', '')\nget_ipython().run_cell_magic('time', '', '')\nx = 1"
    ),
    "%%timeit\nx = f(\n  y)\ns = '''\na'''": (
        "while get_ipython().run_cell_magic('timeit', '', ''):\n x = f(\n  y)\n s = '''\na'''"
    ),
    "%%timeit -n 5 x = f(y)\nif x:\n    g(x)": (
        "while get_ipython().run_cell_magic('timeit', '-n 5 x = f(y)', '', (x := f(y))):\n if x:\n     g(x)"
    ),
    "%%timeit f()\n\n": "get_ipython().run_cell_magic('timeit', 'f()', '\\n')\n\n",
    # another process: its names are not the notebook's
    "%%python3\nx = 1": "get_ipython().run_cell_magic('python3', '', 'x = 1\\n')\n",
}

INSERTED = {
    "!cat {path}": "get_ipython().system(f'cat {path}')",
    "%cd $path": "get_ipython().run_line_magic('cd', f'{path}')",
    "files = !ls {folder}/*.csv": "files = get_ipython().getoutput(f'ls {folder}/*.csv')",
    "%%writefile {name}\nx": "get_ipython().run_cell_magic('writefile', f'{name}', 'x\\n')\n",
}


@pytest.mark.parametrize("source", SAME_AS_IPYTHON.values(), ids=SAME_AS_IPYTHON)
def test_says_what_ipython_says_on_the_same_lines(source: str) -> None:
    transformers = pytest.importorskip("IPython.core.inputtransformer2")
    ours, theirs = to_python(source), transformers.TransformerManager().transform_cell(source)
    assert ast.dump(ast.parse(ours)) == ast.dump(ast.parse(theirs))
    assert ours.count("\n") == source.count("\n")


@pytest.mark.parametrize("source", PYTHON.values(), ids=PYTHON)
def test_python_is_not_touched(source: str) -> None:
    assert to_python(source) == source


@pytest.mark.parametrize("module", [ast, inspect, json, tokenize, pytest], ids=lambda module: module.__name__)
def test_modules_are_not_touched(module: object) -> None:
    source = inspect.getsource(module)  # type: ignore[arg-type] # pytest's ids are untyped
    assert to_python(source) == source


@pytest.mark.parametrize(("source", "python"), [*RUNS_ITS_CODE.items(), *INSERTED.items()])
def test_code_and_names_given_to_a_magic_stay_visible(source: str, python: str) -> None:
    assert to_python(source) == python
    assert python.count("\n") == source.count("\n")
    assert is_python(python)


@pytest.mark.parametrize(
    "source", ["ls", "ls -la", "cd ..", "pwd\n", "\n pwd", "pip install pandas", "who;", "In [3]: ls"]
)
def test_automagic_alone_in_a_cell(source: str) -> None:
    python = to_python(source)
    assert "get_ipython().run_line_magic(" in python
    assert is_python(python)
    assert python.count("\n") == source.count("\n")


@pytest.mark.parametrize(
    "source", ["ls\n\n", "# files\nls", "import os\nls", "ls = 1", "ls, a = b", "time.time()", "run(x)"]
)
def test_no_automagic(source: str) -> None:
    """IPython tries automagics in cells of one line only, and leaves assignments alone."""
    assert to_python(source) == source


def test_a_variable_hides_an_automagic() -> None:
    assert to_python("history", shadowed={"history"}.__contains__) == "history"
    assert to_python("history") == "get_ipython().run_line_magic('history', '')"


def test_a_margin_of_the_first_line_alone_is_stripped_as_ipython_used_to() -> None:
    assert to_python(" x = 1\nif x:\n    y") == "x = 1\nif x:\n   y"


@pytest.mark.parametrize("source", ['print "x"', "x = (", "x = '''", "%cd\n  y ="])
def test_what_is_not_python_stays_broken(source: str) -> None:
    assert not is_python(to_python(source))


PIECES = st.sampled_from(
    [
        *[
            "x",
            "y",
            "=",
            "==",
            "%",
            "%%",
            "!",
            "!!",
            "?",
            "??",
            ",",
            "ls",
            ".",
            "*",
            ":",
            "é",
            "# why?",
            "x = 1",
            "if x:",
        ],
        *["%time f(x)", "%timeit f(x)", "!ls -la", "= !ls", "= %pwd", "%%bash\n", "%cd", "obj?", "{x}", "$x", "f('a')"],
        *[">>> ", "... ", "In [1]: ", "(", ")", "[", "]", "{", "}", '"', "'", '"""', "'''", 'r"', "#"],
        *["\\\n", "\n", "\n", "\n    ", "\n  ", " ", "\t", "\x0c", "\r\n"],
    ]
)


@given(st.lists(PIECES, max_size=14).map("".join))
@settings(max_examples=300, deadline=None)
def test_keeps_the_number_of_lines_and_never_touches_python(source: str) -> None:
    python = to_python(source)
    lines = source.replace("\r\n", "\n")
    assert python.count("\n") == lines.count("\n")
    if is_python(source) and "In [" not in source and source.strip() != "ls":
        assert python == lines
