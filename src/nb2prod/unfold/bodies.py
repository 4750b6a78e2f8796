"""Whether a function of the notebook can be written out where it is called, and its body as plain statements."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from nb2prod.unfold.scopes import Function, inner_scope

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

SEES_NAMES = frozenset({"locals", "globals", "vars", "dir", "exec", "eval"})
"""What may look at all names, or make some that are not written out."""
_NOT_INSIDE = frozenset({"super", "breakpoint", "get_ipython", "NameError", "UnboundLocalError"})


def why_not(function: ast.FunctionDef) -> str | None:
    """Why a function cannot be written out where it is called; None if it can."""
    if function.decorator_list:
        return "it is decorated"
    if function.args.vararg or function.args.kwarg:
        return "it takes any number of arguments"
    if inner_scope(function).outside:
        return "it changes names outside"
    found = next((why for node in _inside(function) if (why := _why_not(node)) is not None), None)
    if found is None and one_exit(statements(function), None) is None:
        return "it returns from inside a loop"
    return found


def _why_not(node: ast.AST) -> str | None:
    match node:
        case ast.Yield() | ast.YieldFrom() | ast.Await() | ast.AsyncFor() | ast.AsyncWith():
            return "it is no plain function"
        case ast.ClassDef() | ast.AsyncFunctionDef() | ast.NamedExpr() | ast.Match():
            return "it holds a class, a match or a `:=`"
        case ast.Global() | ast.Nonlocal():
            return "it changes names outside"
        case ast.Name(id=name) if name in SEES_NAMES | _NOT_INSIDE:
            return f"it uses `{name}`"
        case ast.ImportFrom(names=[ast.alias(name="*")]):
            return "it imports all names of a module"
        case _:
            return None


def docstring(function: ast.FunctionDef) -> str:
    """The first line of its docstring."""
    text = ast.get_docstring(function) or ""
    return text.strip().split("\n")[0].strip()


def statements(function: ast.FunctionDef) -> list[ast.stmt]:
    """Its statements without the docstring."""
    return _without_docstring(function.body)


def _without_docstring(body: Sequence[ast.stmt]) -> list[ast.stmt]:
    match body:
        case [ast.Expr(value=ast.Constant(value=str())), *rest]:
            return list(rest)
        case _:
            return list(body)


def one_exit(body: Sequence[ast.stmt], name: str | None) -> list[ast.stmt] | None:
    """The statements with what they return given to `name` at the end of each path; None where a loop returns.

    Without a name nothing is changed but the order of the branches.
    """
    found: list[ast.stmt] = []
    for number, node in enumerate(body):
        rest = list(body[number + 1 :])
        match node:
            case ast.Return(value=value):
                return [*found, _given(name, value or ast.Constant(None), node)]
            case ast.If(test=test, body=yes, orelse=no) if returns(node):
                if always_returns(yes):
                    one, other = one_exit(yes, name), one_exit([*no, *rest], name)
                elif no and always_returns(no):
                    one, other = one_exit([*yes, *rest], name), one_exit(no, name)
                else:
                    return None
                if one is None or other is None:
                    return None
                return [*found, ast.copy_location(ast.If(test, one, other), node)]
            case _ if returns(node):
                return None
            case _:
                found.append(node)
    return [*found, _given(name, ast.Constant(None), body[-1] if body else None)]


def _given(name: str | None, value: ast.expr, at: ast.stmt | None) -> ast.stmt:
    made = ast.Return(value) if name is None else ast.Assign([ast.Name(name, ast.Store())], value)
    return ast.fix_missing_locations(made) if at is None else ast.fix_missing_locations(ast.copy_location(made, at))


def returns(node: ast.stmt) -> bool:
    """Whether a statement may return, functions inside it apart."""
    return any(isinstance(each, ast.Return) for each in _same_scope(node))


def always_returns(body: Sequence[ast.stmt]) -> bool:
    """Whether every way through these statements returns or raises."""
    match body:
        case [*_, ast.Return() | ast.Raise()]:
            return True
        case [*_, ast.If(body=yes, orelse=no)]:
            return always_returns(yes) and always_returns(no)
        case _:
            return False


def _same_scope(node: ast.AST) -> Iterator[ast.AST]:
    yield node
    if isinstance(node, Function | ast.ClassDef):
        return
    for child in ast.iter_child_nodes(node):
        yield from _same_scope(child)


def _inside(function: ast.FunctionDef) -> Iterator[ast.AST]:
    for statement in function.body:
        yield from ast.walk(statement)
