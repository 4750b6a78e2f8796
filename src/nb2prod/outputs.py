"""What a cell showed when it was run, as the file keeps it: the kinds, the sizes and the first characters.

The rest is not kept: outputs are most of a notebook's bytes. In a large file they are cut down before they are parsed.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator

KEPT = 8_000
"""How many characters of a text are kept."""

_KINDS: dict[object, Kind] = {
    "stream": "stream",
    "display_data": "display",
    "execute_result": "result",
    "pyout": "result",
    "error": "error",
    "pyerr": "error",
}
_SIZE = "nb2prod_size"
_PICTURE = re.compile(rb'"image/(?:png|jpeg|gif)"\s*:\s*"')
_IMAGE = b'"image/'
_MARKED = 100  # what is shorter is left as it is
_COLOUR = re.compile(r"\x1b\[[0-9;]*m")
_KEY = re.compile(rb'"outputs"\s*:\s*(?=\[)')
_BRACKET_OR_QUOTE = re.compile(rb'[\[\]{}"]')
_SCALAR = re.compile(rb"[^,\]}\s]*")
_SPACE = re.compile(rb"[\s,:]*")
_QUOTE, _BACKSLASH, _LIST, _OBJECT, _LIST_END, _OBJECT_END = b'"\\[{]}'

Kind = Literal["stream", "display", "result", "error"]


class Output(NamedTuple):  # many are made: a frozen dataclass takes three times as long
    """One output of a cell.

    `text` is what was printed, the `text/plain` of what was shown, or the traceback without its colours: the first
    `KEPT` characters (`cut`: there were more). `size` is about the number of characters that the whole output takes
    in the file. `name` is `stdout` or `stderr`, or the error's class; `value` is the error's message.
    `html` is the beginning of a `text/html`.
    """

    kind: Kind
    mimes: tuple[str, ...] = ()
    size: int = 0
    text: str = ""
    cut: bool = False
    html: str = ""
    name: str = ""
    value: str = ""


_new = tuple.__new__
"""Makes a named tuple in half the time."""


def outputs(value: object) -> tuple[Output, ...]:
    """Read a cell's `outputs` as parsed from the file; what has not the form of an output is left out."""
    if not isinstance(value, list):
        return ()
    return tuple(_output(each) for each in value if isinstance(each, dict) and each.get("output_type") in _KINDS)


def shortened(content: bytes) -> bytes:
    """Cut the outputs down to what `outputs` keeps; what is not well-formed stays, for the parser to complain about.

    An unescaped quote cannot be inside a string, so `"outputs"` before a colon is a key.
    """
    kept = []
    at = 0
    while found := _KEY.search(content, at):
        end = _end(content, found.end())
        if end is None or content[end - 1] != _LIST_END:
            break
        few = [_few(content, start, stop) for start, stop in _elements(content, found.end())]
        kept += [content[at : found.end()], json.dumps(few).encode()]
        at = end
    return b"".join([*kept, content[at:]]) if kept else content


def _output(value: dict[str, Any]) -> Output:
    kind = _KINDS[value["output_type"]]
    size = value.get(_SIZE)
    size = size if type(size) is int else _size(value)
    if kind == "error":
        text, cut = _head(value.get("traceback"), "\n")
        name, message = (str(value.get(key) or "") for key in ("ename", "evalue"))
        return Output(kind=kind, size=size, text=_COLOUR.sub("", text), cut=cut, name=name, value=message[:KEPT])
    if kind == "stream":
        text, cut = _head(value.get("text"))
        return _new(Output, (kind, (), size, text, cut, "", str(value.get("name") or "stdout"), ""))
    data = value.get("data")
    shown = data if isinstance(data, dict) else {}
    text, cut = _head(shown.get("text/plain"))
    html = shown.get("text/html")
    return _new(Output, (kind, tuple(shown), size, text, cut, _head(html)[0] if html else "", "", ""))


def _head(value: object, between: str = "") -> tuple[str, bool]:
    """Join the lines of a text up to what is kept; and whether there were more."""
    if isinstance(value, str):
        return value[:KEPT], len(value) > KEPT
    if not isinstance(value, list):
        return "", False
    try:
        text = between.join(value)
    except TypeError:  # some are no texts
        return _head_of_texts(value, between)
    return text[:KEPT], len(text) > KEPT


def _head_of_texts(value: list[object], between: str) -> tuple[str, bool]:
    lines: list[str] = []
    length = 0
    for line in value:
        if length > KEPT:
            break
        if isinstance(line, str):
            lines.append(line)
            length += len(line) + len(between)
    text = between.join(lines)
    return text[:KEPT], len(text) > KEPT or len(lines) < len(value)


def without_pictures(content: bytes) -> bytes:
    """Leave of pictures their sizes only: most notebooks' bytes are pictures, of which nothing else is asked.

    What looks so in a text has its quotes escaped, and is no match.
    """
    kept = []
    at = 0
    look = content.find(_IMAGE)
    while look >= 0:  # what a picture holds is passed over, not looked through
        found = _PICTURE.match(content, look)
        start = look + len(_IMAGE) if found is None else found.end()
        end = start if found is None else content.find(b'"', start)
        if end - start > _MARKED and content[end - 1] != _BACKSLASH:
            kept += [content[at:start], b"\\u0000%d" % (end - start)]
            at = end
        look = content.find(_IMAGE, max(start, at))
    return b"".join([*kept, content[at:]]) if kept else content


def _size(value: Any) -> int:  # noqa: ANN401 - of JSON
    kind = value.__class__
    if kind is str:
        return int(value[1:]) if value[:1] == "\0" and value[1:].isdecimal() else len(value)
    if kind is list:
        try:
            text = "".join(value)
        except TypeError:  # some are no texts
            text = "\0"
        return sum(map(_size, value)) if "\0" in text else len(text)
    if isinstance(value, dict):
        return sum(map(len, value)) + sum(map(_size, value.values()))
    return 8


# In a large file: find what is kept without parsing the rest


def _few(content: bytes, start: int, end: int) -> object:
    """Give an output with its texts cut short and nothing of its other data but the kinds."""
    if content[start] != _OBJECT:
        return None
    few: dict[str, Any] = {_SIZE: end - start}
    for key, at, stop in _members(content, start):
        if key in {"output_type", "name", "ename", "evalue", "text", "traceback"}:
            few[key] = _short(content, at, stop)
        elif key == "data" and content[at] == _OBJECT:
            texts = {"text/plain", "text/html"}
            few[key] = {
                mime: _short(content, inner, last) if mime in texts else ""
                for mime, inner, last in _members(content, at)
            }
    return few


def _short(content: bytes, start: int, end: int) -> object:
    """Read a text, or a list of lines, as far as it is kept."""
    if content[start] == _QUOTE:
        return _string(content, start, end)
    if content[start] != _LIST:
        return None
    lines: list[object] = []
    length = 0
    for at, stop in _elements(content, start):
        if length > KEPT:
            break
        line = _string(content, at, stop) if content[at] == _QUOTE else None
        lines.append(line)
        length += len(line or "")
    return [*lines, ""] if length > KEPT else lines


def _string(content: bytes, start: int, end: int) -> str | None:
    longest = 12 * KEPT + 12  # a character takes twelve bytes at most, as a surrogate pair: `\\ud83d\\udcc8`
    text = content[start:end]
    # one of the six does not end within an escape
    cuts = [text] if len(text) <= longest else [text[: longest - drop] + b'"' for drop in range(6)]
    for cut in cuts:
        try:
            value = json.loads(cut.decode("utf-8", errors="ignore"))
        except ValueError:
            continue
        return value[: KEPT + 1] if isinstance(value, str) else None
    return None


def _members(content: bytes, start: int) -> Iterator[tuple[str, int, int]]:
    """Yield key, start and end of each member of the object that starts here."""
    at = start + 1
    while content[at := _skip(content, at)] == _QUOTE:
        stop = _string_end(content, at)
        key = content[at + 1 : stop - 1].decode("utf-8", errors="replace")
        value = _skip(content, stop)
        end = _end(content, value)
        if end is None:
            return
        yield key, value, end
        at = end


def _elements(content: bytes, start: int) -> Iterator[tuple[int, int]]:
    """Yield start and end of each element of the list that starts here."""
    at = start + 1
    while content[at := _skip(content, at)] != _LIST_END:
        end = _end(content, at)
        if end is None or end == at:
            return
        yield at, end
        at = end


def _skip(content: bytes, at: int) -> int:
    """Pass over spaces, commas and colons; not beyond the last byte."""
    found = _SPACE.match(content, at)
    return min(found.end() if found else at, len(content) - 1)


def _end(content: bytes, start: int) -> int | None:
    """Find the end of the value that starts here; None if the file ends before."""
    if content[start] == _QUOTE:
        return _string_end(content, start)
    if content[start] not in (_LIST, _OBJECT):
        found = _SCALAR.match(content, start)
        return found.end() if found else None
    depth, at = 0, start
    while found := _BRACKET_OR_QUOTE.search(content, at):
        at = found.end()
        character = content[at - 1]
        if character == _QUOTE:
            at = _string_end(content, at - 1)
        elif character in (_LIST, _OBJECT):
            depth += 1
        else:
            depth -= 1
            if not depth:
                return at
    return None


def _string_end(content: bytes, start: int) -> int:
    """Find the end of the string whose opening quote is here."""
    quote = content.find(b'"', start + 1)
    while quote >= 0:
        before = quote
        while content[before - 1] == _BACKSLASH:
            before -= 1
        if (quote - before) % 2 == 0:
            return quote + 1
        quote = content.find(b'"', quote + 1)
    return len(content)
