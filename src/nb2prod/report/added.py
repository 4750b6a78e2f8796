"""What `nb2prod add` did, for people and for programs."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

    from nb2prod.project.add import Added

_LOCK = {
    "ok": "requirements.txt is locked again; what it had kept its versions",
    "same": "requirements.txt has all it needs",
    "failed": "requirements.txt could not be locked again",
    "not run": "requirements.txt is not locked",
}


def lines(added: Added) -> Iterator[str]:
    """Say what is new, what was left alone, and last what is left to do."""
    for path in added.written:
        yield f"written  {path}"
    for path in added.kept:
        yield f"kept     {path}: it was changed, so it is left as it is; compare it with the piece's own"
    for each in added.requirements:
        yield f"needs    {each}"
    yield f"lock     {added.lock}: {_LOCK[added.lock]}"
    for way_out in added.way_out:
        yield f"to do    {way_out}"
    what = ", ".join(added.pieces)
    rest = "" if added.complete else ", with something left to do"
    yield f"{what}: {'added' if added.written else 'nothing to add'}{rest}"


def document(added: Added) -> dict[str, Any]:
    """Give the same as data."""
    return {**asdict(added), "complete": added.complete}
