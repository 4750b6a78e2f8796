"""Which names belong to a function, class or comprehension, and what a function does seen from outside."""

from __future__ import annotations

import ast
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from nb2prod.names.model import Function
from nb2prod.tree import children, walk

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from collections.abc import Set as AbstractSet

    from nb2prod.problems import Location


@dataclass(slots=True)
class Scope:
    """A scope inside a statement; its own names get keys `name#number`, `name#in` in a comprehension."""

    names: frozenset[str]
    outer: Scope | None
    number: int
    kind: str  # "function", "class" or "comprehension"
    globals: frozenset[str] = frozenset()
    imports: frozenset[str] = frozenset()

    def imports_name(self, name: str) -> bool:
        """Whether the variable that a name means here is an import inside the function."""
        scope: Scope | None = self
        while scope is not None and name not in scope.names:
            scope = scope.outer
        return scope is not None and name in scope.imports

    def key(self, name: str) -> str:
        """Find the scope a name belongs to, as Python does: class scopes are seen only from inside."""
        scope: Scope | None = self
        while scope is not None:
            if name in scope.globals:
                return name
            if name in scope.names and (scope.kind != "class" or scope is self):
                return f"{name}#{scope.number}" if scope.kind != "comprehension" else f"{name}#in"
            scope = scope.outer
        return name


def walrus_key(scope: Scope | None, name: str) -> str:
    """Tell which variable a walrus binds: in a comprehension, one of the scope around it."""
    while scope is not None and scope.kind == "comprehension":
        scope = scope.outer
    return name if scope is None else scope.key(name)


def comprehension(node: ast.ListComp | ast.SetComp | ast.GeneratorExp | ast.DictComp, outer: Scope | None) -> Scope:
    """Make the scope of a comprehension: its targets."""
    names = frozenset(name for generator in node.generators for name in target_names(generator.target))
    return Scope(names, outer, id(node), "comprehension")


def function(node: ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda, outer: Scope | None) -> Scope:
    """Make the scope of a function: parameters and what the body binds."""
    parameters = {argument.arg for argument in arguments(node.args)}
    if isinstance(node, ast.Lambda):
        return Scope(frozenset(parameters | set(_walruses(node.body))), outer, id(node), "function")
    found = _Stored()
    found.visit(node.body)
    names = (found.names | parameters) - found.nonlocals - found.globals
    return Scope(
        frozenset(names), outer, id(node), "function", frozenset(found.globals), frozenset(found.imports & names)
    )


def class_(node: ast.ClassDef, outer: Scope | None) -> Scope:
    """Make the scope of a class body."""
    found = _Stored()
    found.visit(node.body)
    names = found.names - found.nonlocals - found.globals
    return Scope(frozenset(names), outer, id(node), "class", frozenset(found.globals), frozenset(found.imports & names))


def arguments(args: ast.arguments) -> list[ast.arg]:
    """All parameters in the order in which they take positional arguments, then the rest."""
    found = [*args.posonlyargs, *args.args, *args.kwonlyargs]
    return found + [a for a in (args.vararg, args.kwarg) if a is not None]


def target_names(target: ast.expr) -> Iterator[str]:
    """List the names that an assignment target binds."""
    if isinstance(target, ast.Name):
        yield target.id
    elif isinstance(target, (ast.Tuple, ast.List)):
        for element in target.elts:
            yield from target_names(element)
    elif isinstance(target, ast.Starred):
        yield from target_names(target.value)


def _walruses(node: ast.AST) -> Iterator[str]:
    for part in walk(node):
        if isinstance(part, ast.NamedExpr):
            yield part.target.id


@dataclass(slots=True)
class _Stored:
    """The names a body binds in its own scope, and those it declares to be of another."""

    names: set[str] = field(default_factory=set)
    imports: set[str] = field(default_factory=set)
    globals: set[str] = field(default_factory=set)
    nonlocals: set[str] = field(default_factory=set)

    def visit(self, body: Iterable[ast.AST]) -> None:
        todo = list(body)
        while todo:
            node = todo.pop()
            kind = type(node)
            if kind is ast.Name:
                if not isinstance(node.ctx, ast.Load):  # type: ignore[attr-defined]
                    self.names.add(node.id)  # type: ignore[attr-defined]
            elif isinstance(node, _OWN_SCOPES):
                self._nested(node)
            elif kind not in (ast.Constant, ast.Load, ast.Store):
                if isinstance(node, (ast.stmt, ast.ExceptHandler, ast.pattern)):
                    self._declared(node)
                todo.extend(children(node))

    def _nested(self, node: ast.AST) -> None:
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            self.names.add(node.name)
        elif not isinstance(node, ast.Lambda):
            self.names.update(_walruses(node))

    def _declared(self, node: ast.AST) -> None:
        if isinstance(node, ast.Global):
            self.globals.update(node.names)
        elif isinstance(node, ast.Nonlocal):
            self.nonlocals.update(node.names)
        elif isinstance(node, (ast.Import, ast.ImportFrom)):
            imported = {alias.asname or alias.name.partition(".")[0] for alias in node.names}
            self.names |= imported
            self.imports |= imported
        elif isinstance(node, (ast.ExceptHandler, ast.MatchAs, ast.MatchStar)) and node.name:
            self.names.add(node.name)
        elif isinstance(node, ast.MatchMapping) and node.rest:
            self.names.add(node.rest)


_OWN_SCOPES = (
    ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Lambda,
    ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp,
)  # fmt: skip


def renamed(function: Function, name: str) -> Function:
    """Give a lambda the name it is assigned to."""
    return replace(function, name=name)


def merged(first: Function | None, second: Function) -> Function:
    """One of two definitions of the same name: what either may do."""
    if first is None:
        return second
    return replace(
        second,
        reads=first.reads | second.reads,
        binds=first.binds | second.binds,
        certain=first.certain & second.certain,
        mutates=first.mutates | second.mutates,
        deletes=first.deletes | second.deletes,
        touched=first.touched | second.touched,
        calls=first.calls & second.calls,
        changes=first.changes | second.changes,
        returns=first.returns | second.returns,
        suspected=first.suspected & second.suspected,
        shares=first.shares | second.shares,
        methods=first.methods | second.methods,
    )


def union(name: str, where: Location, methods: dict[str, Function]) -> Function:
    """Summarise a class: what any of its methods may do."""
    start = methods.get("__init__")
    every = [*methods.values()]
    return Function(
        name=name,
        where=where,
        kind="class",
        parameters=start.parameters[1:] if start else (),
        reads={k: v for f in reversed(every) for k, v in f.reads.items()},
        binds={k: v for f in reversed(every) for k, v in f.binds.items()},
        mutates={k: v for f in reversed(every) for k, v in f.mutates.items()},
        deletes={k: v for f in reversed(every) for k, v in f.deletes.items()},
        touched=frozenset().union(*(f.touched for f in every)),
        changes=start.changes & {*start.parameters[1:]} if start else frozenset(),
        shares=frozenset((a, b) for f in every for a, b in f.shares if not {a, b} & set(f.parameters)),
        methods=methods,
    )


def closure(keys: Iterable[str], shares: Iterable[tuple[str, str]]) -> set[str]:
    """All keys that may share with one of `keys`, directly or through others."""
    neighbours: dict[str, list[str]] = {}
    for a, b in shares:
        neighbours.setdefault(a, []).append(b)
        neighbours.setdefault(b, []).append(a)
    found = set(keys)
    todo = list(found)
    while todo:
        for other in neighbours.get(todo.pop(), ()):
            if other not in found:
                found.add(other)
                todo.append(other)
    return found


def between(
    pairs: AbstractSet[tuple[str, str]], parameters: Mapping[str, str] | None = None
) -> frozenset[tuple[str, str]]:
    """Keep the pairs of outer names and parameters, those by way of names inside the statement or function included."""
    if parameters:
        pairs = {(parameters.get(a, a), parameters.get(b, b)) for a, b in pairs}
    if not any("#" in a or "#" in b for a, b in pairs):
        return frozenset(pairs)
    inner: dict[str, set[str]] = {}
    for a, b in pairs:
        inner.setdefault(a, set()).add(b)
    found: set[tuple[str, str]] = set()
    for start in inner:
        seen: set[str] = set()
        todo = [] if "#" in start else [start]
        while todo:
            for other in inner.get(todo.pop(), ()):
                if other not in seen:
                    seen.add(other)
                    if "#" in other:
                        todo.append(other)
        found.update((start, other) for other in seen if "#" not in other)
    return frozenset(found)
