"""What the whole notebook tells about its names before any one statement is looked at."""

from __future__ import annotations

import ast
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from nb2prod.names import expressions, scopes
from nb2prod.names.knowledge import BUILTINS
from nb2prod.names.model import Function
from nb2prod.names.walk import Walk
from nb2prod.problems import Location
from nb2prod.program import location

if TYPE_CHECKING:
    from collections.abc import Mapping

_USUAL = {
    "np": "numpy", "pd": "pandas", "plt": "matplotlib.pyplot", "sns": "seaborn", "tf": "tensorflow",
    "numpy": "numpy", "pandas": "pandas",
}  # fmt: skip
"""What these names mean where the import itself is missing from the notebook."""


@dataclass(slots=True)
class Context:
    """Facts about global names that hold whatever the order in which cells are run.

    `modules` are the top-level modules imported, `module_names` the names of modules. `values` are all expressions
    a name is assigned (None: something else binds it), `defined` the functions and classes, `bound` everything that
    the notebook binds, `parts` names whose attributes it sets. `immutable` names never hold anything that can be
    changed in place, `selectors` always lists or masks, `containers` perhaps a list or
    dictionary, `data` always frames, arrays or literals, `iterators` may hold what reading uses up; `stateless`
    functions and classes hold nothing that a call could change. Only `cell` and `recent`, what names were given
    further up in the same cell, go along with the statement that is looked at; `summaries` and `roots` are worked out
    once they are asked for; `asked` are the functions and methods that were looked for.
    """

    imports: dict[str, str] = field(default_factory=dict)
    modules: set[str] = field(default_factory=set)
    module_names: set[str] = field(default_factory=set)
    stars: bool = False
    values: dict[str, list[ast.expr | None]] = field(default_factory=dict)
    defined: set[str] = field(default_factory=set)
    bound: set[str] = field(default_factory=set)
    parts: set[str] = field(default_factory=set)
    immutable: set[str] = field(default_factory=set)
    selectors: set[str] = field(default_factory=set)
    containers: set[str] = field(default_factory=set)
    data: set[str] = field(default_factory=set)
    iterators: set[str] = field(default_factory=set)
    stateless: set[str] = field(default_factory=set)
    functions: dict[str, list[Function]] = field(default_factory=dict)
    methods: dict[str, list[Function]] = field(default_factory=dict)
    lines: dict[int, list[str]] = field(default_factory=dict)
    cell: int = 0
    recent: dict[str, ast.expr] = field(default_factory=dict)
    summaries: dict[ast.AST, Function] = field(default_factory=dict)
    roots: dict[str, str | None] = field(default_factory=dict)
    asked: set[str] = field(default_factory=set)

    def given(self, name: str) -> list[ast.expr | None]:
        """List what a name may have been given: the last assignment further up in the cell, else any."""
        value = self.recent.get(name)
        return self.values.get(name, []) if value is None else [value]

    def dotted(self, node: ast.expr, scope: scopes.Scope | None) -> str | None:
        """Find the full name of what an expression means, if it starts from an import: `np.random` is numpy.random."""
        parts: list[str] = []
        while isinstance(node, ast.Attribute):
            parts.append(node.attr)
            node = node.value
        if not isinstance(node, ast.Name):
            return None
        root = self._module(node.id, scope)
        if root is None or not parts:
            return root
        parts.append(root)
        return ".".join(reversed(parts))

    def _module(self, name: str, scope: scopes.Scope | None) -> str | None:
        key = name if scope is None else scope.key(name)
        if scope is not None and "#" in key:
            return self.imports.get(name) if scope.imports_name(name) else None
        if key not in self.roots:
            self.roots[key] = self._root(key)
        return self.roots[key]

    def _root(self, key: str) -> str | None:
        if key in self.values and not all(_calls(value, key) for value in self.values[key]):
            return None
        if key in self.imports:
            return self.imports[key]
        if key in self.bound:
            return None
        return _USUAL.get(key) or (key if key in BUILTINS else None)

    def text(self, node: ast.expr | None) -> str | None:
        """Read a string that is plain to see, also through names that only ever hold one."""
        return self._text(node, 10)

    def _text(self, node: ast.expr | None, depth: int) -> str | None:
        match node:
            case ast.Constant(value=str() as text):
                return text
            case ast.Name(id=name) if depth:  # `path = path + "/x"` would go on for ever
                values = self.given(name)
                return self._text(values[0], depth - 1) if len(values) == 1 else None
            case ast.BinOp(left=left, op=ast.Add(), right=right):
                parts, separator = [left, right], ""
            case ast.BinOp(left=left, op=ast.Div(), right=right):
                parts, separator = [left, right], "/"
            case ast.JoinedStr(values=values):
                parts, separator = [v.value if isinstance(v, ast.FormattedValue) else v for v in values], ""
            case (
                ast.Call(func=ast.Name(id="Path" | "PurePath" | "str"), args=[_, *_] as parts, keywords=[])
                | ast.Call(func=ast.Attribute(attr="Path" | "join"), args=[_, *_] as parts, keywords=[])
            ):
                separator = "/"
            case _:
                return None
        texts = [self._text(part, depth) for part in parts]
        found = [text for text in texts if text is not None]
        if len(found) < len(texts):
            return None
        return separator.join([*(text.rstrip("/") if separator else text for text in found[:-1]), *found[-1:]])

    # Functions

    def function(
        self, node: ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda, outer: scopes.Scope | None
    ) -> Function:
        """Summarise what calling it does."""
        found = self.summaries.get(node)
        if found is None:
            scope = scopes.function(node, outer)
            walk = Walk(self, scope)
            recent, self.recent = self.recent, {}  # it may be called from anywhere
            if isinstance(node, ast.Lambda):
                walk.results.update(expressions.store(walk, node.body))
            else:
                walk.body(node.body)
            self.recent = recent
            found = self.summaries[node] = self._summary(node, walk, scope)
        return found

    def _summary(
        self, node: ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda, walk: Walk, scope: scopes.Scope
    ) -> Function:
        own = f"#{scope.number}"

        def places(found: dict[str, ast.AST]) -> dict[str, Location]:
            return self.places({k: v for k, v in found.items() if not k.endswith((own, "#in"))})

        name = getattr(node, "name", "<lambda>")
        parameters = {a.arg: a.arg + own for a in scopes.arguments(node.args)}
        results = scopes.closure(walk.results, walk.shares)
        returns = {p for p, key in parameters.items() if key in results} | {k for k in results if "#" not in k}
        suspected = {p for p, key in parameters.items() if key in walk.suspected} | walk.suspected
        return Function(
            name=name,
            where=self.where(node),
            kind="generator" if walk.yields else "function",
            parameters=tuple(parameters),
            reads=places(walk.reads),
            binds=places(walk.binds),
            certain=frozenset(k for k in walk.bound or () if "#" not in k and " " not in k),
            mutates=places(walk.mutates),
            deletes=places(walk.deletes),
            touched=frozenset(k for k in walk.touched if not k.endswith((own, "#in"))),
            changes=frozenset(p for p, key in parameters.items() if key in walk.mutates),
            returns=frozenset(returns | {name} if results & walk.nested else returns),
            suspected=frozenset(k for k in suspected if not k.endswith((own, "#in"))),
            shares=scopes.between(walk.shares, {key: p for p, key in parameters.items()}),
        )

    # Places

    def places(self, found: Mapping[str, ast.AST]) -> dict[str, Location]:
        """Locate what was found in the current cell."""
        cell = self.cell
        if cell in self.lines:
            return {k: self.where(v) for k, v in found.items()}
        return {k: _new(Location, (cell, v.lineno, v.col_offset + 1)) for k, v in found.items()}  # type: ignore[attr-defined]

    def where(self, node: ast.AST) -> Location:
        """Locate a node of the current cell."""
        lines = self.lines.get(self.cell)
        if lines is None:  # ASCII only: bytes are characters
            return Location(self.cell, node.lineno, node.col_offset + 1)  # type: ignore[attr-defined]
        return location(node, self.cell, lines)  # type: ignore[arg-type]


_new = tuple.__new__
"""Makes a named tuple in half the time."""


def _calls(node: ast.expr | None, name: str) -> bool:
    """Whether the value is what calling that name gives: `mean = mean(x)` calls an import as long as it can."""
    return isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == name
