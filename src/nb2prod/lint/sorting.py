"""Statements that only put the rows of a table into another order, and reads that do not mind the order."""

from __future__ import annotations

import ast

from nb2prod.tree import walk

_SORTS = frozenset(["sort_index", "sort_values"])
_ANY_ORDER = frozenset(["count", "describe", "max", "mean", "median", "min", "nunique", "std", "sum", "value_counts"])
_FUNCTIONS = frozenset(["len", "max", "min", "set", "sorted", "sum"])


def only_sorts(statement: ast.stmt, name: str) -> bool:
    """Tell whether a statement is `df = df.sort_values(…)`, or does so in place."""
    match statement:
        case ast.Assign(targets=[ast.Name(id=target)], value=call):
            return target == name and _sorts(call, name)
        case ast.Expr(value=ast.Call(keywords=keywords) as call):
            return any(each.arg == "inplace" for each in keywords) and _sorts(call, name)
        case _:
            return False


def minds_order(statement: ast.stmt, name: str) -> bool:
    """Tell whether something of the table is read for which the order of its rows may matter."""
    fine = {id(each) for node in walk(statement) if _in_any_order(node) for each in walk(node)}
    return any(id(node) not in fine for node in walk(statement) if isinstance(node, ast.Name) and node.id == name)


def _sorts(call: ast.expr, name: str) -> bool:
    match call:
        case ast.Call(func=ast.Attribute(value=ast.Name(id=owner), attr=method), keywords=keywords):
            return owner == name and method in _SORTS and all(each.arg != "axis" for each in keywords)
        case _:
            return False


def _in_any_order(node: ast.AST) -> bool:
    match node:
        case ast.Call(func=ast.Name(id=function)):
            return function in _FUNCTIONS
        case ast.Call(func=ast.Attribute(attr=method)):
            return method in _ANY_ORDER
        case ast.Attribute(attr="columns" | "dtypes" | "shape"):
            return True
        case _:
            return False
