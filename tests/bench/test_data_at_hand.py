"""Which notebooks cannot run with the file that lies beside them, by their text."""

from __future__ import annotations

import importlib
import sys
from pathlib import Path

import pytest

from nb2prod.notebook import Notebook
from nb2prod.program import parse

BENCH = Path(__file__).parents[2] / "bench"


@pytest.fixture
def notebook(tmp_path: Path) -> Path:
    (tmp_path / "sales.csv").write_text("Month,#Passengers\n1949-01,112\n", encoding="utf-8")
    (tmp_path / "marked.csv").write_bytes(b"\xef\xbb\xbfMonth,Sum\n")
    return tmp_path / "work.ipynb"


def lacking(code: str, notebook: Path) -> tuple[str, ...]:
    """Ask the programs' module, which is in no package."""
    if str(BENCH) not in sys.path:
        sys.path.append(str(BENCH))
    data_at_hand = importlib.import_module("data_at_hand")
    program = parse(Notebook.from_prompts(f"# In [1]:\nimport pandas as pd\n{code}\n"))
    return tuple(data_at_hand.other_columns(program, notebook))


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("df = pd.read_csv('sales.csv')\ndf['Passengers']", ("Passengers",)),
        ("df = pd.read_csv('sales.csv', encoding='utf-8')\ndf['Passengers'] + df['Passengers']", ("Passengers",)),
        ("df = pd.read_csv('sales.csv')\ndf['b'] + df['a'] + df['b']", ("b", "a")),
        ("df = pd.read_csv('sales.csv')\ndf['Month']", ()),
        ("df = pd.read_csv('marked.csv')\ndf['Month']", ()),
    ],
)
def test_columns_that_the_file_has_not(code: str, expected: tuple[str, ...], notebook: Path) -> None:
    assert lacking(code, notebook) == expected


@pytest.mark.parametrize(
    "code",
    [
        "df = pd.read_csv('sales.csv')\ndf['Passengers'] = 1\ndf['Passengers']",
        "df = pd.read_csv('sales.csv')\ndf = df.assign(Passengers=1)\ndf['Passengers']",
        "df = pd.read_csv('sales.csv')\ndf.columns = ['Month', name]\ndf['Passengers']",
        "df = pd.read_csv('sales.csv')\ndf.rename(columns=names, inplace=True)\ndf['Passengers']",
        "df = pd.read_csv('sales.csv', names=names)\ndf['Passengers']",
        "df = pd.read_csv('sales.csv', sep=';')\ndf['Passengers']",
        "df = pd.read_csv('sales.csv')\nmake(df, 'Passengers')\ndf['Passengers']",
        "df = pd.read_csv('absent.csv')\ndf['Passengers']",
        "df = pd.read_csv(path)\ndf['Passengers']",
        "df = pd.read_csv('sales.csv')\nother['Passengers']",
    ],
)
def test_nothing_is_said_where_something_may_make_the_column(code: str, notebook: Path) -> None:
    assert lacking(code, notebook) == ()
