"""One call of a function of the notebook, written out: its body with the names of where it is called."""

from __future__ import annotations

import ast
import builtins
import copy
from dataclasses import dataclass
from typing import TYPE_CHECKING

from nb2prod.unfold import bodies, text
from nb2prod.unfold.scopes import Rename, bound_inside, decided_by, inner_scope, scope_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from collections.abc import Set as AbstractSet

_BUILTINS = frozenset(dir(builtins))
RESULT = "result_of_the_call"
_ASKED = frozenset({"decision_function", "fit_predict"})


@dataclass(frozen=True, slots=True)
class Site:
    """A statement that is nothing but a call of a function, or gives its result to targets."""

    call: ast.Call
    targets: tuple[ast.expr, ...] = ()

    @property
    def name(self) -> str:
        """The function's name."""
        assert isinstance(self.call.func, ast.Name)  # noqa: S101 - as `site_of` has found it
        return self.call.func.id


@dataclass(frozen=True, slots=True)
class Written:
    """The body as statements (their texts), and by which name, or other expression, each of its own names goes."""

    code: tuple[str, ...]
    names: Mapping[str, ast.expr]


def site_of(node: ast.stmt, functions: AbstractSet[str]) -> Site | None:
    """The call that a statement consists of."""
    found = _site_of(node, functions)
    return None if found is None or (found.targets and is_given_predictions(found.call)) else found


def is_given_predictions(call: ast.Call) -> bool:
    """Whether a model is asked among the arguments: what it answers has no name in the notebook to end with."""
    return any(
        isinstance(node, ast.Attribute) and (node.attr.startswith("predict") or node.attr in _ASKED)
        for argument in (*call.args, *(k.value for k in call.keywords))
        for node in ast.walk(argument)
    )


def _site_of(node: ast.stmt, functions: AbstractSet[str]) -> Site | None:
    match node:
        case ast.Expr(value=ast.Call(func=ast.Name(id=name)) as call) if name in functions:
            return Site(call)
        case ast.Assign(targets=targets, value=ast.Call(func=ast.Name(id=name)) as call) if name in functions:
            return Site(call, tuple(targets))
        case ast.AnnAssign(target=target, value=ast.Call(func=ast.Name(id=name)) as call) if name in functions:
            return Site(call, (target,))
        case _:
            return None


@dataclass(frozen=True, slots=True)
class Surroundings:
    """The names of the cells' own code: those `taken` there, and those that functions and generators read `later`.

    `changed` are those that functions bind from inside (`global`).
    """

    taken: AbstractSet[str]
    later: AbstractSet[str]
    changed: AbstractSet[str]


def written_out(site: Site, function: ast.FunctionDef, lines: Sequence[str], around: Surroundings) -> Written | None:
    """The statements that do what the call does; None where its arguments are not plain.

    `lines` are those that the function's positions count. Its own names are kept where nothing else has them.
    """
    given = _arguments(site.call, function)
    if given is None:
        return None
    naming = _Naming(site, function, given, around)
    return Written(tuple(_code(site, function, lines, naming)), naming.names)


def _arguments(call: ast.Call, function: ast.FunctionDef) -> list[tuple[str, ast.expr]] | None:
    """What each parameter is given, in the order in which the arguments are worked out."""
    arguments = function.args
    positional = [a.arg for a in (*arguments.posonlyargs, *arguments.args)]
    odd = any(isinstance(a, ast.Starred | ast.NamedExpr) for a in ast.walk(call))
    if odd or len(call.args) > len(positional):
        return None
    found = list(zip(positional, call.args, strict=False))
    for keyword in call.keywords:
        allowed = {a.arg for a in (*arguments.args, *arguments.kwonlyargs)}
        if keyword.arg not in allowed or keyword.arg in dict(found) or keyword.arg is None:
            return None
        found.append((keyword.arg, keyword.value))
    defaults = dict(zip(reversed(positional), reversed(arguments.defaults), strict=False))
    only = zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True)
    defaults |= {a.arg: d for a, d in only if d is not None}
    for name in (*positional, *(a.arg for a in arguments.kwonlyargs)):
        if name in dict(found):
            continue
        if name not in defaults or not _is_plain(defaults[name]):
            return None
        found.append((name, defaults[name]))
    return found


def _is_plain(node: ast.expr) -> bool:
    """A number, a text, or a tuple of them: the same whenever it is worked out, and never changed."""
    match node:
        case ast.Constant():
            return True
        case ast.UnaryOp(op=ast.USub(), operand=ast.Constant()):
            return True
        case ast.Tuple(elts=elements):
            return all(map(_is_plain, elements))
        case _:
            return False


class _Naming:
    """By which names a body's own names go where it is written out."""

    def __init__(
        self, site: Site, function: ast.FunctionDef, given: list[tuple[str, ast.expr]], around: Surroundings
    ) -> None:
        self.scope = inner_scope(function)
        self.given = dict(given)
        self.inside = bound_inside(function)
        self.changed = around.changed
        self.taken = set(around.taken) | _BUILTINS | self.scope.free() | self.inside
        self.names: dict[str, ast.expr] = {}
        self.bindings: list[tuple[str, ast.expr]] = []
        results = self._results(site, function, around)
        passed = {a.id for p, a in given if isinstance(a, ast.Name) and self._passes(p, a) and results.get(p) != a.id}
        results = {own: target for own, target in results.items() if target not in passed}
        for parameter, argument in given:
            if parameter in results:
                self.names[parameter] = ast.Name(results[parameter], ast.Load())
                if not (isinstance(argument, ast.Name) and argument.id == results[parameter]):
                    self.bindings.append((results[parameter], argument))
            elif self._passes(parameter, argument):
                self.names[parameter] = argument
            else:
                self.bindings.append((self._new(parameter), argument))
        for own in sorted(self.scope.own() - self.given.keys(), key=list(self.scope.bound).index):
            if own in results:
                self.names[own] = ast.Name(results[own], ast.Load())
            else:
                self._new(own)

    def _passes(self, parameter: str, argument: ast.expr) -> bool:
        """Whether the argument itself can stand for the parameter: neither is bound anew, nor looked up later."""
        if self.scope.bound.get(parameter, 0) > 0 or parameter in self.scope.held:
            return False
        if isinstance(argument, ast.Name):
            return argument.id not in self.inside | self.changed
        return _is_plain(argument)

    def _results(self, site: Site, function: ast.FunctionDef, around: Surroundings) -> dict[str, str]:
        """Own names that are returned, by the names that get them: these can stand for them from the start."""
        body = bodies.statements(function)
        last = body[-1] if body else None
        value = last.value if isinstance(last, ast.Return) else None
        if value is None or len(site.targets) != 1 or any(map(bodies.returns, body[:-1])):
            return {}
        pairs = _pairs(site.targets[0], value)
        if pairs is None or min(len({o for o, _ in pairs}), len({t for _, t in pairs})) < len(pairs):
            return {}
        found: dict[str, str] = {}
        for own, target in pairs:
            if own not in self.scope.own() or own in self.scope.held:
                continue
            if target in self.scope.free() | self.inside | around.later | around.changed | _BUILTINS:
                continue
            argument = self.given.get(own)
            if argument is not None and not self.scope.bound.get(own, 0):
                continue  # only passed on: the target gets it at the end
            read = {n.id for p, a in self.given.items() if p != own for n in ast.walk(a) if isinstance(n, ast.Name)}
            if target in read and (argument is not None or self._late(target)):
                continue
            found[own] = target
        return found

    def _late(self, target: str) -> bool:
        """Whether an argument that reads the target is looked at only in the body."""
        return any(isinstance(a, ast.Name) and a.id == target and self._passes(p, a) for p, a in self.given.items())

    def _new(self, own: str) -> str:
        name, number = own, 1
        while name in self.taken or (name != own and name in self.scope.bound):
            number += 1
            name = f"{own}_{number}"
        self.taken.add(name)
        self.names[own] = ast.Name(name, ast.Load())
        return name


def _pairs(target: ast.expr, value: ast.expr) -> list[tuple[str, str]] | None:
    """The names returned, each with the name that gets it."""
    match target, value:
        case ast.Name(id=name), ast.Name(id=own):
            return [(own, name)]
        case ((ast.Tuple(elts=targets) | ast.List(elts=targets)), (ast.Tuple(elts=values) | ast.List(elts=values))):
            if len(targets) != len(values):
                return None
            found = []
            for one, other in zip(targets, values, strict=True):
                if not isinstance(one, ast.Name) or not isinstance(other, ast.Name):
                    return None
                found.append((other.id, one.id))
            return found
        case _:
            return None


def _code(site: Site, function: ast.FunctionDef, lines: Sequence[str], naming: _Naming) -> list[str]:
    """The statements' texts: what the parameters are given, the body, and what becomes of the result."""
    told = f"{ast.unparse(site.call)}"
    said = bodies.docstring(function)
    found = [f"{name} = {ast.unparse(argument)}" for name, argument in naming.bindings]
    constants: dict[str, ast.expr] = {n: a for n, a in naming.given.items() if isinstance(a, ast.Constant)}
    body = list(_decided(bodies.statements(function), constants))
    value: ast.expr = ast.Constant(None)
    before = body
    if body and isinstance(last := body[-1], ast.Return):
        value, before = last.value or value, body[:-1]
    if not any(map(bodies.returns, before)):
        found += _body(function, before, lines, naming)
        found += _result(site, value, naming)
    else:
        single = bodies.one_exit(body, RESULT)
        assert single is not None  # noqa: S101 - `why_not` has asked
        target = site.targets[0] if len(site.targets) == 1 else None
        name = target.id if isinstance(target, ast.Name) and target.id not in naming.scope.free() else None
        name = name if name not in {n.id for n in naming.names.values() if isinstance(n, ast.Name)} else None
        result = name or naming._new(RESULT)  # noqa: SLF001 - our own class
        rename = Rename({**naming.names, RESULT: ast.Name(result, ast.Load())})
        found += [ast.unparse(ast.fix_missing_locations(each)) for node in single for each in rename.of(node)]
        if name is None:
            found += _result(site, ast.Name(RESULT, ast.Load()), naming)
    about = f"# {told}: {said}" if said else f"# {told}"
    if found and "\n" not in about and len(about) < 110:  # noqa: PLR2004 - what a line takes
        found[0] = f"{about}\n{found[0]}"
    return found


def _decided(body: Sequence[ast.stmt], constants: dict[str, ast.expr]) -> Iterator[ast.stmt]:
    """The statements, of an `if` on parameters that still are the constants they were given only the branch."""
    for node in body:
        test = Rename(constants).visit(copy.deepcopy(node.test)) if isinstance(node, ast.If) else None
        decided = decided_by(test) if isinstance(test, ast.expr) else None
        if isinstance(node, ast.If) and decided is not None:
            yield from _decided(node.body if decided else node.orelse, constants)
        else:
            yield node
        for name in scope_of([node]).bound:
            constants.pop(name, None)


def _body(function: ast.FunctionDef, body: Sequence[ast.stmt], lines: Sequence[str], naming: _Naming) -> list[str]:
    found = []
    every = function.body
    for node in body:
        if node not in every:  # of a branch
            found += [ast.unparse(ast.fix_missing_locations(each)) for each in Rename(naming.names).of(node)]
            continue
        before = every[every.index(node) - 1] if node is not every[0] else None
        last = (before.end_lineno or before.lineno) if before is not None else function.lineno
        number = every.index(node)
        after = every[number + 1] if number + 1 < len(every) else None
        alone = last < node.lineno and (after is None or after.lineno > (node.end_lineno or node.lineno))
        rename = Rename(naming.names)
        code = text.renamed(lines, node, rename, alone=alone)
        if code:
            found.append("\n".join([*text.comments_between(lines, last, node.lineno), code]))
    return found


def _result(site: Site, value: ast.expr, naming: _Naming) -> list[str]:
    """What becomes of what is returned."""
    [made] = Rename(naming.names).of(ast.Expr(value))
    assert isinstance(made, ast.Expr)  # noqa: S101 - as given
    if not site.targets:
        quiet = isinstance(made.value, ast.Constant)
        return [] if quiet else [ast.unparse(made)]
    target = ast.unparse(site.targets[0]) if len(site.targets) == 1 else None
    if target is not None and target == ast.unparse(made.value):
        return []
    return [ast.unparse(ast.fix_missing_locations(ast.Assign(list(site.targets), made.value)))]
