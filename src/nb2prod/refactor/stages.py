"""The functions of features.py as train and predict call them: with what is learnt, and whether they fit."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from nb2prod.plan.predict import Stage, predict_reads
from nb2prod.refactor.pieces import Piece, written

if TYPE_CHECKING:
    from collections.abc import Iterable

    from nb2prod.plan.plan import Plan
    from nb2prod.plan.predict import Predict
    from nb2prod.plan.steps import Step


def stages_of(predict: Predict) -> list[Stage]:
    """The functions of features.py."""
    return [part for part in predict.parts if isinstance(part, Stage)]


def guards(predict: Predict) -> list[Step]:
    """The steps that leave out rows whose needed values are missing."""
    return [step for stage in stages_of(predict) for step in stage.steps if step.kind == "guard"]


def needs_fit(plan: Plan, predict: Predict, stage: Stage) -> bool:
    """Whether a stage does something else in training."""
    del plan
    stored = {store.after for store in predict.stores}
    inside = {*(s.statement for s in stage.steps), *stage.training}
    own = any(s.kind != "same" or s.fit or mentions(s.code or (), "fit") for s in stage.steps)
    return bool(own or stage.training or (stored & inside))


def uses_learned(predict: Predict, stage: Stage) -> bool:
    """Whether a stage learns, or reads what was learnt."""
    inside = {*(s.statement for s in stage.steps), *stage.training}
    return any(store.after in inside for store in predict.stores) or any(
        mentions([*(s.code or ()), *s.fit, *s.instead, *s.after], "learned") for s in stage.steps
    )


def called(plan: Plan, predict: Predict, stage: Stage, name: str, *, training: bool) -> str:
    """The statement that calls a stage, in training or in predict."""
    read = set(stage.parameters) if training else predict_reads(plan, stage)
    arguments = [p if p in read else "None" for p in stage.parameters]
    if uses_learned(predict, stage):
        arguments.append("learned" if training else "stored.learned")
    if needs_fit(plan, predict, stage):
        arguments.append(f"fit={training}")
    targets = [*stage.returned, *((n if training else "_") for n in stage.also)]
    return f"{', '.join(targets)} = {name}({', '.join(arguments)})" if targets else f"{name}({', '.join(arguments)})"


def store_piece(attribute: str, name: str, *, copied: bool, fit: bool | None = None) -> Piece:
    """A learnt value stored where training has made it."""
    value = f"deepcopy({name})" if copied else name
    return written(f"learned.{attribute} = {value}", fit=fit)


def mentions(nodes: Iterable[ast.AST], name: str) -> bool:
    """Whether a name stands in the nodes."""
    return any(isinstance(n, ast.Name) and n.id == name for node in nodes for n in ast.walk(node))
