"""Random notebooks in the style of real ones: steps of preprocessing put together at random, then a model.

Each is a case for tests/parity.py whose prediction must be the notebook's own, or refused. An idiom is a template:
`{f}` is the frame's name, `{a}` and `{b}` are columns of numbers, `{k}` and `{l}` of text, `{n}` a new column of
numbers, `{v}` the name of a value, `{c}` of a loop's variable, `{i}` a small number, `{stat}` a statistic.
"""

from __future__ import annotations

import random
from dataclasses import dataclass, field

from tests import parity

NUMBERS = ("age", "income", "visits", "score")
TEXTS = ("city", "sex", "size")
STATISTICS = ("mean()", "median()", "min()", "max()", "std()", "quantile(0.3)")

ORDINARY = (
    # missing values
    '{f}["{a}"] = {f}["{a}"].fillna({f}["{a}"].{stat})',
    '{f}["{a}"] = {f}["{a}"].fillna({i})',
    '{v} = {f}["{a}"].{stat}\n{f}["{a}"] = {f}["{a}"].fillna({v})',
    '{f}.fillna({{"{a}": {f}["{a}"].median(), "{b}": 0}}, inplace=True)',
    '{f}["{k}"] = {f}["{k}"].fillna({f}["{k}"].mode()[0])',
    'for {c} in ["{a}", "{b}"]:\n    {f}[{c}] = {f}[{c}].fillna({f}[{c}].median())',
    'for {c} in {f}.select_dtypes(include="number").columns:\n    {f}[{c}] = {f}[{c}].fillna({f}[{c}].mean())',
    (
        'num = {f}.select_dtypes(include="number").columns.drop(["bought", "price"])\n'
        "{f}[num] = {f}[num].fillna({f}[num].median())"
    ),
    'if {f}["{a}"].isnull().sum() > 0:\n    {f}["{a}"] = {f}["{a}"].fillna({f}["{a}"].mean())',
    '{f}.loc[{f}["{a}"].isna(), "{a}"] = {f}["{a}"].median()',
    '{f} = {f}.dropna(subset=["age"])',
    '{f}.dropna(subset=["income"], inplace=True)',
    '{f} = {f}[{f}["age"].notna()]',
    "{f} = {f}.dropna()",
    # new columns of numbers
    '{f}["{n}"] = np.log1p({f}["{a}"].abs())',
    '{f}["{n}"] = {f}["{a}"] / ({f}["{b}"].abs() + 1)',
    '{f}["{n}"] = {f}[["{a}", "{b}"]].mean(axis=1)',
    '{f}["{a}"] = {f}["{a}"] * {i}',
    '{f}["{a}"] += {i}',
    '{f}["{a}"] = ({f}["{a}"] - {f}["{a}"].mean()) / {f}["{a}"].std()',
    '{f}["{a}"] = {f}["{a}"].clip({f}["{a}"].quantile(0.05), {f}["{a}"].quantile(0.95))',
    '{f}["{n}"] = np.where({f}["{a}"] > {f}["{a}"].median(), 1, 0)',
    '{f}["{n}"] = ({f}["{a}"] > {i}).astype(int)',
    '{v} = {i}\n{f}["{n}"] = {f}["{a}"].apply(lambda x: x if x > {v} else {v})',
    '{v} = {f}["{a}"].quantile(0.3)\n{f}["{n}"] = {f}["{a}"].apply(lambda x: min(x, {v}))',
    'def {v}_of(x):\n    if x > {i}:\n        return 1\n    return 0\n{f}["{n}"] = {f}["{a}"].apply({v}_of)',
    '{f}["{n}"] = {f}.apply(lambda r: r["{a}"] + 2 * r["{b}"], axis=1)',
    'def {n}_added(d):\n    d = d.copy()\n    d["{n}"] = d["{a}"] * 3 + 1\n    return d\n{f} = {n}_added({f})',
    '{f} = {f}.assign({n}={f}["{a}"] ** 2)',
    '{f}.loc[{f}["{a}"] > {f}["{a}"].quantile(0.8), "{a}"] = {f}["{a}"].quantile(0.8)',
    '{f}.loc[{f}["{a}"] > {i}, "{n}"] = 1\n{f}["{n}"] = {f}["{n}"].fillna(0)',
    '{f}["{n}"] = [x * 2 for x in {f}["{a}"]]',
    '{f}["{n}"] = pd.cut({f}["{a}"], {i} + 1, labels=False)',
    '{f}["{n}"] = pd.cut({f}["{a}"], bins=[-1e9, 2, 8, 1e9], labels=[0, 1, 2]).astype(float)',
    '{f}["{n}"] = pd.qcut({f}["{a}"], {i} + 1, labels=False, duplicates="drop")',
    # text and dates
    '{f}["{n}"] = {f}["note"].str.len()',
    '{f}["{n}"] = {f}["note"].str.contains("good").astype(int)',
    '{f}["{n}"] = pd.to_datetime({f}["joined"]).dt.month',
    '{f}["{n}"] = (pd.to_datetime({f}["joined"]) - pd.to_datetime({f}["joined"]).min()).dt.days',
    '{f}["{n}"] = {f}["{k}"].str.lower().str[0].map({{"m": 0, "f": 1, "s": 2}})',
    # categories
    '{f}["{n}"] = {f}["{k}"].map({f}["{k}"].value_counts(normalize=True))',
    '{f}["{n}"] = {f}["{k}"].astype("category").cat.codes',
    '{f}["{n}"] = LabelEncoder().fit_transform({f}["{k}"].astype(str))',
    'le = LabelEncoder()\n{f}["{n}"] = le.fit_transform({f}["{k}"].astype(str))',
    '{f}["{n}"] = {f}.groupby("{k}")["{a}"].transform("mean")',
    'table = {f}.groupby("{k}")["{a}"].mean()\n{f}["{n}"] = {f}["{k}"].map(table)',
    '{f}["{n}"] = {f}["size"].map({{"small": 0, "medium": 1, "large": 2}})',
    '{f}["{n}"] = ({f}["{k}"] == {f}["{k}"].mode()[0]) * 1',
    # scaling and models as steps
    'sc = StandardScaler()\n{f}[["{a}", "{b}"]] = sc.fit_transform({f}[["{a}", "{b}"]])',
    '{f}["{a}"] = MinMaxScaler().fit_transform({f}[["{a}"]])',
    'imp = SimpleImputer(strategy="median")\n{f}[["{a}", "{b}"]] = imp.fit_transform({f}[["{a}", "{b}"]])',
    (
        'km = KMeans(2, n_init=1, random_state=0).fit({f}[["{a}"]].fillna(0))\n'
        '{f}["{n}"] = km.predict({f}[["{a}"]].fillna(0))'
    ),
    # rows left out or reordered
    '{f} = {f}[~({f}["{a}"] > {f}["{a}"].quantile(0.97))]',
    '{f}.drop({f}[{f}["{a}"] > {f}["{a}"].quantile(0.98)].index, inplace=True)',
    '{f} = {f}[{f}["price"] < {f}["price"].quantile(0.99)]',
    "{f} = {f}.drop_duplicates()",
    "{f} = {f}.sample(frac=1, random_state=1)",
    '{f} = {f}.sort_values("score")',
    "{f} = {f}.reset_index(drop=True)",
    # looked at, and not needed
    "{f}.head()",
    'print({f}["{a}"].mean(), {f}.shape)',
    "{f}.isnull().sum()",
    'tmp = {f}["price"] * 2\nprint(tmp.mean())',
    '{f}["share{i}"] = {f}["price"] / {f}["price"].max()',
)

DEVIOUS = (
    'held = {f}["{a}"]\n{f}["{n}"] = held * 2 - held.mean()',
    'before = {f}.copy()\n{f}["{a}"] = {f}["{a}"] - 1\n{f}["{n}"] = before["{a}"] - {f}["{a}"].median()',
    '{v} = {f}["{a}"].{stat}\n{v} = {v} * 2 + {f}["{b}"].mean()\n{f}["{n}"] = {f}["{b}"] - {v}',
    '{v} = {f}["{a}"].mean()\n{f}["{a}"] = {f}["{a}"] * 3\n{f}["{n}"] = {f}["{a}"] - {v}',
    'low, high = {f}["{a}"].quantile(0.1), {f}["{a}"].quantile(0.9)\n{f}["{a}"] = {f}["{a}"].clip(low, high)',
    (
        "{v} = {i}\ndef fn_{n}(z):\n    return z + {v} if z > {v} else 0\n"
        '{f}["{n}"] = {f}["{a}"].apply(fn_{n})\n{v} = {v} + 1\n{f}["{n}"] = {f}["{n}"] + {f}["{a}"].apply(fn_{n})'
    ),
    'cols = ["{a}", "{b}"]\ncols.append("visits")\n{f}["{n}"] = {f}[cols].sum(axis=1)',
    'stats = {{"{a}": {f}["{a}"].mean(), "{b}": {f}["{b}"].median()}}\n{f} = {f}.fillna(stats)\nstats["{a}"] = 0',
    'sc = StandardScaler().fit({f}[["{a}"]])\n{f}["{n}"] = sc.transform({f}[["{a}"]]).ravel()\nsc.fit({f}[["{b}"]])',
    'kept = {f}["{a}"] * 2\n{f} = {f}.drop(columns="{a}")\n{f}["{a}"] = kept',
    '{f}["{a}"] = {f}["{a}"] * (2 if {f}["{b}"].mean() > 5 else 3)',
    (
        'agg = {f}.groupby("{k}")["{a}"].mean()\n{f} = {f}[{f}["{a}"] > {f}["{a}"].min()]\n'
        '{f}["{n}"] = {f}["{k}"].map(agg) - agg.mean()'
    ),
    'values = {f}["{a}"].to_numpy()\n{f}["{n}"] = values - np.nanmean(values)',
    '{f}["{a}"], {f}["{b}"] = {f}["{b}"], {f}["{a}"]',
    '{f}["{n}"] = {f}["{a}"].rank()',
    '{f}["{n}"] = {f}["{a}"].shift(1).fillna(0)',
    '{f}["{n}"] = {f}["{a}"].cumsum()',
    '{f}["{n}"] = range(len({f}))',
    '{f}["{n}"] = {f}.index % 7',
    '{f}["{n}"] = np.sort({f}["{a}"])',
    '{f}["{n}"] = ({f}["{a}"] - {f}["{a}"].iloc[0])',
    '{f}["{n}"] = {f}["{k}"].map(lambda t: len(t) if isinstance(t, str) else 0)',
    'A = {f}[["{a}", "{b}"]].to_numpy(dtype=float)\nA[A > {i}] = {i}\n{f}["{n}"] = A[:, 0]',
    'A = {f}[["{a}", "{b}"]].to_numpy(dtype=float)\nB = A[:, 0]\nB[B > {i}] = {i}\n{f}["{n}"] = A.sum(axis=1)',
    'same = {f}\nsame["{a}"] = same["{a}"] * 2 + same["{a}"].min()',
    'seen = []\n{f}["{n}"] = {f}["{a}"].apply(lambda z: seen.append(z) or len(seen))',
    'other = pd.read_csv("people.csv")\n{f}["{n}"] = {f}["{a}"] - other["visits"].mean()',
    (
        'by = {f}.groupby("{k}")["{a}"].agg(["mean", "max"]).reset_index()\n'
        'by.columns = ["{k}", "{n}", "{n}m"]\n{f} = {f}.merge(by, on="{k}", how="left")'
    ),
)

AFTER_SPLIT = (
    "",
    "X_train = X_train.fillna(X_train.median())\nX_test = X_test.fillna(X_train.median())",
    "m = X_train.mean()\nX_train = X_train - m\nX_test = X_test - m",
    "imp = SimpleImputer()\nX_train = imp.fit_transform(X_train)\nX_test = imp.transform(X_test)",
    "sc = StandardScaler()\nX_train, X_test = sc.fit_transform(X_train), sc.transform(X_test)",
    "sc = MinMaxScaler()\nX_train = sc.fit_transform(X_train)\nX_test = sc.fit_transform(X_test)",
    'X_train["extra"] = X_train.iloc[:, 0] * 2\nX_test["extra"] = X_test.iloc[:, 0] * 2',
    (
        "X_train = X_train.fillna(0)\nX_test = X_test.fillna(0)\npca = PCA(2, random_state=0)\n"
        "X_train = pca.fit_transform(X_train)\nX_test = pca.transform(X_test)"
    ),
)

ENDINGS = (
    "model = DecisionTreeClassifier(random_state=0)\nmodel.fit(X_train, y_train)\ny_pred = model.predict(X_test)",
    (
        "model = make_pipeline(SimpleImputer(), StandardScaler(), LogisticRegression())\nmodel.fit(X_train, y_train)\n"
        "y_pred = model.predict(X_test)"
    ),
    (
        "first = DecisionTreeClassifier(max_depth=1).fit(X_train, y_train)\nprint(first.score(X_test, y_test))\n"
        "model = RandomForestClassifier(5, random_state=0).fit(X_train, y_train)\ny_pred = model.predict(X_test)"
    ),
    (
        "model = DecisionTreeRegressor(random_state=0)\nmodel.fit(X_train, np.log1p(y_train))\n"
        "y_pred = model.predict(X_test)\ny_pred = np.expm1(y_pred)"
    ),
)

IMPORTS = """\
from sklearn.cluster import KMeans
from sklearn.decomposition import PCA
from sklearn.ensemble import RandomForestClassifier
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import LabelEncoder, MinMaxScaler, StandardScaler
from sklearn.tree import DecisionTreeRegressor
"""


@dataclass(slots=True)
class _Draft:
    """A notebook being written: the frame's name and the columns it has."""

    draw: random.Random
    frame: str = "df"
    numbers: list[str] = field(default_factory=lambda: list(NUMBERS))
    texts: list[str] = field(default_factory=lambda: list(TEXTS))
    made: int = 0

    def step(self, template: str) -> str:
        """A template filled in."""
        (a, b), (k, other) = self.draw.sample(self.numbers, 2), self.draw.sample(self.texts * 2, 2)
        new = f"x{self.made}"
        if "{n}" in template:
            self.made += 1
            self.numbers.append(new)
        value, loop = self.draw.choice(["m", "value", "mean", "limit"]), self.draw.choice(["c", "col"])
        small, statistic = self.draw.randint(2, 9), self.draw.choice(STATISTICS)
        return template.format(f=self.frame, a=a, b=b, k=k, l=other, n=new, v=value, c=loop, i=small, stat=statistic)

    def reshaped(self) -> str:
        """A step that changes which frame and columns there are."""
        kind = self.draw.choice(["copy", "rename", "drop", "dummies", "concat"])
        made = [name for name in self.numbers if name.startswith("x")]
        if kind == "copy":
            old, self.frame = self.frame, self.draw.choice(["data", "df2", "train_df"])
            return f"{self.frame} = {old}.copy()"
        if kind == "rename" and made:
            old, new = self.draw.choice(made), f"x{self.made}n"
            self.made += 1
            self.numbers[self.numbers.index(old)] = new
            return f'{self.frame} = {self.frame}.rename(columns={{"{old}": "{new}"}})'
        if kind == "drop" and made:
            old = self.draw.choice(made)
            self.numbers.remove(old)
            way = self.draw.choice(
                ['{f} = {f}.drop(columns="{o}")', '{f}.drop("{o}", axis=1, inplace=True)', 'del {f}["{o}"]']
            )
            return way.format(f=self.frame, o=old)
        if kind == "dummies" and len(self.texts) > 1:
            old = self.texts.pop(self.draw.randrange(len(self.texts)))
            first = self.draw.choice([True, False])
            return f'{self.frame} = pd.get_dummies({self.frame}, columns=["{old}"], drop_first={first}, dtype=int)'
        name, prefix = self.draw.choice(self.texts), f"p{self.made}"
        self.made += 1
        return (
            f'parts = pd.get_dummies({self.frame}["{name}"], prefix="{prefix}", dtype=int)\n'
            f"{self.frame} = pd.concat([{self.frame}, parts], axis=1)"
        )


def notebook(seed: int) -> parity.Case:
    """The notebook of this number."""
    draw = random.Random(seed)  # noqa: S311 - no secret
    draft = _Draft(draw)
    share = draw.choice([0, 0.1, 0.5])
    cells = ['df = pd.read_csv("people.csv")\n' + IMPORTS]
    for _ in range(draw.randint(3, 12)):
        if draw.random() < 0.15:
            cells.append(draft.reshaped())
        else:
            cells.append(draft.step(draw.choice(DEVIOUS if draw.random() < share else ORDINARY)))
    ending = draw.choice(ENDINGS)
    target = "price" if "Regressor" in ending else "bought"
    cells += [_inputs(draft), f'y = {draft.frame}["{target}"]']
    cells.append("X_train, X_test, y_train, y_test = train_test_split(X, y, test_size=0.3, random_state=0)")
    cells += [draw.choice(AFTER_SPLIT), ending]
    joined = [cells[0]]
    for cell in filter(None, cells[1:]):
        if draw.random() < 0.5:
            joined[-1] += "\n" + cell
        else:
            joined.append(cell)
    code = "\n# %%\n".join([*joined, "# final: y_pred\n"])
    return parity.Case(f"random notebook {seed}", "either", code, (("people.csv", people(seed)),))


def _inputs(draft: _Draft) -> str:
    """The model's input: some columns, or all but some."""
    chosen = draft.draw.sample(draft.numbers, min(len(draft.numbers), draft.draw.randint(3, 7)))
    rest = ["bought", "price", "id", "note", "joined", "member", *draft.texts]
    ways = [
        f"X = {draft.frame}[{chosen!r}]",
        f"X = {draft.frame}[{chosen!r}].copy()",
        f"features = {chosen!r}\nX = {draft.frame}[features]",
        f"X = {draft.frame}.drop(columns={rest!r})",
        f"X = {draft.frame}.drop({rest!r}, axis=1)",
        f'X = {draft.frame}.select_dtypes(include="number").drop(columns=["bought", "price"])',
    ]
    return draft.draw.choice(ways)


def people(seed: int) -> bytes:
    """The table that it reads: columns of the same names and kinds, values and missing ones differ."""
    draw = random.Random(-seed)  # noqa: S311 - no secret
    count = draw.choice([40, 90, 140])
    lacking = {name: draw.choice([0, 0, 0.05, 0.2]) for name in (*NUMBERS, *TEXTS, "note")}
    cities = draw.sample(["Bonn", "Ulm", "Jena", "Kiel", "Köln", "Bad Urach", "Aix, Nord"], draw.randint(2, 6))
    whole = {name: draw.random() < 0.5 for name in NUMBERS}
    dates = draw.choice(["{y}-{m:02}-{d:02}", "{d:02}.{m:02}.{y}", "{m}/{d}/{y}", "{y}-{m:02}-{d:02} 10:30:00"])
    names = ["id", *NUMBERS[:2], "city", "sex", "member", "size", "joined", "visits", "score", "note", "price"]
    lines = [",".join([*names, "bought"])]
    for number in range(count):
        late = number / count
        drawn = (draw.gauss(30 + 25 * late, 9), draw.lognormvariate(7 + late, 0.6), draw.gauss(6 * late, 4), late * 3)
        values: dict[str, object] = {
            name: int(value) if whole[name] else round(value + draw.random(), 3)
            for name, value in zip(NUMBERS, drawn, strict=True)
        }
        values |= {"city": f'"{draw.choice(cities)}"', "sex": draw.choice(["male", "female"])}
        values |= {"size": draw.choice(["small", "medium", "large"]), "member": draw.choice(["True", "False"])}
        values |= {"note": " ".join(draw.choices(["good", "bad", "late", "kind"], k=draw.randint(1, 4)))}
        day = dates.format(y=draw.randint(2015, 2023), m=draw.randint(1, 12), d=draw.randint(1, 28))
        price = 20 + drawn[0] + drawn[2] * 4 + abs(draw.gauss(0, 8))
        values = {name: "" if draw.random() < lacking.get(name, 0) else value for name, value in values.items()}
        values |= {"id": 100 + number, "joined": day, "price": round(abs(price), 2)}
        lines.append(",".join([*(str(values[name]) for name in names), str(int(price + draw.gauss(0, 9) > 70))]))
    return ("\n".join(lines) + "\n").encode()
