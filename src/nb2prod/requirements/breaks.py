"""What locked releases cannot be used with, or without, by a table: their wheels do not say so."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from packaging.version import Version

from nb2prod.requirements import names

if TYPE_CHECKING:
    from collections.abc import Iterator

    from nb2prod.requirements.requirement import Lock


@dataclass(frozen=True, slots=True)
class Break:
    """A library that must stay below a version, and who cannot take it: each, and its first release that can."""

    library: str
    below: str
    because: str
    users: tuple[tuple[str, str], ...] = ()


def unsaid(lock: Lock) -> Iterator[tuple[str, str]]:
    """Find what a locked release needs and does not ask for, and nothing else brings: the distribution, its user."""
    pins = {pin.distribution: Version(pin.version) for pin in lock.pins}
    for row in names.table("breaks")["unsaid"]:
        user = pins.get(row["library"])
        if user is not None and user < Version(row["below"]):
            yield from ((name, row["library"]) for name in row["needs"] if name not in pins)


def find(lock: Lock) -> Iterator[Break]:
    """Find them, the lowest bound for each library."""
    pins = {pin.distribution: Version(pin.version) for pin in lock.pins}
    found: dict[str, Break] = {}
    for row in names.table("breaks")["breaks"]:
        library, since = row["library"], row["from"]
        if library not in pins or pins[library] < Version(since):
            continue
        users = [name for name, first in row["users"].items() if name in pins and pins[name] < Version(first)]
        if users and (library not in found or Version(since) < Version(found[library].below)):
            who = ", ".join(f"{name} {pins[name]}" for name in users)
            because = f"{who} cannot take {library} {since} ({row['why']})"
            found[library] = Break(library, since, because, tuple((name, row["users"][name]) for name in users))
    yield from found.values()
