"""Runs the notebook in a fresh kernel and the project in a fresh process, both watched."""

from __future__ import annotations

import atexit
import json
import logging
import os
import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nb2prod.program import BrokenCell
from nb2prod.verify import folders as places
from nb2prod.verify.resample import resample

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from nb2prod.dataflow import Dataflow
    from nb2prod.program import Program
    from nb2prod.verify.accounting import Accounting
    from nb2prod.verify.folders import Folders

Progress = Callable[[str], None]
_QUIET = logging.getLogger("nb2prod.verify.nbclient")  # what it would say is in the verdict
_QUIET.addHandler(logging.NullHandler())
_QUIET.propagate = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """A run that did not come to its end; where it `raised`, the events have the place."""

    what: str
    detail: str = ""
    raised: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Ran:
    """What a run recorded."""

    side: str
    folder: Path
    seen: Path
    events: tuple[Mapping[str, Any], ...]
    seconds: float
    failure: Failure | None = None
    reseed: bool = False

    def of(self, event: str) -> tuple[Mapping[str, Any], ...]:
        """Give the events of one kind, in order."""
        return tuple(one for one in self.events if one["event"] == event)


@dataclass(frozen=True, slots=True, kw_only=True)
class Mode:
    """How both sides run: random states reset, data resampled; `again`: only to see whether it repeats itself."""

    reseed: bool = False
    resample: bool = False
    again: bool = False

    @property
    def name(self) -> str:
        """The folder of these runs."""
        parts = [name for name in ("reseed", "resample", "again") if getattr(self, name)]
        return "-".join(parts) or "as-written"


@dataclass(frozen=True, slots=True, kw_only=True)
class Setup:
    """Everything the runs of one verification share."""

    folders: Folders
    accounting: Accounting
    program: Program
    flow: Dataflow
    project: Path
    python: Path
    timeout: float
    progress: Progress


def run_notebook(setup: Setup, mode: Mode) -> Ran:
    """Run the notebook cell by cell in a copy of its folder."""
    text = "\n".join(cell.source for cell in setup.program.notebook.code_cells)
    run = f"notebook-{mode.name}"
    folder = places.copy_notebook_folder(setup.folders, run, setup.accounting, setup.project, text)
    if mode.resample:
        _resample(setup, (folder / data.written for data in setup.accounting.data))
    seen = setup.folders.seen(run)
    cells = _cells(setup)
    questions = _questions(setup.accounting)
    plan = write_plan(seen, {"reseed": mode.reseed, "cells": cells, "evaluate": questions})
    started = time.monotonic()
    failure = _execute(setup, folder, cells, _environment(setup, plan))
    return replace(_collect("notebook", folder, seen, started, failure), reseed=mode.reseed)


def run_project(setup: Setup, mode: Mode, *, limit: float | None = None) -> Ran:
    """Run `python -m PACKAGE train` in a copy of the project."""
    run = f"project-{mode.name}"
    folder = places.copy_project(setup.folders, run, setup.accounting, setup.project)
    if mode.resample:
        _resample(setup, (folder / (data.target or data.written) for data in setup.accounting.data))
    seen = setup.folders.seen(run)
    plan = write_plan(seen, {"reseed": mode.reseed, "modules": _modules(setup.accounting)})
    return replace(start(setup, folder, seen, plan, "project", ["train"], limit=limit), reseed=mode.reseed)


def start(  # noqa: PLR0913 - one run has this many sides
    setup: Setup, folder: Path, seen: Path, plan: Path, module: str, arguments: list[str], *, limit: float | None = None
) -> Ran:
    """Run one of the probe's programs in the project's folder."""
    command = [str(setup.python), "-m", f"{places.PROBE}.{module}", setup.accounting.package, *arguments]
    environment = {**_environment(setup, plan, folder / "src"), "MPLBACKEND": "Agg"}
    started = time.monotonic()
    failure = None
    try:
        done = subprocess.run(  # noqa: S603 - running the project is what verify is for
            command,
            cwd=folder,
            env=environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=limit or setup.timeout,
            check=False,
        )
    except subprocess.TimeoutExpired as expired:
        failure = Failure(what=f"the project ran longer than {expired.timeout:.0f} s", raised=False)
    else:
        if done.returncode:
            output = (done.stderr or done.stdout).decode(errors="replace").strip()
            failure = Failure(what=f"the project ended with exit code {done.returncode}", detail=output[-4000:])
    return _collect("project", folder, seen, started, failure)


def _resample(setup: Setup, paths: Iterable[Path]) -> None:
    """Each file by its number among the data, so that both sides draw the same rows."""
    for number, path in enumerate(paths):
        place = Path(os.path.normpath(path))
        if place.is_file() and place.is_relative_to(setup.folders.root):
            resample(place, number)


def _execute(setup: Setup, folder: Path, cells: list[dict[str, Any]], environment: Mapping[str, str]) -> Failure | None:
    try:
        from nbclient import NotebookClient  # noqa: PLC0415 - the `verify` extra
        from nbclient.exceptions import CellExecutionError, CellTimeoutError, DeadKernelError  # noqa: PLC0415
        from nbformat import from_dict  # noqa: PLC0415

        from nb2prod.verify.kernels import kernel_of  # noqa: PLC0415 - jupyter_client
    except ImportError as error:
        return Failure(what=f"{error.name} is missing: pip install 'nb2prod[verify]'")
    code: dict[str, Any] = {"cell_type": "code", "execution_count": None, "outputs": []}
    made = [{**code, "source": cell["source"], "metadata": {"tags": cell["tags"]}} for cell in cells]
    notebook = from_dict({"nbformat": 4, "nbformat_minor": 4, "metadata": {}, "cells": made})  # type: ignore[no-untyped-call] # nbformat has no types

    def started(cell: object, cell_index: int) -> None:
        del cell
        setup.progress(f"notebook: cell {cells[cell_index]['cell']} ({cell_index + 1} of {len(cells)})")

    client = NotebookClient(
        notebook,
        timeout=max(1, int(setup.timeout)),
        kernel_name="nb2prod",
        kernel_manager_class=kernel_of(setup.python, setup.folders.root),
        resources={"metadata": {"path": str(folder)}},
        on_cell_start=started,
        log=_QUIET,
    )
    log = setup.folders.root / "kernel.log"
    try:
        with log.open("ab") as file:
            client.execute(env=dict(environment), stdout=file, stderr=file)
    except CellExecutionError as error:
        return Failure(what=f"the notebook raised {error.ename}: {error.evalue}", detail=str(error)[-4000:])
    except CellTimeoutError:
        return Failure(what=f"a cell of the notebook ran longer than {setup.timeout:.0f} s", raised=False)
    except DeadKernelError as error:
        return Failure(what="the notebook's kernel died", detail=f"{error}\n{_tail(log)}", raised=False)
    except RuntimeError as error:
        what = f"no kernel could be started with {setup.python} (is ipykernel installed there?)"
        return Failure(what=what, detail=f"{error}\n{_tail(log)}", raised=False)
    finally:
        atexit.unregister(getattr(client, "_cleanup_kernel", print))  # nbclient leaves it behind when a run breaks off
    return None


def _tail(log: Path) -> str:
    return log.read_text(encoding="utf-8", errors="replace")[-2000:] if log.exists() else ""


def _cells(setup: Setup) -> list[dict[str, Any]]:
    """Give the cells that run, with the statements to watch: those that went somewhere and bind something."""
    mapped = {one.index: one for one in setup.accounting.statements}
    question = setup.accounting.predict.get("statement")
    cells = []
    for parsed in setup.program.cells:
        if isinstance(parsed, BrokenCell) or not parsed.cell.source.strip():
            continue
        statements = []
        for one in parsed.statements:
            names = list(mapped[one.index].binds) if one.index in mapped and mapped[one.index].place else []
            watched = names or one.index == question
            kind = type(one.node).__name__
            statements.append({"key": one.index if watched else None, "kind": kind, "names": names})
        source, tags = parsed.cell.source, list(parsed.cell.tags)
        cells.append({"cell": parsed.cell.index, "source": source, "tags": tags, "statements": statements})
    return cells


def _questions(accounting: Accounting) -> dict[str, Any] | None:
    predict = accounting.predict
    if predict.get("status") != "ok" or predict.get("statement") is None:
        return None
    expressions = {name: predict[name] for name in ("input", "output", "rows") if predict.get(name)}
    return {"statement": predict["statement"], "expressions": expressions, "inside": predict.get("inside")}


def _modules(accounting: Accounting) -> dict[str, list[dict[str, Any]]]:
    """Say what to watch in each emitted module; statements that share their lines are watched once, under the first."""
    modules: dict[str, dict[tuple[int, int], dict[str, Any]]] = {}
    for one in accounting.statements:
        if one.place is None or not one.binds:
            continue
        spot = modules.setdefault(one.place.module, {})
        lines = (one.place.line, one.place.last_line)
        entry = spot.setdefault(lines, {"key": one.index, "line": lines[0], "last_line": lines[1], "names": []})
        entry["names"] += [name for name in one.binds.values() if name not in entry["names"]]
    return {module: list(spot.values()) for module, spot in modules.items()}


def write_plan(seen: Path, plan: dict[str, Any]) -> Path:
    """Say what a run is to record, where its probe finds it."""
    seen.mkdir(parents=True, exist_ok=True)
    path = seen / "plan.json"
    path.write_text(json.dumps({"folder": str(seen), **plan}), encoding="utf-8")
    return path


def _environment(setup: Setup, plan: Path, *more: Path) -> dict[str, str]:
    """Give the same for both sides, but for what is added to the path."""
    inherited = [part for part in os.environ.get("PYTHONPATH", "").split(os.pathsep) if part]
    path = [str(setup.folders.probe), *map(str, more), *inherited]
    return {
        **os.environ,
        "PYTHONPATH": os.pathsep.join(path),
        "PYTHONHASHSEED": "0",
        "PYTHONDONTWRITEBYTECODE": "1",
        "NB2PROD_PLAN": str(plan),
        "IPYTHONDIR": str(setup.folders.root / "ipython"),
    }


def _collect(side: str, folder: Path, seen: Path, started: float, failure: Failure | None) -> Ran:
    file = seen / "events.jsonl"
    lines = file.read_text(encoding="utf-8").splitlines() if file.exists() else []
    events = tuple(json.loads(line) for line in lines)
    ran = Ran(side=side, folder=folder, seen=seen, events=events, seconds=time.monotonic() - started)
    return replace(ran, failure=failure)
