"""The commands run from beginning to end."""

from __future__ import annotations

from pathlib import Path


def test_train_runs(trained: Path) -> None:
    assert trained.is_dir()
