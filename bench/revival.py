# ruff: noqa: INP001, T201 - a program that prints
"""How many notebooks run from top to bottom: with today's libraries, and in the environment that nb2prod gives them.

    python bench/revival.py LIST --within FOLDER --state FILE.jsonl [--today PYTHON] [--dates FILE] [--limit N]
                            [--environments FOLDER] [--timeout SECONDS] [--again REASON]

LIST is a text file with one notebook a line; each runs in a copy of the folder directly below --within that holds it.
--dates has a line `notebook<TAB>YYYY-MM-DD` for notebooks that are not in a git checkout. --today is an interpreter
with the newest of everything. What was done before (--state) is not done again; --again REASON does those anew.
A path that does not exist is mended where exactly one file of that name lies in the folder, for both runs alike.
Notebooks whose data is not there, that ask for input or need the network or a hosted service, are counted apart.
This RUNS THE CODE OF THE NOTEBOOKS as you (without a network where `unshare` can do that): for notebooks that you do
not trust, do it where they can do no harm.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nb2prod import requirements as needs
from nb2prod.notebook import read
from nb2prod.problems import NotebookError
from nb2prod.program import parse
from nb2prod.requirements import dates
from nb2prod.verify.isolated import IsolationError, environment

if TYPE_CHECKING:
    from collections.abc import Sequence

Record = dict[str, Any]

_DATA = re.compile(
    r"""(["'])(?P<path>[^"'\n]{1,200}\.(?:csv|tsv|txt|xlsx?|json|parquet|data|dat|pkl|db|arff|zip|gz|npy|npz|jpe?g|png))\1"""
)
_ABSENT = re.compile(r"No such file or directory|does not exist|not found: '|FileNotFoundError|File .* does not exist")
_NETWORK = re.compile(
    r"URLError|HTTPError|ConnectionError|gaierror|name resolution|Max retries|Network is unreachable|ProxyError|"
    r"Resource \S*\x1b?\S* ?not found|nltk\.download|NewConnectionError|RemoteDisconnected|Could not reach host"
)
_HOSTED = re.compile(
    r"No module named '(?:google\.colab|kaggle_secrets|kaggle_datasets|databricks|dbutils)|google\.colab"
)
_APART = ("data absent", "network", "asks for input", "hosted service")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run what was not run yet, and print the figures and the reasons."""
    options = _parser().parse_args(arguments)
    listed = dict.fromkeys(text.strip() for text in options.list.read_text(encoding="utf-8").splitlines())
    notebooks = [Path(text) for text in listed if text][: options.limit]
    done = {record["notebook"]: record for record in _before(options.state)}
    days = dict(line.split("\t") for line in options.dates.read_text("utf-8").splitlines()) if options.dates else {}
    records = []
    for number, path in enumerate(notebooks, 1):
        record = done.get(str(path))
        if record is None or "emitted" not in record or (options.again and options.again in str(record)):
            started = time.monotonic()
            record = one(path, days.get(str(path), "auto"), options, (record or {}).get("today"))
            with options.state.open("a", encoding="utf-8") as file:
                file.write(json.dumps(record) + "\n")
            print(f"{number}/{len(notebooks)} {time.monotonic() - started:.0f} s {_line(record)}", flush=True)
        records.append(record)
    print("\n".join(["", *summary(records)]))
    return 0


def one(path: Path, as_of: str, options: argparse.Namespace, today: Record | None = None) -> Record:
    """Run a notebook both ways; `today`: how it ended with today's libraries, where that was tried before."""
    record: Record = {"notebook": str(path)}
    record["today"] = today or run(path, options.today, options)
    if record["today"]["reason"] in _APART:
        record["emitted"] = {**record["today"], "not run": True}
        return record
    try:
        python, record["lock"] = emitted(path, as_of, options.environments)
    except (NotebookError, IsolationError) as error:
        record["emitted"] = {"reason": "no environment", "detail": str(error)[:600]}
        return record
    record["emitted"] = run(path, python, options)
    return record


def emitted(path: Path, as_of: str, environments: Path) -> tuple[Path, Record]:
    """Make the environment that nb2prod gives, unless it is there: one for each lock and Python."""
    os.environ.pop("VIRTUAL_ENV", None)  # what is active here says nothing about the notebook
    os.environ["JUPYTER_PATH"] = os.devnull
    found = needs.resolve(parse(read(path)), as_of=as_of)
    if found.as_of and as_of not in dates.FOUND:  # as if it had been found in a checkout
        moved, _ = dates.not_before_wheels(dates.Dated(date.fromisoformat(found.as_of), ""), found.python)
        found = replace(found, as_of=moved.day.isoformat() if moved else None)
    locked = needs.lock(found)
    if isinstance(locked, needs.LockFailed):
        message = f"{locked.reason}. {locked.way_out}"
        raise IsolationError(message)
    lock = {"python": found.python, "as_of": found.as_of, "pins": len(locked.pins), "notes": list(locked.notes)}
    files = needs.files(found, locked)
    key = hashlib.sha256(f"{found.python}\n{locked.runtime}\n{locked.development}".encode()).hexdigest()[:16]
    folder = environments / key
    if not (folder / "ready").exists():
        shutil.rmtree(folder, ignore_errors=True)
        (folder / "asked").mkdir(parents=True)
        for name, text in files:
            (folder / "asked" / name).write_text(text, encoding="utf-8")
        try:
            environment(folder / "asked", folder / "venv", lambda _: None)
        except IsolationError as error:
            if "different platform" not in str(error):  # uv's check takes some old tags of wheels for another platform
                raise
        (folder / "ready").touch()
    return folder / "venv" / "bin" / "python", lock


def run(path: Path, python: Path, options: argparse.Namespace) -> Record:
    """Run a copy of the notebook with an interpreter, and say how that ended."""
    within = options.within.resolve()
    folder = within / path.resolve().relative_to(within).parts[0]
    with tempfile.TemporaryDirectory(prefix="nb2prod-revival-") as scratch:
        copy = Path(scratch) / "w" / folder.name
        shutil.copytree(folder, copy, symlinks=True, ignore=shutil.ignore_patterns(".git", "*.ipynb_checkpoints"))
        there = copy / path.resolve().relative_to(folder)
        mended = _mend(there, copy)
        result = _apart(there, python, Path(scratch), options.timeout)
    result["reason"] = _reason(result)
    return {**result, "mended": mended} if mended else result


def _apart(notebook: Path, python: Path, scratch: Path, seconds: float) -> Record:
    outcome = scratch / "outcome.json"
    command = [sys.executable, str(Path(__file__)), "--one", str(notebook), str(python), str(outcome)]
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
        "PYTHONDONTWRITEBYTECODE": "1",
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
    try:
        _, errors = child.communicate(timeout=seconds)
    except subprocess.TimeoutExpired:
        os.killpg(child.pid, signal.SIGKILL)
        child.communicate()
        return {"status": "timeout", "seconds": seconds}
    took = round(time.monotonic() - started, 1)
    if not outcome.exists():
        return {"status": "crashed", "detail": errors.decode(errors="replace")[-300:], "seconds": took}
    return {**json.loads(outcome.read_text(encoding="utf-8")), "seconds": took}


def _execute(notebook: Path, python: Path, outcome: Path) -> None:
    """In a process of its own: run the notebook with that interpreter's kernel."""
    import nbformat  # noqa: PLC0415 - in this process only
    from jupyter_client.kernelspec import KernelSpec  # noqa: PLC0415 - as above
    from jupyter_client.manager import AsyncKernelManager  # noqa: PLC0415 - as above
    from nbclient import NotebookClient  # noqa: PLC0415 - as above
    from nbclient.exceptions import CellExecutionError  # noqa: PLC0415 - as above

    manager = AsyncKernelManager(
        transport="ipc", ip=str(outcome.parent / "s"), connection_file=str(outcome.parent / "k.json")
    )
    argv = [str(python), "-m", "ipykernel_launcher", "-f", "{connection_file}"]
    manager._kernel_spec = KernelSpec(argv=argv, display_name="it", language="python")  # noqa: SLF001 - no spec is installed for it
    document = nbformat.read(notebook, as_version=4)
    at = [0]
    client = NotebookClient(
        document,
        km=manager,
        timeout=None,
        resources={"metadata": {"path": str(notebook.parent)}},
        on_cell_start=lambda cell, cell_index: at.__setitem__(0, cell_index),  # noqa: ARG005 - given by name
    )
    result: Record = {"status": "ok"}
    try:
        client.execute(env=dict(os.environ))
    except CellExecutionError as error:
        result = {"status": "error", "cell": at[0], "name": error.ename, "detail": str(error.evalue)[:400]}
        result["traceback"] = re.sub(r"\x1b\[[0-9;]*m", "", error.traceback)[-1500:]
    outcome.write_text(json.dumps(result), encoding="utf-8")
    os._exit(0)  # a kernel that does not end must not hold this up


def _mend(notebook: Path, folder: Path) -> list[str]:
    """Put the file of that name where a path in the code leads nowhere."""
    document = json.loads(notebook.read_text(encoding="utf-8"))
    files: dict[str, list[Path]] = {}
    for file in folder.rglob("*"):
        if file.is_file():
            files.setdefault(file.name, []).append(file)
    mended = []

    def found(match: re.Match[str]) -> str:
        written = match["path"]
        if "://" in written or (notebook.parent / written.replace("\\\\", "/")).exists():
            return match[0]
        there = files.get(re.split(r"[/\\]+", written)[-1], [])
        beside = [file for file in there if file.parent == notebook.parent] or there
        if len(beside) != 1:
            return match[0]
        mended.append(written)
        return f"{match[1]}{os.path.relpath(beside[0], notebook.parent)}{match[1]}"

    for cell in document.get("cells", ()):
        if cell.get("cell_type") == "code":
            source = cell["source"] if isinstance(cell["source"], str) else "".join(cell["source"])
            reads = [
                line if re.search(r"\bto_|save|dump|['\"]w", line) else _DATA.sub(found, line)
                for line in source.split("\n")
            ]
            cell["source"] = "\n".join(reads)
    if mended:
        notebook.write_text(json.dumps(document), encoding="utf-8")
    return mended


def _reason(result: Record) -> str:
    """Say in a few words why it did not run to its end."""
    if result["status"] != "error":
        return str(result["status"])
    name, detail = str(result["name"]), str(result["detail"])
    text = f"{name}: {detail}\n{result.get('traceback', '')}"
    reasons = {
        "hosted service": _HOSTED.search(detail),
        "network": _NETWORK.search(text),
        "asks for input": name == "StdinNotImplementedError",
        # what could be mended has been looked for already
        "data absent": name in {"FileNotFoundError", "OSError", "NotADirectoryError"} and _ABSENT.search(text),
        "module missing": name == "ModuleNotFoundError",
        "name undefined": name == "NameError",
    }
    return next((reason for reason, holds in reasons.items() if holds), name)


def summary(records: Sequence[Record]) -> list[str]:
    """Give the two figures, and for those that do not run the reasons."""
    apart = [one for one in records if any(one[side]["reason"] in _APART for side in ("today", "emitted"))]
    counted = [one for one in records if one not in apart]
    lines = [f"{len(records)} notebooks, {len(counted)} with their data at hand and no need of the network"]
    lines += [
        f"  apart: {reason}: {number}"
        for reason, number in Counter(
            next(one[side]["reason"] for side in ("emitted", "today") if one[side]["reason"] in _APART) for one in apart
        ).most_common()
    ]
    for side, said in (("today", "with today's libraries"), ("emitted", "in the environment of nb2prod")):
        ran = sum(one[side]["reason"] == "ok" for one in counted)
        lines.append(f"{ran} of {len(counted)} run {said} ({ran / max(len(counted), 1):.1%})")
        failed = Counter(one[side]["reason"] for one in counted if one[side]["reason"] != "ok")
        lines += [f"  {number:4} {reason}" for reason, number in failed.most_common()]
    lost = [one for one in counted if one["today"]["reason"] == "ok" != one["emitted"]["reason"]]
    lines += [f"{len(lost)} run today and not in the environment of nb2prod", *(f"  {_line(one)}" for one in lost)]
    lines += ["Those that do not run there:"]
    lines += [
        f"  {_line(one)}: {one['emitted'].get('detail', '')[:160]!r}"
        for one in counted
        if one["emitted"]["reason"] != "ok"
    ]
    return lines


def _line(record: Record) -> str:
    lock = record.get("lock", {})
    where = f"Python {lock['python']}, {lock['as_of']}" if lock else "-"
    return f"{record['today']['reason']} -> {record['emitted']['reason']} ({where}) {record['notebook']}"


def _before(state: Path) -> list[Record]:
    return [json.loads(line) for line in state.read_text(encoding="utf-8").splitlines()] if state.exists() else []


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("list", type=Path)
    parser.add_argument("--within", type=Path, required=True)
    parser.add_argument("--state", type=Path, required=True)
    parser.add_argument("--today", type=Path, default=Path(sys.executable))
    parser.add_argument("--dates", type=Path)
    parser.add_argument("--environments", type=Path, default=Path.home() / ".cache" / "nb2prod-revival")
    parser.add_argument("--timeout", type=float, default=150)
    parser.add_argument("--limit", type=int)
    parser.add_argument("--again", help="a text: what was done before and has it in its record is done again")
    return parser


if __name__ == "__main__":
    if sys.argv[1:2] == ["--one"]:
        _execute(Path(sys.argv[2]), Path(sys.argv[3]), Path(sys.argv[4]))
    else:
        sys.exit(main())
