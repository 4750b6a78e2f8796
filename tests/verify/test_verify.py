from __future__ import annotations

import json
from typing import TYPE_CHECKING

from nb2prod.verify import verify
from tests.verify import tiny

if TYPE_CHECKING:
    from pathlib import Path

ROWS = "a,b,y\n" + "".join(f"{i % 7},{i * 1.5},{i % 2}\n" for i in range(30))
CELLS = (
    "import pandas as pd\nimport numpy as np",
    "df = pd.read_csv('rows.csv')\ndf.head()",
    "df['c'] = df['a'] * 2\ndf['a'] = df['a'] + 1",
    "mean = df['b'].mean()\ndf['b'] = df['b'] - mean",
    "class Line:\n    def fit(self, X, y):\n        self.coef_ = np.linalg.lstsq(X, y, rcond=None)[0]\n        return self\n\n"
    "    def predict(self, X):\n        return X @ self.coef_",
    "X = df[['a', 'b', 'c']]\ny = df['y']\nmodel = Line()\nmodel.fit(X, y)\nfound = model.predict(X)",
)
# statements: 0 import pd, 1 import np, 2 read, 3 head, 4 c, 5 a, 6 mean, 7 b, 8 class, 9 X, 10 y, 11 model, 12 fit, 13 found


def test_the_notebooks_own_statements_are_equivalent(tmp_path: Path) -> None:
    made = tiny.project(tmp_path, CELLS, data={"rows.csv": ROWS})
    verdict = verify(made)
    assert verdict.status == "equivalent", verdict
    assert verdict.counts.models >= 1
    assert verdict.counts.equal >= 9
    assert not verdict.uncompared
    written = json.loads((made / "nb2prod.json").read_text())["verify"]
    assert written["status"] == "equivalent"
    assert written["counts"]["equal"] == verdict.counts.equal


def test_a_changed_constant_is_blamed_on_its_statement(tmp_path: Path) -> None:
    made = tiny.project(tmp_path, CELLS, data={"rows.csv": ROWS}, instead={4: "df['c'] = df['a'] * 3"})
    verdict = verify(made)
    assert verdict.status == "different"
    assert verdict.first is not None
    assert (verdict.first.statement, verdict.first.cell, verdict.first.line) == (4, 2, 1)
    assert verdict.first.path.startswith("['c']")


def test_a_dropped_statement_is_blamed(tmp_path: Path) -> None:
    made = tiny.project(tmp_path, CELLS, data={"rows.csv": ROWS}, instead={5: "pass"})
    verdict = verify(made)
    assert verdict.status == "different"
    assert verdict.first is not None
    assert (verdict.first.cell, verdict.first.line) == (2, 2)


def test_a_statement_left_out_of_train_is_a_suspect(tmp_path: Path) -> None:
    made = tiny.project(tmp_path, CELLS, data={"rows.csv": ROWS}, roles={5: "dropped"})
    verdict = verify(made)
    assert verdict.status == "different"
    assert verdict.first is not None
    assert verdict.first.statement == 7
    assert verdict.first.suspects == ("cell 2, line 2",)
