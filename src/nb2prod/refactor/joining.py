"""Statements that learn, moved up to those learnt just before, where what stands between writes nothing they read."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

import libcst as cst

if TYPE_CHECKING:
    from collections.abc import Sequence

    from nb2prod.refactor.pieces import Piece

# Methods of a column that give a value and change nothing.
_PURE = frozenset({
    "fillna", "mean", "median", "mode", "min", "max", "std", "var", "quantile", "sum", "count", "nunique", "unique",
    "astype", "map", "replace", "clip", "round", "abs", "isna", "notna", "isnull", "notnull", "value_counts",
})  # fmt: skip


def joined(pieces: Sequence[Piece]) -> list[Piece]:
    """The pieces, learning ones of ours moved up to the last such one where that changes nothing."""
    found: list[Piece] = []
    for piece in pieces:
        at = _place(found, piece)
        found.insert(len(found) if at is None else at, piece)
    return found


def _place(before: Sequence[Piece], piece: Piece) -> int | None:
    """Where a learning piece can move to: behind the one before it that learns, over plain column assignments."""
    read = _learnt_from(piece)
    if read is None or _told(piece):
        return None
    for number in range(len(before) - 1, -1, -1):
        other = before[number]
        if _learnt_from(other) is not None:
            return number + 1 if number + 1 < len(before) else None
        written = _written(other)
        if written is None or written in read:
            return None
    return None


def _learnt_from(piece: Piece) -> set[tuple[str, str]] | None:
    """The columns that `learned.x = df["a"].mean()` of ours reads; None for every other piece."""
    if piece.statement is not None or piece.fit is not True or len(piece.nodes) != 1:
        return None
    match _statement(piece):
        case ast.Assign(targets=[ast.Attribute(value=ast.Name(id="learned"))], value=value):
            return _columns(value) or None
        case _:
            return None


def _written(piece: Piece) -> tuple[str, str] | None:
    """The column that `df["a"] = df["a"].fillna(learned.x)` writes; None for every other piece."""
    if piece.fit is not None or len(piece.nodes) != 1 or piece.below or _told(piece):
        return None
    match _statement(piece):
        case ast.Assign(targets=[ast.Subscript() as target], value=value) if _columns(value) is not None:
            return _column(target)
        case _:
            return None


def _columns(node: ast.expr) -> set[tuple[str, str]] | None:  # noqa: PLR0911 - one line for each form
    """The columns that an expression of known methods reads; None where it may read or do more."""
    match node:
        case ast.Constant():
            return set()
        case ast.Attribute(value=ast.Name(id="learned")):
            return set()
        case ast.Subscript() if (column := _column(node)) is not None:
            return {column}
        case ast.Subscript(value=value, slice=ast.Constant()) | ast.UnaryOp(operand=value):
            return _columns(value)
        case ast.BinOp(left=left, right=right):
            return _together([left, right])
        case ast.Call(func=ast.Attribute(value=value, attr=name), args=arguments, keywords=keywords) if name in _PURE:
            if any(k.arg == "inplace" for k in keywords):
                return None
            return _together([value, *arguments, *(k.value for k in keywords)])
        case _:
            return None


def _together(nodes: Sequence[ast.expr]) -> set[tuple[str, str]] | None:
    found: set[tuple[str, str]] = set()
    for node in nodes:
        columns = _columns(node)
        if columns is None:
            return None
        found |= columns
    return found


def _column(node: ast.Subscript) -> tuple[str, str] | None:
    match node:
        case ast.Subscript(value=ast.Name(id=frame), slice=ast.Constant(value=str(column))):
            return frame, column
        case _:
            return None


def _statement(piece: Piece) -> ast.stmt | None:
    body = ast.parse(cst.Module([piece.nodes[0]]).code).body
    return body[0] if len(body) == 1 else None


def _told(piece: Piece) -> bool:
    """Whether a blank line or a comment stands above it, which keeps it where it is."""
    return bool(piece.nodes[0].leading_lines)
