"""What a call does: to its receiver, to its arguments, to channels, and what its value may share."""

from __future__ import annotations

import ast
import sys
from typing import TYPE_CHECKING

from nb2prod.names import channels
from nb2prod.names.knowledge import (
    CHANGED_ARGUMENTS,
    CHANGING_METHODS,
    FRESH_CONSTRUCTORS,
    KNOWN_MODULES,
    PURE_METHODS,
    SHARING_FUNCTIONS,
    SHARING_METHODS,
)
from nb2prod.names.model import EVERYTHING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from nb2prod.names.model import Function
    from nb2prod.names.walk import Sources, Walk

_STORES = frozenset(
    ("append", "extend", "insert", "add", "update", "setdefault", "appendleft", "put", "push", "__setitem__")
)
_ANYTHING = frozenset(("exec", "eval", "execfile"))
_ALL_NAMES = frozenset(("locals", "globals", "vars", "dir"))


def call(walk: Walk, node: ast.Call, *, alone: bool = False) -> Sources:
    """Evaluate a call; the result is what its value may share."""
    function = node.func
    receiver: Sources = ()
    method = ""
    if isinstance(function, ast.Attribute):
        receiver = walk.expr(function.value)
        method = function.attr
    else:
        receiver = walk.expr(function)
    positional = [walk.expr(a) for a in node.args]
    named = {k.arg: walk.expr(k.value) for k in node.keywords}
    given = tuple(s for part in (*positional, *named.values()) for s in part)
    path = walk.context.dotted(function, walk.scope)
    notebook = _notebook_functions(walk, function, method)
    result: Sources
    if notebook:
        result = _notebook_call(walk, node, notebook, receiver, positional, named, bound_method=bool(method))
    elif path is not None:
        result = _library_call(walk, node, path, positional, given)
    elif method:
        result = _method_call(walk, node, method, receiver, given, alone=alone)
    else:
        walk.mutate((*receiver, *given), node, suspected=True)
        result = (*receiver, *given)
    _keywords(walk, node, receiver, named)
    return result + channels.call(walk, node, path, method, receiver, named)


def _notebook_functions(walk: Walk, function: ast.expr, method: str) -> Sequence[Function]:
    if isinstance(function, ast.Name):
        key = walk.key(function.id)
        found = walk.context.functions.get(key, ())
        if found and walk.bound is not None:
            walk.bound.add(f"call {key}")
        return found
    return walk.context.methods.get(method, ()) if method else ()


def _notebook_call(  # noqa: PLR0913 - the parts of a call
    walk: Walk,
    node: ast.Call,
    functions: Sequence[Function],
    receiver: Sources,
    positional: Sequence[Sources],
    named: dict[str | None, Sources],
    *,
    bound_method: bool,
) -> Sources:
    """A function of the notebook: what its body says about its parameters."""
    result: Sources = ()
    starred = any(isinstance(a, ast.Starred) for a in node.args) or None in named
    for function in functions:
        values = [receiver, *positional] if bound_method else list(positional)
        everything = tuple(s for part in (*values, *named.values()) for s in part)
        if function.kind == "class":
            result += (function.name, *everything)
        for number, parameter in enumerate(function.parameters):
            sources = values[number] if number < len(values) else named.get(parameter, ())
            if starred or number >= len(function.parameters) - 2:
                sources = everything  # *args and **kwargs take what is left
            if parameter in function.changes:
                walk.mutate(sources, node, suspected=parameter in function.suspected)
            if parameter in function.returns:
                result += sources
        result += tuple(name for name in function.returns if name not in function.parameters)
    if bound_method:
        _changes_of_method(walk, node, receiver, node.func.attr)  # type: ignore[attr-defined]
        if node.func.attr in SHARING_METHODS:  # type: ignore[attr-defined]
            result += receiver
    return result


def _library_call(walk: Walk, node: ast.Call, path: str, positional: Sequence[Sources], given: Sources) -> Sources:
    changed = CHANGED_ARGUMENTS.get(path)
    if changed is not None:
        for number in changed:
            if number < len(positional):
                walk.mutate(positional[number], node)
        if path.startswith(("heapq.", "bisect.", "setattr", "operator.")):
            for owner in positional[0] if positional else ():
                walk.share(owner, given)
    if path in _ANYTHING:
        walk.reads.setdefault(EVERYTHING, node)
        walk.binds.setdefault(EVERYTHING, node)
    elif path in _ALL_NAMES and not node.args:
        walk.reads.setdefault(EVERYTHING, node)
        if path == "globals":
            walk.binds.setdefault(EVERYTHING, node)
    if path in SHARING_FUNCTIONS or path in CHANGED_ARGUMENTS:
        return given
    root, _, _ = path.partition(".")
    name = path.rpartition(".")[2]
    if path.startswith(".") or ("." in path and root not in KNOWN_MODULES and root not in sys.stdlib_module_names):
        walk.mutate(given, node, suspected=True)
        return given
    if name[:1].isupper() and path not in FRESH_CONSTRUCTORS and not _copies(path, node):
        return given
    return ()


def _copies(path: str, node: ast.Call) -> bool:
    """A frame made from a dict or list copies it."""
    return path in ("pandas.DataFrame", "pandas.Series") and bool(node.args) and not isinstance(node.args[0], ast.Name)


def _method_call(walk: Walk, node: ast.Call, method: str, receiver: Sources, given: Sources, *, alone: bool) -> Sources:
    _changes_of_method(walk, node, receiver, method)
    if method not in CHANGING_METHODS and method not in PURE_METHODS and alone:
        walk.mutate(receiver, node, suspected=True)
    if method in _STORES or (alone and method not in PURE_METHODS and method not in CHANGING_METHODS):
        for owner in receiver:
            walk.share(owner, given)
    if method == "pipe":
        return receiver + given
    return receiver if method in SHARING_METHODS or method[:1].isupper() else ()


def _changes_of_method(walk: Walk, node: ast.Call, receiver: Sources, method: str) -> None:
    if method in CHANGING_METHODS or (method.startswith("add_") and method not in PURE_METHODS):
        walk.mutate(receiver, node)


def _keywords(walk: Walk, node: ast.Call, receiver: Sources, named: dict[str | None, Sources]) -> None:
    for keyword in node.keywords:
        if keyword.arg == "inplace" and not (isinstance(keyword.value, ast.Constant) and not keyword.value.value):
            walk.mutate(receiver, node)
        elif keyword.arg in ("out", "ax", "axes", "fig"):
            walk.mutate(named[keyword.arg], node)


def assign_part(walk: Walk, target: ast.Attribute | ast.Subscript, owners: Sources) -> None:
    """`owner.attribute = ...` and `owner[item] = ...`."""
    walk.mutate(owners, target)
    channels.assign_part(walk, target)


def may_swallow(walk: Walk, node: ast.With | ast.AsyncWith) -> bool:
    """Whether an exception in the body may stay in the block, so that the body may end half done."""
    for item in node.items:
        expression = item.context_expr
        function = expression.func if isinstance(expression, ast.Call) else expression
        name = function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", "")
        if name in ("suppress", "raises", "assertRaises", "ignored") or walk.key(name) in walk.context.functions:
            return True
    return False
