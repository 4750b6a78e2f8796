"""Requirements as a table for people and as json for programs."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from nb2prod.requirements.requirement import Lock, LockFailed

if TYPE_CHECKING:
    from collections.abc import Iterator

    from nb2prod.problems import Location
    from nb2prod.requirements.requirement import Requirement, Requirements

_SHOWN = 2  # imports in a row of the table


def document(requirements: Requirements, lock: Lock | LockFailed | None = None) -> str:
    """Write what `nb2prod requirements NB --format json` prints."""
    return json.dumps(as_data(requirements, lock), indent=2, ensure_ascii=False)


def as_data(requirements: Requirements, lock: Lock | LockFailed | None = None) -> dict[str, Any]:
    """Give the same as data; a version is the locked one, else the only one that was asked for, else null."""
    return {
        "python": requirements.python,
        "python_evidence": requirements.python_evidence,
        "requirements": [_requirement(each, lock) for each in requirements.requirements],
        "system": [{"package": each.package, "because": each.because} for each in requirements.system],
        "local": [{"module": each.name, "path": each.path, **_place(each.where)} for each in requirements.local],
        "refused": [{"why": each.why, "way_out": each.way_out, **_place(each.where)} for each in requirements.refused],
        "notes": [*requirements.notes, *_lock_notes(lock)],
        "lock": _lock(lock),
    }


def lines(requirements: Requirements, lock: Lock | LockFailed | None = None) -> Iterator[str]:
    """Write the table and what is to be said about it, line by line."""
    yield f"Python {requirements.python} ({requirements.python_evidence})"
    rows = [_row(each, lock) for each in requirements.requirements]
    yield from _aligned([("distribution", "version", "import", "confidence", "evidence"), *rows] if rows else [])
    if not rows:
        yield "It needs nothing but Python."
    yield from (f"apt: {each.package} ({each.because})" for each in requirements.system)
    yield from (f"local module: {each.name} ({each.path}), {each.where}" for each in requirements.local)
    yield from (f"not taken: {each}" for each in requirements.refused)
    notes = [f"{each.distribution}: {each.note}" for each in requirements.lockable if each.note]
    yield from (f"note: {note}" for note in (*notes, *requirements.notes, *_lock_notes(lock)))
    match lock:
        case Lock():
            yield f"locked by {lock.locker}: {len(lock.pins)} distributions with hashes"
        case LockFailed():
            yield f"lock: failed: {lock.reason}. {lock.way_out}"
        case None:
            yield "not locked, as asked for"


def _requirement(each: Requirement, lock: Lock | LockFailed | None) -> dict[str, Any]:
    return {
        "distribution": each.distribution,
        "version": _version(each, lock),
        "imports": list(each.imports),
        "evidence": each.evidence,
        "confidence": each.confidence,
        "candidates": list(each.candidates),
        "extras": list(each.extras),
        "specifier": each.specifier,
        "version_evidence": each.version_evidence,
        "optional": each.optional,
        "locked": each.lockable and isinstance(lock, Lock),
        "note": each.note,
        **_place(each.where),
    }


def _version(each: Requirement, lock: Lock | LockFailed | None) -> str | None:
    locked = lock.version(each.distribution) if isinstance(lock, Lock) and each.lockable else None
    return locked or each.version


def _lock_notes(lock: Lock | LockFailed | None) -> tuple[str, ...]:
    return lock.notes if isinstance(lock, Lock) else ()


def _place(where: Location | None) -> dict[str, int | None]:
    return {"cell": where.cell if where else None, "line": where.line if where else None}


def _lock(lock: Lock | LockFailed | None) -> dict[str, Any]:
    match lock:
        case Lock():
            pins = [
                {"distribution": pin.distribution, "version": pin.version, "via": list(pin.via)} for pin in lock.pins
            ]
            return {"status": "ok", "locker": lock.locker, "pins": pins}
        case LockFailed():
            return {"status": "failed", "reason": lock.reason, "way_out": lock.way_out}
        case None:
            return {"status": "not run"}


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
    version = _version(each, lock) or each.specifier or "any"
    return (name, version, imports, each.confidence + optional, each.evidence + perhaps)


def _aligned(rows: list[tuple[str, ...]]) -> Iterator[str]:
    widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))] if rows else []
    for row in rows:
        yield "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
