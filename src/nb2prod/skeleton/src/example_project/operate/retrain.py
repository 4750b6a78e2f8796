"""`python -m example_project retrain`: train on new rows; the result is challenger if it passes the gate.

The gate asks, of rows that the candidate was not trained on: can it take what the champion takes, was it made in the
same environment, does it answer, and is it surely worse (or, with `--better`, surely better)? What it decides is in the
store with its numbers before anything else happens, a refusal as well. Nothing is overwritten: a refused candidate
stays in `models/` without an alias, and so does the challenger whose place is taken.
"""

from __future__ import annotations

import argparse
import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Mapping, Sequence

import numpy as np
import pandas as pd

from example_project import aliases, evaluate, models
from example_project.__main__ import read
from example_project.errors import DataError, ModelError, ProjectError
from example_project.models import Stored
from example_project.operate import candidate, challengers, examples, metrics, store
from example_project.operate.evaluation import answered_of
from example_project.operate.examples import Examples
from example_project.schema import Schema, conform

ROOT = Path("models")
ACCEPTED, REFUSED = "challenger", "refused"  # the kinds of decision


@dataclass(frozen=True)
class Check:
    """One question of the gate."""

    name: str
    passed: bool
    why: str


@dataclass(frozen=True)
class Judged:
    """Both models' metrics on the same rows, and how much better the candidate is by the main one."""

    rows: int
    metric: str
    champion: Mapping[str, float]
    candidate: Mapping[str, float]
    trivial: Mapping[str, float]
    difference: metrics.Value
    unanswered: tuple[float, float]  # shares of the rows with an answer: the champion's, the candidate's


@dataclass(frozen=True)
class Decision:
    """What the gate decided about a version, and what that rests on; `version` is "" where none was trained."""

    version: str
    champion: str
    checks: tuple[Check, ...]
    facts: Mapping[str, Any]

    @property
    def accepted(self) -> bool:
        """Whether the candidate is the challenger now."""
        return all(check.passed for check in self.checks)

    @property
    def reason(self) -> str:
        """In one line."""
        told = self.checks if self.accepted else [check for check in self.checks if not check.passed]
        return "; ".join(f"{check.name}: {check.why}" for check in told)


def run(options: argparse.Namespace) -> int:
    """Train, judge, decide, tell: 0 there is a new challenger, 1 the gate refused the candidate."""
    decision = retrain(options)
    print(text(decision))
    if options.output:
        content = {**asdict(decision), "accepted": decision.accepted, "reason": decision.reason}
        options.output.write_text(json.dumps(content, indent=1, default=str) + "\n", encoding="utf-8")
    return 0 if decision.accepted else 1


def retrain(options: argparse.Namespace, why: Sequence[str] = ()) -> Decision:
    """Train a candidate and decide about it; `why` is what started it, for the record."""
    champion = models.load(models.current(ROOT), ROOT)
    here = store.Store()
    try:
        here.decided()  # a decision that could not be stored is none: rather than that, nothing is trained
        decision = _decided(champion, _examples(options, champion), options)
        known = aliases.read(ROOT)
        facts = {**decision.facts, "because": list(why), "replaces": known.get("challenger")}
        kind = ACCEPTED if decision.accepted else REFUSED
        here.decide(kind, decision.version or champion.version, decision.reason, facts)
    except store.StoreError as error:
        raise ProjectError(f"the store does not answer, so nothing was decided: {error}") from error
    finally:
        here.close()
    if decision.accepted:
        aliases.change(ROOT, lambda others: {**others, "challenger": decision.version})
        if options.shadow:
            challengers.challenge(decision.version)
    return Decision(decision.version, decision.champion, decision.checks, facts)


def text(decision: Decision) -> str:
    """The decision for a person."""
    head = f"the challenger is {decision.version}" if decision.accepted else "no new challenger"
    lines = [f"{head}; the champion stays {decision.champion}"]
    lines += [f"  {'ok     ' if each.passed else 'REFUSED'} {each.name}: {each.why}" for each in decision.checks]
    if decision.version and not decision.accepted:
        lines.append(f"  the candidate is kept: python -m example_project models show {decision.version}")
    return "\n".join(lines)


def _examples(options: argparse.Namespace, champion: Stored) -> Examples:
    if options.data is not None and not options.data.exists():
        raise DataError(f"there is no file or folder {options.data}")
    share = 0.0 if options.judge_on else options.share
    if options.data is not None:
        found = examples.of_path(options.data, champion, share=share, seed=options.seed)
    else:
        found = examples.of_store(champion, days=options.days, share=share)
    if options.judge_on:
        found = examples.judged_on(found, read(options.judge_on))
    return examples.with_training_data(found) if options.add else found


def _decided(champion: Stored, found: Examples, options: argparse.Namespace) -> Decision:
    """Train and judge; what makes training pointless is found before it."""
    facts: dict[str, Any] = {
        "champion": champion.version,
        "source": found.source,
        "trained_on": len(found.learnt),
        "judged_on": len(found.judged),
        "left_out": found.left_out,
        "seed": options.seed,
    }
    before = usable(found, champion.schema, options.rows)
    if not all(check.passed for check in before):
        return Decision("", champion.version, before, facts)
    fast = "onnx" if "model.onnx" in models.manifest(ROOT / champion.version)["sha256"] else "no"
    try:
        version = candidate.trained(found.learnt, found.files, seed=options.seed, fast=fast)
    except ModelError as error:
        return Decision("", champion.version, (*before, Check("training", passed=False, why=str(error))), facts)
    made = models.load(version, ROOT)
    one, other = (models.check(each, ROOT) for each in (champion.version, version))
    facts["data"] = other["data"]
    checks = (*before, same_schema(champion.schema, made.schema), same_environment(one, other))
    try:
        judged = judge(champion, made, found.judged, seed=options.seed)
    except DataError as error:
        return Decision(version, champion.version, (*checks, Check("answers", passed=False, why=str(error))), facts)
    facts["judged"] = _finite(asdict(judged))
    checks = (*checks, answers(judged), good_enough(judged, options.rows, better=options.better))
    return Decision(version, champion.version, checks, facts)


def usable(found: Examples, schema: Schema, rows: int) -> tuple[Check, ...]:
    """Whether there are rows enough, and whether they are what the champion was trained on."""
    counted = f"{len(found.learnt)} to learn from, {len(found.judged)} to judge by ({rows} are needed)"
    enough = Check("rows", passed=len(found.judged) >= rows and len(found.learnt) > 0, why=counted)
    if not enough.passed:
        return (enough,)
    try:
        for part in (found.learnt, found.judged):
            conform(part, schema)
    except DataError as error:
        return (enough, Check("data", passed=False, why=f"not as in training: {error}"))
    return (enough, Check("data", passed=True, why="columns and types as in training"))


def same_schema(champion: Schema, made: Schema) -> Check:
    """Whether the candidate takes every row that the champion takes."""
    known = {column.name: column for column in champion.columns}
    found = []
    for column in made.columns:
        before = known.get(column.name)
        if column.required and (before is None or not before.required):
            found.append(f"{column.name!r} is needed now")
        elif column.required and before is not None and not _takes(column.dtype, before.dtype):
            found.append(f"{column.name!r} was {before.dtype} and is {column.dtype}")
    if champion.target != made.target:
        found.append(f"the target was {champion.target} and is {made.target}")
    return Check("schema", passed=not found, why="; ".join(found) or "it takes what the champion takes")


def _takes(now: str, before: str) -> bool:
    """Whether a column of this dtype holds what the other held: whole numbers fit among the floats."""
    types = [pd.api.types.pandas_dtype(each) for each in (now, before)]
    number = [pd.api.types.is_numeric_dtype(each) and not pd.api.types.is_bool_dtype(each) for each in types]
    if all(number):
        return pd.api.types.is_float_dtype(types[0]) or not pd.api.types.is_float_dtype(types[1])
    return now == before


def same_environment(champion: Mapping[str, Any], made: Mapping[str, Any]) -> Check:
    """Whether Python and the libraries that both have loaded are the same versions."""
    pairs = {"python": (champion.get("python"), made.get("python"))}
    libraries = champion.get("libraries", {}), made.get("libraries", {})
    pairs.update({name: (libraries[0][name], libraries[1][name]) for name in sorted({*libraries[0]} & {*libraries[1]})})
    found = [f"{name} was {before} and is {now}" for name, (before, now) in pairs.items() if before != now]
    return Check("environment", passed=not found, why="; ".join(found) or f"{len(pairs)} versions are the same")


def judge(champion: Stored, made: Stored, rows: pd.DataFrame, *, seed: int) -> Judged:
    """Both models on the same labelled rows; those that both answer are compared."""
    found = []
    for stored in (champion, made):
        with models.using(stored):
            found.append(evaluate.labelled(rows))
    one, other = found
    both = one.both & other.both
    if not both.any():
        raise DataError("no row has an answer by both models")
    pair = [answered_of(evaluate.Labelled(e.version, one.kind, e.truth, e.answers, both)) for e in found]
    known = one.truth.notna().to_numpy()
    return Judged(
        rows=int(both.sum()),
        metric=metrics.main_metric(one.kind),
        champion=metrics.measured(pair[0]),
        candidate=metrics.measured(pair[1]),
        trivial=metrics.measured(metrics.trivial(pair[0])),
        difference=metrics.paired(pair[0], pair[1], seed=seed),
        unanswered=(float(1 - one.both[known].mean()), float(1 - other.both[known].mean())),
    )


def _finite(value: Any) -> Any:
    """The same for JSON, which knows no NaN."""
    if isinstance(value, dict):
        return {key: _finite(each) for key, each in value.items()}
    return None if isinstance(value, float) and not np.isfinite(value) else value


def answers(judged: Judged) -> Check:
    """Whether the candidate answers as many rows as the champion."""
    before, now = judged.unanswered
    told = f"{now:.1%} of the rows are left without (the champion leaves {before:.1%})"
    return Check("answers", passed=now <= before + 0.01, why=told)


def good_enough(judged: Judged, rows: int, *, better: bool) -> Check:
    """Whether the candidate is not surely worse, or surely better."""
    gain = judged.difference
    name = judged.metric
    told = f"{name} {judged.candidate[name]:.4g}, the champion's {judged.champion[name]:.4g} on {judged.rows} rows: "
    told += f"better by {gain.value:.4g} ({gain.low:.4g} to {gain.high:.4g})"
    passed = judged.rows >= rows and bool(np.isfinite(gain.low)) and (gain.low > 0 if better else gain.high >= 0)
    return Check("metrics", passed=passed, why=told)
