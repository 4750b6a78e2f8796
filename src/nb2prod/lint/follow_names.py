"""What each name stands for while a notebook is followed, what was noted on the way, and where we are."""

from __future__ import annotations

import ast
from contextlib import contextmanager
from typing import TYPE_CHECKING

from nb2prod.lint.learning import NOTHING, Event, Learning, Split, Table, Value, all_of, replace
from nb2prod.program import ParsedCell, location

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterable, Iterator

    from nb2prod.lint.learning import How, Kind
    from nb2prod.problems import Location
    from nb2prod.program import Program

Function = ast.FunctionDef | ast.AsyncFunctionDef


class Names:
    """Scopes, the notebook's own functions, and the record; what an object is changed to, all its names see."""

    def __init__(self, program: Program) -> None:
        self.lines = {each.cell.index: each.lines for each in program.cells if isinstance(each, ParsedCell)}
        self.found = Learning()
        self.cell = 0
        self.scopes: list[dict[str, Value]] = [{}]
        self.lists: dict[str, frozenset[str] | None] = {}
        self.constants: dict[str, object] = {}
        self.piped: dict[ast.Call, ast.Call] = {}
        self.files: dict[str, Value] = {}
        self.kept_in: list[str] = []
        self.functions: dict[str, tuple[Function, int]] = {}
        self.own: set[str] = set()
        self.real: dict[str, str] = {}
        self.bound: set[str] = set()
        self.calling: list[ast.Call] = []
        self.calling_from: list[Location] = []
        self.loops: list[int] = []
        self.passes: list[int] = []
        self.seen: dict[Hashable, int] = {}
        for each in program.statements:
            self._know(each.node, each.cell)

    def value(self, node: ast.expr | None) -> Value:
        """Say what an expression comes from."""
        raise NotImplementedError

    def columns(self, node: ast.expr | None) -> frozenset[str] | None:
        """Read the columns that an expression means; None if that is not plain."""
        raise NotImplementedError

    def body(self, statements: Iterable[ast.stmt]) -> bool:
        """Run statements in their order; tell whether the function ends here for certain."""
        raise NotImplementedError

    def own_function(self, node: ast.Call, name: str) -> Value:
        """Run one of the notebook's own functions."""
        raise NotImplementedError

    def together(self, nodes: Iterable[ast.expr]) -> Value:
        """Say what several expressions come from."""
        return all_of(map(self.value, nodes))

    def look(self, name: str) -> Value:
        """Say what a name holds; one that is made only further down holds rows that nobody knows."""
        for scope in reversed(self.scopes):
            if name in scope:
                return scope[name]
        if name in self.bound and len(self.scopes) == 1:
            return self.scopes[0].setdefault(name, self.table(name))
        return NOTHING

    def bind(self, name: str, value: Value) -> None:
        """Let a name hold a value in the innermost scope."""
        self.scopes[-1][name] = value
        self.lists.pop(name, None)
        self.constants.pop(name, None)

    def change(self, old: Value, new: Value) -> None:
        """Change an object in place: every name that holds it sees the change."""
        if old is NOTHING or old is new:
            return
        for scope in self.scopes:
            for name, held in scope.items():
                if held is old:
                    scope[name] = new

    def table(self, made_by: Hashable) -> Value:
        """A table just read or made, of columns that are not known; the same for the same maker."""
        number = self.seen.setdefault(("table", made_by), len(self.seen))
        return Value(sources=frozenset({number}), table=Table(number), needs=None)

    def retabled(self, value: Value, node: ast.expr) -> Value:
        """The same rows with other columns."""
        return replace(value, table=self.table(self.key(node)).table, column=None, needs=None)

    def key(self, node: ast.AST) -> Hashable:
        """Tell one time that a node runs from others: the calls and the turns of loops that it is in."""
        return (node, *self.calling, *self.passes)

    def note(  # noqa: PLR0913 - the fields of an event
        self,
        kind: Kind,
        node: ast.expr | ast.stmt,
        name: str,
        *,
        data: Value = NOTHING,
        target: Value = NOTHING,
        model: Value = NOTHING,
        check: tuple[Value, ...] = (),
        method: str = "",
        count: int = 0,
    ) -> int:
        """Note an event once for each time that its node runs, and give its number."""
        key = (kind, self.key(node))
        number = self.seen.get(key)
        if number is None:
            number = self.seen[key] = len(self.found.events)
            via = self.calling_from[0] if self.calling_from else None
            loops = tuple(self.loops)
            self.found.events.append(
                Event(kind, self.place(node), name, data, target, model, check, node, method, count, via, loops)
            )
        return number

    def cut(
        self,
        key: Hashable,
        node: ast.expr,
        data: Value,
        kind: How,
        *,
        random: bool = False,
    ) -> int:
        """Note a split once, and give its number."""
        number = self.seen.get(("split", key))
        if number is None:
            number = self.seen["split", key] = len(self.found.splits)
            self.found.splits.append(Split(self.place(node), data, kind, random))
        return number

    def sided(self, value: Value, split: int, side: str) -> Value:
        """One side of a split."""
        return replace(value, sides=value.sides | {(split, side)})

    def place(self, node: ast.expr | ast.stmt) -> Location:
        """Where a node of this cell starts."""
        return location(node, self.cell, self.lines[self.cell])

    @contextmanager
    def inside(self, call: ast.Call, scope: dict[str, Value], cell: int) -> Iterator[None]:
        """Run what a call of the notebook's own function runs."""
        self.calling_from.append(self.place(call))
        self.calling.append(call)
        self.scopes.append(scope)
        before, self.cell = self.cell, cell
        try:
            yield
        finally:
            self.cell = before
            self.scopes.pop()
            self.calling.pop()
            self.calling_from.pop()

    def _know(self, node: ast.stmt, cell: int) -> None:
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            self.functions[node.name] = (node, cell)
            self.own.add(node.name)
        elif isinstance(node, ast.ClassDef):
            self.own.add(node.name)
        elif isinstance(node, ast.Assign):
            self.bound.update(target.id for target in node.targets if isinstance(target, ast.Name))
        elif isinstance(node, ast.ImportFrom):
            self.real.update({alias.asname: alias.name for alias in node.names if alias.asname})
