"""Tell MLflow of a version that was trained: parameters, metrics, files, and a registered model that predicts."""

from __future__ import annotations

import json
import os
import re
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from example_project import aliases, models, settings
from example_project.errors import ProjectError

DEFAULT = "sqlite:///mlflow.db"  # unless MLFLOW_TRACKING_URI says otherwise
NAME = "example_project"
_PIN = re.compile(r"[A-Za-z0-9][\w.\-\[\],]*==[^\s;\\]+")


def check() -> None:
    """Say that MLflow is missing before anything is trained."""
    if not find_spec("mlflow"):
        raise ProjectError("--tracking mlflow needs MLflow: pip install mlflow")


def track(folder: Path) -> str:
    """Log a version as a run and register it under its alias; gives the name of the registered version."""
    mlflow = import_module("mlflow")
    mlflow.set_tracking_uri(os.environ.get("MLFLOW_TRACKING_URI", DEFAULT))
    mlflow.set_experiment(NAME)
    manifest = models.check(folder.name, folder.parent)
    with mlflow.start_run(run_name=folder.name) as run:
        mlflow.log_params(parameters())
        mlflow.log_metrics(json.loads((folder / "metrics.json").read_text(encoding="utf-8")))
        mlflow.set_tags(tags(manifest))
        mlflow.log_artifacts(str(folder), "version")
        logged = _log_model(folder)
    registered = mlflow.register_model(logged.model_uri, NAME, tags={"version": folder.name})
    client = mlflow.MlflowClient()
    for alias, version in aliases.read(folder.parent).items():
        if version == folder.name:
            client.set_registered_model_alias(NAME, alias, registered.version)
    return f"run {run.info.run_id}, registered as {NAME} version {registered.version}"


def _log_model(folder: Path) -> Any:
    """The version with the code that predicts with it: what MLflow unpickles first is only a class of ours."""
    pyfunc = import_module("mlflow.pyfunc")
    model = import_module("example_project.operate.tracked_model").TrackedModel()
    return pyfunc.log_model(
        name="model",
        python_model=model,
        artifacts={"version": str(folder)},
        code_paths=[str(Path(__file__).resolve().parents[1])],
        pip_requirements=pins(folder),
    )


def pins(folder: Path) -> list[str]:
    """What the version was trained with, without the hashes, which MLflow does not read."""
    lines = (folder / "requirements.txt").read_text(encoding="utf-8").splitlines()
    return [found[0] for line in lines if (found := _PIN.match(line))]


def parameters() -> dict[str, Any]:
    """The settings that are plain values."""
    plain = (str, int, float, bool, Path)
    return {name: value for name, value in vars(settings).items() if name.isupper() and isinstance(value, plain)}


def tags(manifest: dict[str, Any]) -> dict[str, str]:
    """What the version was made from."""
    data = manifest.get("data") or {}
    found = {
        "version": manifest["version"],
        "notebook_sha256": manifest.get("notebook_sha256"),
        "git": manifest.get("git"),
        "data_sha256": data.get("sha256"),
        "data_rows": data.get("rows"),
    }
    return {name: str(value) for name, value in found.items() if value is not None}
