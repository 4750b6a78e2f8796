"""Pieces of syntax that steps of predict are put together from."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable


def if_fit(body: Iterable[ast.stmt]) -> ast.stmt:
    """Statements under `if fit:`."""
    return ast.If(test=ast.Name("fit", ast.Load()), body=list(body), orelse=[])


def assign(target: ast.expr, value: ast.expr, like: ast.AST) -> ast.Assign:
    """`target = value` in the place of a statement."""
    return ast.copy_location(ast.Assign(targets=[stored(target)], value=value), like)


def stored(target: ast.expr) -> ast.expr:
    """An expression as a target."""
    if isinstance(target, ast.Name | ast.Subscript | ast.Attribute) and not isinstance(target.ctx, ast.Store):
        fields = {k: getattr(target, k) for k in target._fields}
        fields["ctx"] = ast.Store()
        return ast.copy_location(type(target)(**fields), target)
    return target
