"""The arguments of a call as they are written, by name or place."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import ast


def keyword(node: ast.Call, name: str, position: int | None = None) -> ast.expr | None:
    """An argument by its name, or by its position."""
    for each in node.keywords:
        if each.arg == name:
            return each.value
    if position is not None and len(node.args) > position:
        return node.args[position]
    return None


def inserted(node: ast.Call) -> tuple[ast.expr, ast.expr] | None:
    """The column's name and its values, of `frame.insert(place, name, values)`."""
    name, values = keyword(node, "column", 1), keyword(node, "value", 2)
    known = {each.arg for each in node.keywords} <= {"loc", "column", "value"}
    return (name, values) if name is not None and values is not None and known else None


def new_names(node: ast.Call) -> ast.expr | None:
    """What `df.rename(columns=names)` or `df.rename(names, axis=1)` names columns by."""
    axis = getattr(keyword(node, "axis"), "value", None)
    across = axis == "columns" or (axis == 1 and axis is not True)
    return keyword(node, "columns") or (keyword(node, "mapper", 0) if across else None)
