"""Debian packages that the distributions need at run time."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from nb2prod.requirements import names
from nb2prod.requirements.requirement import SystemPackage

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from nb2prod.requirements.contents import Wheel

Debian = Literal["bookworm", "trixie"]


def packages(distributions: Iterable[str]) -> tuple[SystemPackage, ...]:
    """Look up what the curated tables say, each package once, in the order of their names."""
    return _merged(_curated(distributions, ("linked", "loaded", "programs")))


def to_build(distribution: str) -> tuple[str, ...]:
    """Look up the packages that building a distribution from source needs: a compiler, unless it is all Python."""
    return tuple(names.table("system")["build"].get(distribution, ("g++",)))


def called(package: str, debian: Debian) -> str:
    """Give the name that a package of the curated table (which has bookworm's) has in a release, "" where it is not."""
    return str(names.table("system")["renamed"].get(package, package)) if debian == "trixie" else package


def of_wheels(
    wheels: Mapping[str, Wheel], debian: Debian, built: Iterable[str] = ()
) -> tuple[tuple[SystemPackage, ...], tuple[str, ...]]:
    """Find the packages that the wheels' own libraries link to, and those that only the tables know.

    The wheels count together: what one brings, another may link to. Of what is built from source there is no wheel to
    look into: only the tables tell. Also gives what is to be said.
    """
    tables = names.table("libraries")
    there = {*tables["base"].split(), *tables["host"].split()} | {
        one for each in wheels.values() for one in each.brings
    }
    because: list[tuple[str, str]] = []
    unknown: dict[str, list[str]] = {}
    for name, wheel in sorted(wheels.items()):
        for library in sorted(wheel.links - there):
            package = tables["packages"].get(library)
            if package is None and not name.startswith("nvidia-"):  # what its plugins link to comes with the card
                unknown.setdefault(library, []).append(name)
            elif package is not None:
                chosen = package if isinstance(package, str) else package[debian]
                because.append((chosen, f"{name} links to {library}"))
    drivers = sorted(name for name, wheel in wheels.items() if wheel.links & set(tables["host"].split()))
    notes = [
        f"{', '.join(users)} links to {library}, and it is not known which Debian package brings that"
        for library, users in unknown.items()
        if not library.startswith("libpython")
    ]
    notes += (
        [f"{', '.join(drivers)} can use a GPU: its driver comes from the host, not from the image"] if drivers else []
    )
    tabled = (*_curated(wheels, ("loaded", "programs")), *_curated(built, ("linked", "loaded", "programs")))
    notes += [
        f"{reason.removesuffix(' it')} {package}, which {debian} does not have"
        for package, reason in tabled
        if not called(package, debian)
    ]
    named = ((name, reason) for package, reason in tabled if (name := called(package, debian)))
    return _without_brought(_merged((*because, *named)), debian), tuple(notes)


def _without_brought(packages: tuple[SystemPackage, ...], debian: Debian) -> tuple[SystemPackage, ...]:
    """Leave out what comes with another package anyway."""
    tables = names.table("libraries")
    differing = [row for row in tables["packages"].values() if not isinstance(row, str)]
    of_bookworm = {row[debian]: row["bookworm"] for row in differing}
    plain = {each.package: of_bookworm.get(each.package, each.package) for each in packages}
    brought = {one for name in plain.values() for one in tables["brings"].get(name, "").split()}
    return tuple(each for each in packages if plain[each.package] not in brought)


def _curated(distributions: Iterable[str], kinds: tuple[str, ...]) -> Iterator[tuple[str, str]]:
    reasons = {"linked": "links to it", "loaded": "loads it", "programs": "runs its program"}
    table = names.table("system")
    for distribution in sorted(set(distributions)):
        for kind in kinds:
            for package in table[kind].get(distribution, ()):
                yield package, f"{distribution} {reasons[kind]}"


def _merged(because: Iterable[tuple[str, str]]) -> tuple[SystemPackage, ...]:
    found: dict[str, list[str]] = {}
    for package, reason in because:
        found.setdefault(package, []).append(reason)
    return tuple(SystemPackage(package, "; ".join(reasons)) for package, reasons in sorted(found.items()))
