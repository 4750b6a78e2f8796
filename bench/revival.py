# ruff: noqa: INP001, T201 - a program that prints
"""How many notebooks run from top to bottom: with today's libraries, and in the environment that nb2prod gives them.

    python bench/revival.py SAMPLE.tsv --state FILE.jsonl [--today PYTHON] [--environments FOLDER] [--half HALF]
                            [--cpu-seconds N] [--again REASON]

SAMPLE.tsv is what bench/eligible.py drew. Each notebook runs twice in a copy of its repository's folder, in both the
same: without a network, one thread, a limit of CPU seconds (the clock says nothing on a busy machine). --today is an
interpreter with the newest of everything. The environment is what `nb2prod requirements --as-of DAY` locks for the
day of the notebook's last commit, or "auto", installed with hashes for the Python that it names. Paths that lead
nowhere are mended where the file lies in the repository, for both runs alike. What was done before (--state) by the
same nb2prod is not done again; by another one, each notebook is locked anew, and what ended before counts where that
gives the same environment and the same mended paths. --again REASON does those anew.
This RUNS THE CODE OF THE NOTEBOOKS as you (without a network where `unshare` can do that): for notebooks that you do
not trust, do it where they can do no harm.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import re
import shutil
import subprocess
import sys
import tempfile
from collections import Counter
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any
from unittest.mock import patch

import apart
import data_at_hand

from nb2prod import requirements as needs
from nb2prod.notebook import read
from nb2prod.problems import NotebookError
from nb2prod.program import parse
from nb2prod.requirements import dates, environments
from nb2prod.requirements.lockers import find_uv
from nb2prod.verify.isolated import IsolationError, environment

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

Record = dict[str, Any]

_ABSENT = re.compile(r"No such file or directory|does not exist|not found: '|FileNotFoundError|File .* does not exist")
_NETWORK = re.compile(
    r"URLError|HTTPError|ConnectionError|gaierror|name resolution|Max retries|Network is unreachable|ProxyError|"
    r"Resource \S*\x1b?\S* ?not found|nltk\.download|NewConnectionError|RemoteDisconnected|Could not reach host"
)
_HOSTED = re.compile(
    r"No module named '(?:google\.colab|kaggle_secrets|kaggle_datasets|databricks|dbutils)|google\.colab"
)
_OFFERS = re.compile(r"--allow-build ([\w.-]+)")
_MOST_BUILT = 4
_OF_US = {".py", ".toml", ".txt"}


@dataclass(frozen=True, slots=True)
class Drawn:
    """A line of the sample; `stops`: what its text says will stop it wherever it runs."""

    half: str
    folder: Path
    notebook: Path
    day: str
    stops: str | None


def main(arguments: Sequence[str] | None = None) -> int:
    """Run what was not run yet, and print the figures and the reasons."""
    options = _parser().parse_args(arguments)
    sample = [each for each in _sample(options.sample) if options.half in {None, each.half}]
    records: dict[str, Record] = {str(each.notebook): {"notebook": str(each.notebook)} for each in sample}
    records |= {
        each["notebook"]: _without(each, options.again)
        for each in _before(options.state)
        if each["notebook"] in records
    }
    ourselves = _ourselves()
    for side in ("emitted", "today"):
        for number, drawn in enumerate(sample, 1):
            record = records[str(drawn.notebook)]
            if side not in record or record[side].get("by") != ourselves:
                ran = with_ours(drawn, options, record) if side == "emitted" else with_todays(drawn, options, record)
                ran[side]["by"] = ourselves
                record |= ran
                with options.state.open("a", encoding="utf-8") as file:
                    file.write(json.dumps(record) + "\n")
                print(f"{number}/{len(sample)} {drawn.half} {_line(record)}", flush=True)
    told = [{**records[str(each.notebook)], "half": each.half, "stops": each.stops} for each in sample]
    print("\n".join(["", *summary(told)]))
    return 0


def with_todays(drawn: Drawn, options: argparse.Namespace, before: Record) -> Record:
    """Run a notebook with today's libraries, unless it was run so before."""
    kept = _kept(drawn, before.get("today"), options.cpu_seconds)
    return {"today": kept or run(drawn, options.today, options.cpu_seconds)}


def with_ours(drawn: Drawn, options: argparse.Namespace, before: Record) -> Record:
    """Run a notebook in the environment that nb2prod gives, unless it was run in the same before."""
    try:
        asked, lock = emitted(drawn.notebook, drawn.day)
        same = before.get("lock", {}).get("environment") == lock["environment"]
        if same and (kept := _kept(drawn, before.get("emitted"), options.cpu_seconds)):
            return {"lock": lock, "emitted": kept}
        python = made(asked, options.environments / lock["environment"])
    except (NotebookError, IsolationError) as error:
        return {"emitted": {"reason": "no environment", "detail": str(error)[:600]}}
    return {"lock": lock, "emitted": run(drawn, python, options.cpu_seconds)}


def _kept(drawn: Drawn, before: Record | None, cpu_seconds: int) -> Record | None:
    """Give how it ended before, where the notebook is mended the same and it had as much time."""
    if before is None or (before["reason"] == "timeout" and before["cpu"] < cpu_seconds):
        return None
    mends = data_at_hand.look(parse(read(drawn.notebook)), drawn.notebook, drawn.folder).mends
    return dict(before) if before.get("mended", []) == [each.path for each in mends] else None


def emitted(path: Path, as_of: str) -> tuple[Sequence[tuple[str, str]], Record]:
    """Lock as nb2prod does: the files that it writes, and what is in them."""
    program = parse(read(path))
    if as_of not in dates.FOUND:  # as if it had been found in a checkout
        as_of = dates.of_commit(date.fromisoformat(as_of), program.notebook.python).day.isoformat()
    with patch.object(environments, "choose", return_value=None):  # what is installed here says nothing about it
        found = needs.resolve(program, as_of=as_of)
    if nearest := _nearest_there(found.python):
        with patch.object(environments, "choose", return_value=None):
            found = needs.resolve(program, python=nearest, as_of=as_of)
    if found.as_of and as_of not in dates.FOUND:
        moved, _ = dates.not_before_wheels(dates.Dated(date.fromisoformat(found.as_of), ""), found.python)
        found = replace(found, as_of=moved.day.isoformat() if moved else None)
    found, locked = _locked(found)
    if isinstance(locked, needs.LockFailed):
        message = f"{locked.reason}. {locked.way_out}"
        raise IsolationError(message)
    key = hashlib.sha256(f"{found.python}\n{locked.runtime}\n{locked.development}".encode()).hexdigest()[:16]
    lock = {
        "python": found.python,
        "as_of": found.as_of,
        "pins": {pin.distribution: pin.version for pin in locked.pins},
        "notes": [*found.notes, *locked.notes],
        "environment": key,
    }
    return needs.files(found, locked), lock


def made(asked: Sequence[tuple[str, str]], folder: Path) -> Path:
    """Make the environment that the files ask for, unless it is there; give its interpreter."""
    if not (folder / "ready").exists():
        shutil.rmtree(folder, ignore_errors=True)
        (folder / "asked").mkdir(parents=True)
        for name, text in asked:
            (folder / "asked" / name).write_text(text, encoding="utf-8")
        environment(folder / "asked", folder / "venv", lambda _: None)
        (folder / "ready").touch()
    return folder / "venv" / "bin" / "python"


def _nearest_there(python: str) -> str | None:
    """Give the nearest Python of this machine, where the right one is not on it."""
    uv = find_uv() or "uv"
    for minor in (python, *(f"3.{each}" for each in range(int(python.partition(".")[2]), 6, -1))):
        command = [uv, "python", "find", "--no-python-downloads", minor]
        if subprocess.run(command, capture_output=True, check=False).returncode == 0:  # noqa: S603 - uv, our own words
            return None if minor == python else minor
    return None


def _locked(found: needs.Requirements) -> tuple[needs.Requirements, needs.Lock | needs.LockFailed]:
    """Lock; what has no wheels is built from source, as the failure itself offers."""
    builds: tuple[str, ...] = ()
    while True:
        more, locked = needs.locked(found, allow_build=builds)
        offered = _OFFERS.search(locked.way_out) if isinstance(locked, needs.LockFailed) else None
        if offered is None or offered[1] in builds or len(builds) == _MOST_BUILT:
            return more, locked
        builds += (offered[1],)


def run(drawn: Drawn, python: Path, cpu_seconds: int) -> Record:
    """Run a copy of the notebook with an interpreter, and say how that ended."""
    import nbformat  # noqa: PLC0415 - slow to load, and a look at old results needs none

    with tempfile.TemporaryDirectory(prefix="nb2prod-revival-") as scratch:
        copy = Path(scratch) / "w" / drawn.folder.name
        shutil.copytree(drawn.folder, copy, symlinks=True, ignore=shutil.ignore_patterns(".git", "*.ipynb_checkpoints"))
        there = copy / drawn.notebook.relative_to(drawn.folder)
        mends = data_at_hand.look(parse(read(there)), there, copy).mends
        document = nbformat.read(there, as_version=4)  # type: ignore[no-untyped-call] # nbformat has no types
        data_at_hand.mended(document, mends)
        nbformat.write(document, there)  # type: ignore[no-untyped-call] # nbformat has no types
        result = apart.run(there, python, Path(scratch), cpu_seconds)
    result["reason"] = _reason(result)
    return {**result, "mended": [each.path for each in mends]} if mends else result


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
    """Give the two figures, for all and for each half, and for those that do not run the reasons."""
    sound = [each for each in records if not each["stops"]]
    lines = [f"{len(records)} notebooks with their data at hand and no need of the network"]
    lines += _figures(records)
    lines += ["", f"{len(sound)} of them without what stops a notebook wherever it runs (see bench/eligible.py)"]
    lines += _figures(sound)
    for half in sorted({each["half"] for each in records}):
        lines += ["", f"{half}:", *_figures([each for each in sound if each["half"] == half])]
    lost = [each for each in records if each["today"]["reason"] == "ok" != each["emitted"]["reason"]]
    lines += [
        "",
        f"{len(lost)} run today and not in the environment of nb2prod",
        *(f"  {_line(each)}" for each in lost),
    ]
    lines += ["", "Those that do not run there:"]
    lines += [
        f"  {_line(each)} [{each['stops'] or '-'}]: {each['emitted'].get('detail', '')[:160]!r}"
        for each in records
        if each["emitted"]["reason"] != "ok"
    ]
    return lines


def _figures(records: Sequence[Record]) -> Iterator[str]:
    for side, said in (("today", "with today's libraries"), ("emitted", "in the environment of nb2prod")):
        ran = sum(each[side]["reason"] == "ok" for each in records)
        failed = Counter(each[side]["reason"] for each in records if each[side]["reason"] != "ok")
        yield f"  {ran} of {len(records)} run {said} ({ran / max(len(records), 1):.1%})"
        yield "    " + ", ".join(f"{number} {reason}" for reason, number in failed.most_common())


def _ourselves() -> str:
    """Tell this nb2prod from another by its files."""
    files = sorted(each for each in Path(needs.__file__).parents[1].rglob("*") if each.suffix in _OF_US)
    return hashlib.sha256(b"".join(each.read_bytes() for each in files)).hexdigest()[:12]


def _without(record: Record, again: str | None) -> Record:
    """Leave out what ended for that reason."""
    ended = {side for side in ("today", "emitted") if again and record.get(side, {}).get("reason") == again}
    return {key: value for key, value in record.items() if key not in ended}


def _line(record: Record) -> str:
    lock = record.get("lock", {})
    where = f"Python {lock['python']}, {lock['as_of']}" if lock else "-"
    ended = (record.get(side, {}).get("reason", "not run yet") for side in ("today", "emitted"))
    return f"{' -> '.join(ended)} ({where}) {record['notebook']}"


def _sample(path: Path) -> Iterator[Drawn]:
    for line in path.read_text(encoding="utf-8").splitlines():
        half, folder, notebook, day, stops = line.split("\t")
        yield Drawn(half, Path(folder), Path(notebook), day, None if stops == "-" else stops)


def _before(state: Path) -> list[Record]:
    return [json.loads(line) for line in state.read_text(encoding="utf-8").splitlines()] if state.exists() else []


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("sample", type=Path)
    parser.add_argument("--state", type=Path, required=True)
    parser.add_argument("--today", type=Path, default=Path(sys.executable))
    parser.add_argument("--environments", type=Path, default=Path.home() / ".cache" / "nb2prod-revival")
    parser.add_argument("--half", choices=("develop", "kept"))
    parser.add_argument("--cpu-seconds", type=int, default=300)
    parser.add_argument("--again", help="a reason: what ended so before, on either side, is done again")
    return parser


if __name__ == "__main__":
    sys.exit(main())
