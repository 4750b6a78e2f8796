"""Where cells and their sources stand in the text of a notebook file, so that all else stays as it is."""

from __future__ import annotations

import re
from dataclasses import dataclass
from json.decoder import scanstring  # type: ignore[attr-defined] # typeshed leaves it out
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

_SPACE = re.compile(r"[ \t\r\n]*")
_SCALAR = re.compile(r"[^,\]}\s]*")
_DEEPER = re.compile(r'[\[\]{}"]')
_CHARACTER = re.compile(
    r"\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}|\\u[0-9a-fA-F]{4}|\\.|[^\\]", re.DOTALL
)


@dataclass(frozen=True, slots=True)
class Span:
    """A range of the file's text."""

    start: int
    end: int


@dataclass(frozen=True, slots=True)
class CellText:
    """A cell's JSON object, and the value of its `source` where it has one."""

    whole: Span
    source: Span | None


@dataclass(frozen=True, slots=True)
class Character:
    """One character of a source as the file writes it; `gap` is what stands between two lines of a list behind it."""

    value: str
    raw: str
    gap: str | None = None


def cells(text: str) -> list[CellText]:
    """Find the cells of an nbformat 4 notebook, which is valid JSON; another one has none."""
    start = _space(text, 1 if text.startswith("\ufeff") else 0)
    listed = dict(members(text, start)).get("cells") if text[start : start + 1] == "{" else None
    if listed is None or text[listed.start] != "[":
        return []
    return [CellText(each, dict(members(text, each.start)).get("source")) for each in elements(text, listed)]


def list_of_cells(text: str) -> Span:
    """Find the list of cells; KeyError where there is none."""
    return dict(members(text, _space(text, 1 if text.startswith("\ufeff") else 0)))["cells"]


def members(text: str, start: int) -> Iterator[tuple[str, Span]]:
    """Yield the keys of the object that starts here, each with the range of its value."""
    at = _space(text, start + 1)
    while text[at] != "}":
        key, at = scanstring(text, at + 1, False)  # noqa: FBT003 - not strict: what json.loads took
        value = _space(text, _space(text, at) + 1)
        end = _end(text, value)
        yield key, Span(value, end)
        at = _next(text, end)


def elements(text: str, span: Span) -> Iterator[Span]:
    """Yield the ranges of a list's elements."""
    at = _space(text, span.start + 1)
    while text[at] != "]":
        end = _end(text, at)
        yield Span(at, end)
        at = _next(text, end)


def characters(text: str, source: Span) -> list[Character]:
    """Read a source, text or a list of texts, character by character."""
    if text[source.start] == '"':
        return [Character(value, raw) for value, raw in _read(text, source)]
    found: list[Character] = []
    before: Span | None = None
    for each in elements(text, source):
        if before is not None and found:
            last = found[-1]
            found[-1] = Character(last.value, last.raw, text[before.end : each.start])
        found += [Character(value, raw) for value, raw in _read(text, each)]
        before = each
    return found


def file_lines(text: str) -> list[list[int]]:
    """Give for each cell the line of the file, from 1, that each line of its source stands on."""
    found, line, at = [], 1, 0
    for cell in cells(text):
        lines: list[int] = []
        source = cell.source
        listed = source is not None and text[source.start] == "["
        for each in list(elements(text, source)) if source and listed else [source] if source else []:
            line, at = line + text.count("\n", at, each.start), each.start
            written = "".join(value for value, _ in _read(text, each))
            lines += [line] * (written.count("\n") + (not written.endswith("\n")))
        found.append(lines)
    return found


def _read(text: str, span: Span) -> Iterator[tuple[str, str]]:
    for match in _CHARACTER.finditer(text, span.start + 1, span.end - 1):
        raw = match[0]
        yield (scanstring(f'{raw}"', 0, False)[0] if raw[0] == "\\" else raw), raw  # noqa: FBT003 - as above


def _end(text: str, start: int) -> int:
    first = text[start]
    if first == '"':
        return int(scanstring(text, start + 1, False)[1])  # noqa: FBT003 - as above
    if first not in "{[":
        return _SCALAR.match(text, start).end()  # type: ignore[union-attr] # matches everywhere
    depth, at = 0, start
    while found := _DEEPER.search(text, at):
        at = found.end()
        if found[0] == '"':
            at = int(scanstring(text, at, False)[1])  # noqa: FBT003 - as above
        elif found[0] in "{[":
            depth += 1
        else:
            depth -= 1
            if not depth:
                return at
    return len(text)


def _next(text: str, end: int) -> int:
    at = _space(text, end)
    return _space(text, at + 1) if text[at] == "," else at


def _space(text: str, at: int) -> int:
    return _SPACE.match(text, at).end()  # type: ignore[union-attr] # matches everywhere
