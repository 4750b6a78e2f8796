"""The first look at a whole notebook: imports, every value a name is given, and what its functions do."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING, Any, NamedTuple

from nb2prod import tree
from nb2prod.names import scopes
from nb2prod.names.context import Context
from nb2prod.names.knowledge import ITERATOR_FUNCTIONS, ITERATOR_METHODS, MASK_METHODS, PURE_METHODS, STAR_NAMES
from nb2prod.names.walk import Walk

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from nb2prod.names.model import Function
    from nb2prod.program import Program

_IMMUTABLE_CALLS = frozenset(
    "len int float str round abs range bool hash id ord chr repr input".split()  # noqa: SIM905 - words
)
_DISPLAYS = (ast.List, ast.Dict, ast.Set, ast.ListComp, ast.DictComp, ast.SetComp)
_SPLITS = frozenset(("train_test_split", "load_iris", "load_digits", "make_classification", "make_regression"))
_LISTS = frozenset(("list", "tolist", "to_list", "sorted"))


def context(program: Program) -> Context:
    """Gather the facts; functions come last, as what they change depends on which functions they call."""
    found = Context()
    walrus = False
    for cell in program.cells:
        python: str = getattr(cell, "python", "")
        walrus = walrus or ":=" in python
        if not python.isascii():
            found.lines[cell.cell.index] = python.split("\n")
    definitions = []
    for statement in program.statements:
        for node in _flat([statement.node]):
            kind = node.__class__
            if kind in _BINDINGS:
                _BINDINGS[kind](found, node)
            if walrus:
                _walruses(found, node)
            if kind in _DEFINITIONS or (isinstance(node, ast.Assign) and isinstance(node.value, ast.Lambda)):
                definitions.append((statement.cell, node))
    found.bound.update(found.values, found.imports, found.defined)
    _kinds(found)
    found.stateless.update(_stateless(found, [node for _, node in definitions]))
    _summarise(found, definitions)
    found.cell = -1
    return found


_DEFINITIONS = frozenset([ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef])
_SIMPLE = frozenset(
    [ast.Expr, ast.Assign, ast.AugAssign, ast.AnnAssign, ast.Import, ast.ImportFrom, ast.Assert, ast.Delete, ast.Pass]
)


def _flat(body: Iterable[ast.stmt]) -> list[ast.stmt]:
    """Statements and those in their blocks, not those of functions and classes."""
    found = []
    for node in body:
        found.append(node)
        if node.__class__ not in _SIMPLE and node.__class__ not in _DEFINITIONS:
            for name in ("body", "orelse", "finalbody"):
                found += _flat(getattr(node, name, ()))
            for part in (*getattr(node, "handlers", ()), *getattr(node, "cases", ())):
                found += _flat(part.body)
    return found


# What names are given


def _assign(found: Context, node: ast.Assign) -> None:
    for target in node.targets:
        _given(found, target, node.value)


def _assign_one(found: Context, node: ast.AnnAssign | ast.AugAssign) -> None:
    if node.value is not None:
        _given(found, node.target, node.value)


def _for(found: Context, node: ast.For | ast.AsyncFor) -> None:
    items = node.iter
    counts = isinstance(items, ast.Call) and isinstance(items.func, ast.Name) and items.func.id == "range"
    _given(found, node.target, ast.Constant(0) if counts else None)


def _with(found: Context, node: ast.With | ast.AsyncWith) -> None:
    for item in node.items:
        if item.optional_vars is not None:
            _given(found, item.optional_vars, item.context_expr)


def _definition(found: Context, node: ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef) -> None:
    found.defined.add(node.name)
    _inside(found, node)


def _match(found: Context, node: ast.Match) -> None:
    for part in tree.walk(node):
        name: object = getattr(part, "name", None) or getattr(part, "rest", None)
        if isinstance(name, str):
            found.values.setdefault(name, []).append(None)


def _try(found: Context, node: ast.Try) -> None:
    for handler in node.handlers:
        if handler.name:
            found.values.setdefault(handler.name, []).append(None)


def _given(found: Context, target: ast.expr, value: ast.expr | None) -> None:
    if isinstance(target, ast.Name):
        found.values.setdefault(target.id, []).append(value)
    elif isinstance(target, ast.Attribute):
        if isinstance(target.value, ast.Name):
            found.parts.add(target.value.id)
    else:
        split = value if isinstance(value, ast.Call) and getattr(value.func, "id", "") in _SPLITS else None
        for name in scopes.target_names(target):
            found.values.setdefault(name, []).append(split)


def _inside(found: Context, node: ast.AST) -> None:
    """Note what a function or class does to global names when it runs."""
    for part in tree.walk(node):
        if isinstance(part, ast.Global):
            for name in part.names:
                found.values.setdefault(name, []).append(None)
        elif isinstance(part, (ast.Import, ast.ImportFrom)):
            _imports(found, part)


def _walruses(found: Context, node: ast.stmt) -> None:
    for part in tree.walk(node):
        if isinstance(part, ast.NamedExpr):
            found.values.setdefault(part.target.id, []).append(None)


def _imports(found: Context, node: ast.Import | ast.ImportFrom) -> None:
    module = "." * getattr(node, "level", 0) + (getattr(node, "module", None) or "")
    for alias in node.names:
        top = alias.name.partition(".")[0]
        if isinstance(node, ast.Import):
            found.modules.add(top)
            found.module_names.add(alias.asname or top)
            found.imports[alias.asname or top] = alias.name if alias.asname else top
        elif alias.name == "*":
            found.stars = True
            found.imports.update((name, f"{module}.{name}") for name in STAR_NAMES.get(module, ()))
        else:
            found.imports[alias.asname or alias.name] = f"{module}.{alias.name}"
        found.modules.add(module.partition(".")[0] or top)


_BINDINGS: dict[type[ast.stmt], Callable[[Context, Any], None]] = {
    ast.Import: _imports,
    ast.ImportFrom: _imports,
    ast.Assign: _assign,
    ast.AnnAssign: _assign_one,
    ast.AugAssign: _assign_one,
    ast.For: _for,
    ast.AsyncFor: _for,
    ast.With: _with,
    ast.AsyncWith: _with,
    ast.FunctionDef: _definition,
    ast.AsyncFunctionDef: _definition,
    ast.ClassDef: _definition,
    ast.Match: _match,
    ast.Try: _try,
}


# What kind of values those are


def _kinds(found: Context) -> None:
    for name, values in found.values.items():
        if _immutable_name(found, name, set()):
            found.immutable.add(name)
        elif all(map(_selector, values)):
            found.selectors.add(name)
        if name not in found.immutable and any(_iterator(found, value) for value in values):
            found.iterators.add(name)
        if any(isinstance(value, _DISPLAYS) for value in values):
            found.containers.add(name)
        if all(_data(found, value) for value in values):
            found.data.add(name)
    found.immutable.update(name for name in found.imports if name not in found.values)


def _immutable_name(found: Context, name: str, visiting: set[str]) -> bool:
    if name in visiting:
        return True
    values = found.values.get(name, [])
    visiting.add(name)
    if name in found.defined or name in found.imports:
        return False
    return bool(values) and all(value is not None and _immutable(found, value, visiting) for value in values)


def _immutable(found: Context, node: ast.expr, visiting: set[str]) -> bool:
    """Whether the value certainly cannot be changed in place: numbers, strings, tuples of those."""
    kind = node.__class__
    if kind in _CONSTANTS:
        return True
    if isinstance(node, ast.Call):
        name = node.func.id if isinstance(node.func, ast.Name) else ""
        return name in _IMMUTABLE_CALLS and name not in found.values and name not in found.defined
    if isinstance(node, ast.Name):
        return _immutable_name(found, node.id, visiting)
    if kind in _COMPOSED:
        return all(_immutable(found, part, visiting) for part in tree.children(node))  # type: ignore[arg-type]
    shape = node.value if isinstance(node, ast.Subscript) else node
    return isinstance(shape, ast.Attribute) and shape.attr == "shape"


_CONSTANTS = frozenset([ast.Constant, ast.JoinedStr])
_COMPOSED = frozenset([ast.BinOp, ast.UnaryOp, ast.Tuple])


def _data(found: Context, node: ast.expr | None) -> bool:
    """Whether the value is a frame, an array, or something written out: libraries look at those, no more."""
    if isinstance(node, ast.Call):  # as most are
        if not isinstance(node.func, ast.Attribute):
            return (found.dotted(node.func, None) or "").rpartition(".")[2] in _SPLITS
        path = found.dotted(node.func, None)
        return node.func.attr in PURE_METHODS if path is None else path.startswith(("pandas.", "numpy."))
    match node:
        case ast.List(elts=parts) | ast.Tuple(elts=parts) | ast.Dict(values=parts):
            return all(_data(found, part) for part in parts)
        case ast.Constant() | ast.Compare() | ast.BinOp() | ast.JoinedStr() | ast.UnaryOp():
            return True
        case ast.Subscript(value=owner) | ast.Attribute(value=owner):
            return not isinstance(owner, ast.Name) or owner.id in found.data
        case _:
            return False


def _selector(node: ast.expr | None) -> bool:
    """Whether the value is a list or a mask, so that indexing by it copies."""
    if isinstance(node, ast.Call):  # as most are
        if isinstance(node.func, ast.Attribute):
            return node.func.attr in MASK_METHODS or node.func.attr in _LISTS
        return isinstance(node.func, ast.Name) and node.func.id in _LISTS
    match node:
        case ast.List() | ast.ListComp() | ast.Compare():
            return True
        case ast.BinOp(left=left, op=ast.BitAnd() | ast.BitOr() | ast.Add(), right=right):
            return _selector(left) or _selector(right)
        case _:
            return False


def _iterator(found: Context, node: ast.expr | None) -> bool:
    if not isinstance(node, ast.Call):
        return isinstance(node, ast.GeneratorExp)
    if isinstance(node.func, ast.Attribute) and node.func.attr in ITERATOR_METHODS:
        return True
    return found.dotted(node.func, None) in ITERATOR_FUNCTIONS


# Functions


def _stateless(found: Context, definitions: Iterable[ast.stmt]) -> set[str]:
    """Functions and classes without a mutable default, a mutable class attribute, or attributes set from outside."""
    names: set[str] = set()
    stateful = found.values.keys() | found.parts
    for node in definitions:
        if isinstance(node, ast.Assign):
            continue  # a lambda's name is a variable
        kept: list[ast.expr | None] = []
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            kept = [*node.args.defaults, *node.args.kw_defaults, *node.decorator_list]
        elif isinstance(node, ast.ClassDef):
            kept = [part.value for part in _flat(node.body) if isinstance(part, (ast.Assign, ast.AnnAssign))]
        names.add(node.name)  # type: ignore[attr-defined]
        if any(value is not None and not _immutable(found, value, set()) for value in kept):
            stateful.add(node.name)  # type: ignore[attr-defined]
    return names - stateful


class _Look(NamedTuple):
    """One look at a definition: what it gives, what it asked for, and the summaries made on the way."""

    functions: dict[str, Function]
    asked: set[str]
    summaries: dict[ast.AST, Function]


def _summarise(found: Context, definitions: list[tuple[int, ast.stmt]]) -> None:
    """Summarise functions, again until nothing is added: what one changes depends on those it calls.

    Looked at again are those that asked for one whose summary is another now.
    """
    looks: dict[int, _Look] = {}
    todo = list(range(len(definitions)))
    before = -1
    while todo:
        for number in todo:
            looks[number] = _look(found, *definitions[number])
        functions: dict[str, list[Function]] = {}
        methods: dict[str, list[Function]] = {}
        for _, look in sorted(looks.items()):
            for name, function in look.functions.items():
                functions.setdefault(name, []).append(function)
                for method, what in function.methods.items():
                    methods.setdefault(method, []).append(what)
        changed = {*_changed(found.functions, functions), *_changed(found.methods, methods)}
        found.functions, found.methods = functions, methods
        every = [f for group in (*functions.values(), *methods.values()) for f in group]
        size = sum(len(f.changes) + len(f.returns) + len(f.mutates) + len(f.touched) + len(f.shares) for f in every)
        grew, before = size > before, size
        todo = [number for number, look in looks.items() if grew and not look.asked.isdisjoint(changed)]
    found.summaries = {node: function for look in looks.values() for node, function in look.summaries.items()}


def _look(found: Context, cell: int, node: ast.stmt) -> _Look:
    found.cell, found.asked, found.summaries = cell, set(), {}
    walk = Walk(found)
    walk.body([node])
    return _Look(walk.functions, found.asked, found.summaries)


def _changed(before: dict[str, list[Function]], now: dict[str, list[Function]]) -> Iterator[str]:
    """Yield the names under which another summary is found than before."""
    for name, group in now.items():
        old = before.get(name, [])
        if len(old) != len(group) or any(_told(f) != _told(g) for f, g in zip(old, group, strict=True)):
            yield name


def _told(function: Function) -> tuple[object, ...]:
    """What those who call a function ask of its summary."""
    return function.changes, function.returns, function.suspected, function.shares
