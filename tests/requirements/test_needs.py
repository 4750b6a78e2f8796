from __future__ import annotations

import pytest

from nb2prod.notebook import Notebook
from nb2prod.program import parse
from nb2prod.requirements import imports, needs


def needed(code: str) -> list[str]:
    program = parse(Notebook.from_prompts(f"# In [1]:\n{code}\n"))
    return [each.requirement for each in needs.find(program, imports.find(program))]


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("pd.read_excel('a.xlsx')", ["openpyxl"]),
        ("pd.read_excel(path)", ["openpyxl"]),
        ("pd.read_excel('a.xls')", ["xlrd"]),
        ("pd.read_excel('a.xlsb')", ["pyxlsb"]),
        ("pd.read_excel(path, engine='odf')", ["odfpy"]),
        ("df.to_excel('a.xlsx', engine='xlsxwriter')", ["xlsxwriter"]),
        ("pd.read_parquet('a')", ["pyarrow"]),
        ("df.to_parquet('a', engine='fastparquet')", ["fastparquet"]),
        ("df.to_hdf('a', 'b')", ["tables"]),
        ("pd.read_html('a')", ["lxml"]),
        ("pd.read_csv('s3://a/b.csv')", ["s3fs"]),
        ("pd.read_csv(f'gs://{bucket}/b.csv')", ["gcsfs"]),
        ("pd.read_csv('a.csv')", []),
        ("df.corr(method='kendall')", ["scipy"]),
        ("df.corr()", []),
        ("df.style.background_gradient()", ["jinja2"]),
        ("df.plot(kind='bar')", ["matplotlib"]),
        ("import matplotlib.pyplot as plt\ndf.plot(kind='bar')", []),
        ("df.plot(backend='plotly')", ["plotly"]),
        ("import sqlalchemy\nsqlalchemy.create_engine('postgresql://x')", ["psycopg2-binary"]),
        ("import sqlalchemy\nsqlalchemy.create_engine('mysql+pymysql://x')", ["pymysql"]),
        ("import sqlalchemy\nsqlalchemy.create_engine('sqlite://x')", []),
        ("from bs4 import BeautifulSoup\nBeautifulSoup(page, 'lxml')", ["lxml"]),
        ("from bs4 import BeautifulSoup\nBeautifulSoup(page, 'html.parser')", []),
        ("import xgboost as xgb\nxgb.XGBClassifier()", ["scikit-learn"]),
        ("import seaborn as sns", ["matplotlib"]),
        ("import dask.dataframe as dd", ["dask[dataframe]"]),
        ("import plotly.express as px", ["nbformat"]),
        ("import plotly.express as px, dash", []),
        ("from plotly.graph_objs import FigureWidget", ["nbformat", "ipywidgets"]),
        ("import plotly.graph_objects as go\ngo.FigureWidget()", ["nbformat", "ipywidgets"]),
        ("import cufflinks as cf", ["ipywidgets"]),
        ("import keras", ["tensorflow"]),
        ("import keras, torch", []),
        ("from IPython.html.widgets import interact", ["ipywidgets"]),
        ("from IPython.html import widgets", ["ipywidgets"]),
        ("from IPython.display import display", []),
        ("import altair as alt\nalt.renderers.enable('notebook')", ["vega"]),
        ("import altair as alt\nalt.renderers.enable('html')", []),
    ],
)
def test_hidden_needs(code: str, expected: list[str]) -> None:
    assert needed(f"import pandas as pd\n{code}") == expected


def test_a_call_of_the_same_name_without_the_library_needs_nothing() -> None:
    assert needed("import mine\nmine.read_excel('a.xlsx')") == []
