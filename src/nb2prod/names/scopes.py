"""Which names belong to a function, class or comprehension, and what a function does seen from outside."""

from __future__ import annotations

import ast
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from nb2prod.names.model import Function

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from nb2prod.problems import Location


@dataclass(slots=True)
class Scope:
    """A scope inside a statement; its own names get keys `name#number`."""

    names: frozenset[str]
    outer: Scope | None
    number: int
    kind: str  # "function", "class" or "comprehension"
    globals: frozenset[str] = frozenset()

    def key(self, name: str) -> str:
        """Find the scope a name belongs to, as Python does: class scopes are seen only from inside."""
        scope: Scope | None = self
        while scope is not None:
            if name in scope.globals:
                return name
            if name in scope.names and (scope.kind != "class" or scope is self):
                return f"{name}#{scope.number}"
            scope = scope.outer
        return name


def walrus_key(scope: Scope | None, name: str) -> str:
    """Tell which variable a walrus binds: in a comprehension, one of the scope around it."""
    while scope is not None and scope.kind == "comprehension":
        scope = scope.outer
    return name if scope is None else scope.key(name)


def _number(node: ast.AST) -> int:
    return id(node)


def comprehension(node: ast.ListComp | ast.SetComp | ast.GeneratorExp | ast.DictComp, outer: Scope | None) -> Scope:
    """The scope of a comprehension: its targets."""
    names = frozenset(name for generator in node.generators for name in target_names(generator.target))
    return Scope(names, outer, _number(node), "comprehension")


def function(node: ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda, outer: Scope | None) -> Scope:
    """The scope of a function: parameters and what the body binds."""
    names = {argument.arg for argument in arguments(node.args)}
    if isinstance(node, ast.Lambda):
        names.update(_walruses(node.body))
        return Scope(frozenset(names), outer, _number(node), "function")
    stored, declared = _stored(node.body)
    return Scope(
        frozenset((names | stored) - declared["nonlocal"]),
        outer,
        _number(node),
        "function",
        frozenset(declared["global"]),
    )


def class_(node: ast.ClassDef, outer: Scope | None) -> Scope:
    """The scope of a class body."""
    stored, declared = _stored(node.body)
    return Scope(frozenset(stored - declared["nonlocal"]), outer, _number(node), "class", frozenset(declared["global"]))


def arguments(args: ast.arguments) -> list[ast.arg]:
    """All parameters in the order in which they take positional arguments, then the rest."""
    found = [*args.posonlyargs, *args.args, *args.kwonlyargs]
    return found + [a for a in (args.vararg, args.kwarg) if a is not None]


def target_names(target: ast.expr) -> Iterator[str]:
    """The names that an assignment target binds."""
    if isinstance(target, ast.Name):
        yield target.id
    elif isinstance(target, ast.Tuple | ast.List):
        for element in target.elts:
            yield from target_names(element)
    elif isinstance(target, ast.Starred):
        yield from target_names(target.value)


def _walruses(node: ast.AST) -> Iterator[str]:
    for part in ast.walk(node):
        if isinstance(part, ast.NamedExpr):
            yield part.target.id


def _stored(body: Iterable[ast.stmt]) -> tuple[set[str], dict[str, set[str]]]:
    """The names a body binds in its own scope, and those it declares global or nonlocal."""
    names: set[str] = set()
    declared: dict[str, set[str]] = {"global": set(), "nonlocal": set()}
    todo: list[ast.AST] = list(body)
    while todo:
        node = todo.pop()
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            names.add(node.name)
        elif isinstance(node, ast.Name):
            if not isinstance(node.ctx, ast.Load):
                names.add(node.id)
        elif isinstance(node, ast.Global):
            declared["global"].update(node.names)
        elif isinstance(node, ast.Nonlocal):
            declared["nonlocal"].update(node.names)
        elif isinstance(node, ast.Import | ast.ImportFrom):
            names.update(a.asname or a.name.partition(".")[0] for a in node.names)
        elif isinstance(node, ast.Lambda | ast.Constant):
            pass
        elif isinstance(node, ast.ListComp | ast.SetComp | ast.GeneratorExp | ast.DictComp):
            names.update(_walruses(node))
        else:
            if isinstance(node, ast.ExceptHandler | ast.MatchAs | ast.MatchStar) and node.name:
                names.add(node.name)
            elif isinstance(node, ast.MatchMapping) and node.rest:
                names.add(node.rest)
            todo.extend(ast.iter_child_nodes(node))
    return names - declared["global"], declared


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
        methods=first.methods | second.methods,
    )


def union(name: str, where: Location, methods: dict[str, Function]) -> Function:
    """A class: what any of its methods may do."""
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
        changes=start.changes if start else frozenset(),
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
