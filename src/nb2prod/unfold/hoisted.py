"""A call of the notebook's own inside an expression, taken out in front of the statement."""

from __future__ import annotations

import ast
import copy
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
            found = _first(value, functions)
        case ast.AugAssign(target=ast.Name(), value=value) | ast.Return(value=ast.expr() as value):
            found = _first(value, functions)
        case ast.If(test=value):
            found = _first(value, functions)
        case _:
            return None
    if not isinstance(found, ast.Call):
        return None
    call = _own(value, found, functions)
    if call is None or not isinstance(call.func, ast.Name) or is_given_predictions(call):
        return None
    name = fresh(f"{call.func.id}_result")
    return f"{name} = {ast.unparse(call)}", _replaced(text, call, name)


def without_pipes(node: ast.stmt, functions: AbstractSet[str]) -> ast.stmt | None:
    """The statement with `function(table, 1)` for `table.pipe(function, 1)`; None where there is no such call."""
    pipes = _Pipes(functions)
    made = pipes.visit(copy.deepcopy(node))
    return ast.fix_missing_locations(made) if pipes.found and isinstance(made, ast.stmt) else None


class _Pipes(ast.NodeTransformer):
    def __init__(self, functions: AbstractSet[str]) -> None:
        self.functions = functions
        self.found = False

    def visit_Call(self, node: ast.Call) -> ast.AST:
        self.generic_visit(node)
        match node:
            case ast.Call(
                func=ast.Attribute(value=owner, attr="pipe"), args=[ast.Name(id=name) as function, *rest]
            ) if name in self.functions:
                self.found = True
                return ast.copy_location(ast.Call(function, [owner, *rest], node.keywords), node)
            case _:
                return node


def _own(value: ast.expr, first: ast.Call, functions: AbstractSet[str]) -> ast.Call | None:
    return first if isinstance(first.func, ast.Name) and first.func.id in functions and first is not value else None


def _first(node: ast.expr, own: AbstractSet[str]) -> _Found:  # noqa: PLR0911 - one answer for each kind of expression
    """The first call that is made when an expression is worked out; `stop` where something else comes before it."""
    match node:
        case ast.Name() | ast.Constant() | ast.Lambda():
            return None
        case ast.Call(func=ast.Name(id=name)) if name in own:
            return node
        case ast.Call(func=func, args=args, keywords=keywords):
            callee = None if isinstance(func, ast.Name) else _first_of_callee(func, own)
            return callee or _first_of([*args, *(k.value for k in keywords)], own) or node
        case ast.Attribute(value=value) | ast.UnaryOp(operand=value) | ast.Starred(value=value) | ast.IfExp(test=value):
            return _first(value, own) or "stop"
        case ast.Subscript(value=left, slice=right) | ast.BinOp(left=left, right=right):
            return _first_of([left, right], own) or "stop"
        case ast.Compare(left=left, comparators=[right]):
            return _first_of([left, right], own) or "stop"
        case ast.Tuple(elts=elements) | ast.List(elts=elements):
            return _first_of(elements, own)
        case _:
            return "stop"


def _first_of(nodes: list[ast.expr], own: AbstractSet[str]) -> _Found:
    return next((found for each in nodes if (found := _first(each, own)) is not None), None)


def _first_of_callee(node: ast.expr, own: AbstractSet[str]) -> _Found:
    """Of `plt.plot` and the like: looking it up changes nothing."""
    while isinstance(node, ast.Attribute):
        node = node.value
    return None if isinstance(node, ast.Name) else _first(node, own)


def _replaced(text: str, call: ast.Call, name: str) -> str:
    lines = [line.encode() for line in text.split("\n")]
    first, last = call.lineno - 1, (call.end_lineno or call.lineno) - 1
    whole = lines[first][: call.col_offset] + name.encode() + lines[last][call.end_col_offset or 0 :]
    return b"\n".join([*lines[:first], whole, *lines[last + 1 :]]).decode()
