"""What pasting leaves in a cell, and IPython strips: a margin, and the prompts `>>>`, `...` and `In [1]:`."""

from __future__ import annotations

import re
from textwrap import dedent

from nb2prod.magics.logical_lines import logical_line

_CLASSIC_START = re.compile(r"\s*>>>")
_CLASSIC_PROMPT = re.compile(r"\s*(?:>>>|\.\.\.)[ \t]?")
_IPYTHON_PROMPT = re.compile(r"(?:(?:\[nav\]|\[ins\])? )?In \[\d+\]: |\s*\.{3,}: ?")


def unpasted(lines: list[str]) -> list[str]:
    """Return as many lines, without margin and prompts; the first line is not blank."""
    return _without_prompts(_without_margin(lines))


def _without_margin(lines: list[str]) -> list[str]:
    """Remove the common indentation, else that of the first line (as IPython did before version 9)."""
    if not lines or not lines[0][:1].isspace():
        return lines
    text = "\n".join(lines)
    bare = dedent(text).split("\n")
    margin = bare[0][: len(bare[0]) - len(bare[0].lstrip(" \t\f"))]
    if margin and not bare[0].lstrip().startswith("#"):
        bare = [line.removeprefix(margin) for line in bare]
    return bare


def _without_prompts(lines: list[str]) -> list[str]:
    if any(_CLASSIC_START.match(line) for line in lines):
        lines = _without_classic_prompts(lines)
    if any(_IPYTHON_PROMPT.match(line) for line in lines[:2]):
        prompts = [_IPYTHON_PROMPT.match(line) for line in lines]
        lines = [line[found.end() :] if found else line for line, found in zip(lines, prompts, strict=True)]
    return lines


def _without_classic_prompts(lines: list[str]) -> list[str]:
    """Strip `>>>` and `...` outside of multi-line strings, if there is a `>>>` outside of one."""
    inside = _inside_strings(lines)
    prompted = [not within and _CLASSIC_PROMPT.match(line) for line, within in zip(lines, inside, strict=True)]
    if not any(p and _CLASSIC_START.match(line) for p, line in zip(prompted, lines, strict=True)):
        return lines
    bare = [line[p.end() :] if p else line for p, line in zip(prompted, lines, strict=True)]
    code = [i for i, within in enumerate(inside) if not within]
    for i, line in zip(code, dedent("\n".join(bare[i] for i in code)).split("\n"), strict=True):
        bare[i] = line
    return bare


def _inside_strings(lines: list[str]) -> list[bool]:
    """Which lines begin inside a string that began on a line without a prompt."""
    text, inside = "\n".join(lines), [False] * len(lines)
    at = 0
    while at <= len(text):
        line = logical_line(text, at)
        for start, end in line.strings:
            first, last = text.count("\n", 0, start), text.count("\n", 0, end)
            if not _CLASSIC_PROMPT.match(lines[first]):
                inside[first + 1 : last + 1] = [True] * (last - first)
        at = line.end + 1
    return inside
