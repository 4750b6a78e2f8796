# ruff: noqa: INP001, T201 - a script: it is run as it lies there, and prints
"""Run real notebooks and report where something happened that the static analysis does not contain.

    PYTHONPATH=src python -m bench.reality [--within FOLDER] [--seconds N] NOTEBOOK...

The Python that runs this must have the libraries the notebooks use. Each notebook runs in a process of its own, in a
temporary copy of its folder (with `--within`, of the folder directly below that one which holds it), statement by
statement, twice: all of it, then only the slice of its last binding statement, which must bind the same values.
What is compared after each statement: names read, written, changed in place; numpy's and Python's random state; the
working directory, the environment and the files of the folder; what imports do to those counts for nothing.
This RUNS THE CODE OF THE NOTEBOOKS as you: for notebooks that you do not trust, do it where they can do no harm.
"""

from __future__ import annotations

import argparse
import ast
import contextlib
import hashlib
import importlib
import json
import os
import pickle
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import types
from collections import Counter
from pathlib import Path
from typing import Any

from nb2prod.dataflow import Dataflow, analyse
from nb2prod.names import is_channel
from nb2prod.notebook import read
from nb2prod.program import parse
from tests.recorder import Look, Recorder, Step, differences, execute

TOO_LARGE = 50_000_000


def main() -> int:
    """Run every notebook and print each difference, then the sums by kind."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("notebooks", nargs="+", type=Path)
    parser.add_argument("--within", type=Path)
    parser.add_argument("--seconds", type=int, default=180)
    parser.add_argument("--one", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.one:
        print(json.dumps(observe(options.notebooks[0])))
        return 0
    kinds: Counter[str] = Counter()
    for notebook in options.notebooks:
        report = _apart(notebook.resolve(), options.within, options.seconds)
        kinds["notebooks"] += 1
        kinds["statements"] += report.get("steps", 0)
        kinds[f"slice {report.get('slice', 'none')}"] += 1
        print(f"{notebook}: {report.get('steps', 0)} statements, {report.get('end')}, slice {report.get('slice')}")
        for kind, name, where, source in report.get("found", ()):
            kinds[kind] += 1
            print(f"    {kind} {name}: {where}: {source}")
    print(", ".join(f"{kind}: {number}" for kind, number in kinds.items()))
    return 0


def _apart(notebook: Path, within: Path | None, seconds: int) -> dict[str, Any]:
    """Copy the notebook's folder and observe it in a process of its own."""
    folder = notebook.parent
    if within is not None:
        folder = within.resolve() / notebook.relative_to(within.resolve()).parts[0]
    with tempfile.TemporaryDirectory() as scratch:
        copy = Path(scratch) / folder.name
        shutil.copytree(folder, copy, symlinks=True, ignore=shutil.ignore_patterns(".git"))
        there = copy / notebook.relative_to(folder)
        command = [sys.executable, "-m", "bench.reality", "--one", str(there)]
        env = os.environ | {"MPLBACKEND": "Agg", "PYTHONPATH": os.pathsep.join(["src", *sys.path[:1]])}
        child = subprocess.Popen(  # noqa: S603 - our own command
            command, env=env, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True
        )
        try:
            out, err = child.communicate(timeout=seconds)
        except subprocess.TimeoutExpired:
            os.killpg(child.pid, signal.SIGKILL)
            child.communicate()
            return {"end": "timeout"}
    lines = out.strip().splitlines()
    return json.loads(lines[-1]) if lines else {"end": err[-300:]}


def observe(notebook: Path) -> dict[str, Any]:
    """Run the notebook and then the slice of its last binding statement; compare both with the analysis."""
    flow = analyse(parse(read(notebook)))
    statements = flow.program.statements
    kept = {}
    for path in notebook.parent.rglob("*"):
        if path.is_file():
            kept[path] = path.stat().st_size
    steps = _in_fork(flow, notebook, frozenset(range(len(statements))))
    found = [
        (kind, name, str(statements[index].where), flow.program.source(statements[index])[:100])
        for kind, name, index in differences(flow, steps)
        if not (is_channel(name) and isinstance(statements[index].node, ast.Import | ast.ImportFrom))
    ]
    end = repr(steps[-1].error)[:200] if steps and steps[-1].error else "ok"
    roots = [s for s in steps if s.error is None and s.writes]
    verdict = "none"
    for path in notebook.parent.rglob("*"):  # what the run made must not help the slice
        if path.is_file() and path not in kept:
            path.unlink()
    if roots:
        again = _in_fork(flow, notebook, flow.slice([roots[-1].index]))
        same = again and again[-1].index == roots[-1].index and again[-1].error is None
        wrong = [n for n in roots[-1].writes if same and again[-1].look.get(n) != roots[-1].look.get(n)]
        verdict = "same" if same and not wrong else f"differs in {wrong}" if wrong else f"stops: {again[-1:]!r}"[:300]
        verdict += f" ({len(again)} of {len(steps)}, line {statements[roots[-1].index].where})"
    return {"steps": len(steps), "end": end, "found": found, "slice": verdict.partition(" (")[0], "detail": verdict}


def _in_fork(flow: Dataflow, notebook: Path, only: frozenset[int]) -> list[Step]:
    """Run in a child, so that the second run starts as fresh as the first."""
    out, into = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            os.close(out)
            _child(flow, notebook, only, into)
        finally:
            os._exit(0)
    os.close(into)
    with os.fdopen(out, "rb") as pipe:
        data = pipe.read()
    os.waitpid(child, 0)
    return pickle.loads(data) if data else []  # noqa: S301 - from our own child


def _child(flow: Dataflow, notebook: Path, only: frozenset[int], into: int) -> None:
    os.chdir(notebook.parent)
    sys.path.insert(0, str(notebook.parent))
    random.seed(0)
    with contextlib.suppress(ImportError):
        importlib.import_module("numpy").random.seed(0)
    steps = []
    with Path(os.devnull).open("w", encoding="utf-8") as quiet, contextlib.redirect_stdout(quiet):
        os.dup2(quiet.fileno(), 1)
        os.dup2(quiet.fileno(), 2)
        for step in execute(flow.program, Recorder(_kernel()), _look, only):
            error = RuntimeError(repr(step.error)) if step.error else None
            steps.append(Step(step.index, step.reads, step.writes, step.changed, step.look, error))
    with os.fdopen(into, "wb") as pipe:
        pickle.dump(steps, pipe)


def _kernel() -> dict[str, Any]:
    """Make what a kernel gives a notebook."""
    import builtins  # noqa: PLC0415

    shell = types.SimpleNamespace(
        run_line_magic=lambda *_: None,
        run_cell_magic=lambda *_: None,
        system=lambda *_: None,
        getoutput=lambda *_: [],
    )
    module = types.ModuleType("__main__")
    sys.modules["__main__"] = module
    return {
        "__name__": "__main__",
        "__builtins__": builtins,
        "get_ipython": lambda: shell,
        "display": lambda *_, **__: None,
    }


# How things look


def _look(space: Recorder) -> Look:
    found: Look = {name: _fingerprint(value, 0) for name, value in space.items() if not name.startswith("__")}
    found["rng:random"] = hash(random.getstate())
    if "numpy" in sys.modules:
        found["rng:numpy"] = _digest(pickle.dumps(sys.modules["numpy"].random.get_state(legacy=False)))
    found["os:cwd"] = Path.cwd()
    found["os:environ"] = _digest(repr(sorted(os.environ.items())).encode())
    files = sorted((str(p), p.stat().st_mtime_ns) for p in Path.cwd().rglob("*") if p.is_file() and p.suffix != ".pyc")
    found["file:*"] = _digest(repr(files).encode())
    return found


def _digest(data: bytes) -> str:
    return hashlib.blake2b(data, digest_size=8).hexdigest()


def _fingerprint(value: Any, depth: int) -> object:  # noqa: ANN401, C901, PLR0911 - one case for each kind of value
    """Tell how a value looks; what cannot be told cheaply looks always the same."""
    kind = type(value)
    module = kind.__module__.partition(".")[0]
    if depth > 5 or isinstance(value, types.ModuleType | types.FunctionType | types.BuiltinFunctionType | type):  # noqa: PLR2004
        return getattr(value, "__name__", kind.__name__)
    if value is None or kind in (int, float, str, bool, complex, bytes):
        return repr(value) if value != value else value  # noqa: PLR0124 - nan
    if module in ("matplotlib", "seaborn", "tensorflow", "keras", "torch", "IPython", "plotly"):
        return kind.__name__
    if module == "pandas" and kind.__name__ in ("DataFrame", "Series"):
        return _frame(value)
    if module == "numpy" and hasattr(value, "dtype"):
        return _array(value)
    if module == "scipy" and hasattr(value, "tocsr"):  # libraries sort the indices in place, which means nothing
        parts = value.tocsr().sorted_indices()
        return value.shape, _array(parts.data), _array(parts.indices), _array(parts.indptr)
    if kind in (list, tuple):
        return kind.__name__, len(value), tuple(_fingerprint(v, depth + 1) for v in value[:2000])
    if kind is dict:
        return tuple((repr(k)[:100], _fingerprint(v, depth + 1)) for k, v in list(value.items())[:2000])
    if kind in (set, frozenset):
        return kind.__name__, _digest(repr(sorted(map(repr, value))).encode())
    if hasattr(value, "__dict__") and module not in ("builtins", "_io"):
        parts = {k: v for k, v in vars(value).items() if not k.startswith("__") and "cache" not in k}
        return kind.__name__, tuple((k, _fingerprint(v, depth + 1)) for k, v in parts.items())
    return kind.__name__


def _frame(value: Any) -> object:  # noqa: ANN401 - pandas is not installed where this is checked
    try:
        if value.size * 8 > TOO_LARGE:
            return value.shape
        hashed = sys.modules["pandas"].util.hash_pandas_object(value, index=True).to_numpy().tobytes()
    except (TypeError, ValueError):
        hashed = repr(value).encode()
    names = list(map(repr, value.columns)) if value.ndim == 2 else [repr(value.name)]  # noqa: PLR2004
    kinds = list(map(str, value.dtypes)) if value.ndim == 2 else [str(value.dtype)]  # noqa: PLR2004
    return value.shape, tuple(names), tuple(kinds), _digest(hashed)


def _array(value: Any) -> object:  # noqa: ANN401 - nor is numpy
    if getattr(value, "nbytes", 0) > TOO_LARGE:
        return value.shape
    data = repr(value.tolist()).encode() if value.dtype.hasobject else value.tobytes()
    return str(value.dtype), value.shape, _digest(data)


if __name__ == "__main__":
    sys.exit(main())
