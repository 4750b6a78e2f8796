"""Retraining: the gate asks before there is a challenger, and its decision is stored."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from conftest import PROJECT

from example_project import aliases, data, models
from example_project.operate.store import Store


def retrain(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "PYTHONPATH": str(PROJECT / "src"), "DATABASE_URL": f"sqlite:///{folder}/decided.db"}
    line = [sys.executable, "-m", "example_project", "retrain", *arguments]
    return subprocess.run(line, cwd=folder, env=environment, capture_output=True, text=True, check=False)


def test_the_gate_decides_and_its_decision_is_stored(trained: Path) -> None:
    settings = __import__("example_project.settings").settings
    path = getattr(settings, "TRAINING_DATA", None)
    target = models.load().schema.target
    if path is None or not hasattr(data, "load") or len(target) != 1 or target[0] not in data.load().columns:
        pytest.skip("NOT TESTED: the notebook reads no file that has the answers")
    champion, before = models.current(), models.versions()
    done = retrain(trained, str(path), "--rows", "5")
    assert done.returncode in {0, 1}, done.stderr
    (decision,) = Store(f"sqlite:///{trained}/decided.db").decided()
    assert models.current() == champion
    assert set(before) < set(models.versions()), done.stdout
    if done.returncode == 0:
        assert aliases.read(Path("models"))["challenger"] == decision["version"]
    assert decision["kind"] == ("refused" if done.returncode else "challenger")
    assert decision["facts"]["champion"] == champion


def test_without_labelled_rows_nothing_is_trained(trained: Path) -> None:
    target = models.load().schema.target
    before = models.versions()
    done = retrain(trained)
    assert done.returncode == (1 if len(target) == 1 and hasattr(data, "load") else 2), done.stdout + done.stderr
    assert models.versions() == before
