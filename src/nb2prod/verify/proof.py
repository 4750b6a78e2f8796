"""The whole verification of one project."""

from __future__ import annotations

import datetime as dt
import json
import os
import shutil
import sys
import tempfile
import time
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from nb2prod import notebook as notebooks
from nb2prod.dataflow import analyse
from nb2prod.order import as_run
from nb2prod.program import parse
from nb2prod.project.record import dumps
from nb2prod.verify import accounting as accounts
from nb2prod.verify import blame, folders
from nb2prod.verify import parity as parities
from nb2prod.verify.isolated import environment
from nb2prod.verify.run import Mode, Setup
from nb2prod.verify.training import judge, train
from nb2prod.verify.verdict import Verdict

if TYPE_CHECKING:
    from collections.abc import Callable

    from nb2prod.verify.training import Trained
    from nb2prod.verify.verdict import Check, Difference, Status

GOLDEN = Path("tests", "golden")


def verify(  # noqa: PLR0913 - one argument for each option
    project: Path,
    *,
    python: Path | None = None,
    beside: Path | None = None,
    timeout: float = 600,
    perturbed: bool = False,
    isolated: bool = False,
    progress: Callable[[str], None] = lambda _: None,
) -> Verdict:
    """Run the project and its notebook in temporary copies, compare, and write the verdict into nb2prod.json.

    Where they are equivalent, a few raw rows and their answers are kept in the project's tests/golden.
    This runs the notebook's code. `python` is the interpreter of both runs (default: this one; nb2prod need not be
    installed there, ipykernel must); `beside` is the folder the notebook came from, for data that is not in the
    project; `timeout` is in seconds, for each cell; `perturbed`: the same again on resampled data; `isolated`: not with
    `python`, but in a fresh environment made from the project's own lock (IsolationError where that cannot be made).
    """
    with tempfile.TemporaryDirectory(prefix="nb2prod-verify-") as root:
        if isolated:
            python = environment(project, Path(root, "environment"), progress)
        runs = Path(root, "runs")
        setup = setup_of(project, runs, python=python, beside=beside, timeout=timeout, progress=progress)
        verdict = _verify(setup, perturbed=perturbed)
        if isolated:
            verdict = replace(verdict, python="a fresh environment made from requirements.txt")
        if verdict.status == "equivalent" and not verdict.chance:
            _keep_golden_rows(setup)
    record(project, verdict)
    return verdict


def _keep_golden_rows(setup: Setup) -> None:
    """Give the project some raw rows with the notebook's own answers; its tests hold it to them from then on."""
    kept = parities.golden_rows(setup.folders.seen(f"project-{Mode().name}"))
    if kept.is_dir():
        shutil.copytree(kept, setup.project / GOLDEN, dirs_exist_ok=True)


def setup_of(  # noqa: PLR0913 - as verify
    project: Path,
    root: Path,
    *,
    python: Path | None = None,
    beside: Path | None = None,
    timeout: float = 600,
    progress: Callable[[str], None] = lambda _: None,
) -> Setup:
    """Read the project and put the probe below `root`, which is empty or absent; nothing runs yet."""
    accounting = accounts.read(project, beside)
    program = parse(notebooks.read(accounting.notebook))
    program = as_run(program) if accounting.order == "recorded" else program
    flow = analyse(program)
    accounting = accounts.with_changes(accounting, flow)
    text = "\n".join(cell.source for cell in program.notebook.code_cells)
    return Setup(
        folders=folders.prepare(root.resolve(), accounting, text),
        accounting=accounting,
        program=program,
        flow=flow,
        project=project.resolve(),
        python=python or Path(sys.executable),
        timeout=timeout,
        progress=progress,
    )


def record(project: Path, verdict: Verdict) -> None:
    """Write the verdict into the project's nb2prod.json."""
    path = project / accounts.FILE
    document = json.loads(path.read_text(encoding="utf-8"))
    document["verify"] = verdict.to_json()
    part = path.with_suffix(".part")
    part.write_text(dumps(document), encoding="utf-8")
    os.replace(part, path)  # noqa: PTH105 - the same, and atomic


def _verify(setup: Setup, *, perturbed: bool) -> Verdict:
    started = time.monotonic()
    trained = train(setup, Mode())
    status, reasons = judge(trained)
    predict, checks = _predict(setup, trained, status)
    if predict in ("different", "failed", "not comparable") and status == "equivalent":
        status = predict
        reasons = tuple(f"{one.name}: {one.detail}" for one in checks if one.status == predict)
    differences = blame.differences(trained.compared, setup.accounting)
    rerun = "not run"
    if perturbed and status == "equivalent":
        rerun, status, more = _perturbed(setup)
        differences += more
    return Verdict(
        status=status,
        date=dt.datetime.now(dt.timezone.utc).isoformat(timespec="seconds"),
        python=str(setup.python),
        seconds=round(time.monotonic() - started, 2),
        train=judge(trained)[0],
        predict=predict,
        counts=blame.counts(trained.compared, len(trained.chance)),
        failed=trained.failed,
        differences=differences,
        chance=trained.chance,
        uncompared=blame.uncompared(trained.compared),
        checks=checks,
        perturbed=rerun,
        reasons=reasons,
    )


def _predict(setup: Setup, trained: Trained, status: Status) -> tuple[parities.Status, tuple[Check, ...]]:
    """Ask the project that has just been trained; a project that trained something else is asked as well."""
    if trained.project is None or status == "failed":
        return "not made", ()
    setup.progress("project: predict")
    found, checks = parities.parity(setup, trained.notebook, trained.project)
    return ("not comparable" if trained.doubt and found == "different" else found), checks


def _perturbed(setup: Setup) -> tuple[str, Status, tuple[Difference, ...]]:
    """Do the same on resampled data, where state that was learnt from the wrong frame shows."""
    setup.progress("the same again on resampled data")
    trained = train(setup, Mode(resample=True))
    failed = trained.failed
    if failed is not None and failed.side == "notebook":
        return f"the notebook does not run on resampled data: {failed.error}"[:300], "equivalent", ()
    if failed is not None:
        return f"failed: {failed}"[:300], "failed", ()
    status, _ = judge(trained)
    predict, checks = _predict(setup, trained, status)
    if status == "different":
        return "different", "different", blame.differences(trained.compared, setup.accounting)
    if predict in ("different", "failed"):
        wrong = next(one for one in checks if one.status == predict)
        return f"{predict}: {wrong.name}: {wrong.detail}"[:300], predict, ()
    return "equal" if status == "equivalent" else status, "equivalent", ()
