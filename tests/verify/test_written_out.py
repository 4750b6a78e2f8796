"""verify asks a notebook in the frame of the function in which its final prediction is made."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from nb2prod import cli

if TYPE_CHECKING:
    from pathlib import Path

IMPORTS = "import pandas as pd\nfrom sklearn.linear_model import LinearRegression\nextra = 0"
FUNCTIONS = """\
def prepare(table):
    return table.fillna(table.mean())

def evaluate(model, held):
    answer = model.predict(held)
    print(answer[:3])

def main():
    data = pd.read_csv("rows.csv")
    X = prepare(data[["a", "b"]])
    fitted = LinearRegression().fit(X, data["y"])
    evaluate(fitted, X)
"""
CALL = 'if __name__ == "__main__":\n    main()'


def _proven(folder: Path, functions: str) -> tuple[int, dict[str, object], dict[str, object]]:
    (folder / "rows.csv").write_text("a,b,y\n" + "".join(f"{i % 7},{i * i % 11 or ''},{i}\n" for i in range(40)))
    cells = [
        {"cell_type": "code", "metadata": {}, "execution_count": n, "outputs": [], "source": source}
        for n, source in enumerate((IMPORTS, functions, CALL), 1)
    ]
    document = {"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 4}
    (folder / "study.ipynb").write_text(json.dumps(document))
    made = folder / "made"
    assert cli.run(["convert", str(folder / "study.ipynb"), "-o", str(made), "--no-lock"]) == 0
    before = json.loads((made / "nb2prod.json").read_text())
    code = cli.run(["verify", str(made)])
    return code, before["predict"], json.loads((made / "nb2prod.json").read_text())["verify"]


def test_a_notebook_that_is_all_in_main_is_proven(tmp_path: Path) -> None:
    code, predict, verdict = _proven(tmp_path, FUNCTIONS)
    assert (predict["status"], predict["inside"], predict["input"]) == ("ok", "main", "X")
    assert verdict["status"] == "equivalent"
    assert code == 0


def test_what_the_function_is_given_is_what_is_compared(tmp_path: Path) -> None:
    _proven(tmp_path, FUNCTIONS)
    features = next((tmp_path / "made" / "src").rglob("features.py"))
    changed = features.read_text().replace("table.mean()", "table.median()")
    assert changed != features.read_text()
    features.write_text(changed)
    assert cli.run(["verify", str(tmp_path / "made")]) == 1
    verdict = json.loads((tmp_path / "made" / "nb2prod.json").read_text())["verify"]
    assert verdict["status"] == "different"
