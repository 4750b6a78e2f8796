"""Debian packages that the distributions need at run time."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nb2prod.requirements import names
from nb2prod.requirements.requirement import SystemPackage

if TYPE_CHECKING:
    from collections.abc import Iterable


def packages(distributions: Iterable[str]) -> tuple[SystemPackage, ...]:
    """Look up what the curated table says, each package once, in the order of their names."""
    table = names.table("system")
    because: dict[str, list[str]] = {}
    for distribution in sorted(set(distributions)):
        for kind, reason in (("libraries", "links to it"), ("programs", "runs its program")):
            for package in table[kind].get(distribution, ()):
                because.setdefault(package, []).append(f"{distribution} {reason}")
    return tuple(SystemPackage(package, "; ".join(reasons)) for package, reasons in sorted(because.items()))
