from __future__ import annotations

import pytest

from nb2prod.magics.effects import Unknown, bound_by, deleted_by, read_by


@pytest.mark.parametrize(
    ("magic", "arguments", "names"),
    [
        ("store", "-r x y", ("x", "y")),
        ("store", "x", ()),
        ("store", "-d x", ()),
        ("capture", "out --no-stderr", ("out",)),
        ("capture", "--no-stderr", ()),
        ("capture", "", ()),
        ("aimport", "numpy, pandas", ("numpy", "pandas")),
        ("aimport", "-numpy", ()),
        ("R", "-i x -o y,z", ("y", "z")),
        ("bash", "--out text --err=errors", ("text", "errors")),
        ("bash", "--bg", ()),
        ("sql", "rows << select * from t", ("rows",)),
        ("sql", "select * from t where a < 1", ()),
        ("bigquery", "df --project p", ("df",)),
        ("pip", "install x", ()),
        ("cd", "it's", ()),
        ("matplotlib", "inline", ()),
        ("load_ext", "autoreload", ()),
        ("reset", "-f", ()),
    ],
)
def test_bound_by(magic: str, arguments: str, names: tuple[str, ...]) -> None:
    assert bound_by(magic, arguments) == names


@pytest.mark.parametrize(("magic", "arguments"), [("run", "other.py"), ("store", "-r"), ("pylab", ""), ("theirs", "")])
def test_any_name_may_be_bound(magic: str, arguments: str) -> None:
    assert bound_by(magic, arguments) == Unknown(magic)


def test_pylab_without_the_stars() -> None:
    names = bound_by("pylab", "inline --no-import-all")
    assert not isinstance(names, Unknown)
    assert {"np", "plt"} <= set(names)


def test_cython_binds_what_python_sees() -> None:
    body = "cimport numpy as np\ncpdef double f(double x):\n    return x\ncdef int g():\n    pass\n"
    body += "def h(a): pass\ncdef class K:\n  pass\n"
    assert bound_by("cython", "-a", body) == ("f", "h", "K")


def test_read_by() -> None:
    assert read_by("store", "x") == ("x",)
    assert read_by("store", "-r x") == ()
    assert read_by("R", "-i x,y -o z") == ("x", "y")
    assert read_by("sql", "--persist df") == ("df",)
    assert read_by("cd", "data") == ()


def test_deleted_by() -> None:
    assert deleted_by("xdel", "-n x") == ("x",)
    assert deleted_by("reset", "-f") == Unknown("reset")
    assert deleted_by("cd", "data") == ()
