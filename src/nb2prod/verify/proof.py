"""The whole verification of one project."""

from __future__ import annotations

import datetime as dt
import json
import os
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from nb2prod import notebook as notebooks
from nb2prod.dataflow import analyse
from nb2prod.program import parse
from nb2prod.project.record import dumps
from nb2prod.verify import accounting as accounts
from nb2prod.verify import blame, folders
from nb2prod.verify.compare import Compared, compare, same_side
from nb2prod.verify.run import Setup, run_notebook, run_project
from nb2prod.verify.values import Different, Equal, NotComparable
from nb2prod.verify.verdict import Verdict

if TYPE_CHECKING:
    from nb2prod.verify.run import Ran
    from nb2prod.verify.verdict import Difference, Failed, Status

_MORE = 4  # the project may take this many times as long as the notebook


def verify(
    project: Path,
    *,
    python: Path | None = None,
    beside: Path | None = None,
    timeout: float = 600,
    progress: Callable[[str], None] = lambda _: None,
) -> Verdict:
    """Run the project and its notebook in temporary copies, compare, and write the verdict into nb2prod.json.

    This runs the notebook's code. `python` is the interpreter of both runs (default: this one; nb2prod need not be
    installed there, ipykernel must); `beside` is the folder the notebook came from, for data that is not in the
    project; `timeout` is in seconds, for each cell.
    """
    accounting = accounts.read(project, beside)
    program = parse(notebooks.read(accounting.notebook))
    accounting = accounts.with_changes(accounting, analyse(program))
    with tempfile.TemporaryDirectory(prefix="nb2prod-verify-") as root:
        setup = Setup(
            folders=folders.prepare(Path(root).resolve(), accounting),
            accounting=accounting,
            program=program,
            project=project.resolve(),
            python=python or Path(sys.executable),
            timeout=timeout,
            progress=progress,
        )
        verdict = _verify(setup)
    record(project, verdict)
    return verdict


def record(project: Path, verdict: Verdict) -> None:
    """Write the verdict into the project's nb2prod.json."""
    path = project / accounts.FILE
    document = json.loads(path.read_text(encoding="utf-8"))
    document["verify"] = verdict.to_json()
    part = path.with_suffix(".part")
    part.write_text(dumps(document), encoding="utf-8")
    os.replace(part, path)  # noqa: PTH105 - the same, and atomic


@dataclass(frozen=True, slots=True)
class _Trained:
    """What the comparison of the two runs came to."""

    compared: tuple[Compared, ...]
    chance: tuple[Difference, ...]
    unsteady: int


def _verify(setup: Setup) -> Verdict:
    started = time.monotonic()
    setup.progress("notebook: starting a kernel")
    notebook = run_notebook(setup, "notebook")
    failure = blame.failed(notebook, setup.accounting)
    project = None
    if failure is None:
        setup.progress("project: train")
        project = run_project(setup, "project", limit=notebook.seconds * _MORE + setup.timeout)
        failure = blame.failed(project, setup.accounting)
    trained = _compare(setup, notebook, project) if project is not None else _Trained((), (), 0)
    status, reasons = _judge(trained, failure)
    counted = blame.counts(trained.compared, len(trained.chance))
    return Verdict(
        status=status,
        date=dt.datetime.now(dt.timezone.utc).isoformat(timespec="seconds"),
        python=str(setup.python),
        seconds=round(time.monotonic() - started, 2),
        train=status,
        predict="not made",
        counts=counted,
        failed=failure,
        differences=blame.differences(trained.compared, setup.accounting),
        chance=trained.chance,
        uncompared=blame.uncompared(trained.compared),
        reasons=reasons,
    )


def _compare(setup: Setup, notebook: Ran, project: Ran) -> _Trained:
    """Compare; where values differ, ask the notebook itself whether it would give the same value twice."""
    setup.progress("comparing values")
    compared = compare(setup.accounting, notebook, project)
    if not any(isinstance(one.result, Different) for one in compared) or project.failure:
        return _Trained(compared, (), 0)
    setup.progress("values differ: running the notebook again")
    again = run_notebook(setup, "notebook-again")
    steady = same_side(setup.accounting, notebook, again)
    doubtful = [one for one in compared if isinstance(one.result, Different) and one.key not in steady]
    if not doubtful or again.failure:
        return _Trained(compared, (), 0)
    return _reseeded(setup, compared, frozenset(one.key for one in doubtful))


def _reseeded(setup: Setup, compared: tuple[Compared, ...], doubtful: frozenset[tuple[int, str, int]]) -> _Trained:
    """Both sides with their random states reset before each statement: what is equal now differed by chance."""
    setup.progress("the notebook does not repeat itself: comparing with the same draws on both sides")
    notebook = run_notebook(setup, "notebook-reseeded", reseed=True)
    project = run_project(setup, "project-reseeded", reseed=True)
    repeated = {one.key: one for one in compare(setup.accounting, notebook, project)}
    still = {key for key in doubtful if key in repeated and isinstance(repeated[key].result, Different)}
    steady = frozenset(doubtful)
    if still:
        steady = same_side(setup.accounting, notebook, run_notebook(setup, "notebook-reseeded-again", reseed=True))
    result, by_chance = [], []
    for one in compared:
        if one.key not in doubtful:
            result.append(one)
        elif one.key in still and one.key not in steady:
            why = "the notebook does not give the same value twice, even with the same draws (clock, threads, order of sets)"
            result.append(replace(one, result=NotComparable(why)))
        elif one.key in still or one.key not in repeated:
            result.append(repeated.get(one.key, one))
        else:
            by_chance.append(one)
            result.append(replace(one, result=repeated[one.key].result))
    chance = blame.differences(by_chance, setup.accounting)
    return _Trained(tuple(result), chance, len(doubtful) - len(by_chance))


def _judge(trained: _Trained, failure: Failed | None) -> tuple[Status, tuple[str, ...]]:
    """The verdict on train."""
    if failure is not None:
        return "failed", (str(failure),)
    if any(isinstance(one.result, Different) for one in trained.compared):
        return "different", ()
    equal = [one for one in trained.compared if isinstance(one.result, Equal)]
    reasons = []
    if not equal:
        reasons.append("no value of the notebook could be compared")
    for what, some in (("fitted model", "is_model"), ("table or array", "is_data")):
        made = [one for one in trained.compared if getattr(one, some) and one.statement.role in ("train", "shared")]
        if made and not any(getattr(one, some) for one in equal):
            reasons.append(
                f"no {what} could be compared, for instance `{made[-1].name}` of cell {made[-1].statement.cell}"
            )
    return ("not comparable" if reasons else "equivalent"), tuple(reasons)
