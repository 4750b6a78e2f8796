"""Names that meant a function or a module, were given to a value, and are used as what they meant."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from nb2prod.names import EVERYTHING
from nb2prod.tree import walk

if TYPE_CHECKING:
    from collections.abc import Iterator

    from nb2prod.dataflow import Use
    from nb2prod.lint.rule import Context
    from nb2prod.program import Statement

_VALUES = (
    *(ast.BinOp, ast.Compare, ast.Constant, ast.Dict, ast.DictComp, ast.JoinedStr, ast.List, ast.ListComp, ast.Set),
    *(ast.SetComp, ast.Tuple),
)


def shadowed(context: Context, names: frozenset[str]) -> Iterator[tuple[Use, Statement]]:
    """Yield each use of one of the names after a statement gave it a value of the notebook's own."""
    statements = context.program.statements
    for index in context.document.order:
        for use in context.reads(index):
            if use.name in names and len(use.definitions) == 1 and use.definitions[0] != index:
                maker = statements[use.definitions[0]]
                if EVERYTHING not in context.document.effects[maker.index].binds:
                    yield use, maker


def code(context: Context, use: Use) -> ast.stmt:
    """Give the code that uses the name: the statement, or the function through which it is used."""
    if use.through is not None:
        for each in reversed(context.program.statements[: use.statement + 1]):
            if isinstance(each.node, (ast.FunctionDef, ast.AsyncFunctionDef)) and each.node.name == use.through:
                return each.node
    return context.program.statements[use.statement].node


def called(node: ast.stmt, name: str) -> bool:
    """Tell whether a name is called."""
    return any(
        isinstance(each, ast.Call) and isinstance(each.func, ast.Name) and each.func.id == name for each in walk(node)
    )


def parts(node: ast.stmt, name: str) -> frozenset[str]:
    """List the attributes of a name that are read."""
    return frozenset(
        each.attr
        for each in walk(node)
        if isinstance(each, ast.Attribute) and isinstance(each.value, ast.Name) and each.value.id == name
    )


def is_value(node: ast.stmt, name: str) -> bool:
    """Tell whether a statement gives a name something that cannot be called: a number, a text, a table, a list."""
    match node:
        case ast.Assign(targets=[ast.Name(id=target)], value=value) if target == name:
            return _is_value(value)
        case ast.AugAssign(target=ast.Name(id=target)) if target == name:
            return True
        case ast.For(target=ast.Name(id=target)) if target == name:
            return True
        case _:
            return False


def _is_value(node: ast.expr) -> bool:
    match node:
        case ast.Call(func=ast.Name(id=function)):
            return function in {
                "dict",
                "float",
                "input",
                "int",
                "len",
                "list",
                "max",
                "min",
                "range",
                "round",
                "set",
            } | {
                "sorted",
                "str",
                "sum",
                "tuple",
            }
        case ast.Call(func=ast.Attribute(attr=method)):
            return method in {
                "copy",
                "head",
                "max",
                "mean",
                "median",
                "min",
                "read_csv",
                "split",
                "std",
                "sum",
                "unique",
            }
        case _:
            return isinstance(node, _VALUES)
