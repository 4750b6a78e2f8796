"""What kind of value each expression gives, with respect to the raw rows."""

from __future__ import annotations

import ast

import pytest

from nb2prod.dataflow import analyse
from nb2prod.notebook import Notebook
from nb2prod.program import parse
from nb2prod.rows.interpreter import Provenance, provenance
from nb2prod.rows.kinds import Fixed, Learned, Parts, Rows, Value
from nb2prod.rows.special import Lost

START = """\
# In [1]:
import numpy as np
import pandas as pd
import random
import seaborn as sns
from sklearn.linear_model import LinearRegression
from sklearn.model_selection import train_test_split
from sklearn.preprocessing import LabelEncoder, StandardScaler
df = pd.read_csv("table.csv")
other = pd.read_csv("other.csv")
"""
HEADERS = {"table.csv": ("a", "b", "t"), "other.csv": ("a", "k")}


def followed(code: str) -> Provenance:
    """The values of a notebook that has read two tables."""
    program = parse(Notebook.from_prompts(START + "# In [2]:\n" + code))
    reads = {
        node: HEADERS[node.args[0].value]
        for statement in program.statements
        for node in ast.walk(statement.node)
        if isinstance(node, ast.Call) and node.args and isinstance(node.args[0], ast.Constant)
        if isinstance(node.args[0].value, str) and node.args[0].value in HEADERS
    }
    return provenance(analyse(program), reads)


def told(value: Value | None) -> str:
    """The kind of a value: `rows a b` (the raw columns it depends on), `rows a, cut`, `learned`, `fixed`, `unknown`."""
    match value:
        case Rows(depends=depends, cuts=cuts):
            names = " ".join(sorted(depends.named)) + ("*" if depends.all_but is not None else "")
            return f"rows {names}".strip() + (", cut" if cuts else "")
        case Parts(elements=elements):
            return " | ".join(told(element) for element in elements)
        case None:
            return "unbound"
        case _:
            return type(value).__name__.lower()


def last(code: str, name: str = "x") -> str:
    """The kind of what a name holds in the end."""
    rows = followed(code)
    return told(rows.after[max(rows.after)].get(name))


@pytest.mark.parametrize(
    ("expression", "kind"),
    [
        ("1 + 2", "fixed"),
        ("np.pi", "fixed"),
        ("LinearRegression()", "fixed"),
        ("lambda v: v", "fixed"),
        ("df", "rows a b t"),
        ("df['a']", "rows a"),
        ("df.a", "rows a"),
        ("df[['a', 'b']]", "rows a b"),
        ("df.drop(columns=['t'])", "rows a b"),
        ("df.drop('t', axis=1)", "rows a b"),
        ("df.iloc[:, :2]", "rows a b"),
        ("df.iloc[:, -1]", "rows t"),
        ("sns.load_dataset('iris').iloc[:, -1]", "rows species"),
        ("sns.load_dataset('exercise')", "rows *"),
        ("sns.load_dataset('iris', nrows=10)", "unknown"),
        ("df.loc[:, 'a':'b']", "rows a b"),
        ("df['a'] * df['b'] + 1", "rows a b"),
        ("np.log1p(df['a'])", "rows a"),
        ("np.where(df['a'] > 1, df['b'], 0)", "rows a b"),
        ("df['a'].fillna(df['a'].mean())", "rows a"),
        ("df['a'].map({1: 2})", "rows a"),
        ("df['a'].apply(lambda v: v + 1)", "rows a"),
        ("df.apply(lambda r: r['a'] + r['b'], axis=1)", "rows a b"),
        ("df['a'].str.len()", "rows a"),
        ("df['a'].str.split(' ').str[0]", "rows a"),
        ("df['a'].values", "rows a"),
        ("df[['a', 'b']].values[:, 1:]", "rows a b"),
        ("np.column_stack([df['a'], df['b']])", "rows a b"),
        ("[v * 2 for v in df['a']]", "rows a"),
        ("df[df['a'] > 1]", "rows a b t, cut"),
        ("df.dropna()", "rows a b t, cut"),
        ("df.sample(frac=1)", "rows a b t, cut"),
        ("df.sort_values('a')", "rows a b t, cut"),
        ("df[['a']][:10]", "rows a, cut"),
        ("train_test_split(df['a'], df['t'])", "rows a, cut | rows a, cut | rows t, cut | rows t, cut"),
        ("df['a'].mean()", "learned"),
        ("df['a'].mode()[0]", "learned"),
        ("df['a'].value_counts()", "learned"),
        ("df.groupby('a')['b'].mean()", "learned"),
        ("df['a'].iloc[0]", "learned"),
        ("df.columns", "learned"),
        ("len(df)", "learned"),
        ("np.mean(df['a'])", "learned"),
        ("df['a'].max() - df['b'].min()", "learned"),
        ("[c for c in df.columns if df[c].isna().any()]", "learned"),
        ("LinearRegression().fit(df[['a']], df['t'])", "learned"),
        ("LinearRegression().fit(df[['a']], df['t']).predict(df[['a']])", "rows a"),
        ("df['a'].cumsum()", "unknown"),
        ("df['a'].shift(1)", "unknown"),
        ("df['a'].rank()", "unknown"),
        ("df['a'].rolling(3).mean()", "unknown"),
        ("df.groupby('a').cumcount()", "unknown"),
        ("df.groupby('a')['b'].transform(lambda s: s - s.mean())", "unknown"),
        ("df['a'].apply(lambda v: v + random.random())", "unknown"),
        ("df['a'].apply(lambda v: (df['a'] < v).mean())", "unknown"),
        ("df['a'] + other['a']", "unknown"),
        ("df['a'] + df['b'].sort_values()", "unknown"),
        ("df['a'] + df[df['b'] > 1]['a']", "unknown"),
        ("df['a'].isin(other['a'])", "unknown"),
        ("df.reset_index()", "unknown"),
        ("df.frobnicate()", "unknown"),
        ("frobnicate(df)", "unknown"),
        ("pd.concat([df, df])", "unknown"),
    ],
)
def test_kind(expression: str, kind: str) -> None:
    assert last(f"x = {expression}\n") == kind


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        ("x = df\ndf['c'] = df['a']\nx = x['c']", "rows a"),  # an alias
        ("x = df.copy()\ndf['a'] = df['b']\nx = x['a']", "rows a"),  # no alias
        ("df['a'] = df['b']\nx = df['a']", "rows b"),
        ("df['a'] = df['a'] * df['b']\ndf['b'] = 1\nx = df[['a', 'b']]", "rows a b"),
        ("df['b'] = 1\nx = df['b']", "rows"),
        ("df.rename(columns={'a': 'z'}, inplace=True)\nx = df['z']", "rows a"),
        ("df = df.rename(columns={'a': 'b', 'b': 'a'})\nx = df['a']", "rows b"),
        ("df.columns = ['x', 'y', 'z']\nx = df['y']", "rows b"),
        ("df.drop('t', axis=1, inplace=True)\nx = df", "rows a b"),
        ("df.loc[df['b'] > 1, 'a'] = 0\nx = df['a']", "rows a b"),
        ("df.loc[3, 'a'] = 0\nx = df['a']", "unknown"),
        ("le = LabelEncoder()\nx = le.fit_transform(df['a'])", "rows a"),
        ("le = LabelEncoder()\nx = le.transform(df['a'])", "unknown"),  # not fitted
        ("sc = StandardScaler().fit(df[['a']])\nx = sc.transform(df[['b']])", "rows b"),
        ("x, y = df['a'], df['b']\nx, y = y, x", "rows b"),
        ("for c in ['a', 'b']:\n    x = df[c]", "rows b"),
        ("for c in df.columns:\n    df[c] = df[c].fillna(0)\nx = df['a']", "rows a"),
        ("x = 0\nfor v in df['a']:\n    x = x + v", "unknown"),
        ("if df['a'].mean() > 1:\n    x = df['a']\nelse:\n    x = df['b']", "rows a b"),
        ("def f(d):\n    d = d.copy()\n    d['c'] = d['a'] + d['b']\n    return d['c']\nx = f(df)", "rows a b"),
        ("def f(d):\n    d['a'] = d['b']\nf(df)\nx = df['a']", "rows b"),
        ("def f(v):\n    return v - m\nm = 3\nx = df['a'].apply(f)", "rows a"),
        ("seen = []\ndef f(v):\n    seen.append(v)\n    return len(seen)\nx = df['a'].apply(f)", "unknown"),
        ("codes = {}\nx = df['a'].map(lambda v: codes.setdefault(v, len(codes)))", "unknown"),
        ("def f(v, seen=[]):\n    seen.append(v)\n    return len(seen)\nx = df['a'].apply(f)", "unknown"),
    ],
)
def test_kind_after_statements(code: str, kind: str) -> None:
    assert last(code + "\n") == kind


@pytest.mark.parametrize(
    "code", ["df['a'].cumsum()", "range(len(df))", "np.random.rand(len(df))", "df.groupby('a')['b'].mean()"]
)
def test_a_column_that_cannot_be_told_is_lost_alone(code: str) -> None:
    rows = followed(f"df['n'] = {code}\nx = df['b']\n")
    assert told(rows.after[max(rows.after)]["x"]) == "rows b"
    assert [ast.unparse(node) for node, special in rows.specials.items() if isinstance(special, Lost)] == ["df['n']"]


def test_what_cannot_be_told_inside_of_a_function_is_the_whole_table() -> None:
    assert last("def f(d):\n    d['n'] = d['a'].cumsum()\n    return d\nx = f(df)\n") == "unknown"


def test_rows_of_two_halves_are_told_apart() -> None:
    code = "x, y = train_test_split(df['a'])\nz = x + y\n"
    assert last(code, "x") == last(code, "y") == "rows a, cut"
    assert last(code, "z") == "unknown"


def test_each_fit_is_a_value_of_its_own() -> None:
    rows = followed("sc = StandardScaler()\nsc.fit(df[['a']])\none = sc.fit(df[['b']])\n")
    names = [rows.after[i].get("sc") for i in sorted(rows.after)][-3:]
    assert [told(value) for value in names] == ["fixed", "learned", "learned"]
    assert names[1] is not names[2]
    assert isinstance(names[2], Learned)
    assert isinstance(names[2].inputs, Rows)
    assert names[2].inputs.depends.named == {"b"}


def test_predictions_tell_model_and_input() -> None:
    code = "m = LinearRegression()\nm.fit(df[['a']], df['t'])\np = m.predict(df[['a']])\nm.fit(df[['b']], df['t'])\n"
    rows = followed(code)
    (prediction,) = rows.predictions
    assert rows.fits[0].value is prediction.model_value
    assert len(rows.fits) == 2
    assert prediction.top
    assert prediction.input_value.depends.named == {"a"}
    assert isinstance(prediction.model_value.target, Rows)
    assert prediction.model_value.target.depends.named == {"t"}


def test_a_prediction_inside_a_function_is_not_at_the_top() -> None:
    rows = followed(
        "m = LinearRegression().fit(df[['a']], df['t'])\ndef p(d):\n    return m.predict(d)\nx = p(df[['a']])\n"
    )
    assert [prediction.top for prediction in rows.predictions] == [False]


def test_constants_are_known() -> None:
    rows = followed("x = ['a'] + ['b']\n")
    value = rows.after[max(rows.after)]["x"]
    assert isinstance(value, Fixed)
    assert value.constant == ["a", "b"]
