"""One statement: what it reads, binds, changes in place and deletes, hidden channels included."""

from __future__ import annotations

from typing import TYPE_CHECKING

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
from nb2prod.names.walk import Walk

if TYPE_CHECKING:
    import ast

    from nb2prod.problems import Location
    from nb2prod.program import Statement

__all__ = [
    "ANY_FILE", "CWD", "ENVIRON", "EVERYTHING", "FIGURE", "SYSPATH", "Context", "Effects", "Function",
    "context", "effects", "is_channel",
]  # fmt: skip


def effects(statement: Statement, facts: Context) -> Effects:
    """Tell what a top-level statement does; `facts` are those of the whole notebook (`context(program)`)."""
    facts.cell = statement.cell
    walk = Walk(facts)
    walk.body([statement.node])
    bound: set[str] = walk.bound or set()
    changed = _changed(walk) - facts.stateless
    sure = scopes.closure(walk.mutates.keys() - walk.suspected, walk.shares) if walk.suspected else changed
    return Effects(
        reads=_places(facts, walk.reads),
        binds=_places(facts, walk.binds),
        certain=frozenset(k for k in bound if "#" not in k and " " not in k),
        mutates=_places(facts, {k: walk.mutates.get(k, statement.node) for k in changed}),
        deletes=_places(facts, walk.deletes),
        functions=walk.functions,
        touched=frozenset(k for k in walk.touched if "#" not in k),
        gone=frozenset(k[4:] for k in bound if k.startswith("del ")),
        calls=frozenset(k[5:] for k in bound if k.startswith("call ")),
        shares=scopes.between(walk.shares, {}),
        suspected=frozenset(k for k in changed - sure if "#" not in k),
    )


def _changed(walk: Walk) -> set[str]:
    """Tell what may be changed in place, through another name of the statement, too; not what is only bound anew."""
    if not walk.mutates:
        return set()
    return scopes.closure(walk.mutates, walk.shares) - ((walk.bound or set()) - walk.mutates.keys())


def _places(facts: Context, found: dict[str, ast.AST]) -> dict[str, Location]:
    return {k: facts.where(v) for k, v in found.items() if "#" not in k}
