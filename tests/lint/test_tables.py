"""Tables in saved outputs, as pandas writes them today."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pandas as pd
import pytest

from nb2prod.lint import tables
from nb2prod.lint.rule import Context
from nb2prod.lint.rules.edited_after_run import RULE
from nb2prod.notebook import read
from nb2prod.outputs import outputs
from nb2prod.program import parse

if TYPE_CHECKING:
    from pathlib import Path

    from nb2prod.outputs import Output

FRAME = pd.DataFrame({"a b": range(90), "<c>": "x", "d": 1.5})


def _shown(value: pd.DataFrame | pd.Series[Any]) -> dict[str, Any]:
    data = {"text/plain": repr(value)}
    if isinstance(value, pd.DataFrame):
        data["text/html"] = value._repr_html_()  # type: ignore[operator]
    return {"output_type": "execute_result", "data": data}


def _output(value: pd.DataFrame | pd.Series[Any]) -> Output:
    (found,) = outputs([_shown(value)])
    return found


def _found(folder: Path, *cells: tuple[str, object]) -> list[tuple[int, str]]:
    document = {
        "nbformat": 4,
        "metadata": {},
        "cells": [
            {"cell_type": "code", "source": source, "execution_count": count, "outputs": [shown] if shown else []}
            for count, (source, shown) in enumerate(
                [("import pandas as pd\nf = pd.read_csv('f.csv')", None), *cells], 1
            )
        ],
    }
    path = folder / "a.ipynb"
    path.write_text(json.dumps(document), encoding="utf-8")
    return [(found.where.cell, found.message) for found in RULE.check(Context(parse(read(path))))]


def test_what_is_read_from_a_table() -> None:
    assert tables.columns(_output(FRAME.head())) == ["a b", "<c>", "d"]
    assert tables.rows(_output(FRAME.head())) == 5
    assert tables.rows(_output(FRAME)) is None
    assert tables.total_rows(_output(FRAME).text) == 90
    assert tables.column_name(_output(FRAME["a b"])) == "a b"
    assert tables.total_rows(_output(FRAME["a b"]).text) == 90
    assert tables.column_name(_output(FRAME["d"].rename(None))) is None
    assert tables.columns(_output(FRAME.T)) is None  # some are left out
    assert tables.columns(_output(FRAME.groupby("<c>").agg({"d": ["min", "max"]}))) is None
    assert tables.columns(_output(FRAME["d"])) is None
    assert tables.total_rows("(90, 3)") == 90
    assert tables.total_rows(_output(FRAME.describe()).text) == 90
    assert tables.total_rows("3") is None


@pytest.mark.parametrize(
    ("source", "shown", "message"),
    [
        ("f[['d', 'a b']]", FRAME[["a b", "d"]], "chooses `['d', 'a b']`, but its saved output shows the columns `['a"),
        ("f[['d']].head()", FRAME[["a b", "d"]].head(), "chooses `['d']`"),
        ("f['d']", FRAME["a b"], "chooses 'd', but its saved output shows the column 'a b'"),
        ("f['d'].tail()", FRAME["a b"].tail(), "chooses 'd'"),
        ("f.head(3)", FRAME.head(), "asks for 3, but its saved output shows 5 rows"),
        ("f.head()", FRAME.head(8), "asks for 5, but its saved output shows 8 rows"),
        ("f.sample(n := 3)", FRAME.head(), None),
        ("f.sample(3)", FRAME.head(), "asks for 3"),
        ("f.head(10)", FRAME.head(), None),  # the table may have no more
        ("f.head(3)", FRAME.head(3), None),
        ("f.head(-3)", FRAME.head(), None),
        ("f[['a b', 'd']]", FRAME[["a b", "d"]], None),
        ("f.loc[['max']]", FRAME[["a b", "d"]], None),
        ("f[f.columns]", FRAME[["a b", "d"]], None),
        ("f['d'].value_counts()", FRAME["d"].value_counts(), None),
        ("f['d'] * 2", FRAME["a b"] * 2, None),
    ],
)
def test_a_table_that_contradicts_its_source(tmp_path: Path, source: str, shown: Any, message: str | None) -> None:  # noqa: ANN401 - a table or a column
    found = _found(tmp_path, (source, _shown(shown)))
    assert [cell for cell, _ in found] == ([1] if message else [])
    assert all(message in text for _, text in found if message)


def test_another_cell_shows_how_many_rows_there_are(tmp_path: Path) -> None:
    ten = ("f.head(10)", _shown(FRAME.head()))
    size = {"output_type": "execute_result", "data": {"text/plain": "(90, 3)"}}
    assert [cell for cell, _ in _found(tmp_path, ten, ("f.shape", size))] == [1]
    assert [cell for cell, _ in _found(tmp_path, ten, ("f", _shown(FRAME)))] == [1]
    assert _found(tmp_path, ten, ("g = f.dropna()", None), ("g.shape", size)) == []
    assert _found(tmp_path, ten, ("f = f.dropna()", None), ("f.shape", size)) == []
