"""Walk one statement in execution order and note what it does to names."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING, TypeAlias

from nb2prod.names import calls, expressions, scopes, statements
from nb2prod.names.knowledge import BUILTINS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from nb2prod.names.context import Context
    from nb2prod.names.model import Function
    from nb2prod.names.scopes import Scope

Sources: TypeAlias = tuple[str, ...]
"""The names whose value an expression's value may be, hold, or be a part of."""


class Walk:
    """What is seen on the way through one statement or function body.

    Keys are global names, channels, or `name#n` for a name of scope n inside the statement. `bound` is what
    holds on every path to the current point, None where it is not reached: keys that are bound, `del key` for
    those deleted, `call key` for functions called. `inner`: there may be keys of inner scopes. `looked_at` are
    sources that what the statement binds only looks at.
    """

    __slots__ = (
        "_breaks", "binds", "bound", "context", "deletes", "functions", "inner", "looked_at", "methods", "mutates",
        "nested", "reads", "results", "scope", "shares", "suspected", "touched", "yields",
    )  # fmt: skip

    def __init__(self, context: Context, scope: Scope | None = None) -> None:
        """Start at the top of a statement, or of the body of a function with that scope."""
        self.context = context
        self.scope = scope
        self.inner = False
        self.bound: set[str] | None = set()
        self.reads: dict[str, ast.AST] = {}
        self.binds: dict[str, ast.AST] = {}
        self.mutates: dict[str, ast.AST] = {}
        self.deletes: dict[str, ast.AST] = {}
        self.touched: set[str] = set()
        self.suspected: set[str] = set()
        self.shares: set[tuple[str, str]] = set()
        self.functions: dict[str, Function] = {}
        self.looked_at: set[str] = set()
        self.methods: dict[str, Function] = {}
        self.nested: set[str] = set()
        self.results: set[str] = set()
        self.yields = False
        self._breaks: list[list[set[str]]] = []

    # What happens to a key

    def key(self, name: str) -> str:
        """Tell which variable a name means here."""
        return name if self.scope is None else self.scope.key(name)

    def read(self, key: str, node: ast.AST) -> None:
        """Note a read that may see the value from before the statement."""
        if key in self.reads or (self.bound is not None and key in self.bound) or "#" in key:
            return
        if key not in BUILTINS or key in self.context.bound or self.context.stars:
            self.reads[key] = node

    def bind(self, key: str, node: ast.AST) -> None:
        """Note that a key gets a new value."""
        self.binds.setdefault(key, node)
        if self.bound is not None:
            self.bound.add(key)
            self.bound.discard(f"del {key}")

    def delete(self, key: str, node: ast.AST) -> None:
        """Note that a key is no longer bound."""
        self.deletes.setdefault(key, node)
        if self.bound is not None:
            self.bound.discard(key)
            self.bound.add(f"del {key}")

    def mutate(self, keys: Iterable[str], node: ast.AST, *, suspected: bool = False) -> None:
        """Note that the values of keys may be changed in place; suspected: because we do not know what is called.

        What shares with them by now changes, too; what is put into them later does not.
        """
        stateless = self.context.stateless
        for key in scopes.closure(keys, self.shares) if self.shares else keys:
            if key in stateless:
                continue
            if not suspected:
                self.suspected.discard(key)
            elif key not in self.mutates:
                self.suspected.add(key)
            self.mutates.setdefault(key, node)

    def share(self, key: str, sources: Iterable[str]) -> None:
        """Note that the value of a key may from here on be, hold or be a part of others."""
        for source in sources:
            self.shares.add((key, source))

    # Expressions

    def expr(self, node: ast.expr | None) -> Sources:
        """Evaluate an expression that may be missing."""
        return () if node is None else expressions.EXPRESSIONS[node.__class__](self, node)

    def exprs(self, nodes: Iterable[ast.expr | None]) -> Sources:
        """Evaluate expressions one after the other."""
        found: Sources = ()
        for node in nodes:
            if node is not None:
                found += expressions.EXPRESSIONS[node.__class__](self, node)
        return found

    def fold(self, function: Function, node: ast.AST) -> None:
        """Take what a function does as done here, perhaps."""
        for key in function.reads:
            self.read(key, node)
        for key in function.binds:
            self.binds.setdefault(key, node)
        self.mutate((k for k in function.mutates if k not in function.suspected), node)
        self.mutate(function.suspected.intersection(function.mutates), node, suspected=True)
        for key in function.deletes:
            self.deletes.setdefault(key, node)
        self.touched |= function.touched

    def assign(self, target: ast.expr, sources: Sources) -> None:
        """Give a target a value that may share with `sources`."""
        if isinstance(target, ast.Name):
            key = self.key(target.id)
            self.bind(key, target)
            self.share(key, sources)
        elif isinstance(target, (ast.Attribute, ast.Subscript)):
            owners = self.expr(target.value)
            if isinstance(target, ast.Subscript):
                self.expr(target.slice)
            calls.assign_part(self, target, owners)
            for owner in owners:
                self.share(owner, sources)
        elif isinstance(target, ast.Starred):
            self.assign(target.value, sources)
        elif isinstance(target, (ast.Tuple, ast.List)):
            for element in target.elts:
                self.assign(element, sources)

    # Statements and paths

    def body(self, nodes: Iterable[ast.stmt]) -> None:
        """Run statements one after the other."""
        for node in nodes:
            statements.execute(self, node)

    def here(self) -> set[str] | None:
        """Remember what holds at this point."""
        return None if self.bound is None else set(self.bound)

    def join(self, ends: Iterable[set[str] | None]) -> None:
        """Go on with what holds whichever way we came; None when no way leads here."""
        reached = [end for end in ends if end is not None]
        self.bound = set.intersection(*reached) if reached else None

    def branch(self, *bodies: Callable[[], object]) -> None:
        """Run alternatives from the same start."""
        start = self.bound
        ends = []
        for body in bodies:
            self.bound = None if start is None else set(start)
            body()
            ends.append(self.bound)
        self.join(ends)

    def loop(self, body: Callable[[], None], orelse: Sequence[ast.stmt], *, endless: bool) -> None:
        """Run a body zero or more times; an endless loop is left by break only."""
        before = self.here()
        self._breaks.append([])
        body()
        breaks = self._breaks.pop()
        self._change_again()
        self.bound = None if endless else before
        if orelse:
            self.body(orelse)
        self.join([self.bound, *breaks])

    def _change_again(self) -> None:
        """Let what a loop's body hands out at its end be changed by its beginning."""
        sure = self.mutates.keys() - self.suspected
        for keys, suspected in ((sure, False), (self.suspected & self.mutates.keys(), True)):
            for key in scopes.closure(keys, self.shares) - keys:
                self.mutate((key,), next(self.mutates[k] for k in keys), suspected=suspected)

    @property
    def loops(self) -> int:
        """In how many loops we are."""
        return len(self._breaks)

    def leave_loop(self) -> None:
        """Break."""
        if self.bound is not None and self._breaks:
            self._breaks[-1].append(self.bound)
        self.bound = None
