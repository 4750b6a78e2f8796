"""Version bounds by the APIs that a notebook uses and by what its outputs show."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from packaging.specifiers import SpecifierSet
from packaging.version import Version

from nb2prod import apis
from nb2prod.requirements import traces

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from nb2prod.program import Program


@dataclass(frozen=True, slots=True)
class Bound:
    """The specifier that a distribution's uses and outputs allow, and those that decide."""

    specifier: str
    evidence: str
    note: str | None = None


def find(program: Program, python: str) -> Mapping[str, Bound]:
    """Find the bounds of each distribution; a `try`, or a cell that ended in an error, says nothing.

    What an output shows (with this Python) counts within what the uses allow: it may be left from an older run.
    """
    failed = {cell.cell.index for cell in program.cells if any(output.kind == "error" for output in cell.cell.outputs)}
    uses: dict[str, list[apis.Use]] = {}
    for use in apis.find(program):
        if not use.guarded and use.where.cell not in failed:
            uses.setdefault(use.change.distribution, []).append(use)
    found = {name: bound for name, found in uses.items() for bound in _bound(found)}
    for trace in sorted(traces.find(program, python), key=lambda each: (each.operator == "<", Version(each.version))):
        found[trace.distribution] = _within(found.get(trace.distribution), trace)
    return found


def _within(bound: Bound | None, trace: traces.Trace) -> Bound:
    """Add what an output shows, unless the bound says so already or contradicts it."""
    own = f"{trace.operator}{trace.version}"
    if bound is None:
        return Bound(own, trace.said)
    both = SpecifierSet(f"{bound.specifier},{own}")
    lower = max((Version(each.version) for each in both if each.operator == ">="), default=None)
    upper = min((Version(each.version) for each in both if each.operator == "<"), default=None)
    if lower and upper and lower >= upper:
        return bound
    deciding = {f">={lower}", f"<{upper}"}
    if own not in deciding or own in bound.specifier.split(","):
        return bound
    kept = [each for each in bound.specifier.split(",") if each in deciding and each[0] != own[0]]
    specifier = ",".join(sorted({*kept, own}, reverse=True))
    return Bound(specifier, f"{bound.evidence}; {trace.said}" if kept else trace.said, bound.note)


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
