"""Loops that split the rows anew in each turn: what each name has some rows of."""

from __future__ import annotations

import ast
from collections import Counter
from typing import TYPE_CHECKING

from nb2prod.plan import shapes
from nb2prod.rows.special import Skipped

if TYPE_CHECKING:
    from collections.abc import Iterator

    from nb2prod.names.model import Effects
    from nb2prod.rows.interpreter import Provenance


def drawn(node: ast.For, effects: Effects, rows: Provenance, before: int | None = None) -> dict[str, ast.expr]:
    """For each name that the body binds once, by nothing but a choice of rows: what it has some rows of.

    `before` leaves out what stands at this line or after it.
    """
    stored = Counter(n.id for n in ast.walk(node) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store))
    suspected = set(getattr(effects, "suspected", ()))
    changed = {n for n in effects.mutates if n not in suspected}
    return {
        target.id: value
        for part in node.body
        if before is None or part.lineno < before
        for target, value in _chosen(part, rows)
        if isinstance(target, ast.Name) and stored[target.id] == 1 and target.id not in changed
    }


def _chosen(part: ast.stmt, rows: Provenance) -> Iterator[tuple[ast.expr, ast.expr]]:
    """The targets of a statement that are bound to some rows, and to rows of what."""
    match part:
        case ast.Assign(targets=[ast.Tuple(elts=targets)], value=ast.Tuple(elts=values)) if len(targets) == len(values):
            pairs = list(zip(targets, values, strict=True))
        case ast.Assign(targets=[ast.Tuple(elts=targets)], value=ast.Call() as call):
            yield from zip(targets, split_rows(call, len(targets)), strict=False)
            return
        case ast.Assign(targets=[target], value=value):
            pairs = [(target, value)]
        case _:
            return
    yield from ((t, v) for t, v in pairs if isinstance(rows.specials.get(v), Skipped))


def split_rows(call: ast.Call, names: int) -> list[ast.expr]:
    """Of which rows each bound name has some, or more: of a split, or of a resampling; empty where it is neither."""
    match call:
        case ast.Call(func=ast.Attribute(attr="fit_resample"), args=[data, labels], keywords=[]) if names == 2:  # noqa: PLR2004 - rows and labels
            return [data, labels]
        case _ if shapes.called_name(call) == "train_test_split" and names == 2 * len(call.args):
            return [argument for argument in call.args for _ in range(2)]
        case _ if shapes.called_name(call) in {"shuffle", "resample"} and names == len(call.args) > 1:
            return list(call.args)
        case _:
            return []


def names_read(node: ast.AST) -> set[str]:
    """The names read."""
    return {n.id for n in ast.walk(node) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Load)}
