"""One place where a cell's saved output cannot be that of its source."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from nb2prod.problems import Location

_LONGEST = 60


@dataclass(frozen=True, slots=True)
class Contradiction:
    """The place in the source, what is shown, and what the source says."""

    where: Location
    shown: str
    said: str


def short(text: str) -> str:
    """Quote the first line of a text, cut where it is long."""
    line = text.strip().partition("\n")[0]
    shown = line if len(line) <= _LONGEST else f"{line[: _LONGEST - 1]}…"
    return f"`{shown}`"
