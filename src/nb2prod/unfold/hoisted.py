"""A call of the notebook's own inside an expression, taken out in front of the statement."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING, Literal

from nb2prod.unfold.call import is_given_predictions

if TYPE_CHECKING:
    from collections.abc import Callable
    from collections.abc import Set as AbstractSet

_Found = ast.Call | Literal["stop"] | None


def hoisted(
    text: str, node: ast.stmt, functions: AbstractSet[str], fresh: Callable[[str], str]
) -> tuple[str, str] | None:
    """Two statements' texts: the result under a name, and the statement with that name; None where none can be taken.

    Only what is called before anything else happens in the statement can be called before the statement.
    """
    match node:
        case ast.Expr(value=value) | ast.Assign(value=value) | ast.AnnAssign(value=ast.expr() as value):
            found = _first(value)
        case ast.AugAssign(target=ast.Name(), value=value) | ast.Return(value=ast.expr() as value):
            found = _first(value)
        case ast.If(test=value):
            found = _first(value)
        case _:
            return None
    if not isinstance(found, ast.Call):
        return None
    call = _own(value, found, functions)
    if call is None or not isinstance(call.func, ast.Name) or is_given_predictions(call):
        return None
    name = fresh(f"{call.func.id}_result")
    return f"{name} = {ast.unparse(call)}", _replaced(text, call, name)


def _own(value: ast.expr, first: ast.Call, functions: AbstractSet[str]) -> ast.Call | None:
    return first if isinstance(first.func, ast.Name) and first.func.id in functions and first is not value else None


def _first(node: ast.expr) -> _Found:  # noqa: PLR0911 - one answer for each kind of expression
    """The first call that is made when an expression is worked out; `stop` where something else comes before it."""
    match node:
        case ast.Name() | ast.Constant() | ast.Lambda():
            return None
        case ast.Call(func=func, args=args, keywords=keywords):
            callee = None if isinstance(func, ast.Name) else _first_of_callee(func)
            return callee or _first_of([*args, *(k.value for k in keywords)]) or node
        case ast.Attribute(value=value):
            return _first(value) or "stop"
        case ast.Subscript(value=value, slice=key):
            return _first_of([value, key]) or "stop"
        case ast.BinOp(left=left, right=right):
            return _first_of([left, right]) or "stop"
        case ast.Compare(left=left, comparators=[right]):
            return _first_of([left, right]) or "stop"
        case ast.UnaryOp(operand=operand) | ast.Starred(value=operand):
            return _first(operand) or "stop"
        case ast.Tuple(elts=elements) | ast.List(elts=elements):
            return _first_of(elements)
        case ast.IfExp(test=test):
            return _first(test) or "stop"
        case _:
            return "stop"


def _first_of(nodes: list[ast.expr]) -> _Found:
    return next((found for each in nodes if (found := _first(each)) is not None), None)


def _first_of_callee(node: ast.expr) -> _Found:
    """Of `plt.plot` and the like: looking it up changes nothing."""
    while isinstance(node, ast.Attribute):
        node = node.value
    return None if isinstance(node, ast.Name) else _first(node)


def _replaced(text: str, call: ast.Call, name: str) -> str:
    lines = [line.encode() for line in text.split("\n")]
    first, last = call.lineno - 1, (call.end_lineno or call.lineno) - 1
    whole = lines[first][: call.col_offset] + name.encode() + lines[last][call.end_col_offset or 0 :]
    return b"\n".join([*lines[:first], whole, *lines[last + 1 :]]).decode()
