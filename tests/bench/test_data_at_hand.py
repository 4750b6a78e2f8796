"""Which notebooks cannot run with the file that lies beside them, by their text."""

from __future__ import annotations

import importlib
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from nb2prod.notebook import Notebook
from nb2prod.program import parse

if TYPE_CHECKING:
    from types import ModuleType

BENCH = Path(__file__).parents[2] / "bench"


@pytest.fixture
def notebook(tmp_path: Path) -> Path:
    (tmp_path / "sales.csv").write_text("Month,#Passengers\n1949-01,112\n", encoding="utf-8")
    (tmp_path / "marked.csv").write_bytes(b"\xef\xbb\xbfMonth,Sum\n")
    return tmp_path / "work.ipynb"


def module() -> ModuleType:
    """Give the programs' module, which is in no package."""
    if str(BENCH) not in sys.path:
        sys.path.append(str(BENCH))
    return importlib.import_module("data_at_hand")


def lacking(code: str, notebook: Path) -> tuple[str, ...]:
    program = parse(Notebook.from_prompts(f"# In [1]:\nimport pandas as pd\n{code}\n"))
    return tuple(module().other_columns(program, notebook))


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


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("plt.savefig('/content/out/a.png')", ["a.png"]),
        ("df.to_csv('/content/out/a.csv')\npd.read_csv('/content/out/a.csv')", ["a.csv", "a.csv"]),
        ("plt.savefig('a.png')", []),
        ("plt.savefig('/tmp/a.png')", []),
        ("pd.read_csv('/content/sales.csv')", ["sales.csv"]),
        ("pd.read_csv('/content/absent.csv')", []),
    ],
)
def test_paths_of_another_machine_are_mended(code: str, expected: list[str], notebook: Path) -> None:
    program = parse(Notebook.from_prompts(f"# In [1]:\nimport pandas as pd\n{code}\n"))
    assert [each.path for each in module().look(program, notebook, notebook.parent).mends] == expected
