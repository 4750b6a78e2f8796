"""A candidate: the notebook's training on other rows, in a process and a copy of the folder of its own.

The version that comes out lies in `models/` and has no alias: nobody is answered by it. The process begins with a given
seed (also that of Python's hashes), so that the same rows, files, seed and environment give the same model, unless the
notebook draws from a generator that it made without a seed.
"""

from __future__ import annotations

import argparse
import os
import random
import shutil
import subprocess
import sys
import tempfile
from importlib import import_module
from pathlib import Path
from typing import Any, Mapping

import joblib
import numpy as np
import pandas as pd

from example_project.errors import DataError, ModelError

_OURS = ("models", "store", "src", "tests", "notebooks", "pictures", "k8s")  # training reads nothing there
_LARGE = 50_000_000  # bytes of a file that is linked instead of copied
_TOLD = 15  # lines of a traceback


def trained(rows: pd.DataFrame, files: Mapping[Path, Path], *, seed: int = 0, fast: str = "no") -> str:
    """Train on these raw rows; gives the version. `files` take the place of the project's, by their relative paths.

    Raises ModelError with the end of the traceback where training fails.
    """
    with tempfile.TemporaryDirectory(prefix="retrain-") as name:
        place = Path(name)
        copy_project(Path.cwd(), place / "project", files)
        joblib.dump(rows, place / "rows.joblib")
        line = [sys.executable, "-m", "example_project.operate.candidate", str(place), str(seed), fast]
        folder, environment = place / "project", {**os.environ, **_environment(seed)}
        done = subprocess.run(line, cwd=folder, env=environment, capture_output=True, text=True, check=False)
        if done.returncode:
            end = "\n".join(done.stderr.strip().splitlines()[-_TOLD:])
            raise ModelError(f"training on these rows failed:\n{end}")
        return (place / "version").read_text(encoding="utf-8")


def copy_project(source: Path, target: Path, files: Mapping[Path, Path]) -> None:
    """What training may read, at the same relative paths, and the real `models/`."""
    target.mkdir()
    for each in sorted(source.iterdir()):
        if each.name.startswith(".") or each.name in _OURS or (each / "pyvenv.cfg").exists():
            continue
        if each.is_dir():
            shutil.copytree(each, target / each.name, copy_function=_copied)
        else:
            _copied(str(each), str(target / each.name))
    for path, new in files.items():
        (target / path).parent.mkdir(parents=True, exist_ok=True)
        (target / path).unlink(missing_ok=True)
        _copied(str(new), str(target / path))
    (source / "models").mkdir(exist_ok=True)
    (target / "models").symlink_to((source / "models").resolve(), target_is_directory=True)


def _copied(source: str, target: str) -> None:
    """A copy, which training may overwrite; a large file is only linked."""
    if Path(source).stat().st_size > _LARGE:
        Path(target).symlink_to(Path(source).resolve())
    else:
        shutil.copyfile(source, target)


def _environment(seed: int) -> dict[str, str]:
    """Where the package lies, and the repository, since the process runs elsewhere."""
    paths = [str(Path(__file__).resolve().parents[2]), *filter(None, [os.environ.get("PYTHONPATH")])]
    found = {"PYTHONHASHSEED": str(seed), "PYTHONPATH": os.pathsep.join(paths)}
    line = ["git", "rev-parse", "--absolute-git-dir", "--show-toplevel"]
    try:
        done = subprocess.run(line, capture_output=True, text=True, timeout=10, check=False)
    except (OSError, subprocess.SubprocessError):
        return found
    if done.returncode == 0:
        found["GIT_DIR"], found["GIT_WORK_TREE"] = done.stdout.split("\n")[:2]
    return found


def _train(place: Path, seed: int, fast: str) -> None:
    """What the process does: the training as it is, where `data.load` gives the rows."""
    rows, given = joblib.load(place / "rows.joblib"), []

    def load(*_: Any, **__: Any) -> pd.DataFrame:
        given.append(len(rows))
        return rows.copy()

    data: Any = import_module("example_project.data")
    import_module("example_project.train")
    data.load = load
    _seed(seed)
    stored = import_module("example_project.__main__").trained(argparse.Namespace(alias="candidate", fast=fast))
    if stored is None or not given:
        why = "stored no model" if stored is None else "read none of the new rows"
        raise DataError(f"the training {why}: retrain cannot be used with this notebook")
    (place / "version").write_text(stored.name, encoding="utf-8")


def _seed(seed: int) -> None:
    """The global generators; a notebook that seeds them itself does so later."""
    random.seed(seed)
    np.random.seed(seed)  # noqa: NPY002 - it is this one that a notebook draws from
    if "torch" in sys.modules:
        sys.modules["torch"].manual_seed(seed)
    if "tensorflow" in sys.modules:
        sys.modules["tensorflow"].random.set_seed(seed)


if __name__ == "__main__":
    _train(Path(sys.argv[1]), int(sys.argv[2]), sys.argv[3])
