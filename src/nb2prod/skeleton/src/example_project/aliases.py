"""Which version is champion, challenger and previous: one small file, changed in one step and by one process at a time.

`models/aliases` has a line `champion=VERSION` for each, so that a shell can read it too: `. models/aliases`.
"""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import tempfile
from pathlib import Path
from typing import Callable, Dict, Iterator

from example_project.errors import ModelError

try:
    import fcntl
except ImportError:  # Windows: there, one process at a time is up to the person
    fcntl = None  # type: ignore[assignment]

FILE, LOCK, _STAGING = "aliases", ".lock", ".new-"
NAMES = ("champion", "challenger", "previous")
VERSION = re.compile(r"\d{8}T\d{6}Z-[0-9a-f]{8}")
Aliases = Dict[str, str]


def read(root: Path) -> Aliases:
    """The versions by alias; none where nothing has been trained yet."""
    try:
        lines = (root / FILE).read_text(encoding="utf-8").splitlines()
    except FileNotFoundError:
        return {}
    found = {name: version for name, _, version in (line.partition("=") for line in lines)}
    for name, version in found.items():
        if name not in NAMES or not VERSION.fullmatch(version):
            raise ModelError(f"{root / FILE} has a line {name}={version} that names no model version")
    return found


def change(root: Path, step: Callable[[Aliases], Aliases]) -> Aliases:
    """Replace the aliases by what `step` makes of them; nobody else changes them meanwhile. Gives the new ones."""
    with locked(root):
        new = step(dict(read(root)))
        text = "".join(f"{name}={new[name]}\n" for name in NAMES if name in new)
        write(root, FILE, text)
        return new


def write(root: Path, name: str, text: str) -> None:
    """Replace a small file in one step; it is on the disk afterwards. Call it while nobody else may (`locked`)."""
    handle, new = tempfile.mkstemp(dir=root, prefix=f".{name}-")
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        Path(new).chmod(0o644)
        Path(new).replace(root / name)
    except BaseException:
        Path(new).unlink()
        raise
    sync(root)


@contextlib.contextmanager
def locked(root: Path) -> Iterator[None]:
    """Wait until no other process changes aliases; the lock ends with the process, however that ends."""
    handle = os.open(root / LOCK, os.O_RDWR | os.O_CREAT, 0o644)
    try:
        if fcntl is not None:
            fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)


@contextlib.contextmanager
def new_folder(root: Path) -> Iterator[Path]:
    """A hidden folder to fill; what processes that were killed have left of theirs goes away on this occasion."""
    handle = None
    with locked(root):
        for left in root.glob(f"{_STAGING}*"):
            if not _is_held(left):
                shutil.rmtree(left, ignore_errors=True)
        folder = Path(tempfile.mkdtemp(dir=root, prefix=_STAGING))
        if fcntl is not None:
            handle = os.open(folder, os.O_RDONLY)
            fcntl.flock(handle, fcntl.LOCK_EX)
    try:
        yield folder
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise
    finally:
        if handle is not None:
            os.close(handle)


def _is_held(folder: Path) -> bool:
    """Whether the process that fills this folder is still there."""
    if fcntl is None:
        return True
    try:
        handle = os.open(folder, os.O_RDONLY)
    except FileNotFoundError:
        return True
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return True
    finally:
        os.close(handle)
    return False


def sync(path: Path) -> None:
    """Wait until a file, or a folder's list of files, is on the disk."""
    if os.name == "nt" and path.is_dir():  # a folder cannot be opened there
        return
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
