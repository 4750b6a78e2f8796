"""Where predict is refused, the conversion with the calls of the notebook's own functions written out, if that helps.

What is known about statements then holds inside of functions, too: what they learn, leave out and split. The fewest
functions are taken, the statements are those of the notebook, and the other functions stay as they are.
"""

from __future__ import annotations

import ast
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from nb2prod.dataflow import analyse
from nb2prod.plan.headers import headers, numbers
from nb2prod.plan.predict import Predict, plan_predict
from nb2prod.refactor.build import conversion
from nb2prod.rows.interpreter import provenance
from nb2prod.rows.kinds import Rows
from nb2prod.unfold import applied_to, callable_names, unfolded

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from nb2prod.conversion import Accounted, Asked, Conversion, Place
    from nb2prod.dataflow import Dataflow
    from nb2prod.plan.plan import Plan
    from nb2prod.problems import Location
    from nb2prod.program import Program
    from nb2prod.unfold import Unfolded

_ROUNDS = 6  # of functions that turn out to be in the way one behind the other
_WRITTEN_OUT = "its calls are written out where they stand"


@dataclass(frozen=True, slots=True)
class _Attempt:
    """A plan of the program with some functions written out, and whether predict can be made."""

    whole: Unfolded
    plan: Plan
    refused: Location | None
    ok: bool


def with_calls_written_out(
    plan: Plan, made: Conversion, planned: Callable[[Dataflow], Plan], package: str
) -> Conversion:
    """The conversion itself where predict is not refused, or where nothing is gained by writing calls out."""
    program = plan.flow.program
    able = frozenset(name for name, why in callable_names(program).items() if why is None)
    if made.predict.status != "refused":
        return made
    work = _Trying(program, planned, able, _tables(plan))
    found = work.by_need(made) or work.of_all()
    if found is None:
        return made
    whole = _back(conversion(found.plan, package), found.whole, plan)
    same = made.predict.choice is None or _same_choice(made, whole)
    return whole if whole is not None and whole.predict.status == "ok" and same else made


def _same_choice(made: Conversion, whole: Conversion | None) -> bool:
    one, other = made.predict.choice, whole.predict.choice if whole else None
    return one is not None and other is not None and one.where == other.where


def _tables(plan: Plan) -> frozenset[int]:
    """The statements `... = table.apply(...)`."""
    owners = {s.index: owner for s in plan.flow.program.statements if (owner := applied_to(s.node)) is not None}
    if not owners:
        return frozenset()
    values = provenance(plan.flow, headers(plan), numbers(plan)).values
    found = {index: values.get(owner) for index, owner in owners.items()}
    return frozenset(i for i, value in found.items() if isinstance(value, Rows) and value.shape == "frame")


@dataclass(frozen=True, slots=True)
class _Trying:
    program: Program
    planned: Callable[[Dataflow], Plan]
    able: frozenset[str]
    tables: frozenset[int]

    def by_need(self, made: Conversion) -> _Attempt | None:
        """Write out the functions at the place of the refusal, as long as there are new ones."""
        names: frozenset[str] = frozenset()
        refusal = made.predict.refusal
        where, now = (refusal.where if refusal else None), self.program
        for number in range(_ROUNDS):
            more = self.able & frozenset(_in_the_way(now, where)) - names if where is not None else frozenset()
            if not more and not (number == 0 and self.tables):
                return None
            names |= more
            tried = self.tried(names)
            if tried is None or tried.ok:
                return tried
            where, now = tried.refused, tried.whole.program
        return None

    def of_all(self) -> _Attempt | None:
        """Write out all, then leave those that need not be."""
        found = self.tried(self.able)
        if found is None or not found.ok:
            return None
        for name in sorted(found.whole.names):
            tried = self.tried(found.whole.names - {name})
            if tried is not None and tried.ok:
                found = tried
        return found

    def tried(self, names: frozenset[str]) -> _Attempt | None:
        """What comes of the plan with these functions written out."""
        whole = unfolded(self.program, names, self.tables)
        if whole is None:
            return None
        try:
            plan = self.planned(analyse(whole.program))
            found = plan_predict(plan) if plan.outcome.status == "ok" else None
        except (KeyError, IndexError, AttributeError, TypeError, ValueError, RecursionError):
            return None
        refusal = getattr(found, "refusal", None) or plan.outcome.refusal
        return _Attempt(whole, plan, refusal.where if refusal else None, isinstance(found, Predict))


def _in_the_way(program: Program, where: Location) -> Iterator[str]:
    """The functions called by the statement at a place, or in which the place lies."""
    for statement in program.statements:
        if statement.cell != where.cell or not statement.where.line <= where.line <= statement.last_line:
            continue
        if isinstance(statement.node, ast.FunctionDef):
            yield statement.node.name
        for call in ast.walk(statement.node):
            if isinstance(call, ast.Call):
                yield from (each.id for each in (call.func, *call.args[:1]) if isinstance(each, ast.Name))


def _back(made: Conversion, whole: Unfolded, plan: Plan) -> Conversion | None:
    """The conversion in terms of the notebook's own statements; None where the proof could not ask for its input."""
    asked = _asked(made.asked, whole)
    if asked is None:
        return None
    moved = _Moved(whole, plan, asked)
    choice = made.predict.choice
    return replace(
        made,
        statements=tuple(moved.statements(made.statements)),
        learnt=tuple(replace(each, where=moved.place(each.where)) for each in made.learnt),
        predict=replace(made.predict, choice=choice and replace(choice, where=moved.place(choice.where))),
        asked=asked,
    )


def _asked(asked: Asked | None, whole: Unfolded) -> Asked | None:
    """What verify asks the notebook for: in the function, as that writes it, or after the call.

    None where it has no name there, or where the answer would be a part of what the notebook goes on to work out.
    """
    if asked is None or asked.statement in whole.apart:
        return None
    texts = {"input": asked.input, "output": asked.output, "rows": asked.rows or "0"}
    nodes = {name: ast.parse(text, mode="eval").body for name, text in texts.items()}
    frames = whole.frames[asked.statement]
    for depth in range(len(frames), -1, -1):
        found = {name: whole.seen_from(node, frames[:depth]) for name, node in nodes.items()}
        if all(node is not None for node in found.values()):
            written = {name: ast.unparse(node) for name, node in found.items() if node is not None}
            return replace(
                asked,
                statement=whole.origin[asked.statement],
                input=written["input"],
                output=written["output"],
                rows=written["rows"] if asked.rows is not None else None,
                inside=frames[depth - 1].function if depth else None,
            )
    return None


@dataclass(frozen=True, slots=True)
class _Moved:
    """Places and statements of the program with calls written out, as those of the notebook."""

    whole: Unfolded
    plan: Plan
    asked: Asked

    def place(self, where: Location) -> Location:
        """The place in the notebook: of the call, where it is inside of what one was written out as."""
        for statement in self.whole.program.statements:
            if statement.cell == where.cell and statement.where.line <= where.line <= statement.last_line:
                old = self.plan.flow.program.statements[self.whole.origin[statement.index]]
                plain = not self.whole.frames[statement.index]
                line = old.where.line + where.line - statement.where.line if plain else old.where.line
                return where._replace(line=min(line, old.last_line))
        return where

    def statements(self, accounted: tuple[Accounted, ...]) -> Iterator[Accounted]:
        """What became of each statement of the notebook."""
        groups: dict[int, list[Accounted]] = {}
        for each, origin in zip(accounted, self.whole.origin, strict=False):
            groups.setdefault(origin, []).append(each)
        old = self.plan.flow.program.statements
        for statement in old:
            own = groups.get(statement.index)
            found = self._together(statement.index, own) if own else self._gone(statement.index, accounted)
            yield replace(found, index=statement.index, where=statement.where, last_line=statement.last_line)
        for number, broken in enumerate(accounted[len(self.whole.origin) :], start=len(old)):
            yield replace(broken, index=number)

    def _together(self, index: int, own: list[Accounted]) -> Accounted:
        """A call's place is that of the last statement that train has of it, with the names that this one leaves."""
        if len(own) == 1 and not self.whole.frames[own[0].index]:
            return own[0]
        effects = self.plan.flow.effects[index]
        changed = {*effects.binds, *effects.mutates}
        placed = [each for each in own if each.place is not None]
        trained = [each for each in placed if each.role != "explore"] or placed
        if not trained:
            return own[-1]
        last = trained[-1]
        later = {name for each in own if each.index > last.index for name in each.binds}
        binds = tuple(name for name in last.binds if name in changed and name not in later)
        if not binds and index == self.asked.statement:
            last, binds = self._left_inside(trained) or (last, binds)
        places = tuple(dict.fromkeys(p for each in placed for p in _places(each) if p != last.place))
        return replace(last, binds=binds, also=places)

    def _left_inside(self, own: list[Accounted]) -> tuple[Accounted, tuple[str, ...]] | None:
        """What the function that verify asks binds last under the same names: `main()` itself leaves nothing."""
        for each in reversed(own):
            frame = next((f for f in self.whole.frames[each.index] if f.function == self.asked.inside), None)
            names = frame.names if frame is not None else {}
            same = (n for n in each.binds if isinstance(new := names.get(n), ast.Name) and new.id == n)
            if binds := tuple(same):
                return each, binds
        return None

    def _gone(self, index: int, accounted: tuple[Accounted, ...]) -> Accounted:
        """A function that nothing calls any more: it is where its calls were."""
        node = self.plan.flow.program.statements[index].node
        name = getattr(node, "name", "")
        parts = [
            each
            for each, frames in zip(accounted, self.whole.frames, strict=False)
            if any(frame.function == name for frame in frames) and each.place is not None
        ]
        if not parts:
            return replace(accounted[0], role="dropped", reason=_WRITTEN_OUT, place=None, also=(), binds=())
        places = tuple(dict.fromkeys(p for each in parts for p in _places(each)))
        return replace(parts[0], reason=_WRITTEN_OUT, place=places[0], also=places[1:], binds=())


def _places(each: Accounted) -> tuple[Place, ...]:
    return (*((each.place,) if each.place is not None else ()), *each.also)
