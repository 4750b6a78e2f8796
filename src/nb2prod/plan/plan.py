"""Everything decided about a notebook before a line is written."""

from __future__ import annotations

import ast
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from nb2prod.options import NOTHING_WANTED, Wanted
from nb2prod.plan import shapes
from nb2prod.plan.complete import complete
from nb2prod.plan.data import DataRead, data_reads, needless_constants
from nb2prod.plan.hoist import ALWAYS_THERE, Hoisted, hoist, star_names
from nb2prod.plan.lambdas import Named, named_lambdas
from nb2prod.plan.literals import Literal, literals
from nb2prod.plan.local import Find, Local, local_modules
from nb2prod.plan.looked_through import looked_through
from nb2prod.plan.outcome import train_outcome
from nb2prod.plan.outputs import Output, outputs
from nb2prod.plan.roles import Role, fitting_statements, needed_by, roles

if TYPE_CHECKING:
    from collections.abc import Collection
    from pathlib import Path

    from nb2prod.conversion import DataFile, Outcome
    from nb2prod.dataflow import Dataflow


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What becomes of the notebook; `train` and `explore` are statement indices in the order they run."""

    flow: Dataflow
    roles: tuple[Role, ...]
    hoisted: Hoisted
    data: tuple[DataRead, ...]
    looked_through: tuple[DataFile, ...]
    train: tuple[int, ...]
    explore: tuple[int, ...]
    fitting: frozenset[int]
    outcome: Outcome
    taken: frozenset[str]
    module_level: frozenset[str]
    outputs: tuple[Output, ...]
    literals: tuple[Literal, ...]
    lambdas: tuple[Named, ...]
    local: Local
    wanted: Wanted = NOTHING_WANTED

    def ours(self, name: str) -> str:
        """A name for something of ours that no name of the notebook hides."""
        return f"project_{name}" if name in self.taken else name

    def imported(self, package: str, module: str) -> str:
        """The line that imports one of the project's own modules."""
        alias = self.ours(module)
        return f"from {package} import {module}" + (f" as {alias}" if alias != module else "")


def plan(flow: Dataflow, folder: Path | None, find: Find | None = None) -> Plan:
    """Plan the conversion of a notebook whose data lies relative to `folder`, and its modules where `find` says."""
    found = roles(flow)
    hoisted = hoist(flow, found)
    named = {name: i for i in hoisted.settings if (name := shapes.constant_target(flow.program.statements[i].node))}
    data = data_reads(flow, folder, named)
    needless = needless_constants(flow, data, named)
    hoisted = replace(hoisted, settings=hoisted.settings - needless)
    found = tuple(
        Role("dropped", "the paths made from it are settings") if i in needless else r for i, r in enumerate(found)
    )
    at_top = hoisted.settings | hoisted.definitions
    module_level = {line.name for line in hoisted.imports} | {n for i in at_top for n in flow.effects[i].binds}
    gone = hoisted.import_statements | hoisted.definitions | hoisted.settings
    alive = [i for i in flow.order if found[i].purpose != "dropped" and i not in gone]
    roots = {i for i in alive if found[i].purpose == "train"}
    dropped = {i for i in flow.order if found[i].purpose == "dropped"}
    trained = needed_by(flow, roots, without=dropped)
    shown = {i for i in alive if found[i].purpose == "explore"}
    explored = needed_by(flow, shown, with_display=True, without=dropped)
    known = (
        module_level | ALWAYS_THERE | star_names(flow, hoisted) | {name for name, i in named.items() if i in needless}
    )
    training = complete(flow, trained & set(alive), alive, known)
    exploring = complete(flow, explored & set(alive), alive, known)
    found = _without(found, exploring.missing, training.missing)
    kept = training.statements | exploring.statements | hoisted.definitions
    bound = {name for effects in flow.effects for name in effects.binds} | {read.setting for read in data}
    return Plan(
        flow=flow,
        roles=found,
        hoisted=hoisted,
        data=data,
        looked_through=looked_through(flow, folder),
        train=tuple(i for i in alive if i in training.statements),
        explore=tuple(i for i in alive if i in exploring.statements),
        fitting=fitting_statements(flow),
        outcome=train_outcome(flow, found),
        taken=frozenset(
            node.id for s in flow.program.statements for node in ast.walk(s.node) if isinstance(node, ast.Name)
        ),
        module_level=frozenset(module_level),
        outputs=outputs(flow, folder),
        local=local_modules(flow, folder, find),
        literals=literals(flow, kept, bound, training.statements),
        lambdas=named_lambdas(
            flow, kept - hoisted.definitions, (module_level | ALWAYS_THERE) - _rebound(flow, alive), bound
        ),
    )


def _rebound(flow: Dataflow, alive: Collection[int]) -> frozenset[str]:
    return frozenset(name for i in alive for name in flow.effects[i].binds)


def _without(found: tuple[Role, ...], exploring: dict[int, str], training: dict[int, str]) -> tuple[Role, ...]:
    """The roles, with those dropped that read a name which nothing binds."""
    changed = list(found)
    for index, name in {**exploring, **training}.items():
        blocks = index in training and found[index].purpose == "train"
        if index in training or found[index].purpose == "explore":
            changed[index] = Role("dropped", f"it needs `{name}`, which nothing defines", blocks=blocks)
    return tuple(changed)
