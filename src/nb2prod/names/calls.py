"""What a call does: to its receiver, to its arguments, to channels, and what its value may share."""

from __future__ import annotations

import ast
import sys
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, NamedTuple

from nb2prod.names import channels
from nb2prod.names.knowledge import (
    CHANGED_ARGUMENTS,
    CHANGING_METHODS,
    DRAWING_METHODS,
    FRESH_CONSTRUCTORS,
    KNOWN_MODULES,
    PURE_METHODS,
    SHARING_FUNCTIONS,
    SHARING_METHODS,
)
from nb2prod.names.model import EVERYTHING
from nb2prod.names.queries import QUERIES, queried

if TYPE_CHECKING:
    from collections.abc import Sequence

    from nb2prod.names.model import Function
    from nb2prod.names.walk import Sources, Walk

_STORES = frozenset(
    "append extend insert add update setdefault appendleft put push __setitem__".split()  # noqa: SIM905 - words
)
_RUN_TEXT = frozenset(("exec", "eval", "execfile"))
_ALL_NAMES = frozenset(("locals", "globals", "vars", "dir"))
_PLOTTED_ON = frozenset(("out", "ax", "axes", "fig"))


@dataclass(slots=True)
class _Given:
    """What the arguments of a call share."""

    positional: list[Sources]
    named: dict[str | None, Sources]

    @property
    def every(self) -> Sources:
        found: Sources = ()
        for part in self.positional:
            found += part
        for part in self.named.values():
            found += part
        return found


class _Library(NamedTuple):
    """What a library's function does, as its full name tells."""

    changed: tuple[int, ...] | None
    stores: bool
    runs_text: bool
    lists_names: bool
    shares: bool
    foreign: bool
    makes_object: bool


def call(walk: Walk, node: ast.Call, *, alone: bool = False) -> Sources:
    """Evaluate a call; the result is what its value may share. One that stands alone is there for what it changes."""
    function = node.func
    method = function.attr if isinstance(function, ast.Attribute) else ""
    receiver = walk.expr(function.value if isinstance(function, ast.Attribute) else function)
    given = _Given([walk.expr(a) for a in node.args], {k.arg: walk.expr(k.value) for k in node.keywords})
    if method in QUERIES:
        for name in queried(node):
            walk.read(walk.key(name), node)
    path = walk.context.dotted(function, walk.scope)
    notebook = _notebook_functions(walk, function, None if path else method)
    if notebook:
        result = _notebook_call(walk, node, notebook, receiver, given, method=method)
    elif path is not None:
        result = _library_call(walk, node, path, receiver, given)
    elif method:
        result = _method_call(walk, node, method, receiver, given.every, alone=alone)
    else:
        result = receiver + given.every
        walk.mutate(result, node, suspected=True)
    for keyword in node.keywords:
        if keyword.arg == "inplace" and not (isinstance(keyword.value, ast.Constant) and not keyword.value.value):
            walk.mutate(receiver, node)
        elif keyword.arg in _PLOTTED_ON:
            walk.mutate(given.named[keyword.arg], node)
    return result + channels.call(walk, node, path, method)


def _notebook_functions(walk: Walk, function: ast.expr, method: str | None) -> Sequence[Function]:
    context = walk.context
    if not isinstance(function, ast.Name):
        if not method:
            return ()
        context.asked.add(method)
        return context.methods.get(method, ())
    key = walk.key(function.id)
    context.asked.add(key)
    found = context.functions.get(key, ())
    if found and walk.bound is not None:
        walk.bound.add(f"call {key}")
    return found


def _notebook_call(  # noqa: PLR0913 - the parts of a call
    walk: Walk, node: ast.Call, functions: Sequence[Function], receiver: Sources, given: _Given, *, method: str
) -> Sources:
    """Call a function of the notebook: its body says what happens to what its parameters are given."""
    result: Sources = ()
    values = [receiver, *given.positional] if method else given.positional
    everything = tuple(s for part in (*values, *given.named.values()) for s in part)
    if method:
        _changes_of_method(walk, node, receiver, method)
    for function in functions:
        sources = _by_parameter(node, function, values, given.named, everything)
        for parameter in function.changes:
            walk.mutate(sources[parameter], node, suspected=parameter in function.suspected)
        for a, b in function.shares:
            for owner in sources.get(a, (a,)):
                walk.share(owner, sources.get(b, (b,)))
        result += tuple(s for name in function.returns for s in sources.get(name, (name,)))
        if function.kind == "class":
            result += (function.name, *everything)
    return result + receiver if method in SHARING_METHODS else result


def _by_parameter(
    node: ast.Call,
    function: Function,
    values: Sequence[Sources],
    named: dict[str | None, Sources],
    everything: Sources,
) -> dict[str, Sources]:
    """Tell what each parameter is given; with stars in the way, or for those that take what is left, anything."""
    starred = any(isinstance(a, ast.Starred) for a in node.args) or None in named
    spread = starred or len(values) > len(function.parameters) or named.keys() - {*function.parameters}
    found = {}
    for number, parameter in enumerate(function.parameters):
        sources = values[number] if number < len(values) else named.get(parameter, ())
        found[parameter] = everything if spread else sources
    return found


def _library_call(walk: Walk, node: ast.Call, path: str, receiver: Sources, given: _Given) -> Sources:
    does = _library(path)
    if does.changed is not None:
        for number in does.changed:
            walk.mutate(given.positional[number] if number < len(given.positional) else (), node)
        if does.stores:
            for owner in given.positional[0] if given.positional else ():
                walk.share(owner, given.every)
        return given.every
    if does.runs_text or (does.lists_names and not node.args):
        walk.read(EVERYTHING, node)
        if does.runs_text or path == "globals":
            walk.binds.setdefault(EVERYTHING, node)
    if does.shares:
        return given.every
    if does.foreign:
        walk.mutate((*receiver, *_root(walk, node.func), *given.every), node, suspected=True)
        return given.every
    return _held(walk, given.every) if does.makes_object and not _copies(path, node) else ()


@cache
def _library(path: str) -> _Library:
    return _Library(
        changed=CHANGED_ARGUMENTS.get(path),
        stores=path.startswith(("heapq.", "bisect.", "setattr", "operator.")),
        runs_text=path in _RUN_TEXT,
        lists_names=path in _ALL_NAMES,
        shares=path in SHARING_FUNCTIONS,
        foreign=_is_foreign(path),
        makes_object=path.rpartition(".")[2][:1].isupper() and path not in FRESH_CONSTRUCTORS,
    )


def _held(walk: Walk, given: Sources) -> Sources:
    """What an object made by a library keeps and may change; data it only looks at."""
    if walk.scope is not None or walk.loops:
        return given
    data = {source for source in given if source in walk.context.data}
    walk.looked_at |= data
    return tuple(source for source in given if source not in data)


def _is_foreign(path: str) -> bool:
    """Whether the function comes from a module we know nothing about, a file next to the notebook perhaps."""
    root = path.partition(".")[0]
    return "." in path and root not in KNOWN_MODULES and root not in sys.stdlib_module_names


def _root(walk: Walk, function: ast.expr) -> Sources:
    """Find the imported object whose method is called."""
    if not isinstance(function, ast.Attribute):
        return ()
    while isinstance(function, ast.Attribute):
        function = function.value
    if not isinstance(function, ast.Name) or function.id in walk.context.module_names:
        return ()
    return (walk.key(function.id),)


def _copies(path: str, node: ast.Call) -> bool:
    """Tell whether a frame is made from a dict or list, which it copies."""
    return path in ("pandas.DataFrame", "pandas.Series") and bool(node.args) and not isinstance(node.args[0], ast.Name)


def _method_call(  # noqa: PLR0913 - the parts of a call
    walk: Walk, node: ast.Call, method: str, receiver: Sources, given: Sources, *, alone: bool
) -> Sources:
    _changes_of_method(walk, node, receiver, method)
    unknown = alone and not (method in PURE_METHODS or method in CHANGING_METHODS or _draws(method))
    if unknown:
        walk.mutate(receiver, node, suspected=True)
    if unknown or method in _STORES:
        for owner in receiver:
            walk.share(owner, given)
    if method == "pipe":
        return receiver + given
    if method == "copy":  # of a list or dictionary it is shallow
        return receiver if any(source in walk.context.containers for source in receiver) else ()
    return receiver if method in SHARING_METHODS or method[:1].isupper() else ()


def _draws(method: str) -> bool:
    return method in DRAWING_METHODS or method.startswith("set_")


def _changes_of_method(walk: Walk, node: ast.Call, receiver: Sources, method: str) -> None:
    draws = method.startswith(("set_", "add_")) and method not in PURE_METHODS
    if method in CHANGING_METHODS or draws:
        walk.mutate(receiver, node)


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
        walk.context.asked.add(walk.key(name))
        if name in ("suppress", "raises", "assertRaises", "ignored") or walk.key(name) in walk.context.functions:
            return True
    return False
