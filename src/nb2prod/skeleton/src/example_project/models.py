"""Model versions on disk: `models/<version>/`, written whole or not at all, and checked before they are loaded."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import datetime, timezone
from functools import lru_cache
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any, BinaryIO, Callable, Iterator

import joblib

from example_project import aliases, profile
from example_project import schema as schemas
from example_project.aliases import VERSION, Aliases, sync
from example_project.errors import ModelError
from example_project.origin import origin, requirements

PIN = "MODEL_SHA256"  # in the environment: the sha256 that the champion's manifest.json must have
_TRAIN = "run: python -m example_project train"


@dataclass(frozen=True)
class Stored:
    """A model version as it was trained."""

    version: str
    model: Any
    learned: Any
    schema: schemas.Schema


Attach = Callable[[Stored, Path], Any]
_in_use: ContextVar[Stored | None] = ContextVar("_in_use", default=None)
_training: ContextVar[tuple[str, tuple[Attach, ...]]] = ContextVar("_training", default=("champion", ()))


def save(
    model: object,
    learned: object,
    schema: schemas.Schema,
    *,
    metrics: dict[str, Any] | None = None,
    root: Path = Path("models"),
) -> Path:
    """Store a new version and make it the champion, unless `training_as` says otherwise; gives its folder."""
    root.mkdir(parents=True, exist_ok=True)
    with aliases.new_folder(root) as folder:
        target = _store(folder, Stored("", model, learned, schema), metrics or {})
    sync(root)
    new, version = _training.get()[0], target.name
    aliases.change(root, lambda known: made_champion(known, version) if new == "champion" else {**known, new: version})
    return target


def _store(folder: Path, made: Stored, metrics: dict[str, Any]) -> Path:
    """Fill the folder and give it its name, from which moment on it is a version."""
    folder.chmod(0o755)
    joblib.dump(made.model, folder / "model.joblib")
    joblib.dump(made.learned, folder / "learned.joblib")
    _write(folder / "schema.json", schemas.dumps(made.schema))
    _write(folder / "metrics.json", json.dumps(_numbers(metrics), indent=1))
    _write(folder / "requirements.txt", requirements())
    reference = made.schema.reference
    if reference is not None:
        _write(folder / "profile.json", profile.dumps(reference.profile))
    with using(made):
        told = {attach.__module__.rpartition(".")[2]: attach(made, folder) for attach in _training.get()[1]}
    digests = {path.name: _file_digest(path) for path in sorted(folder.iterdir())}
    created = datetime.now(timezone.utc)
    version = f"{created:%Y%m%dT%H%M%SZ}-{_digest(digests, created)[:8]}"
    data = reference.fingerprint if reference else None
    manifest = {"version": version, "created": created.isoformat(), "sha256": digests, "data": data, **origin(), **told}
    _write(folder / "manifest.json", json.dumps(manifest, indent=1))
    for path in (*folder.iterdir(), folder):
        sync(path)
    target = folder.with_name(version)
    folder.rename(target)
    return target


def made_champion(known: Aliases, version: str) -> Aliases:
    """The aliases once this version is the champion: who was it before is `previous`."""
    before = known.get("champion")
    rest = {name: other for name, other in known.items() if other != version}
    return {**rest, "champion": version, **({"previous": before} if before and before != version else {})}


@contextlib.contextmanager
def training_as(alias: str, *attached: Attach) -> Iterator[None]:
    """What is saved meanwhile gets this alias, and what these functions add to its folder and its manifest."""
    token = _training.set((alias, attached))
    try:
        yield
    finally:
        _training.reset(token)


@contextlib.contextmanager
def using(stored: Stored) -> Iterator[None]:
    """Let `predict` use this version instead of the champion, in this thread or task only."""
    token = _in_use.set(stored)
    try:
        yield
    finally:
        _in_use.reset(token)


def load(version: str | None = None, root: Path = Path("models")) -> Stored:
    """The stored version, or the one in use: the champion, unless `using` says otherwise.

    Every file is checked against the manifest before it is unpickled, and the champion's manifest against MODEL_SHA256.
    A version never changes, so one that was loaded before is not read again: change nothing in what this gives.
    """
    chosen = _in_use.get()
    if version is None and chosen is not None:
        return chosen
    name = version or current(root)
    if not VERSION.fullmatch(name):
        raise ModelError(f"{name!r} is not the name of a model version")
    folder = root / name
    if not folder.is_dir():
        raise ModelError(f"there is no model version {name} in {root}; {_TRAIN}")
    return _loaded(folder.resolve(), pinned() if version is None else "")


@lru_cache(maxsize=4)
def _loaded(folder: Path, pinned: str) -> Stored:
    about = manifest(folder, pinned)
    digests = about["sha256"]
    model = _load_checked(folder / "model.joblib", digests)
    if "model.onnx" in digests and find_spec("example_project.operate"):
        onnx = import_module("example_project.operate.onnx")
        model = onnx.faster(model, read_checked(folder / "model.onnx", digests), about["onnx"])
    return Stored(
        version=folder.name,
        model=model,
        learned=_load_checked(folder / "learned.joblib", digests),
        schema=schemas.loads(read_checked(folder / "schema.json", digests).decode()),
    )


def current(root: Path = Path("models")) -> str:
    """The name of the version that predict uses: the champion."""
    champion = aliases.read(root).get("champion")
    if champion is None:
        raise ModelError(f"there is no model in {root.resolve()} yet; {_TRAIN}")
    return champion


def versions(root: Path = Path("models")) -> list[str]:
    """All that are stored, the oldest first."""
    if not root.is_dir():
        return []
    return sorted(path.name for path in root.iterdir() if VERSION.fullmatch(path.name) and path.is_dir())


def manifest(folder: Path, pinned: str = "") -> dict[str, Any]:
    """What a version was made from, and the sha256 of its files; `pinned` is what its own sha256 must be."""
    try:
        raw = (folder / "manifest.json").read_bytes()
        content = json.loads(raw)
    except (FileNotFoundError, ValueError) as error:
        raise ModelError(
            f"{folder} has no readable manifest.json: it is not a whole model version; {_TRAIN}"
        ) from error
    if pinned and hashlib.sha256(raw).hexdigest() != pinned:
        raise ModelError(f"{folder / 'manifest.json'} is not the one that {PIN} names: another model was put here")
    if not isinstance(content, dict) or not isinstance(content.get("sha256"), dict):
        raise ModelError(f"{folder / 'manifest.json'} does not list the version's files; {_TRAIN}")
    if content.get("version") != folder.name:
        raise ModelError(
            f"{folder / 'manifest.json'} is of another version ({content.get('version')}): it was put here"
        )
    return content


def check(version: str, root: Path = Path("models")) -> dict[str, Any]:
    """Compare every file of a version with its manifest, unpickling none; gives the manifest."""
    if not VERSION.fullmatch(version):
        raise ModelError(f"{version!r} is not the name of a model version")
    content = manifest(root / version)
    for name in content["sha256"]:
        path = root / version / name
        with _open(path) as file:
            _check(path, _stream_digest(file), content["sha256"])
    return content


def pinned() -> str:
    """The sha256 that the champion's manifest must have; empty where any version may be champion."""
    value = os.environ.get(PIN, "").strip().lower()
    return "" if value == "unknown" else value


def read_checked(path: Path, digests: dict[str, str]) -> bytes:
    """A file of a version, if it is the one that was stored."""
    with _open(path) as file:
        content = file.read()
    _check(path, hashlib.sha256(content).hexdigest(), digests)
    return content


def _numbers(metrics: dict[str, Any]) -> dict[str, float]:
    """Those of the metrics that are one number."""
    found = {}
    for name, value in metrics.items():
        with contextlib.suppress(TypeError, ValueError):
            found[name] = float(value)
    return found


def _write(path: Path, text: str) -> None:
    path.write_text(text, encoding="utf-8")


def _load_checked(path: Path, digests: dict[str, str]) -> Any:
    with _open(path) as file:
        _check(path, _stream_digest(file), digests)
        file.seek(0)
        return joblib.load(file)


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
