"""One statement at a time: reads, binds, changes in place, deletes, channels."""

from __future__ import annotations

import pytest

from nb2prod.names import Effects, context, effects
from nb2prod.notebook import Notebook
from nb2prod.program import parse

USUAL = "import numpy as np, pandas as pd, random, os, joblib, matplotlib.pyplot as plt, seaborn as sns\n"
SPLIT = "from sklearn.model_selection import train_test_split"


def last(text: str) -> Effects:
    """The effects of the last statement, the usual imports and those above it being known."""
    program = parse(Notebook.from_prompts(f"# In [1]:\n{USUAL}{text}"))
    facts = context(program)
    return [effects(statement, facts) for statement in program.statements][-1]


def names(found: object) -> str:
    assert isinstance(found, dict | frozenset | set)
    return " ".join(sorted(n for n in found if ":" not in n and n not in {"np", "pd", "plt", "sns", "os", "joblib"}))


@pytest.mark.parametrize(
    ("text", "reads", "binds", "certain", "mutates"),
    [
        ("x = y", "y", "x", "x", ""),
        ("x = x + 1", "x", "x", "x", ""),
        ("a, (b, *c) = d", "d", "a b c", "a b c", ""),
        ("a = b = c", "c", "a b", "a b", ""),
        ("x: int = y", "y", "x", "x", ""),
        ("x: int", "", "", "", ""),
        ("df['a'] = s", "df s", "", "", "df"),
        ("o.a.b = s", "o s", "", "", "o"),
        ("l += m", "l m", "l", "l", "l"),
        ("n = 0; n += 1", "n", "n", "n", ""),
        ("[x for x in xs if x > y]", "xs y", "", "", ""),
        ("[x for x in xs for z in x.f(w)]", "w xs", "", "", ""),
        ("[(last := x) for x in xs]", "xs", "last", "", ""),
        ("if (n := f(xs)): y = n", "f xs", "n y", "n", "f xs"),
        ("lambda a, b=c: a + d", "c", "", "", ""),
        ("df.apply(lambda r: r + k)", "df", "", "", ""),
        ("if c: x = 1\nelse: x = 2", "c", "x", "x", ""),
        ("if c: x = 1", "c", "x", "", ""),
        ("for i in xs: y = i", "xs", "i y", "", ""),
        ("while True:\n x = 1\n if x: break", "", "x", "x", ""),
        ("while c: x = 1\nelse: y = 1", "c", "x y", "y", ""),
        ("for i in xs:\n if i: break\nelse: y = 1", "xs", "i y", "", ""),
        ("try: x = f()\nexcept E as e: x = 1\nfinally: y = 2", "E f", "e x y", "x y", "f"),
        ("try: x = f()\nexcept E: pass", "E f", "x", "", "f"),
        ("try: x = f()\nexcept E: raise", "E f", "x", "x", "f"),
        ("with open(p) as h: t = h.read()", "p", "h t", "h t", "h"),
        ("with suppress(E): x = 1", "E suppress", "x", "", "E suppress"),
        ("match v:\n case [a, *r]: b = a\n case {'k': c, **m}: b = c\n case d: b = d", "v", "a b c d m r", "b", ""),
        ("match v:\n case 1: b = 1", "v", "b", "", ""),
        ("def f(a, b=c) -> T: return a + d", "T c", "f", "f", ""),
        ("@deco\ndef f(): pass", "deco", "f", "f", ""),
        ("class A(B):\n x = y\n z = x\n def m(self): return w", "B y", "A", "A", ""),
        ("import a.b, c as d\nfrom e import f as g", "", "g", "g", ""),
        ("import a.b, c as d", "", "a d", "a d", ""),
        ("del x, y[0]", "x y", "", "", "y"),
        ("global_name", "global_name", "", "", ""),
        ("print(len(x), display(x))", "x", "", "", ""),
        ("assert (x := y), (z := 1)", "y", "x z", "x", ""),
        ("f'{a!r:{w}}'", "a w", "", "", ""),
        ("for df in [train, test]: df['x'] = 1", "test train", "df", "", "df test train"),
    ],
)  # fmt: skip
def test_reads_binds_mutates(text: str, reads: str, binds: str, certain: str, mutates: str) -> None:
    found = last(text.replace("; ", "\n") if text.startswith("n = 0") else text)
    got = (names(found.reads), names(found.binds), names(found.certain), names(found.mutates))
    assert got == (reads, binds, certain, mutates)


@pytest.mark.parametrize(
    ("text", "mutates", "suspected"),
    [
        ("df.drop('a', axis=1, inplace=True)", "df", ""),
        ("df.drop('a', axis=1, inplace=False)", "", ""),
        ("df['a'].fillna(0, inplace=True)", "df", ""),
        ("df.head()", "", ""),
        ("df.describe().T", "", ""),
        ("xs.append(1)", "xs", ""),
        ("model.fit(X, y)", "model", ""),
        ("pred = model.fit(X, y).predict(X)", "model", ""),
        ("thing.frobnicate()", "thing", "thing"),
        ("y = thing.frobnicate()", "", ""),
        ("np.random.shuffle(order)", "order", ""),
        ("np.fill_diagonal(m, 0)", "m", ""),
        ("setattr(o, 'a', 1)", "o", ""),
        ("unknown(x)", "unknown x", "unknown x"),
        ("from mine import f\nf(x)", "x", "x"),
        ("from sklearn.metrics import f1_score\nf1_score(a, b)", "", ""),
        ("def f(d): d['x'] = 1\nf(df)", "df", ""),
        ("def f(d): return d['x']\nf(df)", "", ""),
        ("def g(e): e.pop()\ndef f(d): g(d)\nf(df)", "df", ""),
        ("def f(d):\n e = d\n e['x'] = 1\nf(d=df)", "df", ""),
        ("def f(a, b): b.append(1)\nf(x, y)", "y", ""),
        ("def f(*args): args[0].append(1)\nf(x, y)", "x y", ""),
        ("class A:\n def put(self, x): self.x = x\na.put(b)", "a", ""),
        ("it = iter(xs)\nlist(it)", "it", ""),
        ("sns.barplot(data=df, ax=axis)", "axis", ""),
    ],
)  # fmt: skip
def test_changes_in_place(text: str, mutates: str, suspected: str) -> None:
    found = last(text)
    assert (names(found.mutates), names(found.suspected)) == (mutates, suspected)


@pytest.mark.parametrize(
    ("text", "shares"),
    [
        ("b = a", "b~a"),
        ("b = a[0]", "b~a"),
        ("b = a.part", "b~a"),
        ("b = df['x']", "b~df"),
        ("b = df[['x', 'y']]", ""),
        ("b = df[df.x > 1]", ""),
        ("b = df[(df.x > 1) & ~df.y.isna()]", ""),
        ("cols = ['x']\nb = df[cols]", ""),
        ("b = df.loc[df.x > 1, 'y']", ""),
        ("b = df.drop('x', axis=1)", ""),
        ("b = a + 1", ""),
        ("b = np.log(a)", ""),
        ("b = a.values", "b~a"),
        ("b = np.asarray(a)", "b~a"),
        ("b = [a, c]", "b~a b~c"),
        ("b, c = a, d", "b~a c~d"),
        ("b = a if c else d", "b~a b~d"),
        ("b = [x for x in a]", "b~a"),
        ("b = [x + 1 for x in a]", ""),
        ("a.append(b)", "a~b"),
        ("a['k'] = b", "a~b"),
        ("n = 5\nb = n", ""),
        ("from sklearn.pipeline import Pipeline\np = Pipeline([('m', m)])", "p~m"),
        ("m2 = m.fit(X)", "m2~m"),
        ("def f(x): return x\nb = f(a)", "b~a"),
        ("def f(x): return x + 1\nb = f(a)", ""),
        ("for d in [a, b]: pass", "d~a d~b"),
    ],
)  # fmt: skip
def test_shares(text: str, shares: str) -> None:
    assert " ".join(f"{a}~{b}" for a, b in sorted(last(text).shares)) == shares


@pytest.mark.parametrize(
    ("text", "reads", "binds", "mutates"),
    [
        ("np.random.seed(0)", "", "rng:numpy", ""),
        ("x = np.random.rand(3)", "rng:numpy", "", "rng:numpy"),
        ("x = np.random.default_rng(0)", "", "", ""),
        ("x = random.random()", "rng:random", "", "rng:random"),
        ("s = df.sample(5)", "rng:numpy", "", "rng:numpy"),
        ("s = df.sample(5, random_state=1)", "", "", ""),
        ("s = df.sample(5, random_state=None)", "rng:numpy", "", "rng:numpy"),
        (f"{SPLIT}\na, b = train_test_split(x)", "rng:numpy", "", "rng:numpy"),
        (f"{SPLIT}\na, b = train_test_split(x, random_state=0)", "", "", ""),
        (f"{SPLIT}\na, b = train_test_split(x, shuffle=False)", "", "", ""),
        ("m = RandomForestClassifier()\nm.fit(X)", "rng:numpy", "", "rng:numpy"),
        ("m = RandomForestClassifier(random_state=0)\nm.fit(X)", "", "", ""),
        ("m = LinearRegression()\nm.fit(X)", "", "", ""),
        ("p = Pipeline([('s', StandardScaler()), ('m', KMeans())])\np.fit(X)", "rng:numpy", "", "rng:numpy"),
        ("m = RandomForestClassifier()\nm = LinearRegression()\nm.fit(X)", "", "", ""),
        ("df = pd.read_csv('a/b.csv')", "file:a/b.csv os:cwd", "", ""),
        ("P = 'b.csv'\ndf = pd.read_csv('./a/' + P)", "file:a/b.csv os:cwd", "", ""),
        ("df = pd.read_csv(path)", "file:* os:cwd", "", ""),
        ("p = 'a'\np = p + '.csv'\np = p + p\ndf = pd.read_csv(p)", "file:* os:cwd", "", ""),
        ("df.to_csv('b.csv')", "os:cwd", "file:b.csv", ""),
        ("df.to_csv()", "", "", ""),
        ("joblib.dump(m, 'm.pkl')", "os:cwd", "file:m.pkl", ""),
        ("h = open('t.txt', 'w')", "os:cwd", "file:t.txt", ""),
        ("h = open('t.txt', 'w')\nh.write('x')", "", "", ""),
        ("os.chdir('x')", "os:cwd", "os:cwd", ""),
        ("os.environ['A'] = '1'", "os:environ", "", "os:environ"),
        ("pd.set_option('display.max_rows', 5)", "options:pandas", "", "options:pandas"),
        ("pd.options.display.max_rows = 5", "options:pandas", "", "options:pandas"),
        ("plt.plot(x)", "figure:pyplot options:matplotlib", "", "figure:pyplot"),
        ("plt.figure()", "options:matplotlib", "figure:pyplot", ""),
        ("sns.barplot(data=df)", "figure:pyplot options:matplotlib rng:numpy", "", "figure:pyplot rng:numpy"),
        ("df.x.hist()", "figure:pyplot options:matplotlib", "", "figure:pyplot"),
        ("get_ipython().run_line_magic('cd', 'x')", "", "os:cwd", ""),
        ("get_ipython().system('ls')", "file:* os:cwd", "", ""),
        ("get_ipython().system('wget x')", "file:* os:cwd", "", "file:*"),
        ("get_ipython().system('pip install x')", "os:cwd", "", ""),
    ],
)  # fmt: skip
def test_channels(text: str, reads: str, binds: str, mutates: str) -> None:
    found = last(text)
    got = tuple(" ".join(sorted(n for n in part if ":" in n)) for part in (found.reads, found.binds, found.mutates))
    assert got == (reads, binds, mutates)


def test_magics_bind_names() -> None:
    assert names(last("%store -r old new").binds) == "new old"
    assert names(last("%run other.ipynb").binds) == "*"
    assert names(last("files = !ls").binds) == "files"
    assert names(last("from somewhere import *").binds) == "*"
    assert "sqrt" in last("from math import *").certain


def test_text_that_is_run_may_do_anything() -> None:
    found = last("exec(code)")
    assert "*" in found.binds
    assert "*" in found.reads


@pytest.mark.parametrize(
    ("text", "reads", "binds"),
    [
        ("def f(a, *b, c=1, **d):\n e = a\n return b, c, d, e, g", "g", ""),
        ("def f():\n global n\n n = 1", "", "n"),
        ("def f():\n x = 1\n def g():\n  nonlocal x\n  x = y\n return g", "y", ""),
        ("def f(): return [x for x in xs]", "xs", ""),
        ("def f():\n import os.path as p\n return p.join(q)", "q", ""),
        ("f = lambda x: x + k", "k", ""),
        ("class f:\n def m(self): return self.n + k\n def o(self): return j", "j k", ""),
        ("def f(): return f(x)", "f x", ""),
    ],
)  # fmt: skip
def test_functions(text: str, reads: str, binds: str) -> None:
    function = last(text).functions["f"]
    assert (names(function.reads), names(function.binds)) == (reads, binds)


def test_what_functions_change_and_return() -> None:
    function = last("def f(a, b, c):\n a['x'] = 1\n d = [b]\n return d").functions["f"]
    assert function.changes == {"a"}
    assert function.returns == {"b"}


def test_places_count_characters() -> None:
    where = last("é = 'é' + ü").reads["ü"]
    assert (where.line, where.column) == (2, 11)
