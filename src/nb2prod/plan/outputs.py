"""The files a notebook writes: the folders they need, and another place for those outside of the project."""

from __future__ import annotations

import posixpath
from dataclasses import dataclass
from typing import TYPE_CHECKING

from nb2prod.plan import shapes
from nb2prod.plan.data import constant_names, fold

if TYPE_CHECKING:
    import ast
    from collections.abc import Collection, Iterator
    from pathlib import Path

    from nb2prod.dataflow import Dataflow

OUTPUT = "output"


@dataclass(frozen=True, slots=True)
class Output:
    """A file that a statement writes, or reads after the notebook wrote it.

    `argument` is the path to replace by `path` (None: it stays); `folder` must be there before.
    """

    statement: int
    path: str
    folder: str | None
    argument: ast.expr | None


def outputs(flow: Dataflow, folder: Path | None) -> tuple[Output, ...]:
    """Files written by a path that can be told from the notebook's constants."""
    constants = constant_names(flow)
    found: list[Output] = []
    for statement in flow.program.statements:
        for written in _written(flow, statement.index):
            path = posixpath.normpath(written)
            outside = path.startswith("../")
            inside = "/".join([OUTPUT, *(part for part in path.split("/") if part != "..")]) if outside else path
            parent = posixpath.dirname(inside)
            there = outside or (folder is not None and (folder / parent).is_dir())
            arguments = [a for a in _arguments(statement.node) if fold(a, constants) == written] if outside else [None]
            found += [Output(statement.index, inside, parent if parent and there else None, a) for a in arguments]
    return tuple(found)


def _written(flow: Dataflow, index: int) -> list[str]:
    """Relative paths of files that the statement writes, or reads from an earlier statement."""
    effects = flow.effects[index]
    names = {*effects.binds, *effects.mutates}
    for use in flow.uses[index]:
        makers = [d for d in use.definitions if use.name in (*flow.effects[d].binds, *flow.effects[d].mutates)]
        names |= {use.name} if makers else set()
    paths = [name.removeprefix("file:") for name in sorted(names) if name.startswith("file:")]
    return [p for p in paths if p != "*" and not p.startswith(("/", "~", "\\")) and ":" not in p]


def _arguments(node: ast.stmt) -> Iterator[ast.expr]:
    for call in shapes.calls(node):
        yield from call.args
        yield from (keyword.value for keyword in call.keywords)


def folders(found: Collection[Output], statements: Collection[int]) -> tuple[str, ...]:
    """The folders that these statements write to."""
    return tuple(sorted({o.folder for o in found if o.folder is not None and o.statement in statements}))
