"""What a statement changes in place for all to see, as a lint message must be able to point at it.

Dataflow errs on the side of more changes (aliases, calls that may keep what they are given): right for slicing, where a
change too many costs nothing, wrong for a finding.
"""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from nb2prod.lint.nodes import Nodes
    from nb2prod.program import Statement

_METHODS = {
    *("add", "append", "appendleft", "clear", "discard", "extend", "fit", "fit_predict", "fit_transform", "insert"),
    *("partial_fit", "pop", "popitem", "remove", "reverse", "set_params", "setdefault", "sort", "update"),
}
_FITS = frozenset(["fit", "fit_predict", "fit_transform"])


def changed_in_place(nodes: Nodes) -> dict[int, set[str]]:
    """Name what each statement plainly changes in place: `df["a"] = 1`, `del x[0]`, `inplace=True`, `names.append(n)`.

    Statements that change nothing are left out.
    """
    found: dict[int, set[str]] = {}
    parts: list[tuple[Statement, ast.Subscript | ast.Attribute]] = [*nodes.of(ast.Subscript), *nodes.of(ast.Attribute)]
    targets: list[tuple[Statement, ast.expr]] = [each for each in parts if not isinstance(each[1].ctx, ast.Load)]
    for statement, call in nodes.of(ast.Call):
        function = call.func
        if isinstance(function, ast.Attribute) and (function.attr in _METHODS or any(map(_is_inplace, call.keywords))):
            targets.append((statement, function.value))
    for statement, node in targets:
        if name := root(node):
            found.setdefault(statement.index, set()).add(name)
    return found


def only_fits(nodes: Nodes, statement: Statement, name: str) -> bool:
    """Tell whether a statement reads an estimator only to fit it anew: what it learnt before does not matter."""
    return nodes.names_in(statement).count(name) == sum(
        isinstance(call.node.func, ast.Attribute)
        and isinstance(call.node.func.value, ast.Name)
        and call.node.func.value.id == name
        for call in nodes.calls_in(statement)
        if call.name in _FITS
    )


def root(node: ast.expr) -> str | None:
    """Give the name that a target or a chain starts from: `df` for `df["a"].x`."""
    while isinstance(node, (ast.Subscript, ast.Attribute)):
        node = node.value
    return node.id if isinstance(node, ast.Name) else None


def _is_inplace(keyword: ast.keyword) -> bool:
    return keyword.arg == "inplace" and isinstance(keyword.value, ast.Constant) and keyword.value.value is True
