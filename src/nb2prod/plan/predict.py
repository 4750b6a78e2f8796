"""How predict is made: the steps from the raw rows to the model's input, cut into functions that train calls too."""

from __future__ import annotations

import ast
import builtins
import copy
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from nb2prod.plan import shapes
from nb2prod.plan.choose import Choice, NotFollowed, choose
from nb2prod.plan.continuation import Continuation, continuation
from nb2prod.plan.headers import headers, numbers
from nb2prod.plan.made_arrays import with_arrays
from nb2prod.plan.replay import WAY_OUT, CannotReplay, Names, Replay, Store
from nb2prod.plan.roles import needed_by
from nb2prod.plan.steps import Step, Walk
from nb2prod.plan.turns import drawn, names_read
from nb2prod.problems import Refusal
from nb2prod.rows.interpreter import provenance
from nb2prod.rows.kinds import TARGET, Learned, Rows, Unknown
from nb2prod.rows.knowledge import estimators

if TYPE_CHECKING:
    from nb2prod.conversion import Learnt, ModelKind
    from nb2prod.plan.plan import Plan
    from nb2prod.plan.raw import Raw
    from nb2prod.problems import Location
    from nb2prod.rows.interpreter import Prediction, Provenance

_BUILTINS = frozenset(dir(builtins))
_SEVERAL = frozenset({"predict_proba", "predict_log_proba", "decision_function"})
_OURS = frozenset(
    {"learned", "fit", "conform", "as_categories", "looked_up", "date_format", "all_but", "encoded", "NothingLeft"}
    | {"numbered", "cast"}
)


@dataclass(frozen=True, slots=True, eq=False)
class Link:
    """What predict does where training splits or filters: `X_test = X`."""

    statement: int
    instead: tuple[ast.stmt, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Stage:
    """A function for train and predict: its steps, and what only training does between them.

    `at` is the statement before which train calls it. `returned` are read by predict, `also` by training only.
    """

    steps: tuple[Step, ...]
    training: tuple[int, ...]
    at: int
    parameters: tuple[str, ...]
    returned: tuple[str, ...]
    also: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Predict:
    """Everything that predict is written from."""

    choice: Choice
    rows: Provenance
    raw: Raw
    parts: tuple[Stage | Link, ...]
    input: ast.expr
    model: str
    target: tuple[str, ...]
    after: Continuation
    learnt: tuple[Learnt, ...]
    keyed: frozenset[str]
    stores: tuple[Store, ...]
    helpers: frozenset[str]
    kind: ModelKind
    recoded: tuple[int, str] | None = None
    train: tuple[int, ...] = ()

    @property
    def method(self) -> str:
        """What the model is asked: `predict`, unless the notebook's answer is made of something else."""
        asked = self.choice.prediction.method
        return asked if asked in estimators.PREDICTS else "predict"


@dataclass(frozen=True, slots=True)
class NoPredict:
    """Why predict is refused, and what was chosen where that is known."""

    refusal: Refusal
    chosen: Choice | NotFollowed | None = None


def plan_predict(plan: Plan) -> Predict | NoPredict | None:
    """Find the way from the raw rows to the final prediction; None when the notebook has no model."""
    flow = plan.flow
    known, counted = headers(plan), numbers(plan)
    rows = provenance(flow, known, counted)
    choice = choose(flow, rows, plan.train, plan.wanted)
    if not isinstance(choice, Choice) and not (plan.taken & _OURS):
        for others in with_arrays(plan, rows, known, counted):
            if (found := _of_array(plan, others)) is not None:
                return found
    if choice is None:
        unknown = _unfollowed_model(plan, rows)
        return NoPredict(unknown) if unknown is not None else None
    if isinstance(choice, NotFollowed):
        return NoPredict(Refusal(choice.why.where, choice.why.why, choice.way_out or WAY_OUT), choice)
    if plan.taken & _OURS:
        hidden = min(plan.taken & _OURS)
        why = f"the notebook uses the name `{hidden}`, which the project needs"
        return NoPredict(Refusal(None, why, f"Rename `{hidden}`"), choice)
    try:
        return _planned(plan, rows, choice)
    except CannotReplay as refused:
        return NoPredict(refused.refusal, choice)


def _of_array(plan: Plan, rows: Provenance) -> Predict | None:
    """The plan with an array of the notebook as raw rows, if it leads to the model; its target is no part of it."""
    choice = choose(plan.flow, rows, plan.train, plan.wanted)
    target = choice.prediction.model_value.target if isinstance(choice, Choice) else None
    if not isinstance(choice, Choice) or isinstance(target, Rows):
        return None
    try:
        return _planned(plan, rows, choice)
    except CannotReplay:
        return None


def _unfollowed_model(plan: Plan, rows: Provenance) -> Refusal | None:
    """Something is fitted, of which it is not known what it is."""
    for index in sorted(plan.fitting & set(plan.train), reverse=True):
        for call in shapes.calls(plan.flow.program.statements[index].node):
            if isinstance(call.func, ast.Attribute) and call.func.attr == "fit":
                fitted = rows.values.get(call.func.value)
                if isinstance(fitted, Unknown):
                    return Refusal(fitted.where, fitted.why, WAY_OUT)
    return None


def _planned(plan: Plan, rows: Provenance, choice: Choice) -> Predict:
    prediction = choice.prediction
    where = plan.flow.program.statements[prediction.statement].where
    names = Names()
    after = continuation(plan, rows, choice, names)
    if prediction.method in _SEVERAL and not after.picks:
        why = f"the notebook's final answer is `{prediction.method}`, which gives several numbers for each row"
        raise CannotReplay(where, why)
    plan = _with(plan, prediction, names)
    walk = Walk(plan, rows, names, {}, [])
    replay = Replay(plan.flow, rows, names, prediction.statement, predicted=True)
    split = _before_split(plan, prediction, rows)
    given = replay.expression(split)
    effects = plan.flow.effects[prediction.statement]
    if split is not prediction.input and names_read(given) & {*effects.binds, *effects.mutates}:
        raise CannotReplay(where, "the rows that a loop splits change from turn to turn")
    if replay.fit or replay.both:
        raise CannotReplay(where, "the model's input learns from the data inside the call")
    walk.read_of(prediction.statement, given)
    raw = walk.back_to_raw(prediction.statement)
    lost = [store.name for store in names.stores.values() if store.after not in plan.train]
    if lost:
        raise CannotReplay(where, f"`{lost[0]}` is needed, and training does not make it")
    steps = tuple(sorted(walk.steps, key=lambda step: step.statement))
    parts = _parts(plan, steps, raw, given, prediction.statement)
    target = _target(prediction.model_value, raw, where, plan.wanted.target)
    if any(raw.needed.may_hold(name) for name in target):
        raise CannotReplay(where, f"the target `{target[0]}` is among the columns that the model's input needs")
    return Predict(
        choice=choice,
        rows=rows,
        raw=raw,
        parts=parts,
        input=given,
        model=ast.unparse(prediction.model),
        target=target,
        after=after,
        learnt=tuple(sorted(names.learnt.values(), key=lambda each: each.where)),
        keyed=frozenset(names.keyed),
        stores=tuple(names.stores.values()),
        helpers=frozenset(names.helpers),
        kind=_kind(prediction.model_value.estimator or ""),
        recoded=_recoded(plan, rows, choice, raw, target) if not after.steps else None,
        train=plan.train,
    )


def _before_split(plan: Plan, prediction: Prediction, rows: Provenance) -> ast.expr:
    """The rows whose part is predicted in each turn of a loop that splits them anew; else what is predicted."""
    node = plan.flow.program.statements[prediction.statement].node
    if not isinstance(node, ast.For) or not isinstance(prediction.input, ast.Name):
        return prediction.input
    found = drawn(node, plan.flow.effects[prediction.statement], rows, prediction.call.lineno)
    return found.get(prediction.input.id, prediction.input)


def _with(plan: Plan, prediction: Prediction, names: Names) -> Plan:
    """Training with what makes model and input under their names, and with what the prediction is changed by."""
    parts = (prediction.model, prediction.input)
    named = {n.id for part in parts for n in ast.walk(part) if isinstance(n, ast.Name)} - plan.module_level
    uses = [u for u in plan.flow.uses[prediction.statement] if u.name in named]
    made = {store.after for store in names.stores.values()} | {d for u in uses for d in u.definitions}
    made -= set(plan.train)
    more = needed_by(plan.flow, made, without=[i for i in plan.flow.order if plan.roles[i].purpose == "dropped"])
    alone = {*plan.hoisted.import_statements, *plan.hoisted.definitions, *plan.hoisted.settings}
    wanted = {*plan.train, *more} - alone
    return replace(plan, train=tuple(i for i in plan.flow.order if i in wanted)) if made else plan


def _target(model: Learned, raw: Raw, where: Location, wanted: str) -> tuple[str, ...]:
    """The raw columns that reach fit's y, or the one that is said to."""
    if wanted and raw.header is not None and wanted not in raw.header:
        raise CannotReplay(where, f"the raw data has no column `{wanted}`, which was given as the target")
    if wanted:
        return (wanted,)
    target = model.target
    if raw.dataset == "array":
        return ()
    if not isinstance(target, Rows):
        if isinstance(target, Unknown):
            raise CannotReplay(target.where, f"the target is not followed: {target.why}")
        return ()
    if target.source != raw.statement:
        return ()
    if target.depends.all_but is None and len(target.depends.named) == 1:
        return tuple(target.depends.named)
    if target.label is not None and _is_raw(target.label, raw):
        return (target.label,)
    if target.depends.all_but is not None or target.label is None:
        raise CannotReplay(where, "it cannot be told which column is the target")
    return tuple(sorted(target.depends.named))


def _recoded(plan: Plan, rows: Provenance, choice: Choice, raw: Raw, target: tuple[str, ...]) -> tuple[int, str] | None:
    """The fit of the chosen classifier and its y, from which the recoding of the target column can be read off."""
    model = choice.prediction.model_value
    if _kind(model.estimator or "") not in {"classification", "other"} or len(target) != 1 or raw.dataset:
        return None
    for fit in rows.fits:
        if fit.value.target is model.target and fit.top and fit.statement in plan.train and len(fit.call.args) > 1:
            return fit.statement, ast.unparse(fit.call.args[1])
    return None


def _is_raw(label: str, raw: Raw) -> bool:
    return label == TARGET if raw.dataset else raw.header is None or label in raw.header


def _kind(estimator: str) -> ModelKind:
    if (
        estimator.endswith(("Regressor", "Regression", "Ridge", "Lasso", "SVR", "ElasticNet"))
        and estimator != "LogisticRegression"
    ):
        return "regression"
    if estimator in {
        "KMeans",
        "MiniBatchKMeans",
        "GaussianMixture",
        "DBSCAN",
        "AgglomerativeClustering",
        "Birch",
        "MeanShift",
    }:
        return "clustering"
    if estimator.endswith(("Classifier", "NB", "SVC", "LogisticRegression", "Perceptron", "DiscriminantAnalysis")):
        return "classification"
    return "other"


# cutting into stages


def _parts(plan: Plan, steps: tuple[Step, ...], raw: Raw, given: ast.expr, end: int) -> tuple[Stage | Link, ...]:
    cutter = _Cutter(plan, raw, given, end)
    segments: list[list[Step]] = [[]]
    splits: list[Step] = []
    for step in steps:
        if step.kind == "split":
            splits.append(step)
            segments.append([])
        else:
            segments[-1].append(step)
    parts: list[Stage | Link] = []
    later = [names_read(given)]
    for segment, split in zip(reversed(segments[1:]), reversed(splits), strict=True):
        later.append(
            later[-1]
            | {n for s in segment for n in cutter.reads(s)}
            | {n for i in split.instead for n in names_read(i)}
        )
    later.reverse()
    for number, segment in enumerate(segments):
        limit = splits[number].statement if number < len(splits) else end
        if segment:
            whole = cutter.whole(segment, later[number]) if number == 0 else None
            parts += [whole] if whole is not None else cutter.pieces(segment, limit, later[number])
        if number < len(splits):
            parts.append(Link(splits[number].statement, splits[number].instead))
    return tuple(parts)


def _names_written_in(node: ast.AST) -> set[str]:
    """The names that stand in a statement (a table changed through another name does not)."""
    return {n.id for n in ast.walk(node) if isinstance(n, ast.Name)} | {
        n.name for n in ast.walk(node) if isinstance(n, ast.FunctionDef | ast.ClassDef)
    }


def predict_reads(plan: Plan, stage: Stage) -> set[str]:
    """The names that a stage may read when it does not train; what it gives back it may have been given."""
    found = set(stage.returned)
    for step in stage.steps:
        if step.kind == "same" and step.code is None:
            found |= set(plan.flow.effects[step.statement].reads)
        for node in step.instead if step.kind != "same" else step.code or ():
            found |= names_read(_Untrained().visit(copy.deepcopy(node)))
    return found


class _Untrained(ast.NodeTransformer):
    """Take out what only training does."""

    def visit_IfExp(self, node: ast.IfExp) -> ast.AST:
        if isinstance(node.test, ast.Name) and node.test.id == "fit":
            return node.orelse
        return self.generic_visit(node)

    def visit_If(self, node: ast.If) -> ast.AST:
        if isinstance(node.test, ast.Name) and node.test.id == "fit":
            return ast.Pass()
        return self.generic_visit(node)


@dataclass(frozen=True, slots=True)
class _Cutter:
    plan: Plan
    raw: Raw
    given: ast.expr
    end: int

    def reads(self, step: Step) -> set[str]:
        """The names of the notebook that a step reads, in training or in predict."""
        names = {n for n in self.plan.flow.effects[step.statement].reads if ":" not in n}
        if step.code is not None:
            names &= {n for node in (*step.code, *step.fit) for n in names_read(node)}
        if step.statement == self.raw.statement:  # what is done to the rows where they are read
            names |= set(self.raw.names)
        return names - self.plan.module_level - _BUILTINS

    def reads_of(self, index: int) -> set[str]:
        """The names of the notebook that a statement reads."""
        return {n for n in self.plan.flow.effects[index].reads if ":" not in n} - self.plan.module_level - _BUILTINS

    def writes(self, index: int) -> set[str]:
        effects = self.plan.flow.effects[index]
        return {*effects.binds, *effects.mutates}

    def whole(self, segment: list[Step], later: set[str]) -> Stage | None:
        """One body for training and predict, if what training does in between needs nothing from outside."""
        first = min([s.statement for s in segment] + [self.raw.statement])
        last = max(s.statement for s in segment)
        included = {s.statement for s in segment}
        scope = set(self.raw.names)
        training: list[int] = []
        for index in self.plan.train:
            if not first <= index <= last or index == self.raw.statement:
                continue
            if index in included:
                scope |= {n for n in self.writes(index) if ":" not in n}
            elif index < self.raw.statement:
                continue
            else:
                if not self.reads_of(index) <= scope:
                    return None
                training.append(index)
                scope |= {n for n in self.writes(index) if ":" not in n}
        before = {s.statement for s in segment if s.statement < self.raw.statement}
        if any(
            not self._independent(b, i)
            for b in before
            for i in self.plan.train
            if b < i < self.raw.statement and i not in before
        ):
            return None
        return self._stage(segment, tuple(training), max(self.raw.statement, first), later)

    def _independent(self, one: int, other: int) -> bool:
        effects, others = self.plan.flow.effects[one], self.plan.flow.effects[other]
        return not (self.writes(one) & {*others.reads, *self.writes(other)} or self.writes(other) & set(effects.reads))

    def pieces(self, segment: list[Step], limit: int, later: set[str]) -> list[Stage]:
        """Functions of consecutive steps; a step moves down to the next one where nothing in between minds."""
        groups: list[tuple[list[Step], int]] = []
        open_steps: list[Step] = []
        by_index = {s.statement: s for s in segment}
        for index in self.plan.train:
            if index > limit:
                break
            if index in by_index:
                open_steps.append(by_index[index])
            elif open_steps and (index == limit or any(not self._independent(s.statement, index) for s in open_steps)):
                groups.append((open_steps, index))
                open_steps = []
        if open_steps:
            groups.append((open_steps, limit))
        stages: list[Stage] = []
        for number, (steps, at) in enumerate(groups):
            following = {n for other, _ in groups[number + 1 :] for s in other for n in self.reads(s)}
            stages.append(self._stage(steps, (), at, later | following))
        return stages

    def _stage(self, steps: list[Step], training: tuple[int, ...], at: int, later: set[str]) -> Stage:
        inside = {*(s.statement for s in steps), *training}
        bound: set[str] = set()
        parameters: dict[str, None] = {}
        for index in sorted(inside):
            step = next((s for s in steps if s.statement == index), None)
            for name in sorted((self.reads(step) if step else self.reads_of(index)) - bound):
                parameters.setdefault(name)
            bound |= {n for n in self.writes(index) if ":" not in n}
        present = {n for i in inside for n in _names_written_in(self.plan.flow.program.statements[i].node)}
        changed = (
            bound & present & ({n for s in steps for n in s.binds} | {n for i in training for n in self.writes(i)})
        )
        outside = self._read_outside(inside, changed)
        wanted = [n for n in sorted(changed) if n in later]
        by_steps = {n for s in steps for n in self.writes(s.statement)}
        returned = tuple(n for n in wanted if n in by_steps)
        also = tuple(n for n in sorted(changed) if n in outside and n not in returned)
        return Stage(tuple(sorted(steps, key=lambda s: s.statement)), training, at, tuple(parameters), returned, also)

    def _read_outside(self, inside: set[int], names: set[str]) -> set[str]:
        """Which of the names training reads elsewhere as this stage leaves them."""
        found: set[str] = set()
        for index in self.plan.train:
            if index in inside:
                continue
            for use in self.plan.flow.uses[index]:
                if use.name in names and inside & set(use.definitions):
                    found.add(use.name)
        return found
