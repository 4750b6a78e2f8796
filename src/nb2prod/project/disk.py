"""Project -> disk: the folder appears whole or not at all, and what was there stays until then."""

from __future__ import annotations

import contextlib
import errno
import os
import shutil
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING

from nb2prod.project.model import ProjectError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from nb2prod.project.model import File, Project

RECORD = "nb2prod.json"
_AT_ONCE = 16


def write(project: Project, output: Path, *, force: bool = False) -> None:
    """Write the project to the folder `output`.

    Raises ProjectError, with `output` as it was, when something is there already (with `force`: something that is no
    project made by nb2prod, or holds the sources), and when the disk does not take the project.
    """
    output = output.absolute() if not output.is_symlink() else output.resolve()
    _check_free(output, project, force=force)
    try:
        with _parents(output.parent), _folder_beside(output) as made:
            for file in project.files:
                _write_file(made, file)
            _sync_tree(made)
            _move_in(made, output, project, force=force)
    except OSError as error:
        message = f"the project cannot be written to {output}: {_told(error, output)}; nothing was changed there"
        raise ProjectError(message) from error
    with contextlib.suppress(OSError):  # it is there, and whole
        _sync(output.parent)


def _told(error: OSError, output: Path) -> str:
    """What went wrong, and with which file unless it is one of the hidden folder."""
    named = [str(name) for name in (error.filename, error.filename2) if name and f".{output.name}." not in str(name)]
    return f"{error.strerror or error}{f' ({named[0]})' if named else ''}"


def _check_free(output: Path, project: Project, *, force: bool) -> None:
    if not output.exists():
        return
    if output.is_dir() and not any(output.iterdir()):
        return
    if not force:
        message = f"{output} is there already; choose another folder with --output, or replace it with --force"
        raise ProjectError(message)
    if not (output / RECORD).is_file():
        message = f"{output} is not a project that nb2prod made, so --force does not replace it; choose another folder"
        raise ProjectError(message)
    for inside in (Path.cwd(), *project.sources):
        if inside.resolve().is_relative_to(output.resolve()):
            message = f"{output} holds {inside}, so it is not replaced; choose another folder"
            raise ProjectError(message)


def _write_file(folder: Path, file: File) -> None:
    path = folder / file.path
    path.parent.mkdir(parents=True, exist_ok=True)
    if isinstance(file.content, bytes):
        path.write_bytes(file.content)
    else:
        shutil.copyfile(file.content, path)


def _move_in(made: Path, output: Path, project: Project, *, force: bool) -> None:
    """One rename; an older project steps aside first and comes back if that fails."""
    if not force or not output.exists():
        try:
            made.rename(output)
        except OSError as error:
            if error.errno in {errno.ENOTEMPTY, errno.EEXIST, errno.ENOTDIR}:
                message = f"{output} appeared while the project was being made; it is left as it is"
                raise ProjectError(message) from error
            raise
        return
    _check_free(output, project, force=force)
    aside = Path(tempfile.mkdtemp(prefix=f".{output.name}.old-", dir=output.parent))
    try:
        output.rename(aside / output.name)
        made.rename(output)
    except BaseException:
        if (aside / output.name).exists() and not output.exists():
            (aside / output.name).rename(output)
        aside.rmdir()
        raise
    shutil.rmtree(aside, ignore_errors=True)


@contextlib.contextmanager
def _folder_beside(output: Path) -> Iterator[Path]:
    """Make a hidden folder on the same disk, gone at the end unless it has become the project."""
    made = Path(tempfile.mkdtemp(prefix=f".{output.name}.new-", dir=output.parent))
    try:
        made.chmod(0o777 & ~_umask())
        yield made
    finally:
        shutil.rmtree(made, ignore_errors=True)


@contextlib.contextmanager
def _parents(folder: Path) -> Iterator[None]:
    """Make the folders above the project; those made here go again if it fails."""
    new = [each for each in (folder, *folder.parents) if not each.exists()]
    folder.mkdir(parents=True, exist_ok=True)
    try:
        yield
    except BaseException:
        for each in new:
            with contextlib.suppress(OSError):
                each.rmdir()
        raise


def _umask() -> int:
    mask = os.umask(0o022)
    os.umask(mask)
    return mask


def _sync_tree(folder: Path) -> None:
    """Wait until every file, and every folder's list of files, is on the disk.

    Together they take one trip to the disk: 0.03 s instead of 0.2 s for a project's 35 files.
    """
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        for _ in pool.map(_sync, [folder, *folder.rglob("*")]):
            pass


def _sync(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
