"""Predictions without a frame: emitted for a notebook whose features allow it, and given up where they do not."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest

from nb2prod.cli import run as nb2prod

if TYPE_CHECKING:
    from pathlib import Path

ROWS = 80
READ = "import pandas as pd\nfrom sklearn.linear_model import LogisticRegression\ndf = pd.read_csv('data.csv')"
CHOOSE = "X = df.drop('y', axis=1)\ny = df['y']"
SCALE = "from sklearn.preprocessing import StandardScaler\nsc = StandardScaler()\nX = sc.fit_transform(X)"
FIT = "model = LogisticRegression()\nmodel.fit(X, y)\nmodel.predict(X)"
NOTEBOOKS = {
    "columns": ([READ, "X = df[['a', 'b']]\ny = df['y']", FIT], ""),
    "scaled": ([READ, CHOOSE, SCALE, FIT], ""),
    "magic_number": ([READ, "df['a'] = df['a'].replace(999, 0)", CHOOSE, FIT], "the feature code "),
    "filled": ([READ, "df['a'] = df['a'].fillna(df['a'].mean())", CHOOSE, FIT], "the feature code "),
    "dropped": ([READ, "df = df.dropna()", CHOOSE, FIT], "the feature code "),
}
ASK = """
import importlib, json, sys
package = sys.argv[1]
models, predict, data = (importlib.import_module(f"{package}.{name}") for name in ("models", "predict", "data"))
arrays, contract, worker = (importlib.import_module(f"{package}.serving.{n}") for n in ("arrays", "contract", "worker"))
stored = models.load()
folder = models.Path("models") / stored.version
known = contract.Contract(stored.schema)
faster = arrays.ready(stored, known, folder)
told = models.manifest(folder)["arrays"]
same = None
if faster is not None:
    frame = data.load()
    rows = [known.rows(json.dumps({"row": row}).encode()) for row in json.loads(frame.to_json(orient="records"))]
    same = faster(rows) == worker.plain(predict.answers(known.frame(rows)))
print(json.dumps([told, same]))
"""


def trained(folder: Path, name: str) -> list[Any]:
    """Convert and train the notebook; gives what the manifest says of arrays, and whether they answer as frames do."""
    lines = [f"{n / 7:.3f},{(n * 37) % 11},{int(n % 5 > 1)}" for n in range(ROWS)]
    (folder / "data.csv").write_text("a,b,y\n" + "\n".join(lines) + "\n")
    cells = [
        {"cell_type": "code", "execution_count": number, "metadata": {}, "outputs": [], "source": source}
        for number, source in enumerate(NOTEBOOKS[name][0], 1)
    ]
    meta = {"language_info": {"name": "python", "version": "3.11"}}
    document = {"cells": cells, "metadata": meta, "nbformat": 4, "nbformat_minor": 4}
    (folder / f"{name}.ipynb").write_text(json.dumps(document))
    assert nb2prod(["convert", str(folder / f"{name}.ipynb"), "-o", str(folder / "out"), "--no-lock"]) == 0
    command(folder / "out", "-m", name, "train")
    found: list[Any] = json.loads(command(folder / "out", "-c", ASK, name))
    return found


def command(folder: Path, *line: str) -> str:
    environment = {**os.environ, "PYTHONPATH": "src"}
    done = subprocess.run(  # noqa: S603 - our own commands
        [sys.executable, *line], cwd=folder, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.parametrize("name", list(NOTEBOOKS))
def test_arrays_answer_as_frames_do_or_the_reason_is_told(tmp_path: Path, name: str) -> None:
    told, same = trained(tmp_path, name)
    reason = NOTEBOOKS[name][1]
    if reason:
        assert (told["status"], same) == ("refused", None)
        assert told["reason"].startswith(reason)
    else:
        assert (told, same) == ({"status": "ok", "rows": ROWS}, True)
