"""What predict runs of a statement: learnt values are read, filters left out; and what training does before it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from tests import parity

if TYPE_CHECKING:
    from pathlib import Path


def features(code: str, folder: Path) -> str:
    """The body of the emitted functions, blank lines and docstrings left out."""
    made = parity.convert(parity.Case("replay", "ok", code), folder)
    assert made.conversion.predict.status == "ok", made.conversion.predict.refusal
    (module,) = (m for m in made.conversion.modules if m.name == "features.py")
    body = module.code[module.code.index("\ndef ") :]
    return re.sub(r'^ *""".*"""\n|^\s*\n', "", body, flags=re.MULTILINE)


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        (
            'df["age"] = df["age"].fillna(df["age"].mean())\nX = df[["age"]]\n',
            ['        learned.age_mean = df["age"].mean()\n    df["age"] = df["age"].fillna(learned.age_mean)\n'],
        ),
        (
            'm = df["age"].mean()\ndf["age"] = df["age"] - m\nX = df[["age"]]\n',
            ['df["age"] = df["age"] - learned.m\n'],
        ),
        (
            'df = df[df["visits"] < 9]\nX = df[["visits"]]\n',
            ['    if fit:\n        df = df[df["visits"] < 9]\n'],
        ),
        (
            'df = df.dropna(subset=["age", "city"])\nX = df[["age"]]\n',
            ["if fit:", 'df = df.dropna(subset=["age"])'],  # the city is not needed
        ),
        (
            "from sklearn.preprocessing import MinMaxScaler as M\nsc = M()\nX = sc.fit_transform(df[['visits']])\n",
            [".transform(df[["],
        ),
        (
            'X = pd.get_dummies(df[["size", "visits"]])\n',
            ["as_categories(", "learned.categories"],
        ),
        (
            'df["a"] = df.groupby("size")["visits"].transform("mean")\nX = df[["a"]]\n',
            ['groupby("size")["visits"].agg("mean")', 'looked_up(df["size"], learned.'],
        ),
        (
            'df["a"] = pd.qcut(df["score"], 4, labels=False)\nX = df[["a"]]\n',
            ["retbins=True", "pd.cut(df[", "include_lowest=True"],
        ),
        (
            'df["joined"] = pd.to_datetime(df["joined"])\ndf["m"] = df["joined"].dt.month\nX = df[["m"]]\n',
            ['date_format(df["joined"])', "format=learned.joined_format"],
        ),
        (
            'for c in ["age", "income"]:\n    df[c] = df[c].fillna(df[c].median())\nX = df[["age", "income"]]\n',
            ["learned.", "[c] = df[c].median()", "df[c] = df[c].fillna(learned."],
        ),
    ],
    ids=["reduction", "name", "filter", "guard", "transformer", "dummies", "groups", "bins", "dates", "loop"],
)
def test_the_text_of_a_step(code: str, expected: list[str], tmp_path: Path) -> None:
    text = features(code, tmp_path)
    for part in expected:
        assert part in text


def test_a_column_that_only_training_needs_is_empty_in_predict(tmp_path: Path) -> None:
    """It is there, so that positions and lists of names hold, and asks for no raw column."""
    code = 'df["z"] = df["price"] * 2\ndf["a"] = df["visits"] + 1\nX = df[["a"]]\n'
    assert '    if fit:\n        df["z"] = df["price"] * 2\n    else:\n        df["z"] = float("nan")\n' in features(
        code, tmp_path
    )


@pytest.mark.parametrize(
    ("code", "unneeded"),
    [
        ('X = df[["age", "visits"]]\n', {"id", "price", "city", "income"}),
        ('df["a"] = df["age"] / df["income"]\nX = df[["a"]]\n', {"id", "visits", "city"}),
        ('df1 = df.copy()\ndf1["age"] = df1["age"] * 2\nX = df1[["age"]]\n', {"id", "visits"}),
        ('df = df.rename(columns={"age": "years"})\nX = df[["years"]]\n', {"id", "visits"}),
        ('df["m"] = df["size"].map(df.groupby("size")["income"].mean())\nX = df[["m"]]\n', {"id", "income"}),
    ],
)
def test_needed_columns(code: str, unneeded: set[str], tmp_path: Path) -> None:
    made = parity.convert(parity.Case("needed", "ok", code), tmp_path)
    (train,) = (m.code for m in made.conversion.modules if m.name == "train.py")
    written = re.search(r"unneeded=\(?(.*?)\)?\n?\s*\)", train, re.DOTALL)
    assert written is not None
    told = set(re.findall(r'"(\w+)"', written[1]))
    assert unneeded <= told
    for name in re.findall(r'"(age|visits|size)"', code):
        assert name not in told
