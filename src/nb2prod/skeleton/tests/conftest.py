"""One training for all tests, in a copy of the project's data, so that models/ is left alone."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Iterator
from urllib.request import Request, urlopen

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


def run(command: str, folder: Path, *arguments: str, **variables: str) -> str:
    """Run one of the project's commands; it must succeed."""
    environment = {**os.environ, "PYTHONPATH": str(PROJECT / "src"), **variables}
    line = [sys.executable, "-m", "example_project", command, *arguments]
    done = subprocess.run(line, cwd=folder, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"{command} failed\n{done.stdout[-2000:]}\n{done.stderr[-4000:]}"
    return done.stdout


@contextmanager
def served(folder: Path, **variables: str) -> Iterator[str]:
    """Give the address of a service of its own, which ends well when it is told to."""
    environment = {**os.environ, "PYTHONPATH": str(PROJECT / "src"), **variables}
    line = [sys.executable, "-u", "-m", "example_project", "serve", "--port", "0"]
    with subprocess.Popen(line, cwd=folder, env=environment, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        said = process.stdout.readline()
        assert "/predict" in said, "the service did not start"
        yield said.split()[-1].replace("/predict", "")
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=30) == 0


def asked(address: str, path: str, content: Any = None) -> Any:
    """The service's answer as JSON."""
    body = None if content is None else json.dumps(content).encode()
    with urlopen(Request(f"{address}{path}", data=body), timeout=60) as answer:
        return json.load(answer)
