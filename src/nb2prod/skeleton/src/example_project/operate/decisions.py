"""How the live challengers stand, and what is done about it: canary, promotion, rollback, each stored with its numbers.

Any number of processes may do this at once: a decision is taken under the lock of what it changes, and only if that is
still as it was when the numbers were read. What cannot be stored is not done.
"""

from __future__ import annotations

import math
import time
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, Sequence

import numpy as np
import pandas as pd

from example_project import aliases, evaluate, models
from example_project.aliases import Aliases
from example_project.operate import compare, registry, routes
from example_project.operate.compare import Decision, Evidence, Health
from example_project.operate.routes import Challenger, Routes
from example_project.operate.store import Store

RECENT = 2_000  # scores by which a model's health is judged
ROOT = Path("models")


class Overtaken(Exception):
    """Somebody else has changed what a decision was about."""


@dataclass(frozen=True)
class Standing:
    """A challenger beside the champion: how much better, how healthy, how many rows it has answered itself."""

    champion: str
    challenger: Challenger
    evidence: Evidence
    before: Health
    health: Health
    answered: int
    decision: Decision

    @property
    def facts(self) -> dict[str, Any]:
        """The numbers, for the store and for programs; what is not finite is None."""
        return {
            "champion": self.champion,
            "share": self.challenger.share,
            "answered": self.answered,
            "evidence": _finite(asdict(self.evidence)),
            "health": asdict(self.health),
            "champion_health": asdict(self.before),
        }


@dataclass(frozen=True)
class Step:
    """What is to be done: `canary`, `promote`, `rollback` (to the previous champion, or of a canary) or `remove`.

    `urgent`: a model is sick, so that this is done also where other steps wait for a person.
    """

    kind: str
    standing: Standing
    why: str
    urgent: bool = False


def standings(store: Store, known: Routes, champion: str, root: Path = ROOT) -> tuple[Standing, ...]:
    """How every challenger stands; reads only."""
    rivals = [each for each in known.challengers if each.version != champion]
    rules = replace(known.rules, alpha=known.rules.alpha / max(1, len(rivals)))  # each has its chance of being lucky
    found = []
    for each in rivals:
        evidence = _evidence(store.pairs(champion, each.version, each.since, rules.most), champion, root, rules.alpha)
        before, health = (_health(store, version, each.since) for version in (champion, each.version))
        answered = store.answered(each.version, each.since) if each.share else 0
        decision = compare.decide(evidence, before, health, rules)
        found.append(Standing(champion, each, evidence, before, health, answered, decision))
    return tuple(found)


def next_step(found: Sequence[Standing], rules: compare.Rules, previous: str | None) -> Step | None:
    """The one thing to do now: what is sick goes first, then the best of those that are better for sure."""
    for each in found:
        if each.decision.action == "remove":
            kind = "rollback" if each.challenger.share else "remove"
            return Step(kind, each, each.decision.why, urgent=bool(compare.sick(each.before, each.health, rules)))
    for each in found:
        unfit = compare.sick(each.health, each.before, rules)
        if unfit and each.challenger.version == previous and each.health.answers >= rules.answers:
            return Step("promote", each, f"the champion is unfit: {unfit}")
    better = [each for each in found if each.decision.action == "promote"]
    for each in sorted(better, key=lambda one: -one.evidence.difference):
        if not each.challenger.share and each.challenger.version != previous:
            return Step("canary", each, each.decision.why)
        if each.answered >= rules.answers or each.challenger.version == previous:
            return Step("promote", each, each.decision.why)
    return None


def act(store: Store, known: Routes, step: Step, previous: str | None, root: Path = ROOT) -> str:
    """Do it, or propose it where that is all one may; gives what was stored, or nothing if it was proposed before."""
    challenger = step.standing.challenger
    if not known.automatic and not step.urgent:
        return _propose(store, step)
    back = step.kind == "promote" and challenger.version == previous
    kind = "rollback" if back else step.kind
    if step.kind == "promote":
        _promote(store, step, kind, root)
    else:
        _reroute(store, known, step, root)
    return kind


def look(store: Store, root: Path = ROOT) -> tuple[tuple[Standing, ...], str]:
    """Read the numbers and do the next thing; how all stood, and what was done (or nothing)."""
    known, names = routes.read(root), aliases.read(root)
    champion = names.get("champion")
    if champion is None or not known.challengers:
        return (), ""
    found = standings(store, known, champion, root)
    step = next_step(found, known.rules, names.get("previous"))
    if step is None:
        return found, ""
    try:
        return found, act(store, known, step, names.get("previous"), root)
    except Overtaken:
        return found, ""


def _promote(store: Store, step: Step, kind: str, root: Path) -> None:
    version, before = step.standing.challenger.version, step.standing.champion

    def sure(known: Aliases) -> None:
        if known.get("champion") != before:
            raise Overtaken("another version was promoted meanwhile")
        store.decide(kind, version, step.why, step.standing.facts)

    registry.promote(version, root, sure)
    routes.change(root, lambda known: routes.promoted(known, version, before, time.time()))


def _reroute(store: Store, known: Routes, step: Step, root: Path) -> None:
    challenger = step.standing.challenger

    def change(now: Routes) -> Routes:
        if now.of(challenger.version) != challenger:
            raise Overtaken("the routes were changed meanwhile")
        store.decide(step.kind, challenger.version, step.why, step.standing.facts)
        if step.kind == "canary":
            others = sum(each.share for each in now.challengers)
            return now.having(replace(challenger, share=min(known.canary, 1 - others)))
        return now.without(challenger.version)

    routes.change(root, change)


def _propose(store: Store, step: Step) -> str:
    """A proposal is stored once."""
    challenger, facts = step.standing.challenger, {"kind": step.kind, **step.standing.facts}
    for each in store.decided():
        same = (each["kind"], each["version"], each["facts"].get("kind")) == ("propose", challenger.version, step.kind)
        if same and each["at"] >= challenger.since:
            return ""
    store.decide("propose", challenger.version, step.why, facts)
    return "propose"


def _evidence(pairs: Sequence[tuple[Any, Any, Any]], champion: str, root: Path, alpha: float) -> Evidence:
    """Rows where a prediction is empty are no evidence."""
    rows = [pair for pair in pairs if None not in pair]
    if rows and _are_numbers(rows, champion, root):
        before, now, truth = (np.array(values, dtype="float64") for values in zip(*rows))
        return compare.numbers(truth, before, now, alpha=alpha)
    right = [[_same(given, truth) for given in (one, other)] for one, other, truth in rows]
    before, now = np.array(right, dtype=bool).reshape(-1, 2).T
    return compare.labels(np.ones(len(rows), dtype=bool), before, now, alpha=alpha)


def _are_numbers(rows: Sequence[tuple[Any, Any, Any]], champion: str, root: Path) -> bool:
    """Whether the model predicts a quantity; a truth that is no number is a label in any case."""
    if not all(isinstance(value, (int, float)) and not isinstance(value, bool) for row in rows for value in row):
        return False
    kind = evaluate.kind_of(models.load(champion, root).model, pd.Series([row[0] for row in rows]))
    return kind == "regression"


def _same(given: Any, truth: Any) -> bool:
    """Callers may send a label as text, or 1 as 1.0."""
    return bool(given == truth or str(given) == str(truth))


def _health(store: Store, version: str, since: float) -> Health:
    found = store.health(version, since, RECENT)
    times = [*{ms for ms, _ in found}]  # the rows of one request have the same
    seconds = float(np.percentile(times, 95)) / 1000 if times else 0.0
    return Health(len(found), sum(error is not None for _, error in found), seconds, len(times))


def _finite(values: dict[str, Any]) -> dict[str, Any]:
    return {
        name: None if isinstance(value, float) and not math.isfinite(value) else value for name, value in values.items()
    }
