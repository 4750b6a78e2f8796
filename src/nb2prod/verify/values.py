# ruff: noqa: ANN401 - nodes and JSON are any plain data
"""Two recorded values compared by type: equal, different (where), or not comparable (why)."""

from __future__ import annotations

import marshal
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

RTOL = 1e-9
ATOL = 1e-13  # of the largest number in the same array: sums of large terms that cancel
# how long something took is no part of what was computed
CLOCK = re.compile(r"(^|_)(fit|score|refit)_time_?$")
# memory that statsmodels' GLM sets aside and has not written to holds whatever was there
UNWRITTEN = re.compile(r"^_tmp_like_")
_LIMIT = 200


@dataclass(frozen=True, slots=True)
class Equal:
    """The same; `unchecked` are the parts that could not be looked into, `leaves` how many could."""

    leaves: int = 1
    unchecked: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Different:
    """Not the same at `path` inside the value ("" is the value itself); both sides shortened."""

    path: str
    left: str
    right: str


@dataclass(frozen=True, slots=True)
class NotComparable:
    """Nothing of it could be compared; `by_nature`: functions, classes, modules, pictures: nobody expects it."""

    reason: str
    by_nature: bool = False


Comparison = Equal | Different | NotComparable


@dataclass(frozen=True, slots=True)
class Side:
    """Where one run kept its values, and its folder, whose path may be part of strings."""

    store: Path
    folder: str

    def node(self, digest: str) -> Any:
        """Give a recorded value as nodes."""
        return marshal.loads((self.store / digest).read_bytes())  # noqa: S302 - plain data, written by our own probe

    def content(self, blob: Any) -> bytes:
        """Give the bytes of a blob."""
        if isinstance(blob, bytes):
            return blob
        kind, digest, size = blob
        if kind == "digest":
            raise _TooLargeError(size)
        return (self.store / str(digest)).read_bytes()

    def text(self, string: str) -> str:
        """Give a string without this run's own folder."""
        return string.replace(self.folder, "<folder>") if self.folder else string


def compare(left: str, right: str, sides: tuple[Side, Side]) -> Comparison:
    """Compare two values by their digests in the stores of the two sides."""
    return compare_nodes(sides[0].node(left), sides[1].node(right), sides)


def compare_nodes(left: Any, right: Any, sides: tuple[Side, Side]) -> Comparison:
    """Compare two values given as nodes."""
    comparing = _Comparing(*sides)
    for difference in comparing.walk(left, right, ""):
        return difference
    if comparing.leaves:
        return Equal(comparing.leaves, tuple(comparing.unchecked))
    if comparing.unchecked:
        return NotComparable(comparing.unchecked[0])
    return NotComparable(comparing.skipped or "nothing to compare", by_nature=True)


def shown(digest: str, side: Side) -> str:
    """Give a recorded value for a reader, shortened."""
    return _Comparing(side, side).short(side.node(digest), 0)


def opened(node: Any, side: Side) -> Any:
    """Give a node whose outermost level is no longer marshalled."""
    return _Comparing(side, side).open(node, 0)


def numbers(node: Any, side: Side) -> np.ndarray[Any, Any]:
    """Give the array of an array node."""
    _, dtype, shape, blob = node
    flat: np.ndarray[Any, Any] = np.frombuffer(side.content(blob), dtype=np.dtype(dtype))
    shaped: np.ndarray[Any, Any] = np.reshape(flat, shape)
    return shaped


class _TooLargeError(Exception):
    """The content was not kept, only its digest."""


class _Comparing:
    """One comparison: yields the first difference and counts what it could look at."""

    def __init__(self, left: Side, right: Side) -> None:
        self.sides = (left, right)
        self.leaves = 0
        self.unchecked: list[str] = []
        self.skipped = ""

    def walk(self, left: Any, right: Any, path: str) -> Iterator[Different]:
        """Differences between two nodes, lazily."""
        if type(left) is type(right) and left == right and _has_no_reference(left):
            yield from self._same(left, path)
            return
        left, right = self.open(left, 0), self.open(right, 1)
        for node in (left, right):
            if tag(node) in ("opaque", "named", "ignored"):
                yield from self._closed(left, right, node, path)
                return
        if tag(left) != tag(right) or type(left) is not type(right):
            yield self._different(left, right, path)
            return
        compare_nodes = getattr(self, f"_{tag(left) or 'atom'}")
        yield from compare_nodes(left, right, path)

    def _same(self, node: Any, path: str) -> Iterator[Different]:
        """Equal nodes: only what they leave unchecked is of interest."""
        if tag(node) in ("opaque", "named", "ignored"):
            yield from self._closed(node, node, node, path)
        else:
            self.leaves += 1

    def open(self, node: Any, side: int) -> Any:
        """Plain builtins become nodes one level at a time."""
        if tag(node) != "plain":
            return node
        try:
            return _level(marshal.loads(self.sides[side].content(node[1])))  # noqa: S302 - written by our own probe
        except _TooLargeError as error:
            return ("opaque", "builtins", f"too large to keep ({error} bytes)")

    def _closed(self, left: Any, right: Any, why: Any, path: str) -> Iterator[Different]:
        tags = {tag(left), tag(right)}
        if len(tags) > 1 and (tags <= {"named", "ignored"} or not tags & {"opaque", "ignored"}):
            yield self._different(left, right, path)
        elif tag(why) == "opaque":
            self.unchecked.append(f"{path or 'value'}: {why[1]}: {why[2]}")
        else:
            self.skipped = self.skipped or f"a {why[1] if why[0] == 'named' else 'picture'} is not compared"
            if why[0] == "named" and why[1] == "object" and left != right:
                yield self._different(left, right, path)

    def _atom(self, left: Any, right: Any, path: str) -> Iterator[Different]:
        self.leaves += 1
        if isinstance(left, float | complex):
            same = bool(np.isclose(left, right, rtol=RTOL, atol=1e-300, equal_nan=True))
        elif isinstance(left, str):
            same = left == right or self.sides[0].text(left) == self.sides[1].text(right)
        else:
            same = left == right
        if not same:
            yield self._different(left, right, path)

    def _list(self, left: Any, right: Any, path: str) -> Iterator[Different]:
        self.leaves += not left[2]
        if left[1] != right[1] or len(left[2]) != len(right[2]):
            yield self._different(left, right, path)
            return
        for i, (one, other) in enumerate(zip(left[2], right[2], strict=True)):
            yield from self.walk(one, other, f"{path}[{i}]")

    _tuple = _set = _list

    def _dict(self, left: Any, right: Any, path: str) -> Iterator[Different]:
        self.leaves += not left[2]
        if left[1] != right[1]:
            yield self._different(left, right, path)
            return
        keys = [("list", "list", tuple(key for key, _ in node[2])) for node in (left, right)]
        if any(True for _ in self.walk(keys[0], keys[1], "")):
            yield self._different(keys[0], keys[1], f"{path}.keys()")
            return
        for (key, one), (_, other) in zip(left[2], right[2], strict=True):
            if not (isinstance(key, str) and (CLOCK.search(key) or UNWRITTEN.search(key))):
                yield from self.walk(one, other, f"{path}[{self.short(key, 0)}]")

    def _array(self, left: Any, right: Any, path: str) -> Iterator[Different]:
        self.leaves += 1
        if left[1:3] != right[1:3]:
            yield self._different(left, right, path)
            return
        if left[3] == right[3]:
            return
        try:
            one, other = numbers(left, self.sides[0]), numbers(right, self.sides[1])
        except _TooLargeError as error:
            self.leaves -= 1
            self.unchecked.append(f"{path or 'value'}: too large to keep ({error} bytes), and the digests differ")
            return
        wrong = np.flatnonzero(~_close(one, other))
        if wrong.size:
            at = np.unravel_index(int(wrong[0]), one.shape)
            place = f"{path}[{', '.join(map(str, at))}]" if at else path
            count = f" ({wrong.size} of {one.size} differ)" if wrong.size > 1 else ""
            yield Different(place, f"{one[at]!r}", f"{other[at]!r}{count}")

    def _objects(self, left: Any, right: Any, path: str) -> Iterator[Different]:
        if left[1] != right[1]:
            yield self._different(left, right, path)
        else:
            yield from self.walk(left[2], right[2], path)

    def _fields(self, left: Any, right: Any, path: str) -> Iterator[Different]:
        yield from self._all(left, right, path, [f"[{name!r}]" for name, _ in left[2]], _fields_of)

    def _scalar(self, left: Any, right: Any, path: str) -> Iterator[Different]:
        if left[1] != right[1]:
            yield self._different(left, right, path)
        else:
            yield from self.walk(left[2], right[2], path)

    def _frame(self, left: Any, right: Any, path: str) -> Iterator[Different]:
        yield from self.walk(left[1], right[1], f"{path}.columns")
        yield from self.walk(left[2], right[2], f"{path}.index")
        if len(left[3]) != len(right[3]):
            yield self._different(left, right, path)
            return
        names = self._column_names(left)
        for name, one, other in zip(names, left[3], right[3], strict=True):
            yield from self.walk(one, other, f"{path}[{name}]")

    def _column_names(self, node: Any) -> list[str]:
        values = self.open(node[1][2], 0)
        if tag(values) == "objects":
            values = self.open(values[2], 0)
        elif tag(values) == "extension":
            values = self.open(values[3], 0)
        if tag(values) in ("list", "tuple") and len(values[2]) == len(node[3]):
            return [self.short(one, 0) for one in values[2]]
        return [f"column {i}" for i in range(len(node[3]))]

    def _series(self, left: Any, right: Any, path: str) -> Iterator[Different]:
        yield from self._all(left, right, path, [".name", ".index", ""], lambda node: node[1:])

    def _index(self, left: Any, right: Any, path: str) -> Iterator[Different]:
        yield from self._all(left, right, path, [".names", ""], lambda node: node[1:])

    def _categorical(self, left: Any, right: Any, path: str) -> Iterator[Different]:
        yield from self._all(left, right, path, [".ordered", ".categories", ".codes"], lambda node: node[1:])

    def _extension(self, left: Any, right: Any, path: str) -> Iterator[Different]:
        yield from self._all(left, right, path, [".dtype", ".isna()", ""], lambda node: node[1:])

    def _sparse(self, left: Any, right: Any, path: str) -> Iterator[Different]:
        if left[1:3] != right[1:3]:
            yield self._different(left, right, path)
        else:
            yield from self._all(left, right, path, [".data", ".indices", ".indptr"], lambda node: node[3][2])

    def _object(self, left: Any, right: Any, path: str) -> Iterator[Different]:
        if left[1] != right[1] or len(left[2]) != len(right[2]):
            yield self._different(left, right, path)
        else:
            self.leaves += 1
            yield from self._all(left, right, path, [""] * len(left[2]), lambda node: node[2])

    def _all(self, left: Any, right: Any, path: str, names: list[str], parts: Any) -> Iterator[Different]:
        lefts, rights = parts(left), parts(right)
        if len(lefts) != len(rights):
            yield self._different(left, right, path)
            return
        for name, one, other in zip(names, lefts, rights, strict=True):
            yield from self.walk(one, other, path + name)

    def _different(self, left: Any, right: Any, path: str) -> Different:
        return Different(path, self.short(left, 0), self.short(right, 1))

    def short(self, node: Any, side: int) -> str:
        """Give a node for a reader."""
        text = self._text(node, side)
        return text if len(text) <= _LIMIT else text[: _LIMIT - 1] + "…"

    def _text(self, node: Any, side: int) -> str:  # noqa: C901, PLR0911, PLR0912 - a case for each kind of node
        node = self.open(node, side)
        match node:
            case ("list" | "tuple" | "set" as tag, kind, nodes):
                shown = ", ".join(self.short(one, side) for one in nodes[:10]) + (", …" if len(nodes) > 10 else "")  # noqa: PLR2004
                brackets = {"list": "[]", "tuple": "()", "set": "{}"}[tag]
                text = f"{brackets[0]}{shown}{brackets[1]}"
                return text if kind == tag else f"{kind}{text}"
            case ("dict", kind, items):
                shown = ", ".join(f"{self.short(k, side)}: {self.short(v, side)}" for k, v in items[:10])
                return f"{{{shown}}}" if kind == "dict" else f"{kind}({{{shown}}})"
            case ("array", dtype, shape, _):
                return f"array of {np.dtype(dtype)} {_shape(shape)}: {self._sample(node, side)}"
            case ("objects", shape, values):
                return f"array of object {_shape(shape)}: {self.short(values, side)}"
            case ("scalar", dtype, value):
                return f"{np.dtype(dtype)}({value!r})" if isinstance(dtype, str) else f"{value!r}"
            case ("frame", columns, index, _):
                return f"frame with columns {self.short(columns, side)}, index {self.short(index, side)}"
            case ("series", name, _, values):
                return f"series {self.short(name, side)} {self.short(values, side)}"
            case ("index", _, values):
                return self.short(values, side)
            case ("extension", dtype, _, values):
                return f"{dtype}: {self.short(values, side)}"
            case ("categorical", _, categories, codes):
                return f"categories {self.short(categories, side)} codes {self.short(codes, side)}"
            case ("sparse", form, shape, _):
                return f"sparse {form} {_shape(shape)}"
            case ("object", kind, parts):
                return f"{kind}({self.short(parts[-1], side) if parts else ''})"
            case ("named", kind, name):
                return f"{kind} {name}"
            case ("ignored" | "opaque", kind, *_):
                return f"a {kind}"
            case _:
                return repr(node)

    def _sample(self, node: Any, side: int) -> str:
        try:
            values = numbers(node, self.sides[side]).ravel()
        except (_TooLargeError, OSError):
            return "…"
        return ", ".join(map(str, values[:6].tolist())) + (", …" if values.size > 6 else "")  # noqa: PLR2004


def tag(node: Any) -> str:
    """Which kind of node; "" for a scalar."""
    return str(node[0]) if isinstance(node, tuple) else ""


def _has_no_reference(node: Any) -> bool:
    """Nodes are equal as data; only text of the folder and blobs refer to something else, and those by digest."""
    return not isinstance(node, tuple) or node[0] in ("plain", "array", "opaque", "named", "ignored", "scalar")


def _level(value: Any) -> Any:
    """Give a plain value with its outermost level as a node."""
    if isinstance(value, list | tuple | set | frozenset):
        tag = "list" if isinstance(value, list) else "tuple" if isinstance(value, tuple) else "set"
        members = sorted(value, key=repr) if tag == "set" else value
        return (tag, type(value).__name__, tuple(map(_lower, members)))
    if isinstance(value, dict):
        return ("dict", "dict", tuple((_lower(key), _lower(one)) for key, one in value.items()))
    return value


def _lower(value: Any) -> Any:
    return _level(value) if isinstance(value, list | tuple | set | frozenset | dict) else value


def _fields_of(node: Any) -> Any:
    return [value for _, value in node[2]]


def _close(left: np.ndarray[Any, Any], right: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    if left.dtype.kind not in "fc":
        return np.asarray(left == right)
    finite = np.abs(left[np.isfinite(left)])
    scale = float(finite.max()) if finite.size else 0.0
    with np.errstate(invalid="ignore", over="ignore"):
        return np.asarray(np.isclose(left, right, rtol=RTOL, atol=ATOL * scale, equal_nan=True))


def _shape(shape: tuple[int, ...]) -> str:
    return "x".join(map(str, shape)) or "of no dimension"
