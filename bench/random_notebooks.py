# ruff: noqa: INP001, T201 - a script: it is run as it lies there, and prints
"""Convert random notebooks and compare their predictions with the projects', in a batch, row by row, for unseen rows.

    PYTHONPATH=src python -m bench.random_notebooks [--first N] [--count N] [--keep FOLDER] [--state FILE] [--show]

A wrong one is told as it is found, with the number that makes it again, and written to FOLDER; the exit code is then 1.
With a state FILE a run that was broken off goes on where it was.
"""

from __future__ import annotations

import argparse
import json
import re
import sys
import tempfile
from collections import Counter
from pathlib import Path

from tests import parity
from tests.random_notebooks import notebook


def main() -> int:
    """Try the notebooks of some numbers."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--first", type=int, default=0, help="the first number")
    parser.add_argument("--count", type=int, default=2000)
    parser.add_argument("--keep", type=Path, help="where wrong ones are written to")
    parser.add_argument("--state", type=Path, help="where outcomes are kept, one a line")
    parser.add_argument("--show", action="store_true", help="tell why each was refused")
    options = parser.parse_args()
    done = _done(options.state)
    worker = parity.Worker()
    for seed in range(options.first, options.first + options.count):
        if seed in done:
            continue
        case = notebook(seed)
        outcome, told = _tried(case, worker)
        done[seed] = (outcome, told[0] if told else "")
        if options.state:
            with options.state.open("a", encoding="utf-8") as file:
                file.write(json.dumps([seed, outcome, told]) + "\n")
        if outcome == "WRONG" or (outcome == "refused" and options.show):
            print(seed, outcome, *told, sep="\n    ", flush=True)
        if outcome == "WRONG" and options.keep:
            options.keep.mkdir(parents=True, exist_ok=True)
            (options.keep / f"{seed}.py").write_text("\n# %%\n".join(case.cells), encoding="utf-8")
    worker.close()
    return _summary(done)


def _done(state: Path | None) -> dict[int, tuple[str, str]]:
    """What an earlier run has found."""
    if state is None or not state.exists():
        return {}
    rows = [json.loads(line) for line in state.read_text(encoding="utf-8").splitlines()]
    return {seed: (outcome, told[0] if told else "") for seed, outcome, told in rows}


def _summary(done: dict[int, tuple[str, str]]) -> int:
    tally = Counter(outcome for outcome, _ in done.values())
    notebooks = len(done) - tally["no notebook"]
    share = (tally["equal"] + tally["WRONG"]) / max(1, notebooks)
    print(f"{dict(tally)}: of {notebooks} notebooks that run {share:.0%} are predicted, {tally['WRONG']} of them wrong")
    reasons = Counter(re.sub(r"`[^`]*`", "`…`", why) for outcome, why in done.values() if outcome == "refused")
    for reason, times in reasons.most_common():
        print(f"{times:5} {reason}")
    return int("WRONG" in tally)


def _tried(case: parity.Case, worker: parity.Worker) -> tuple[str, list[str]]:
    """What came of a notebook: equal, refused, no notebook (it fails by itself) or WRONG; and why."""
    with tempfile.TemporaryDirectory() as folder:
        made = parity.convert(case, Path(folder))
        outcome = made.conversion.predict if made.conversion.train.status == "ok" else made.conversion.train
        if outcome.status != "ok":
            return "refused", [outcome.refusal.why if outcome.refusal else outcome.status]
        differences = worker.differences(made)
        if any(found.startswith("the notebook fails by itself") for found in differences):
            return "no notebook", differences
        return ("WRONG" if differences else "equal"), differences


if __name__ == "__main__":
    sys.exit(main())
