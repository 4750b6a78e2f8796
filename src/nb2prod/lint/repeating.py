"""Statements that do something else when they are done a second time: `x += 1`, `df = df.drop("id", axis=1)`."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from nb2prod.lint.changes import root
from nb2prod.tree import walk

if TYPE_CHECKING:
    from collections.abc import Iterator

_CHANGES = "changes its own result again"
_FAILS = "fails"
_GROWS = "adds the same again"
_LOSES = "finds its values gone"

_OPERATORS = (ast.Add, ast.Sub, ast.Mult, ast.Div, ast.FloorDiv, ast.Pow, ast.MatMult)

_METHODS = {
    "drop": _FAILS,
    "set_index": _FAILS,
    "melt": _FAILS,
    "pivot": _FAILS,
    "pivot_table": _FAILS,
    "append": _GROWS,
    "merge": _GROWS,
    "join": _GROWS,
    "reset_index": _GROWS,
    "shift": _CHANGES,
    "diff": _CHANGES,
    "pct_change": _CHANGES,
    "cumsum": _CHANGES,
    "transpose": _CHANGES,
}
"""Methods of tables whose result, taken as input again, gives another one or an error."""

_FUNCTIONS = {
    "append": _GROWS,
    "concat": _GROWS,
    "concatenate": _GROWS,
    "expand_dims": _GROWS,
    "hstack": _GROWS,
    "vstack": _GROWS,
    "exp": _CHANGES,
    "log": _CHANGES,
    "log10": _CHANGES,
    "log1p": _CHANGES,
    "log2": _CHANGES,
    "sqrt": _CHANGES,
    "square": _CHANGES,
    "to_categorical": _CHANGES,
}
"""Functions of libraries (`np.log`, `pd.concat`) likewise, by their last name."""

_IN_PLACE = {
    "append": _GROWS,
    "extend": _GROWS,
    "insert": _GROWS,
    "pop": _CHANGES,
    "remove": _FAILS,
    "appendleft": _GROWS,
}
"""Methods that change a list, a deque or (`insert`, `pop`) a table."""

_BOTH = frozenset([*_METHODS, *_IN_PLACE])
_CALLED = frozenset([*_METHODS, *_FUNCTIONS, "map", "get_dummies"])
_POP = frozenset(["pop"])


def repeats(statement: ast.stmt) -> Iterator[tuple[ast.stmt, str, str]]:
    """Yield the place, the name and what a second time does, for each such statement in it, blocks included."""
    for node in _flat(statement):
        kind = node.__class__
        if kind in _LOOK:
            if kind is not ast.Expr and (kind is not ast.Assign or _may_take(node.value)):  # type: ignore[attr-defined] # assigns
                yield from _repeats(node)
            if kind is ast.Assign or kind is ast.Expr:
                yield from _in_place(node)


_LOOK = frozenset([ast.AugAssign, ast.Assign, ast.Delete, ast.Expr])
_TAKE = frozenset([ast.BinOp, ast.Attribute, ast.UnaryOp, ast.Subscript])


def _may_take(value: ast.expr) -> bool:
    """Tell whether a value is of a kind that may rest on an earlier one, which is found out fast."""
    if isinstance(value, ast.Call):
        return isinstance(value.func, ast.Attribute) and value.func.attr in _CALLED
    return value.__class__ in _TAKE


def _repeats(node: ast.stmt) -> Iterator[tuple[ast.stmt, str, str]]:
    match node:
        case ast.AugAssign(target=target, op=op, value=value) if isinstance(op, _OPERATORS):
            if (name := root(target)) and not _mentions(value, target):
                yield node, name, _CHANGES
        case ast.Assign(targets=[ast.Name() | ast.Subscript() | ast.Attribute() as target], value=value):
            if (name := root(target)) and (what := _of_itself(target, value)):
                yield node, name, what
        case ast.Delete(targets=targets):
            yield from (
                (node, name, _FAILS) for each in targets if not isinstance(each, ast.Name) and (name := root(each))
            )
        case _:
            pass


def _in_place(node: ast.stmt) -> Iterator[tuple[ast.stmt, str, str]]:
    call = node.value if isinstance(node, (ast.Expr, ast.Assign)) else None
    if not isinstance(call, ast.Call) or not isinstance(call.func, ast.Attribute):
        return
    owner, method = call.func.value, call.func.attr
    if method not in (_BOTH if isinstance(node, ast.Expr) else _POP):
        return
    name = root(owner) if isinstance(node, ast.Expr) or isinstance(owner, ast.Name) else None
    if name is None or any(
        _mentions(each, owner) for each in (*call.args, *(keyword.value for keyword in call.keywords))
    ):
        return
    if method in _IN_PLACE:
        yield node, name, _IN_PLACE[method]
    elif _flag(call, "inplace") is True and not _harmless(call):
        yield node, name, _METHODS[method]


def _of_itself(target: ast.expr, value: ast.expr) -> str | None:
    """Say what happens when `target = value` takes the target's own earlier value; None: nothing that matters."""
    match value:
        case ast.BinOp(left=left, op=op, right=right) if isinstance(op, _OPERATORS):
            own = (_same(left, target) and not _mentions(right, target)) or (
                _same(right, target) and not _mentions(left, target)
            )
        case ast.Attribute(value=whole, attr="T"):
            own = _same(whole, target)
        case ast.UnaryOp(op=ast.Not() | ast.USub() | ast.Invert(), operand=whole):
            own = _same(whole, target)
        case ast.Subscript(value=ast.Attribute(value=whole, attr="iloc"), slice=ast.Slice(lower=ast.expr() as lower)):
            own = _same(whole, target) and not _mentions(lower, target)
        case ast.Subscript(value=whole, slice=ast.Slice(lower=lower, step=step)):
            own = bool(lower or step) and _same(whole, target)
        case ast.Call(func=ast.Attribute() as function):
            return _call_of_itself(target, value, function)
        case _:
            own = False
    return _CHANGES if own else None


def _call_of_itself(target: ast.expr, call: ast.Call, function: ast.Attribute) -> str | None:
    """Say it for `df = df.drop("id", axis=1)`, `x = np.log(x)`, `df = pd.concat([df, more])`."""
    name, keywords = function.attr, [keyword.value for keyword in call.keywords]
    if name == "map" and _same(function.value, target) and call.args:
        return _LOSES if _maps_elsewhere(call.args[0]) else None
    if name in _METHODS and _same_chain(function.value, target):
        given = any(_mentions(each, target) for each in (*call.args, *keywords))
        return None if given or _harmless(call) else _METHODS[name]
    if not call.args or not isinstance(function.value, ast.Name):
        return None
    first, *rest = call.args
    parts = first.elts if isinstance(first, (ast.List, ast.Tuple)) else [first]
    if not any(_same(each, target) for each in parts) or any(_mentions(each, target) for each in rest):
        return None
    if name == "get_dummies":
        return _FAILS if any(keyword.arg == "columns" for keyword in call.keywords) else None
    return _FUNCTIONS.get(name)


def _maps_elsewhere(mapping: ast.expr) -> bool:
    """Tell whether a dictionary gives values that it does not take: those become missing the second time."""
    match mapping:
        case ast.Dict(keys=keys, values=values):
            known = {ast.dump(key) for key in keys if key is not None}
            return None not in keys and any(ast.dump(value) not in known for value in values)
        case _:
            return False


def _harmless(call: ast.Call) -> bool:
    """Tell whether the call says that a second time is all right."""
    return (
        _flag(call, "errors") == "ignore"
        or (isinstance(call.func, ast.Attribute) and call.func.attr == "reset_index" and _flag(call, "drop") is True)
        or (isinstance(call.func, ast.Attribute) and call.func.attr == "set_index" and _flag(call, "drop") is False)
    )


def _flag(call: ast.Call, name: str) -> object:
    for keyword in call.keywords:
        if keyword.arg == name and isinstance(keyword.value, ast.Constant):
            return keyword.value.value
    return None


def _same(node: ast.expr, target: ast.expr) -> bool:
    if isinstance(target, ast.Name):
        return isinstance(node, ast.Name) and node.id == target.id
    return node.__class__ is target.__class__ and ast.unparse(node) == ast.unparse(target)


def _same_chain(node: ast.expr, target: ast.expr) -> bool:
    """Tell whether a chain of calls starts from the target: `df.dropna()` from `df`."""
    while isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
        node = node.func.value
    return _same(node, target)


def _mentions(node: ast.expr, target: ast.expr) -> bool:
    return any(_same(each, target) for each in walk(node) if isinstance(each, type(target)))


def _flat(node: ast.stmt) -> list[ast.stmt]:
    """List a statement and those in its blocks, not those of functions and classes."""
    found = [node]
    if node.__class__ in _LOOK or isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
        return found
    for name in ("body", "handlers", "cases", "orelse", "finalbody"):
        for child in getattr(node, name, ()):
            for inner in [child] if isinstance(child, ast.stmt) else child.body:
                found += _flat(inner)
    return found
