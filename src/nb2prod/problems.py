"""What nb2prod has to say about one place of a notebook, and how such things are ordered."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple


class Location(NamedTuple):  # a tuple: hundreds of thousands are made and compared in one run of lint
    """A place a reader can find.

    `cell` is the 0-based index in the notebook (markdown cells counted), `line` and
    `column` are 1-based; columns count characters (code points), not bytes.
    """

    cell: int
    line: int
    column: int

    def __str__(self) -> str:
        return f"cell {self.cell}, line {self.line}"


@dataclass(frozen=True, slots=True)
class Refusal:
    """Something that cannot be converted faithfully: where, why, and what the user can do."""

    where: Location | None
    why: str
    way_out: str

    def __str__(self) -> str:
        place = f"{self.where}: " if self.where else ""
        return f"{place}{self.why}. {self.way_out}"


class NotebookError(Exception):
    """The file cannot be used as a notebook; the message is for the user."""
