"""One training for all tests, in a copy of the project's data, so that models/ is left alone."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Iterator

import pytest

PROJECT = Path(__file__).resolve().parents[1]


@pytest.fixture(scope="session")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the project's data in which the commands run."""
    path = PROJECT / "nb2prod.json"
    record = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {"train": {"status": "ok"}, "data": []}
    if record["train"]["status"] != "ok":
        pytest.skip("NOT TESTED: train could not be made from the notebook; HANDOFF.md says why")
    for each in record["data"]:
        if each["target"] and not (PROJECT / each["target"]).exists():
            why = f"the data file {each['target']} is not here ({each['reason']})"
            pytest.skip(f"NOT TESTED: {why}; README.md says what to bring")
    folder = tmp_path_factory.mktemp("project")
    if (PROJECT / "data").is_dir():
        shutil.copytree(PROJECT / "data", folder / "data")
    return folder


@pytest.fixture(scope="session")
def trained(place: Path) -> Iterator[Path]:
    """The same folder after `train`; tests of predict run inside it."""
    run("train", place)
    before = Path.cwd()
    os.chdir(place)
    yield place
    os.chdir(before)


def run(command: str, folder: Path, *arguments: str) -> str:
    """Run one of the project's commands; it must succeed."""
    environment = {**os.environ, "PYTHONPATH": str(PROJECT / "src")}
    line = [sys.executable, "-m", "example_project", command, *arguments]
    done = subprocess.run(line, cwd=folder, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"{command} failed\n{done.stdout[-2000:]}\n{done.stderr[-4000:]}"
    return done.stdout
