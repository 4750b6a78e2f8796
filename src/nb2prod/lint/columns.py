"""Which columns of a table a statement changes, and which it looks at, where that is plain to see."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING, TypeGuard

from nb2prod.lint.folding import UnknownValueError, fold
from nb2prod.tree import walk

if TYPE_CHECKING:
    from collections.abc import Iterator

    from nb2prod.dataflow import Use
    from nb2prod.lint.rule import Context
    from nb2prod.program import Statement

_WHOLE = frozenset(["T", "at", "columns", "dtypes", "iat", "iloc", "loc", "plot", "shape", "size", "style", "values"])
"""What tables have besides columns, and what depends on all of these."""

_PIVOT = ("values", "index", "columns")


def reads_other_columns(context: Context, use: Use, writer: int) -> bool:
    """Tell whether the writer only sets columns of a table that the reader does not look at."""
    wrote = columns_written(context, context.program.statements[writer], use.name)
    if wrote is None:
        return False
    statement = context.program.statements[use.statement]
    nodes = list(walk(statement.node))
    called = {id(node.func) for node in nodes if isinstance(node, ast.Call)}
    parts: dict[int, frozenset[str] | None]
    parts = {
        id(node.value): _texts(context, statement, node.slice) for node in nodes if isinstance(node, ast.Subscript)
    }
    parts |= {id(table): _texts(context, statement, columns) for node in nodes for table, columns in _located(node)}
    parts |= {id(node.args[0]): frozenset() for node in nodes if _is_len(node)}
    parts |= {id(table): _of_call(context, statement, columns) for node in nodes for table, columns in _named(node)}
    parts |= {
        id(node.value): None if node.attr in _WHOLE else frozenset({node.attr})
        for node in nodes
        if isinstance(node, ast.Attribute) and id(node) not in called and id(node.value) not in parts
    }
    reads = [parts.get(id(node)) for node in nodes if isinstance(node, ast.Name) and node.id == use.name]
    return all(columns is not None and not any(_touches(wrote, each) for each in columns) for columns in reads)


def _touches(wrote: frozenset[str], column: str) -> bool:
    """Tell whether a column is among those written; `Title*` are those that begin so."""
    return column in wrote or any(each.endswith("*") and column.startswith(each[:-1]) for each in wrote)


def _named(node: ast.AST) -> Iterator[tuple[ast.expr, tuple[ast.expr, ...]]]:
    """Yield table and columns where a call names them: `df.groupby("a")["b"]`, `sns.barplot(x="a", data=df)`."""
    match node:
        case ast.Subscript(
            value=ast.Call(func=ast.Attribute(value=ast.Name() as table, attr="groupby"), args=[keys, *_]),
            slice=columns,
        ):
            yield table, (keys, columns)
        case ast.Call(func=ast.Attribute(value=ast.Name() as table, attr="pivot_table"), args=args, keywords=keywords):
            given = {each.arg: each.value for each in keywords if each.arg in _PIVOT} | dict(
                zip(_PIVOT, args, strict=False)
            )
            if "values" in given:
                yield table, tuple(given.values())
        case ast.Call(func=ast.Attribute(value=ast.Name(id="sns" | "seaborn")), args=[], keywords=keywords):
            by_name = {each.arg: each.value for each in keywords}
            if "data" in by_name and ("x" in by_name or "y" in by_name):
                yield by_name["data"], tuple(by_name[each] for each in ("x", "y", "hue") if each in by_name)
        case _:
            pass


def _of_call(context: Context, statement: Statement, columns: tuple[ast.expr, ...]) -> frozenset[str] | None:
    texts = [_texts(context, statement, each) for each in columns]
    return None if None in texts else frozenset[str]().union(*(each for each in texts if each is not None))


def _located(node: ast.AST) -> Iterator[tuple[ast.expr, ast.expr]]:
    """Yield table and columns of `df.loc[rows, columns]`."""
    match node:
        case ast.Subscript(
            value=ast.Attribute(value=ast.Name() as table, attr="loc"), slice=ast.Tuple(elts=[_, columns])
        ):
            yield table, columns
        case _:
            pass


def _is_len(node: ast.AST) -> TypeGuard[ast.Call]:
    return isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "len" and bool(node.args)


def columns_written(context: Context, statement: Statement, name: str) -> frozenset[str] | None:
    """List the columns of a table that a statement changes, where it changes nothing else of it.

    `Title*` are all columns whose names begin so. The table may be given its name again (`df = df.drop(columns="a")`).
    """
    match statement.node:
        case ast.Assign(targets=[ast.Name(id=owner)], value=ast.Call(func=ast.Attribute()) as call):
            return _given_again(context, statement, call, name) if owner == name else None
        case ast.Assign(targets=[target]) | ast.AugAssign(target=target) | ast.Delete(targets=[target]):
            return _columns(context, statement, target, name)
        case ast.Expr(value=ast.Call(func=ast.Attribute(value=ast.Subscript() as target), keywords=keywords)):
            return (
                _columns(context, statement, target, name) if any(each.arg == "inplace" for each in keywords) else None
            )
        case ast.Expr(value=ast.Call(func=ast.Attribute(value=ast.Name(id=owner), attr="drop")) as call):
            return _dropped(context, statement, call) if owner == name else None
        case _:
            return None


def _columns(context: Context, statement: Statement, target: ast.expr, name: str) -> frozenset[str] | None:
    match target:
        case ast.Subscript(value=ast.Name(id=owner), slice=index) if owner == name:
            return _texts(context, statement, index)
        case ast.Subscript(value=ast.Subscript(value=ast.Name(id=owner), slice=index)) if owner == name:
            return _texts(context, statement, index)
        case ast.Attribute(value=ast.Name(id=owner), attr=column) if owner == name and column not in _WHOLE:
            return frozenset({column})
        case ast.Subscript(
            value=ast.Attribute(value=ast.Name(id=owner), attr="loc"), slice=ast.Tuple(elts=[_, index])
        ) if owner == name:
            return _texts(context, statement, index)
        case _:
            return None


def _given_again(context: Context, statement: Statement, call: ast.Call, name: str) -> frozenset[str] | None:
    """List the columns that `df = pd.get_dummies(df, columns=["a"])` or `df = df.drop("a", axis=1)` changes."""
    given = {each.arg: each.value for each in call.keywords}
    match call:
        case ast.Call(func=ast.Attribute(value=ast.Name(id=owner), attr="drop")) if owner == name:
            return _dropped(context, statement, call)
        case ast.Call(func=ast.Attribute(value=ast.Name(id=owner), attr="assign"), args=[]) if owner == name:
            return None if None in given else frozenset(each for each in given if each)
        case ast.Call(func=ast.Attribute(value=ast.Name(id=owner), attr="rename"), args=[]) if owner == name:
            return _renamed(given.get("columns"))
        case ast.Call(func=ast.Attribute(attr="get_dummies"), args=[ast.Name(id=owner)]) if owner == name:
            columns = _texts(context, statement, given["columns"]) if "columns" in given else None
            return None if columns is None or "prefix" in given else columns | {f"{each}_*" for each in columns}
        case _:
            return None


def _renamed(columns: ast.expr | None) -> frozenset[str] | None:
    match columns:
        case ast.Dict(keys=keys, values=values):
            texts = [each.value if isinstance(each, ast.Constant) else None for each in (*keys, *values)]
            names = frozenset(each for each in texts if isinstance(each, str))
            return names if all(isinstance(each, str) for each in texts) else None
        case _:
            return None


def _dropped(context: Context, statement: Statement, call: ast.Call) -> frozenset[str] | None:
    """List the columns of `df.drop(columns=["a"], inplace=True)` or `df.drop("a", axis=1, inplace=True)`."""
    given = {each.arg: each.value for each in call.keywords}
    if "columns" in given:
        return _texts(context, statement, given["columns"])
    axis = given.get("axis") or (call.args[1] if len(call.args) > 1 else None)
    sideways = isinstance(axis, ast.Constant) and axis.value in {1, "columns"}
    labels = call.args[0] if call.args else given.get("labels")
    return _texts(context, statement, labels) if sideways and labels is not None else None


def _texts(context: Context, statement: Statement, index: ast.expr) -> frozenset[str] | None:
    """Read the columns of a subscript, also through a name; None if they are not plain to see."""
    try:
        value = fold(context, statement, index)
    except UnknownValueError:
        return None
    values = value if isinstance(value, list) else [value]
    texts = frozenset(each for each in values if isinstance(each, str))
    return texts if all(isinstance(each, str) for each in values) else None
