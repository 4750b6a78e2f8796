"""The headings of a notebook: what each code cell is under."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from nb2prod.notebook import Notebook


def titles(notebook: Notebook) -> dict[int, str]:
    """The last heading written directly above a code cell, by the cell's index."""
    found: dict[int, str] = {}
    title: str | None = None
    for cell in notebook.cells:
        if cell.kind == "markdown":
            headings = [line.lstrip("#").strip(" *_") for line in cell.source.splitlines() if line.startswith("#")]
            title = next((heading for heading in reversed(headings) if heading), title)
        elif cell.kind == "code" and title:
            found[cell.index] = " ".join(title.split())
            title = None
    return found
