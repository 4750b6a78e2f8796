"""What the whole notebook tells about its names before any one statement is looked at."""

from __future__ import annotations

import ast
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from nb2prod.names import draws, expressions, scopes
from nb2prod.names.knowledge import ITERATOR_FUNCTIONS, ITERATOR_METHODS, MASK_METHODS
from nb2prod.names.model import Function
from nb2prod.names.walk import Walk
from nb2prod.problems import Location
from nb2prod.program import location

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from nb2prod.program import Program, Statement

_USUAL = {
    "np": "numpy", "pd": "pandas", "plt": "matplotlib.pyplot", "sns": "seaborn", "tf": "tensorflow",
    "numpy": "numpy", "pandas": "pandas",
}  # fmt: skip
"""Names of libraries where the import itself is missing from the notebook."""

_IMMUTABLE_CALLS = frozenset(
    ("len", "int", "float", "str", "round", "abs", "range", "bool", "hash", "id", "ord", "chr", "repr", "input")
)


@dataclass(slots=True)
class Context:
    """Facts about names, whatever the order in which cells are run."""

    imports: dict[str, str] = field(default_factory=dict)
    values: dict[str, list[ast.expr | None]] = field(default_factory=dict)
    immutable: set[str] = field(default_factory=set)
    selectors: set[str] = field(default_factory=set)
    iterators: set[str] = field(default_factory=set)
    functions: dict[str, list[Function]] = field(default_factory=dict)
    methods: dict[str, list[Function]] = field(default_factory=dict)
    stateless: set[str] = field(default_factory=set)
    bound: set[str] = field(default_factory=set)
    parts: set[str] = field(default_factory=set)
    modules: set[str] = field(default_factory=set)
    stars: bool = False
    lines: dict[int, list[str]] = field(default_factory=dict)
    cell: int = 0
    _cache: dict[ast.AST, Function] = field(default_factory=dict)
    _draws: dict[str, bool | None] = field(default_factory=dict)

    # Names

    def dotted(self, node: ast.expr, scope: scopes.Scope | None) -> str | None:
        """The full name of what an expression means, if it starts from an import: `np.random` is numpy.random."""
        parts: list[str] = []
        while isinstance(node, ast.Attribute):
            parts.append(node.attr)
            node = node.value
        if not isinstance(node, ast.Name):
            return None
        key = node.id if scope is None else scope.key(node.id)
        root = self.imports.get(key)
        if root is None:
            if key in self.bound or "#" in key or parts:
                root = _USUAL.get(key) if key not in self.bound and "#" not in key else None
            else:
                root = key
        return ".".join((root, *reversed(parts))) if root is not None else None

    def text(self, node: ast.expr | None) -> str | None:
        """A string that is plain to see, through names that never change."""
        if isinstance(node, ast.Constant):
            return node.value if isinstance(node.value, str) else None
        if isinstance(node, ast.Name):
            values = self.values.get(node.id, [None])
            return self.text(values[0]) if len(values) == 1 and not isinstance(values[0], ast.Name) else None
        if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add | ast.Div):
            left, right = self.text(node.left), self.text(node.right)
            if left is None or right is None:
                return None
            return left + right if isinstance(node.op, ast.Add) else f"{left.rstrip('/')}/{right}"
        if isinstance(node, ast.JoinedStr):
            parts = [self.text(v.value if isinstance(v, ast.FormattedValue) else v) for v in node.values]
            return None if None in parts else "".join(p for p in parts if p is not None)
        if isinstance(node, ast.Call) and not node.keywords:
            name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
            if name in ("Path", "PurePath", "join"):
                parts = [self.text(a) for a in node.args]
                if parts and None not in parts:
                    return "/".join(p.rstrip("/") for p in parts if p is not None)
        return None

    def draws(self, name: str) -> bool | None:
        """Whether fitting the estimator of that name draws from numpy's global random state; None: not known."""
        if name not in self._draws:
            self._draws[name] = None
            values = self.values.get(name)
            if values:
                found = {draws.estimator(self, value) for value in values}
                self._draws[name] = True if True in found else (None if None in found else False)
        return self._draws[name]

    # Functions

    def function(self, node: ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda, outer: scopes.Scope | None) -> Function:
        """What calling it does."""
        cached = self._cache.get(node)
        if cached is not None:
            return cached
        walk = Walk(self, scopes.function(node, outer))
        assert walk.scope is not None  # noqa: S101 - just made
        parameters = [a.arg for a in scopes.arguments(node.args)]
        if isinstance(node, ast.Lambda):
            walk.results.update(expressions.store(walk, node.body))
        else:
            walk.body(node.body)
        result = self._summary(node, walk, parameters)
        self._cache[node] = result
        return result

    def _summary(
        self, node: ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda, walk: Walk, parameters: list[str]
    ) -> Function:
        scope = walk.scope
        assert scope is not None  # noqa: S101 - functions have one
        changed = scopes.closure(walk.mutates, walk.shares)
        results = scopes.closure(walk.results, walk.shares)
        sure = scopes.closure(set(walk.mutates) - walk.suspected, walk.shares) if walk.suspected else changed
        own = f"#{scope.number}"
        keys = {name: name + own for name in parameters}
        returned = {name for name, key in keys.items() if key in results} | {k for k in results if "#" not in k}
        if results & walk.nested:
            returned.add(getattr(node, "name", ""))
        return Function(
            name=getattr(node, "name", "<lambda>"),
            where=self.where(node),
            kind="generator" if walk.yields else "function",
            parameters=tuple(parameters),
            reads=self._places(walk.reads, own),
            binds=self._places(walk.binds, own),
            certain=frozenset(k for k in walk.bound or () if "#" not in k and " " not in k),
            mutates=self._places({k: walk.mutates.get(k, node) for k in changed}, own),
            deletes=self._places(walk.deletes, own),
            touched=frozenset(k for k in walk.touched if not k.endswith(own)),
            changes=frozenset(name for name, key in keys.items() if key in changed),
            returns=frozenset(returned - {""}),
            suspected=frozenset(n for n, key in keys.items() if key in changed and key not in sure)
            | frozenset(k for k in changed if k not in sure and not k.endswith(own)),
        )

    def _places(self, found: dict[str, ast.AST], own: str) -> dict[str, Location]:
        return {k: self.where(v) for k, v in found.items() if not k.endswith(own)}

    def where(self, node: ast.AST) -> Location:
        """Where a node of the current cell starts."""
        lines = self.lines.get(self.cell)
        if lines is None:
            return Location(self.cell, node.lineno, node.col_offset + 1)  # type: ignore[attr-defined]
        return location(node, self.cell, lines)  # type: ignore[arg-type]


def context(program: Program) -> Context:
    """Gather the facts, functions last: what they change depends on which functions they call."""
    found = Context()
    for cell in program.cells:
        python = getattr(cell, "python", None)
        if python is not None and not python.isascii():
            found.lines[cell.cell.index] = python.split("\n")
    definitions: list[tuple[Statement, ast.stmt]] = []
    for statement in program.statements:
        for node in _flat([statement.node]):
            _gather(found, node)
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef | ast.Assign):
                definitions.append((statement, node))
    found.bound.update(found.values)
    found.stateless.update(_stateless(found, [node for _, node in definitions]))
    found.immutable.update(name for name in found.values if _immutable_name(found, name, set()))
    found.immutable.update(n for n in found.imports if n not in found.values)
    found.selectors.update(n for n, values in found.values.items() if all(_selector(v) for v in values))
    found.iterators.update(n for n, values in found.values.items() if any(_iterator(found, v) for v in values))
    _summarise(found, definitions)
    return found


def _summarise(found: Context, definitions: Sequence[tuple[Statement, ast.stmt]]) -> None:
    """Summaries of functions, again until none changes (each round can only add)."""
    definitions = [(s, n) for s, n in definitions if not isinstance(n, ast.Assign) or isinstance(n.value, ast.Lambda)]
    before: object = None
    for _ in range(6):
        functions: dict[str, list[Function]] = {}
        methods: dict[str, list[Function]] = {}
        found._cache.clear()  # noqa: SLF001 - this fills it
        for statement, node in definitions:
            found.cell = statement.cell
            walk = Walk(found)
            walk.body([node])
            for name, function in walk.functions.items():
                functions.setdefault(name, []).append(function)
                for method, what in function.methods.items():
                    methods.setdefault(method, []).append(what)
        found.functions, found.methods = functions, methods
        state = {
            (f.name, f.where, f.changes, f.returns, *f.mutates)
            for fs in (*functions.values(), *methods.values())
            for f in fs
        }
        if state == before or not state:
            break
        before = state


def _stateless(found: Context, definitions: Iterable[ast.stmt]) -> set[str]:
    """Functions and classes that hold nothing which a call could change: no mutable default or class attribute."""
    names: set[str] = set()
    stateful: set[str] = set()
    for node in definitions:
        kept: list[ast.expr | None] = []
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            kept = [*node.args.defaults, *node.args.kw_defaults]
            stateful.update((node.name,) if node.decorator_list else ())
        elif isinstance(node, ast.ClassDef):
            kept = [part.value for part in _flat(node.body) if isinstance(part, ast.Assign | ast.AnnAssign)]
        elif isinstance(node, ast.Assign) and isinstance(node.value, ast.Lambda):
            names.update(target.id for target in node.targets if isinstance(target, ast.Name))
            kept = [*node.value.args.defaults, *node.value.args.kw_defaults]
            if any(v is not None and not _immutable(found, v, set()) for v in kept):
                stateful.update(target.id for target in node.targets if isinstance(target, ast.Name))
            continue
        else:
            continue
        names.add(node.name)
        if any(v is not None and not _immutable(found, v, set()) for v in kept):
            stateful.add(node.name)
    return names - stateful - found.values.keys() - found.parts


def _flat(body: Iterable[ast.stmt]) -> Iterator[ast.stmt]:
    """Statements and those in their blocks, not those of functions and classes."""
    for node in body:
        yield node
        if isinstance(node, ast.If | ast.For | ast.While | ast.AsyncFor | ast.With | ast.AsyncWith | ast.Try):
            yield from _flat(node.body)
            yield from _flat(getattr(node, "orelse", ()))
            yield from _flat(getattr(node, "finalbody", ()))
            for handler in getattr(node, "handlers", ()):
                yield from _flat(handler.body)
        elif isinstance(node, ast.Match):
            for case in node.cases:
                yield from _flat(case.body)


def _gather(found: Context, node: ast.stmt) -> None:
    add = found.values.setdefault
    if isinstance(node, ast.Import | ast.ImportFrom):
        _gather_import(found, node)
    elif isinstance(node, ast.Assign):
        for target in node.targets:
            if isinstance(target, ast.Name):
                add(target.id, []).append(node.value)
            elif isinstance(target, ast.Attribute) and isinstance(target.value, ast.Name):
                found.parts.add(target.value.id)
            else:
                _gather_targets(found, target, node.value)
    elif isinstance(node, ast.AnnAssign | ast.AugAssign):
        if isinstance(node.target, ast.Name) and node.value is not None:
            add(node.target.id, []).append(node.value)
    elif isinstance(node, ast.For | ast.AsyncFor):
        _gather_targets(found, node.target, node.iter)
    elif isinstance(node, ast.With | ast.AsyncWith):
        for item in node.items:
            if isinstance(item.optional_vars, ast.Name):
                add(item.optional_vars.id, []).append(item.context_expr)
    elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        found.bound.add(node.name)
        for part in ast.walk(node):
            if isinstance(part, ast.Global):
                for name in part.names:
                    add(name, []).append(None)
            elif isinstance(part, ast.Import | ast.ImportFrom):
                _gather_import(found, part)
    elif isinstance(node, ast.Match):
        for part in ast.walk(node):
            name = getattr(part, "name", None) or getattr(part, "rest", None)
            if isinstance(name, str):
                add(name, []).append(None)
    if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef | ast.Import | ast.ImportFrom):
        for part in ast.walk(node):
            if isinstance(part, ast.NamedExpr):
                add(part.target.id, []).append(None)


def _gather_targets(found: Context, target: ast.expr, value: ast.expr) -> None:
    counted = isinstance(target, ast.Name) and isinstance(value, ast.Call) and getattr(value.func, "id", "") == "range"
    for name in scopes.target_names(target):
        found.values.setdefault(name, []).append(ast.Constant(0) if counted else None)


def _gather_import(found: Context, node: ast.Import | ast.ImportFrom) -> None:
    for alias in node.names:
        if isinstance(node, ast.ImportFrom):
            found.modules.add((node.module or "").partition(".")[0])
            if alias.name == "*":
                found.stars = True
            else:
                found.imports[alias.asname or alias.name] = f"{'.' * node.level}{node.module or ''}.{alias.name}"
        else:
            found.modules.add(alias.name.partition(".")[0])
            found.imports[alias.asname or alias.name.partition(".")[0]] = (
                alias.name if alias.asname else alias.name.partition(".")[0]
            )


def _immutable_name(found: Context, name: str, visiting: set[str]) -> bool:
    if name in visiting:
        return True
    values = found.values.get(name)
    if not values:
        return False
    visiting.add(name)
    return all(v is not None and _immutable(found, v, visiting) for v in values)


def _immutable(found: Context, node: ast.expr, visiting: set[str]) -> bool:
    """Whether the value certainly cannot be changed in place: numbers, strings, tuples of those."""
    if isinstance(node, ast.Constant | ast.JoinedStr):
        return True
    if isinstance(node, ast.Name):
        return _immutable_name(found, node.id, visiting)
    if isinstance(node, ast.BinOp):
        return _immutable(found, node.left, visiting) and _immutable(found, node.right, visiting)
    if isinstance(node, ast.UnaryOp):
        return _immutable(found, node.operand, visiting)
    if isinstance(node, ast.Tuple):
        return all(_immutable(found, e, visiting) for e in node.elts)
    if isinstance(node, ast.Call):
        return isinstance(node.func, ast.Name) and node.func.id in _IMMUTABLE_CALLS and node.func.id not in found.values
    if isinstance(node, ast.Attribute):
        return node.attr in ("shape", "size", "ndim")
    if isinstance(node, ast.Subscript):
        return isinstance(node.value, ast.Attribute) and node.value.attr == "shape"
    return False


def _selector(node: ast.expr | None) -> bool:
    """Whether the value is a list or a mask."""
    if isinstance(node, ast.Call):
        name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
        return name in MASK_METHODS or name in ("list", "tolist", "to_list", "sorted")
    if isinstance(node, ast.BinOp):
        return _selector(node.left) or _selector(node.right)
    return isinstance(node, ast.List | ast.ListComp | ast.Compare)


def _iterator(found: Context, node: ast.expr | None) -> bool:
    if isinstance(node, ast.GeneratorExp):
        return True
    if isinstance(node, ast.Call):
        if isinstance(node.func, ast.Attribute) and node.func.attr in ITERATOR_METHODS:
            return True
        return found.dotted(node.func, None) in ITERATOR_FUNCTIONS
    return False
