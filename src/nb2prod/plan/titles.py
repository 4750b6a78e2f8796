"""The headings of a notebook: what each code cell is under."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from nb2prod.notebook import Notebook


def titles(notebook: Notebook) -> dict[int, str]:
    """The last heading written directly above a code cell, by the cell's index."""
    found: dict[int, str] = {}
    title: str | None = None
    for cell in notebook.cells:
        if cell.kind == "markdown":
            headings = [_plain(line) for line in cell.source.splitlines() if line.startswith("#")]
            title = next((heading for heading in reversed(headings) if heading), title)
        elif cell.kind == "code" and title:
            found[cell.index] = title
            title = None
    return found


def _plain(line: str) -> str:
    """A heading as text: without tags, links, emphasis and the number of the section."""
    text = re.sub(r"<[^<>]*>", " ", line.lstrip("#"))
    text = re.sub(r"!?\[([^\]]*)\]\([^)]*\)", r"\1", text)
    text = re.sub(r"[*_`]{2,}|(?<!\w)[*_]|[*_](?!\w)", "", text)
    text = re.sub(r"^\s*(?:\d+[.)]\s*)*(?:\d{1,2}\s*[-:\u2013\u2014]\s*)?", "", text)
    return " ".join(text.split()).strip(" :")
