"""Which files the other notebooks of the folder write, found in their bytes: reading them whole would take long."""

from __future__ import annotations

import os
import posixpath
import re
from functools import lru_cache
from itertools import islice
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

QUESTION = "notebooks here: "
"""How a question begins that asks for the state of a folder's notebooks, rather than whether a path is there."""

_MANY = 40
_LARGE = 3_000_000
"""Larger folders are not looked through: it would cost more than all rules together."""

_TEXT = rb"\s*[rf]?(?P<quote>\\\"|')(?P<path>[^\"'\\{}]{1,200})(?P=quote)"
_WRITES = (
    (b".to_", re.compile(rb"\.to_\w+\(" + _TEXT)),
    (b".save", re.compile(rb"\.save\w*\(" + _TEXT)),
    (b"open(", re.compile(rb"open\(" + _TEXT + rb"\s*,\s*(?:mode\s*=\s*)?(?:\\\"|')[wax]")),
    (b"dump(", re.compile(rb"dump\([^()\"'\\]{1,80}," + _TEXT)),
)

_Listing = tuple[tuple[str, int, int], ...]


def state(folder: Path) -> str:
    """Give a question that is answered by yes as long as no notebook of the folder is changed, made or removed."""
    return _question(_notebooks(folder))


def written(notebook: Path) -> tuple[dict[str, str], str]:
    """Map each file that another notebook beside this one plainly writes to the name of the first that does.

    Beside it, the state of the folder that this rests on.
    """
    listing = _notebooks(notebook.parent)
    if listing is None or sum(size for _, size, _ in listing) > _LARGE:
        return {}, _question(listing)
    found = _written(notebook.parent, listing)
    return {path: names[0] for path, names in found.items() if notebook.name not in names}, _question(listing)


def _question(listing: _Listing | None) -> str:
    if listing is None:
        return QUESTION + "many"
    return QUESTION + " ".join(f"{name}:{size}:{changed}" for name, size, changed in listing)


def _notebooks(folder: Path) -> _Listing | None:
    """List them; None where they are many: every notebook of the folder asks."""
    return None if _are_many(folder, os.stat(folder).st_mtime_ns) else _listed(folder)  # noqa: PTH116 - fast


@lru_cache(maxsize=16)
def _are_many(folder: Path, _changed: int) -> bool:
    return _listed(folder) is None


def _listed(folder: Path) -> _Listing | None:
    with os.scandir(folder) as entries:
        found = list(islice((each for each in entries if each.name.endswith(".ipynb") and each.is_file()), _MANY + 1))
    if len(found) > _MANY:
        return None
    return tuple(sorted((each.name, each.stat().st_size, each.stat().st_mtime_ns) for each in found))


@lru_cache(maxsize=16)
def _written(folder: Path, listing: _Listing) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for name, _, _ in listing:
        try:
            content = (folder / name).read_bytes()
        except OSError:
            continue
        for path in dict.fromkeys(_paths(content)):
            found.setdefault(path, []).append(name)
    return found


def _paths(content: bytes) -> Iterator[str]:
    for mark, pattern in _WRITES:
        at = content.find(mark)
        while at >= 0:
            found = pattern.match(content, at)
            if found and b"#" not in _before(content, at):
                yield posixpath.normpath(found["path"].decode(errors="replace"))
            at = content.find(mark, at + 1)


def _before(content: bytes, at: int) -> bytes:
    """Give what stands left of a place on its line of code; lines end in the JSON as they are, or escaped."""
    text = content[max(0, at - 300) : at]
    return text[max(text.rfind(b"\n"), text.rfind(b"\\n")) + 1 :]
