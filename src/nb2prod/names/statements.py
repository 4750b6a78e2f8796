"""Statements in execution order: bindings, branches, loops, definitions."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING, Any, TypeAlias

from nb2prod.names import calls, expressions, scopes
from nb2prod.names.knowledge import STAR_NAMES
from nb2prod.names.model import EVERYTHING, SYSPATH

if TYPE_CHECKING:
    from collections.abc import Callable

    from nb2prod.names.model import Function
    from nb2prod.names.walk import Sources, Walk

_Definition: TypeAlias = "ast.FunctionDef | ast.AsyncFunctionDef"


def execute(walk: Walk, node: ast.stmt) -> None:
    """Walk a statement."""
    _STATEMENTS[type(node)](walk, node)


# Assignments


def _assign(walk: Walk, node: ast.Assign) -> None:
    sources = expressions.store(walk, node.value)
    if isinstance(node.value, ast.Lambda) and walk.scope is None:
        function = walk.functions.pop(sources[0])
        names = [target.id for target in node.targets if isinstance(target, ast.Name)]
        walk.functions.update({name: scopes.renamed(function, name) for name in names})
        sources = ()
    for target in node.targets:
        _assign_one(walk, target, node.value, sources)
        if target is not node.targets[0] and not isinstance(node.value, ast.Constant):
            for first in scopes.target_names(node.targets[0]):
                for name in scopes.target_names(target):
                    walk.share(walk.key(name), (walk.key(first),))


def _assign_one(walk: Walk, target: ast.expr, value: ast.expr, sources: Sources) -> None:
    """Pair `a, b = c, d`, where no star is in the way."""
    if isinstance(target, (ast.Tuple, ast.List)) and isinstance(value, (ast.Tuple, ast.List)):
        starred = any(isinstance(e, ast.Starred) for e in (*target.elts, *value.elts))
        if len(target.elts) == len(value.elts) and not starred:
            for element, part in zip(target.elts, value.elts, strict=True):
                walk.assign(element, _part(walk, part, sources))
            return
    walk.assign(target, sources)


def _part(walk: Walk, node: ast.expr, every: Sources) -> Sources:
    """Tell what one element of a tuple shares, where that is plain to see without evaluating it twice."""
    if isinstance(node, ast.Name):
        key = walk.key(node.id)
        return (key,) if key in every else ()
    return () if isinstance(node, (ast.Constant, ast.BinOp, ast.Compare, ast.JoinedStr)) else every


def _ann_assign(walk: Walk, node: ast.AnnAssign) -> None:
    if walk.scope is None or walk.scope.kind == "class":
        walk.expr(node.annotation)
    if node.value is not None:
        walk.assign(node.target, expressions.store(walk, node.value))


def _aug_assign(walk: Walk, node: ast.AugAssign) -> None:
    target = node.target
    if isinstance(target, ast.Name):
        key = walk.key(target.id)
        walk.read(key, target)
        sources = walk.expr(node.value)
        if key not in walk.context.immutable:
            walk.mutate((key,), target)
            walk.share(key, (key, *sources) if isinstance(node.op, (ast.Add, ast.BitOr)) else (key,))
        walk.bind(key, target)
        return
    owners = walk.expr(target.value)
    if isinstance(target, ast.Subscript):
        walk.expr(target.slice)
    sources = walk.expr(node.value)
    calls.assign_part(walk, target, owners)
    for owner in owners:
        walk.share(owner, sources)


def _delete(walk: Walk, node: ast.Delete) -> None:
    todo = list(node.targets)
    while todo:
        target = todo.pop(0)
        if isinstance(target, ast.Name):
            key = walk.key(target.id)
            walk.read(key, target)
            walk.delete(key, target)
        elif isinstance(target, (ast.Tuple, ast.List)):
            todo = [*target.elts, *todo]
        elif isinstance(target, (ast.Attribute, ast.Subscript)):
            walk.mutate(walk.expr(target.value), target)
            if isinstance(target, ast.Subscript):
                walk.expr(target.slice)


# Branches and loops


def _if(walk: Walk, node: ast.If) -> None:
    walk.expr(node.test)
    walk.branch(lambda: walk.body(node.body), lambda: walk.body(node.orelse))


def _for(walk: Walk, node: ast.For | ast.AsyncFor) -> None:
    sources = walk.expr(node.iter)

    def body() -> None:
        walk.assign(node.target, sources)
        walk.body(node.body)

    walk.loop(body, node.orelse, endless=False)


def _while(walk: Walk, node: ast.While) -> None:
    walk.expr(node.test)
    endless = isinstance(node.test, ast.Constant) and bool(node.test.value)
    walk.loop(lambda: walk.body(node.body), node.orelse, endless=endless)


def _with(walk: Walk, node: ast.With | ast.AsyncWith) -> None:
    for item in node.items:
        sources = walk.expr(item.context_expr)
        if item.optional_vars is not None:
            walk.assign(item.optional_vars, sources)
    before = walk.here()
    walk.body(node.body)
    if calls.may_swallow(walk, node):
        walk.join([before, walk.bound])


def _try(walk: Walk, node: ast.Try) -> None:
    before = walk.here()
    outer_deletes, walk.deletes = walk.deletes, {}
    walk.body(node.body)
    halfway = None if before is None else before - walk.deletes.keys() - _gone(before)
    walk.body(node.orelse)
    ends = [walk.bound]
    for handler in node.handlers:
        walk.bound = None if halfway is None else set(halfway)
        walk.expr(handler.type)
        if handler.name:
            walk.bind(walk.key(handler.name), handler)
        walk.body(handler.body)
        if handler.name:
            walk.delete(walk.key(handler.name), handler)
        ends.append(walk.bound)
    walk.join(ends)
    after, walk.bound = walk.bound, None if before is None else before - walk.deletes.keys() - _gone(before)
    walk.body(node.finalbody)
    finished = walk.bound is not None and after is not None
    walk.bound = (walk.bound or set()) | (after or set()) if finished else None
    if walk.bound is not None:
        walk.bound -= {name for name in walk.bound if f"del {name}" in walk.bound}
    walk.deletes = {**walk.deletes, **outer_deletes}


def _gone(before: set[str]) -> set[str]:
    return {key for key in before if key.startswith("del ")}


def _match(walk: Walk, node: ast.Match) -> None:
    sources = walk.expr(node.subject)
    start = walk.here()
    ends: list[set[str] | None] = []
    for case in node.cases:
        walk.bound = None if start is None else set(start)
        _pattern(walk, case.pattern, sources)
        walk.expr(case.guard)
        walk.body(case.body)
        ends.append(walk.bound)
    last = node.cases[-1]
    exhaustive = isinstance(last.pattern, ast.MatchAs) and last.pattern.pattern is None and last.guard is None
    walk.join(ends if exhaustive else [*ends, start])


def _pattern(walk: Walk, pattern: ast.pattern, sources: Sources) -> None:
    start = walk.here()
    for part in ast.walk(pattern):
        name: object = getattr(part, "name", None) or getattr(part, "rest", None)
        if isinstance(name, str):
            walk.bind(walk.key(name), part)
            walk.share(walk.key(name), sources)
        elif isinstance(part, ast.Name):
            walk.expr(part)
    if isinstance(pattern, ast.MatchOr):
        walk.bound = start


# Definitions


def _function_def(walk: Walk, node: _Definition) -> None:
    decorators = walk.exprs(node.decorator_list)
    defaults = walk.exprs([*node.args.defaults, *node.args.kw_defaults])
    for argument in scopes.arguments(node.args):
        walk.expr(argument.annotation)
    walk.expr(node.returns)
    _define(walk, node, walk.context.function(node, walk.scope), decorators + defaults)


def _class_def(walk: Walk, node: ast.ClassDef) -> None:
    """Run the body of a class now; its methods run later."""
    sources = walk.exprs(node.decorator_list)
    sources += walk.exprs([*node.bases, *(keyword.value for keyword in node.keywords)])
    outer, methods, walk.inner = walk.scope, walk.methods, True
    walk.scope, walk.methods = inner, _ = scopes.class_(node, outer), {}
    walk.body(node.body)
    function = scopes.union(node.name, walk.context.where(node), walk.methods)
    walk.scope, walk.methods = outer, methods
    if walk.key(node.name) not in walk.context.stateless:
        sources += tuple(f"{name}#{inner.number}" for name in inner.names)
    _define(walk, node, function, sources)


def _define(walk: Walk, node: _Definition | ast.ClassDef, function: Function, sources: Sources) -> None:
    key = walk.key(node.name)
    if walk.scope is None:
        walk.functions[key] = scopes.merged(walk.functions.get(key), function)
    elif walk.scope.kind == "class":
        walk.methods[node.name] = scopes.merged(walk.methods.get(node.name), function)
    else:
        walk.fold(function, node)
        walk.nested.add(key)
        walk.share(key, function.touched)
    walk.bind(key, node)
    walk.share(key, sources)


def _import(walk: Walk, node: ast.Import) -> None:
    walk.read(SYSPATH, node)
    for alias in node.names:
        walk.bind(walk.key(alias.asname or alias.name.partition(".")[0]), alias)


def _import_from(walk: Walk, node: ast.ImportFrom) -> None:
    walk.read(SYSPATH, node)
    for alias in node.names:
        if alias.name != "*":
            walk.bind(walk.key(alias.asname or alias.name), alias)
            continue
        for name in STAR_NAMES.get(node.module or "", ()):
            walk.bind(name, alias)
        walk.bind(EVERYTHING, alias)


# The rest


def _expr_stmt(walk: Walk, node: ast.Expr) -> None:
    if isinstance(node.value, ast.Call):
        calls.call(walk, node.value, alone=True)
    else:
        walk.expr(node.value)


def _return(walk: Walk, node: ast.Return) -> None:
    walk.results.update(walk.expr(node.value))
    walk.bound = None


def _raise(walk: Walk, node: ast.Raise) -> None:
    walk.expr(node.exc)
    walk.expr(node.cause)
    walk.bound = None


def _assert(walk: Walk, node: ast.Assert) -> None:
    walk.expr(node.test)
    start = walk.here()
    walk.expr(node.msg)
    walk.bound = start


def _break(walk: Walk, _node: ast.Break) -> None:
    walk.leave_loop()


def _continue(walk: Walk, _node: ast.Continue) -> None:
    walk.bound = None


def _nothing(walk: Walk, node: ast.stmt) -> None:
    """`pass`, `global`, `nonlocal`; and what Python 3.12 adds."""
    name = getattr(node, "name", None)
    if isinstance(name, ast.Name):  # type X = ...
        walk.bind(walk.key(name.id), node)


_STATEMENTS: dict[type[ast.stmt], Callable[[Walk, Any], None]] = {
    ast.Expr: _expr_stmt,
    ast.Assign: _assign,
    ast.AnnAssign: _ann_assign,
    ast.AugAssign: _aug_assign,
    ast.Delete: _delete,
    ast.If: _if,
    ast.For: _for,
    ast.AsyncFor: _for,
    ast.While: _while,
    ast.With: _with,
    ast.AsyncWith: _with,
    ast.Try: _try,
    ast.Match: _match,
    ast.FunctionDef: _function_def,
    ast.AsyncFunctionDef: _function_def,
    ast.ClassDef: _class_def,
    ast.Import: _import,
    ast.ImportFrom: _import_from,
    ast.Return: _return,
    ast.Raise: _raise,
    ast.Assert: _assert,
    ast.Break: _break,
    ast.Continue: _continue,
    ast.Pass: _nothing,
    ast.Global: _nothing,
    ast.Nonlocal: _nothing,
}
for _name, _walker in (("TryStar", _try), ("TypeAlias", _nothing)):  # since Python 3.11 and 3.12
    if hasattr(ast, _name):
        _STATEMENTS[getattr(ast, _name)] = _walker
