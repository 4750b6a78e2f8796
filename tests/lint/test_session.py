"""Many files at once, and what is kept of them."""

import json
import os
import time
from pathlib import Path

import pytest

from nb2prod.lint import session
from nb2prod.lint.diagnostic import Unread
from nb2prod.lint.session import Result, Wanted, lint_files
from nb2prod.notebook import file_bytes
from nb2prod.options import OptionsError
from tests.written import write


def _codes(results: list[Result]) -> list[list[str]]:
    return [["unread"] if isinstance(each.said, Unread) else [one.code for one in each.said] for each in results]


def _lint(paths: list[Path], cache: Path, **wanted: tuple[str, ...]) -> list[list[str]]:
    return _codes(lint_files(paths, Wanted(**wanted), cache))  # type: ignore[arg-type] # tuples of choices only


def _settle(path: Path) -> None:
    """Make a file as old as files are whose time tells whether they changed."""
    then = time.time() - 60
    os.utime(path, (then, then))


def test_many_files_are_checked_in_processes_as_one_process_would(tmp_path: Path) -> None:
    paths = [write(tmp_path / f"{n}.ipynb", *["x = 1"] * (n % 5), f"print(gone{n})") for n in range(40)]
    (tmp_path / "7.ipynb").write_text("{", encoding="utf-8")
    together = lint_files(paths, Wanted(), None)
    assert [each.path for each in together] == paths
    assert together == [lint_files([path], Wanted(), None)[0] for path in paths]
    assert _codes(together)[6:8] == [["HS102"], ["unread"]]


def test_a_file_that_kills_its_process_stops_no_other(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    paths = [write(tmp_path / f"{n}.ipynb", "print(gone)") for n in range(20)]

    def dies(path: Path) -> bytes:
        return file_bytes(path) if path.name != "3.ipynb" else os._exit(9)

    monkeypatch.setattr(session, "file_bytes", dies)  # as a parser that overflows the stack would
    codes = _codes(lint_files(paths, Wanted(), None))
    assert codes.pop(3) == ["unread"]
    assert codes == [["HS102"]] * 19


def test_what_was_found_is_kept_until_the_file_changes(tmp_path: Path) -> None:
    cache = tmp_path / "cache"
    path = write(tmp_path / "a.ipynb", "print(gone)")
    _settle(path)
    assert _lint([path], cache) == [["HS102"]]
    (file,) = (cache / each for each in cache.rglob("*.json"))
    kept = json.loads(file.read_text(encoding="utf-8"))
    kept[str(path)]["said"] = []
    file.write_text(json.dumps(kept), encoding="utf-8")
    assert _lint([path], cache) == [[]]  # so it does come from there
    path.touch()
    assert _lint([path], cache) == [[]]  # the same content
    write(path, "x = 1\nprint(gone)")
    assert _lint([path], cache) == [["HS102"]]
    assert (cache / ".gitignore").read_text(encoding="utf-8").endswith("*\n")


def test_a_change_within_the_clock_is_seen(tmp_path: Path) -> None:
    path = write(tmp_path / "a.ipynb", "print(gone)")
    stat = path.stat()
    assert _lint([path], tmp_path / "cache") == [["HS102"]]
    write(path, "print('oh')")
    os.utime(path, ns=(stat.st_atime_ns, stat.st_mtime_ns))
    assert path.stat().st_size == stat.st_size
    assert _lint([path], tmp_path / "cache") == [[]]


def test_other_choices_are_kept_apart(tmp_path: Path) -> None:
    path = write(tmp_path / "a.ipynb", "print(gone)")
    for _ in range(2):
        assert _lint([path], tmp_path / "cache") == [["HS102"]]
        assert _lint([path], tmp_path / "cache", ignore=("HS102",)) == [[]]


def test_a_choice_that_means_no_rule_is_an_error_with_a_cache_too(tmp_path: Path) -> None:
    path = write(tmp_path / "a.ipynb", "print(gone)")
    _lint([path], tmp_path / "cache")
    for _ in range(2):
        with pytest.raises(OptionsError):
            _lint([path], tmp_path / "cache", select=("HS9",))


def test_what_rules_asked_of_the_disk_is_asked_again(tmp_path: Path) -> None:
    path = write(tmp_path / "a.ipynb", "import pandas as pd\npd.read_csv('data.csv')")
    _settle(path)
    select = ("missing-file",)
    assert _lint([path], tmp_path / "cache", select=select) == [["RP105"]]
    (tmp_path / "data.csv").touch()
    assert _lint([path], tmp_path / "cache", select=select) == [[]]


def test_a_cache_that_is_broken_or_cannot_be_written_is_none(tmp_path: Path) -> None:
    path = write(tmp_path / "a.ipynb", "print(gone)")
    _lint([path], tmp_path / "cache")
    for file in (tmp_path / "cache").rglob("*.json"):
        for text in ("", "[]", json.dumps({str(path): 3}), json.dumps({str(path): {"stat": None}})):
            file.write_text(text, encoding="utf-8")
            assert _lint([path], tmp_path / "cache") == [["HS102"]]
    (tmp_path / "file").touch()
    assert _lint([path], tmp_path / "file") == [["HS102"]]


def test_what_is_kept_can_still_be_mended(tmp_path: Path) -> None:
    path = write(tmp_path / "a.ipynb", "x = 1  # nb2prod: ignore[HS101]")
    assert _lint([path], tmp_path / "cache") == [["HY201"]]
    assert _codes(lint_files([path], Wanted(mend=True, write=True), tmp_path / "cache")) == [[]]
    assert _lint([path], tmp_path / "cache") == [[]]


def test_results_about_other_languages_are_kept_under_the_path_as_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(tmp_path / "a.ipynb", "x <- 1", language_info={"name": "R"})
    monkeypatch.chdir(tmp_path)
    for path in (Path("a.ipynb"), tmp_path / "a.ipynb", Path("a.ipynb")):
        (result,) = lint_files([path], Wanted(), tmp_path / "cache")
        assert isinstance(result.said, Unread)
        assert result.said.why.startswith(f"{path} is a R notebook")
