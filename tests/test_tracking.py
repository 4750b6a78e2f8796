"""`train --tracking mlflow`: a real server gets the run, the files and a registered model that predicts the same."""

from __future__ import annotations

import importlib.util
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

SKELETON = Path(__file__).resolve().parents[1] / "src" / "nb2prod" / "skeleton"
PYTHON = os.environ.get("NB2PROD_MLFLOW_PYTHON", sys.executable)
WAIT = 120.0

pytestmark = pytest.mark.skipif(
    "NB2PROD_MLFLOW_PYTHON" not in os.environ and importlib.util.find_spec("mlflow") is None,
    reason="NOT TESTED: MLflow is not installed (600 MB; NB2PROD_MLFLOW_PYTHON names a Python that has it)",
)

CHECK = """
import json, sys
from pathlib import Path
import mlflow, pandas as pd
from example_project import models
from example_project.__main__ import read
from example_project.predict import answers
mlflow.set_tracking_uri(sys.argv[1])
client = mlflow.MlflowClient()
registered = client.get_model_version_by_alias("example_project", "champion")
run = client.search_runs([client.get_experiment_by_name("example_project").experiment_id])[0]
frame = read(Path("data/shipments.csv"))
loaded = mlflow.pyfunc.load_model("models:/example_project@champion")
pd.testing.assert_frame_equal(loaded.predict(frame), answers(frame))
print("FOUND" + json.dumps([
    models.current(),
    registered.tags["version"],
    run.data.tags["version"],
    run.data.params["SEED"],
    round(run.data.metrics["accuracy"], 3),
    sorted(Path(each.path).name for each in client.list_artifacts(run.info.run_id, "version")),
]))
"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    left = shutil.ignore_patterns("__pycache__", ".*_cache", "pictures", "2*Z-*", "aliases", ".lock")
    return Path(shutil.copytree(SKELETON, tmp_path / "project", ignore=left))


@pytest.fixture
def server(tmp_path: Path) -> Iterator[str]:
    """Run MLflow's own server on this machine, with SQLite behind it."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    line = [PYTHON, "-m", "mlflow", "server", "--host", "127.0.0.1", "--port", str(port), "--workers", "1"]
    line += [
        "--backend-store-uri",
        f"sqlite:///{tmp_path}/server.db",
        "--artifacts-destination",
        str(tmp_path / "files"),
    ]
    with subprocess.Popen(line, cwd=tmp_path, start_new_session=True) as process:  # noqa: S603 - the server under test
        try:
            _wait_for(port, process)
            yield f"http://127.0.0.1:{port}"
        finally:
            os.killpg(process.pid, signal.SIGTERM)


def _wait_for(port: int, process: subprocess.Popen[bytes]) -> None:
    end = time.monotonic() + WAIT
    with socket.socket() as probe:
        while probe.connect_ex(("127.0.0.1", port)):
            assert process.poll() is None, "MLflow's server did not start"
            assert time.monotonic() < end, "MLflow's server did not answer"
            time.sleep(0.2)


def command(folder: Path, uri: str | None, *arguments: str) -> str:
    environment = {**os.environ, "PYTHONPATH": str(folder / "src"), "GIT_PYTHON_REFRESH": "quiet"}
    environment.pop("MLFLOW_TRACKING_URI", None)
    environment |= {"MLFLOW_TRACKING_URI": uri} if uri else {}
    done = subprocess.run(  # noqa: S603 - our own commands
        [PYTHON, *arguments], cwd=folder, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, f"{done.stdout}\n{done.stderr}"
    return done.stdout


def checked(folder: Path, uri: str) -> None:
    said = command(folder, uri, "-c", CHECK, uri)
    current, registered, tagged, seed, accuracy, files = eval(said.partition("FOUND")[2])  # noqa: S307 - our own list
    assert current == registered == tagged
    assert (seed, accuracy) == ("7", 0.842)
    assert {"manifest.json", "model.joblib", "profile.json"} <= set(files)


def test_a_real_server_gets_the_run_and_a_model_that_predicts_the_same(project: Path, server: str) -> None:
    said = command(project, server, "-m", "example_project", "train", "--tracking", "mlflow")
    assert "registered as example_project version 1" in said
    checked(project, server)
    said = command(project, server, "-m", "example_project", "train", "--tracking", "mlflow")
    assert "registered as example_project version 2" in said
    checked(project, server)


def test_without_a_server_there_is_a_file(project: Path) -> None:
    command(project, None, "-m", "example_project", "train", "--tracking", "mlflow")
    assert (project / "mlflow.db").is_file()
    checked(project, "sqlite:///mlflow.db")
