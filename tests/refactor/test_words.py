"""Names, first lines and types of what features.py holds."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.refactor.running import tiny

if TYPE_CHECKING:
    from pathlib import Path

START = """
# In:
import pandas as pd
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import train_test_split
from sklearn.preprocessing import StandardScaler, LabelEncoder
table = pd.read_csv("table.csv")
table["a"] = table["a"].fillna(table["a"].mean())
X, y = table[["a", "b"]], table["y"]
X_train, X_test, y_train, y_test = train_test_split(X, y, random_state=0)
"""
END = """
model = LogisticRegression()
model.fit(X_train, y_train)
p = model.predict(X_test)
"""
ROWS = "a,b,y\n" + "".join(f"{i % 7 or ''},{i % 5},{i % 2}\n" for i in range(40))
SCALED = "s = StandardScaler()\nX_train = s.fit_transform(X_train)\nX_test = s.transform(X_test)"
STAGES = {
    "a scaler": (
        SCALED,
        "def scale(X_test: pd.DataFrame, learned: Learned)",
        '"""Scale the values (cell 0)."""',
    ),
    "a heading": (
        f"# In:\n# Markdown\n## Same size!\n# In:\n{SCALED}",
        "def same_size(X_test: pd.DataFrame, learned: Learned)",
        '"""Same size! (cell 2)."""',
    ),
    "a new column": (
        "X_train['c'] = X_train['a'] * 2\nX_test['c'] = X_test['a'] * 2",
        "def set_c(X_test: pd.DataFrame) -> pd.DataFrame:",
        '"""Set `c` (cell 0)."""',
    ),
    "fewer columns": (
        "X_train = X_train.drop(columns='b')\nX_test = X_test.drop(columns='b')",
        "def select(X_test: pd.DataFrame) -> pd.DataFrame:",
        '"""Choose the columns (cell 0)."""',
    ),
}


@pytest.mark.parametrize(("between", "signature", "line"), STAGES.values(), ids=STAGES.keys())
def test_stages(between: str, signature: str, line: str, tmp_path: Path) -> None:
    made = tiny(tmp_path, f"{START}{between}{END}", table_csv=ROWS)
    features = made.module("features.py")
    assert "def prepare(table: pd.DataFrame, learned: Learned, *, fit: bool) -> " in features
    assert '"""Clean and prepare the rows (cell 0)."""' in features
    assert "    a_mean: float | None = None  # cell 0" in features
    assert signature in features
    assert line in features
