# ruff: noqa: INP001, T201 - programs that print, on JSON
"""One notebook through everything: read, lint, convert, check, train, predict; one JSON object of what happened."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
import traceback
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any

import data_at_hand
import nbformat

from nb2prod import notebook as notebooks
from nb2prod.convert import convert
from nb2prod.lint.diagnostic import Unread
from nb2prod.lint.session import Wanted, lint_text
from nb2prod.options import Options
from nb2prod.problems import NotebookError
from nb2prod.program import BrokenCell, parse

if TYPE_CHECKING:
    from nb2prod.conversion import Conversion
    from nb2prod.program import Program
    from nb2prod.verify import Verdict

Record = dict[str, Any]


def outcome(
    path: Path, python: Path | None, timeout: float, *, perturbed: bool, repository: Path | None = None
) -> Record:
    """Put one notebook through all steps; `python` runs it and its project (None: only what is static).

    With `repository`, the folder that holds the notebook, paths that lead nowhere are mended in a copy of it.
    """
    record: Record = {"notebook": str(path), "static": python is None, "seconds": {}}
    with tempfile.TemporaryDirectory(prefix="nb2prod-bench-") as folder:
        try:
            there = _mended(record, path, repository, Path(folder)) if repository else path
            _steps(record, there, Path(folder) / "project", python, timeout, perturbed=perturbed)
        except NotebookError as error:
            step = next(iter(reversed(record["seconds"])))
            record[step] = "refused"
            record["why"] = str(error)
        except Exception as error:  # noqa: BLE001 - a crash of ours is what the bench is looking for
            step = next(iter(reversed(record["seconds"])))
            record[step] = "crashed"
            record["why"] = f"{type(error).__name__}: {error}"
            record["traceback"] = traceback.format_exc()[-3000:]
    return record


def _mended(record: Record, path: Path, repository: Path, folder: Path) -> Path:
    """Mend the paths of files that lie elsewhere in the repository, in a copy of it; the notebook to take."""
    with _Clock(record, "read"):
        mends = data_at_hand.look(parse(notebooks.read(path)), path, repository).mends
    record["mended"] = [each.path for each in mends]
    if not mends:
        return path
    copy = folder / "repository"
    shutil.copytree(repository, copy, symlinks=True, ignore=shutil.ignore_patterns(".git", ".ipynb_checkpoints"))
    there = copy / path.relative_to(repository)
    document = nbformat.read(there, as_version=4)  # type: ignore[no-untyped-call] # nbformat has no types
    data_at_hand.mended(document, mends)
    nbformat.write(document, there)  # type: ignore[no-untyped-call]
    return there


def _steps(  # noqa: PLR0913 - all of one call
    record: Record, path: Path, output: Path, python: Path | None, timeout: float, *, perturbed: bool
) -> None:
    with _Clock(record, "read"):
        program = parse(notebooks.read(path))
        record["read"] = "ok"
        record["broken cells"] = sum(isinstance(cell, BrokenCell) for cell in program.cells)
        record["statements"] = len(program.statements)
    with _Clock(record, "lint"):
        found = lint_text(path, path.read_bytes(), Wanted()).said
        record["lint"] = "refused" if isinstance(found, Unread) else "ok"
        record["findings"] = {} if isinstance(found, Unread) else Counter(one.name for one in found)
    with _Clock(record, "convert"):
        made = convert(path, output, lock=False, force=False, options=Options()).conversion
        record["convert"] = "ok"
    for part, result in (("train", made.train), ("predict", made.predict)):
        record[f"{part} status"] = result.status
        if result.refusal is not None:
            record[f"{part} refusal"] = str(result.refusal.why)
    with _Clock(record, "check"):
        record["lost"] = unaccounted(program, made, output)
        record["ruff"] = ruff(output)
    if python is None:
        return
    with _Clock(record, "import"):
        record["import"] = imports(output, made, python)
    with _Clock(record, "verify"):
        from nb2prod.verify import verify  # noqa: PLC0415 - needs an extra that the static part does not

        verdict = verify(output, python=python, beside=path.parent, timeout=timeout, perturbed=perturbed)
        record.update(_of(verdict, made))


class _Clock:
    """Notes how long a step took, also when it fails; the last one noted is the step that failed."""

    def __init__(self, record: Record, step: str) -> None:
        self.record, self.step = record, step

    def __enter__(self) -> None:
        self.started = time.monotonic()
        self.record["seconds"][self.step] = 0.0

    def __exit__(self, *_: object) -> None:
        self.record["seconds"][self.step] = round(time.monotonic() - self.started, 3)


def unaccounted(program: Program, made: Conversion, output: Path) -> list[str]:
    """Statements and broken cells that are not accounted for exactly once, and places that are not there."""
    wanted = Counter((one.cell, one.where.line, one.where.column) for one in program.statements)
    broken = {cell.cell.index for cell in program.cells if isinstance(cell, BrokenCell)}
    found = Counter(
        (one.where.cell, one.where.line, one.where.column) for one in made.statements if one.where.cell not in broken
    )
    wrong = [f"cell {cell}, line {line}: not once" for cell, line, _ in (wanted - found) + (found - wanted)]
    times = Counter(one.where.cell for one in made.statements)
    wrong += [f"broken cell {cell}: not once" for cell in broken if times[cell] != 1]
    lengths = {
        path.name: len(path.read_text(encoding="utf-8").splitlines())
        for path in (output / "src" / made.package).glob("*.py")
    }
    for one in made.statements:
        if (one.place is None) != (one.role == "dropped") or (one.role == "dropped" and not one.reason):
            wrong.append(f"{one.where}: {one.role}, place {one.place}, reason {one.reason}")
        elif one.place and not 1 <= one.place.line <= one.place.last_line <= lengths.get(one.place.module, 0):
            wrong.append(f"{one.where}: no such lines, {one.place}")
    return wrong


def ruff(output: Path) -> str:
    """`ok`, or what ruff finds in the emitted code."""
    command = [_tool("ruff"), "check", "--isolated", "--select", "E9,F", "--output-format", "concise", "--quiet", "src"]
    done = subprocess.run(command, cwd=output, capture_output=True, text=True, check=False)  # noqa: S603 - our own tool
    return "ok" if done.returncode == 0 else (done.stdout or done.stderr).strip()[:1500]


def imports(output: Path, made: Conversion, python: Path) -> str:
    """`ok`, `missing X` when a library is not installed, or the error of the first module that does not import."""
    names = [f"{made.package}.{path.stem}" for path in sorted((output / "src" / made.package).glob("*.py"))]
    code = f"import importlib\nfor name in {names!r}: importlib.import_module(name)\n"
    environment = {**os.environ, "PYTHONPATH": str(output / "src"), "MPLBACKEND": "Agg", "PYTHONDONTWRITEBYTECODE": "1"}
    try:
        done = subprocess.run(  # noqa: S603 - importing what was emitted is the test
            [str(python), "-c", code],
            cwd=output,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
            timeout=120,
        )
    except subprocess.TimeoutExpired:
        return "importing takes longer than 120 s"
    if done.returncode == 0:
        return "ok"
    last = (done.stderr.strip().splitlines() or ["?"])[-1]
    absent = last.startswith("ModuleNotFoundError") and made.package not in last
    return f"missing {last.split()[-1]}" if absent else f"{last}"


def _of(verdict: Verdict, made: Conversion) -> Record:
    """Say what verify says, and whether it contradicts what convert promised."""
    wrong = verdict.status == "different" and "ok" in (made.train.status, made.predict.status)
    failed = verdict.failed
    return {
        "train": f"{failed.side} failed" if failed else verdict.train,
        "predict": verdict.predict,
        "silent wrong": wrong,
        "counts": verdict.to_json()["counts"],
        "reasons": list(verdict.reasons),
        "first": str(verdict.first) if verdict.first else None,
        "failed": str(failed) if failed else None,
        "detail": failed.detail[-1500:] if failed else "",
        "perturbed": verdict.perturbed,
        "checks": [f"{one.name}: {one.status} {one.detail}".strip() for one in verdict.checks if one.status != "equal"],
        "uncompared": [f"cell {one.cell}, `{one.name}`: {one.reason}" for one in verdict.uncompared[:10]],
    }


def _tool(name: str) -> str:
    beside = Path(sys.executable).with_name(name)
    return str(beside) if beside.exists() else name


if __name__ == "__main__":
    where, interpreter, limit, more, holds = sys.argv[1:]
    chosen = Path(interpreter) if interpreter else None
    within = Path(holds) if holds else None
    made = outcome(Path(where), chosen, float(limit), perturbed=more == "perturbed", repository=within)
    print(json.dumps(made))
