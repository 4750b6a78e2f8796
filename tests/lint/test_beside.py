"""Files that pass from one notebook of a folder to another."""

import json
from pathlib import Path

import pytest

from nb2prod.lint.choice import choose
from nb2prod.lint.diagnostic import Unread
from nb2prod.lint.run import check_bytes
from nb2prod.lint.session import Wanted, lint_files
from tests.written import notebook

READS = 'import pandas as pd\nrain = pd.read_csv("rain.csv")'


def _said(folder: Path, reads: str = READS) -> list[str]:
    path = folder / "model.ipynb"
    path.write_text(json.dumps(notebook(reads)), encoding="utf-8")
    checked = check_bytes(path, path.read_bytes(), choose(["HS112"]))
    assert not isinstance(checked, Unread)
    return [finding.message for _, finding in checked.found]


def _other(folder: Path, *cells: str, indent: int | None = 1) -> None:
    (folder / "clean.ipynb").write_text(json.dumps(notebook(*cells), indent=indent), encoding="utf-8")


@pytest.mark.parametrize("indent", [None, 1])
@pytest.mark.parametrize(
    "writes",
    [
        'rain.to_csv("rain.csv", index=False)',
        "x = 1\nrain.to_csv('./rain.csv')",
        'with open("rain.csv", "w") as file: pass',
        'joblib.dump(rain, "rain.csv")',
        'np.savetxt("rain.csv", rain)',
    ],
)
def test_a_file_that_another_notebook_of_the_folder_writes_is_a_hidden_input(
    tmp_path: Path, writes: str, indent: int | None
) -> None:
    _other(tmp_path, writes, indent=indent)
    assert _said(tmp_path) == ["cell 0 [In 1] reads `rain.csv`, which clean.ipynb writes: run that notebook first"]


@pytest.mark.parametrize(
    "writes",
    [
        'rain.to_csv("other.csv")',
        'open("rain.csv")',
        '# rain.to_csv("rain.csv")',
        'x = 1\n# rain.to_csv("rain.csv")',
        'rain.to_csv(folder + "rain.csv")',
    ],
)
def test_other_files_and_comments_are_none(tmp_path: Path, writes: str) -> None:
    _other(tmp_path, writes)
    assert _said(tmp_path) == []


def test_a_file_that_the_notebook_writes_itself_is_none(tmp_path: Path) -> None:
    _other(tmp_path, 'rain.to_csv("rain.csv")')
    assert _said(tmp_path, f'{READS}\nrain.to_csv("rain.csv")') == []


def test_all_that_one_other_notebook_writes_is_one_finding(tmp_path: Path) -> None:
    _other(tmp_path, 'rain.to_csv("rain.csv")', 'sun.to_csv("sun.csv")')
    said = _said(tmp_path, f'{READS}\nsun = pd.read_csv("sun.csv")')
    assert said == ["cell 0 [In 1] reads `rain.csv` and `sun.csv`, which clean.ipynb writes: run that notebook first"]


def test_a_single_notebook_has_no_other() -> None:
    content = json.dumps(notebook(READS)).encode()
    checked = check_bytes(Path("nowhere") / "model.ipynb", content, choose(["HS112"]))
    assert not isinstance(checked, Unread)
    assert checked.found == ()


def test_what_was_found_is_not_kept_when_the_other_notebook_changes(tmp_path: Path) -> None:
    _other(tmp_path, "x = 1")
    _said(tmp_path)

    def number() -> int:
        said = lint_files([tmp_path / "model.ipynb"], Wanted(select=("HS112",)), tmp_path / "cache")[0].said
        assert not isinstance(said, Unread)
        return len(said)

    assert number() == 0
    _other(tmp_path, 'rain.to_csv("rain.csv")')
    assert number() == 1
