"""Requirements as a table for people and as json for programs."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, NoReturn

from nb2prod import requirements as needs
from nb2prod.problems import NotebookError
from nb2prod.requirements import Lock, LockFailed, as_data, pylock, shown_version

if TYPE_CHECKING:
    from collections.abc import Iterator

    from nb2prod.requirements.requirement import Requirement, Requirements


class NoLockError(NotebookError):
    """There is no lock to write in another form; the message is for the user."""


_SHOWN = 2  # imports in a row of the table


def document(requirements: Requirements, lock: Lock | LockFailed | None = None) -> str:
    """Write what `nb2prod requirements NB --format json` prints."""
    return json.dumps(as_data(requirements, lock), indent=2, ensure_ascii=False)


def bill_of_materials(requirements: Requirements, lock: Lock | LockFailed | None) -> str:
    """Write a CycloneDX document. Raises NoLockError where there is no lock: what is not locked is not known."""
    return needs.bill_of_materials(requirements, _there("bill of materials", lock))


def python_lock(requirements: Requirements, lock: Lock | LockFailed | None) -> str:
    """Write the lock as pylock.toml. Raises NoLockError where there is none, or it cannot be written so."""
    lock = _there("pylock.toml", lock)
    text = pylock(lock, requirements.python)
    return text if isinstance(text, str) else _refuse("pylock.toml", text)


def _there(what: str, lock: Lock | LockFailed | None) -> Lock:
    return lock if isinstance(lock, Lock) else _refuse(what, lock)


def _refuse(what: str, failed: LockFailed | None) -> NoReturn:
    why = f"{failed.reason}. {failed.way_out}" if failed else "there is no lock; leave out --no-lock"
    message = f"no {what}: {why}"
    raise NoLockError(message)


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
