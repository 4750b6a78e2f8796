# ruff: noqa: INP001 - a module of the programs beside it
"""Run one notebook with an interpreter's kernel, without a network and within a limit of CPU seconds."""

from __future__ import annotations

import json
import os
import re
import resource
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from pathlib import Path
from typing import Any

_MEMORY = 12 * 1024**3
_WALL = 10  # times the CPU seconds
_LOOK_EVERY = 2
_TICKS = os.sysconf("SC_CLK_TCK")


def run(notebook: Path, python: Path, scratch: Path, cpu_seconds: int) -> dict[str, Any]:
    """Say how it ended: `status` is ok, error (with the cell, the error's name and what it says), timeout or crashed.

    `cpu_seconds` limit everything it starts, together; the clock says nothing on a busy machine.
    """
    outcome = scratch / "outcome.json"
    command = [sys.executable, str(Path(__file__)), str(notebook), str(python), str(outcome)]
    if (unshare := shutil.which("unshare")) and subprocess.run([unshare, "-n", "true"], check=False).returncode == 0:  # noqa: S603 - as installed
        command = [unshare, "-n", *command]
    threads = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "LOKY_MAX_CPU_COUNT"), "1")
    env = {
        **{key: value for key, value in os.environ.items() if not key.startswith(("PIP_", "UV_", "PYTHON"))},
        **threads,
        "HOME": str(scratch),
        "IPYTHONDIR": str(scratch / "ipython"),
        "PIP_NO_INDEX": "1",
        "PIP_CONFIG_FILE": os.devnull,
        "MPLCONFIGDIR": str(Path(tempfile.gettempdir()) / "nb2prod-revival-matplotlib"),
        "PATH": f"{python.parent}{os.pathsep}{os.environ['PATH']}",
    }
    started = time.monotonic()
    child = subprocess.Popen(  # noqa: S603 - ourselves
        command,
        env=env,
        cwd=scratch,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        start_new_session=True,
    )
    used, errors = 0.0, None
    while errors is None:
        try:
            errors = child.communicate(timeout=_LOOK_EVERY)[1]
        except subprocess.TimeoutExpired:  # noqa: PERF203 - every two seconds
            family = _family(child.pid)
            used = max(used, sum(family.values()))
            took = time.monotonic() - started
            if used > cpu_seconds or took > cpu_seconds * _WALL:
                for each in family:
                    _end(each)
                child.communicate()
                return {"status": "timeout", "cpu": round(used, 1), "seconds": round(took, 1)}
    took = round(time.monotonic() - started, 1)
    if not outcome.exists():
        return {"status": "crashed", "detail": errors.decode(errors="replace")[-300:], "cpu": used, "seconds": took}
    return {**json.loads(outcome.read_text(encoding="utf-8")), "cpu": round(used, 1), "seconds": took}


def _family(root: int) -> dict[int, float]:
    """Give the CPU seconds of a process and of all that it started, by process; the dead count with who buried them."""
    started: dict[int, list[int]] = defaultdict(list)
    used: dict[int, float] = {}
    for place in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = place.read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()
        except OSError:
            continue
        process = int(place.parent.name)
        started[int(fields[1])].append(process)
        used[process] = sum(map(int, fields[11:15])) / _TICKS
    found, todo = {}, [root]
    while todo:
        process = todo.pop()
        found[process] = used.get(process, 0.0)
        todo += started[process]
    return found


def _end(process: int) -> None:
    try:
        os.kill(process, signal.SIGKILL)
    except ProcessLookupError:
        return


def _execute(notebook: Path, python: Path, outcome: Path) -> None:
    """In a process of its own: run the notebook with that interpreter's kernel."""
    import nbformat  # noqa: PLC0415 - in this process only
    from jupyter_client.kernelspec import KernelSpec  # noqa: PLC0415 - as above
    from jupyter_client.manager import AsyncKernelManager  # noqa: PLC0415 - as above
    from nbclient import NotebookClient  # noqa: PLC0415 - as above
    from nbclient.exceptions import CellExecutionError, DeadKernelError  # noqa: PLC0415 - as above

    resource.setrlimit(resource.RLIMIT_AS, (_MEMORY, _MEMORY))  # the kernel inherits it
    manager = AsyncKernelManager(
        transport="ipc", ip=str(outcome.parent / "s"), connection_file=str(outcome.parent / "k.json")
    )
    argv = [str(python), "-m", "ipykernel_launcher", "-f", "{connection_file}"]
    manager._kernel_spec = KernelSpec(argv=argv, display_name="it", language="python")  # noqa: SLF001 - no spec is installed for it
    document = nbformat.read(notebook, as_version=4)  # type: ignore[no-untyped-call] # nbformat has no types
    at = [0]
    client = NotebookClient(
        document,
        km=manager,
        timeout=None,
        resources={"metadata": {"path": str(notebook.parent)}},
        on_cell_start=lambda cell, cell_index: at.__setitem__(0, cell_index),  # noqa: ARG005 - given by name
    )
    result: dict[str, Any] = {"status": "ok"}
    try:
        client.execute(env=dict(os.environ))
    except CellExecutionError as error:
        result = {"status": "error", "cell": at[0], "name": error.ename, "detail": str(error.evalue)[:400]}
        result["traceback"] = re.sub(r"\x1b\[[0-9;]*m", "", error.traceback)[-1500:]
    except DeadKernelError as error:
        result = {"status": "kernel died", "cell": at[0], "detail": str(error)[:200]}
    outcome.write_text(json.dumps(result), encoding="utf-8")
    os._exit(0)  # a kernel that does not end must not hold this up


if __name__ == "__main__":
    _execute(Path(sys.argv[1]), Path(sys.argv[2]), Path(sys.argv[3]))
