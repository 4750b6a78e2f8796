"""How commands begin."""

import subprocess
import sys
from pathlib import Path

import pytest

from nb2prod.start import plain
from tests.written import write


def _run(code: str, *arguments: str, folder: Path) -> subprocess.CompletedProcess[str]:
    whole = f"import sys; sys.argv = ['nb2prod', *sys.argv[1:]]; {code}"
    return subprocess.run(  # noqa: S603 - our own code
        [sys.executable, "-c", whole, *arguments], cwd=folder, capture_output=True, text=True, check=False
    )


WAYS = ("from nb2prod.start import main; main()", "from nb2prod.cli import main; main()")


@pytest.mark.parametrize(
    "arguments",
    [
        ("lint", "."),
        ("lint", "a.ipynb", "bad.ipynb", "--no-cache", "--select", "HS,EN", "--ignore", "HS101"),
        ("lint", ".", "--format", "json", "--exit-zero", "--no-cache"),
        ("lint", "gone.ipynb"),
        ("lint", ".", "--select", "XX9"),
        ("lint", ".", "--select"),
        ("lint",),
        ("lint", ".", "--no-such-option"),
        ("--version",),
    ],
    ids=" ".join,
)
def test_both_ways_say_the_same(arguments: tuple[str, ...], tmp_path: Path) -> None:
    write(tmp_path / "a.ipynb", "print(gone)")
    (tmp_path / "bad.ipynb").write_text("{", encoding="utf-8")
    one, other = (_run(way, *arguments, folder=tmp_path) for way in WAYS)
    assert (one.stdout, one.stderr, one.returncode) == (other.stdout, other.stderr, other.returncode)
    assert one.stdout or one.stderr


def test_a_plain_lint_does_without_click(tmp_path: Path) -> None:
    write(tmp_path / "a.ipynb", "print(gone)")
    done = _run(f"sys.modules['click'] = None; {WAYS[0]}", "lint", "a.ipynb", folder=tmp_path)
    assert (done.returncode, done.stderr) == (1, "")
    assert "HS102" in done.stdout


def test_what_click_must_read_is_left_to_it() -> None:
    assert plain(["a", "--select", "HS", "--select=ML"]) is None
    assert plain(["a", "--fix"]) is None
    assert plain(["-"]) is None
    assert plain(["a", "--select", "--no-cache"]) is None
    assert plain(["a", "b", "--select", "HS, ML", "--select", "EN", "--no-cache"]) == {
        "paths": ("a", "b"),
        "select": ("HS", "ML", "EN"),
        "no_cache": True,
    }
