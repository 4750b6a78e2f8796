# ruff: noqa: INP001, T201 - a script: it is run as it lies there, and prints
"""Measure what predict costs beside the notebook's own code on the same rows.

    python bench/predict_speed.py PROJECT... [--rows 100000] [--python PY]

Each PROJECT was made by `nb2prod convert` and is trained here, in a copy. `own` is the notebook's preprocessing and the
model's `predict` alone: the emitted steps without schema, dtypes, loading and probabilities. `predict` is the project's
`predict(frame)`, `answers` its `answers(frame)`, with probabilities. Processor seconds, the best of several runs.
This RUNS THE CODE OF THE NOTEBOOKS.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

WITHIN = {"many": 1.2, "one": 1.0}
MEASURE = """
import copy, importlib, json, sys, time
package, rows = sys.argv[1], int(sys.argv[2])
importlib.import_module(f"{package}.train").train()
import pandas as pd
predict, models = (importlib.import_module(f"{package}.{name}") for name in ("predict", "models"))
load = importlib.import_module(f"{package}.data").load
raw, stored = load(), models.load()
many = pd.concat([raw] * (rows // len(raw) + 1), ignore_index=True).iloc[:rows]
conform, like = predict.conform, predict.replay.like_training

def best(call, times, runs):
    found = []
    for _ in range(runs):
        start = time.process_time()
        for _ in range(times):
            call()
        found.append((time.process_time() - start) / times)
    return min(found)

def own(frame):
    return stored.model.predict(predict._inputs(frame, stored)[0])

result = {}
for name, frame, times, runs in (("many", many, 1, 3), ("one", raw.iloc[[0]], 20, 5)):
    ready = conform(frame, stored.schema)
    predict.conform, predict.replay.like_training = (lambda frame, _: frame), (lambda inputs, _: inputs)
    frames = iter([ready.copy() for _ in range(times * runs)])
    result[name] = {"own": best(lambda: own(next(frames)), times, runs)}
    predict.conform, predict.replay.like_training = conform, like
    result[name]["predict"] = best(lambda: predict.predict(frame), times, runs)
    result[name]["answers"] = best(lambda: predict.answers(frame), times, runs)
print("RESULT", json.dumps(result))
"""


def main() -> int:
    """Measure every project; 1 when one is slower than it may be."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("projects", nargs="+", type=Path, metavar="PROJECT")
    parser.add_argument("--rows", type=int, default=100_000)
    parser.add_argument("--python", type=Path, default=Path(sys.executable))
    options = parser.parse_args()
    slow = 0
    for project in options.projects:
        for name, found in _measured(project.resolve(), options.rows, options.python).items():
            ratio = found["predict"] / found["own"]
            slow += ratio > WITHIN[name]
            rows = options.rows if name == "many" else 1
            told = "  ".join(f"{what} {seconds * 1000:.2f} ms" for what, seconds in found.items())
            print(f"{project.name:<20}{rows:>7} rows  {told}  predict/own {ratio:.2f}", flush=True)
    return int(slow > 0)


def _measured(project: Path, rows: int, python: Path) -> dict[str, dict[str, float]]:
    package = json.loads((project / "nb2prod.json").read_text(encoding="utf-8"))["package"]
    with tempfile.TemporaryDirectory() as folder:
        copied = Path(folder, "project")
        shutil.copytree(project, copied)
        threads = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "MPLBACKEND": "Agg"}
        environment = {**os.environ, **threads, "PYTHONPATH": "src"}
        command = [str(python), "-W", "ignore", "-c", MEASURE, package, str(rows)]
        done = subprocess.run(command, cwd=copied, env=environment, capture_output=True, text=True, check=True)  # noqa: S603 - what the bench is for
    line = next(line for line in done.stdout.splitlines() if line.startswith("RESULT "))
    found: dict[str, dict[str, float]] = json.loads(line.removeprefix("RESULT "))
    return found


if __name__ == "__main__":
    sys.exit(main())
