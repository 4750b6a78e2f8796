"""Model versions on disk: `models/<version>/`, written whole or not at all, and checked before they are loaded."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import platform
import re
import shutil
import sys
import tempfile
from dataclasses import dataclass
from datetime import datetime, timezone
from functools import lru_cache
from pathlib import Path
from types import ModuleType
from typing import Any, BinaryIO

import joblib

from example_project import schema as schemas
from example_project.errors import ModelError

CURRENT = "current"
_VERSION = re.compile(r"\d{8}T\d{6}Z-[0-9a-f]{8}")
_TRAIN = "run: python -m example_project train"


@dataclass(frozen=True)
class Stored:
    """A model version as it was trained."""

    version: str
    model: Any
    learned: Any
    schema: schemas.Schema


def save(
    model: object,
    learned: object,
    schema: schemas.Schema,
    *,
    metrics: dict[str, Any] | None = None,
    root: Path = Path("models"),
) -> Path:
    """Store a new version and make it the current one; gives its folder."""
    root.mkdir(parents=True, exist_ok=True)
    folder = Path(tempfile.mkdtemp(dir=root, prefix=".new-"))
    try:
        folder.chmod(0o755)
        joblib.dump(model, folder / "model.joblib")
        joblib.dump(learned, folder / "learned.joblib")
        (folder / "schema.json").write_text(schemas.dumps(schema), encoding="utf-8")
        (folder / "metrics.json").write_text(json.dumps(_numbers(metrics or {}), indent=1), encoding="utf-8")
        digests = {path.name: _file_digest(path) for path in sorted(folder.iterdir())}
        created = datetime.now(timezone.utc)
        version = f"{created:%Y%m%dT%H%M%SZ}-{_digest(digests, created)[:8]}"
        manifest = {"version": version, "created": created.isoformat(), "sha256": digests, **_origin()}
        (folder / "manifest.json").write_text(json.dumps(manifest, indent=1), encoding="utf-8")
        for path in folder.iterdir():
            _sync(path)
        target = root / version
        folder.rename(target)
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise
    _sync(root)
    _point(root, version)
    return target


def _numbers(metrics: dict[str, Any]) -> dict[str, float]:
    """Those of the metrics that are one number."""
    found = {}
    for name, value in metrics.items():
        with contextlib.suppress(TypeError, ValueError):
            found[name] = float(value)
    return found


def load(version: str | None = None, root: Path = Path("models")) -> Stored:
    """The stored version, or the current one; every file is checked against the manifest before it is unpickled.

    A version never changes, so one that was loaded before is not read again: change nothing in what this gives.
    """
    name = version or current(root)
    if not _VERSION.fullmatch(name):
        raise ModelError(f"{name!r} is not the name of a model version")
    folder = root / name
    if not folder.is_dir():
        raise ModelError(f"there is no model version {name} in {root}; {_TRAIN}")
    return _loaded(folder.resolve())


@lru_cache(maxsize=4)
def _loaded(folder: Path) -> Stored:
    digests = manifest(folder)["sha256"]
    return Stored(
        version=folder.name,
        model=_load_checked(folder / "model.joblib", digests),
        learned=_load_checked(folder / "learned.joblib", digests),
        schema=schemas.loads(_read_checked(folder / "schema.json", digests)),
    )


def current(root: Path = Path("models")) -> str:
    """The name of the version that predict uses."""
    try:
        return (root / CURRENT).read_text(encoding="utf-8").strip()
    except FileNotFoundError:
        raise ModelError(f"there is no model in {root.resolve()} yet; {_TRAIN}") from None


def manifest(folder: Path) -> dict[str, Any]:
    """What a version was made from, and the sha256 of its files."""
    try:
        content = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    except (FileNotFoundError, ValueError) as error:
        raise ModelError(
            f"{folder} has no readable manifest.json: it is not a whole model version; {_TRAIN}"
        ) from error
    if not isinstance(content, dict) or not isinstance(content.get("sha256"), dict):
        raise ModelError(f"{folder / 'manifest.json'} does not list the version's files; {_TRAIN}")
    return content


def _point(root: Path, version: str) -> None:
    """Make a version the current one, in one step."""
    handle, name = tempfile.mkstemp(dir=root, prefix=".current-")
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        file.write(f"{version}\n")
        file.flush()
        os.fsync(file.fileno())
    Path(name).chmod(0o644)
    Path(name).replace(root / CURRENT)
    _sync(root)


def _load_checked(path: Path, digests: dict[str, str]) -> Any:
    with _open(path) as file:
        _check(path, _stream_digest(file), digests)
        file.seek(0)
        return joblib.load(file)


def _read_checked(path: Path, digests: dict[str, str]) -> str:
    with _open(path) as file:
        content = file.read()
    _check(path, hashlib.sha256(content).hexdigest(), digests)
    return content.decode("utf-8")


def _open(path: Path) -> BinaryIO:
    try:
        return path.open("rb")
    except FileNotFoundError:
        raise ModelError(f"{path} is missing: the model version is not whole; {_TRAIN}") from None


def _check(path: Path, found: str, digests: dict[str, str]) -> None:
    if digests.get(path.name) != found:
        raise ModelError(f"{path} is not the file that train stored (its sha256 differs from the manifest's); {_TRAIN}")


def _stream_digest(file: BinaryIO) -> str:
    digest = hashlib.sha256()
    for block in iter(lambda: file.read(1 << 20), b""):
        digest.update(block)
    return digest.hexdigest()


def _file_digest(path: Path) -> str:
    with path.open("rb") as file:
        return _stream_digest(file)


def _digest(digests: dict[str, str], created: datetime) -> str:
    return hashlib.sha256(f"{sorted(digests.items())} {created.isoformat()} {os.getpid()}".encode()).hexdigest()


def _sync(path: Path) -> None:
    """Wait until a file, or a folder's list of files, is on the disk."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _origin() -> dict[str, Any]:
    """What the model was made with: the notebook, Python, and the libraries that were loaded."""
    libraries = {
        name: str(vars(module)["__version__"])
        for name, module in sorted(sys.modules.items())
        if isinstance(module, ModuleType) and isinstance(vars(module).get("__version__"), str)
        if "." not in name and "-packages" in str(getattr(module, "__file__", ""))
    }
    return {
        "package": "example_project",
        "notebook_sha256": _notebook_sha256(),
        "python": platform.python_version(),
        "libraries": libraries,
    }


def _notebook_sha256() -> str | None:
    for folder in (Path.cwd(), Path(__file__).resolve().parents[2]):
        try:
            digest = json.loads((folder / "nb2prod.json").read_text(encoding="utf-8"))["notebook"]["sha256"]
        except (OSError, ValueError, LookupError, TypeError):
            continue
        return str(digest)
    return None
