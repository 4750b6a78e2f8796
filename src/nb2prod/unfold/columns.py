"""`table.apply(function)`, which works on one column after the other, written as a loop over the columns."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from nb2prod.unfold.scopes import inner_scope, scope_of

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

_OF_A_COLUMN = frozenset(
    {"abs", "apply", "astype", "clip", "copy", "fillna", "map", "mask", "replace", "round", "transform", "where"}
)


def applied_to(node: ast.stmt) -> ast.expr | None:
    """The expression whose columns, if it is a table, an assigned `.apply(...)` goes through."""
    match node:
        case ast.Assign(
            targets=[ast.Name() | ast.Subscript(value=ast.Name())],
            value=ast.Call(func=ast.Attribute(value=owner, attr="apply"), args=[_], keywords=[]),
        ):
            return owner
        case _:
            return None


def by_column(
    node: ast.stmt, functions: Mapping[str, ast.FunctionDef], fresh: Callable[[str], str]
) -> tuple[str, ...] | None:
    """The statements that do the same column by column; None where the function may give no column.

    The statement is one of which `applied_to` gives a table.
    """
    match node:
        case ast.Assign(targets=[ast.Name(id=table)], value=ast.Call(func=ast.Attribute(value=owner), args=[function])):
            first, names = [f"{table} = {ast.unparse(owner)}.copy()"], f"{table}.columns"
        case ast.Assign(
            targets=[ast.Subscript(value=ast.Name(id=table), slice=(ast.Name() | ast.List()) as key) as target],
            value=ast.Call(func=ast.Attribute(value=owner), args=[function]),
        ) if ast.unparse(target) == ast.unparse(owner):
            first, names = [], ast.unparse(key)
        case _:
            return None
    if table in scope_of([function]).read or not _gives_column(function, functions):
        return None
    column = fresh("column")
    made = _called(function, f"{table}[{column}]")
    return None if made is None else (*first, f"for {column} in {names}:\n    {table}[{column}] = {made}")


def _called(function: ast.expr, argument: str) -> str | None:
    if not isinstance(function, ast.Lambda):
        return f"{ast.unparse(function)}({argument})"
    if inner_scope(function).held or any(isinstance(n, ast.JoinedStr) for n in ast.walk(function)):
        return None
    own = function.args.args[0].arg
    body = ast.parse(ast.unparse(function.body), mode="eval")
    given = ast.parse(argument, mode="eval").body

    class _Given(ast.NodeTransformer):
        def visit_Name(self, node: ast.Name) -> ast.AST:
            return given if node.id == own else node

    if any(isinstance(n, ast.comprehension) for n in ast.walk(body)):
        return None
    return ast.unparse(_Given().visit(body))


def _gives_column(function: ast.expr, functions: Mapping[str, ast.FunctionDef]) -> bool:
    """Whether what the function gives for a column is a column."""
    match function:
        case ast.Attribute(
            value=ast.Name() | ast.Call(func=ast.Name(id="LabelEncoder"), args=[]), attr="fit_transform"
        ):
            return True
        case ast.Lambda(
            args=ast.arguments(posonlyargs=[], args=[own], defaults=[], vararg=None, kwarg=None, kwonlyargs=[]),
            body=body,
        ):
            return _is_column(body, {own.arg}, functions)
        case ast.Name(id=name) if name in functions:
            return _returns_column(functions[name], functions)
        case _:
            return False


def _returns_column(function: ast.FunctionDef, functions: Mapping[str, ast.FunctionDef]) -> bool:
    """Whether all that a function of one parameter returns is made of that column."""
    if len(function.args.args) != 1:
        return False
    columns = {function.args.args[0].arg}
    for node in ast.walk(function):
        match node:
            case ast.Assign(targets=[ast.Name(id=name)], value=value) if name in columns:
                if not _is_column(value, columns, functions):
                    return False
            case ast.Name(id=name, ctx=ast.Store() | ast.Del()) if name in columns and not _is_assigned(function, name):
                return False
            case _:
                pass
    values = [node.value for node in ast.walk(function) if isinstance(node, ast.Return)]
    ends = isinstance(function.body[-1], ast.Return | ast.If)
    return bool(values) and ends and all(v is not None and _is_column(v, columns, functions) for v in values)


def _is_assigned(function: ast.FunctionDef, name: str) -> bool:
    """Whether a name is only bound by plain assignments."""
    plain = sum(
        isinstance(n, ast.Assign) and any(isinstance(t, ast.Name) and t.id == name for t in n.targets)
        for n in ast.walk(function)
    )
    stores = sum(
        isinstance(n, ast.Name) and n.id == name and not isinstance(n.ctx, ast.Load) for n in ast.walk(function)
    )
    return plain == stores


def _is_column(  # noqa: PLR0911 - one answer for each kind of expression
    node: ast.expr, columns: set[str], functions: Mapping[str, ast.FunctionDef]
) -> bool:
    match node:
        case ast.Name(id=name):
            return name in columns
        case ast.Call(func=ast.Attribute(attr="fit_transform"), args=[argument]):
            return _is_column(argument, columns, functions)
        case ast.Call(func=ast.Attribute(value=owner, attr=method)) if method in _OF_A_COLUMN:
            return _is_column(owner, columns, functions)
        case ast.Call(func=ast.Name(id=name), args=[argument], keywords=[]) if name in functions:
            return _is_column(argument, columns, functions) and _returns_column(functions[name], {})
        case ast.BinOp(left=left, right=right):
            return _is_column(left, columns, functions) or _is_column(right, columns, functions)
        case ast.IfExp(body=one, orelse=other):
            return _is_column(one, columns, functions) and _is_column(other, columns, functions)
        case _:
            return False
