"""One statement: what it reads, binds, changes in place and deletes, hidden channels included."""

from __future__ import annotations

import ast
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
    from nb2prod.problems import Location
    from nb2prod.program import Statement

__all__ = [
    "ANY_FILE", "CWD", "ENVIRON", "EVERYTHING", "FIGURE", "SYSPATH", "Context", "Effects", "Function",
    "context", "effects", "is_channel",
]  # fmt: skip


def effects(statement: Statement, facts: Context) -> Effects:
    """Tell what a top-level statement does; `facts` are those of the whole notebook (`context(program)`)."""
    if facts.cell != statement.cell:
        facts.cell, facts.recent = statement.cell, {}
    walk = Walk(facts)
    walk.body([statement.node])
    _remember(facts, statement.node, walk)
    bound: set[str] = walk.bound or set()
    return Effects(
        reads=_places(facts, walk.reads),
        binds=_places(facts, walk.binds),
        certain=frozenset(k for k in bound if "#" not in k and " " not in k),
        mutates=_places(facts, walk.mutates),
        deletes=_places(facts, walk.deletes),
        functions=walk.functions,
        touched=frozenset(k for k in walk.touched if "#" not in k),
        gone=frozenset(k[4:] for k in bound if k.startswith("del ")),
        calls=frozenset(k[5:] for k in bound if k.startswith("call ")),
        shares=scopes.between(walk.shares, {}),
        sees=frozenset(
            (name, source)
            for name in walk.binds
            for source in walk.looked_at
            if source != name and "#" not in name and ":" not in name
        ),
        suspected=frozenset(k for k in walk.suspected if "#" not in k),
    )


def _remember(facts: Context, node: ast.stmt, walk: Walk) -> None:
    """Keep what a plain assignment gives a name until the name is bound or changed otherwise."""
    for name in (*walk.binds, *walk.deletes):
        facts.recent.pop(name, None)
    if EVERYTHING in walk.binds or not walk.touched.isdisjoint(facts.functions):
        facts.recent.clear()
    if isinstance(node, ast.Assign):
        facts.recent.update({t.id: node.value for t in node.targets if isinstance(t, ast.Name)})


def _places(facts: Context, found: dict[str, ast.AST]) -> dict[str, Location]:
    return {k: facts.where(v) for k, v in found.items() if "#" not in k} if found else {}
