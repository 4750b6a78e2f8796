"""Walk one statement in execution order and note what it does to names."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING, TypeAlias

from nb2prod.names import calls, scopes
from nb2prod.names.knowledge import BUILTINS, FRESH_ATTRIBUTES, STAR_NAMES
from nb2prod.names.model import EVERYTHING, SYSPATH

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from nb2prod.names.context import Context
    from nb2prod.names.model import Function

Sources: TypeAlias = tuple[str, ...]
"""The names whose value an expression's value may be, hold, or be a part of."""

_Definition: TypeAlias = "ast.FunctionDef | ast.AsyncFunctionDef"


class Walk:
    """What is seen on the way through one statement or function body.

    Keys are global names, channels, or `name#n` for a name of scope n inside the statement.
    `bound` are the keys bound on every path to the current point, None where it is not reached.
    """

    __slots__ = (
        "_breaks", "binds", "bound", "context", "deletes", "functions", "methods", "mutates", "nested", "reads",
        "results", "scope", "shares", "suspected", "touched", "yields",
    )  # fmt: skip

    def __init__(self, context: Context, scope: scopes.Scope | None = None) -> None:
        self.context = context
        self.scope = scope
        self.bound: set[str] | None = set()
        self.reads: dict[str, ast.AST] = {}
        self.binds: dict[str, ast.AST] = {}
        self.mutates: dict[str, ast.AST] = {}
        self.deletes: dict[str, ast.AST] = {}
        self.touched: set[str] = set()
        self.suspected: set[str] = set()
        self.shares: set[tuple[str, str]] = set()
        self.functions: dict[str, Function] = {}
        self.methods: dict[str, Function] = {}
        self.nested: set[str] = set()
        self.results: set[str] = set()
        self.yields = False
        self._breaks: list[list[set[str]]] = []

    # What happens to a key

    def read(self, key: str, node: ast.AST) -> None:
        if "#" in key or (self.bound is not None and key in self.bound):
            return
        if key not in self.reads and (key not in BUILTINS or key in self.context.bound or self.context.stars):
            self.reads[key] = node

    def bind(self, key: str, node: ast.AST) -> None:
        self.binds.setdefault(key, node)
        if self.bound is not None:
            self.bound.add(key)
            self.bound.discard(f"del {key}")

    def delete(self, key: str, node: ast.AST) -> None:
        self.read(key, node)
        self.deletes.setdefault(key, node)
        if self.bound is not None:
            self.bound.discard(key)
            self.bound.add(f"del {key}")

    def mutate(self, keys: Iterable[str], node: ast.AST, *, suspected: bool = False) -> None:
        for key in keys:
            if key in self.context.stateless:
                continue
            if suspected:
                if key not in self.mutates:
                    self.suspected.add(key)
            else:
                self.suspected.discard(key)
            self.mutates.setdefault(key, node)

    def share(self, key: str, sources: Iterable[str]) -> None:
        for source in sources:
            self.shares.add((key, source))

    def key(self, name: str) -> str:
        return name if self.scope is None else self.scope.key(name)

    # Expressions: what the value may share

    def expr(self, node: ast.expr | None) -> Sources:
        if node is None:
            return ()
        return _EXPRESSIONS.get(type(node), _children)(self, node)

    def exprs(self, nodes: Iterable[ast.expr | None]) -> Sources:
        found: Sources = ()
        for node in nodes:
            found += self.expr(node)
        return found

    def value(self, node: ast.expr | None) -> Sources:
        """Evaluate something that is only stored: a function in it is not called by that."""
        if isinstance(node, ast.Name):
            return self.name(node, touch=False)
        if isinstance(node, ast.Tuple | ast.List | ast.Set):
            return tuple(source for element in node.elts for source in self.value(element))
        if isinstance(node, ast.Dict):
            self.exprs(node.keys)
            return tuple(source for element in node.values for source in self.value(element))
        if isinstance(node, ast.Lambda):
            return self.stored_lambda(node)
        return self.expr(node)

    def name(self, node: ast.Name, *, touch: bool = True) -> Sources:
        key = self.key(node.id)
        self.read(key, node)
        if touch:
            self.touched.add(key)
        if key in self.context.iterators:
            self.mutate((key,), node)
        if key in self.context.immutable or key in BUILTINS:
            return ()
        return (key,)

    def stored_lambda(self, node: ast.Lambda) -> Sources:
        function = self.context.function(node, self)
        name = f"<lambda {node.lineno}:{node.col_offset}>"
        if self.scope is not None:
            self.fold(function, node)
            self.nested.add(f"{name}#")
            return (f"{name}#", *function.touched)
        self.functions[name] = function
        return (name,)

    def fold(self, function: Function, node: ast.AST) -> None:
        """Take what a function does as done here, perhaps."""
        for key in function.reads:
            self.read(key, node)
        for key in function.binds:
            self.binds.setdefault(key, node)
        self.mutate((k for k in function.mutates if k not in function.suspected), node)
        self.mutate(function.suspected & function.mutates.keys(), node, suspected=True)
        for key in function.deletes:
            self.deletes.setdefault(key, node)
        self.touched |= function.touched

    # Targets

    def assign(self, target: ast.expr, sources: Sources, value: ast.expr | None = None) -> None:
        if isinstance(target, ast.Name):
            key = self.key(target.id)
            self.bind(key, target)
            self.share(key, sources)
        elif isinstance(target, ast.Attribute | ast.Subscript):
            owners = self.expr(target.value)
            if isinstance(target, ast.Subscript):
                self.expr(target.slice)
            calls.assign_part(self, target, owners)
            for owner in owners:
                self.share(owner, sources)
        elif isinstance(target, ast.Starred):
            self.assign(target.value, sources)
        elif isinstance(target, ast.Tuple | ast.List):
            for element in target.elts:
                self.assign(element, sources)

    # Statements

    def body(self, statements: Sequence[ast.stmt]) -> None:
        for statement in statements:
            self.stmt(statement)

    def stmt(self, node: ast.stmt) -> None:
        _STATEMENTS[type(node)](self, node)

    def branch(self, *bodies: Callable[[], None]) -> None:
        """Run alternatives from the same start and keep what all of them bind."""
        start = self.bound
        ends = []
        for body in bodies:
            self.bound = None if start is None else set(start)
            body()
            ends.append(self.bound)
        self.bound = join(ends)

    def loop(self, body: Callable[[], None], orelse: Sequence[ast.stmt], *, endless: bool) -> None:
        """Run a body zero or more times; `endless` is left by break only."""
        before = None if self.bound is None else set(self.bound)
        self._breaks.append([])
        body()
        breaks = self._breaks.pop()
        self.bound = None if endless else before
        if orelse:
            self.body(orelse)
        self.bound = join([self.bound, *breaks])


def join(ends: Sequence[set[str] | None]) -> set[str] | None:
    """What is bound whichever way we came; None when no way leads here."""
    reached = [end for end in ends if end is not None]
    return set.intersection(*reached) if reached else None


# Expressions


def _children(walk: Walk, node: ast.expr) -> Sources:
    """Operators, comparisons, literals: the value is new."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.expr):
            walk.expr(child)
        elif isinstance(child, ast.keyword):
            walk.expr(child.value)
    return ()


def _constant(_walk: Walk, _node: ast.Constant) -> Sources:
    return ()


def _attribute(walk: Walk, node: ast.Attribute) -> Sources:
    sources = walk.expr(node.value)
    calls.read_attribute(walk, node)
    return () if node.attr in FRESH_ATTRIBUTES else sources


def _subscript(walk: Walk, node: ast.Subscript) -> Sources:
    sources = walk.expr(node.value)
    walk.expr(node.slice)
    if isinstance(node.slice, ast.List | ast.ListComp | ast.Compare | ast.BinOp | ast.UnaryOp | ast.Call):
        fresh = isinstance(node.slice, ast.List | ast.ListComp | ast.Compare)
        return () if fresh else sources
    calls.read_item(walk, node)
    return sources


def _binop(walk: Walk, node: ast.BinOp) -> Sources:
    sources = walk.expr(node.left) + walk.expr(node.right)
    held = isinstance(node.op, ast.Add | ast.Mult | ast.BitOr) and any(
        isinstance(side, ast.List | ast.Tuple | ast.ListComp | ast.Dict) for side in (node.left, node.right)
    )
    return sources if held else ()


def _boolop(walk: Walk, node: ast.BoolOp) -> Sources:
    sources = walk.expr(node.values[0])
    start = None if walk.bound is None else set(walk.bound)
    for value in node.values[1:]:
        sources += walk.expr(value)
    walk.bound = start
    return sources


def _compare(walk: Walk, node: ast.Compare) -> Sources:
    walk.expr(node.left)
    walk.expr(node.comparators[0])
    start = None if walk.bound is None else set(walk.bound)
    if len(node.comparators) > 1:
        walk.exprs(node.comparators[1:])
        walk.bound = start
    return ()


def _ifexp(walk: Walk, node: ast.IfExp) -> Sources:
    walk.expr(node.test)
    found: list[Sources] = []
    walk.branch(lambda: found.append(walk.expr(node.body)), lambda: found.append(walk.expr(node.orelse)))
    return found[0] + found[1]


def _display(walk: Walk, node: ast.Tuple | ast.List | ast.Set) -> Sources:
    return walk.exprs(node.elts)


def _dict(walk: Walk, node: ast.Dict) -> Sources:
    walk.exprs(node.keys)
    return walk.exprs(node.values)


def _walrus(walk: Walk, node: ast.NamedExpr) -> Sources:
    sources = walk.expr(node.value)
    key = walk.context.walrus_key(walk.scope, node.target.id)
    walk.bind(key, node)
    walk.share(key, sources)
    return (key, *sources)


def _lambda(walk: Walk, node: ast.Lambda) -> Sources:
    """A lambda in an expression escapes: what it reads may be read now, or whenever its holder is used."""
    sources = walk.stored_lambda(node)
    walk.touched.update(sources)
    return sources


def _comprehension(walk: Walk, node: ast.ListComp | ast.SetComp | ast.GeneratorExp | ast.DictComp) -> Sources:
    first = walk.expr(node.generators[0].iter)
    start = None if walk.bound is None else set(walk.bound)
    outer = walk.scope
    walk.scope = scopes.comprehension(node, outer)
    for number, generator in enumerate(node.generators):
        walk.assign(generator.target, walk.expr(generator.iter) if number else first)
        walk.exprs(generator.ifs)
    if isinstance(node, ast.DictComp):
        walk.expr(node.key)
        sources = walk.expr(node.value)
    else:
        sources = walk.expr(node.elt)
    walk.scope = outer
    walk.bound = start
    return sources


def _yield(walk: Walk, node: ast.Yield | ast.YieldFrom) -> Sources:
    walk.results.update(walk.expr(node.value))
    walk.yields = True
    return ()


def _pass_on(walk: Walk, node: ast.Starred | ast.Await) -> Sources:
    return walk.expr(node.value)


# Statements


def _expr_stmt(walk: Walk, node: ast.Expr) -> None:
    calls.expression_statement(walk, node)


def _assign(walk: Walk, node: ast.Assign) -> None:
    sources = walk.value(node.value)
    if isinstance(node.value, ast.Lambda) and walk.scope is None:
        function = walk.functions.pop(sources[0])
        for target in node.targets:
            if isinstance(target, ast.Name):
                walk.functions[target.id] = scopes.renamed(function, target.id)
        sources = ()
    for target in node.targets:
        _assign_one(walk, target, node.value, sources)
        if target is not node.targets[0] and not isinstance(node.value, ast.Constant):
            for first in scopes.target_names(node.targets[0]):
                for name in scopes.target_names(target):
                    walk.share(walk.key(name), (walk.key(first),))


def _assign_one(walk: Walk, target: ast.expr, value: ast.expr, sources: Sources) -> None:
    pair = isinstance(target, ast.Tuple | ast.List) and isinstance(value, ast.Tuple | ast.List)
    if (
        pair
        and len(target.elts) == len(value.elts)
        and not any(  # type: ignore[attr-defined]
            isinstance(e, ast.Starred)
            for e in (*target.elts, *value.elts)  # type: ignore[attr-defined]
        )
    ):
        parts = [_sources_again(walk, e) for e in value.elts]  # type: ignore[attr-defined]
        for element, part in zip(target.elts, parts, strict=True):  # type: ignore[attr-defined]
            walk.assign(element, sources if part is None else part)
    else:
        walk.assign(target, sources)


def _sources_again(walk: Walk, node: ast.expr) -> Sources | None:
    """What a part shares, where that is plain to see without walking it twice."""
    if isinstance(node, ast.Name):
        key = walk.key(node.id)
        return () if key in walk.context.immutable else (key,)
    return () if isinstance(node, ast.Constant | ast.BinOp | ast.Compare | ast.JoinedStr) else None


def _ann_assign(walk: Walk, node: ast.AnnAssign) -> None:
    if walk.scope is None:
        walk.expr(node.annotation)
    if node.value is not None:
        walk.assign(node.target, walk.value(node.value))


def _aug_assign(walk: Walk, node: ast.AugAssign) -> None:
    target = node.target
    if isinstance(target, ast.Name):
        key = walk.key(target.id)
        walk.read(key, target)
        sources = walk.expr(node.value)
        if key not in walk.context.immutable:
            walk.mutate((key,), target)
            walk.share(key, (key,))
            if isinstance(node.op, ast.Add | ast.BitOr):
                walk.share(key, sources)
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
            walk.delete(walk.key(target.id), target)
        elif isinstance(target, ast.Tuple | ast.List):
            todo = [*target.elts, *todo]
        elif isinstance(target, ast.Attribute | ast.Subscript):
            walk.mutate(walk.expr(target.value), target)
            if isinstance(target, ast.Subscript):
                walk.expr(target.slice)


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
    before = None if walk.bound is None else set(walk.bound)
    walk.body(node.body)
    if not calls.never_swallows(walk, node):
        walk.bound = before


def _try(walk: Walk, node: ast.Try) -> None:
    before = None if walk.bound is None else set(walk.bound)
    walk.body(node.body)
    deleted = set(walk.deletes)
    walk.body(node.orelse)
    ends = [walk.bound]
    for handler in node.handlers:
        walk.bound = None if before is None else before - deleted
        walk.expr(handler.type)
        if handler.name:
            walk.bind(walk.key(handler.name), handler)
        walk.body(handler.body)
        if handler.name:
            key = walk.key(handler.name)
            walk.deletes.setdefault(key, handler)
            if walk.bound is not None:
                walk.bound.discard(key)
        ends.append(walk.bound)
    after = join(ends)
    walk.bound = None if before is None else before - set(walk.deletes)
    walk.body(node.finalbody)
    if after is None or walk.bound is None:
        walk.bound = None
    else:
        walk.bound |= after


def _match(walk: Walk, node: ast.Match) -> None:
    sources = walk.expr(node.subject)
    start = None if walk.bound is None else set(walk.bound)
    ends: list[set[str] | None] = []
    exhaustive = False
    for case in node.cases:
        walk.bound = None if start is None else set(start)
        for part in ast.walk(case.pattern):
            name = getattr(part, "name", None) or getattr(part, "rest", None)
            if isinstance(name, str):
                walk.bind(walk.key(name), part)
                walk.share(walk.key(name), sources)
            elif isinstance(part, ast.expr) and not isinstance(part, ast.Constant):
                walk.expr(part)
        walk.expr(case.guard)
        walk.body(case.body)
        ends.append(walk.bound)
        plain = isinstance(case.pattern, ast.MatchAs) and case.pattern.pattern is None
        exhaustive = exhaustive or (plain and case.guard is None)
    walk.bound = join(ends if exhaustive else [*ends, start])


def _function_def(walk: Walk, node: _Definition) -> None:
    decorators = walk.exprs(node.decorator_list)
    walk.exprs([*node.args.defaults, *node.args.kw_defaults])
    for argument in scopes.arguments(node.args):
        walk.expr(argument.annotation)
    walk.expr(node.returns)
    _define(walk, node, walk.context.function(node, walk), decorators)


def _class_def(walk: Walk, node: ast.ClassDef) -> None:
    """The body of a class runs now, its methods later."""
    sources = walk.exprs(node.decorator_list)
    sources += walk.exprs([*node.bases, *(keyword.value for keyword in node.keywords)])
    outer, methods = walk.scope, walk.methods
    walk.scope, walk.methods = scopes.class_(node, outer), {}
    walk.body(node.body)
    inner = walk.scope
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
    if walk.context.changes_syspath:
        walk.read(SYSPATH, node)
    for alias in node.names:
        walk.bind(walk.key(alias.asname or alias.name.partition(".")[0]), alias)


def _import_from(walk: Walk, node: ast.ImportFrom) -> None:
    if walk.context.changes_syspath:
        walk.read(SYSPATH, node)
    for alias in node.names:
        if alias.name == "*":
            known = STAR_NAMES.get(node.module or "", ())
            for name in known:
                walk.bind(name, alias)
            walk.bind(EVERYTHING, alias)
        else:
            walk.bind(walk.key(alias.asname or alias.name), alias)


def _return(walk: Walk, node: ast.Return) -> None:
    walk.results.update(walk.expr(node.value))
    walk.bound = None


def _raise(walk: Walk, node: ast.Raise) -> None:
    walk.expr(node.exc)
    walk.expr(node.cause)
    walk.bound = None


def _assert(walk: Walk, node: ast.Assert) -> None:
    walk.expr(node.test)
    start = None if walk.bound is None else set(walk.bound)
    walk.expr(node.msg)
    walk.bound = start


def _break(walk: Walk, _node: ast.Break) -> None:
    if walk.bound is not None and walk._breaks:  # noqa: SLF001 - these functions are Walk's methods, kept apart for reading
        walk._breaks[-1].append(walk.bound)  # noqa: SLF001 - as above
    walk.bound = None


def _continue(walk: Walk, _node: ast.Continue) -> None:
    walk.bound = None


def _nothing(_walk: Walk, _node: ast.stmt) -> None:
    pass


_EXPRESSIONS: dict[type, Callable[[Walk, object], Sources]] = {  # type: ignore[assignment]
    ast.Name: Walk.name,
    ast.Constant: _constant,
    ast.Call: lambda walk, node: calls.call(walk, node),
    ast.Attribute: _attribute,
    ast.Subscript: _subscript,
    ast.BinOp: _binop,
    ast.BoolOp: _boolop,
    ast.Compare: _compare,
    ast.IfExp: _ifexp,
    ast.Tuple: _display,
    ast.List: _display,
    ast.Set: _display,
    ast.Dict: _dict,
    ast.NamedExpr: _walrus,
    ast.Lambda: _lambda,
    ast.ListComp: _comprehension,
    ast.SetComp: _comprehension,
    ast.DictComp: _comprehension,
    ast.GeneratorExp: _comprehension,
    ast.Yield: _yield,
    ast.YieldFrom: _yield,
    ast.Starred: _pass_on,
    ast.Await: _pass_on,
}  # type: ignore[dict-item]

_STATEMENTS: dict[type, Callable[[Walk, object], None]] = {  # type: ignore[assignment]
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
}  # type: ignore[dict-item]

if hasattr(ast, "TryStar"):
    _STATEMENTS[ast.TryStar] = _try  # type: ignore[index]
if hasattr(ast, "TypeAlias"):
    _STATEMENTS[ast.TypeAlias] = lambda walk, node: walk.bind(walk.key(node.name.id), node)  # type: ignore[attr-defined]
