"""What fixes change, cell by cell, as a diff for people."""

from __future__ import annotations

import difflib
import json
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


def lines(path: Path, before: bytes, after: bytes) -> Iterator[str]:
    """A unified diff of each cell that is changed, new or moved; cells that only moved are told in a line."""
    old, new = _cells(before), _cells(after)
    matcher = difflib.SequenceMatcher(None, old, new, autojunk=False)
    for tag, a, b, c, d in matcher.get_opcodes():
        if tag == "equal":
            continue
        for offset in range(max(b - a, d - c)):
            one = old[a + offset] if a + offset < b else ""
            other = new[c + offset] if c + offset < d else ""
            yield from difflib.unified_diff(
                one.splitlines(),
                other.splitlines(),
                f"{path}:cell {a + offset}" if a + offset < b else "/dev/null",
                f"{path}:cell {c + offset}" if c + offset < d else "/dev/null",
                lineterm="",
            )


def _cells(content: bytes) -> list[str]:
    found = json.loads(content.decode("utf-8-sig"))["cells"]
    return ["".join(cell.get("source", "")) for cell in found]
