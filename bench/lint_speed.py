# ruff: noqa: INP001, T201 - a program that prints
"""How fast lint is beside ruff and other linters of notebooks: one run, the same notebooks, side by side.

    python bench/lint_speed.py NOTEBOOKS.txt [--count 300] [--rounds 3] [--peers FOLDER]

NOTEBOOKS.txt lists paths of notebooks, one a line; those that were executed and have outputs are taken, shuffled by
a fixed seed, and copied to a temporary folder, where no configuration is. Programs are measured in turns, and the
best wall time of each counts; processor time is that of all processes. Of slow peers a part of the notebooks is
measured. `--peers` is the `bin` folder of an environment with nbqa, pyflakes, pylint, flake8, nborder, …
"""

from __future__ import annotations

import argparse
import compileall
import json
import os
import random
import shutil
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import nb2prod

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

_SLOW = 30
"""Notebooks that slow programs are measured on."""

_LARGE = 100_000_000

_STOPS = frozenset(["nborder"])
"""What stops at the first cell that it cannot parse: each notebook is given alone, the time to start left out."""


@dataclass(frozen=True)
class Measured:
    """One run: seconds by the clock and of the processors, and the largest process in bytes."""

    wall: float
    cpu: float
    peak: int


def main() -> None:
    """Measure, and print the table and the ratios."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("notebooks", type=Path)
    parser.add_argument("--count", type=int, default=300)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--peers", type=Path)
    given = parser.parse_args()
    compileall.compile_dir(Path(nb2prod.__file__).parent, quiet=2)  # as pip does, whatever the environment says
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        sizes = _copy(_executed(given.notebooks.read_text(encoding="utf-8").splitlines()), given.count, folder / "all")
        print(f"{len(sizes)} notebooks, {sum(sizes) / 1e6:.0f} MB, the largest {max(sizes) / 1e6:.1f} MB")
        print(f"{os.cpu_count()} processors, load {os.getloadavg()[0]:.1f}, Python {sys.version.split()[0]}\n")
        _against_ruff(folder, given.rounds)
        _one_notebook(folder, given.rounds)
        _memory(folder)
        if given.peers:
            _against_peers(folder, given.peers, len(sizes))


def _executed(paths: Sequence[str]) -> list[Path]:
    """The notebooks that were run and show something, in an order that is always the same."""
    found = [Path(path) for path in sorted(paths) if path.strip()]
    random.Random(0).shuffle(found)  # noqa: S311 - no secret
    return [path for path in found if _has_outputs(path)]


def _has_outputs(path: Path) -> bool:
    try:
        cells = json.loads(path.read_bytes())["cells"]
        return any(cell.get("execution_count") and cell.get("outputs") for cell in cells)
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return False


def _copy(paths: Sequence[Path], count: int, folder: Path) -> list[int]:
    folder.mkdir()
    for number, path in enumerate(paths[:count]):
        shutil.copy2(path, folder / f"{number:04}.ipynb")  # a cache trusts no file that was made just now
    return [file.stat().st_size for file in folder.iterdir()]


def _against_ruff(folder: Path, rounds: int) -> None:
    ruff = [_program("ruff"), "check", "--select", "F", "--no-cache", "--isolated", "--quiet", "all"]
    lint = [_program("nb2prod"), "lint", "all"]
    cold, warm = [*lint, "--no-cache"], [*lint, "--select", "ALL", "--cache-dir", str(folder / "cache")]
    _run(warm, folder)
    runs = {
        "ruff, F, no cache": ruff,
        "nb2prod, HS": [*cold, "--select", "HS"],
        "nb2prod, as it comes": cold,
        "nb2prod, all rules": [*cold, "--select", "ALL"],
        "nb2prod, all rules, warm": warm,
    }
    best = _in_turns({name: partial(_run, command, folder) for name, command in runs.items()}, rounds)
    base = best["ruff, F, no cache"]
    goals = {"nb2prod, HS": 2.0, "nb2prod, all rules": 4.0, "nb2prod, all rules, warm": 0.5}
    print(f"{'':28} wall s   cpu s   wall / ruff   cpu / ruff   goal")
    for name, one in best.items():
        goal = f"{goals[name]:>4}" if name in goals else ""
        ratios = f"{one.wall / base.wall:11.2f}  {one.cpu / base.cpu:11.2f}"
        print(f"{name:28} {one.wall:6.2f}  {one.cpu:6.2f}   {ratios}   {goal}")


def _one_notebook(folder: Path, rounds: int) -> None:
    cells = [_cell(f"x{number} = {number}\nprint(x{number})") for number in range(5)]
    _write(folder / "small.ipynb", cells)
    command = [_program("nb2prod"), "lint", "small.ipynb", "--no-cache"]
    best = _in_turns({"one": lambda: _run(command, folder)}, 5 * rounds)["one"]
    print(f"\none notebook of 5 cells: {best.wall * 1000:.0f} ms by the clock, {best.cpu * 1000:.0f} ms cpu (goal 150)")


def _memory(folder: Path) -> None:
    """Lint one file of 100 MB: pictures, as most large notebooks have."""
    # piece by piece: what this process holds would count as the other's
    picture = {"output_type": "display_data", "metadata": {}, "data": {"image/png": "iVBORw0KGgo" * (_LARGE // 1100)}}
    cell = json.dumps(_cell("print(1)", picture))
    with (folder / "large.ipynb").open("w", encoding="utf-8") as file:
        file.write('{"metadata": {}, "nbformat": 4, "nbformat_minor": 4, "cells": [')
        file.writelines(f"{cell}, " for _ in range(99))
        file.write(f"{cell}]}}")
    size = (folder / "large.ipynb").stat().st_size
    done = _run([_program("nb2prod"), "lint", "large.ipynb", "--no-cache", "--select", "ALL"], folder)
    print(f"a file of {size / 1e6:.0f} MB: at most {done.peak / 1e6:.0f} MB, {done.peak / size:.2f} times (goal 2)\n")


def _against_peers(folder: Path, peers: Path, count: int) -> None:
    """Other linters that know names in notebooks; each is given a part, and its time is taken for the whole."""
    part = folder / "part"
    part.mkdir()
    for file in sorted((folder / "all").iterdir())[:_SLOW]:
        shutil.copy(file, part)
    ours = _in_turns({"": lambda: _run([_program("nb2prod"), "lint", "all", "--no-cache"], folder)}, 2)[""]
    tools = {
        "nbqa pyflakes": ["nbqa", "pyflakes", "{}"],
        "nbqa flake8": ["nbqa", "flake8", "--select=F", "{}"],
        "nbqa pylint": ["nbqa", "pylint", "--disable=all", "--enable=E,W", "{}"],
        "nborder": ["nborder", "check", "{}"],
        "reproguard": ["reproguard", "scan", "{}"],
    }
    print(f"{'':28} wall s and cpu s for {count}   times nb2prod's {ours.wall:.2f} and {ours.cpu:.2f} (goal 20)")
    for name, command in tools.items():
        if (peers / command[0]).exists():
            start = _run([str(peers / command[0]), "--help"], folder)
            parts = [str(file.relative_to(folder)) for file in sorted(part.iterdir())] if name in _STOPS else ["part"]
            done = [
                _run([str(peers / command[0]), *(each.format(one) for each in command[1:])], folder, path=peers)
                for one in parts
            ]
            wall = start.wall + sum(max(each.wall - start.wall, 0) for each in done) * count / _SLOW
            cpu = start.cpu + sum(max(each.cpu - start.cpu, 0) for each in done) * count / _SLOW
            print(f"{name:28} {wall:9.1f}  {cpu:9.1f}   {wall / ours.wall:8.1f}  {cpu / ours.cpu:8.1f}")


def _in_turns(runs: dict[str, Callable[[], Measured]], rounds: int) -> dict[str, Measured]:
    best: dict[str, Measured] = {}
    for _ in range(rounds):
        for name, run in runs.items():
            done = run()
            best[name] = min(best.get(name, done), done, key=lambda each: each.wall)
    return best


def _run(command: Sequence[str], folder: Path, path: Path | None = None) -> Measured:
    """Run it; what it finds is of no interest here, but it must find out (exit 0 or 1)."""
    environment = {**os.environ, "PATH": os.pathsep.join(filter(None, [str(path or ""), os.environ["PATH"]]))}
    start = time.perf_counter()
    with subprocess.Popen(  # noqa: S603 - the programs above
        command, cwd=folder, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    ) as process:
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    return Measured(time.perf_counter() - start, usage.ru_utime + usage.ru_stime, usage.ru_maxrss * 1024)


def _program(name: str) -> str:
    beside = Path(sys.executable).with_name(name)
    found = str(beside) if beside.exists() else shutil.which(name)
    if found is None:
        sys.exit(f"{name} is not installed")
    return found


def _cell(source: str, *outputs: dict[str, Any]) -> dict[str, Any]:
    return {"cell_type": "code", "execution_count": 1, "metadata": {}, "outputs": list(outputs), "source": source}


def _write(path: Path, cells: list[dict[str, Any]]) -> None:
    document = {"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 4}
    path.write_text(json.dumps(document, indent=1), encoding="utf-8")


if __name__ == "__main__":
    main()
