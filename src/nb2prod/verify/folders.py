"""Temporary copies of the notebook's folder and of the project: what runs may change only these."""

from __future__ import annotations

import os
import re
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from nb2prod.verify.accounting import Accounting

PROBE = "nb2prod_probe"
_NOT_COPIED = frozenset({"__pycache__", "node_modules", "venv", "env", "site-packages"})
_LARGE = 20 * 2**20  # a file this large is copied only when the notebook names it
_BUDGET = 500 * 2**20  # and of what it does not name, no more than this
_ENTRIES = 5000  # nor more files and folders than this
_CLIMB = re.compile(r"(?:\.\.[/\\]+)+")


@dataclass(frozen=True, slots=True)
class Folders:
    """Everything of one verification, below one temporary folder.

    The notebook runs in `below`: its own folder, in those above it that its paths climb to; `depth` more are above.
    """

    root: Path
    depth: int
    below: tuple[str, ...]

    @property
    def probe(self) -> Path:
        """On the path of both interpreters."""
        return self.root / "probe"

    def notebook(self, run: str) -> Path:
        """Give the folder in which the notebook runs; as deep as its relative paths climb."""
        return self.root.joinpath(run, *("deep",) * self.depth, *self.below)

    def project(self, run: str) -> Path:
        """Give the project's copy of a run."""
        return self.root / run / "project"

    def seen(self, run: str) -> Path:
        """Where a run records values."""
        return self.root / run / "seen"


def prepare(root: Path, accounting: Accounting, text: str) -> Folders:
    """Put the probe in place; `text` is the notebook's code."""
    climbs = max([0, *(found.group().count("..") for found in _CLIMB.finditer(text))])
    inside = accounting.folder.parts[1:] if accounting.folder is not None else ()
    below = inside[-1 - climbs :] if len(inside) > climbs + 1 else inside[-1:] or ("notebook",)
    folders = Folders(root, max(0, climbs + 1 - len(below)), below)
    ignore = shutil.ignore_patterns("__pycache__")
    shutil.copytree(Path(__file__).parent / "probe", folders.probe / PROBE, ignore=ignore)
    return folders


def copy_notebook_folder(folders: Folders, run: str, accounting: Accounting, project: Path, text: str) -> Path:
    """Give the notebook's surroundings: the files of its folder, and its data where it reads them. `text`: its code."""
    target = folders.notebook(run)
    target.mkdir(parents=True)
    if accounting.folder is not None:
        top = accounting.folder.parents[len(folders.below) - 2] if len(folders.below) > 1 else accounting.folder
        above = target.parents[len(folders.below) - 2] if len(folders.below) > 1 else target
        for source in _entries(accounting.folder, top, project.resolve(), text):
            place = above / source.relative_to(top)
            if source.is_dir():
                place.mkdir(parents=True, exist_ok=True)
            elif not place.exists():
                _copy(source, place)
    for data in accounting.data:
        place = Path(os.path.normpath(target / data.written))
        found = _source(data.source, data.written, data.target, accounting, project)
        if found is not None and place.is_relative_to(folders.root / run) and not place.exists():
            _copy(found, place)
    return target


def copy_project(folders: Folders, run: str, accounting: Accounting, project: Path) -> Path:
    """Give the project without the models it has made, with the data that was too large to be written into it."""
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


def _entries(folder: Path, top: Path, without: Path, text: str) -> Iterator[Path]:
    """Folders and files to copy, near ones first; large ones only when the notebook's code names them."""
    budget, entries = _BUDGET, 0
    for start in dict.fromkeys((folder, top)):
        level = [start]
        while level:
            below: list[Path] = []
            for path in (one for each in level for one in sorted(each.iterdir())):
                if path.name.startswith(".") or path.name in _NOT_COPIED or path.resolve() == without:
                    continue
                entries += 1
                if path.is_dir() and not path.is_symlink():
                    below.append(path)
                    yield path
                elif path.is_file():
                    size, named = path.stat().st_size, path.name in text
                    if named or (size <= min(_LARGE, budget) and entries <= _ENTRIES):
                        budget -= 0 if named else size
                        yield path
            level = below if entries <= _ENTRIES else []


def _copy(source: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(source, target)
