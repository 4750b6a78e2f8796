"""The commands as a user types them: what they print, where, and the exit code."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from nb2prod import __version__
from nb2prod.cli import nb2prod, run

if TYPE_CHECKING:
    Capture = pytest.CaptureFixture[str]

CHURN = Path(__file__).parent.parent / "fixtures" / "churn" / "churn.ipynb"
HOUSES = CHURN.parent.parent / "house_prices" / "house_prices.ipynb"


def _write(path: Path, *cells: str, language: str = "python") -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    code = [
        {"cell_type": "code", "execution_count": n, "metadata": {}, "outputs": [], "source": source}
        for n, source in enumerate(cells, start=1)
    ]
    title = {"cell_type": "markdown", "metadata": {}, "source": ["# Title"]}
    kernel = {"name": language, "language": language, "display_name": language}
    metadata = {"kernelspec": kernel, "language_info": {"name": language, "version": "3.11.0"}}
    document = {"cells": [title, *code], "metadata": metadata, "nbformat": 4, "nbformat_minor": 4}
    path.write_text(json.dumps(document), encoding="utf-8")
    return path


@pytest.fixture
def bad(tmp_path: Path) -> Path:
    return _write(tmp_path / "bad.ipynb", "x = 1\nprint(plt)", "print(x)")


@pytest.fixture
def good(tmp_path: Path) -> Path:
    return _write(tmp_path / "good.ipynb", "x = 1", "print(x)")


def test_lint_prints_place_code_severity_and_message(bad: Path, capsys: Capture) -> None:
    assert run(["lint", str(bad)]) == 1
    first, last = capsys.readouterr().out.splitlines()
    assert first.startswith(f"{bad}:cell 1:2:7: HS102 error: cell 1 [In 1] reads `plt`")
    assert first.endswith("[read-of-undefined]")
    assert last.startswith("1 error in 1 notebook.")


def test_lint_of_a_clean_notebook_says_so(good: Path, capsys: Capture) -> None:
    assert run(["lint", str(good)]) == 0
    assert capsys.readouterr().out == "Nothing found in 1 notebook.\n"


def test_lint_json_is_the_contract(bad: Path, capsys: Capture) -> None:
    assert run(["lint", str(bad), "--format", "json"]) == 1
    (one,) = json.loads(capsys.readouterr().out)["diagnostics"]
    assert list(one) == ["path", "code", "name", "severity", "cell", "line", "column", "message", "also", "fixable"]
    assert (one["path"], one["code"], one["severity"]) == (str(bad), "HS102", "error")
    assert (one["cell"], one["line"], one["column"]) == (1, 2, 7)
    assert one["also"] == []


def test_lint_json_of_nothing_found(good: Path, capsys: Capture) -> None:
    assert run(["lint", str(good), "--format", "json"]) == 0
    assert json.loads(capsys.readouterr().out) == {"diagnostics": []}


@pytest.mark.parametrize(
    ("options", "code"),
    [
        (["--select", "HS"], 1),
        (["--select", "read-of-undefined"], 1),
        (["--select", "ML,RP"], 0),
        (["--ignore", "HS102"], 0),
        (["--select", "HS", "--ignore", "HS1"], 0),
        (["--fail-on", "error"], 1),
        (["--exit-zero"], 0),
    ],
)
def test_lint_choices(bad: Path, options: list[str], code: int) -> None:
    assert run(["lint", str(bad), *options]) == code


def test_what_is_below_fail_on_does_not_fail(tmp_path: Path) -> None:
    info = _write(tmp_path / "info.ipynb", "x = 1", "x += 1")
    assert run(["lint", str(info), "--select", "HS106"]) == 0
    assert run(["lint", str(info), "--select", "HS106", "--fail-on", "info"]) == 1


def test_a_rule_that_does_not_exist_is_an_error(bad: Path, capsys: Capture) -> None:
    assert run(["lint", str(bad), "--select", "HS999"]) == 2
    assert "no rule is called 'HS999'" in capsys.readouterr().err


def test_folders_are_searched_without_checkpoints_and_hidden_ones(bad: Path, good: Path, capsys: Capture) -> None:
    folder = bad.parent
    _write(folder / ".ipynb_checkpoints" / "bad-checkpoint.ipynb", "print(a)")
    _write(folder / ".hidden" / "bad.ipynb", "print(a)")
    _write(folder / "deep" / "down" / "bad.ipynb", "print(a)")
    (folder / "notes.txt").write_text("no notebook", encoding="utf-8")
    assert run(["lint", str(folder), "--format", "json"]) == 1
    paths = {one["path"] for one in json.loads(capsys.readouterr().out)["diagnostics"]}
    assert paths == {str(bad), str(folder / "deep" / "down" / "bad.ipynb")}
    assert good.exists()


def test_one_bad_file_stops_no_other(bad: Path, capsys: Capture) -> None:
    (bad.parent / "not.ipynb").write_text("{", encoding="utf-8")
    (bad.parent / "broken.ipynb").write_text('{"cells": 3}', encoding="utf-8")
    assert run(["lint", str(bad.parent)]) == 2
    printed = capsys.readouterr()
    assert "HS102" in printed.out
    assert len(printed.err.splitlines()) == 2
    assert "Traceback" not in printed.err


def test_another_language_is_an_error_only_where_it_was_asked_for(good: Path, capsys: Capture) -> None:
    other = _write(good.parent / "r.ipynb", "x <- 1", language="R")
    assert run(["lint", str(good.parent)]) == 0
    assert str(other) in capsys.readouterr().err
    assert run(["lint", str(other)]) == 2


def test_a_cell_that_does_not_parse_hides_no_other_cell(tmp_path: Path, capsys: Capture) -> None:
    broken = _write(tmp_path / "broken.ipynb", "def f(:", "print(plt)")
    assert run(["lint", str(broken)]) == 1
    assert "cell 2 [In 2] reads `plt`" in capsys.readouterr().out


def _hidden_state(path: Path) -> int:
    return run(["lint", str(path), "--select", "HS"])


def test_a_comment_on_the_line_suppresses(tmp_path: Path) -> None:
    line = "print(plt)  # nb2prod: ignore[{}]"
    assert _hidden_state(_write(tmp_path / "a.ipynb", line.format("HS102"))) == 0
    assert _hidden_state(_write(tmp_path / "b.ipynb", line.format("HS101, read-of-undefined"))) == 0
    assert _hidden_state(_write(tmp_path / "c.ipynb", line.format("HS101"))) == 1
    assert _hidden_state(_write(tmp_path / "d.ipynb", "x = 1\n# nb2prod: ignore[HS102]\nprint(plt)")) == 1


def test_pyproject_sets_options_and_the_command_line_wins(bad: Path) -> None:
    (bad.parent / "pyproject.toml").write_text('[tool.nb2prod.lint]\nignore = ["HS102"]\n', encoding="utf-8")
    assert run(["lint", str(bad)]) == 0
    assert run(["lint", str(bad), "--ignore", "HS101"]) == 1


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[tool.nb2prod]\nlok = false", "has no option 'lok'"),
        ("[tool.nb2prod.lint]\nselect = 'HS'", "select cannot be 'HS'"),
        ("[tool.nb2prod.lint]\nfail-on = 'never'", "fail-on cannot be 'never'"),
        ("[tool.nb2prod]\nlint = 3", "lint cannot be 3"),
        ("[tool.nb2prod", "is not TOML"),
    ],
)
def test_a_wrong_pyproject_is_an_error_that_names_file_and_option(
    good: Path, capsys: Capture, text: str, said: str
) -> None:
    (good.parent / "pyproject.toml").write_text(text, encoding="utf-8")
    assert run(["lint", str(good)]) == 2
    error = capsys.readouterr().err
    assert str(good.parent / "pyproject.toml") in error
    assert said in error
    assert len(error.splitlines()) == 1


@pytest.mark.parametrize("command", ["convert", "lint", "requirements"])
@pytest.mark.parametrize("content", [None, "", "{", "[]", '{"nbformat": 4}'])
def test_a_file_that_is_no_notebook_is_one_line_and_exit_2(
    tmp_path: Path, capsys: Capture, command: str, content: str | None
) -> None:
    path = tmp_path / "a.ipynb"
    if content is not None:
        path.write_text(content, encoding="utf-8")
    assert run([command, str(path)]) == 2
    error = capsys.readouterr().err
    assert len(error.splitlines()) == 1
    assert str(path) in error
    assert sorted(each.name for each in tmp_path.iterdir()) == ([] if content is None else ["a.ipynb"])


def test_convert_says_where_the_project_is_and_what_is_not_proven(tmp_path: Path, capsys: Capture) -> None:
    output = tmp_path / "churn"
    assert run(["convert", str(CHURN), "-o", str(output), "--no-lock"]) == 0
    printed = capsys.readouterr().out.splitlines()
    assert printed[0] == str(output)
    assert printed[-1].startswith("Not proven yet: ")
    assert printed[-1].endswith(f"nb2prod verify {output}")
    assert json.loads((output / "nb2prod.json").read_text(encoding="utf-8"))["verify"] == {"status": "not run"}


def test_convert_answers_with_what_is_asked_for_and_says_why(tmp_path: Path, capsys: Capture) -> None:
    first = tmp_path / "first"
    assert run(["convert", str(HOUSES), "-o", str(first), "--no-lock"]) == 0
    found = json.loads((first / "nb2prod.json").read_text(encoding="utf-8"))["predict"]["choice"]
    assert found["model"] == "rf"
    assert "ridge" in capsys.readouterr().out
    other = tmp_path / "other"
    assert run(["convert", str(HOUSES), "-o", str(other), "--no-lock", "--model", "ridge"]) == 0
    chosen = json.loads((other / "nb2prod.json").read_text(encoding="utf-8"))["predict"]["choice"]
    assert chosen["model"] == "ridge"
    assert chosen["cell"] < found["cell"]
    assert "--model ridge" in capsys.readouterr().out


def test_convert_says_that_what_is_asked_for_is_not_there(tmp_path: Path, capsys: Capture) -> None:
    assert run(["convert", str(HOUSES), "-o", str(tmp_path / "a"), "--no-lock", "--model", "gru", "--strict"]) == 1
    printed = capsys.readouterr().out
    assert "--model gru" in printed
    assert "ridge (Ridge" in printed


def test_convert_replaces_a_project_only_when_forced(tmp_path: Path, capsys: Capture) -> None:
    command = ["convert", str(CHURN), "-o", str(tmp_path / "churn"), "--no-lock"]
    assert run(command) == 0
    (tmp_path / "churn" / "README.md").write_text("mine", encoding="utf-8")
    capsys.readouterr()
    assert run(command) == 2
    assert len(capsys.readouterr().err.splitlines()) == 1
    assert (tmp_path / "churn" / "README.md").read_text(encoding="utf-8") == "mine"
    assert run([*command, "--force"]) == 0
    assert (tmp_path / "churn" / "README.md").read_text(encoding="utf-8") != "mine"


def test_verify_of_what_is_no_project_is_one_line_and_exit_2(tmp_path: Path, capsys: Capture) -> None:
    assert run(["verify", str(tmp_path / "nothing")]) == 2
    assert len(capsys.readouterr().err.splitlines()) == 1


def test_without_the_extra_verify_says_how_to_get_it_and_convert_writes_nothing(tmp_path: Path) -> None:
    output = tmp_path / "churn"
    for command in (["verify", str(tmp_path)], ["convert", str(CHURN), "-o", str(output), "--no-lock", "--verify"]):
        code = f"import sys; sys.modules['numpy'] = None; import nb2prod.cli as cli; sys.exit(cli.run({command!r}))"
        done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)  # noqa: S603 - ourselves
        assert done.returncode == 2
        assert done.stderr == "nb2prod: verify needs numpy: pip install 'nb2prod[verify]'\n"
    assert not output.exists()


def test_requirements_as_json(tmp_path: Path, capsys: Capture) -> None:
    notebook = _write(tmp_path / "a.ipynb", "import cv2")
    assert run(["requirements", str(notebook), "--no-lock", "--format", "json"]) == 0
    (one,) = (each for each in json.loads(capsys.readouterr().out)["requirements"] if each["imports"])
    assert one["imports"] == ["cv2"]
    assert one["distribution"].startswith("opencv-python")


def test_the_users_own_map_of_imports_comes_first(tmp_path: Path, capsys: Capture) -> None:
    notebook = _write(tmp_path / "a.ipynb", "import cv2")
    (tmp_path / "pyproject.toml").write_text('[tool.nb2prod.imports]\ncv2 = "our-opencv"\n', encoding="utf-8")
    assert run(["requirements", str(notebook), "--no-lock", "--format", "json"]) == 0
    (one,) = (each for each in json.loads(capsys.readouterr().out)["requirements"] if each["imports"])
    assert one["distribution"] == "our-opencv"


def test_explain_prints_the_page(capsys: Capture) -> None:
    assert run(["explain", "hs101"]) == 0
    by_code = capsys.readouterr().out
    assert run(["explain", "read-before-write"]) == 0
    assert capsys.readouterr().out == by_code
    assert by_code.startswith("# HS101 read-before-write (error)\n")
    assert "## Bad" in by_code


def test_explain_of_no_rule(capsys: Capture) -> None:
    assert run(["explain", "HS999"]) == 2
    assert capsys.readouterr().err == "nb2prod: no rule is called 'HS999'; `nb2prod rules` lists them\n"


def test_rules_lists_them(capsys: Capture) -> None:
    assert run(["rules"]) == 0
    assert any(
        line.startswith("HS101  read-before-write  error  on  ") for line in capsys.readouterr().out.splitlines()
    )
    assert run(["rules", "--format", "json"]) == 0
    rows = json.loads(capsys.readouterr().out)
    assert [row["code"] for row in rows] == sorted(row["code"] for row in rows)


@pytest.mark.parametrize("command", sorted(nb2prod.commands))
def test_every_command_has_help_with_an_example(command: str, capsys: Capture) -> None:
    assert run([command, "--help"]) == 0
    assert f"Example: nb2prod {command}" in capsys.readouterr().out


def test_version(capsys: Capture) -> None:
    assert run(["--version"]) == 0
    assert __version__ in capsys.readouterr().out


def test_wrong_usage_is_exit_2(capsys: Capture) -> None:
    assert run(["lint"]) == 2
    assert run(["nonsense"]) == 2
    assert "Traceback" not in capsys.readouterr().err


def test_a_reader_that_stops_reading_is_no_traceback(bad: Path) -> None:
    command = f"{sys.executable} -m nb2prod lint {bad.parent} --format json | true"
    done = subprocess.run(["/bin/sh", "-c", command], capture_output=True, text=True, check=False)  # noqa: S603 - ourselves
    assert "Traceback" not in done.stderr


def test_ctrl_c_is_one_line_and_exit_130(bad: Path) -> None:
    code = (
        "import signal, sys, nb2prod.cli as cli\n"
        "opens = lambda event, args: event == 'open' and str(args[0]).endswith('bad.ipynb')\n"
        "sys.addaudithook(lambda event, args: opens(event, args) and signal.raise_signal(signal.SIGINT))\n"
        f"sys.exit(cli.run(['lint', {str(bad)!r}]))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)  # noqa: S603 - ourselves
    assert done.returncode == 130
    assert done.stderr.strip() == "nb2prod: interrupted"
