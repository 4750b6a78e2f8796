"""Where logical lines begin and end in text that is almost Python.

`tokenize` stops, or goes astray, at the first thing that is not Python, and differs between Python versions.
This scanner knows only strings, comments, brackets and backslashes, which is what is needed to tell a `%` that
starts a magic from one inside a string or a bracket.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

_INTERESTING = re.compile(r"""[#'"()\[\]{}\n\\=]""")
# The closing quotes are optional, so that nothing is ever tried twice: an unterminated string ends
# with its line (one quote) or with the text (three).
_STRING = re.compile(
    r"'''(?:[^'\\]+|\\[\s\S]|'(?!''))*(?:''')?"
    r'|"""(?:[^"\\]+|\\[\s\S]|"(?!""))*(?:""")?'
    r"|'(?:[^'\\\n]+|\\[\s\S])*'?"
    r'|"(?:[^"\\\n]+|\\[\s\S])*"?'
)
_TO_END_OF_LINE = re.compile(r"[^\n]*")
_COMPARES_OR_AUGMENTS = frozenset("=!<>:+-*/%&|^@~")


@dataclass(frozen=True, slots=True)
class LogicalLine:
    """Offsets into the text: `start` and `end` (the newline that ends it, or the end of the text).

    `assign` is just after the first `=` outside brackets that assigns. `open_ended` says that the last token
    is neither a comment nor a string. `strings` are those that span several lines.
    """

    start: int
    end: int
    assign: int | None
    open_ended: bool
    strings: tuple[tuple[int, int], ...]


def logical_line(text: str, start: int) -> LogicalLine:  # noqa: C901 - one branch per kind of character
    """Return the logical line that starts at the offset `start`; lines of `text` end in a line feed only."""
    at, depth, closed = start, 0, -1
    assign = None
    strings = []
    while (found := _INTERESTING.search(text, at)) is not None:
        at, char = found.end(), found.group()
        if char == "\n":
            if depth == 0:
                at -= 1
                break
        elif char == "#":
            at = closed = _end(_TO_END_OF_LINE, text, at)
        elif char in "'\"":
            begin = at - 1
            at = closed = _end(_STRING, text, begin)
            if "\n" in text[begin:at]:
                strings.append((begin, at))
        elif char in "([{":
            depth += 1
        elif char in ")]}":
            depth = max(depth - 1, 0)
        elif char == "\\":
            at += text.startswith("\n", at)
        elif text.startswith("=", at):
            at += 1
        elif depth == 0 and assign is None and text[at - 2 : at - 1] not in _COMPARES_OR_AUGMENTS:
            assign = at
    else:
        at = len(text)
    return LogicalLine(start, at, assign, closed != at, tuple(strings))


def _end(pattern: re.Pattern[str], text: str, at: int) -> int:
    found = pattern.match(text, at)
    return found.end() if found else at
