"""What predict does to the model's answer: what the notebook makes of its final prediction, row by row."""

from __future__ import annotations

import ast
import builtins
from dataclasses import dataclass
from typing import TYPE_CHECKING

from nb2prod.plan.replay import CannotReplay, Replay, with_replaced
from nb2prod.plan.rowwise import PREDICTION, RowWise, is_change

if TYPE_CHECKING:
    from nb2prod.plan.carried import Held
    from nb2prod.plan.choose import Choice
    from nb2prod.plan.plan import Plan
    from nb2prod.plan.replay import Names
    from nb2prod.rows.interpreter import Provenance

_BUILTINS = frozenset(dir(builtins))
_OURS = frozenset({PREDICTION, "learned", "replay"})


@dataclass(frozen=True, slots=True, eq=False)
class Continuation:
    """Expressions of `prediction`, in their order; `output` is the last as the notebook has it after `statement`."""

    steps: tuple[ast.expr, ...]
    output: str
    statement: int

    @property
    def picks(self) -> bool:
        """Whether of several numbers for each row one is taken, or made."""
        return any(_picks(step) for step in self.steps)


def continuation(plan: Plan, rows: Provenance, choice: Choice, names: Names) -> Continuation:
    """Follow the prediction: `np.expm1(...)`, `inverse_transform`, label maps, through names and columns of tables."""
    prediction = choice.prediction
    final = _final(plan, choice)
    if final is None:  # only a fit, or predicted inside of a function
        asked = f"{ast.unparse(prediction.model)}.predict({ast.unparse(prediction.input)})"
        return Continuation((), asked, prediction.statement)
    if final.lost is not None:
        raise CannotReplay(final.lost.where, f"the final prediction cannot be followed: {final.lost.why}")
    steps: list[ast.expr] = []
    for form in _chain(final):
        if form.step is not None:
            steps.append(_step(plan, rows, form, names))
        if form.listed and form is not final and (form.before is None or not form.before.listed):
            steps.append(_column())
    return Continuation(tuple(steps), final.output, final.statement)


def _final(plan: Plan, choice: Choice) -> Held | None:
    """The last form that is written to a file; else what becomes of the prediction as long as nothing else enters."""
    forms = choice.forms.of(choice.prediction)
    if choice.form is not None:
        return choice.form
    exported = [form for form in forms if form in choice.forms.exported]
    if exported:
        followed = [form for form in exported if not form.beyond]
        return (followed or exported)[-1]
    if not forms:
        return None
    final = forms[0]
    while True:
        made = [f for f in forms if f.before is final and not f.beyond and (not _is_threshold(f) or _only_use(plan, f))]
        if not made:
            return final
        final = made[-1]


def _chain(final: Held) -> list[Held]:
    found = [final]
    while found[-1].before is not None:
        found.append(found[-1].before)
    return found[::-1]


def _only_use(plan: Plan, form: Held) -> bool:
    """Whether nothing but this statement (and what is only shown) uses the prediction as it was."""
    before = form.before
    if before is None or not before.named:
        return True
    name = before.output.partition("[")[0]
    if form.output.partition("[")[0] == name and form.output == before.output:
        return True
    readers = plan.flow.readers(before.statement) - {form.statement}
    uses = [i for i in readers if any(u.name == name and before.statement in u.definitions for u in plan.flow.uses[i])]
    return not any(i in plan.train for i in uses)


def _is_threshold(form: Held) -> bool:
    """`pred > 0.5`, `np.where(pred > 0.5, 1, 0)`, rounding: one way to look at the prediction, perhaps of several."""
    if form.step is None:
        return form.collected
    called = {n.func.attr for n in ast.walk(form.step) if isinstance(n, ast.Call) and isinstance(n.func, ast.Attribute)}
    return bool(called & {"where", "round", "astype", "argmax", "rint"}) or any(
        isinstance(n, ast.Compare) for n in ast.walk(form.step)
    )


def _picks(step: ast.expr) -> bool:
    """`prediction[:, 1]`, `prediction.argmax(axis=1)`."""
    for node in ast.walk(step):
        match node:
            case ast.Subscript(slice=ast.Tuple(elts=[ast.Slice(lower=None, upper=None), ast.Constant()])):
                return True
            case ast.Call() if any(k.arg == "axis" and ast.unparse(k.value) in {"1", "-1"} for k in node.keywords):
                return True
            case ast.Call(func=ast.Attribute(attr="argmax" | "argmin"), args=[*_, ast.Constant(value=1)]):
                return True
            case _:
                pass
    return False


def _column() -> ast.expr:
    """`replay.column(prediction)`: as a column of a table."""
    function = ast.Attribute(ast.Name("replay", ast.Load()), "column", ast.Load())
    return ast.Call(function, [ast.Name(PREDICTION, ast.Load())], [])


def _step(plan: Plan, rows: Provenance, form: Held, names: Names) -> ast.expr:
    """The expression of `prediction` as predict evaluates it, notebook names that it needs stored."""
    statement, step, before = form.statement, form.step, form.before
    if step is None or before is None:
        raise AssertionError  # asked only for forms that a step makes
    ours = is_change(step)
    parts = step.args if isinstance(step, ast.Call) and ours else [step]
    known = RowWise(plan.flow, rows).evaluated(parts, before.kind, statement)
    replay = Replay(plan.flow, known, names, statement)
    news = [replay.expression(part) for part in parts]
    changed = ast.Call(step.func, news, []) if isinstance(step, ast.Call) and ours else news[0]
    if replay.fit or replay.both:
        where = plan.flow.program.statements[statement].where
        raise CannotReplay(where, "the prediction is changed by something learnt inside the same statement")
    bound = {n.id for n in ast.walk(changed) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)}
    bound |= {a.arg for n in ast.walk(changed) if isinstance(n, ast.Lambda) for a in n.args.args}
    for node in [n for n in ast.walk(changed) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Load)]:
        if node.id not in bound | plan.module_level | _BUILTINS | _OURS | names.helpers:
            attribute = replay.stored(node.id, node)
            loaded = ast.Attribute(ast.Name("learned", ast.Load()), attribute, ast.Load())
            changed = with_replaced(changed, node, loaded)
    return changed
