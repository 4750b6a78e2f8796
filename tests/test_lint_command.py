"""What `nb2prod lint` does with files: fixes, baselines, stdin, options, exit codes."""

import io
import json
import os
import sys
from pathlib import Path

import pytest

from nb2prod.cli import run
from tests.written import notebook, write

Capture = pytest.CaptureFixture[str]

FIXABLE = "x = 1  # nb2prod: ignore[HS101]"
"""A finding with a safe fix, HY201."""


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def _codes(capsys: Capture, *arguments: str) -> list[str]:
    run(["lint", *arguments, "--format", "json"])
    return [one["code"] for one in json.loads(capsys.readouterr().out)["diagnostics"]]


def test_fix_mends_the_file_and_says_how_much(folder: Path, capsys: Capture) -> None:
    path = write(folder / "a.ipynb", FIXABLE, "print(zz)")
    before = path.read_text(encoding="utf-8")
    assert run(["lint", "a.ipynb", "--fix"]) == 1
    assert capsys.readouterr().out.splitlines()[-1].startswith("1 fixed. 1 error in 1 notebook.")
    assert path.read_text(encoding="utf-8") == before.replace("  # nb2prod: ignore[HS101]", "")
    assert run(["lint", "a.ipynb", "--fix"]) == 1
    assert "fixed" not in capsys.readouterr().out
    assert sorted(each.name for each in folder.iterdir()) == ["a.ipynb"]


def test_fix_takes_out_only_what_is_not_needed(folder: Path) -> None:
    path = write(folder / "a.ipynb", "print(zz)  # nb2prod: ignore[HS101, HS102]")
    assert run(["lint", "a.ipynb", "--fix"]) == 0
    assert "print(zz)  # nb2prod: ignore[HS102]" in path.read_text(encoding="utf-8")


def test_what_has_nothing_to_fix_is_not_written(folder: Path) -> None:
    path = write(folder / "a.ipynb", "print(zz)")
    os.utime(path, (1, 1))
    run(["lint", "a.ipynb", "--fix"])
    assert path.stat().st_mtime == 1


def test_fix_keeps_permissions_and_links(folder: Path) -> None:
    path = write(folder / "a.ipynb", FIXABLE)
    path.chmod(0o640)
    (folder / "link.ipynb").symlink_to("a.ipynb")
    assert run(["lint", "link.ipynb", "--fix"]) == 0
    assert (folder / "link.ipynb").is_symlink()
    assert path.stat().st_mode & 0o777 == 0o640
    assert "ignore" not in path.read_text(encoding="utf-8")


def test_diff_shows_and_changes_nothing(folder: Path, capsys: Capture) -> None:
    path = write(folder / "a.ipynb", "y = 1\nprint(y)", FIXABLE)
    before = path.read_bytes()
    assert run(["lint", "a.ipynb", "--diff"]) == 1
    printed = capsys.readouterr()
    assert printed.out == (
        "--- a.ipynb:cell 1\n+++ a.ipynb:cell 1\n@@ -1 +1 @@\n-x = 1  # nb2prod: ignore[HS101]\n+x = 1\n"
    )
    assert printed.err == "nb2prod: would fix 1 finding\n"
    assert path.read_bytes() == before
    assert run(["lint", "a.ipynb", "--diff", "--ignore", "HY201"]) == 0


def test_the_fixable_are_counted(folder: Path, capsys: Capture) -> None:
    write(folder / "a.ipynb", FIXABLE)
    run(["lint", "a.ipynb"])
    first, last = capsys.readouterr().out.splitlines()
    assert first.endswith("[unused-suppression] [*]")
    assert "1 can be fixed with `--fix` [*]" in last
    run(["lint", "a.ipynb", "--format", "json"])
    assert json.loads(capsys.readouterr().out)["diagnostics"][0]["fixable"] is True


def test_a_notebook_in_an_old_format_is_linted_and_not_fixed(folder: Path, capsys: Capture) -> None:
    cell = {"cell_type": "code", "input": FIXABLE, "language": "python", "outputs": [], "collapsed": False}
    old = {"metadata": {"name": ""}, "nbformat": 3, "nbformat_minor": 0, "worksheets": [{"cells": [cell]}]}
    (folder / "old.ipynb").write_text(json.dumps(old), encoding="utf-8")
    for options in ([], ["--fix"]):
        run(["lint", "old.ipynb", "--format", "json", *options])
        (one,) = json.loads(capsys.readouterr().out)["diagnostics"]
        assert (one["code"], one["fixable"]) == ("HY201", False)
    assert json.loads((folder / "old.ipynb").read_text(encoding="utf-8")) == old


def _stdin(monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(text.encode()), encoding="utf-8"))


def test_stdin_is_linted_under_its_name(monkeypatch: pytest.MonkeyPatch, capsys: Capture) -> None:
    _stdin(monkeypatch, json.dumps(notebook("print(zz)")))
    assert run(["lint", "-", "--stdin-filename", "x/a.ipynb", "--show-source"]) == 1
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith("x/a.ipynb:cell 0:1:7: HS102 error")
    assert lines[2] == "    1 | print(zz)"
    _stdin(monkeypatch, "{")
    assert run(["lint", "-"]) == 2
    assert capsys.readouterr().err.startswith("nb2prod: stdin.ipynb ")


def test_stdin_is_fixed_to_stdout(monkeypatch: pytest.MonkeyPatch, capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    text = json.dumps(notebook(FIXABLE), indent=1)
    _stdin(monkeypatch, text)
    assert run(["lint", "-", "--fix"]) == 0
    printed = capfdbinary.readouterr()
    assert printed.out.decode() == text.replace("  # nb2prod: ignore[HS101]", "")
    assert printed.err.startswith(b"1 fixed.")
    _stdin(monkeypatch, text)
    run(["lint", "-", "--fix", "--ignore", "HY"])
    assert capfdbinary.readouterr().out.decode() == text


def test_a_baseline_leaves_only_what_is_new(folder: Path, capsys: Capture) -> None:
    path = write(folder / "x" / "a.ipynb", "print(zz)", "x = 1", "x += 1")
    assert run(["lint", "x", "--baseline", "known.json", "--write-baseline"]) == 0
    assert "2 findings written to known.json" in capsys.readouterr().out
    assert json.loads((folder / "known.json").read_text(encoding="utf-8"))["findings"][0]["path"] == "x/a.ipynb"
    assert run(["lint", "x", "--baseline", "known.json", "--fail-on", "info"]) == 0
    assert "2 more are in the baseline" in capsys.readouterr().out
    cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
    write(path, "new = 1", *cells, "print(yy)", "x += 1")
    assert _codes(capsys, "x", "--baseline", "known.json", "--select", "HS102,HS106") == ["HS102", "HS106"]


def test_a_baseline_in_pyproject_is_seen_from_there(folder: Path) -> None:
    write(folder / "x" / "a.ipynb", "print(zz)")
    (folder / "pyproject.toml").write_text('[tool.nb2prod.lint]\nbaseline = "known.json"\n', encoding="utf-8")
    os.chdir(folder / "x")
    assert run(["lint", "a.ipynb"]) == 2  # it is not there yet
    assert run(["lint", "a.ipynb", "--write-baseline"]) == 0
    assert (folder / "known.json").exists()
    assert run(["lint", "a.ipynb"]) == 0


@pytest.mark.parametrize("text", ["", "[]", '{"findings": [3]}', '{"findings": [{"path": 3}]}', '{"findings": 3}'])
def test_what_is_no_baseline_is_an_error(folder: Path, text: str, capsys: Capture) -> None:
    write(folder / "a.ipynb", "print(zz)")
    (folder / "known.json").write_text(text, encoding="utf-8")
    assert run(["lint", "a.ipynb", "--baseline", "known.json"]) == 2
    assert "known.json is not a baseline" in capsys.readouterr().err


def test_per_file_ignores_are_seen_from_pyproject(folder: Path, capsys: Capture) -> None:
    write(folder / "drafts" / "a.ipynb", "print(zz)", FIXABLE)
    write(folder / "b.ipynb", "print(zz)")
    (folder / "pyproject.toml").write_text(
        '[tool.nb2prod.lint.per-file-ignores]\n"drafts/" = ["HS102", "unused-suppression"]\n', encoding="utf-8"
    )
    assert _codes(capsys, ".") == ["HS102"]
    assert run(["lint", "drafts", "--fix"]) == 0
    assert FIXABLE in (folder / "drafts" / "a.ipynb").read_text(encoding="utf-8")


def test_excluded_and_ignored_files(folder: Path, capsys: Capture) -> None:
    write(folder / "a.ipynb", "print(zz)")
    write(folder / "old" / "b.ipynb", "print(zz)")
    (folder / "pyproject.toml").write_text('[tool.nb2prod.lint]\nexclude = ["old/"]\n', encoding="utf-8")
    assert len(_codes(capsys, ".")) == 1
    (folder / ".gitignore").write_text("a.ipynb", encoding="utf-8")
    (folder / ".git").mkdir()
    assert _codes(capsys, ".") == []
    assert len(_codes(capsys, ".", "--no-respect-gitignore")) == 1
    assert len(_codes(capsys, "a.ipynb", "old/b.ipynb")) == 2


def test_a_folder_without_notebooks_is_told(folder: Path, capsys: Capture) -> None:
    assert run(["lint", str(folder)]) == 0
    assert capsys.readouterr().err == "nb2prod: no notebooks found\n"


def test_extend_select_adds(folder: Path, capsys: Capture) -> None:
    write(folder / "a.ipynb", "print(zz)", "x = 1", "x += 1")
    assert _codes(capsys, "a.ipynb", "--select", "HS102") == ["HS102"]
    assert _codes(capsys, "a.ipynb", "--select", "HS102", "--extend-select", "HS106") == ["HS102", "HS106"]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["-", "a.ipynb"], "cannot be linted with other paths"),
        (["a.ipynb", "--stdin-filename", "b.ipynb"], "give - as the path"),
        (["a.ipynb", "--write-baseline"], "needs to know where"),
        (["a.ipynb", "--diff", "--write-baseline", "--baseline", "b"], "leave out --write-baseline"),
        (["a.ipynb", "--statistics", "--format", "sarif"], "text or json"),
        (["a.ipynb", "--extend-select", "HS9"], "no rule is called 'HS9'"),
    ],
)
def test_what_cannot_be_meant_is_an_error(folder: Path, arguments: list[str], said: str, capsys: Capture) -> None:
    write(folder / "a.ipynb", "x = 1")
    assert run(["lint", *arguments]) == 2
    assert said in capsys.readouterr().err


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("per-file-ignores = ['a']", "per-file-ignores cannot be"),
        ("per-file-ignores = {a = 'HS'}", "per-file-ignores a cannot be"),
        ("per-file-ignores = {a = ['HS9']}", "no rule is called 'HS9'"),
        ("exclude = 'a'", "exclude cannot be"),
        ("baseline = 3", "baseline cannot be"),
        ("folder = 'a'", "has no option 'folder'"),
    ],
)
def test_options_that_cannot_be_meant(folder: Path, text: str, said: str, capsys: Capture) -> None:
    write(folder / "a.ipynb", "x = 1")
    (folder / "pyproject.toml").write_text(f"[tool.nb2prod.lint]\n{text}\n", encoding="utf-8")
    assert run(["lint", "a.ipynb"]) == 2
    assert said in capsys.readouterr().err
