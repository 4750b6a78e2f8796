"""Requirements as a table for people and as json for programs."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from nb2prod.requirements import Lock, LockFailed, as_data, shown_version

if TYPE_CHECKING:
    from collections.abc import Iterator

    from nb2prod.requirements.requirement import Requirement, Requirements

_SHOWN = 2  # imports in a row of the table


def document(requirements: Requirements, lock: Lock | LockFailed | None = None) -> str:
    """Write what `nb2prod requirements NB --format json` prints."""
    return json.dumps(as_data(requirements, lock), indent=2, ensure_ascii=False)


def lines(requirements: Requirements, lock: Lock | LockFailed | None = None) -> Iterator[str]:
    """Write the table and what is to be said about it, line by line."""
    yield f"Python {requirements.python} ({requirements.python_evidence})"
    if requirements.as_of:
        yield f"Releases up to {requirements.as_of} ({requirements.as_of_evidence})"
    rows = [_row(each, lock) for each in requirements.requirements]
    yield from _aligned([("distribution", "version", "import", "confidence", "evidence"), *rows] if rows else [])
    if not rows:
        yield "It needs nothing but Python."
    yield from (f"apt: {each.package} ({each.because})" for each in requirements.system)
    yield from (f"local module: {each.name} ({each.path}), {each.where}" for each in requirements.local)
    yield from (f"not taken: {each}" for each in requirements.refused)
    notes = [f"{each.distribution}: {each.note}" for each in requirements.lockable if each.note]
    yield from (
        f"note: {note}" for note in (*notes, *requirements.notes, *(lock.notes if isinstance(lock, Lock) else ()))
    )
    match lock:
        case Lock():
            yield f"locked by {lock.locker}: {len(lock.pins)} distributions with hashes"
        case LockFailed():
            yield f"lock: failed: {lock.reason}. {lock.way_out}"
        case None:
            yield "not locked, as asked for"


def _row(each: Requirement, lock: Lock | LockFailed | None) -> tuple[str, ...]:
    name = each.distribution or "?"
    if each.extras:
        name += f"[{','.join(each.extras)}]"
    optional = " (optional)" if each.optional else ""
    perhaps = (
        f"; candidates: {', '.join(each.candidates)}" if each.confidence == "unconfirmed" and each.candidates else ""
    )
    more = f", and {len(each.imports) - _SHOWN} more" if len(each.imports) > _SHOWN else ""
    imports = ", ".join(each.imports[:_SHOWN]) + more or "-"
    version = shown_version(each, lock) or each.specifier or "any"
    return (name, version, imports, each.confidence + optional, each.evidence + perhaps)


def _aligned(rows: list[tuple[str, ...]]) -> Iterator[str]:
    widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))] if rows else []
    for row in rows:
        yield "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
