"""Every node of the notebook, found in one walk for all rules, and what the names in calls stand for."""

from __future__ import annotations

import ast
from collections import defaultdict
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple, TypeVar, cast

from nb2prod.names.knowledge import BUILTINS
from nb2prod.tree import children, collect, walk

if TYPE_CHECKING:
    from nb2prod.program import Program, Statement

_Node = TypeVar("_Node", bound=ast.AST)

_USUAL = {"np": "numpy", "pd": "pandas", "plt": "matplotlib.pyplot", "sns": "seaborn", "tf": "tensorflow"}
"""What these names mean where the import itself is missing from the notebook."""


@dataclass(frozen=True, slots=True, eq=False)
class Imported:
    """A name that an import binds, and what it stands for: `pd` and "pandas"; `*` is a name, too."""

    statement: Statement
    node: ast.Import | ast.ImportFrom
    alias: ast.alias
    name: str
    path: str


class Call(NamedTuple):  # many are made
    """A call in a top-level statement, at any depth.

    `path` is the full name of what is called where that starts from an import, or is a builtin that nothing hides:
    "pandas.read_csv", "open". `name` is its last word, as written: "read_csv", also for methods of objects.
    """

    statement: Statement
    node: ast.Call
    path: str | None
    name: str


_new = tuple.__new__
"""Makes a named tuple in half the time."""


@dataclass(frozen=True)
class Nodes:
    """The nodes of all statements by their kind, in the order of the text."""

    program: Program

    def of(self, kind: type[_Node]) -> list[tuple[Statement, _Node]]:
        """List all nodes of exactly this kind, each with the top-level statement it is in."""
        return cast("list[tuple[Statement, _Node]]", self._by_kind.get(kind, []))

    @cached_property
    def calls(self) -> tuple[Call, ...]:
        """Every call, with what it calls."""
        path = self.path
        return tuple(
            [
                _new(Call, (statement, node, path(node.func, statement), _last_word(node.func)))
                for statement, node in self.of(ast.Call)
            ]
        )

    def calls_in(self, statement: Statement) -> list[Call]:
        """List the calls in a top-level statement."""
        return self._calls_by_statement.get(statement.index, [])

    def names_in(self, statement: Statement) -> list[str]:
        """List the names in a top-level statement, each as often as it stands there."""
        found = self._names_by_statement.get(statement.index)
        if found is None:
            found = [node.id for node in walk(statement.node) if isinstance(node, ast.Name)]
            self._names_by_statement[statement.index] = found
        return found

    @cached_property
    def imports(self) -> tuple[Imported, ...]:
        """Every name that an import binds, in functions, too."""
        plain = [
            Imported(statement, node, alias, alias.asname or alias.name.partition(".")[0], _module(alias))
            for statement, node in self.of(ast.Import)
            for alias in node.names
        ]
        froms = [
            Imported(
                statement,
                node,
                alias,
                alias.asname or alias.name,
                f"{'.' * node.level}{node.module or ''}.{alias.name}",
            )
            for statement, node in self.of(ast.ImportFrom)
            for alias in node.names
        ]
        return tuple(
            sorted(plain + froms, key=lambda each: (each.statement.index, each.alias.lineno, each.alias.col_offset))
        )

    @cached_property
    def bound(self) -> frozenset[str]:
        """The names that something else than an import binds anywhere: assignments, loops, parameters, definitions."""
        found = {node.id for _, node in self.of(ast.Name) if node.ctx.__class__ is not ast.Load}
        found |= {node.arg for _, node in self.of(ast.arg)}
        for kind in (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.ExceptHandler, ast.MatchAs):
            found |= {node.name for _, node in self.of(kind) if node.name}  # type: ignore[attr-defined] # all have it
        return frozenset(found)

    @cached_property
    def read(self) -> frozenset[str]:
        """The names that are read anywhere."""
        return frozenset(self._reads_by_name)

    def reads_of(self, name: str) -> list[tuple[Statement, ast.Name]]:
        """List where a name is read, in any scope."""
        return self._reads_by_name.get(name, [])

    @cached_property
    def given(self) -> dict[str, list[tuple[Statement, ast.expr | None]]]:
        """What each name is given anywhere; None for what is not plain: a part of something, a change.

        A loop's variable is given what is looped over.
        """
        found: dict[str, list[tuple[Statement, ast.expr | None]]] = {}
        plain = [
            (statement, target, assign.value)
            for statement, assign in self.of(ast.Assign)
            for target in assign.targets
            if isinstance(target, ast.Name)
        ]
        loops: list[tuple[Statement, ast.For | ast.comprehension]] = [*self.of(ast.For), *self.of(ast.comprehension)]
        looped = [(statement, target, loop.iter) for statement, loop in loops for target in _names(loop.target)]
        known = set()
        for statement, target, value in plain + looped:
            found.setdefault(target.id, []).append((statement, value))
            known.add(target)
        for statement, node in self.of(ast.Name):
            if not isinstance(node.ctx, ast.Load) and node not in known:
                found.setdefault(node.id, []).append((statement, None))
        return found

    @cached_property
    def parameters(self) -> dict[str, list[ast.FunctionDef]]:
        """The functions that have a parameter of each name."""
        found: dict[str, list[ast.FunctionDef]] = {}
        for _, function in self.of(ast.FunctionDef):
            arguments = function.args
            for each in (
                *arguments.posonlyargs,
                *arguments.args,
                *arguments.kwonlyargs,
                arguments.vararg,
                arguments.kwarg,
            ):
                if each is not None:
                    found.setdefault(each.arg, []).append(function)
        return found

    def path(self, node: ast.expr, statement: Statement) -> str | None:
        """Find the full name of an expression that starts from an import: `np.random` is "numpy.random"."""
        path = ""
        while isinstance(node, ast.Attribute):
            path = f".{node.attr}{path}"
            node = node.value
        if not isinstance(node, ast.Name) or (root := self._root(node.id, statement)) is None:
            return None
        return root + path

    def parents(self, statement: Statement) -> dict[ast.AST, ast.AST]:
        """Map each node of a statement to the one it is in."""
        found = self._parents.get(statement.index)
        if found is None:
            found = {child: node for node in walk(statement.node) for child in children(node)}
            self._parents[statement.index] = found
        return found

    def is_guarded(self, node: ast.AST, statement: Statement) -> bool:
        """Tell whether a node is in a `try` or in an `if`: it need not work everywhere."""
        parents = self.parents(statement)
        above = parents.get(node)
        while above is not None and not isinstance(above, (ast.Try, ast.If)):
            above = parents.get(above)
        return above is not None

    @cached_property
    def _reads_by_name(self) -> dict[str, list[tuple[Statement, ast.Name]]]:
        found: dict[str, list[tuple[Statement, ast.Name]]] = {}
        for each in self.of(ast.Name):
            if each[1].ctx.__class__ is ast.Load:
                found.setdefault(each[1].id, []).append(each)
        return found

    @cached_property
    def _calls_by_statement(self) -> dict[int, list[Call]]:
        found: dict[int, list[Call]] = {}
        for call in self.calls:
            found.setdefault(call.statement.index, []).append(call)
        return found

    @cached_property
    def _names_by_statement(self) -> dict[int, list[str]]:
        return {}

    @cached_property
    def _parents(self) -> dict[int, dict[ast.AST, ast.AST]]:
        return {}

    @cached_property
    def _by_kind(self) -> dict[type[ast.AST], list[tuple[Statement, ast.AST]]]:
        found: dict[type[ast.AST], list[tuple[Statement, ast.AST]]] = defaultdict(list)
        for statement in self.program.statements:
            collect(statement.node, statement, found)
        return found

    @cached_property
    def _aliases(self) -> dict[str, list[tuple[int, str]]]:
        found: dict[str, list[tuple[int, str]]] = {}
        for each in self.imports:
            found.setdefault(each.name, []).append((each.statement.index, each.path))
        return found

    @cached_property
    def _roots(self) -> dict[str, str | None]:
        return {}

    def _root(self, name: str, statement: Statement) -> str | None:
        if name not in self._roots:
            paths = {path for _, path in self._aliases.get(name, ())}
            if len(paths) > 1 and name not in self.bound:
                above = [path for index, path in self._aliases[name] if index <= statement.index]
                return above[-1] if above else self._aliases[name][0][1]
            usual = _USUAL.get(name) or (name if name in BUILTINS else None)
            self._roots[name] = None if name in self.bound else paths.pop() if paths else usual
        return self._roots[name]


def _module(alias: ast.alias) -> str:
    """`import os.path` binds os; `import os.path as p` binds os.path."""
    return alias.name if alias.asname else alias.name.partition(".")[0]


def _names(target: ast.expr) -> list[ast.Name]:
    return [node for node in ast.walk(target) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)]


def _last_word(node: ast.expr) -> str:
    if isinstance(node, ast.Attribute):
        return node.attr
    return node.id if isinstance(node, ast.Name) else ""
