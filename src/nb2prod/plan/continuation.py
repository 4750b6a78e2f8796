"""What the notebook does to the prediction afterwards, from it and Fixed or Learned values alone."""

from __future__ import annotations

import ast
import builtins
from dataclasses import dataclass
from typing import TYPE_CHECKING

from nb2prod.plan.replay import CannotReplay, Replay, with_replaced
from nb2prod.rows.kinds import Fixed, Learned, Rows

if TYPE_CHECKING:
    from nb2prod.plan.choose import Choice
    from nb2prod.plan.plan import Plan
    from nb2prod.plan.replay import Names
    from nb2prod.rows.interpreter import Prediction, Provenance

PREDICTION = "prediction"
_BUILTINS = frozenset(dir(builtins))


@dataclass(frozen=True, slots=True, eq=False)
class Continuation:
    """Expressions of `prediction`, one after the other; `output` is the notebook's name for it after `statement`."""

    steps: tuple[ast.expr, ...]
    output: str
    statement: int


def continuation(plan: Plan, rows: Provenance, choice: Choice, names: Names) -> Continuation:
    """Follow the prediction: `np.expm1(...)`, `inverse_transform`, label maps, in its statement and in later ones."""
    prediction = choice.prediction
    follower = _Follower(plan, rows, names, prediction)
    if not (isinstance(prediction.call.func, ast.Attribute) and prediction.call.func.attr == "predict"):  # only a fit
        asked = f"{ast.unparse(prediction.model)}.predict({ast.unparse(prediction.input)})"
        return Continuation((), asked, prediction.statement)
    match plan.flow.program.statements[prediction.statement].node:
        case ast.Assign(targets=[ast.Name(id=name)], value=value):
            pass
        case _:
            return Continuation((), ast.unparse(prediction.call), prediction.statement)
    steps: list[ast.expr] = []
    if value is not prediction.call:
        others = [p for p in rows.predictions if p.statement == prediction.statement and p.call is not prediction.call]
        if any(n is p.call for n in ast.walk(value) for p in others):
            where = plan.flow.program.statements[prediction.statement].where
            raise CannotReplay(where, "the predictions of several models are combined")
        if not follower.is_of_prediction(value, prediction.statement):
            return Continuation((), ast.unparse(prediction.call), prediction.statement)
        steps.append(follower.step(value, prediction.call, prediction.statement))
    statement = prediction.statement
    for index in (i for i in plan.flow.order if i > statement):
        found = follower.next_step(index, name, statement)
        if found is None:
            if name in plan.flow.effects[index].binds:
                break
            continue
        step, name = found
        steps.append(step)
        statement = index
    return Continuation(tuple(steps), name, statement)


@dataclass(frozen=True, slots=True)
class _Follower:
    plan: Plan
    rows: Provenance
    names: Names
    prediction: Prediction

    def is_of_prediction(self, value: ast.expr, statement: int) -> bool:
        """Whether an expression holds one value for each row predicted, from no other rows."""
        found = self.rows.values.get(value)
        given = self.prediction.input_value
        if not isinstance(found, Rows) or found.cuts != given.cuts or found.source != given.source:
            return False
        inside = set(map(id, ast.walk(self.prediction.call)))
        outside = [n for n in ast.walk(value) if isinstance(n, ast.Name) and id(n) not in inside]
        return not any(isinstance(self.rows.after[statement].get(n.id), Rows) for n in outside)

    def next_step(self, index: int, name: str, after: int) -> tuple[ast.expr, str] | None:
        """The step that a later statement makes of the prediction `name`, and the name it gives."""
        match self.plan.flow.program.statements[index].node:
            case ast.Assign(targets=[ast.Name(id=target)], value=value):
                pass
            case _:
                return None
        reads = [n for n in ast.walk(value) if isinstance(n, ast.Name) and n.id == name]
        if reads and self._joins_predictions(index, value, name):
            raise CannotReplay(
                self.plan.flow.program.statements[index].where, "the predictions of several models are combined"
            )
        if len(reads) != 1 or not self._alone(index, value, name):
            return None
        if target != name and _is_threshold(value) and not self._only_use(index, name, after):
            return None
        return self.step(value, reads[0], index), target

    def _joins_predictions(self, index: int, value: ast.expr, name: str) -> bool:
        """Whether another model's prediction of the same rows enters: an ensemble by hand."""
        predicted = {p.statement for p in self.rows.predictions if p.statement != self.prediction.statement}
        others = {n.id for n in ast.walk(value) if isinstance(n, ast.Name)} - {name}
        uses = [u for u in self.plan.flow.uses[index] if u.name in others]
        found = self.rows.values.get(value)
        return isinstance(found, Rows) and found.shape != "frame" and any(predicted & set(u.definitions) for u in uses)

    def _alone(self, index: int, value: ast.expr, name: str) -> bool:
        found = self.rows.values.get(value)
        given = self.prediction.input_value
        if not isinstance(found, Rows) or found.cuts != given.cuts or found.source != given.source:
            return False
        if isinstance(value, ast.Name) or (
            isinstance(value, ast.Call) and ast.unparse(value.func).endswith("DataFrame")
        ):
            return False
        bound = {n.id for n in ast.walk(value) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)}
        others = {n.id for n in ast.walk(value) if isinstance(n, ast.Name)} - bound - {name} - _BUILTINS
        held = self.rows.after[index]
        return all(isinstance(held.get(other), Fixed | Learned) for other in others)

    def _only_use(self, index: int, name: str, after: int) -> bool:
        """Whether nothing but this statement (and what is only shown) uses the prediction as it was."""
        readers = self.plan.flow.readers(after) - {index}
        later = [i for i in readers if any(u.name == name and after in u.definitions for u in self.plan.flow.uses[i])]
        return not any(i in self.plan.train for i in later)

    def step(self, value: ast.expr, old: ast.expr, statement: int) -> ast.expr:
        """The expression of `prediction` as predict evaluates it, notebook names that it needs stored."""
        replay = Replay(self.plan.flow, self.rows, self.names, statement)
        changed = replay.expression(with_replaced(value, old, ast.Name(PREDICTION, ast.Load())))
        if replay.fit or replay.both:
            where = self.plan.flow.program.statements[statement].where
            raise CannotReplay(where, "the prediction is changed by something learnt inside the same statement")
        bound = {n.id for n in ast.walk(changed) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)}
        for node in [n for n in ast.walk(changed) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Load)]:
            known = node.id in bound | self.plan.module_level | _BUILTINS | {PREDICTION, "learned"} | self.names.helpers
            if not known:
                attribute = replay.stored(node.id, node)
                loaded = ast.Attribute(ast.Name("learned", ast.Load()), attribute, ast.Load())
                changed = with_replaced(changed, node, loaded)
        return changed


def _is_threshold(value: ast.expr) -> bool:
    """`pred > 0.5`, `np.where(pred > 0.5, 1, 0)`, rounding: one way to look at the prediction, perhaps of several."""
    called = {n.func.attr for n in ast.walk(value) if isinstance(n, ast.Call) and isinstance(n.func, ast.Attribute)}
    return bool(called & {"where", "round", "astype", "argmax", "rint"}) or any(
        isinstance(n, ast.Compare) for n in ast.walk(value)
    )
