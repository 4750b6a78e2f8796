"""What a model version was made from: the notebook, the data, the code, Python and the libraries."""

from __future__ import annotations

import hashlib
import json
import platform
import subprocess
import sys
from datetime import datetime, timezone
from importlib.metadata import distributions
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pandas as pd

STARTED = datetime.now(timezone.utc)  # of the process that trains
_SECONDS = 10


def origin() -> dict[str, Any]:
    """For the manifest."""
    return {
        "package": "example_project",
        "notebook_sha256": _notebook_sha256(),
        "git": git_commit(),
        "started": STARTED.isoformat(),
        "python": platform.python_version(),
        "libraries": _libraries(),
    }


def fingerprint(frame: pd.DataFrame) -> dict[str, Any]:
    """The size of the data and a sha256 that is the same for the same columns, dtypes and values in the same order."""
    digest = hashlib.sha256(repr([(name, str(dtype)) for name, dtype in frame.dtypes.items()]).encode())
    try:
        digest.update(np.ascontiguousarray(pd.util.hash_pandas_object(frame, index=False).to_numpy()).tobytes())
    except TypeError:  # lists and other values that have no hash
        return {"rows": len(frame), "columns": frame.shape[1], "sha256": None}
    return {"rows": len(frame), "columns": frame.shape[1], "sha256": digest.hexdigest()}


def requirements() -> str:
    """The lock that the project has, else the versions that are installed."""
    for folder in _project():
        path = folder / "requirements.txt"
        if path.is_file() and (folder / "nb2prod.json").is_file():
            return path.read_text(encoding="utf-8")
    names = {str(each.metadata["Name"]): each.version for each in distributions() if each.metadata["Name"]}
    lines = "".join(f"{name}=={version}\n" for name, version in sorted(names.items(), key=lambda pair: pair[0].lower()))
    return f"# installed when the model was trained; there was no requirements.txt\n{lines}"


def git_commit() -> str | None:
    """The commit that is checked out, with `-dirty` where files differ from it; None outside of a repository."""
    try:
        line = ["git", "describe", "--always", "--abbrev=40", "--dirty", "--exclude=*"]
        done = subprocess.run(line, capture_output=True, text=True, timeout=_SECONDS, check=False)
    except (OSError, subprocess.SubprocessError):
        return None
    return done.stdout.strip() or None if done.returncode == 0 else None


def _libraries() -> dict[str, str]:
    """Those that are loaded."""
    return {
        name: str(vars(module)["__version__"])
        for name, module in sorted(sys.modules.items())
        if isinstance(module, ModuleType) and isinstance(vars(module).get("__version__"), str)
        if "." not in name and "-packages" in str(getattr(module, "__file__", ""))
    }


def _notebook_sha256() -> str | None:
    for folder in _project():
        try:
            digest = json.loads((folder / "nb2prod.json").read_text(encoding="utf-8"))["notebook"]["sha256"]
        except (OSError, ValueError, LookupError, TypeError):
            continue
        return str(digest)
    return None


def _project() -> tuple[Path, ...]:
    """Where the project's files may lie: here, or around the package."""
    return (Path.cwd(), Path(__file__).resolve().parents[2])
