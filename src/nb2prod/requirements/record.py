"""Requirements as plain data: what `nb2prod requirements --format json` prints and `nb2prod.json` keeps."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from nb2prod.requirements.requirement import Lock, LockFailed

if TYPE_CHECKING:
    from nb2prod.problems import Location
    from nb2prod.requirements.requirement import Requirement, Requirements


def as_data(requirements: Requirements, lock: Lock | LockFailed | None = None) -> dict[str, Any]:
    """Give everything as data; a version is the locked one, else the only one that was asked for, else null."""
    return {
        "python": requirements.python,
        "python_evidence": requirements.python_evidence,
        "as_of": requirements.as_of,
        "as_of_evidence": requirements.as_of_evidence,
        "requirements": [_requirement(each, lock) for each in requirements.requirements],
        "system": [{"package": each.package, "because": each.because} for each in requirements.system],
        "local": [{"module": each.name, "path": each.path, **_place(each.where)} for each in requirements.local],
        "refused": [{"why": each.why, "way_out": each.way_out, **_place(each.where)} for each in requirements.refused],
        "notes": [*requirements.notes, *_lock_notes(lock)],
        "lock": _lock(lock),
    }


def shown_version(each: Requirement, lock: Lock | LockFailed | None) -> str | None:
    """Find the locked version, else the only one that was asked for."""
    locked = lock.version(each.distribution) if isinstance(lock, Lock) and each.lockable else None
    return locked or each.version


def _requirement(each: Requirement, lock: Lock | LockFailed | None) -> dict[str, Any]:
    return {
        "distribution": each.distribution,
        "version": shown_version(each, lock),
        "imports": list(each.imports),
        "evidence": each.evidence,
        "confidence": each.confidence,
        "candidates": list(each.candidates),
        "extras": list(each.extras),
        "specifier": ",".join(one for one in (each.specifier, each.bounds) if one),
        "version_evidence": each.version_evidence,
        "optional": each.optional,
        "explore": each.explore,
        "locked": each.lockable and isinstance(lock, Lock),
        "note": each.note,
        **_place(each.where),
    }


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
