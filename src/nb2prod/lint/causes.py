"""One finding for each cause: what several places of one cell have in common, and how grave it is."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, TypeVar

from nb2prod.lint.fix import Fix

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterable, Iterator

    from nb2prod.lint.rule import Finding

_GRAVITY = {"error": 0, None: 1, "warning": 1, "info": 2}

_Key = TypeVar("_Key", bound="Hashable")


def one_per_cell(findings: Iterable[Finding]) -> Iterator[Finding]:
    """Put the findings of each cell into its gravest; the places of the others are told, too."""
    return one_per_key((found.where.cell, found) for found in findings)


def one_per_key(findings: Iterable[tuple[_Key, Finding]]) -> Iterator[Finding]:
    """Put findings that have a cause in common into the gravest of them."""
    by_key: dict[_Key, list[Finding]] = {}
    for key, found in findings:
        by_key.setdefault(key, []).append(found)
    for together in by_key.values():
        first = min(together, key=lambda each: _GRAVITY[each.severity])
        places = (*first.also, *(each.where for each in together), *(place for e in together for place in e.also))
        also = dict.fromkeys(place for place in places if place != first.where)
        causes = tuple(together) if len(together) > 1 else ()
        yield replace(first, also=tuple(also), fix=_together(together), causes=causes)


def _together(findings: list[Finding]) -> Fix | None:
    """Mend all of them at once, if each can be mended."""
    fixes = [each.fix for each in findings if each.fix is not None]
    if len(fixes) < len(findings):
        return None
    edits = tuple(dict.fromkeys(edit for fix in fixes for edit in fix.edits))
    return Fix(edits, all(fix.safe for fix in fixes), "; ".join(dict.fromkeys(fix.message for fix in fixes)))
