"""Temporary copies of the notebook's folder and of the project: what runs may change only these."""

from __future__ import annotations

import os
import shutil
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from nb2prod.verify.accounting import Accounting

PROBE = "nb2prod_probe"
_NOT_COPIED = frozenset({"__pycache__", "node_modules", "venv", "env", "site-packages"})
_LARGE = 20 * 2**20  # a file this large is copied only when the notebook names it
_BUDGET = 500 * 2**20  # and of what it does not name, no more than this


@dataclass(frozen=True, slots=True)
class Folders:
    """Everything of one verification, below one temporary folder."""

    root: Path
    depth: int

    @property
    def probe(self) -> Path:
        """On the path of both interpreters."""
        return self.root / "probe"

    def notebook(self, run: str) -> Path:
        """The folder in which the notebook runs; as deep as its relative paths climb."""
        return self.root.joinpath(run, *("deep",) * self.depth, "notebook")

    def project(self, run: str) -> Path:
        """The project's copy of a run."""
        return self.root / run / "project"

    def seen(self, run: str) -> Path:
        """Where a run records values."""
        return self.root / run / "seen"


def prepare(root: Path, accounting: Accounting) -> Folders:
    """Put the probe in place."""
    climbs = [_climbs(data.written) for data in accounting.data]
    folders = Folders(root, max([0, *climbs]))
    ignore = shutil.ignore_patterns("__pycache__")
    shutil.copytree(Path(__file__).parent / "probe", folders.probe / PROBE, ignore=ignore)
    return folders


def copy_notebook_folder(folders: Folders, run: str, accounting: Accounting, project: Path, text: str) -> Path:
    """The notebook's surroundings: the files of its folder, and its data where it reads them. `text`: its code."""
    target = folders.notebook(run)
    target.mkdir(parents=True)
    if accounting.folder is not None:
        for source, relative in _files(accounting.folder, {project.resolve()}, text):
            _copy(source, target / relative)
    for data in accounting.data:
        place = Path(os.path.normpath(target / data.written))
        found = _source(data.source, data.written, data.target, accounting, project)
        if found is not None and place.is_relative_to(folders.root / run) and not place.exists():
            _copy(found, place)
    return target


def copy_project(folders: Folders, run: str, accounting: Accounting, project: Path) -> Path:
    """The project without the models it has made, with the data that was too large to be written into it."""
    target = folders.project(run)

    def ignored(folder: str, names: list[str]) -> set[str]:
        left_out = {"__pycache__", ".venv", ".git", *({"models"} if Path(folder) == project else ())}
        return left_out & set(names)

    shutil.copytree(project, target, ignore=ignored)
    for data in accounting.data:
        if data.target is None or (target / data.target).exists():
            continue
        found = _source(data.source, data.written, None, accounting, project)
        if found is not None:
            _copy(found, target / data.target)
    return target


def _source(
    source: Path | None, written: str, target: str | None, accounting: Accounting, project: Path
) -> Path | None:
    """Where a data file is now: as recorded, in the project, or beside the notebook."""
    beside = accounting.folder / written if accounting.folder is not None else None
    candidates = (source, project / target if target else None, beside)
    return next((one for one in candidates if one is not None and one.is_file()), None)


def _climbs(written: str) -> int:
    """How many folders a relative path goes up."""
    level = lowest = 0
    for part in PurePosixPath(written).parts:
        level += {"..": -1, "/": 0}.get(part, 1)
        lowest = min(lowest, level)
    return -lowest


def _files(folder: Path, without: set[Path], text: str) -> Iterator[tuple[Path, Path]]:
    """Files to copy, near ones first; large ones only when the notebook's code names them."""
    budget = _BUDGET
    level = [folder]
    while level:
        below: list[Path] = []
        for each in level:
            for path in sorted(each.iterdir()):
                if path.name.startswith(".") or path.name in _NOT_COPIED or path.resolve() in without:
                    continue
                if path.is_dir() and not path.is_symlink():
                    below.append(path)
                elif path.is_file():
                    size, named = path.stat().st_size, path.name in text
                    if named or (size <= _LARGE and size <= budget):
                        budget -= 0 if named else size
                        yield path, path.relative_to(folder)
        level = below


def _copy(source: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(source, target)
