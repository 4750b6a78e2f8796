"""One statement: what it reads, binds, changes in place and deletes, hidden channels included."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING, Any

from nb2prod.names import scopes
from nb2prod.names.context import Context
from nb2prod.names.gather import context
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
from nb2prod.names.statements import execute
from nb2prod.names.walk import Walk

if TYPE_CHECKING:
    from collections.abc import Iterator
    from collections.abc import Set as AbstractSet

    from nb2prod.problems import Location
    from nb2prod.program import Statement

__all__ = [
    "ANY_FILE", "CWD", "ENVIRON", "EVERYTHING", "FIGURE", "SYSPATH", "Context", "Effects", "Function",
    "context", "effects", "is_channel",
]  # fmt: skip


_NONE: frozenset[Any] = frozenset()


def effects(statement: Statement, facts: Context) -> Effects:
    """Tell what a top-level statement does; `facts` are those of the whole notebook (`context(program)`)."""
    if facts.cell != statement.cell:
        facts.cell, facts.recent = statement.cell, {}
    walk = Walk(facts)
    execute(walk, statement.node)
    _remember(facts, statement.node, walk)
    bound, inner = walk.bound, walk.inner
    keys: AbstractSet[str] = bound or _NONE
    return Effects(
        reads=_places(facts, walk.reads, inner=inner) if walk.reads else {},
        binds=_places(facts, walk.binds, inner=inner) if walk.binds else {},
        certain=_certain(keys) if inner or walk.deletes or facts.functions else frozenset(keys),
        mutates=_places(facts, walk.mutates, inner=inner) if walk.mutates else {},
        deletes=_places(facts, walk.deletes, inner=inner) if walk.deletes else {},
        functions=walk.functions,
        touched=_outer(walk.touched, inner=inner) if walk.touched else _NONE,
        gone=frozenset(k[4:] for k in keys if k.startswith("del ")) if walk.deletes else _NONE,
        calls=frozenset(k[5:] for k in keys if k.startswith("call ")) if facts.functions else _NONE,
        shares=scopes.between(walk.shares) if walk.shares else _NONE,
        sees=frozenset(_seen_by(walk)) if walk.looked_at else _NONE,
        suspected=_outer(walk.suspected, inner=inner) if walk.suspected else _NONE,
    )


def _certain(keys: AbstractSet[str]) -> frozenset[str]:
    """Leave out names of inner scopes, and what tells of deleting and calling."""
    return frozenset([k for k in keys if "#" not in k and " " not in k])


def _remember(facts: Context, node: ast.stmt, walk: Walk) -> None:
    """Keep what a plain assignment gives a name until the name is bound or changed otherwise."""
    recent = facts.recent
    if recent:
        for name in (*walk.binds, *walk.deletes):
            recent.pop(name, None)
        if EVERYTHING in walk.binds or not facts.functions.keys().isdisjoint(walk.touched):
            recent.clear()
    if isinstance(node, ast.Assign):
        for target in node.targets:
            if isinstance(target, ast.Name):
                recent[target.id] = node.value


def _seen_by(walk: Walk) -> Iterator[tuple[str, str]]:
    for name in walk.binds:
        if "#" not in name and ":" not in name:
            yield from ((name, source) for source in walk.looked_at if source != name)


def _outer(keys: set[str], *, inner: bool) -> frozenset[str]:
    """Leave out the names of scopes inside the statement."""
    return frozenset(k for k in keys if "#" not in k) if inner else frozenset(keys)


def _places(facts: Context, found: dict[str, ast.AST], *, inner: bool) -> dict[str, Location]:
    return facts.places({k: v for k, v in found.items() if "#" not in k} if inner else found)
