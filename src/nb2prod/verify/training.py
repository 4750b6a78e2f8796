"""Train: both runs compared; what differs is told apart into errors, chance, and what nobody can repeat."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from nb2prod.verify import blame
from nb2prod.verify.compare import Compared, compare, unrepeated
from nb2prod.verify.run import Mode, run_notebook, run_project
from nb2prod.verify.values import Different, Equal, NotComparable

if TYPE_CHECKING:
    from collections.abc import Iterable

    from nb2prod.dataflow import Dataflow
    from nb2prod.verify.run import Ran, Setup
    from nb2prod.verify.verdict import Difference, Failed, Status

_Keys = frozenset[tuple[int, str, int]]
_MORE = 4  # the project may take this many times as long as the notebook
_UNREPEATABLE = (
    "the notebook does not give the same value twice, even with the same draws (clock, threads, order of sets)"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Trained:
    """What a pair of runs came to; `notebook` and `project` are the runs whose values agree, if any do.

    `doubt`: why it could not be told whether values that differ do so by chance.
    """

    notebook: Ran
    project: Ran | None = None
    failed: Failed | None = None
    compared: tuple[Compared, ...] = ()
    chance: tuple[Difference, ...] = ()
    doubt: str = ""


def train(setup: Setup, mode: Mode) -> Trained:
    """Run the notebook and the project, and compare; more runs where values differ."""
    setup.progress("notebook: starting a kernel")
    notebook = run_notebook(setup, mode)
    failure = blame.failed(notebook, setup.accounting)
    if failure is not None:
        return Trained(notebook=notebook, failed=failure)
    setup.progress("project: train")
    project = run_project(setup, mode, limit=notebook.seconds * _MORE + setup.timeout)
    setup.progress("comparing values")
    compared = compare(setup.accounting, notebook, project)
    failure = blame.failed(project, setup.accounting)
    first = Trained(notebook=notebook, project=project, failed=failure, compared=compared)
    if failure is not None or not any(isinstance(one.result, Different) for one in compared):
        return first
    setup.progress("values differ: running the notebook again")
    again = run_notebook(setup, replace(mode, again=True))
    loose = unrepeated(setup.accounting, notebook, again)
    doubtful = by_unrepeated(compared, loose, setup.flow if not mode.reseed else None)
    if not doubtful:
        return first
    if again.failure is not None:
        return _doubted(first, doubtful, again.failure.what)
    return _unrepeatable(first, doubtful) if mode.reseed else _reseeded(setup, mode, first, doubtful)


def by_unrepeated(compared: Iterable[Compared], unrepeated: _Keys, flow: Dataflow | None) -> _Keys:
    """Give the differing values that the notebook does not repeat or, by the `flow`, makes of such.

    A label or a score that is made of them may be the same in two runs by luck.
    """
    loose = {index for index, _, _ in unrepeated}

    def depends(index: int) -> bool:
        return flow is not None and not loose.isdisjoint(flow.slice([index]))

    different = (one for one in compared if isinstance(one.result, Different))
    return frozenset(one.key for one in different if one.key in unrepeated or depends(one.statement.index))


def judge(trained: Trained) -> tuple[Status, tuple[str, ...]]:
    """Judge the training: the status, and the reasons where it is neither equivalent nor different."""
    if trained.failed is not None:
        return "failed", (str(trained.failed),)
    if any(isinstance(one.result, Different) for one in trained.compared):
        return "different", ()
    if trained.doubt:
        return "not comparable", (trained.doubt,)
    equal = [one for one in trained.compared if isinstance(one.result, Equal)]
    reasons = []
    if not equal:
        reasons.append("no value of the notebook could be compared")
    for what, some in (("fitted model", "is_model"), ("table or array", "is_data")):
        made = [one for one in trained.compared if getattr(one, some) and one.statement.role in ("train", "shared")]
        if made and not any(getattr(one, some) for one in equal):
            where = f"`{made[-1].name}` of cell {made[-1].statement.cell}"
            reasons.append(f"no {what} could be compared, for instance {where}")
    return ("not comparable" if reasons else "equivalent"), tuple(reasons)


def _reseeded(setup: Setup, mode: Mode, first: Trained, doubtful: _Keys) -> Trained:
    """Both sides with their random states reset before each statement: what is equal now differed by chance."""
    setup.progress("the notebook does not repeat itself: comparing with the same draws on both sides")
    second = train(setup, replace(mode, reseed=True))
    if second.failed is not None and second.failed.side == "notebook":
        return _doubted(first, doubtful, second.failed.error)
    if second.failed is not None:
        return replace(first, failed=second.failed)
    repeated = {one.key: one for one in second.compared}
    by_chance = [
        one
        for one in first.compared
        if one.key in doubtful and not _differs(repeated.get(one.key, one)) and _differs(one)
    ]
    compared = tuple(repeated.get(one.key, one) if one.key in doubtful else one for one in first.compared)
    chance = blame.differences(by_chance, setup.accounting)
    return replace(second, compared=compared, chance=chance)


def _differs(one: Compared) -> bool:
    return isinstance(one.result, Different)


def _unrepeatable(trained: Trained, doubtful: _Keys, why: str = _UNREPEATABLE) -> Trained:
    compared = tuple(
        replace(one, result=NotComparable(why)) if one.key in doubtful else one for one in trained.compared
    )
    return replace(trained, compared=compared)


def _doubted(trained: Trained, doubtful: _Keys, failure: str) -> Trained:
    """The notebook ran once and then no more: what it did not compute twice may differ by chance, or by an error."""
    why = f"whether it differs by chance cannot be told: when the notebook was run again, {failure}"
    return replace(_unrepeatable(trained, doubtful, why), doubt=f"{len(doubtful)} values differ; {why}")
