"""What a Linux shared library asks the loader for: its own name and the libraries it links to."""

from __future__ import annotations

import mmap
import struct
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

_MAGIC = b"\x7fELF"
_LOAD, _DYNAMIC = 1, 2  # kinds of program headers
_NEEDED, _STRTAB, _SONAME = 1, 5, 14  # tags of dynamic entries
_WIDE = 2  # class of 64 bits
_LITTLE = 1


@dataclass(frozen=True, slots=True)
class Library:
    """The name a library is known by (None: only its file's name), and those it needs (DT_NEEDED)."""

    name: str | None
    needs: tuple[str, ...]


def read(path: Path) -> Library | None:
    """Read a shared library; None for what is not an ELF file, or is damaged."""
    try:
        with path.open("rb") as file:
            if file.read(4) != _MAGIC:
                return None
            with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
                return _library(data)
    except (OSError, ValueError, struct.error, UnicodeDecodeError):
        return None


@dataclass(frozen=True, slots=True)
class _Segment:
    kind: int
    offset: int
    address: int
    size: int


def _library(data: mmap.mmap) -> Library:
    wide, order = data[4] == _WIDE, "<" if data[5] == _LITTLE else ">"
    segments = list(_segments(data, order, wide=wide))
    dynamic = next((each for each in segments if each.kind == _DYNAMIC), None)
    if dynamic is None:
        return Library(None, ())
    entries = list(_entries(data, dynamic, order, wide=wide))
    addresses: Mapping[int, int] = dict(entries)
    if _STRTAB not in addresses:
        return Library(None, ())
    texts = _offset(segments, addresses[_STRTAB])
    names = [_text(data, texts + value) for tag, value in entries if tag == _SONAME]
    needs = tuple(_text(data, texts + value) for tag, value in entries if tag == _NEEDED)
    return Library(names[0] if names else None, needs)


def _segments(data: mmap.mmap, order: str, *, wide: bool) -> Iterator[_Segment]:
    start, size, count = (
        (*struct.unpack_from(order + "Q", data, 32), *struct.unpack_from(order + "HH", data, 54))
        if wide
        else (*struct.unpack_from(order + "I", data, 28), *struct.unpack_from(order + "HH", data, 42))
    )
    for index in range(count):
        at = start + index * size
        if wide:
            kind, _, offset, address, _, length = struct.unpack_from(order + "IIQQQQ", data, at)
        else:
            kind, offset, address, _, length = struct.unpack_from(order + "IIIII", data, at)
        yield _Segment(kind, offset, address, length)


def _entries(data: mmap.mmap, dynamic: _Segment, order: str, *, wide: bool) -> Iterator[tuple[int, int]]:
    form, size = (order + "qQ", 16) if wide else (order + "iI", 8)
    for at in range(dynamic.offset, dynamic.offset + dynamic.size, size):
        tag, value = struct.unpack_from(form, data, at)
        if tag == 0:
            return
        yield tag, value


def _offset(segments: list[_Segment], address: int) -> int:
    """Find where in the file something lies that is loaded to an address."""
    for each in segments:
        if each.kind == _LOAD and each.address <= address < each.address + each.size:
            return address - each.address + each.offset
    return address


def _text(data: mmap.mmap, at: int) -> str:
    return data[at : data.find(b"\0", at)].decode("utf-8")
