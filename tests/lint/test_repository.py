"""Where a file lies that a path means."""

from pathlib import Path

import pytest

from nb2prod.lint import repository
from nb2prod.lint.rule import Context
from nb2prod.notebook import Notebook
from nb2prod.program import parse


def _context(path: Path | None) -> Context:
    return Context(parse(Notebook(cells=(), path=path)))


@pytest.mark.parametrize(
    ("path", "there"),
    [
        ("home/ann/shop/data/days.csv", ("../data/days.csv", True)),
        ("elsewhere/days.csv", ("../data/days.csv", False)),
        ("home/ann/shop/books/rain.csv", ("rain.csv", True)),
        ("rain.csv", ("rain.csv", True)),
        ("other.csv", None),
        ("above.csv", None),
    ],
)
def test_the_longest_end_that_is_there(path: str, there: tuple[str, bool] | None, tmp_path: Path) -> None:
    for name in ("shop/.git/HEAD", "shop/data/days.csv", "shop/books/rain.csv", "above.csv"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    context = _context(tmp_path / "shop" / "books" / "a.ipynb")
    assert repository.find(context, path.split("/")) == there


def test_without_a_repository_only_the_own_folder_counts(tmp_path: Path) -> None:
    (tmp_path / "books").mkdir()
    (tmp_path / "days.csv").touch()
    assert repository.find(_context(tmp_path / "books" / "a.ipynb"), ["days.csv"]) is None


def test_a_notebook_that_is_no_file_has_nothing_beside_it() -> None:
    assert repository.find(_context(None), ["days.csv"]) is None
