"""Findings that are known and accepted: a file of them, and what is new beside it."""

from __future__ import annotations

import json
import os
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nb2prod.options import OptionsError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from nb2prod.lint.diagnostic import Diagnostic

Known = Counter[tuple[str, str, str]]
"""How often a file has a finding, by path, code and print."""


def write(file: Path, diagnostics: Iterable[Diagnostic]) -> int:
    """Write all findings as known; gives their number. Paths are seen from the file's folder."""
    known = _count(file, diagnostics)
    rows = [
        {"path": path, "code": code, "print": key, "count": count} for (path, code, key), count in sorted(known.items())
    ]
    file.write_text(json.dumps({"version": 1, "findings": rows}, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    return known.total()


def read(file: Path) -> Known:
    """Read what is known; OptionsError where the file is not there or not a baseline."""
    try:
        return Counter(
            {(_text(row["path"]), _text(row["code"]), _text(row["print"])): int(row["count"]) for row in _rows(file)}
        )
    except FileNotFoundError:
        message = f"there is no baseline {file}; `--write-baseline` makes one"
    except (ValueError, KeyError, TypeError) as error:
        message = f"{file} is not a baseline: {error!r}; `--write-baseline` makes a new one"
    raise OptionsError(message)


def new(file: Path, known: Known, diagnostics: Iterable[Diagnostic]) -> list[Diagnostic]:
    """List what is not known: of equal findings in a file those beyond the known number."""
    left = Counter(known)
    found = []
    for one in diagnostics:
        key = _key(file, one)
        left[key] -= 1
        if left[key] < 0:
            found.append(one)
    return found


def _rows(file: Path) -> list[Any]:
    document = json.loads(file.read_text(encoding="utf-8"))
    rows = document["findings"]
    return rows if isinstance(rows, list) else [rows]


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError(value)
    return value


def _count(file: Path, diagnostics: Iterable[Diagnostic]) -> Known:
    return Counter(_key(file, one) for one in diagnostics)


def _key(file: Path, one: Diagnostic) -> tuple[str, str, str]:
    path = os.path.relpath(one.path.absolute(), file.absolute().parent)
    return Path(path).as_posix(), one.code, one.print
