"""The names of a function's body: which are its own, which come from outside, and the body with other ones."""

from __future__ import annotations

import ast
import copy
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

Function = ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda
Comprehension = ast.ListComp | ast.SetComp | ast.DictComp | ast.GeneratorExp


def parameters(function: Function) -> list[str]:
    """The names of its parameters, in their order."""
    arguments = function.args
    every = [*arguments.posonlyargs, *arguments.args, arguments.vararg, *arguments.kwonlyargs, arguments.kwarg]
    return [a.arg for a in every if a is not None]


@dataclass(slots=True)
class Scope:
    """What one function (or the cells' own code) does with names: `bound` in it, `read` anywhere in or below it.

    `read` has no names that an inner scope has for itself; `held` are those read by inner functions and generators,
    which may look them up later; `unnamed` says that a name stands where no `ast.Name` does.
    """

    bound: dict[str, int] = field(default_factory=dict)
    read: set[str] = field(default_factory=set)
    held: set[str] = field(default_factory=set)
    outside: set[str] = field(default_factory=set)

    def own(self) -> set[str]:
        """The names that are its own."""
        return set(self.bound) - self.outside

    def free(self) -> set[str]:
        """The names that it takes from outside."""
        return (self.read - self.own()) | self.outside


def scope_of(body: Iterable[ast.AST], first: Iterable[str] = ()) -> Scope:
    """The names of the statements of a body, whose parameters are `first`."""
    scope = Scope()
    for name in first:
        scope.bound[name] = 0
    for node in body:
        _collect(node, scope)
    return scope


def inner_scope(function: Function) -> Scope:
    """The names of a function's body."""
    body: list[ast.AST] = [function.body] if isinstance(function, ast.Lambda) else list(function.body)
    return scope_of(body, parameters(function))


def bound_inside(function: Function) -> set[str]:
    """The names that inner functions and comprehensions have for themselves."""
    found: set[str] = set()
    for node in ast.walk(function):
        match node:
            case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.Lambda() if node is not function:
                found |= inner_scope(node).own()
            case ast.comprehension(target=target):
                found |= {n.id for n in ast.walk(target) if isinstance(n, ast.Name)}
            case _:
                pass
    return found


def _bind(scope: Scope, name: str) -> None:
    scope.bound[name] = scope.bound.get(name, 0) + 1


def _collect(node: ast.AST, scope: Scope) -> None:  # noqa: C901, PLR0912 - one case for each kind of binding
    match node:
        case ast.Name(id=name, ctx=ctx):
            if isinstance(ctx, ast.Load):
                scope.read.add(name)
            else:
                _bind(scope, name)
            return
        case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name):
            _bind(scope, name)
            _collect_function(node, scope)
            return
        case ast.Lambda():
            _collect_function(node, scope)
            return
        case ast.ClassDef(name=name):
            _bind(scope, name)
            inside = scope_of(node.body)
            for each in (*node.decorator_list, *node.bases, *(k.value for k in node.keywords)):
                _collect(each, scope)
            scope.read |= inside.read
            scope.held |= inside.read
            return
        case ast.ListComp() | ast.SetComp() | ast.DictComp() | ast.GeneratorExp():
            _collect_comprehension(node, scope)
            return
        case ast.Global(names=names) | ast.Nonlocal(names=names):
            scope.outside |= set(names)
        case ast.Import(names=aliases) | ast.ImportFrom(names=aliases):
            for alias in aliases:
                _bind(scope, (alias.asname or alias.name).partition(".")[0])
        case ast.ExceptHandler(name=str(name)) | ast.MatchAs(name=str(name)) | ast.MatchStar(name=str(name)):
            _bind(scope, name)
        case ast.MatchMapping(rest=str(name)):
            _bind(scope, name)
        case _:
            pass
    for child in ast.iter_child_nodes(node):
        _collect(child, scope)


def _collect_function(node: Function, scope: Scope) -> None:
    for each in _outer_parts(node):
        _collect(each, scope)
    inside = inner_scope(node).free()
    scope.read |= inside
    scope.held |= inside


def _outer_parts(node: Function) -> Iterator[ast.expr]:
    """What of a function is evaluated where it is made."""
    yield from (d for d in (*node.args.defaults, *node.args.kw_defaults) if d is not None)
    if not isinstance(node, ast.Lambda):
        yield from node.decorator_list


def _collect_comprehension(node: Comprehension, scope: Scope) -> None:
    inside = Scope()
    for number, generator in enumerate(node.generators):
        _collect(generator.iter, scope if number == 0 else inside)
        _collect(generator.target, inside)
        for test in generator.ifs:
            _collect(test, inside)
    for part in [node.key, node.value] if isinstance(node, ast.DictComp) else [node.elt]:
        _collect(part, inside)
    scope.read |= inside.free()
    scope.held |= inside.held - inside.own()
    if isinstance(node, ast.GeneratorExp):
        scope.held |= inside.free()


class Rename(ast.NodeTransformer):
    """Give names of one scope other names, or constants in their place, also where inner scopes read them.

    `edits` are the names replaced, as (node, its new text); `rough` is set where a name stands in no `ast.Name`.
    """

    def __init__(self, given: Mapping[str, ast.expr]) -> None:
        """`given`: what each name becomes; a name that is bound becomes a name."""
        self.given = dict(given)
        self.edits: list[tuple[ast.Name, str]] = []
        self.rough = False

    def of(self, node: ast.stmt) -> list[ast.stmt]:
        """The statement with the other names; of an `if` that is decided by them, the branch."""
        made = self.visit(copy.deepcopy(node))
        return made if isinstance(made, list) else [made]

    def visit_If(self, node: ast.If) -> ast.AST | list[ast.stmt]:
        """A branch on a parameter that is given a constant."""
        made = self.generic_visit(node)
        assert isinstance(made, ast.If)  # noqa: S101 - as given
        decided = decided_by(made.test)
        if decided is None:
            made.body = made.body or [ast.Pass()]
            return made
        self.rough = True
        return made.body if decided else made.orelse

    def visit(self, node: ast.AST) -> Any:  # noqa: ANN401 - as NodeTransformer has it
        """A comprehension has names of its own, and a block never becomes empty."""
        if isinstance(node, Comprehension):
            return self._comprehension(node)
        made = super().visit(node)
        if isinstance(made, ast.For | ast.While | ast.With | ast.Try | ast.FunctionDef) and not made.body:
            made.body = [ast.Pass()]
        return made

    def visit_Name(self, node: ast.Name) -> ast.AST:
        """A name."""
        new = self.given.get(node.id)
        if new is None:
            return node
        self.edits.append((node, ast.unparse(new)))
        return (
            ast.copy_location(copy.deepcopy(new), node) if isinstance(node.ctx, ast.Load) else self._target(node, new)
        )

    def _target(self, node: ast.Name, new: ast.expr) -> ast.AST:
        assert isinstance(new, ast.Name)  # noqa: S101 - a name that is bound becomes a name
        return ast.copy_location(ast.Name(new.id, node.ctx), node)

    def _text(self, name: str) -> str:
        new = self.given.get(name)
        if new is None:
            return name
        self.rough = True
        assert isinstance(new, ast.Name)  # noqa: S101 - likewise
        return new.id

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.AST:
        """A function inside: its own names stay."""
        node.name = self._text(node.name)
        self._function(node)
        return node

    def visit_Lambda(self, node: ast.Lambda) -> ast.AST:
        """Likewise."""
        self._function(node)
        return node

    def _function(self, node: ast.FunctionDef | ast.Lambda) -> None:
        own = inner_scope(node).own()
        args = node.args
        args.defaults = [self.visit(d) for d in args.defaults]
        args.kw_defaults = [d if d is None else self.visit(d) for d in args.kw_defaults]
        outer, self.given = self.given, {n: new for n, new in self.given.items() if n not in own}
        if isinstance(node, ast.Lambda):
            node.body = self.visit(node.body)
        else:
            made = [self.visit(s) for s in node.body]
            node.body = [s for each in made for s in (each if isinstance(each, list) else [each])] or [ast.Pass()]
        self.given = outer

    def _comprehension(self, node: Comprehension) -> ast.AST:
        node.generators[0].iter = self.visit(node.generators[0].iter)
        bound = {n.id for g in node.generators for n in ast.walk(g.target) if isinstance(n, ast.Name)}
        outer, self.given = self.given, {n: new for n, new in self.given.items() if n not in bound}
        for number, generator in enumerate(node.generators):
            if number:
                generator.iter = self.visit(generator.iter)
            generator.target = self.visit(generator.target)
            generator.ifs = [self.visit(test) for test in generator.ifs]
        if isinstance(node, ast.DictComp):
            node.key, node.value = self.visit(node.key), self.visit(node.value)
        else:
            node.elt = self.visit(node.elt)
        self.given = outer
        return node

    def visit_JoinedStr(self, node: ast.JoinedStr) -> ast.AST:
        """Names in an f-string have no places of their own before Python 3.12."""
        before = len(self.edits)
        made = self.generic_visit(node)
        self.rough = self.rough or len(self.edits) > before
        return made

    def visit_ExceptHandler(self, node: ast.ExceptHandler) -> ast.AST:
        """`except E as name`."""
        if node.name is not None:
            node.name = self._text(node.name)
        return self.generic_visit(node)

    def visit_alias(self, node: ast.alias) -> ast.AST:
        """`import name`."""
        own = (node.asname or node.name).partition(".")[0]
        new = self._text(own)
        if new != own:
            node.asname = new
        return node


def decided_by(test: ast.expr) -> bool | None:
    """Whether a test of constants holds; None where it reads anything."""
    match test:
        case ast.Constant(value=value):
            return bool(value)
        case ast.UnaryOp(op=ast.Not(), operand=operand):
            inner = decided_by(operand)
            return None if inner is None else not inner
        case ast.Compare(left=ast.Constant(value=one), ops=[operator], comparators=[ast.Constant(value=other)]):
            same = type(one) is type(other) and one == other
            if isinstance(operator, ast.Eq | ast.NotEq) and (same or isinstance(one, type(other))):
                return same == isinstance(operator, ast.Eq)
            if isinstance(operator, ast.Is | ast.IsNot) and (one is None or other is None):
                return (one is other) == isinstance(operator, ast.Is)
            return None
        case _:
            return None
