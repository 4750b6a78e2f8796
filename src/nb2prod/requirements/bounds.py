"""Version bounds by the APIs that a notebook uses: not after they were removed, not before they were added."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from packaging.version import Version

from nb2prod import apis

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from nb2prod.program import Program


@dataclass(frozen=True, slots=True)
class Bound:
    """The specifier that a distribution's uses allow, and the uses that decide."""

    specifier: str
    evidence: str
    note: str | None = None


def find(program: Program) -> Mapping[str, Bound]:
    """Find the bounds of each distribution; a `try`, or a cell that ended in an error, says nothing."""
    failed = {cell.cell.index for cell in program.cells if any(output.kind == "error" for output in cell.cell.outputs)}
    uses: dict[str, list[apis.Use]] = {}
    for use in apis.find(program):
        if not use.guarded and use.where.cell not in failed:
            uses.setdefault(use.change.distribution, []).append(use)
    return {name: bound for name, found in uses.items() for bound in _bound(found)}


def _bound(uses: Sequence[apis.Use]) -> Iterator[Bound]:
    removed = [use for use in uses if use.change.kind == "removed"]
    added = [use for use in uses if use.change.kind == "added"]
    upper = min(removed, key=lambda use: Version(use.change.version), default=None)
    lower = max(added, key=lambda use: Version(use.change.version), default=None)
    if upper and lower and Version(upper.change.version) <= Version(lower.change.version):
        note = f"No version has both: {_said(upper)}, and {_said(lower)}; the newer is followed"
        yield Bound(f">={lower.change.version}", _said(lower), note)
    elif upper or lower:
        parts = [(">=", lower), ("<", upper)]
        specifier = ",".join(f"{operator}{use.change.version}" for operator, use in parts if use)
        yield Bound(specifier, "; ".join(_said(use) for _, use in parts if use))


def _said(use: apis.Use) -> str:
    return f"{use.change.shown} ({use.where}) was {use.change.kind} in {use.change.version}"
