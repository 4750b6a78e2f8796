"""The whole notebook: which statements' values each read may see, in document order or in the order it was run."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal

from nb2prod.names import ANY_FILE, EVERYTHING, FIGURE, Effects, context, effects
from nb2prod.names.knowledge import BUILTINS

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from nb2prod.names import Function
    from nb2prod.problems import Location
    from nb2prod.program import Program

Order = Literal["document", "recorded"]


@dataclass(frozen=True, slots=True)
class Use:
    """A read of a name and the statements whose value it may see.

    `definitions` are statements that bound the name or changed its value in place; empty: nothing defines it.
    `through` is the function of the notebook whose free name it is, when it is read by using that function.
    """

    name: str
    statement: int
    where: Location
    definitions: tuple[int, ...]
    through: str | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Dataflow:
    """Statements by their index in the program; `effects` have what called notebook functions do folded in."""

    program: Program
    order: tuple[int, ...]
    effects: tuple[Effects, ...]
    uses: tuple[tuple[Use, ...], ...]

    def slice(self, roots: Iterable[int]) -> frozenset[int]:
        """Every statement that the values and changes made by `roots` depend on, `roots` included."""
        found = set(roots)
        todo = list(found)
        while todo:
            for use in self.uses[todo.pop()]:
                for definition in use.definitions:
                    if definition not in found:
                        found.add(definition)
                        todo.append(definition)
        return frozenset(found)

    def readers(self, statement: int) -> frozenset[int]:
        """The statements that may see what this one wrote."""
        return frozenset(
            use.statement
            for uses in self.uses
            for use in uses
            if statement in use.definitions and use.statement != statement
        )


def analyse(program: Program, order: Order = "document") -> Dataflow:
    """Follow every name through the notebook; cells never run are left out of the recorded order."""
    facts = context(program)
    plain = [effects(statement, facts) for statement in program.statements]
    steps = _order(program, order)
    state = _State(frozenset(facts.stateless))
    folded = list(plain)
    uses: list[tuple[Use, ...]] = [()] * len(plain)
    cell = -1
    for step in steps:
        if program.statements[step].cell != cell:
            cell = program.statements[step].cell
            state.new_cell()
        folded[step], uses[step] = state.run(step, plain[step])
    return Dataflow(program, steps, tuple(folded), tuple(uses))


def _order(program: Program, order: Order) -> tuple[int, ...]:
    statements = program.statements
    if order == "document":
        return tuple(range(len(statements)))
    runs = {cell.cell.index: cell.cell.run for cell in program.cells}
    ran = [s for s in statements if runs.get(s.cell)]
    return tuple(s.index for s in sorted(ran, key=lambda s: (runs[s.cell] or 0, s.cell, s.index)))


class _State:
    """What holds between two statements: which definitions reach here, what shares with what."""

    __slots__ = ("definitions", "functions", "holds", "shares", "stars")

    def __init__(self, functions: frozenset[str]) -> None:
        self.functions = functions
        self.definitions: dict[str, tuple[int, ...]] = {}
        self.stars: list[int] = []
        self.holds: dict[str, tuple[Function, ...]] = {}
        self.shares: dict[str, set[str]] = {}

    def new_cell(self) -> None:
        """The inline backend shows and closes the figure at the end of each cell."""
        self.definitions.pop(FIGURE, None)
        self._forget(FIGURE)

    def run(self, step: int, plain: Effects) -> tuple[Effects, tuple[Use, ...]]:
        """One statement: what it sees, then what holds after it."""
        used = self._called(plain)
        uses = [Use(n, step, where, seen) for n, where in plain.reads.items() if (seen := self._seen(n)) or _matters(n)]
        folded = _fold(plain, used)
        direct = {u.name for u in uses}
        for function, via in used:
            where = plain.reads.get(via)
            for name, place in function.reads.items():
                if name not in direct:
                    direct.add(name)
                    seen = self._seen(name)
                    if name in folded.binds or name in folded.mutates:
                        seen = (*seen, step) if name in plain.binds else seen
                    if seen or _matters(name):
                        uses.append(Use(name, step, where or place, seen, function.name))
        shared = {o for name in folded.mutates for o in self.shares.get(name, ())} - folded.mutates.keys()
        if shared:
            at = min(folded.mutates.values())
            folded = replace(folded, mutates=folded.mutates | dict.fromkeys(sorted(shared), at))
        for name in folded.mutates:
            if name not in direct and name not in folded.binds:
                direct.add(name)
                uses.append(Use(name, step, folded.mutates[name], self._seen(name)))
        self._write(step, folded)
        self._relate(plain)
        return folded, tuple(uses)

    def _seen(self, name: str) -> tuple[int, ...]:
        if name == EVERYTHING:
            return tuple(sorted({d for seen in self.definitions.values() for d in seen} | set(self.stars)))
        seen = self.definitions.get(name, ())
        if name.startswith("file:"):
            others = (ANY_FILE,) if name != ANY_FILE else [n for n in self.definitions if n.startswith("file:")]
            seen = tuple(sorted({*seen, *(d for other in others for d in self.definitions.get(other, ()))}))
        if self.stars and ":" not in name:
            last = seen[0] if seen else -1
            seen = (*seen, *(s for s in self.stars if s not in seen and (s > last or not seen)))
        return seen

    def _called(self, plain: Effects) -> list[tuple[Function, str]]:
        """The functions of the notebook that may run, each with the name by which it is reached."""
        found: list[tuple[Function, str]] = []
        seen: set[int] = set()
        todo = [(name, name) for name in sorted(plain.touched)]
        if plain.shares:
            todo += [(source, name) for name in plain.touched for source in _reached(name, plain.shares)]
        while todo:
            name, via = todo.pop()
            for function in (*self.holds.get(name, ()), *_defined(plain, name)):
                if id(function) not in seen:
                    seen.add(id(function))
                    found.append((function, via))
                    todo.extend((inner, via) for inner in sorted(function.touched))
        return found

    def _write(self, step: int, done: Effects) -> None:
        definitions = self.definitions
        for name in done.gone:
            if name not in done.certain:
                definitions.pop(name, None)
                self.holds.pop(name, None)
                self._forget(name)
        for name in done.binds:
            if name == EVERYTHING:
                self.stars.append(step)
            elif name in done.certain:
                definitions[name] = (step,)
            else:
                definitions[name] = _added(definitions.get(name, ()), step)
        for name in done.mutates:
            definitions[name] = _added(definitions.get(name, ()), step)

    def _relate(self, plain: Effects) -> None:
        """Aliases and held functions after the statement."""
        reached = {name: _reached(name, plain.shares) for name, _ in plain.shares}
        near: dict[str, set[str]] = {}
        held: dict[str, tuple[Function, ...]] = {}
        for name, sources in reached.items():
            near[name] = {o for s in sources if not self._is_function(s) for o in (s, *self.shares.get(s, ()))}
            held[name] = tuple(f for s in sources for f in (*self.holds.get(s, ()), *_defined(plain, s)))
        for name in plain.certain:
            self._forget(name)
            self.holds.pop(name, None)
        for name, function in plain.functions.items():
            self._hold(name, (function,))
        for name, functions in held.items():
            self._hold(name, functions)
        for name, sources in near.items():
            siblings = {other for other, theirs in near.items() if sources & theirs}
            for a in (name,) if name in plain.binds else (name, *self.shares.get(name, ())):
                for b in sources | siblings:
                    if a != b:
                        self.shares.setdefault(a, set()).add(b)
                        self.shares.setdefault(b, set()).add(a)

    def _is_function(self, name: str) -> bool:
        return name in self.functions or name.startswith("<")

    def _hold(self, name: str, functions: tuple[Function, ...]) -> None:
        now = self.holds.get(name, ())
        more = tuple(f for f in functions if f not in now)
        if more:
            self.holds[name] = (*now, *more)

    def _forget(self, name: str) -> None:
        for other in self.shares.pop(name, ()):
            self.shares[other].discard(name)


def _reached(name: str, shares: frozenset[tuple[str, str]]) -> set[str]:
    """What a name may have been given within the statement, directly or through others."""
    found: set[str] = set()
    todo = [name]
    while todo:
        start = todo.pop()
        for target, source in shares:
            if target == start and source not in found:
                found.add(source)
                todo.append(source)
    return found


def _defined(plain: Effects, name: str) -> tuple[Function, ...]:
    return (plain.functions[name],) if name in plain.functions else ()


def _matters(name: str) -> bool:
    return name not in BUILTINS and name != EVERYTHING


def _added(seen: tuple[int, ...], step: int) -> tuple[int, ...]:
    return seen if step in seen else (*seen, step)


def _fold(plain: Effects, used: list[tuple[Function, str]]) -> Effects:
    """The statement with what the functions it may call do."""
    if not used:
        return plain
    reads, binds = dict(plain.reads), dict(plain.binds)
    mutates, deletes = dict(plain.mutates), dict(plain.deletes)
    certain = set(plain.certain)
    for function, via in used:
        where = plain.reads.get(via, function.where)
        for into, what in (
            (reads, function.reads),
            (binds, function.binds),
            (mutates, function.mutates),
            (deletes, function.deletes),
        ):
            for name in what:
                into.setdefault(name, where)
        if via in plain.calls and via == function.name:
            certain |= function.certain
    return replace(
        plain, reads=reads, binds=binds, mutates=mutates, deletes=deletes, certain=frozenset(certain) - deletes.keys()
    )


def _iterate(flow: Dataflow) -> Iterator[Use]:
    for uses in flow.uses:
        yield from uses
