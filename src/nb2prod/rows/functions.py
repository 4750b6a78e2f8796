"""Functions of the notebook: what they take from outside, and whether they work on each row alone."""

from __future__ import annotations

import ast
import builtins
import copy
from typing import TYPE_CHECKING

from nb2prod.names.knowledge import words
from nb2prod.rows.kinds import Fixed, Learned, Unknown
from nb2prod.rows.knowledge import python as py_table
from nb2prod.unfold.bodies import one_exit, statements

if TYPE_CHECKING:
    from nb2prod.rows.interpreter import State

_BUILTINS = frozenset(dir(builtins))
_MAKES_ANEW = ast.List | ast.Dict | ast.Set | ast.ListComp | ast.DictComp | ast.SetComp | ast.BinOp
_CHANGING = frozenset(
    {"add", "append", "clear", "discard", "extend", "insert", "pop", "popitem", "remove", "reverse", "send"}
    | {"setdefault", "sort", "update", "write", "writelines"}
)
_OF_A_ROW = words(
    """
    abs all any apply astype at clip copy count describe diff drop dropna dt dtype eq fillna ge get gt iat idxmax idxmin
    iloc index isin isna isnull items keys le loc lt map max mean median min mode name ne notna notnull nunique pop
    prod quantile rank replace round shape size sort_values std str sum tail head T to_dict to_list to_numpy tolist
    unique value_counts values var
    """
)
_DRAWING_ATTRIBUTES = frozenset({"random", "rand", "randn", "randint", "now", "today", "utcnow", "shuffle"})
_DRAWS = frozenset({"random", "numpy.random", "secrets", "uuid", "time", "datetime.datetime.now"})


def captured(body: ast.AST, bound: set[str], state: State, *, learned_ok: bool = True) -> Unknown | None:
    """Why a function's body is no function of its arguments, Fixed and Learned values; None if it is."""
    own = bound | _bound_inside(body)
    if _remembers(body):
        return state.unknown(body, "the function remembers something from row to row")
    for node in ast.walk(body):
        if isinstance(node, ast.Global | ast.Nonlocal | ast.Yield | ast.Await):
            return state.unknown(body, "the function has effects outside")
        if isinstance(node, ast.Attribute) and node.attr in _DRAWING_ATTRIBUTES:
            return state.unknown(node, "the function draws at random or reads the clock")
        if isinstance(node, ast.Attribute) and _is_self(node.value, state):
            problem = _of_self(node, state)
            if problem is not None:
                return problem
        if not isinstance(node, ast.Name) or node.id in own or not isinstance(node.ctx, ast.Load):
            continue
        if _is_self(node, state):
            continue
        value = state.names.get(node.id)
        if value is None:
            if node.id not in _BUILTINS:
                return state.unknown(node, f"the function uses `{node.id}`, which is not known there")
            continue
        problem = _not_usable(value, node, state, learned_ok=learned_ok)
        if problem is not None:
            return problem
        state.values[node] = value
    return None


def _is_self(node: ast.expr, state: State) -> bool:
    return state.attributes is not None and isinstance(node, ast.Name) and node.id == "self"


def _of_self(node: ast.Attribute, state: State) -> Unknown | None:
    """Why what is read of a fitted object is not the same for all rows."""
    value = (state.attributes or {}).get(node.attr)
    if value is None:
        return state.unknown(node, f"the attribute `{node.attr}` is not followed")
    if isinstance(value, Fixed) and value.function is not None and not isinstance(value.function, ast.Lambda):
        if state.depth > 8:  # noqa: PLR2004 - methods that call each other
            return None
        state.depth += 1
        try:
            return captured(value.function, parameters(value.function), state)
        finally:
            state.depth -= 1
    return value if isinstance(value, Unknown) else None


def _not_usable(value: object, node: ast.Name, state: State, *, learned_ok: bool) -> Unknown | None:
    match value:
        case Fixed(function=ast.FunctionDef() as function):
            if state.depth > 8:  # noqa: PLR2004 - functions that call each other
                return None
            state.depth += 1
            try:
                return captured(function, parameters(function), state, learned_ok=False)
            finally:
                state.depth -= 1
        case Fixed(dotted=str(dotted)) if dotted in _DRAWS or dotted.startswith(("random.", "numpy.random.")):
            return state.unknown(node, "the function draws at random or reads the clock")
        case Fixed(made=str(made)) if not py_table.is_unchanging(made):
            return state.unknown(node, f"the function uses `{node.id}`, which may answer otherwise each time")
        case Fixed():
            return None
        case Learned() if learned_ok:
            return None
        case Unknown():
            return value
        case _:
            return state.unknown(node, f"the function uses `{node.id}`, which is computed from the data")


def _remembers(body: ast.AST) -> bool:
    """Whether a function changes something that is there before it is called."""
    fresh = {
        target.id
        for node in ast.walk(body)
        if isinstance(node, ast.Assign) and (isinstance(node.value, _MAKES_ANEW) or _copies(node.value))
        for target in node.targets
        if isinstance(target, ast.Name)
    }
    for node in ast.walk(body):
        match node:
            case ast.NamedExpr() | ast.FunctionDef(decorator_list=[_, *_]):
                return True
            case ast.FunctionDef() | ast.Lambda():
                defaults = [*node.args.defaults, *(d for d in node.args.kw_defaults if d is not None)]
                if any(isinstance(default, _MAKES_ANEW) for default in defaults):
                    return True
            case ast.Subscript(ctx=ast.Store() | ast.Del()) | ast.Attribute(ctx=ast.Store() | ast.Del()):
                if _root(node) not in fresh:
                    return True
            case ast.Call(func=ast.Attribute(value=owner, attr=attr)) if attr in _CHANGING:
                if _root(owner) not in fresh:
                    return True
            case ast.Attribute(attr="__next__") | ast.Call(func=ast.Name(id="next" | "setattr" | "exec" | "eval")):
                return True
            case _:
                pass
    return False


def _copies(node: ast.expr) -> bool:
    made = ast.unparse(node.func) if isinstance(node, ast.Call) else ""
    return made in {"list", "dict", "set", "sorted"} or made.endswith((".copy", ".split", ".Counter", ".words"))


def _root(node: ast.expr) -> str | None:
    while isinstance(node, ast.Attribute | ast.Subscript):
        node = node.value
    return node.id if isinstance(node, ast.Name) else None


def row_columns(function: ast.FunctionDef | ast.Lambda) -> frozenset[str] | None:
    """The columns that a function of one row (`apply(..., axis=1)`) reads, where they are all written out."""
    first = next(iter([*function.args.posonlyargs, *function.args.args]), None)
    if first is None:
        return None
    found: set[str] = set()
    plain = 0
    body = function.body if isinstance(function.body, list) else [function.body]
    for node in (n for part in body for n in ast.walk(part)):
        match node:
            case ast.Subscript(value=ast.Name(id=name), slice=ast.Constant(value=str(column))) if name == first.arg:
                found.add(column)
                plain -= 1
            case ast.Attribute(value=ast.Name(id=name), attr=column) if name == first.arg and column not in _OF_A_ROW:
                found.add(column)
                plain -= 1
            case ast.Name(id=name) if name == first.arg:
                plain += 1
            case _:
                pass
    return frozenset(found) if plain == 0 else None


def parameters(function: ast.FunctionDef | ast.Lambda) -> set[str]:
    """The names of its parameters."""
    arguments = function.args
    every = [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs, arguments.vararg, arguments.kwarg]
    return {a.arg for a in every if a is not None}


def _bound_inside(body: ast.AST) -> set[str]:
    found: set[str] = set()
    for node in ast.walk(body):
        match node:
            case ast.Name(id=name, ctx=ast.Store()):
                found.add(name)
            case ast.Lambda() | ast.FunctionDef():
                found |= parameters(node)
                if isinstance(node, ast.FunctionDef):
                    found.add(node.name)
            case ast.ExceptHandler(name=str(name)):
                found.add(name)
            case ast.Import(names=names) | ast.ImportFrom(names=names):
                found |= {(a.asname or a.name).partition(".")[0] for a in names}
            case _:
                pass
    return found


def as_lambda(function: ast.FunctionDef | ast.Lambda) -> ast.Lambda | None:
    """A function that only chooses what it returns, as one expression; None where it does more."""
    arguments = function.args
    plain = not (arguments.defaults or arguments.kw_defaults or arguments.vararg or arguments.kwarg)
    if not isinstance(function, ast.FunctionDef) or function.decorator_list or not plain:
        return None
    chosen = one_exit(statements(function), None)
    body = _chosen(chosen) if chosen is not None else None
    return None if body is None else ast.copy_location(ast.Lambda(_without_annotations(arguments), body), function)


def _chosen(body: list[ast.stmt]) -> ast.expr | None:
    match body:
        case [ast.Return(value=ast.expr() as value)]:
            return copy.deepcopy(value)
        case [ast.If(test=test, body=yes, orelse=no)]:
            one, other = _chosen(yes), _chosen(no)
            if one is None or other is None:
                return None
            return ast.copy_location(ast.IfExp(copy.deepcopy(test), one, other), body[0])
        case _:
            return None


def _without_annotations(arguments: ast.arguments) -> ast.arguments:
    names = [[ast.arg(a.arg) for a in each] for each in (arguments.posonlyargs, arguments.args, arguments.kwonlyargs)]
    return ast.arguments(names[0], names[1], None, names[2], [], None, [])
