"""An emitted project's image, really built and run, with whatever engine is there.

NB2PROD_IMAGE_BUILD is a command that builds `CONTEXT IMAGE`, where `docker build` alone does not do.
"""

from __future__ import annotations

import hashlib
import json
import os
import shlex
import shutil
import subprocess
import sys
import time
import uuid
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd
import pytest

from nb2prod.cli import run as nb2prod
from nb2prod.requirements.lockers import find_uv

if TYPE_CHECKING:
    from collections.abc import Iterator

NOTEBOOK = Path(__file__).parent.parent / "fixtures" / "churn" / "churn.ipynb"
PYTHON = (3, 11)
HARDENED = ("--network=none", "--read-only", "--tmpfs=/tmp", "--cap-drop=all", "--security-opt=no-new-privileges")
RUN_OPTIONS = shlex.split(os.environ.get("NB2PROD_IMAGE_RUN", ""))
ASK = (
    "import sys, urllib.request as r; "
    "print(r.urlopen(r.Request('http://127.0.0.1:8000' + sys.argv[1], data=sys.stdin.buffer.read() or None)).read()"
    ".decode())"
)


@pytest.fixture(scope="module")
def engine() -> str:
    """The engine that runs images; without one that has the base image, the test is skipped, and says so."""
    if sys.version_info[:2] != PYTHON:
        pytest.skip(f"NOT TESTED: the notebook's Python is {PYTHON}, and models go only to the Python that made them")
    base = f"python:{PYTHON[0]}.{PYTHON[1]}-slim-bookworm"
    for name in ("docker", "podman"):
        tries = (("image", "inspect", base), ("pull", base))
        if shutil.which(name) and any(call(name, *words).returncode == 0 for words in tries):
            return name
    pytest.skip(f"NOT TESTED: neither docker nor podman is here with {base}: no image was built or run")


def call(*words: str, given: str = "", seconds: float = 900) -> subprocess.CompletedProcess[str]:
    return subprocess.run(  # noqa: S603 - an engine that was found
        words, input=given, capture_output=True, text=True, timeout=seconds, check=False
    )


def checked(*words: str, given: str = "") -> str:
    done = call(*words, given=given)
    assert done.returncode == 0, f"{words}\n{done.stdout[-2000:]}\n{done.stderr[-4000:]}"
    return done.stdout


@pytest.fixture(scope="module")
def project(engine: str, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project that asks for the very versions that are here, so that the image can load what is trained here."""
    assert engine
    folder = tmp_path_factory.mktemp("image") / "churn"
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("VIRTUAL_ENV", sys.prefix)
        assert nb2prod(["convert", str(NOTEBOOK), "-o", str(folder)]) == 0
    record = json.loads((folder / "nb2prod.json").read_text("utf-8"))
    assert record["lock"]["status"] == "ok", record["lock"]
    environment = {**os.environ, "PYTHONPATH": str(folder / "src")}
    # trained with the lock and nothing else: with pyarrow at hand, pandas stores its texts in a way that needs pyarrow
    uv = find_uv() or "uv"
    python = str(folder.parent / "venv" / "bin" / "python")
    checked(uv, "venv", "--quiet", "--python", sys.executable, str(folder.parent / "venv"))
    checked(uv, "pip", "install", "--quiet", "--python", python, "--require-hashes", "-r", f"{folder}/requirements.txt")
    subprocess.run([python, "-m", "churn", "train"], cwd=folder, env=environment, check=True)  # noqa: S603 - ourselves
    command = [python, "-m", "churn", "predict", "data/churn.csv", "--output", "local.csv"]
    subprocess.run(command, cwd=folder, env=environment, check=True)  # noqa: S603 - ourselves
    return folder


@pytest.fixture
def container(project: Path, engine: str) -> Iterator[tuple[str, str]]:
    """The service's container, as a cluster that trusts nobody would run it."""
    name, program = f"nb2prod-{uuid.uuid4().hex[:12]}", engine
    image = f"localhost/{name}:1"
    words = build_command(program, project, image)
    version = champion(project)
    digest = hashlib.sha256((project / "models" / version / "manifest.json").read_bytes()).hexdigest()
    checked(*words, "--build-arg", f"MODEL_VERSION={version}", "--build-arg", f"MODEL_SHA256={digest}")
    try:
        checked(program, "run", "--detach", "--name", name, *HARDENED, *RUN_OPTIONS, image)
        yield program, name
    finally:
        call(program, "rm", "--force", name)
        call(program, "rmi", "--force", image)


def build_command(program: str, project: Path, image: str) -> list[str]:
    if own := shlex.split(os.environ.get("NB2PROD_IMAGE_BUILD", "")):
        return [*own, str(project), image]
    return [program, "build", "--tag", image, str(project)]


def champion(project: Path) -> str:
    lines = (project / "models" / "aliases").read_text("utf-8").splitlines()
    return next(version for name, _, version in (line.partition("=") for line in lines) if name == "champion")


def ask(container: tuple[str, str], path: str, given: str = "") -> str:
    program, name = container
    return checked(program, "exec", "--interactive", name, "python", "-c", ASK, path, given=given)


def test_the_image_predicts_what_is_predicted_here(project: Path, container: tuple[str, str]) -> None:
    program, name = container
    for _ in range(100):
        if call(program, "exec", name, "python", "-c", ASK, "/healthz").returncode == 0:
            break
        time.sleep(0.2)
    version = champion(project)
    assert json.loads(ask(container, "/healthz")) == {"status": "ok", "version": version}
    rows = json.loads(pd.read_csv(project / "data" / "churn.csv").head(20).to_json(orient="records"))
    answers = json.loads(ask(container, "/predict", json.dumps({"rows": rows})))["answers"]
    local = pd.read_csv(project / "local.csv").head(20)
    assert [each["prediction"] for each in answers] == local["prediction"].tolist()
    probability = next(column for column in local if str(column).startswith("probability_"))
    assert [each[probability] for each in answers] == pytest.approx(local[probability].tolist(), abs=1e-9)
    assert checked(program, "exec", name, "python", "-c", "import os; print(os.getuid())").strip() == "10001"
    denied = call(program, "exec", name, "python", "-c", "open('/app/src/x', 'w')")
    assert "Read-only file system" in denied.stderr
    labels = json.loads(checked(program, "inspect", name))[0]["Config"]["Labels"]
    manifest = (project / "models" / version / "manifest.json").read_bytes()
    assert labels["org.opencontainers.image.version"] == labels["model.version"] == version
    assert labels["model.manifest.sha256"] == hashlib.sha256(manifest).hexdigest()
    assert call(program, "exec", name, "sh", "-c", "command -v gcc cc").stdout == ""
    checked(program, "stop", "--time", "20", name)
    state = json.loads(checked(program, "inspect", name))[0]["State"]
    assert state["ExitCode"] == 0, checked(program, "logs", name)


def test_labels_of_another_model_are_no_image(project: Path, engine: str) -> None:
    arguments = ("--build-arg", f"MODEL_VERSION={champion(project)}", "--build-arg", f"MODEL_SHA256={'0' * 64}")
    image = f"localhost/nb2prod-{uuid.uuid4().hex[:12]}:1"
    assert call(*build_command(engine, project, image), *arguments).returncode != 0


def test_the_batch_job_trains_in_its_image(project: Path, engine: str, tmp_path: Path) -> None:
    image = f"localhost/nb2prod-{uuid.uuid4().hex[:12]}:1"
    checked(*build_command(engine, project, image), "--target", "batch")
    (tmp_path / "models").mkdir()
    (tmp_path / "models").chmod(0o777)
    try:
        mounted = f"--volume={tmp_path / 'models'}:/app/models"
        checked(engine, "run", "--rm", *HARDENED, *RUN_OPTIONS, mounted, image)
    finally:
        call(engine, "rmi", "--force", image)
    trained, here = (json.loads(metrics(folder).read_text("utf-8")) for folder in (tmp_path, project))
    assert trained == here


def metrics(folder: Path) -> Path:
    return folder / "models" / champion(folder) / "metrics.json"
