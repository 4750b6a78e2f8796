"""What a statement changes: the columns of frames that it sets or deletes, rows that it leaves out."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from nb2prod.plan.needs import dropped_columns, literal_names

if TYPE_CHECKING:
    from collections.abc import Iterable

    from nb2prod.rows.interpreter import Provenance
    from nb2prod.rows.kinds import Columns


def deleted(node: ast.stmt, name: str) -> frozenset[str]:
    """The columns that `del df["a"]` takes away."""
    targets = node.targets if isinstance(node, ast.Delete) else []
    return frozenset(
        target.slice.value
        for target in targets
        if isinstance(target, ast.Subscript)
        and isinstance(target.value, ast.Name)
        and target.value.id == name
        and isinstance(target.slice, ast.Constant)
        and isinstance(target.slice.value, str)
    )


def popped(node: ast.stmt) -> tuple[str, str] | None:
    """The frame and the column of `df.pop("a")`, whether or not the column is given a name."""
    value = node.value if isinstance(node, ast.Expr | ast.Assign) else None
    match value:
        case ast.Call(
            func=ast.Attribute(value=ast.Name(id=frame), attr="pop"),
            args=[ast.Constant(value=str(column))],
            keywords=[],
        ):
            return frame, column
        case _:
            return None


def is_located(target: ast.expr) -> bool:
    """`df.loc[mask, "a"]`."""
    return isinstance(target, ast.Subscript) and isinstance(target.value, ast.Attribute)


def sets_attributes(node: ast.stmt) -> bool:
    """`df.columns = ...`: what has a name before has another one afterwards."""
    return any(isinstance(n, ast.Attribute) and isinstance(n.ctx, ast.Store) for n in ast.walk(node))


def columns_set(node: ast.stmt, rows: Provenance) -> dict[str, set[str]] | None:
    """The columns of frames that an assignment or branch sets, where it does nothing else."""
    match node:
        case (
            ast.Assign(targets=[ast.Subscript(value=ast.Name(id=name), slice=key)])
            | ast.AugAssign(target=ast.Subscript(value=ast.Name(id=name), slice=key))
        ):
            names = literal_names(key, rows)
            return None if names is None else {name: set(names)}
        case ast.If(body=body, orelse=orelse):
            found: dict[str, set[str]] = {}
            for part in (*body, *orelse):
                inner = {} if isinstance(part, ast.Pass) else columns_set(part, rows)
                if inner is None:
                    return None
                for name, columns in inner.items():
                    found.setdefault(name, set()).update(columns)
            return found
        case _:
            return None


def dropped_if_there(node: ast.stmt, rows: Provenance) -> tuple[str, frozenset[str]] | None:
    """The frame, and the columns that go, of `if "a" in df.columns: df = df.drop(columns="a")`, in place as well."""
    match node:
        case ast.If(
            test=ast.Compare(
                left=ast.Constant(),
                ops=[ast.In()],
                comparators=[ast.Attribute(value=ast.Name(id=name), attr="columns") | ast.Name(id=name)],
            ),
            body=[ast.Assign(targets=[ast.Name(id=target)], value=value)],
            orelse=[],
        ) if target == name:
            drop = value
        case ast.If(
            test=ast.Compare(
                left=ast.Constant(),
                ops=[ast.In()],
                comparators=[ast.Attribute(value=ast.Name(id=name), attr="columns") | ast.Name(id=name)],
            ),
            body=[ast.Expr(value=value)],
            orelse=[],
        ) if inplace(value):
            drop = value
        case _:
            return None
    match drop:
        case ast.Call(func=ast.Attribute(value=ast.Name(id=owner), attr="drop")) if owner == name:
            columns = dropped_columns(drop, rows)
            return None if columns is None else (name, frozenset(columns))
        case _:
            return None


def per_column(node: ast.For) -> bool:
    """A loop over column names whose body changes only `frame[name]`, and reads frames only there."""
    return isinstance(node.target, ast.Name) and _change_only(node.body, node.target.id)


def _change_only(body: Iterable[ast.stmt], key: str) -> bool:
    for statement in body:
        match statement:
            case ast.Assign(targets=[ast.Subscript(value=ast.Name(), slice=ast.Name(id=name))]) if name == key:
                pass
            case ast.Assign(targets=[ast.Name()]) | ast.Expr() | ast.Pass() | ast.Continue():
                pass
            case ast.If(body=one, orelse=other) if _change_only([*one, *other], key):
                pass
            case _:
                return False
    return True


def read_besides(loop: ast.For, frame: str) -> frozenset[str] | None:
    """The columns of the frame that a restated loop reads besides the one in turn; None where that cannot be told.

    What only training does (`if fit:`) does not count.
    """
    key = loop.target.id if isinstance(loop.target, ast.Name) else ""
    named: set[str] = set()
    waiting: list[ast.AST] = [*loop.body]
    while waiting:
        match waiting.pop():
            case ast.If(test=ast.Name(id="fit"), orelse=other):
                waiting += other
            case ast.Subscript(value=ast.Name(id=name), slice=ast.Name(id=column)) if (name, column) == (frame, key):
                pass
            case ast.Subscript(value=ast.Name(id=name), slice=ast.Constant(value=str(column))) if name == frame:
                named.add(column)
            case ast.Attribute(value=ast.Name(id=name), attr="columns" | "index" | "shape") if name == frame:
                pass
            case ast.Name(id=name) if name == frame:
                return None
            case node:
                waiting += ast.iter_child_nodes(node)
    return frozenset(named)


def without_unneeded(loop: ast.For, needed: Columns) -> ast.For:
    """The loop, passing over the columns that predict does not need (the target is one)."""
    names = needed.named if needed.all_but is None else needed.all_but - needed.named
    if not isinstance(loop.target, ast.Name) or (needed.all_but is not None and not names):
        return loop
    written = ast.Tuple([ast.Constant(n) for n in sorted(names)], ast.Load())
    operator: ast.cmpop = ast.NotIn() if needed.all_but is None else ast.In()
    unneeded = ast.Compare(ast.Name(loop.target.id, ast.Load()), [operator], [written])
    test = ast.BoolOp(ast.And(), [ast.UnaryOp(ast.Not(), ast.Name("fit", ast.Load())), unneeded])
    skip = ast.If(test=test, body=[ast.Continue()], orelse=[])
    return ast.copy_location(ast.For(target=loop.target, iter=loop.iter, body=[skip, *loop.body], orelse=[]), loop)


def root(node: ast.expr) -> str | None:
    """The name that a target or an expression begins with."""
    while isinstance(node, ast.Attribute | ast.Subscript):
        node = node.value
    return node.id if isinstance(node, ast.Name) else None


def slices_rows(node: ast.expr) -> bool:
    """`X[:800]`, `df.iloc[:800]`: a split by position."""
    if not isinstance(node, ast.Subscript):
        return False
    first = node.slice.elts[0] if isinstance(node.slice, ast.Tuple) and node.slice.elts else node.slice
    return isinstance(first, ast.Slice)


def inplace(node: ast.expr) -> bool:
    """Whether it is a call with `inplace=True`."""
    return isinstance(node, ast.Call) and any(
        k.arg == "inplace" and isinstance(k.value, ast.Constant) and k.value.value is True for k in node.keywords
    )
