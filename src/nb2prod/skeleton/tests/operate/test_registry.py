"""Versions on the command line: listed, compared, promoted and rolled back."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from conftest import run

from example_project import aliases, models


@pytest.fixture
def two(trained: Path) -> tuple[str, str]:
    """The champion and a challenger."""
    champion = models.current()
    run("train", trained, "--as", "challenger")
    return champion, aliases.read(Path("models"))["challenger"]


def said(folder: Path, *arguments: str) -> Any:
    return json.loads(run("models", folder, *arguments, "--json"))


def test_a_challenger_is_promoted_and_rolled_back(trained: Path, two: tuple[str, str]) -> None:
    champion, challenger = two
    assert models.current() == champion
    assert said(trained, "promote") == {"champion": challenger, "previous": champion}
    assert models.current() == challenger
    assert said(trained, "rollback") == {"champion": champion}
    assert models.current() == champion


def test_versions_are_listed_and_compared(trained: Path, two: tuple[str, str]) -> None:
    rows = {row["version"]: row for row in said(trained, "list")}
    assert [rows[version]["aliases"] for version in two] == [["champion"], ["challenger"]]
    compared = said(trained, "compare")
    assert compared["versions"] == list(two)
    assert all(len(values) == 2 for values in compared["metrics"].values())


def test_a_version_says_what_it_was_made_from(trained: Path) -> None:
    shown = said(trained, "show")
    assert shown["version"] == models.current()
    assert shown["data"]["rows"] > 0
    assert "model.joblib" in shown["sha256"]
