"""train.py of a project that predicts."""

from __future__ import annotations

import ast
from dataclasses import replace
from typing import TYPE_CHECKING

import libcst as cst

from nb2prod.plan.scores import scores
from nb2prod.refactor.modules import metrics, module_with
from nb2prod.refactor.pieces import FunctionCode, Piece, written
from nb2prod.refactor.scope import bound_names
from nb2prod.refactor.stages import called, stages_of, store_piece

if TYPE_CHECKING:
    from collections.abc import Sequence

    from nb2prod.conversion import Module
    from nb2prod.plan.plan import Plan
    from nb2prod.plan.predict import Predict
    from nb2prod.refactor.modules import Source

_TYPING = "from __future__ import annotations"


def train_module_with(plan: Plan, predict: Predict, source: Source, package: str, names: list[str]) -> Module:
    """The notebook in its order, what features.py does called there, and the model stored in the end."""
    stages = list(zip(stages_of(predict), names, strict=True))
    inside = {i for stage, _ in stages for i in (*(s.statement for s in stage.steps), *stage.training)}
    only_data = {*predict.raw.feeds, predict.raw.statement}
    typed = predict.raw.feeds if predict.raw.dataset == "typed" else ()
    inside |= {i for i in typed if set(plan.flow.readers(i)) & set(plan.train) <= only_data}
    ours = {"models": plan.ours("models"), "data": plan.ours("data"), "schema": plan.ours("schema")}
    pieces = [written("learned = Learned()")]
    seen: set[int] = set()
    prediction = predict.choice.prediction
    dtypes = written(f"learned.input_dtypes = {plan.ours('replay')}.dtypes_of({ast.unparse(prediction.input)})")
    fitted_there = prediction.statement in plan.fitting
    seen_at = next((i for i in plan.train if i >= prediction.statement + fitted_there), None)
    for index in plan.train:
        pieces += [
            written(called(plan, predict, stage, name, training=True))
            for stage, name in stages
            if stage.at == index and index != predict.raw.statement
        ]
        if index == seen_at:
            pieces.append(dtypes)
        if index not in inside or index == predict.raw.statement:
            cell = plan.flow.program.statements[index].cell
            piece = source.piece(index, heading=cell not in seen)
            seen.add(cell)
            pieces += _raw_pieces(plan, predict, piece, ours) if index == predict.raw.statement else [piece]
            pieces += [store_piece(s.attribute, s.name, copied=s.copied) for s in predict.stores if s.after == index]
        if index == predict.raw.statement:
            pieces += [
                written(called(plan, predict, stage, name, training=True))
                for stage, name in stages
                if stage.at == index
            ]
        if predict.recoded and index == predict.recoded[0]:
            pieces.append(
                written(f"learned.answers = {plan.ours('replay')}.answers_learnt(raw_target, {predict.recoded[1]})")
            )
        if index == predict.choice.prediction.statement and _changes_later(plan, predict):
            pieces.append(written(f"final_model = deepcopy({predict.model})"))
    for stage, name in stages:
        if stage.at not in plan.train:
            pieces.append(written(called(plan, predict, stage, name, training=True)))
    if seen_at is None:
        pieces.append(dtypes)
    model = "final_model" if _changes_later(plan, predict) else predict.model
    copies = _changes_later(plan, predict) or any(s.copied for s in predict.stores if s.after not in inside)
    function = FunctionCode(
        name="train",
        doc="Train the model as the notebook does, and store it as a new version.",
        annotation="Path",
        pieces=tuple(pieces),
        result=f"{ours['models']}.save({model}, learned, schema_of_rows{_metrics(plan, predict, pieces)})",
    )
    more = [
        _TYPING,
        "from pathlib import Path",
        *(["from copy import deepcopy"] if copies else []),
        plan.imported(package, "models"),
        plan.imported(package, "data"),
        plan.imported(package, "schema"),
        plan.imported(package, "replay"),
        f"from {package}.features import {', '.join(['Learned', *names])}",
    ]
    return module_with(function, "train.py", "Train the model.", plan, package, tuple(more))


def _metrics(plan: Plan, predict: Predict, pieces: Sequence[Piece]) -> str:
    """The notebook's scores of the chosen model, of what stands in train itself."""
    prediction = predict.choice.prediction
    root = predict.model.partition(".")[0].partition("[")[0]
    fits = {d for use in plan.flow.uses[prediction.statement] if use.name == root for d in use.definitions}
    fits |= {prediction.statement} & plan.fitting
    here = bound_names(cst.Module([node for piece in pieces for node in piece.nodes]).code) | plan.module_level
    found = scores(plan.flow, plan.train, fits & plan.fitting)
    return metrics(score for score in found if score.reads <= here)


def _raw_pieces(plan: Plan, predict: Predict, piece: Piece, ours: dict[str, str]) -> list[Piece]:
    del plan
    if predict.raw.dataset == "array":
        name, data = predict.raw.name, ours["data"]
        learn = f"schema_of_rows = {ours['schema']}.learn({data}.table({name}), target=(), unneeded=())"
        return [piece, written(f"learned.row_shape = {data}.row_shape({name})"), written(learn)]
    if predict.raw.dataset not in {None, "typed"}:
        loaded = ", ".join(predict.raw.names)
        made = f"{ours['data']}.table({f'({loaded})' if len(predict.raw.names) > 1 else loaded})"
        learn = f'schema_of_rows = {ours["schema"]}.learn({made}, target=("target",), unneeded=())'
        return [piece, written(learn)]
    name = predict.raw.name
    load = written(f"{name} = {ours['data']}.load()").nodes[0]
    return [
        replace(piece, nodes=(load.with_changes(leading_lines=piece.nodes[0].leading_lines),)),
        *([written(f"raw_target = {name}[{predict.target[0]!r}].copy()")] if predict.recoded else []),
        written(
            f"schema_of_rows = {ours['schema']}.learn({name}, target={predict.target!r}, unneeded={_unneeded(predict)})"
        ),
    ]


def _unneeded(predict: Predict) -> str:
    needed, header = predict.raw.needed, predict.raw.header
    if header is not None:
        return repr(tuple(n for n in header if not needed.may_hold(n) and n not in predict.target))
    if needed.all_but is not None:
        names = tuple(sorted(needed.all_but - needed.named - set(predict.target)))
        return f"[c for c in {predict.raw.name}.columns if c in {names!r}]" if names else "()"
    return f"[c for c in {predict.raw.name}.columns if c not in {tuple(sorted(needed.named))!r}]"


def _changes_later(plan: Plan, predict: Predict) -> bool:
    """Whether training binds or fits the chosen model again after its prediction."""
    root = predict.model.partition(".")[0].partition("[")[0]
    prediction = predict.choice.prediction.statement
    return any(
        root in (*plan.flow.effects[i].binds, *plan.flow.effects[i].mutates) for i in plan.train if i > prediction
    )
