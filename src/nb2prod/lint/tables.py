"""Tables as saved outputs show them: their columns, how many rows there are, what a column is called."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from nb2prod.outputs import Output

_HEAD = re.compile(r"<thead>\s*<tr[^>]*>(.*?)</tr>", re.DOTALL)
_CELL = re.compile(r"<th([^>]*)>(.*?)</th>", re.DOTALL)
_BODY = re.compile(r"<tbody>(.*?)</tbody>", re.DOTALL)
_NAME = re.compile(r"^Name: (.*?), (?:Length: \d+, )?dtype: \w+$", re.MULTILINE)
_ONE = re.compile(r"^Name: [^\n]*, dtype: [\w\[\], ]+\Z", re.MULTILINE)
_HEADING = re.compile(r"\S+\Z")
_ROWS = re.compile(r"\[(\d+) rows x \d+ columns\]|^RangeIndex: (\d+) entries|^\((\d+), \d+\)$", re.MULTILINE)
_COUNT = re.compile(r"^count +(\d+)(?:\.0+)? ", re.MULTILINE)
_LENGTH = re.compile(r"^(?:Name: .*?, )?Length: (\d+), ", re.MULTILINE)


def columns(output: Output) -> list[str] | None:
    """List the columns of a pandas table that is shown in full width; None for anything else."""
    head = _HEAD.search(output.html) if 'class="dataframe"' in output.html else None
    cells = _CELL.findall(head[1]) if head else []
    if not cells or any("span" in attributes for attributes, _ in cells):
        return None
    import html  # noqa: PLC0415 - a table of all entities, for notebooks that show tables

    names = [html.unescape(text).strip() for _, text in cells[1:]]
    return None if "..." in names or "…" in names else names


def rows(output: Output) -> int | None:
    """Count the rows of a pandas table or column that are shown; None for others, or where some are left out."""
    if not output.html and not output.cut and "dtype: " in output.text and _ONE.search(output.text):
        lines = [line for line in output.text.splitlines()[:-1] if not _HEADING.match(line)]
        return None if any(line.strip() in {"...", ".."} or line.endswith(" ...") for line in lines) else len(lines)
    body = _BODY.search(output.html) if 'class="dataframe"' in output.html else None
    if body is None or "<td>...</td>" in body[1]:
        return None
    return body[1].count("<tr>")


def column_name(output: Output) -> str | None:
    """Tell which column is shown, from the line below it: `Name: price, Length: 891, dtype: float64`."""
    found = None if output.cut or "Name: " not in output.text else _NAME.search(output.text)
    return found[1] if found else None


def total_rows(text: str) -> int | None:
    """Tell how many rows a table has that is shown in part, or whose size is shown."""
    found = _ROWS.search(text)
    length = _LENGTH.search(text) or _COUNT.search(text)
    numbers = [int(each) for each in (found.groups() if found else ()) if each]
    numbers += [int(length[1])] if length else []
    return max(numbers, default=None)
