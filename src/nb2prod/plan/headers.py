"""The columns of the files a notebook reads, and which of them hold numbers."""

from __future__ import annotations

import csv
import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import ast
    from pathlib import Path

    from nb2prod.plan.data import DataRead
    from nb2prod.plan.plan import Plan


def headers(plan: Plan) -> dict[ast.Call, tuple[str, ...] | None]:
    """The columns of each file read, from its first line, where the call reads it plainly."""
    return {read.call: _header(read) for read in plan.data}


_LARGEST = 5_000_000  # bytes of a file that is looked through
_MISSING = frozenset(["", "NA", "N/A", "n/a", "NaN", "nan", "null", "NULL", "None", "<NA>", "#N/A", "-nan", "-NaN"])
_NUMBER = re.compile(r"[+-]?(\d{1,18}|\d+\.\d*|\.\d+)([eE][+-]?\d+)?")
_PLAIN = frozenset({"sep", "delimiter", "encoding", "low_memory", "engine", "filepath_or_buffer", "header"})


def numbers(plan: Plan) -> dict[ast.Call, frozenset[str]]:
    """The columns of each file that pandas reads as numbers, where something (dummies) depends on it."""
    asked = any("get_dummies" in cell.source for cell in plan.flow.program.notebook.cells)
    return {read.call: _numbers(read) for read in plan.data if asked and _header(read) is not None}


def _numbers(read: DataRead) -> frozenset[str]:
    path, options = read.file.source, {k.arg: k.value for k in read.call.keywords}
    names = _header(read)
    if path is None or names is None or set(options) - _PLAIN or path.stat().st_size > _LARGEST:
        return frozenset()
    separator = getattr(options.get("sep", options.get("delimiter")), "value", ",")
    encoding = getattr(options.get("encoding"), "value", "utf-8-sig")
    text = [False] * len(names)
    try:
        with path.open(encoding=encoding, newline="") as file:
            lines = csv.reader(file, delimiter=separator)
            next(lines)
            for line in lines:
                if line and len(line) != len(names):
                    return frozenset()
                for number, value in enumerate(line):
                    text[number] |= value not in _MISSING and _NUMBER.fullmatch(value.strip()) is None
    except (OSError, UnicodeError, LookupError, csv.Error):
        return frozenset()
    return frozenset(name for name, is_text in zip(names, text, strict=True) if not is_text)


def _header(read: DataRead) -> tuple[str, ...] | None:
    if read.file.source is None or not read.file.written.lower().endswith((".csv", ".txt", ".data")):
        return None
    options = {k.arg: k.value for k in read.call.keywords}
    if set(options) - {
        "sep",
        "delimiter",
        "encoding",
        "na_values",
        "parse_dates",
        "low_memory",
        "dtype",
        "engine",
        "filepath_or_buffer",
        "header",
        "thousands",
        "decimal",
    }:
        return None
    if "header" in options and getattr(options["header"], "value", None) != 0:
        return None
    separator = getattr(options.get("sep", options.get("delimiter")), "value", ",")
    encoding = getattr(options.get("encoding"), "value", "utf-8-sig")
    if not isinstance(separator, str) or len(separator) != 1 or not isinstance(encoding, str):
        return None
    return _first_line(read.file.source, separator, encoding)


def _first_line(path: Path, separator: str, encoding: str) -> tuple[str, ...] | None:
    try:
        with path.open(encoding=encoding, newline="") as file:
            names = next(csv.reader(file, delimiter=separator), None)
    except (OSError, UnicodeError, LookupError, csv.Error):
        return None
    if not names or len(set(names)) != len(names) or len(names) > 5000:  # noqa: PLR2004 - no table of rows
        return None
    return tuple(name or f"Unnamed: {number}" for number, name in enumerate(names))
