"""Bootstrapped raw files: rows drawn with replacement, the same for both sides, header kept."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

from nb2prod.verify.probe.predict import lines_of

if TYPE_CHECKING:
    from pathlib import Path

_TEXT = frozenset({".csv", ".tsv", ".txt", ".data"})
_FEWEST = 10  # rows; smaller tables are codes and settings rather than samples


def resample(path: Path, seed: int) -> bool:
    """Replace the rows of a text table in place; False where the file is not one, or is too small."""
    if path.suffix.lower() not in _TEXT:
        return False
    head, *rows = lines_of(path.read_bytes()) or [b""]
    if len(rows) < _FEWEST:
        return False
    end = b"\r\n" if head.endswith(b"\r\n") else b"\n"
    whole = [row if row.endswith(b"\n") else row + end for row in rows]
    draw = random.Random(seed)  # noqa: S311 - a sample, no secret
    path.write_bytes(b"".join([head, *draw.choices(whole, k=len(whole))]))
    return True
