"""The columns of the files a notebook reads, from their first line."""

from __future__ import annotations

import csv
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import ast
    from pathlib import Path

    from nb2prod.plan.data import DataRead
    from nb2prod.plan.plan import Plan


def headers(plan: Plan) -> dict[ast.Call, tuple[str, ...] | None]:
    """The columns of each file read, from its first line, where the call reads it plainly."""
    return {read.call: _header(read) for read in plan.data}


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
