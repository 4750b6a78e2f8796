"""Where in the repository a file lies that a path means which leads elsewhere, or nowhere."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from nb2prod.lint.rule import Context

_HIGHEST = 4  # folders above the notebook's own
_FOR_DATA = ("data", "Data", "dataset", "datasets", "input", "data/raw")
"""What folders for data are called, for a file whose own folder is not there."""


def find(context: Context, parts: Sequence[str]) -> tuple[str, bool] | None:
    """Find the longest end of a path that is there, seen from the notebook's folder.

    The answer's second part is False where only the file's name agrees.
    """
    above = list(_above(context))
    for first in range(len(parts)):
        end = "/".join(parts[first:])
        for up in above:
            if context.exists(f"{up}{end}"):
                return _shortest(context, f"{up}{end}"), first < len(parts) - 1 or len(parts) == 1
    for up in above:
        for folder in _FOR_DATA:
            if context.exists(f"{up}{folder}/{parts[-1]}"):
                return f"{up}{folder}/{parts[-1]}", False
    return None


def _shortest(context: Context, path: str) -> str:
    """`../books/rain.csv` is `rain.csv` for a notebook in books."""
    notebook = context.program.notebook.path
    folder = notebook.absolute().parent if notebook else Path.cwd()
    return Path(os.path.relpath(folder / path, folder)).as_posix()


def _above(context: Context) -> Iterator[str]:
    """Yield the ways up to the repository's root; only the notebook's own folder where there is none."""
    ways = ["../" * n for n in range(_HIGHEST + 1)]
    root = next((n for n, up in enumerate(ways) if context.exists(f"{up}.git")), 0)
    yield from ways[: root + 1]
