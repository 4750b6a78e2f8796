"""Which notebooks are meant: files, folders and globs, without what .gitignore and the options leave out."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from nb2prod.lint.patterns import covers, patterns, verdict

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from nb2prod.lint.patterns import Pattern

_Rules = tuple[tuple[Path, tuple["Pattern", ...]], ...]
"""Folders with the patterns that hold in them, the outermost first."""

_MAGIC = re.compile(r"[*?[]")

_NOT_THEIRS = frozenset({"__pycache__", "__pypackages__", "build", "dist", "node_modules", "site-packages", "venv"})
"""Folders of what was installed or built, hidden ones apart."""


class Chosen(NamedTuple):
    """A file to lint; `named`: the user named it, rather than a folder it is in."""

    path: Path
    named: bool = True


class Left(NamedTuple):
    """What is left out below folders: by .gitignore, and by patterns seen from `root`."""

    gitignore: bool = True
    root: Path | None = None
    exclude: tuple[str, ...] = ()


def find(paths: Iterable[Path], left: Left | None = None) -> list[Chosen]:
    """List the notebooks that the paths mean, each once; named files are never left out."""
    left = left or Left()
    found: dict[Path, Chosen] = {}
    for path in paths:
        for each in _meant(path, left):
            found.setdefault(each.path, each)
    return list(found.values())


def _meant(path: Path, left: Left) -> Iterator[Chosen]:
    if _MAGIC.search(str(path)) and not path.exists():
        import glob  # noqa: PLC0415 - for globs only

        hits = sorted(glob.glob(str(path), recursive=True))  # noqa: PTH207 - Path.glob takes no absolute patterns
        for hit in map(Path, hits):
            yield from _below(hit, left) if hit.is_dir() else [Chosen(hit)]
        if hits:
            return
    yield from _below(path, left) if path.is_dir() else [Chosen(path)]


def _below(folder: Path, left: Left) -> Iterator[Chosen]:
    rules: _Rules = ((left.root, patterns(left.exclude)),) if left.root and left.exclude else ()
    if left.gitignore:
        rules += tuple(_of_parents(folder.absolute()))
    yield from _walk(folder, Path(os.path.abspath(folder)), rules, gitignore=left.gitignore)  # noqa: PTH100 - as written


def _walk(folder: Path, absolute: Path, rules: _Rules, *, gitignore: bool) -> Iterator[Chosen]:
    try:
        entries = sorted(os.scandir(folder), key=lambda entry: entry.name)
    except OSError:  # without permission: as find(1), go on
        return
    if gitignore and any(entry.name == ".gitignore" for entry in entries):
        rules = (*rules, (absolute, _read(absolute / ".gitignore")))
    for entry in entries:
        if entry.name.startswith(".") or (rules and _left_out(absolute / entry.name, rules, folder=entry.is_dir())):
            continue
        if entry.is_dir(follow_symlinks=False):
            if entry.name not in _NOT_THEIRS and not Path(entry.path, "pyvenv.cfg").exists():
                yield from _walk(Path(entry.path), absolute / entry.name, rules, gitignore=gitignore)
        elif entry.name.endswith(".ipynb") and entry.is_file():
            yield Chosen(Path(entry.path), named=False)


def _of_parents(folder: Path) -> Iterator[tuple[Path, tuple[Pattern, ...]]]:
    """Yield what holds in a folder because it is in a git repository."""
    root = next((each for each in (folder, *folder.parents) if (each / ".git").exists()), None)
    if root is None:
        return
    yield root, _read(root / ".git" / "info" / "exclude")
    for each in reversed(folder.parents):
        if each == root or root in each.parents:
            yield each, _read(each / ".gitignore")


def _left_out(path: Path, rules: _Rules, *, folder: bool) -> bool:
    """Whether the innermost patterns that say something about a path take it."""
    for root, lines in reversed(rules):
        if lines and path.is_relative_to(root):
            said = verdict(lines, path.relative_to(root).as_posix(), folder=folder)
            if said is not None:
                return said
    return False


def _read(path: Path) -> tuple[Pattern, ...]:
    try:
        return patterns(path.read_text(encoding="utf-8", errors="replace").splitlines())
    except OSError:
        return ()


def matching(path: Path, root: Path, lines: Iterable[str]) -> bool:
    """Whether patterns seen from `root` take a file."""
    absolute = Path(os.path.abspath(path))  # noqa: PTH100 - links are not followed: the name is what the user wrote
    return absolute.is_relative_to(root) and covers(patterns(lines), absolute.relative_to(root).as_posix())
