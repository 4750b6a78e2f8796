"""Which notebooks are linted."""

from pathlib import Path

import pytest

from nb2prod.lint.files import Left, find, matching


def _make(folder: Path, *paths: str) -> None:
    for path in paths:
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).touch()


def _found(folder: Path, *paths: str, left: Left | None = None) -> list[str]:
    return [each.path.relative_to(folder).as_posix() for each in find([folder / path for path in paths], left)]


def test_folders_give_their_notebooks_in_order_and_named_files_are_taken_as_they_are(tmp_path: Path) -> None:
    _make(tmp_path, "b.ipynb", "a.ipynb", "x/c.ipynb", "x/notes.md")
    assert _found(tmp_path, "") == ["a.ipynb", "b.ipynb", "x/c.ipynb"]
    assert _found(tmp_path, "x/notes.md", "gone.ipynb") == ["x/notes.md", "gone.ipynb"]


def test_each_file_is_taken_once_and_named_counts(tmp_path: Path) -> None:
    _make(tmp_path, "a.ipynb", "b.ipynb")
    found = find([tmp_path / "b.ipynb", tmp_path, tmp_path / "a.ipynb"])
    assert [(each.path.name, each.named) for each in found] == [("b.ipynb", True), ("a.ipynb", False)]


def test_hidden_installed_and_built_ones_are_left_out(tmp_path: Path) -> None:
    _make(tmp_path, "a.ipynb", ".b.ipynb", ".ipynb_checkpoints/c.ipynb", "node_modules/d.ipynb", "env/e.ipynb")
    (tmp_path / "env" / "pyvenv.cfg").touch()
    assert _found(tmp_path, "") == ["a.ipynb"]


def test_gitignore_holds_from_the_repository_down(tmp_path: Path) -> None:
    _make(tmp_path, "x/a.ipynb", "x/b.ipynb", "x/y/a.ipynb", "x/y/c.ipynb", "x/drafts/d.ipynb", ".git/info/exclude")
    (tmp_path / ".gitignore").write_text("a.ipynb\ndrafts/\n", encoding="utf-8")
    (tmp_path / "x" / "y" / ".gitignore").write_text("!a.ipynb\n", encoding="utf-8")
    (tmp_path / ".git" / "info" / "exclude").write_text("c.ipynb\n", encoding="utf-8")
    assert _found(tmp_path, "x") == ["x/b.ipynb", "x/y/a.ipynb"]
    assert _found(tmp_path, "x/a.ipynb") == ["x/a.ipynb"]
    everything = ["x/a.ipynb", "x/b.ipynb", "x/drafts/d.ipynb", "x/y/a.ipynb", "x/y/c.ipynb"]
    assert _found(tmp_path, "x", left=Left(gitignore=False)) == everything


def test_a_gitignore_above_the_repository_does_not_hold(tmp_path: Path) -> None:
    _make(tmp_path, "in/.git/HEAD", "in/a.ipynb")
    (tmp_path / ".gitignore").write_text("*\n", encoding="utf-8")
    assert _found(tmp_path, "in") == ["in/a.ipynb"]


def test_excluded_patterns_are_seen_from_their_root(tmp_path: Path) -> None:
    _make(tmp_path, "x/a.ipynb", "x/old/b.ipynb", "old/c.ipynb")
    assert _found(tmp_path, "x", left=Left(root=tmp_path, exclude=("/old",))) == ["x/a.ipynb", "x/old/b.ipynb"]
    assert _found(tmp_path, "x", left=Left(root=tmp_path, exclude=("old/",))) == ["x/a.ipynb"]


def test_globs_are_expanded(tmp_path: Path) -> None:
    _make(tmp_path, "x/a.ipynb", "x/y/b.ipynb", "[1]/c.ipynb")
    assert _found(tmp_path, "x/**/*.ipynb") == ["x/a.ipynb", "x/y/b.ipynb"]
    assert _found(tmp_path, "[1]/c.ipynb") == ["[1]/c.ipynb"]
    assert _found(tmp_path, "z*.ipynb") == ["z*.ipynb"]


def test_links_in_a_circle_end(tmp_path: Path) -> None:
    _make(tmp_path, "x/a.ipynb")
    (tmp_path / "x" / "up").symlink_to(tmp_path)
    assert _found(tmp_path, "") == ["x/a.ipynb"]


@pytest.mark.parametrize(
    ("pattern", "taken"),
    [("drafts/", True), ("drafts/*.ipynb", True), ("*.ipynb", True), ("/a.ipynb", False), ("other/", False)],
)
def test_matching_is_seen_from_the_root(tmp_path: Path, pattern: str, taken: bool) -> None:  # noqa: FBT001 - a parameter
    assert matching(tmp_path / "drafts" / "a.ipynb", tmp_path, [pattern]) is taken
    assert not matching(Path("/elsewhere/a.ipynb"), tmp_path, [pattern])
