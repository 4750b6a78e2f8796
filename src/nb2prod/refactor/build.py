"""Plan to Conversion: modules written, formatted, and every statement accounted for."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from nb2prod.conversion import Accounted, Conversion, Module, Outcome, Place, Role
from nb2prod.plan import shapes
from nb2prod.problems import Refusal
from nb2prod.program import BrokenCell
from nb2prod.refactor.formatting import formatted
from nb2prod.refactor.modules import (
    Source,
    base_edits,
    explore_module,
    functions_module,
    saved_model,
    settings_module,
    train_module,
)

if TYPE_CHECKING:
    from nb2prod.plan.plan import Plan

Places = dict[int, tuple[Place, ...]]


def conversion(plan: Plan, package: str) -> Conversion:
    """Write the modules of the package."""
    source = Source.of(plan, base_edits(plan))
    written = [
        settings_module(plan, source),
        functions_module(plan, source, package),
        train_module(plan, source, package) if plan.outcome.status == "ok" else None,
        explore_module(plan, source, package),
    ]
    modules, places = formatted([m for m in written if m is not None], package)
    return Conversion(
        package=package,
        modules=modules,
        statements=account(plan, places, modules),
        data=tuple(dict.fromkeys(read.file for read in plan.data)),
        train=plan.outcome,
        predict=_predict_outcome(plan),
    )


def account(plan: Plan, places: Places, modules: tuple[Module, ...]) -> tuple[Accounted, ...]:
    """Where each statement went, broken cells included (they come last)."""
    found = [_accounted(plan, s.index, places, modules) for s in plan.flow.program.statements]
    for cell in plan.flow.program.cells:
        if isinstance(cell, BrokenCell):
            last_line = cell.cell.source.count("\n") + 1
            reason = f"the cell does not parse: {cell.error}"
            where = type(cell.where)(cell.cell.index, 1, 1)
            found.append(Accounted(index=len(found), where=where, last_line=last_line, role="dropped", reason=reason))
    return tuple(found)


def _accounted(plan: Plan, index: int, places: Places, modules: tuple[Module, ...]) -> Accounted:
    statement = plan.flow.program.statements[index]
    effects = plan.flow.effects[index]
    changed = dict.fromkeys((*effects.binds, *sorted(effects.mutates)))  # aliases come from sets: sorted to be repeatable
    binds = tuple(name for name in changed if ":" not in name and name != "*")
    mine = sorted(places.get(index, ()), key=lambda place: (place.module == "explore.py", place.module))
    common = {"index": index, "where": statement.where, "last_line": statement.last_line}
    role, reason = _role_of(plan, index, mine)
    if shapes.is_import(statement.node) and role != "dropped":
        mine = _import_places(statement.node, modules)
        if not mine:
            return Accounted(**common, role="dropped", reason="nothing that was kept uses it")
    if not mine and role != "dropped":
        role, reason = "dropped", reason or "nothing reads what it makes"
    if role == "dropped":
        return Accounted(**common, role="dropped", reason=reason or "nothing reads what it makes")
    return Accounted(**common, role=role, reason=reason, place=mine[0], also=tuple(mine[1:]), binds=binds)


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


def _import_places(node: ast.stmt, modules: tuple[Module, ...]) -> list[Place]:
    """The lines at the top of emitted modules that bring the same names."""
    from nb2prod.plan.hoist import import_lines  # noqa: PLC0415 - avoids a cycle of imports

    wanted = {line.code for line in import_lines(node)}
    found: list[Place] = []
    for module in modules:
        for top in ast.walk(ast.parse(module.code)):
            if isinstance(top, ast.Import | ast.ImportFrom) and wanted & {line.code for line in import_lines(top)}:
                found.append(Place(module.name, top.lineno, top.end_lineno or top.lineno))
                break
    return found


def _predict_outcome(plan: Plan) -> Outcome:
    if saved_model(plan) is None:
        return Outcome(status="none")
    why = "the way from the raw data to the model's input was not looked for"
    return Outcome(status="refused", refusal=Refusal(None, why, "Use train only"))
