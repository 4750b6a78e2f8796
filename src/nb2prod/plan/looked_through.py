"""Folders that the notebook looks through (`glob`, `listdir`): their files keep their place in the project."""

from __future__ import annotations

import ast
import glob
import os
import posixpath
from itertools import islice, takewhile
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from nb2prod.conversion import DataFile
from nb2prod.plan import shapes
from nb2prod.plan.data import constant_names, fold

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from nb2prod.dataflow import Dataflow

_MOST = 100  # files that come along; where there are more, the user brings the folder
_LISTING = frozenset({"listdir", "scandir", "walk"})


def looked_through(flow: Dataflow, folder: Path | None) -> tuple[DataFile, ...]:
    """The files below the notebook's folder that the notebook finds by a pattern, or in a folder that it names."""
    if folder is None or any(shapes.changed_folder(s.node) is not None for s in flow.program.statements):
        return ()
    constants = constant_names(flow)
    patterns = dict.fromkeys(p for s in flow.program.statements for p in _patterns(s.node, constants))
    found: dict[str, DataFile] = {}
    for pattern in patterns:
        files = list(islice(_files(pattern, folder), _MOST + 1))
        if len(files) > _MOST or not files:
            place = _fixed(pattern)
            holds = f"it holds more than {_MOST} files" if files else "nothing is there"
            reason = f"the notebook looks through it, and {holds}; put it into the project's folder"
            found[place] = DataFile(place, None, None, reason)
        else:
            found.update((name, DataFile(name, folder / name, name)) for name in files)
    return tuple(found.values())


def _patterns(node: ast.stmt, constants: Mapping[str, str]) -> Iterator[str]:
    """Relative patterns of files: of `glob.glob(...)`, `Path(...).glob(...)`, `os.listdir(...)`, `os.walk(...)`."""
    for call in shapes.calls(node):
        name = shapes.called_name(call)
        pattern = None
        match call.func, call.args:
            case ast.Attribute(value=ast.Name(id="glob")) | ast.Name(), [argument, *_] if name in {"glob", "iglob"}:
                pattern = fold(argument, constants)
            case ast.Attribute(value=where), [argument, *_] if name in {"glob", "rglob"}:
                base, rest = fold(where, constants), fold(argument, constants)
                below = "**/" if name == "rglob" else ""
                pattern = None if base is None or rest is None else posixpath.join(base, below + rest)
            case ast.Attribute(value=ast.Name(id="os")) | ast.Name(), arguments if name in _LISTING:
                base = fold(arguments[0], constants) if arguments else "."
                pattern = None if base is None else posixpath.join(base, "**" if name == "walk" else "*")
            case _:
                pass
        if pattern and not pattern.startswith(("/", "~", "\\", "..")) and pattern[1:2] != ":":
            yield posixpath.normpath(pattern)


def _files(pattern: str, folder: Path) -> Iterator[str]:
    names = glob.iglob(pattern, root_dir=folder, recursive=True)  # noqa: PTH207 - what notebooks use, `**` and all
    for name in sorted(islice(names, 50 * _MOST)):
        path = folder / name
        if path.is_file():
            yield PurePosixPath(Path(name)).as_posix()
        elif path.is_dir() and not path.is_symlink():  # a folder that is found is looked into
            for here, folders, files in os.walk(path):
                folders[:] = sorted(f for f in folders if not f.startswith("."))
                yield from (Path(here, file).relative_to(folder).as_posix() for file in sorted(files))


def _fixed(pattern: str) -> str:
    """The folder before the first wildcard."""
    fixed = takewhile(lambda part: not set(part) & set("*?["), PurePosixPath(pattern).parts)
    return "/".join(fixed) or "."
