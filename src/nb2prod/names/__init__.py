"""One statement: what it reads, binds, changes in place and deletes, hidden channels included."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nb2prod.names import scopes
from nb2prod.names.context import Context, context
from nb2prod.names.model import (
    ANY_FILE,
    CWD,
    ENVIRON,
    EVERYTHING,
    FIGURE,
    SYSPATH,
    Effects,
    Function,
    is_channel,
)
from nb2prod.names.walk import Walk

if TYPE_CHECKING:
    from nb2prod.problems import Location
    from nb2prod.program import Statement

__all__ = [
    "ANY_FILE", "CWD", "ENVIRON", "EVERYTHING", "FIGURE", "SYSPATH", "Context", "Effects", "Function",
    "context", "effects", "is_channel",
]  # fmt: skip


def effects(statement: Statement, facts: Context) -> Effects:
    """What a top-level statement does; `facts` are those of the whole notebook (`context(program)`)."""
    facts.cell = statement.cell
    walk = Walk(facts)
    walk.body([statement.node])
    changed = scopes.closure(walk.mutates, walk.shares) if walk.mutates else set()
    where = facts.where
    place = {k: where(v) for k, v in walk.mutates.items() if "#" not in k}
    for key in changed:
        if not ("#" in key or key in place or key in facts.stateless or key in (walk.bound or ())):
            place[key] = statement.where
    sure = scopes.closure(set(walk.mutates) - walk.suspected, walk.shares) if walk.suspected else changed

    def places(found: dict[str, object]) -> dict[str, Location]:
        return {k: where(v) for k, v in found.items() if "#" not in k}

    return Effects(
        reads=places(walk.reads),
        binds=places(walk.binds),
        certain=frozenset(k for k in walk.bound or () if "#" not in k and " " not in k),
        gone=frozenset(k[4:] for k in walk.bound or () if k.startswith("del ")),
        mutates=place,
        deletes=places(walk.deletes),
        functions=walk.functions,
        touched=frozenset(k for k in walk.touched if "#" not in k),
        calls=frozenset(k[5:] for k in walk.bound or () if k.startswith("call ")),
        shares=_shares(walk.shares),
        suspected=frozenset(k for k in changed if k not in sure and "#" not in k),
    )


def _shares(pairs: set[tuple[str, str]]) -> frozenset[tuple[str, str]]:
    """The pairs of names of the notebook, those through a name inside the statement included."""
    if not any("#" in a or "#" in b for a, b in pairs):
        return frozenset(pairs)
    inner: dict[str, set[str]] = {}
    for a, b in pairs:
        inner.setdefault(a, set()).add(b)
    found = set()
    for start in inner:
        seen: set[str] = set()
        todo = [] if "#" in start else [start]
        while todo:
            for other in inner.get(todo.pop(), ()):
                if other not in seen:
                    seen.add(other)
                    if "#" in other:
                        todo.append(other)
        found.update((start, other) for other in seen if "#" not in other)
    return frozenset(found)
