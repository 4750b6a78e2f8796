"""Whether a value is written in the notebook itself, or comes from somewhere else: data, a network, a user."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from nb2prod.lint.rule import Context
    from nb2prod.program import Statement

_KEEP = frozenset(
    {
        *("str", "os.path.join", "os.path.abspath", "os.path.dirname", "os.path.basename", "os.path.expanduser"),
        *("pathlib.Path", "list", "tuple", "sorted", "enumerate", "zip", "dict", "set"),
        *("repr", "compile"),
    }
)
"""What these give is written where all that they are given is."""
_HARMLESS = frozenset(
    {
        *("int", "float", "len", "round", "range", "abs", "min", "max", "sum", "os.getcwd", "os.getpid", "time.time"),
        *("os.cpu_count", "multiprocessing.cpu_count", "pathlib.Path.cwd", "datetime.datetime.now"),
    }
)
"""Numbers and the like: nobody outside the notebook chooses their text."""
_METHODS = frozenset(
    {
        *("format", "join", "split", "strip", "lower", "upper", "replace", "items", "keys", "values", "get"),
        *("joinpath", "with_suffix", "resolve", "as_posix", "strftime"),
    }
)
_DEEPEST = 8


def is_written(context: Context, node: ast.expr, statement: Statement, depth: int = _DEEPEST) -> bool:
    """Tell whether everything an expression is made of is written in the notebook; False where that is not plain."""
    match node:
        case ast.Constant() | ast.Attribute(value=ast.Name(id="self")):
            return True  # what an object holds is not followed
        case ast.Name(id=name):
            return depth > 0 and _is_name_written(context, name, depth - 1)
        case ast.Attribute(value=owner):
            path = context.nodes.path(node, statement)
            return path == "sys.executable" if path else is_written(context, owner, statement, depth)
        case ast.Call():
            return _is_call_written(context, node, statement, depth)
        case ast.Lambda() | ast.Await() | ast.Yield() | ast.YieldFrom() | ast.NamedExpr():
            return False
        case _:
            parts = [each for each in ast.iter_child_nodes(node) if isinstance(each, ast.expr)]
            return all(is_written(context, part, statement, depth) for part in parts)


def _is_call_written(context: Context, node: ast.Call, statement: Statement, depth: int) -> bool:
    path = context.nodes.path(node.func, statement)
    if path in _HARMLESS:
        return True
    parts = _given(node)
    if isinstance(node.func, ast.Attribute) and path is None and node.func.attr in _METHODS:
        parts.append(node.func.value)
    elif path not in _KEEP:
        return False
    return all(is_written(context, part, statement, depth) for part in parts)


def _is_name_written(context: Context, name: str, depth: int) -> bool:
    """Whether all that a name is ever given is written, by assignments and by calls of the function it belongs to."""
    given, functions = context.nodes.given.get(name, []), context.nodes.parameters.get(name, [])
    return bool(given or functions) and (
        all(value is not None and is_written(context, value, statement, depth) for statement, value in given)
        and all(_is_called_with_written(context, function, depth) for function in functions)
    )


def _is_called_with_written(context: Context, function: ast.FunctionDef, depth: int) -> bool:
    """Whether a function is only called, and each time with what is written; handed on, it may be given anything."""
    calls = [call for call in context.nodes.calls if call.name == function.name]
    called = {call.node.func for call in calls}
    if any(node not in called for _, node in context.nodes.reads_of(function.name)):
        return False
    given = ((call.statement, value) for call in calls for value in _given(call.node))
    return all(is_written(context, value, statement, depth) for statement, value in given)


def _given(node: ast.Call) -> list[ast.expr]:
    return [*node.args, *(each.value for each in node.keywords)]
