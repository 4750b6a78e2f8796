"""Patterns mean what git says they mean."""

import subprocess
from pathlib import Path

import pytest

from nb2prod.lint.patterns import covers, patterns, verdict

PATHS = [
    "a.ipynb",
    "b.ipynb",
    "#a.ipynb",
    "!a.ipynb",
    "a b.ipynb",
    "x/a.ipynb",
    "x/y/a.ipynb",
    "x/y/z/a.ipynb",
    "drafts/a.ipynb",
    "x/drafts/b.ipynb",
    "x/drafts",
    "y1/a.ipynb",
    "y[1]/a.ipynb",
    "ü/a.ipynb",
]

LINES = [
    ["a.ipynb"],
    ["/a.ipynb"],
    ["*.ipynb", "!a.ipynb"],
    ["x/*.ipynb"],
    ["x/**/a.ipynb"],
    ["**/y/a.ipynb"],
    ["x/**"],
    ["drafts/"],
    ["/drafts/"],
    ["drafts"],
    ["x/drafts/"],
    ["# a.ipynb", "", "  ", "b.ipynb   "],
    [r"\#a.ipynb", r"\!a.ipynb"],
    ["[ab].ipynb"],
    ["[!a].ipynb"],
    ["?.ipynb"],
    ["y?/"],
    [r"y\[1\]/"],
    ["y[[]1]/"],
    ["x/*/a.ipynb"],
    ["*"],
    ["*", "!*/", "!a.ipynb"],
    ["ü"],
    ["a b.ipynb"],
    ["a\\ b.ipynb"],
    ["/"],
    ["x/y/"],
    ["[a"],
]


@pytest.fixture(scope="module")
def repository(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("repository")
    subprocess.run(["git", "init", "-q", str(folder)], check=True)  # noqa: S603, S607 - the git that is there
    for path in PATHS:
        place = folder / path
        if place.suffix:
            place.parent.mkdir(parents=True, exist_ok=True)
            place.touch()
    return folder


@pytest.mark.parametrize("lines", LINES, ids=" ".join)
def test_patterns_take_what_git_ignores(lines: list[str], repository: Path) -> None:
    (repository / ".gitignore").write_text("\n".join(lines), encoding="utf-8")
    files = [path for path in PATHS if (repository / path).is_file()]
    said = subprocess.run(
        ["git", "-c", "core.quotePath=false", "check-ignore", "--stdin", "-z"],  # noqa: S607 - as above
        cwd=repository,
        input="\0".join(files).encode(),
        capture_output=True,
        check=False,
    )
    ignored = set(said.stdout.decode().split("\0")) - {""}
    assert {path for path in files if covers(patterns(lines), path)} == ignored


def test_the_last_pattern_that_matches_decides() -> None:
    rules = patterns(["*.ipynb", "!a.ipynb"])
    assert verdict(rules, "b.ipynb", folder=False) is True
    assert verdict(rules, "a.ipynb", folder=False) is False
    assert verdict(rules, "a.txt", folder=False) is None
