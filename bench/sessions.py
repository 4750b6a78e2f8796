# ruff: noqa: INP001, T201 - a script: it is run as it lies there, and prints
"""Simulate people who work on real notebooks, and count what lint finds of the state they leave behind.

    PYTHONPATH=src:. unshare -n python bench/sessions.py LIST --state FOLDER [--half rest|kept|both] [--limit N]

LIST is a file with the path of a notebook a line; the Python that runs this must have the libraries that they use, and
IPython. Notebooks that run from top to bottom are simulated: `person.py` says what a person does to each (delete a cell
after it ran, swap, edit, rename, run again, run out of order; and a harmless twin of each). Everything is really run,
and counts and outputs are saved as Jupyter would. Then the kernel is restarted and the saved notebook run from top to
bottom: it raises, shows something else (differs), is the same, or (hidden) only has other values which no cell shows or
other results of chance, though the generators begin with the same seed. What is hidden need not be found, but may.
What was run is kept in FOLDER and not run again; lint is asked anew every time.

Half of the sources (`--half kept`, by the hash of the name of the repository: the folder below `--within`) is kept for
measuring: do not look at it while writing rules. A finding counts as an alarm if it is a warning or an error of the
rules that say that the notebook gives something else (`CLAIMS`); the other rules say that something is at risk.
An alarm on a notebook that gives the same is a false one; one that raises or differs and gets no alarm is missed.
The right cell is one that the person touched, one that raises, or one that shows something else.
Kinds of which nothing can be seen in the file are counted apart: what is the same file for two histories has no answer.

This RUNS THE CODE OF THE NOTEBOOKS as you, in copies of their folders.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import random
import time
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bench import kernel
from bench.cells import Cell
from bench.person import Session, sessions
from nb2prod.notebook import read
from nb2prod.program import parse

if TYPE_CHECKING:
    from collections.abc import Iterator

Record = dict[str, Any]

CLAIMS = frozenset("HS101 HS102 HS103 HS105 HS106 HS108 HS109 HS114 HS115 HS116 HS117 HS118".split())  # noqa: SIM905 - shorter
_ALARMS = ("error", "warning")
_UNSEEN = frozenset({"edit-unseen", "rerun-unseen", "tweak"})
"""Kinds that leave the same file as a harmless one, or as a cell that was deleted: counted apart."""


def main() -> None:
    """Simulate what is not yet in the state, then count."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("list", type=Path)
    parser.add_argument("--state", type=Path, required=True)
    parser.add_argument("--within", type=Path, help="the folder with one folder a repository")
    parser.add_argument("--half", choices=["rest", "kept", "both"], default="rest")
    parser.add_argument("--limit", type=int, default=50, help="how many notebooks are simulated")
    parser.add_argument("--each", type=int, default=2, help="how many notebooks of one source are simulated")
    parser.add_argument("--minutes", type=float, default=20)
    parser.add_argument("--seconds", type=float, default=25, help="for one run of a notebook")
    parser.add_argument("--fast", type=float, default=2, help="seconds of CPU that a notebook may take")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--only-seen", action="store_true", help="leave out what cannot be seen in the file")
    parser.add_argument("--count", action="store_true", help="run nothing, only count")
    parser.add_argument("--show", action="store_true", help="print what is missed and what is a false alarm")
    options = parser.parse_args()
    options.state.mkdir(parents=True, exist_ok=True)
    if not options.count:
        _simulate(options)
    records = [json.loads(line) for line in (options.state / "sessions.jsonl").read_text("utf-8").splitlines()]
    _count([each for each in records if options.half in {each["half"], "both"} and "kind" in each], options)


def _simulate(options: argparse.Namespace) -> None:
    log = options.state / "sessions.jsonl"
    done = [json.loads(line) for line in log.read_text("utf-8").splitlines()] if log.exists() else []
    tried = {each["notebook"] for each in done}
    good = {each["notebook"] for each in done if options.half in {each["half"], "both"} and "kind" in each}
    sources = Counter(_source(Path(each), options) for each in good)
    paths = [Path(line) for line in options.list.read_text("utf-8").splitlines() if line.strip()]
    random.Random(options.seed).shuffle(paths)  # noqa: S311 - chance that is repeated by its seed
    paths = [path for path in paths if str(path) not in tried and options.half in {_half(path, options), "both"}]
    end = time.monotonic() + 60 * options.minutes
    kernel.load()
    with log.open("a", encoding="utf-8") as out:
        for path in paths:
            if sources.total() >= options.limit or time.monotonic() > end:
                return
            if sources[_source(path, options)] >= options.each:
                continue
            records = list(_notebook(path, options))
            sources[_source(path, options)] += any("kind" in each for each in records)
            for each in records:
                out.write(json.dumps(each | {"half": _half(path, options), "notebook": str(path)}) + "\n")
            out.flush()


def _source(path: Path, options: argparse.Namespace) -> str:
    return path.relative_to(options.within).parts[0] if options.within else path.parent.name


def _half(path: Path, options: argparse.Namespace) -> str:
    digest = hashlib.sha256(f"{options.seed} {_source(path, options)}".encode()).digest()
    return "kept" if digest[0] % 2 else "rest"


def _notebook(path: Path, options: argparse.Namespace) -> Iterator[Record]:
    """Simulate all sessions of one notebook; one record that says why where there are none."""
    try:
        document = json.loads(path.read_text("utf-8"))
        cells = tuple(
            Cell(number, each["cell_type"], "".join(each["source"])) for number, each in enumerate(document["cells"])
        )
    except (OSError, ValueError, KeyError, TypeError) as error:
        yield {"why": repr(error)}
        return
    code = [each for each in cells if each.kind == "code" and each.source.strip()]
    if not 4 <= len(code) <= 80 or not kernel.small(path.parent):  # noqa: PLR2004 - neither tiny nor long
        yield {"why": "size"}
        return
    first = kernel.run(code, path.parent, 1, options.seconds)
    if first is None or first.error or first.seconds > options.fast:
        yield {"why": "time" if first is None else first.error or f"took {first.seconds:.1f} s"}
        return
    second = kernel.run(code, path.parent, 2, options.seconds)
    if second is None or second.error:
        yield {"why": "another run did something else"}
        return
    by_chance = {
        each.number
        for each, one, other in zip(code, first.outputs, second.outputs, strict=True)
        if kernel.plain(one) != kernel.plain(other)
    }
    fixed = {name for name, digest in first.values.items() if second.values.get(name) == digest}
    shown = {each.number: "\n".join(kernel.plain(out)) for each, out in zip(code, first.outputs, strict=True)}
    chance = random.Random(f"{options.seed} {path.name}")  # noqa: S311 - repeated by its seed
    for kind in sessions(cells, shown, chance):
        record: Record = {}
        for session in kind:
            if options.only_seen and not session.seen:
                continue
            base = first if session.steps == tuple(code) else None
            tried = _session(session, base, by_chance, fixed, path, options)
            record = tried if "kind" in tried else record or tried
            if record.get("label") in {"raises", "differs"} or (session.harmless and "kind" in record):
                break
        if record:
            yield record


def _session(  # noqa: PLR0913 - what was found out about the notebook
    session: Session,
    base: kernel.Ran | None,
    by_chance: set[int],
    fixed: set[str],
    path: Path,
    options: argparse.Namespace,
) -> Record:
    ran = base or kernel.run(session.steps, path.parent, 1, options.seconds)
    if ran is None or ran.error:
        return {"why": f"{session.kind}: {'time' if ran is None else ran.error}"}
    last = {cell.number: (i + 1, ran.outputs[i]) for i, cell in enumerate(session.steps)}
    file = options.state / f"{hashlib.sha256(str(path).encode()).hexdigest()[:10]}-{session.kind}.ipynb"
    code = [(i, each) for i, each in enumerate(session.saved) if each.kind == "code" and each.source.strip()]
    again = kernel.run([each for _, each in code], path.parent, 1, options.seconds)
    if again is None:
        return {"why": f"{session.kind}: time"}
    pairs = [
        (i, each.number, last[each.number][1], now)
        for (i, each), now in zip(code, again.outputs, strict=False)
        if each.number in last
    ]
    chance = [i for i, number, then, now in pairs if number in by_chance and kernel.plain(now) != kernel.plain(then)]
    differ = [
        i
        for i, number, then, now in pairs
        if kernel.plain(now, number in by_chance) != kernel.plain(then, number in by_chance)
    ]
    raises = code[len(again.outputs) - 1][0] if again.error else None
    values = [
        name for name in fixed & ran.values.keys() & again.values.keys() if ran.values[name] != again.values[name]
    ]
    label = "raises" if again.error else "differs" if differ else "hidden" if values or chance else "same"
    file.write_text(json.dumps(_document(session, last)), encoding="utf-8")
    return {
        "kind": session.kind,
        "file": file.name,
        "label": label,
        "seen": session.seen,
        "error": again.error,
        "raises": raises,
        "differ": [*differ, *chance],
        "values": sorted(values),
        "touched": [i for i, each in enumerate(session.saved) if each.number in session.touched],
    }


def _document(session: Session, last: dict[int, tuple[int, kernel.Outputs]]) -> Record:
    cells: list[Record] = []
    for each in session.saved:
        if each.kind == "code":
            count, outputs = last.get(each.number, (None, []))
            more = {"execution_count": count, "outputs": outputs}
        else:
            more = {}
        cells.append({"cell_type": each.kind, "metadata": {}, "source": each.source, **more})
    return {
        "nbformat": 4,
        "nbformat_minor": 4,
        "metadata": {"language_info": {"name": "python"}, "kernelspec": {"name": "python3"}},
        "cells": cells,
    }


# Counting


def _count(records: list[Record], options: argparse.Namespace) -> None:
    from nb2prod.lint.rule import Context, discover  # noqa: PLC0415 - simulating does not need it

    rules = [rule for rule, _ in discover() if rule.code.startswith("HS")]
    table: dict[str, Counter[str]] = {}
    total: Counter[str] = Counter()
    risks: Counter[str] = Counter()
    for record in records:
        context = Context(parse(read(options.state / record["file"])))
        found = [
            (each.severity or rule.severity, each.where, rule, each) for rule in rules for each in rule.check(context)
        ]
        alarms = [each for each in found if each[0] in _ALARMS and each[2].code in CLAIMS]
        if record["kind"] == "clean":
            risks.update({f"{rule.code} {rule.name} {severity}" for severity, _, rule, _ in found})
        alarms.sort(key=lambda each: (_ALARMS.index(each[0]), each[1]))
        counts = Counter({record["label"]: 1, "notebooks": 1})
        wrong = record["label"] in {"raises", "differs"}
        if alarms:
            counts["false alarm" if record["label"] == "same" else "found" if wrong else "found hidden"] += 1
            where = {alarms[0][1].cell}
            right = {record["raises"], *record["differ"], *record["touched"]}
            counts["right cell"] += record["label"] != "same" and not where.isdisjoint(right)
        elif wrong:
            counts["missed"] += 1
        if options.show and (counts["missed"] or counts["false alarm"]):
            print("MISSED" if counts["missed"] else "FALSE", *(record[k] for k in ("kind", "label", "file", "error")))
            print(f"    differ {record['differ']} raises {record['raises']} touched {record['touched']}")
            for _, _, rule, finding in alarms[:3]:
                print(f"    {rule.code} {finding.message}")
        table.setdefault(record["kind"], Counter()).update(counts)
        if record["kind"] not in _UNSEEN:
            total.update(counts)
    _print(table, total, risks, len({each["notebook"] for each in records}))


def _print(table: dict[str, Counter[str]], total: Counter[str], risks: Counter[str], notebooks: int) -> None:
    labels = ["raises", "differs", "hidden", "same"]
    columns = ["notebooks", *labels, "found", "missed", "found hidden", "false alarm", "right cell"]
    print(f"{'kind':16}", *(f"{each:>12}" for each in columns))
    for kind, counts in (*sorted(table.items()), ("all but unseen", total)):
        print(f"{kind:16}", *(f"{counts[each]:12}" for each in columns))
    true = total["found"] + total["found hidden"]
    print(
        f"{total['notebooks']} simulated notebooks made from {notebooks}: "
        f"precision {_share(true, true + total['false alarm'])}, "
        f"recall {_share(total['found'], total['found'] + total['missed'])}, "
        f"right cell {_share(total['right cell'], true)}"
    )
    print("On clean sessions:", ", ".join(f"{name} {n}" for name, n in sorted(risks.items())) or "none")


def _share(part: int, whole: int) -> str:
    return f"{part / whole:.3f} ({part}/{whole})" if whole else "-"


if __name__ == "__main__":
    main()
