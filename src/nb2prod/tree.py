"""Syntax trees walked fast: what `ast.walk` and `ast.iter_child_nodes` give, without contexts and operators.

Those have no position and nothing below them, and are half of all nodes; with them left out and the fields of each
kind looked up once, a walk takes a third of the time.
"""

from __future__ import annotations

import ast
from typing import TypeVar, cast

_Mark = TypeVar("_Mark")

_NO_NODES = frozenset(
    """
    arg asname attr conversion ctx id is_async kind kwd_attrs level lineno module name names op ops rest simple tag
    type_comment
    """.split()  # noqa: SIM905 - words are read more easily than quotes
)
_NAMED = frozenset(["Import", "ImportFrom"])
"""Where `names` are nodes, and not text."""


def _fields(kind: type[ast.AST]) -> tuple[str, ...]:
    if kind.__name__ in {"Constant", "MatchSingleton"}:
        return ()
    nodes = [name for name in kind._fields if name not in _NO_NODES]
    if kind.__name__ in _NAMED:
        nodes.append("names")
    if kind.__name__ == "TypeAlias":
        nodes.insert(0, "name")
    return tuple(nodes)


class _Fields(dict[type[ast.AST], tuple[str, ...]]):
    """The fields of each kind of node that hold nodes."""

    def __missing__(self, kind: type[ast.AST]) -> tuple[str, ...]:
        fields = self[kind] = _fields(kind)
        return fields


class _Backwards(dict[type[ast.AST], tuple[str, ...]]):
    """The same fields, the last one first."""

    def __missing__(self, kind: type[ast.AST]) -> tuple[str, ...]:
        fields = self[kind] = _FIELDS[kind][::-1]
        return fields


_FIELDS = _Fields()
_BACKWARDS = _Backwards()


def walk(node: ast.AST) -> list[ast.AST]:
    """List a node and all below it, level by level, as `ast.walk` does."""
    found = [node]
    fields = _FIELDS
    for each in found:
        for name in fields[each.__class__]:
            value = getattr(each, name, None)
            if value.__class__ is list:
                if value:
                    found += value if None not in value else [one for one in value if one is not None]
            elif value is not None:
                found.append(value)
    return found


def collect(node: ast.AST, mark: _Mark, found: dict[type[ast.AST], list[tuple[_Mark, ast.AST]]]) -> None:
    """Sort a node and all below it by kind, marked, in the order of the text, as far as the fields of each are in it.

    `found` makes the lists that are not there.
    """
    todo = [node]
    fields, take = _BACKWARDS, todo.pop
    while todo:
        each = take()
        kind = each.__class__
        found[kind].append((mark, each))
        for name in fields[kind]:
            value = getattr(each, name, None)
            if value.__class__ is list:
                if value:
                    todo += value[::-1] if None not in value else [one for one in reversed(value) if one is not None]
            elif value is not None:
                todo.append(value)


def children(node: ast.AST) -> list[ast.AST]:
    """List the nodes directly below a node, in the order of its fields."""
    found: list[ast.AST] = []
    for name in _FIELDS[node.__class__]:
        value = getattr(node, name, None)
        if value.__class__ is list:
            found += [one for one in value if one is not None]
        elif value is not None:
            found.append(value)
    return found


def same(one: ast.AST, other: ast.AST) -> bool:
    """Tell whether two trees are the same but for their places, as their `ast.dump` tells; most differ at once."""
    if one is other:
        return True
    if one.__class__ is not other.__class__:
        return False
    return all(_same(getattr(one, name, None), getattr(other, name, None)) for name in one._fields)


def _same(mine: object, theirs: object) -> bool:
    if mine.__class__ is not theirs.__class__:
        return False
    if isinstance(mine, ast.AST):
        return same(mine, cast("ast.AST", theirs))
    if isinstance(mine, list):
        theirs = cast("list[object]", theirs)
        return len(mine) == len(theirs) and all(map(_same, mine, theirs))
    return mine == theirs
