"""Modules that lie beside the notebook: they come along into the project's package."""

from __future__ import annotations

import ast
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from nb2prod.dataflow import Dataflow

Find = Callable[[str], "Path | None"]
"""The folder of a local module that may come along, by its name."""
_MOST = 60  # files of the notebook's own that come along
_LARGEST = 500_000  # bytes of one of them
_OURS = frozenset({
    "data", "errors", "evaluate", "explore", "features", "functions", "models", "pictures", "predict", "refused",
    "replay", "schema", "service", "settings", "train",
})  # fmt: skip


@dataclass(frozen=True, slots=True)
class LocalFile:
    """A Python file: its place in the package, and its text."""

    place: str
    text: str


@dataclass(frozen=True, slots=True)
class Local:
    """The modules beside the notebook that it imports: `names` gives each its name in the package.

    `left_out` says which do not come along, and why.
    """

    names: dict[str, str]
    files: tuple[LocalFile, ...]
    left_out: tuple[str, ...] = ()


def local_modules(flow: Dataflow, folder: Path | None, find: Find | None = None) -> Local:
    """What the notebook imports from its own folder, or from where `find` says, and what that imports from there.

    Nothing of it clashes with the project's own folders (`src`, `tests`): all of it goes into the package.
    """
    names: dict[str, str] = {}
    files: list[LocalFile] = []
    left_out: dict[str, str] = {}
    todo = [root for s in flow.program.statements for root in imported_roots(s.node)] if folder is not None else []
    while todo:
        root = todo.pop()
        above = find(root) if find else folder
        found = [] if root in names or above is None else _files(above, root)
        if len(files) + len(found) > _MOST:
            left_out[root] = f"{root} does not come along: it has {len(found)} files, and {_MOST} in all is the limit"
            continue
        name = f"notebook_{root}" if root in _OURS else root
        if found:
            names[root] = name
        for place, text in found:
            files.append(LocalFile(name + place.removeprefix(root), text))
            todo += imported_roots(_tree(text) or ast.Module([], []))
    return Local(
        dict(sorted(names.items())), tuple(sorted(files, key=lambda file: file.place)), tuple(left_out.values())
    )


def imported_roots(tree: ast.AST) -> Iterator[str]:
    """The first words of the modules that some code imports."""
    for node in ast.walk(tree):
        match node:
            case ast.Import(names=aliases):
                yield from (alias.name.partition(".")[0] for alias in aliases)
            case ast.ImportFrom(module=str(module), level=0):
                yield module.partition(".")[0]
            case _:
                pass


def _files(folder: Path, root: str) -> list[tuple[str, str]]:
    """`helpers.py`, or the Python files of a package of that name; nothing where one cannot be read.

    A folder without `__init__.py` gets one: installed, the project would lack it otherwise.
    """
    package = folder / root
    paths = [folder / f"{root}.py"]
    if (package / "__init__.py").is_file() or (package.is_dir() and not paths[0].is_file()):
        paths = [
            path
            for path in sorted(package.rglob("*.py"))
            if not any(p.startswith(".") for p in path.relative_to(folder).parts)
        ]
    found: list[tuple[str, str]] = []
    for path in paths:
        text = _text(path, folder)
        if text is None or _tree(text) is None:
            return []
        found.append((path.relative_to(folder).as_posix(), text))
    there = {place for place, _ in found}
    inside = {f"{above}/__init__.py" for place in there for above in PurePosixPath(place).parents[:-1]}
    return [*found, *((place, "") for place in sorted(inside - there))]


def _text(path: Path, folder: Path) -> str | None:
    try:
        real = path.resolve(strict=True)
        if not real.is_file() or not real.is_relative_to(folder.resolve()) or real.stat().st_size > _LARGEST:
            return None
        return real.read_text(encoding="utf-8-sig")
    except (OSError, RuntimeError, UnicodeDecodeError):
        return None


def _tree(text: str) -> ast.Module | None:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # what Python warns about is the author's business
            return ast.parse(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None
