"""Random notebooks in the style of real ones: steps of preprocessing put together at random, then a model.

Each is a case for tests/parity.py whose prediction must be the notebook's own, or refused. What the steps are is in
random_idioms.py; here is how they are put together: one table, a pair of tables, arrays, pipelines, words, clusters.
"""

from __future__ import annotations

import random
import re
from dataclasses import dataclass, field

from tests import parity
from tests.random_endings import (
    AFTER_ARRAYS,
    AFTER_SPLIT,
    ARRAYS,
    CLASSIFIERS,
    CLEANED,
    CLUSTERS,
    PIPED,
    PIPELINES,
    REGRESSORS,
    SUBMITTED,
    WORDS,
)
from tests.random_idioms import DEVIOUS, ORDINARY, STATISTICS
from tests.random_tables import NUMBERS, OTHERS, TEXTS, people

IMPORTS = """\
import warnings
from scipy.sparse import hstack
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.cluster import KMeans
from sklearn.compose import ColumnTransformer
from sklearn.decomposition import PCA, TruncatedSVD
from sklearn.ensemble import RandomForestClassifier, RandomForestRegressor, StackingClassifier, VotingClassifier
from sklearn.feature_extraction.text import CountVectorizer, TfidfVectorizer
from sklearn.feature_selection import SelectKBest, VarianceThreshold, f_classif
from sklearn.impute import KNNImputer, SimpleImputer
from sklearn.linear_model import LinearRegression, LogisticRegression, Ridge
from sklearn.metrics import accuracy_score
from sklearn.model_selection import GridSearchCV, cross_val_score
from sklearn.naive_bayes import GaussianNB
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import (
    KBinsDiscretizer, LabelEncoder, MinMaxScaler, OneHotEncoder, OrdinalEncoder, PolynomialFeatures, PowerTransformer,
    RobustScaler, StandardScaler,
)
from sklearn.tree import DecisionTreeRegressor
"""

_LEARNS = re.compile(
    r"mean\(|median|mode\(|quantile|std\(|min\(|max\(|value_counts|groupby|fit|unique|factorize|codes|qcut|Categorical"
    r"|cut\(\S+ [^\[b]|len\(|shape|to_datetime\(|DatetimeIndex"
)


@dataclass(slots=True)
class _Draft:
    """A notebook being written: the frame's name and the columns it has."""

    draw: random.Random
    frame: str = "df"
    numbers: list[str] = field(default_factory=lambda: list(NUMBERS))
    texts: list[str] = field(default_factory=lambda: list(TEXTS))
    made: int = 0

    def steps(self, few: int, many: int, without: tuple[str, ...] = ()) -> list[str]:
        """Some statements; none with a text of `without` in it."""
        share = self.draw.choice([0, 0, 0.1, 0.4])
        cells = []
        for _ in range(self.draw.randint(few, many)):
            if not without and self.draw.random() < 0.12:
                cells.append(self.reshaped())
                continue
            template = self.draw.choice(DEVIOUS if self.draw.random() < share else ORDINARY)
            if not any(text in template for text in without):
                cells.append(self.step(template))
        return cells

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
            return f"{self.frame} = {old}.copy()" if self.frame != old else f"{old}.head()"
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

    def inputs(self, name: str = "X", frame: str = "") -> str:
        """The model's input: some columns, or all but some."""
        f = frame or self.frame
        chosen = self.draw.sample(self.numbers, min(len(self.numbers), self.draw.randint(3, 7)))
        rest = ["bought", "price", *OTHERS, *self.texts]
        ways = [
            f"{name} = {f}[{chosen!r}]",
            f"{name} = {f}[{chosen!r}].copy()",
            f"features = {chosen!r}\n{name} = {f}[features]",
            f"{name} = {f}.drop(columns={rest!r})",
            f"{name} = {f}.drop({rest!r}, axis=1)",
            f'{name} = {f}.select_dtypes(include="number").drop(columns=["bought", "price"])',
            f"features = [c for c in {f}.columns if c not in {rest!r}]\n{name} = {f}[features]",
        ]
        return self.draw.choice(ways)


def notebook(seed: int | random.Random) -> parity.Case:
    """The notebook of this number, or as this source of chance decides."""
    draw = random.Random(seed) if isinstance(seed, int) else seed  # noqa: S311 - no secret
    number = seed if isinstance(seed, int) else draw.randrange(10**6)
    style = draw.choices([_single, _pair, _array, _piped, _words, _clusters], [10, 4, 2, 2, 1, 1])[0]
    cells, files = style(_Draft(draw))
    joined = [cells[0]]
    for cell in filter(None, cells[1:]):
        if draw.random() < 0.5:
            joined[-1] += "\n" + cell
        else:
            joined.append(cell)
    code = "\n# %%\n".join([*joined, "# final: y_pred\n"])
    parts = {"people.csv": 0, "train.csv": 0, "test.csv": 1}
    data = tuple((name, people(number, part=parts[name], labelled=name != "test.csv")) for name in files)
    body = "\n".join(cells[1:-1])
    both = "test.csv" in files and not re.search(r"concat\(|fit_transform\(X_test", body)
    learns = _LEARNS.search(body.partition("features = ")[0])
    other = people(number, part=2, labelled=False) if both and not learns else b""
    return parity.Case(f"random notebook {seed}", "either", code, data, other)


_Cells = tuple[list[str], list[str]]
_SPLIT = "X_train, X_test, y_train, y_test = train_test_split(X, y, test_size=0.3, random_state=0)"


def _single(draft: _Draft) -> _Cells:
    """One table, cut into two at random."""
    cells = ['df = pd.read_csv("people.csv")\n' + IMPORTS, *draft.steps(3, 12)]
    ending = draft.draw.choice(CLASSIFIERS if draft.draw.random() < 0.7 else REGRESSORS)
    target = "bought" if ending in CLASSIFIERS else "price"
    cells += [draft.inputs(), f'y = {draft.frame}["{target}"]', _SPLIT]
    return [*cells, draft.draw.choice(AFTER_SPLIT), ending], ["people.csv"]


def _pair(draft: _Draft) -> _Cells:
    """A table with and one without the target: both in one, both in a loop, or one after the other."""
    draw = draft.draw
    reading = 'train = pd.read_csv("train.csv")\ntest = pd.read_csv("test.csv")\n' + IMPORTS
    middle = draw.choice([_in_one, _flagged, _in_a_loop, _in_loops, _twice])(draft)
    ending = draw.choice([one for one in (*CLASSIFIERS, *REGRESSORS) if "y_test" not in one])
    target = "bought" if ending in CLASSIFIERS else "price"
    after = draw.choice([one for one in AFTER_SPLIT if "y_test" not in one])
    flat = "reshape(-1, 1))" not in ending.rsplit("y_pred", 1)[-1]
    submitted = draw.choice(SUBMITTED) if flat else ""
    return [reading, *middle, f'y_train = train["{target}"]', after, ending + submitted], ["train.csv", "test.csv"]


# what changes which rows there are, or reads what only one of both tables has
_NOT_FOR_BOTH = (
    *("price", "bought", "isin(", " = {f}[", "{f}.drop", "dropna", "query", "people.csv", "merge", "index"),
    *("sample(", "sort_values"),
)


def _in_one(draft: _Draft) -> list[str]:
    draw = draft.draw
    draft.frame = draw.choice(["full", "all_data", "df"])
    both = 'train.drop(columns=["price", "bought"]), test'
    ways = ["{f} = pd.concat([{b}]).reset_index(drop=True)", "{f} = pd.concat(({b}), axis=0, ignore_index=True)"]
    cuts = [
        "X_train = X[:len(train)]\nX_test = X[len(train):]",
        "X_train, X_test = X.iloc[:train.shape[0]], X.iloc[train.shape[0]:]",
    ]
    steps = draft.steps(2, 8, _NOT_FOR_BOTH)
    inputs = re.sub(r"""["'](bought|price)["'](, )?""", "", draft.inputs()).replace(".drop(columns=[])", "")
    return [draw.choice(ways).format(f=draft.frame, b=both), *steps, inputs, draw.choice(cuts)]


def _flagged(draft: _Draft) -> list[str]:
    draft.frame = f = draft.draw.choice(["full", "df"])
    both = f'{f} = pd.concat([train.drop(columns=["price", "bought"]), test])'
    steps = draft.steps(2, 8, _NOT_FOR_BOTH)
    chosen = draft.draw.sample(draft.numbers, 3)
    cut = f'X_train = {f}[{f}["part"] == 1][features]\nX_test = {f}[{f}["part"] == 0][features]'
    return [f'train["part"] = 1\ntest["part"] = 0\n{both}', *steps, f"features = {chosen!r}", cut]


def _in_a_loop(draft: _Draft) -> list[str]:
    draft.frame = draft.draw.choice(["d", "dataset"])
    body = _indented("\n".join(draft.steps(2, 7, (*_NOT_FOR_BOTH, "{f} = "))))
    return [f"for {draft.frame} in [train, test]:\n{body}", _of_both(draft)]


def _in_loops(draft: _Draft) -> list[str]:
    draft.frame = draft.draw.choice(["d", "dataset"])
    steps = draft.steps(2, 7, (*_NOT_FOR_BOTH, "{f} = "))
    loops = [f"for {draft.frame} in combine:\n{_indented(step)}" for step in steps]
    return ["combine = [train, test]", *loops, _of_both(draft)]


def _twice(draft: _Draft) -> list[str]:
    draft.frame = "train"
    steps = draft.steps(2, 7, (*_NOT_FOR_BOTH, "class ", "def "))
    again = [re.sub(r"\btrain(?=\[|\.| =)", "test", step) for step in steps]
    return [*(f"{one}\n{other}" for one, other in zip(steps, again, strict=True)), _of_both(draft)]


def _of_both(draft: _Draft) -> str:
    chosen = draft.draw.sample(draft.numbers, 3)
    return f"features = {chosen!r}\nX_train = train[features]\nX_test = test[features].copy()"


def _indented(code: str) -> str:
    return "\n".join("    " + line for line in code.splitlines() if line.strip()) or "    pass"


def _array(draft: _Draft) -> _Cells:
    """Columns by their places, in arrays."""
    draw = draft.draw
    places = draw.choice(["[:, [1, 2, 8, 9]]", "[:, [1, 8]]", "[:, 8:10]"])
    beginning = ['dataset = pd.read_csv("people.csv")\n' + IMPORTS]
    after = draw.choice(AFTER_ARRAYS)

    ways = [way.format(places=places) for way in draw.choice(ARRAYS)]
    if "tocsr" in ways[-1]:
        after = ""
    ending = draw.choice([one for one in CLASSIFIERS if "y_train.map" not in one and "fillna" not in one])
    return [*beginning, *ways, _SPLIT, after, ending], ["people.csv"]


def _piped(draft: _Draft) -> _Cells:
    """A pipeline fed with raw columns."""
    draw = draft.draw
    steps = draft.steps(0, 4, ("dropna(subset=['city", "get_dummies"))
    made = draw.choice(PIPELINES).format(numbers=draw.sample(draft.numbers, 2), texts=draw.sample(draft.texts, 2))
    chosen = f"X = {draft.frame}.drop(columns=['bought', 'price', 'joined', 'seen', 'note', 'fee', 'mixed', 'member'])"
    fitted = draw.choice(PIPED)
    beginning = 'df = pd.read_csv("people.csv")\n' + IMPORTS
    return [beginning, *steps, chosen, f"y = {draft.frame}['bought']", made, _SPLIT, fitted], ["people.csv"]


def _words(draft: _Draft) -> _Cells:
    """A column of text."""
    cleaned = draft.draw.choice(CLEANED).format(f="df")
    missing = draft.draw.choice(["df['note'] = df['note'].fillna('')", "df = df.dropna(subset=['note'])"])
    beginning = 'df = pd.read_csv("people.csv")\n' + IMPORTS
    chosen = "X = df['note']\ny = df['bought']"
    return [beginning, missing, cleaned, chosen, _SPLIT, draft.draw.choice(WORDS)], ["people.csv"]


def _clusters(draft: _Draft) -> _Cells:
    """No target: rows are put into groups."""
    steps = draft.steps(1, 5)
    chosen = draft.draw.sample(draft.numbers, 3)
    cells = ['df = pd.read_csv("people.csv")\n' + IMPORTS, *steps, f"X = {draft.frame}[{chosen!r}].fillna(0)"]
    scaled = draft.draw.choice(
        ["", "sc = StandardScaler()\nX = sc.fit_transform(X)", "X = (X - X.mean()) / X.std()\nX = X.fillna(0)"]
    )
    ending = draft.draw.choice(CLUSTERS)
    return [*cells, scaled, ending], ["people.csv"]
