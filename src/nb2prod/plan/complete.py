"""A choice of statements that can stand in one function: every name that it reads is bound there or at module level."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from nb2prod.plan.roles import needed_by
from nb2prod.plan.scopes import names_of

if TYPE_CHECKING:
    from collections.abc import Collection

    from nb2prod.dataflow import Dataflow


@dataclass(frozen=True, slots=True)
class Complete:
    """The statements to write, and those that had to be left out, each with the name that is missing."""

    statements: frozenset[int]
    missing: dict[int, str]


def complete(flow: Dataflow, chosen: frozenset[int], alive: Collection[int], known: Collection[str]) -> Complete:
    """Add what binds the names that are read (a function may read one without being called); leave out the rest."""
    found = set(chosen)
    missing: dict[int, str] = {}
    dropped = {i for i in flow.order if i not in alive}
    while True:
        bound = {name for i in found for name in names_of(flow.program.statements[i].node).binds}
        lacking = {
            i: lack for i in found if (lack := names_of(flow.program.statements[i].node).reads - bound - set(known))
        }
        if not lacking:
            return Complete(frozenset(found), missing)
        wanted = set().union(*lacking.values())
        makers = {i for i in alive if i not in missing and wanted & names_of(flow.program.statements[i].node).binds}
        more = {i for i in needed_by(flow, makers, without=dropped) if i in alive and i not in missing} - found
        if more:
            found |= more
            continue
        for index, names in lacking.items():
            missing[index] = min(names)
        for index in _readers(flow, lacking.keys(), found):
            missing.setdefault(index, min(lacking[min(lacking)]))
        found -= missing.keys()


def _readers(flow: Dataflow, gone: Collection[int], among: Collection[int]) -> set[int]:
    """Statements that cannot run without those that are gone."""
    found: set[int] = set(gone)
    while True:
        more = {
            i
            for i in among
            if i not in found
            and any(":" not in u.name and u.definitions and found.issuperset(u.definitions) for u in flow.uses[i])
        }
        if not more:
            return found
        found |= more
