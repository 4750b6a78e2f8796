"""Options of our own."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pathlib import Path


def pytest_addoption(parser: pytest.Parser) -> None:
    """`pytest tests/test_golden.py --update-golden` accepts what is emitted now; review it as a diff."""
    parser.addoption(
        "--update-golden", action="store_true", help="write tests/golden/ anew instead of comparing with it"
    )


@pytest.fixture(autouse=True)
def _cache(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Nothing that a test finds is kept for another one, nor in the folder the tests run in."""
    folder = tmp_path_factory.mktemp("cache")
    monkeypatch.setenv("NB2PROD_CACHE_DIR", str(folder))
    return folder
