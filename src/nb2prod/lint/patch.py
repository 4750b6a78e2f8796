"""Edits into the text of a notebook file: only the sources they change are written anew."""

from __future__ import annotations

import hashlib
import json
import re
from typing import TYPE_CHECKING

from nb2prod.lint import json_text
from nb2prod.lint.fix import InsertCell, MoveCell, Replace
from nb2prod.lint.json_text import Character, Span

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from nb2prod.lint.fix import Edit
    from nb2prod.lint.json_text import CellText

_COLON = re.compile(r'"\s*:( ?)')
_SURROGATE = re.compile("[\ud800-\udfff]")


def patched(text: str, edits: Iterable[Edit]) -> str:
    """Apply edits that do not overlap; cells are counted as they are before any of them.

    `text` is a valid nbformat 4 notebook, from which everything else comes back as it is, byte for byte.
    Raises KeyError or IndexError where an edit names a cell or a line that is not there.
    """
    edits = tuple(edits)
    cells = json_text.cells(text)
    ascii_only = text.isascii() and "\\u" in text
    bodies = {}
    for index in {edit.cell for edit in edits if isinstance(edit, Replace)}:
        cell = cells[index]
        if cell.source is None:
            raise KeyError(index)
        mine = sorted((edit for edit in edits if isinstance(edit, Replace) and edit.cell == index), reverse=True)
        source = _source(text, cells, cell.source, mine, ascii_only=ascii_only)
        bodies[index] = f"{text[cell.whole.start : cell.source.start]}{source}{text[cell.source.end : cell.whole.end]}"
    if any(not isinstance(edit, Replace) for edit in edits):
        return _rearranged(text, cells, bodies, edits)
    for index in sorted(bodies, reverse=True):
        whole = cells[index].whole
        text = f"{text[: whole.start]}{bodies[index]}{text[whole.end :]}"
    return text


def _source(text: str, cells: Sequence[CellText], span: Span, edits: Sequence[Replace], *, ascii_only: bool) -> str:
    """Give a source as JSON; the edits come from the last to the first."""
    found = json_text.characters(text, span)
    opening, gap, closing = _layout(text, cells, span, found) if text[span.start] == "[" else ("", None, "")
    if gap is not None and found and found[-1].value == "\n":
        found[-1] = Character("\n", found[-1].raw, gap)  # in case something comes below it
    starts = _line_starts(found)
    newline = "\r\n" if any(one.value == "\r" for one in found) else "\n"
    for edit in edits:
        start = starts[edit.line - 1] + edit.column - 1
        end = starts[edit.end_line - 1] + edit.end_column - 1
        if not 0 <= start <= end <= len(found):
            raise IndexError(end)
        new = edit.text.replace("\n", newline)
        found[start:end] = [Character(one, _encoded(one, ascii_only=ascii_only), _after(one, gap)) for one in new]
    if gap is None:
        return f'"{"".join(one.raw for one in found)}"'
    if not found:
        return "[]"
    pieces = [f'{one.raw}"{one.gap}"' if one.gap is not None else one.raw for one in found[:-1]]
    return f'[{opening}"{"".join(pieces)}{found[-1].raw}"{closing}]'


def _line_starts(found: Sequence[Character]) -> list[int]:
    """Where lines begin; carriage returns, line feeds and both together end them, as they do for the parser."""
    starts = [0]
    for at, one in enumerate(found):
        follows = found[at + 1].value if at + 1 < len(found) else ""
        if one.value == "\n" or (one.value == "\r" and follows != "\n"):
            starts.append(at + 1)
    return starts


def _layout(text: str, cells: Sequence[CellText], span: Span, found: Sequence[Character]) -> tuple[str, str, str]:
    """What stands in a list before its first text, between two, and behind its last; of another if it is empty."""
    for each in (span, *(cell.source for cell in cells if cell.source)):
        items = list(json_text.elements(text, each)) if text[each.start] == "[" else []
        if items:
            opening, closing = text[each.start + 1 : items[0].start], text[items[-1].end : each.end - 1]
            gap = next((one.gap for one in found if one.gap), f",{opening or _after_signs(text)}")
            return opening, gap, closing
    return "", f",{_after_signs(text)}", ""


def _after_signs(text: str) -> str:
    """What the file puts behind colons, and so behind commas that end no line."""
    return " " if (first := _COLON.search(text)) and first[1] else ""


def _encoded(one: str, *, ascii_only: bool) -> str:
    return json.dumps(one, ensure_ascii=ascii_only or bool(_SURROGATE.match(one)))[1:-1]


def _after(one: str, gap: str | None) -> str | None:
    return gap if one == "\n" else None


def _rearranged(text: str, cells: Sequence[CellText], bodies: dict[int, str], edits: Iterable[Edit]) -> str:
    """Write the list of cells anew, with cells inserted and moved."""
    order: list[int | str] = list(range(len(cells)))
    for edit in edits:
        if isinstance(edit, InsertCell):
            body = new_cell(text, cells, edit.source)
            order.insert(order.index(edit.before) if edit.before < len(cells) else len(order), body)
        elif isinstance(edit, MoveCell) and edit.cell != edit.before:
            order.remove(edit.cell)
            order.insert(order.index(edit.before) if edit.before < len(cells) else len(order), edit.cell)
    whole = json_text.list_of_cells(text)
    opening = text[whole.start + 1 : cells[0].whole.start]
    closing = text[cells[-1].whole.end : whole.end - 1]
    gap = text[cells[0].whole.end : cells[1].whole.start] if len(cells) > 1 else f",{opening or _after_signs(text)}"
    written = [
        each if isinstance(each, str) else bodies.get(each, text[cells[each].whole.start : cells[each].whole.end])
        for each in order
    ]
    return f"{text[: whole.start]}[{opening}{gap.join(written)}{closing}]{text[whole.end :]}"


def new_cell(text: str, cells: Sequence[CellText], source: str) -> str:
    """Write a code cell in the way of the others: their keys in their order, indent, kind of source, an id if any."""
    model = next((each for each in cells if _kind(text, each) == "code"), cells[0])
    keys = dict(json_text.members(text, model.whole.start))
    listed = model.source is None or text[model.source.start] == "["
    values: dict[str, object] = {
        "cell_type": "code",
        "execution_count": None,
        "id": hashlib.sha256(f"{source}\n{len(cells)}\n{text.count(source)}".encode(errors="replace")).hexdigest()[:8],
        "metadata": {},
        "outputs": [],
        "source": re.findall(r"[^\n]*\n|[^\n]+", source) if listed else source,
    }
    needed = [key for key in values if key != "id"]
    order = [key for key in keys if key in values] + [key for key in needed if key not in keys]
    cell = {key: values[key] for key in order}
    start = model.whole.start
    inner = text[start + 1 : text.index('"', start)]
    ascii_only = text.isascii() and "\\u" in text
    if "\n" not in inner:
        space = _after_signs(text)
        return json.dumps(cell, ensure_ascii=ascii_only, separators=(f",{space}", f":{space}"))
    outer = re.search(r"[ \t]*\Z", text[:start])
    margin = outer[0] if outer else ""
    indent = inner.rpartition("\n")[2].removeprefix(margin)
    newline = "\r\n" if "\r\n" in inner else "\n"
    return json.dumps(cell, ensure_ascii=ascii_only, indent=indent).replace("\n", f"{newline}{margin}")


def _kind(text: str, cell: CellText) -> object:
    span = dict(json_text.members(text, cell.whole.start)).get("cell_type")
    return json.loads(text[span.start : span.end]) if span else None
