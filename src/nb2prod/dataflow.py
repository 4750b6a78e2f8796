"""The whole notebook: which statements' values each read may see, in document order or in the order it was run."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, NamedTuple

from nb2prod.names import ANY_FILE, EVERYTHING, FIGURE, Context, Effects, context, effects
from nb2prod.names.knowledge import BUILTINS

if TYPE_CHECKING:
    from collections.abc import Iterable

    from nb2prod.names import Function
    from nb2prod.problems import Location
    from nb2prod.program import Program

Order = Literal["document", "recorded"]
_GIVEN = (EVERYTHING, "os:", "sys:", "options:", "figure:")
"""What is there without a statement that makes it; of others a read that sees no definition is worth knowing."""

Called = tuple["Function", str]


class Use(NamedTuple):  # as Effects: many are made
    """A read of a name and the statements whose value it may see.

    `definitions` are statements that bound the name or changed its value in place; empty: nothing defines it.
    `through` is the function of the notebook whose free name it is, when it is read by using that function.
    """

    name: str
    statement: int
    where: Location
    definitions: tuple[int, ...]
    through: str | None = None


_new = tuple.__new__
"""Makes a named tuple in half the time."""


@dataclass(frozen=True, slots=True, eq=False)
class Dataflow:
    """Statements by their index in the program; `effects` have what used notebook functions do folded in."""

    program: Program
    order: tuple[int, ...]
    effects: tuple[Effects, ...]
    uses: tuple[tuple[Use, ...], ...]
    facts: Context
    alone: tuple[Effects, ...]

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
        """List the statements that may see what this one wrote."""
        return frozenset(
            use.statement
            for uses in self.uses
            for use in uses
            if statement in use.definitions and use.statement != statement
        )

    def in_order(self, order: Order) -> Dataflow:
        """Follow the same notebook in another order, if it is another."""
        return self.along(_order(self.program, order))

    def along(self, steps: tuple[int, ...]) -> Dataflow:
        """Follow the same notebook through these statements, if they are others."""
        return self if steps == self.order else _follow(self.program, steps, self.facts, self.alone)


def analyse(program: Program, order: Order = "document") -> Dataflow:
    """Follow every name through the notebook; cells never run are left out of the recorded order."""
    facts = context(program)
    alone = tuple([effects(statement, facts) for statement in program.statements])
    return _follow(program, _order(program, order), facts, alone)


def _follow(program: Program, steps: tuple[int, ...], facts: Context, alone: tuple[Effects, ...]) -> Dataflow:
    state = _State(facts.stateless)
    folded = list(alone)
    uses: list[tuple[Use, ...]] = [()] * len(alone)
    cell = -1
    for step in steps:
        if program.statements[step].cell != cell:
            cell = program.statements[step].cell
            state.new_cell()
        folded[step], uses[step] = state.run(step, alone[step])
    return Dataflow(program, steps, tuple(folded), tuple(uses), facts, alone)


def _order(program: Program, order: Order) -> tuple[int, ...]:
    statements = program.statements
    if order == "document":
        return tuple(range(len(statements)))
    runs = {cell.cell.index: cell.cell.run for cell in program.cells}
    ran = [(run, s.cell, s.index) for s in statements if (run := runs.get(s.cell)) is not None]
    return tuple(index for _, _, index in sorted(ran))


class _State:
    """What holds between two statements.

    `definitions` of each name that reach here, `stars` that may have bound any name (by step), `rank` of each step
    in the order run, `holds`: functions that using a name may call; `changes`: names through which a change in place
    of a name is seen, `follows` the same the other way round; `files` are the names of those that were written.
    """

    __slots__ = ("changes", "definitions", "files", "follows", "holds", "rank", "stars", "stateless")

    def __init__(self, stateless: set[str]) -> None:
        self.stateless = stateless
        self.definitions: dict[str, tuple[int, ...]] = {}
        self.stars: list[int] = []
        self.files: set[str] = set()
        self.rank: dict[int, int] = {}
        self.holds: dict[str, tuple[Function, ...]] = {}
        self.changes: dict[str, set[str]] = {}
        self.follows: dict[str, set[str]] = {}

    def new_cell(self) -> None:
        """Forget the figure, which the inline backend shows and closes at the end of each cell."""
        self.definitions.pop(FIGURE, None)
        self._forget(FIGURE)

    def run(self, step: int, alone: Effects) -> tuple[Effects, tuple[Use, ...]]:
        """Run one statement: what it sees, then what holds after it."""
        self.rank[step] = len(self.rank)
        called = self._called(alone)
        done = self._with_aliases(_with_called(alone, called))
        uses = self._uses(step, alone, done, called)
        self._write(step, done)
        self._relate(done)
        return done, uses

    # What a statement sees

    def _uses(self, step: int, alone: Effects, done: Effects, called: list[Called]) -> tuple[Use, ...]:
        uses: dict[str, Use] = {}
        definitions, stars = self.definitions, self.stars
        for name, where in alone.reads.items():
            seen = self._seen(name) if stars or ":" in name or name == EVERYTHING else definitions.get(name, ())
            if seen or not _is_there(name):
                uses[name] = _new(Use, (name, step, where, seen, None))
        for function, via in called:
            for name in [name for name in function.reads if name not in uses]:
                seen = self._seen(name)
                if name in alone.binds or name in alone.functions:
                    seen = _added(seen, step)
                if seen or not _is_there(name):
                    uses[name] = Use(name, step, alone.reads.get(via, function.reads[name]), seen, function.name)
        for name, where in done.mutates.items():
            if name not in uses and name not in done.certain:
                seen = self._seen(name)
                if seen or not (name in done.binds or _is_there(name)):
                    uses[name] = _new(Use, (name, step, where, seen, None))
        return tuple(uses.values())

    def _seen(self, name: str) -> tuple[int, ...]:
        """Which statements' values a read of the name may see now."""
        if name == EVERYTHING:
            return tuple(sorted({d for seen in self.definitions.values() for d in seen} | set(self.stars)))
        seen = self.definitions.get(name, ())
        if name.startswith("file:"):
            names = self.files if name == ANY_FILE else [ANY_FILE]
            seen = tuple(sorted({*seen, *(d for other in names for d in self.definitions.get(other, ()))}))
        if self.stars and ":" not in name:
            oldest = self.rank[seen[0]] if seen else -1
            seen = (*seen, *(s for s in self.stars if s not in seen and self.rank[s] > oldest))
        return seen

    def _called(self, alone: Effects) -> list[Called]:
        """Find the functions of the notebook that may run, each with the name by which it is reached."""
        found: list[Called] = []
        holds = self.holds.keys()
        if not alone.functions and holds.isdisjoint(alone.touched) and holds.isdisjoint(b for _, b in alone.shares):
            return found
        seen: set[int] = set()
        todo = [(name, name) for name in sorted(alone.touched)]
        if alone.shares:
            todo += [
                (source, name) for name in sorted(alone.touched) for source in sorted(_reached(name, alone.shares))
            ]
        while todo:
            name, via = todo.pop()
            for function in (*self.holds.get(name, ()), *_defined(alone, name)):
                if id(function) not in seen:
                    seen.add(id(function))
                    found.append((function, via))
                    todo.extend((inner, via) for inner in sorted(function.touched))
        return found

    def _with_aliases(self, done: Effects) -> Effects:
        """Let a change in place be seen through the other names of what is changed."""
        if not done.mutates or not self.changes:
            return done
        others = {o: at for name, at in done.mutates.items() for o in sorted(self.changes.get(name, ()))}
        others = {name: at for name, at in others.items() if name not in done.mutates}
        if not others:
            return done
        return done._replace(mutates=done.mutates | others, suspected=done.suspected.union(others))

    # What holds after it

    def _write(self, step: int, done: Effects) -> None:
        definitions = self.definitions
        for name in done.gone - done.certain:
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
            if name.startswith("file:"):
                self.files.add(name)
        for name in done.mutates:
            definitions[name] = _added(definitions.get(name, ()), step)
            if name.startswith("file:"):
                self.files.add(name)

    def _relate(self, done: Effects) -> None:
        """Update aliases and held functions: names bound for certain forget theirs, others only gain some."""
        sources = _all_reached(done.shares) if done.shares else {}
        held: dict[str, tuple[Function, ...]] = {}
        if self.holds or done.functions:
            held = {
                name: tuple(f for s in sorted(found) for f in (*self.holds.get(s, ()), *_defined(done, s)))
                for name, found in sources.items()
            }
        changes: dict[str, set[str]] = {}  # whose value changes when that of the name is changed in place
        follows: dict[str, set[str]] = {}  # the other way round
        for name, found in sources.items():
            values = [s for s in found if s not in self.stateless and not s.startswith("<")]
            changes[name] = {other for s in values for other in (s, *self.changes.get(s, ()))}
            follows[name] = {other for s in values for other in (s, *self.follows.get(s, ()))}
        for name, source in done.sees:
            follows.setdefault(name, set()).update((source, *self.follows.get(source, ())))
        for name in done.certain:
            self._forget(name)
            self.holds.pop(name, None)
        for name, function in done.functions.items():
            self._hold(name, (function,))
        for name, functions in held.items():
            self._hold(name, functions)
        for name, others in follows.items():
            only_bound = name in done.binds and name not in done.mutates
            also_seen = {other for other, theirs in changes.items() if not others.isdisjoint(theirs)}
            self._link(others | also_seen, {name} if only_bound else {name, *self.changes.get(name, ())})
            self._link({name} if only_bound else {name, *self.follows.get(name, ())}, changes.get(name, set()))

    def _link(self, changed: set[str], seen: set[str]) -> None:
        """From here on a change of any of `changed` is seen through all of `seen`."""
        for a in changed:
            for b in seen:
                if a != b:
                    self.changes.setdefault(a, set()).add(b)
                    self.follows.setdefault(b, set()).add(a)

    def _hold(self, name: str, functions: tuple[Function, ...]) -> None:
        now = self.holds.get(name, ())
        more = tuple(f for f in functions if f not in now)
        if more:
            self.holds[name] = (*now, *more)

    def _forget(self, name: str) -> None:
        for other in self.changes.pop(name, ()):
            self.follows[other].discard(name)
        for other in self.follows.pop(name, ()):
            self.changes[other].discard(name)


def _reached(name: str, shares: Iterable[tuple[str, str]]) -> set[str]:
    """Follow what a name may have been given within the statement, directly or through others."""
    found: set[str] = set()
    todo = [name]
    while todo:
        start = todo.pop()
        for target, source in shares:
            if target == start and source not in found:
                found.add(source)
                todo.append(source)
    return found


def _all_reached(shares: frozenset[tuple[str, str]]) -> dict[str, set[str]]:
    """Give for each name what it may have been given within the statement, as `_reached`."""
    direct: dict[str, set[str]] = {}
    for name, source in shares:
        direct.setdefault(name, set()).add(source)
    if any(source in direct for _, source in shares):
        return {name: _reached(name, shares) for name, _ in shares}
    return direct


def _defined(alone: Effects, name: str) -> tuple[Function, ...]:
    return (alone.functions[name],) if name in alone.functions else ()


def _is_there(name: str) -> bool:
    """Whether a name means something without a statement that makes it."""
    return name in BUILTINS or name.startswith(_GIVEN)


def _added(seen: tuple[int, ...], step: int) -> tuple[int, ...]:
    return seen if step in seen else (*seen, step)


def _with_called(alone: Effects, called: list[Called]) -> Effects:
    """Fold in what the functions do that the statement may call."""
    if not called:
        return alone
    reads, binds = dict(alone.reads), dict(alone.binds)
    mutates, deletes = dict(alone.mutates), dict(alone.deletes)
    certain, shares = set(alone.certain), set(alone.shares)
    suspected = set(alone.suspected)
    for function, via in called:
        where = alone.reads.get(via, function.where)
        sure = function.mutates.keys() - function.suspected
        suspected = (suspected - sure) | (function.suspected & function.mutates.keys() - mutates.keys())
        for into, what in (
            (reads, function.reads),
            (binds, function.binds),
            (mutates, function.mutates),
            (deletes, function.deletes),
        ):
            for name in what:
                into.setdefault(name, where)
        if via in alone.calls and via == function.name:
            certain |= function.certain
        shares.update(pair for pair in function.shares if not set(pair) & {*function.parameters})
    return alone._replace(
        reads=reads,
        binds=binds,
        mutates=mutates,
        deletes=deletes,
        certain=frozenset(certain),
        shares=frozenset(shares),
        suspected=frozenset(suspected),
    )
