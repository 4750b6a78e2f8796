"""Pieces of code as text: cut out of a cell, with other names, with the comments that stand with them."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from nb2prod.unfold.scopes import Rename


def parsed(code: str) -> list[ast.stmt]:
    """The statements of some code."""
    return ast.parse(code).body


def comments_between(lines: Sequence[str], last: int, first: int) -> list[str]:
    """The comments in the lines between two statements, the one's last and the other's first (from 1)."""
    return [text for line in lines[last : first - 1] if (text := line.strip()).startswith("#")]


def renamed(lines: Sequence[str], node: ast.stmt, rename: Rename, *, alone: bool) -> str:
    """A statement of a function's body with its other names, as written where that can be done.

    `alone`: no other statement stands on its lines. Otherwise, and where names stand in texts, it is written anew.
    """
    anew = "\n".join(ast.unparse(ast.fix_missing_locations(each)) for each in rename.of(node))
    if rename.rough or not alone or _holds_long_text(node):
        return anew
    text = _edited(lines, node, rename)
    try:
        same = [ast.dump(each) for each in parsed(text)] == [ast.dump(each) for each in parsed(anew)]
    except (SyntaxError, ValueError):
        return anew
    return text if same else anew


def _edited(lines: Sequence[str], node: ast.stmt, rename: Rename) -> str:
    first, last = node.lineno, node.end_lineno or node.lineno
    own = [line.encode() for line in lines[first - 1 : last]]
    for name, text in sorted(rename.edits, key=lambda edit: (edit[0].lineno, -edit[0].col_offset)):
        number, start, end = name.lineno - first, name.col_offset, name.end_col_offset or name.col_offset
        own[number] = own[number][:start] + text.encode() + own[number][end:]
    before = lines[first - 1].encode()[: node.col_offset].decode()
    return "\n".join(
        line.removeprefix(before) if line.startswith(before) else line.lstrip() for line in (o.decode() for o in own)
    )


def _holds_long_text(node: ast.stmt) -> bool:
    """Whether a text goes over several lines, whose beginnings belong to it."""
    return any(
        isinstance(each, ast.Constant | ast.JoinedStr) and (each.end_lineno or 0) > each.lineno
        for each in ast.walk(node)
    )
