# ruff: noqa: INP001, T201 - programs that print, on JSON
"""The truth about real notebooks: every step of nb2prod on a folder or list of them.

    python bench/corpus.py FOLDER_OR_LIST... [--python PY] [--static] [--no-perturbed]
                           [--jobs N] [--state FILE.jsonl] [--limit N] [--mend-paths REPOSITORIES]

A list is a text file with one path a line. Without --static this RUNS THE CODE OF THE NOTEBOOKS as you, with --python
(default: this interpreter): for notebooks that you do not trust, do it where they can do no harm.
With --state what was done before is not done again. With --mend-paths, the folder that holds the repositories, paths
that lead nowhere are mended where a file of that name lies in the notebook's repository (in a copy).
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor, as_completed
from pathlib import Path
from typing import TYPE_CHECKING

from summary import Record, line, summary

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

_IN_ALL = 15  # a notebook may take this many times the limit of one cell


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the bench; 1 when something crashed, was lost or is silently wrong."""
    options = _parser().parse_args(arguments)
    notebooks = list(dict.fromkeys(path.resolve() for path in find(options.paths)))[: options.limit]
    python = None if options.static else options.python
    done = {one["notebook"]: one for one in _before(options.state) if python is None or not one["static"]}
    todo = [path for path in notebooks if str(path) not in done]
    records = [done[str(path)] for path in notebooks if str(path) in done]
    if records:
        print(f"{len(records)} of {len(notebooks)} were done before")
    started = time.monotonic()
    with ThreadPoolExecutor(options.jobs) as pool:
        running = [
            pool.submit(
                one,
                path,
                python,
                options.timeout,
                perturbed=options.perturbed,
                repository=_repository(path, options.mend_paths),
            )
            for path in todo
        ]
        try:
            for number, future in enumerate(as_completed(running), 1):
                record = future.result()
                records.append(record)
                _keep(options.state, record)
                _show(line(record), number, len(todo), time.monotonic() - started)
        except KeyboardInterrupt:
            pool.shutdown(wait=False, cancel_futures=True)
            print("\ninterrupted; --state keeps what was done")
    print("\n".join(["", *summary(records)]))
    return int(any("crashed" in one.values() or one.get("lost") or one.get("silent wrong") for one in records))


def find(paths: Iterable[Path]) -> Iterator[Path]:
    """Notebooks: files as given, those below folders, and those of lists."""
    for path in paths:
        if path.is_dir():
            yield from sorted(
                p for p in path.rglob("*.ipynb") if not any(part.startswith(".") for part in p.relative_to(path).parts)
            )
        elif path.suffix == ".ipynb":
            yield path
        else:
            yield from (Path(text.strip()) for text in path.read_text(encoding="utf-8").splitlines() if text.strip())


def _repository(path: Path, repositories: Path | None) -> Path | None:
    """Give the folder right below `repositories` that holds the notebook."""
    if repositories is None:
        return None
    top = repositories.resolve()
    return top / path.relative_to(top).parts[0]


def one(path: Path, python: Path | None, timeout: float, *, perturbed: bool, repository: Path | None) -> Record:
    """One notebook in a process of its own, so that nothing it does ends the bench."""
    program = str(Path(__file__).with_name("outcome.py"))
    more = "perturbed" if perturbed else "as written"
    command = [sys.executable, program, str(path), str(python or ""), str(timeout), more, str(repository or "")]
    process = subprocess.Popen(  # noqa: S603 - our own program
        command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, start_new_session=True
    )
    record: Record = {"notebook": str(path), "static": python is None, "seconds": {}}
    try:
        output, errors = process.communicate(timeout=timeout * _IN_ALL)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        process.communicate()
        return {**record, "convert": "crashed", "why": f"no end within {timeout * _IN_ALL:.0f} s"}
    try:
        return dict(json.loads(output.decode().splitlines()[-1]))
    except (ValueError, IndexError):
        why = (errors.decode(errors="replace").strip().splitlines() or ["no output"])[-1]
        return {**record, "convert": "crashed", "why": f"exit code {process.returncode}: {why}"}


def _before(state: Path | None) -> list[Record]:
    if state is None or not state.exists():
        return []
    return [json.loads(text) for text in state.read_text(encoding="utf-8").splitlines()]


def _keep(state: Path | None, record: Record) -> None:
    if state is not None:
        with state.open("a", encoding="utf-8") as file:
            file.write(json.dumps(record) + "\n")


def _show(text: str, number: int, total: int, seconds: float) -> None:
    """Print a line for the notebook; on a terminal a bar below it."""
    if not sys.stdout.isatty():
        print(text, flush=True)
        return
    filled = 30 * number // total
    left = seconds / number * (total - number)
    bar = f"[{'#' * filled}{'.' * (30 - filled)}] {number} of {total}, about {left:.0f} s left"
    print(f"\r\x1b[K{text}\n{bar}", end="" if number < total else "\n", flush=True)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("paths", nargs="+", type=Path, metavar="FOLDER_OR_LIST")
    parser.add_argument(
        "--python", type=Path, default=Path(sys.executable), help="the interpreter that runs notebooks and projects"
    )
    parser.add_argument("--static", action="store_true", help="run nothing: read, lint, convert and check only")
    parser.add_argument(
        "--no-perturbed",
        dest="perturbed",
        action="store_false",
        help="do not run again on resampled data (half the time)",
    )
    parser.add_argument(
        "--jobs", type=int, default=os.cpu_count() or 1, help="notebooks at a time (default: the cores)"
    )
    parser.add_argument("--state", type=Path, help="a file of JSON lines that keeps results, to go on later")
    parser.add_argument("--mend-paths", type=Path, metavar="REPOSITORIES", help="mend wrong paths, in a copy")
    parser.add_argument("--limit", type=int, help="only the first so many notebooks")
    parser.add_argument("--timeout", type=float, default=120, help="seconds for one cell (default: 120)")
    return parser


if __name__ == "__main__":
    sys.exit(main())
