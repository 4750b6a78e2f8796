"""The notebook's markdown: headings and text, by the code cell that they are written above."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from nb2prod.notebook import Notebook

_HASHES = re.compile(r"^ {0,3}(#{1,6})(?!#)(.*)$")
_TAGGED = re.compile(r"^\s*<h([1-6])\b[^>]*>(.*?)(?:</h\1>\s*)?$", re.IGNORECASE)
_BOLD = re.compile(r"^\s*(\*\*|__)[^*_]+\1:?\s*$")
_UNDERLINE = re.compile(r"^ {0,3}(=+|-{2,})\s*$")
_RULE = re.compile(r"^\s*([-*_=])(\s*\1){2,}\s*$")
_FENCE = re.compile(r"^\s*(```|~~~)")
_LONGEST_BOLD = 60  # characters of a line in bold that stands for a heading
_LONGEST_TITLE = 90  # characters: what is longer is text in large letters


@dataclass(frozen=True, slots=True)
class Markdown:
    """What is written above one code cell: the last heading, and the lines above and below it."""

    title: str | None
    level: int
    before: tuple[str, ...]
    text: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Told:
    """All of the notebook's markdown: what it opens and closes with, and what stands above which code cell."""

    title: str | None
    opening: tuple[str, ...]
    above: dict[int, Markdown]
    closing: tuple[str, ...]


def told(notebook: Notebook) -> Told:
    """Read the markdown cells; a heading above all others at the very beginning is the notebook's own title."""
    above: dict[int, Markdown] = {}
    lines: list[tuple[int, str]] = []
    first: list[tuple[int, str]] | None = None
    for cell in notebook.cells:
        if cell.kind == "markdown":
            lines += [(0, ""), *_lines(cell.source)]
        elif cell.kind == "code" and cell.source.strip():
            first = lines if first is None else first
            if any(text for _, text in lines):
                above[cell.index] = _markdown(lines)
            lines = []
    closing = _paragraphs([text for _, text in lines])
    return _opened(above, first or [], closing)


def _opened(above: dict[int, Markdown], first: list[tuple[int, str]], closing: tuple[str, ...]) -> Told:
    """Take the notebook's title, and the text below it, out of what stands above its first code cell."""
    headings = [(number, level) for number, (level, _) in enumerate(first) if level]
    if not headings or not above or any(text for _, text in first[: headings[0][0]]):
        return Told(None, (), above, closing)
    at, level = headings[0]
    cell = min(above)
    others = [below for _, below in headings[1:]] + [one.level for c, one in above.items() if c != cell and one.title]
    if not others or min(others) <= level:
        return Told(None, (), above, closing)
    end = headings[1][0] if len(headings) > 1 else len(first)
    rest = _markdown(first[end:])
    kept = {c: rest if c == cell else one for c, one in above.items()}
    if not (rest.title or rest.text):
        del kept[cell]
    return Told(first[at][1], _paragraphs([text for _, text in first[at + 1 : end]]), kept, closing)


def titles(notebook: Notebook) -> dict[int, str]:
    """The last heading written directly above a code cell, by the cell's index."""
    return {cell: one.title for cell, one in told(notebook).above.items() if one.title}


def _markdown(lines: list[tuple[int, str]]) -> Markdown:
    headings = [number for number, (level, _) in enumerate(lines) if level]
    if not headings:
        return Markdown(None, 0, (), _paragraphs([text for _, text in lines]))
    last = headings[-1]
    before, text = ([text for _, text in part] for part in (lines[:last], lines[last + 1 :]))
    return Markdown(lines[last][1], lines[last][0], _paragraphs(before), _paragraphs(text))


def _lines(source: str) -> Iterator[tuple[int, str]]:
    """Each line as text, with the level where it is a heading."""
    lines = re.sub(r"<!--.*?-->", "", source, flags=re.DOTALL).splitlines()
    alone = sum(bool(line.strip()) for line in lines) == 1
    fenced = False
    for line, below in zip(lines, [*lines[1:], ""], strict=False):  # one more, where there is no line
        if _FENCE.match(line):
            fenced = not fenced
        elif fenced:
            yield 0, f"    {line.rstrip()}"
        elif heading := _heading(line, below, alone=alone):
            yield heading
        elif not (_RULE.match(line) or _UNDERLINE.match(line)):
            yield 0, _text(line)


def _heading(line: str, below: str, *, alone: bool) -> tuple[int, str] | None:
    level, text = 0, ""
    if found := _HASHES.match(line):
        level, text = len(found[1]), found[2].rstrip("#")
    elif found := _TAGGED.match(line):
        level, text = int(found[1]), found[2]
    elif line.strip() and _UNDERLINE.match(below) and not line.lstrip().startswith(("|", "-", ">")):
        level, text = (1 if "=" in below else 2), line
    elif alone and _BOLD.match(line) and len(line) <= _LONGEST_BOLD:
        level, text = 6, line
    plain = _plain(text)
    return (level, plain) if plain and len(plain) <= _LONGEST_TITLE else None


def _text(line: str) -> str:
    """A line of text without what only a page can show."""
    text = re.sub(r"</?[a-zA-Z][^<>]*>", "", line.lstrip("#"))
    text = re.sub(r"!\[[^\]]*\]\([^)]*\)", "", text)
    text = re.sub(r"\[([^\]]*)\]\(((?:https?:)//[^)\s]*)[^)]*\)", _linked, text)
    text = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", text)
    text = re.sub(r"\*{2,}|_{2,}|(?<![\w*])[*_](?=[^\s*_])|(?<=[^\s*_])[*_](?![\w*])", "", text)
    text = text.replace("&nbsp;", " ").replace("&amp;", "&").replace("&lt;", "<").replace("&gt;", ">")
    return text.rstrip()


def _linked(link: re.Match[str]) -> str:
    return link[2] if link[1].strip() in {"", link[2]} else f"{link[1]} ({link[2]})"


def _paragraphs(lines: list[str]) -> tuple[str, ...]:
    """The lines without blank ones at both ends and without two in a row."""
    found: list[str] = []
    for line in lines:
        if line.strip() or (found and found[-1]):
            found.append(line if line.strip() else "")
    while found and not found[-1]:
        found.pop()
    return tuple(found)


def _plain(line: str) -> str:
    """A heading as text: without tags, links, emphasis and the number of the section."""
    text = re.sub(r"<[^<>]*>", " ", line.lstrip("#"))
    text = re.sub(r"!?\[([^\]]*)\]\([^)]*\)", r"\1", text)
    text = re.sub(r"[*_`]{2,}|(?<!\w)[*_]|[*_](?!\w)", "", text)
    text = re.sub(r"^\s*(?:\d+[.)]\s*)*(?:\d{1,2}\s*[-:\u2013\u2014]\s*)?", "", text)
    text = text.replace("&nbsp;", " ").replace("&amp;", "&")
    return " ".join(text.split()).strip(" :")
