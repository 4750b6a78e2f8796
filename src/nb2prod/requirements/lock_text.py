"""The text of a lock: a requirements file with exact versions, hashes, and who wants what."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from packaging.utils import canonicalize_name

from nb2prod.requirements.requirement import Pin

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

OURS = ("together.txt", "floors.txt")
"""Files that are there only while it is locked."""
_PIN = re.compile(r"^(?P<name>[A-Za-z0-9][\w.-]*)(?:\[[^\]]*\])?==(?P<version>[^\s;\\]+)")
_BUILT = re.compile(r"^--no-binary (\S+)$", re.MULTILINE)
_NOT_KEPT = re.compile(rf"-|\s+#(?: via)?\s+-c (?:{'|'.join(OURS)})$")
_VIA = re.compile(r"^ +#(?: via)? +(?!via$)(?P<name>[a-z0-9][a-z0-9-]*)$")


def cleaned(text: str) -> str:
    """Leave out options and our own files: an index or a folder of this machine is nobody else's business."""
    lines = [line for line in text.splitlines() if line.strip() and not _NOT_KEPT.match(line)]
    return "\n".join(lines) + "\n" if lines else ""


def pins(text: str) -> list[Pin]:
    """List the locked distributions, each with those that want it."""
    found: list[Pin] = []
    for line in text.splitlines():
        if pin := _PIN.match(line):
            found.append(Pin(canonicalize_name(pin["name"]), pin["version"]))
        elif found and (via := _VIA.match(line)):
            last = found.pop()
            found.append(Pin(last.distribution, last.version, (*last.via, via["name"])))
    return found


def names_in(text: str) -> Iterator[str]:
    """List the distributions in a lock."""
    yield from (pin.distribution for pin in pins(text))


def with_sources(text: str, built: Sequence[str]) -> str:
    """Let the installer build what of a lock has no wheel; the rest stays wheels only."""
    locked = set(names_in(text))
    return "".join(f"--no-binary {name}\n" for name in built if name in locked) + text


def built(text: str) -> tuple[str, ...]:
    """List what a lock has built from source."""
    return tuple(_BUILT.findall(text))
