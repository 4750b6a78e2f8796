# ruff: noqa: ANN401 - keys are anything
"""Calls to the recorder, put into the syntax tree after the statements that are compared."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

NAME = "__nb2prod_probe__"
# no global name, so that a function that is pickled by value into another process still runs there
_CALL = "(getattr(__import__('builtins'), {name!r}, None) or (lambda *a: None))({key!r}, {before!r}, locals(), {extra})"


def call(key: Any, *, before: bool, at: ast.stmt, shared: bool = False) -> ast.stmt:
    """Give the statement that tells the recorder; `shared`: names are looked up among the globals too."""
    text = _CALL.format(name=NAME, key=key, before=before, extra="globals()" if shared else "{}")
    probe = ast.parse(text).body[0]
    for node in ast.walk(probe):
        if isinstance(node, (ast.stmt, ast.expr)):
            node.lineno = node.end_lineno = getattr(at, "end_lineno", at.lineno) or at.lineno
            node.col_offset = node.end_col_offset = 0
    return probe


def into_module(tree: ast.Module, places: list[dict[str, Any]], *, reseed: bool) -> list[Any]:
    """Put a call after the statements of each place `{key, line, last_line}`; the keys of those not found."""
    missing = []
    for place in places:
        found = _find(tree, place["line"], place["last_line"])
        if found is None or isinstance(found[0][found[2]], ast.Return):
            missing.append(place["key"])
            continue
        body, first, last = found
        shared = any(isinstance(node, ast.Global) for node in ast.walk(tree))
        body.insert(last + 1, call(place["key"], before=False, at=body[last], shared=shared))
        if reseed:
            body.insert(first, call(place["key"], before=True, at=body[first]))
    return missing


def into_cell(tree: ast.Module, keys: list[Any], *, reseed: bool, announced: Any = None) -> None:
    """Put a call after each statement of a cell but the last (displaying its value is left to IPython).

    One before each, too, where random states are reset; before the statement `announced` in any case.
    """
    body: list[ast.stmt] = []
    for i, statement in enumerate(list(tree.body)):
        if keys[i] is not None and (reseed or keys[i] == announced) and not _is_future(statement):
            body.append(call(keys[i], before=True, at=statement))
        body.append(statement)
        if i < len(tree.body) - 1 and keys[i] is not None:
            body.append(call(keys[i], before=False, at=statement))
    tree.body = body


def _is_future(statement: ast.stmt) -> bool:
    return isinstance(statement, ast.ImportFrom) and statement.module == "__future__"


def _find(tree: ast.AST, line: int, last_line: int) -> tuple[list[ast.stmt], int, int] | None:
    """Give the block whose statements fill these lines: the outermost one, and the first and last of them."""
    for body in _blocks(tree):
        inside = [i for i, one in enumerate(body) if _start(one) >= line and (one.end_lineno or 0) <= last_line]
        if inside:
            return body, inside[0], inside[-1]
    return None


def _start(statement: ast.stmt) -> int:
    decorators: list[ast.expr] = getattr(statement, "decorator_list", [])
    return min([statement.lineno, *(one.lineno for one in decorators)])


def _blocks(tree: ast.AST) -> list[list[ast.stmt]]:
    """Every list of statements, outer ones first."""
    found: list[list[ast.stmt]] = []
    level: list[ast.AST] = [tree]
    while level:
        below: list[ast.AST] = []
        for node in level:
            for _, value in ast.iter_fields(node):
                if isinstance(value, list):
                    if value and isinstance(value[0], ast.stmt):
                        found.append(value)
                    below += [one for one in value if isinstance(one, ast.AST)]
                elif isinstance(value, ast.AST):
                    below.append(value)
        level = below
    return found


def install(seen: Callable[..., None]) -> None:
    """Make the calls arrive at `seen(key, before, *scopes)`."""
    import builtins  # noqa: PLC0415

    setattr(builtins, NAME, seen)
