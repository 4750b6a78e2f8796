"""What a statement changes in place for all to see, as a lint message must be able to point at it.

Dataflow errs on the side of more changes (aliases, calls that may keep what they are given): right for slicing, where a
change too many costs nothing, wrong for a finding.
"""

from __future__ import annotations

import ast

from nb2prod.tree import walk

_METHODS = {
    *("add", "append", "appendleft", "clear", "discard", "extend", "fit", "fit_predict", "fit_transform", "insert"),
    *("partial_fit", "pop", "popitem", "remove", "reverse", "set_params", "setdefault", "sort", "update"),
}
_FITS = frozenset(["fit", "fit_predict", "fit_transform"])


def changed_in_place(statement: ast.stmt) -> frozenset[str]:
    """Name what a statement plainly changes in place: `df["a"] = 1`, `del x[0]`, `inplace=True`, `names.append(n)`."""
    found: set[str | None] = set()
    for node in walk(statement):
        match node:
            case ast.Subscript(ctx=ast.Store() | ast.Del()) | ast.Attribute(ctx=ast.Store() | ast.Del()):
                found.add(root(node))
            case ast.Call(func=ast.Attribute(value=owner, attr=method), keywords=keywords):
                if method in _METHODS or any(_is_inplace(each) for each in keywords):
                    found.add(root(owner))
            case _:
                pass
    return frozenset(name for name in found if name)


def only_fits(statement: ast.stmt, name: str) -> bool:
    """Tell whether a statement reads an estimator only to fit it anew: what it learnt before does not matter."""
    fitted = {
        id(node.func.value)
        for node in walk(statement)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in _FITS
    }
    return all(id(node) in fitted for node in walk(statement) if isinstance(node, ast.Name) and node.id == name)


def root(node: ast.expr) -> str | None:
    """Give the name that a target or a chain starts from: `df` for `df["a"].x`."""
    while isinstance(node, ast.Subscript | ast.Attribute):
        node = node.value
    return node.id if isinstance(node, ast.Name) else None


def _is_inplace(keyword: ast.keyword) -> bool:
    return keyword.arg == "inplace" and isinstance(keyword.value, ast.Constant) and keyword.value.value is True
