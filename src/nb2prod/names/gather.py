"""The first look at a whole notebook: imports, every value a name is given, and what its functions do."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from nb2prod import tree
from nb2prod.names import scopes
from nb2prod.names.context import Context
from nb2prod.names.knowledge import ITERATOR_FUNCTIONS, ITERATOR_METHODS, MASK_METHODS, PURE_METHODS, STAR_NAMES
from nb2prod.names.walk import Walk

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

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
            _bindings(found, node)
            if walrus:
                _walruses(found, node)
            if _defines(node):
                definitions.append((statement.cell, node))
    found.bound.update(found.values, found.imports, found.defined)
    _kinds(found)
    found.stateless.update(_stateless(found, [node for _, node in definitions]))
    _summarise(found, definitions)
    found.cell = -1
    return found


def _defines(node: ast.stmt) -> bool:
    lambdas = isinstance(node, ast.Assign) and isinstance(node.value, ast.Lambda)
    return lambdas or isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef)


def _flat(body: Iterable[ast.stmt]) -> Iterator[ast.stmt]:
    """Statements and those in their blocks, not those of functions and classes."""
    for node in body:
        yield node
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            continue
        for name in ("body", "orelse", "finalbody"):
            yield from _flat(getattr(node, name, ()))
        for part in (*getattr(node, "handlers", ()), *getattr(node, "cases", ())):
            yield from _flat(part.body)


# What names are given


def _bindings(found: Context, node: ast.stmt) -> None:  # noqa: C901, PLR0912 - one case for each kind of statement
    match node:
        case ast.Import() | ast.ImportFrom():
            _imports(found, node)
        case ast.Assign(targets=targets, value=value):
            for target in targets:
                _given(found, target, value)
        case ast.AnnAssign(target=target, value=ast.expr() as value) | ast.AugAssign(target=target, value=value):
            _given(found, target, value)
        case ast.For(target=target, iter=items) | ast.AsyncFor(target=target, iter=items):
            counts = isinstance(items, ast.Call) and isinstance(items.func, ast.Name) and items.func.id == "range"
            _given(found, target, ast.Constant(0) if counts else None)
        case ast.With(items=items) | ast.AsyncWith(items=items):
            for item in items:
                if item.optional_vars is not None:
                    _given(found, item.optional_vars, item.context_expr)
        case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef():
            found.defined.add(node.name)
            _inside(found, node)
        case ast.Match():
            for part in tree.walk(node):
                name: object = getattr(part, "name", None) or getattr(part, "rest", None)
                if isinstance(name, str):
                    found.values.setdefault(name, []).append(None)
        case ast.Try(handlers=handlers):
            for handler in handlers:
                if handler.name:
                    found.values.setdefault(handler.name, []).append(None)
        case _:
            pass


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
        elif isinstance(part, ast.Import | ast.ImportFrom):
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


# What kind of values those are


def _kinds(found: Context) -> None:
    for name, values in found.values.items():
        if _immutable_name(found, name, set()):
            found.immutable.add(name)
        elif all(_selector(value) for value in values):
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
    match node:
        case ast.Constant() | ast.JoinedStr():
            result = True
        case ast.Name(id=name):
            result = _immutable_name(found, name, visiting)
        case ast.BinOp(left=left, right=right):
            result = _immutable(found, left, visiting) and _immutable(found, right, visiting)
        case ast.UnaryOp(operand=operand):
            result = _immutable(found, operand, visiting)
        case ast.Tuple(elts=elements):
            result = all(_immutable(found, element, visiting) for element in elements)
        case ast.Call(func=ast.Name(id=name)):
            result = name in _IMMUTABLE_CALLS and name not in found.values and name not in found.defined
        case ast.Attribute(attr="shape") | ast.Subscript(value=ast.Attribute(attr="shape")):
            result = True
        case _:
            result = False
    return result


def _data(found: Context, node: ast.expr | None) -> bool:
    """Whether the value is a frame, an array, or something written out: libraries look at those, no more."""
    match node:
        case ast.List(elts=parts) | ast.Tuple(elts=parts) | ast.Dict(values=parts):
            return all(_data(found, part) for part in parts)
        case ast.Constant() | ast.Compare() | ast.BinOp() | ast.JoinedStr() | ast.UnaryOp():
            return True
        case ast.Subscript(value=owner) | ast.Attribute(value=owner):
            return not isinstance(owner, ast.Name) or owner.id in found.data
        case ast.Call(func=ast.Attribute(attr=name) as function):
            path = found.dotted(function, None)
            return name in PURE_METHODS if path is None else path.startswith(("pandas.", "numpy."))
        case ast.Call(func=function):
            return (found.dotted(function, None) or "").rpartition(".")[2] in _SPLITS
        case _:
            return False


def _selector(node: ast.expr | None) -> bool:
    """Whether the value is a list or a mask, so that indexing by it copies."""
    match node:
        case ast.List() | ast.ListComp() | ast.Compare():
            return True
        case ast.Call(func=ast.Attribute(attr=name)):
            return name in MASK_METHODS or name in _LISTS
        case ast.Call(func=ast.Name(id=name)):
            return name in _LISTS
        case ast.BinOp(left=left, op=ast.BitAnd() | ast.BitOr() | ast.Add(), right=right):
            return _selector(left) or _selector(right)
        case _:
            return False


def _iterator(found: Context, node: ast.expr | None) -> bool:
    match node:
        case ast.GeneratorExp():
            return True
        case ast.Call(func=ast.Attribute(attr=name)) if name in ITERATOR_METHODS:
            return True
        case ast.Call(func=function):
            return found.dotted(function, None) in ITERATOR_FUNCTIONS
        case _:
            return False


# Functions


def _stateless(found: Context, definitions: Iterable[ast.stmt]) -> set[str]:
    """Functions and classes without a mutable default, a mutable class attribute, or attributes set from outside."""
    names: set[str] = set()
    stateful = found.values.keys() | found.parts
    for node in definitions:
        if isinstance(node, ast.Assign):
            continue  # a lambda's name is a variable
        kept: list[ast.expr | None] = []
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            kept = [*node.args.defaults, *node.args.kw_defaults, *node.decorator_list]
        elif isinstance(node, ast.ClassDef):
            kept = [part.value for part in _flat(node.body) if isinstance(part, ast.Assign | ast.AnnAssign)]
        names.add(node.name)  # type: ignore[attr-defined]
        if any(value is not None and not _immutable(found, value, set()) for value in kept):
            stateful.add(node.name)  # type: ignore[attr-defined]
    return names - stateful


def _summarise(found: Context, definitions: list[tuple[int, ast.stmt]]) -> None:
    """Summarise functions, again until nothing is added: what one changes depends on those it calls."""
    before = -1
    while True:
        functions: dict[str, list[Function]] = {}
        methods: dict[str, list[Function]] = {}
        found.summaries.clear()
        for cell, node in definitions:
            found.cell = cell
            walk = Walk(found)
            walk.body([node])
            for name, function in walk.functions.items():
                functions.setdefault(name, []).append(function)
                for method, what in function.methods.items():
                    methods.setdefault(method, []).append(what)
        found.functions, found.methods = functions, methods
        every = [f for group in (*functions.values(), *methods.values()) for f in group]
        size = sum(len(f.changes) + len(f.returns) + len(f.mutates) + len(f.touched) + len(f.shares) for f in every)
        if size <= before or not every:
            return
        before = size
