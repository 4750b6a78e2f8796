"""Plan to Conversion: modules written, formatted, and every statement accounted for."""

from __future__ import annotations

import ast
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from nb2prod.conversion import Accounted, Asked, Chosen, Conversion, Module, Outcome, Place, Role
from nb2prod.plan import shapes
from nb2prod.plan.choose import Choice, NotFollowed
from nb2prod.plan.predict import NoPredict, Predict, plan_predict
from nb2prod.plan.replay import CannotReplay
from nb2prod.problems import Refusal
from nb2prod.program import BrokenCell
from nb2prod.refactor.edits import base_edits
from nb2prod.refactor.formatting import formatted
from nb2prod.refactor.modules import (
    Source,
    explore_module,
    functions_module,
    settings_module,
    train_module,
)
from nb2prod.refactor.predict import predict_modules
from nb2prod.refactor.relocate import relocated, taken_along
from nb2prod.refactor.undefined import first_undefined

if TYPE_CHECKING:
    from nb2prod.plan.plan import Plan

Places = dict[int, tuple[Place, ...]]


def conversion(plan: Plan, package: str) -> Conversion:
    """Write the modules of the package."""
    source = Source.of(plan, base_edits(plan))
    predict, outcome = _predicted(plan)
    training: tuple[Module, ...] = ()
    if isinstance(predict, Predict):
        plan = replace(plan, train=predict.train)
        made = _with_predict(plan, predict, source, package)
        if isinstance(made, Refusal):
            predict, outcome = None, Outcome(status="refused", refusal=made)
        else:
            training = made
    if not training and plan.outcome.status == "ok":
        training = (train_module(plan, source, package),)
    written = [
        settings_module(plan, source, predict),
        functions_module(plan, source, package),
        *training,
        explore_module(plan, source, package),
    ]
    names = plan.local.names
    moved = [Module(m.name, relocated(m.code, names, package)) for m in written if m is not None]
    modules, places = formatted(moved, package)
    return Conversion(
        package=package,
        modules=(*modules, *taken_along(plan.local, package)),
        statements=account(plan, places, modules, package),
        data=tuple(dict.fromkeys((*(read.file for read in plan.data), *plan.looked_through))),
        train=plan.outcome,
        predict=outcome,
        learnt=predict.learnt if predict else (),
        model_kind=predict.kind if predict else "other",
        target=predict.target[0] if predict and predict.target else None,
        asked=_asked(plan, predict) if predict else None,
        notes=plan.local.left_out,
    )


def _with_predict(plan: Plan, predict: Predict, source: Source, package: str) -> tuple[Module, ...] | Refusal:
    """The modules of a project that predicts, if they can be written so that every name in them is defined."""
    try:
        modules = predict_modules(plan, predict, source, package)
    except CannotReplay as refused:
        return refused.refusal
    lacking = first_undefined(modules)
    return CannotReplay(None, f"its way needs `{lacking[1]}`, which is made on the way").refusal if lacking else modules


def _predicted(plan: Plan) -> tuple[Predict | None, Outcome]:
    """The plan of predict, or why there is none."""
    if plan.outcome.status != "ok":
        none = not plan.fitting
        return None, Outcome(status="none") if none else Outcome(status="refused", refusal=plan.outcome.refusal)
    try:
        found = plan_predict(plan)
    except (KeyError, IndexError, AttributeError, TypeError, ValueError, RecursionError) as error:
        why = f"nb2prod could not follow the way to the prediction ({type(error).__name__}: {error})"
        return None, Outcome(status="refused", refusal=Refusal(None, why, "This is a bug in nb2prod: please report it"))
    if found is None:
        return None, Outcome(status="none")
    choice = found.choice if isinstance(found, Predict) else found.chosen
    chosen = f"{choice.text}: {choice.reason}" if choice is not None and choice.text is not None else None
    others = choice.alternatives if choice is not None else ()
    named = _named(plan, choice) if choice is not None else None
    if isinstance(found, NoPredict):
        return None, Outcome(status="refused", refusal=found.refusal, chosen=chosen, alternatives=others, choice=named)
    return found, Outcome(status="ok", chosen=chosen, alternatives=others, choice=named)


def _named(plan: Plan, choice: Choice | NotFollowed) -> Chosen | None:
    """The choice for the record, whether it can be followed or not."""
    if choice.text is None:
        return None
    if isinstance(choice, NotFollowed):
        return Chosen(where=choice.where, prediction=choice.text, model=None, input=None, reason=choice.reason)
    prediction = choice.prediction
    where = plan.flow.program.statements[prediction.statement].where
    model, given = ast.unparse(prediction.model), ast.unparse(prediction.input)
    return Chosen(where=where, prediction=choice.text, model=model, input=given, reason=choice.reason)


def _asked(plan: Plan, predict: Predict) -> Asked:
    prediction = predict.choice.prediction
    given = ast.unparse(prediction.input)
    read = next((r for r in plan.data if r.call is predict.raw.call), None)
    labelled = prediction.input_value.shape != "array" and not prediction.input_value.fresh
    return Asked(
        statement=predict.after.statement,
        input=given,
        output=predict.after.output,
        rows=given if labelled else None,
        raw=read.file.target if read else None,
    )


def account(plan: Plan, places: Places, modules: tuple[Module, ...], package: str) -> tuple[Accounted, ...]:
    """Where each statement went, broken cells included (they come last)."""
    found = [_accounted(plan, s.index, places, modules, package) for s in plan.flow.program.statements]
    for cell in plan.flow.program.cells:
        if isinstance(cell, BrokenCell):
            last_line = cell.cell.source.count("\n") + 1
            reason = f"the cell does not parse: {cell.error}"
            where = type(cell.where)(cell.cell.index, 1, 1)
            found.append(Accounted(index=len(found), where=where, last_line=last_line, role="dropped", reason=reason))
    return tuple(found)


def _accounted(plan: Plan, index: int, places: Places, modules: tuple[Module, ...], package: str) -> Accounted:
    statement = plan.flow.program.statements[index]
    effects = plan.flow.effects[index]
    changed = dict.fromkeys((*effects.binds, *sorted(effects.mutates)))  # a set made them: sorted, the same every time
    binds = tuple(name for name in changed if ":" not in name and name != "*")
    if any(read.constant == index for read in plan.data):
        binds = ()  # a path that is another one in the project
    mine = sorted(places.get(index, ()), key=lambda place: (place.module == "explore.py", place.module))
    accounted = partial(Accounted, index=index, where=statement.where, last_line=statement.last_line)
    role, reason = _role_of(plan, index, mine)
    if shapes.is_import(statement.node) and role != "dropped":
        mine = _import_places(relocated(ast.unparse(statement.node), plan.local.names, package), modules)
        if not mine:
            return accounted(role="dropped", reason="nothing that was kept uses it")
    if not mine and role != "dropped":
        role, reason = "dropped", reason or "nothing reads what it makes"
    if role == "dropped":
        return accounted(role="dropped", reason=reason or "nothing reads what it makes")
    return accounted(role=role, reason=reason, place=mine[0], also=tuple(mine[1:]), binds=binds)


def _role_of(plan: Plan, index: int, mine: list[Place]) -> tuple[Role, str | None]:
    role = plan.roles[index]
    if role.purpose == "dropped":
        return "dropped", role.reason
    if index in plan.hoisted.settings:
        return "settings", None
    if role.purpose == "import" or index in plan.hoisted.definitions:
        return "shared", None
    if mine and mine[0].module == "explore.py":
        return "explore", None
    return "train", None


def _import_places(code: str, modules: tuple[Module, ...]) -> list[Place]:
    """The lines at the top of emitted modules that bring the same names."""
    from nb2prod.plan.hoist import import_lines  # noqa: PLC0415 - avoids a cycle of imports

    wanted = {line.code for node in ast.parse(code).body for line in import_lines(node)}
    found: list[Place] = []
    for module in modules:
        for top in ast.walk(ast.parse(module.code)):
            if isinstance(top, ast.Import | ast.ImportFrom) and wanted & {line.code for line in import_lines(top)}:
                found.append(Place(module.name, top.lineno, top.end_lineno or top.lineno))
                break
    return found
