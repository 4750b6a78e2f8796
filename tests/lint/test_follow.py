"""What values come from: rows, sides of splits, events; and what the leakage rules say of them."""

import pytest

from nb2prod.lint.fix import Replace
from nb2prod.lint.follow import follow
from nb2prod.lint.learning import Learning
from nb2prod.lint.rule import Context, Finding, Rule, discover
from nb2prod.notebook import Notebook
from nb2prod.program import parse

RULES = {rule.name: rule for rule, _ in discover() if rule.code.startswith("ML")}

START = """
# In [1]:
import numpy as np
import pandas as pd
from sklearn.cluster import KMeans
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LinearRegression
from sklearn.model_selection import GridSearchCV, cross_val_score, train_test_split
from sklearn.preprocessing import LabelEncoder, OneHotEncoder, StandardScaler

df = pd.read_csv("a.csv")
# In [2]:
"""
SPLIT = 'X_train, X_test, y_train, y_test = train_test_split(df[["a", "b"]], df["y"])\n'
TRAIN = "model = LinearRegression().fit(X_train, y_train)\n"


def _learning(text: str) -> Learning:
    return follow(parse(Notebook.from_prompts(START + text)))


def _into_model(text: str) -> set[str]:
    """The names of the statistics, encodings, copies and neighbours that the last model's rows carry."""
    learning = _learning(text)
    _, fit = learning.models[-1]
    names = {learning.events[mark].name for mark in fit.data.all_marks()}
    return names - {"setting"}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('df["a"] = df["a"].fillna(df["a"].mean())', {"mean"}),
        ('df["a"].fillna(df["a"].mean(), inplace=True)', {"mean"}),
        ("df.a = df.a.fillna(df.a.median())", {"median"}),
        ('df.loc[df["a"].isna(), "a"] = df["a"].median()', {"median"}),
        ('df.loc[df["a"].isna(), "other"] = df["a"].median()', set()),
        ('df["other"] = df["a"].fillna(df["a"].mean())', set()),
        ('df["a"] = df["a"].fillna(df["a"].mean())\ndf["a"] = 0', set()),
        ('df.insert(0, "a", df["b"] / df["b"].std())', {"std"}),
        ('df.insert(0, "other", df["b"] / df["b"].std())', set()),
        ('df["a"] = df["a"] - df["a"].min()', set()),
        ('df["a"] = df["a"] / df["a"].max()', {"max"}),
        ('df["a"] = df["a"] - df["a"].mean()', {"mean"}),
        ('df["a"] = np.where(df["a"] > 9, df["a"].mean(), df["a"])', {"mean"}),
        ('df["a"] = df[["a", "b"]].mean(axis=1)', set()),
        ('df["a"] = df["b"].map(df["b"].value_counts())', {"value_counts"}),
        ('df["a"] = df.groupby("b")["a"].transform("mean")', {"group statistic"}),
        ('df = df.merge(df.groupby("b").agg("mean"), on="b")', {"group statistics"}),
        ('df["a"] = pd.qcut(df["a"], 4)', {"qcut"}),
        ('df["a"] = pd.cut(df["a"], 4)', {"cut"}),
        ('df["a"] = pd.cut(df["a"], [0, 1, 2])', set()),
        ('df["a"] = df["a"].rolling(3).mean()', {"rolling"}),
        ('df["a"] = df["a"].astype("category").cat.codes', {"category codes"}),
        ('df = df[df["a"] < df["a"].quantile(0.9)]', set()),
        ('df = df.drop(df[df["a"] > df["a"].quantile(0.9)].index)', set()),
        ('print(df["a"].mean())', set()),
        ('def fill(x):\n    return x.fillna(x.mean())\ndf["a"] = fill(df["a"])', {"mean"}),
        ('def fill(x):\n    x["a"] = x["a"].fillna(x["a"].mean())\nfill(df)', {"mean"}),
        ('for c in ["a", "b"]:\n    df[c] = df[c].fillna(df[c].mean())', {"mean"}),
        ('for c in ["other"]:\n    df[c] = df[c].fillna(df[c].mean())', set()),
        ('for t in [df]:\n    t["a"] = t["a"].fillna(t["a"].mean())', {"mean"}),
        ('same = df\nsame["a"] = same["a"] / same["a"].std()', {"std"}),
        ('copy = df.copy()\ncopy["a"] = copy["a"] / copy["a"].std()', set()),
        ('if len(df):\n    df["a"] = df["a"] / df["a"].std()\nelse:\n    df["a"] = 0', {"std"}),
        ('with open("f") as f:\n    df["a"] = df["a"] / df["a"].std()', {"std"}),
        ('df["a"] = StandardScaler().fit_transform(df[["a"]])', {"StandardScaler"}),
        ('df["cluster"] = KMeans(3).fit(df).labels_\ndf["a"] = df["cluster"]', {"KMeans"}),
        ("np.append(df, df.mean())", set()),
        ('df["other"] = df["a"] / df["a"].std()\ndf = df.loc[:, ["a", "b"]]', set()),
        ('df["a"] = df["a"] / df["a"].std()\ndf = df.loc[:, ["a", "b"]]', {"std"}),
        ('df["a"] = df["a"] / df["a"].std()\ndf = df.iloc[:90, :]', {"std"}),
        ("if (half := df / df.std()) is not None:\n    df = half", {"std"}),
        ('df["a"] = KMeans(3).fit(df).cluster_centers_.T[0]', {"KMeans"}),
        ("def f(x, y):\n    return y\ndf = f(y=df, x=df / df.std())", set()),
        ("def f(x, y):\n    return y\ndf = f(x=df, y=df / df.std())", {"std"}),
        ("def f(x):\n    if len(x):\n        return x, x / x.std()\n    return x, x\n_, df = f(df)", {"std"}),
        ("def f(x):\n    if len(x):\n        return x, x / x.std()\n    return x, x\ndf, _ = f(df)", set()),
        ('held = {}\nheld["scaler"] = StandardScaler().fit(df)\ndf = held["scaler"].transform(df)', {"StandardScaler"}),
        ("steps = [StandardScaler()]\nfor s in steps:\n    df = s.fit_transform(df)", {"StandardScaler"}),
        ("df = pd.DataFrame(StandardScaler().fit_transform(df), columns=df.columns)", {"StandardScaler"}),
        ('try:\n    df["a"] = df["a"] / df["a"].std()\nexcept KeyError:\n    pass', {"std"}),
        ('try:\n    pass\nexcept KeyError:\n    df["a"] = df["a"] / df["a"].std()', {"std"}),
        ("if len(df):\n    df = df / df.std()\nelse:\n    df = df / df.mean()", {"std", "mean"}),
        ("if len(df):\n    half = df / df.std()\nelse:\n    pass\ndf = half", {"std"}),
        ('for i, c in enumerate(["a"]):\n    df[c] = df[c] / df[c].std()', {"std"}),
        ('for i, c in enumerate(["other"]):\n    df[c] = df[c] / df[c].std()', set()),
        ('for c, d in zip(["other"], ["a"]):\n    df[c] = df[c] / df[c].std()', set()),
        ('for c, d in zip(["other"], ["a"]):\n    df[d] = df[d] / df[d].std()', {"std"}),
        ("df = df.apply(lambda c: c / c.max())", {"apply(lambda …)"}),
        ("df = df.apply(lambda row: row / row.max(), axis=1)", set()),
        ('df["a"] = df["a"].apply(lambda x: np.log(x))', set()),
        ('df["a"] = pd.get_dummies(df["a"])', {"get_dummies"}),
        ("df = df.append(df)", {"concat"}),
        ("df = pd.concat([df, df], axis=1)", set()),
        ("from sklearn.preprocessing import scale\ndf = scale(df)", {"scale"}),
        (
            "def f(x, fit=True):\n    fit = False\n    if fit:\n        x = x / x.std()\n    return x\ndf = f(df)",
            {"std"},
        ),
        ("def f(x, fit=True):\n    if not fit:\n        return x / x.std()\n    return x\ndf = f(df)", set()),
        ('def f(x, how="no"):\n    if how == "yes":\n        x = x / x.std()\n    return x\ndf = f(df)', set()),
        (
            'def f(x, how="no"):\n    if how == "yes":\n        x = x / x.std()\n    return x\ndf = f(df, "yes")',
            {"std"},
        ),
        ("def f(x, s=None):\n    if s is None:\n        s = x.std()\n    return x / s\ndf = f(df)", {"std"}),
        ("def f(x, s=None):\n    if s is None:\n        s = x.std()\n    return x / s\ndf = f(df, 2)", set()),
        ("def f(x):\n    return x, x / x.std()\ndf, _ = f(df)", set()),
        ("def f(x):\n    return x, x / x.std()\n_, df = f(df)", {"std"}),
        ('rows = []\nrows.append(df["a"] / df["a"].std())\ndf["a"] = np.array(rows)', {"std"}),
    ],
)
def test_what_reaches_the_model(text: str, expected: set[str]) -> None:
    assert _into_model(f"{text}\n{SPLIT}{TRAIN}") == expected


@pytest.mark.parametrize(
    ("rows", "side"),
    [
        ("X_test", "test"),
        ("X_test[:10]", "test"),
        ("X_test.values", "test"),
        ("StandardScaler().fit(X_train).transform(X_test)", "test"),
        ("X_train.reset_index()", "train"),
        ("pd.concat([X_train, X_test])", None),
        ("df", None),
        ("train_test_split(df)[1]", "test"),
        ("df[:80]", "train"),
        ("df[80:]", "test"),
        ("df.iloc[80:len(df)]", "test"),
        ("df[mask]", "train"),
        ("df[~mask]", "test"),
        ("df.loc[df.year >= 2020]", "test"),
        ("df.loc[df.year < 2020]", "train"),
        ("df[df.kept.isnull()]", "test"),
        ("drawn", "train"),
        ("df.drop(drawn.index)", "test"),
        ("df.sample(frac=1)", None),
    ],
)
def test_which_side_rows_are_on(rows: str, side: str | None) -> None:
    by_hand = (
        'mask = np.random.rand(len(df)) < 0.8\ndrawn = df.sample(frac=0.8)\nkept = df["kept"]\n'
        "def both(past, later):\n    LinearRegression().fit(past, past.y).predict(later)\n"
        "both(df[:80], df[80:])\nboth(df[mask], df[~mask])\nboth(df[df.year < 2020], df[df.year >= 2020])\n"
        "both(df[df.kept.notnull()], df[df.kept.isnull()])\nboth(drawn, df.drop(drawn.index))\n"
    )
    learning = _learning(f"{SPLIT}{by_hand}LinearRegression().fit({rows}, df.y)\n")
    found = learning.side(learning.events[-1].data)
    assert (found[1] if found else None) == side


def test_a_cut_is_a_split_only_once_one_side_is_asked_of_a_model_of_the_other() -> None:
    one_side = "LinearRegression().fit(df[:80], df.y[:80])\nprint(df[80:])\n"
    assert not _learning(one_side).roles
    assert _learning("model = LinearRegression().fit(df[:80], df.y[:80])\nmodel.predict(df[80:])\n").roles == {
        0: ("first", "rest")
    }


def test_a_notebook_that_fits_nothing_is_not_followed() -> None:
    text = '# In [1]:\nimport pandas as pd\ndf = pd.read_csv("a.csv")\ndf["a"] = df["a"].mean()\n'
    assert follow(parse(Notebook.from_prompts(text))).events == []


def test_a_function_that_calls_itself_ends() -> None:
    learning = _learning("def f(x, n):\n    return f(x, n - 1)\ny = f(df, 3)\nLinearRegression().fit(df, y)\n")
    assert len(learning.models) == 1


def _findings(rule: Rule, text: str) -> list[Finding]:
    return list(rule.check(Context(parse(Notebook.from_prompts(START + text)))))


@pytest.mark.parametrize(
    ("rule", "text", "severity"),
    [
        ("fit-before-split", 'df["a"] = StandardScaler().fit_transform(df[["a"]])', "warning"),
        ("fit-before-split", 'df[["a"]] = OneHotEncoder().fit_transform(df[["a"]])', "info"),
        ("fit-before-split", 'df["a"] = RandomForestClassifier().fit(df, df.y).predict(df)', "error"),
        ("statistic-from-all-rows", 'df["a"] = df["a"].fillna(df["a"].mean())', "warning"),
        ("statistic-from-all-rows", 'df["a"] = df["a"].fillna(df["a"].mode()[0])', "info"),
        ("statistic-from-all-rows", 'df["a"] = df["b"].map(df.groupby("b")["y"].mean())', "error"),
        (
            "rows-across-split",
            "from imblearn.over_sampling import SMOTE\ndf, z = SMOTE().fit_resample(df, df.y)",
            "error",
        ),
        (
            "rows-across-split",
            "from imblearn.under_sampling import RandomUnderSampler as R\ndf, z = R().fit_resample(df, df.y)",
            "info",
        ),
    ],
)
def test_severity_is_the_effect(rule: str, text: str, severity: str) -> None:
    (found,) = _findings(RULES[rule], f"{text}\n{SPLIT}{TRAIN}")
    assert (found.severity or RULES[rule].severity) == severity


def test_a_search_alone_is_milder_than_a_score() -> None:
    scaled = "X = StandardScaler().fit_transform(df)\n"
    rule = RULES["fit-before-split"]
    (searched,) = _findings(rule, f"{scaled}GridSearchCV(LinearRegression(), {{}}).fit(X, df.y)\n")
    (scored,) = _findings(rule, f"{scaled}cross_val_score(LinearRegression(), X, df.y)\n")
    assert (searched.severity, scored.severity) == ("info", None)
    statistic = RULES["statistic-from-all-rows"]
    text = "X = df / df.std()\nGridSearchCV(LinearRegression(), {}).fit(X, df.y)\n"
    assert [found.severity for found in _findings(statistic, text)] == ["info"]


def test_oversampling_of_training_rows_spoils_only_their_cross_validation() -> None:
    text = (
        "from imblearn.over_sampling import SMOTE\n"
        f"{SPLIT}X_more, y_more = SMOTE().fit_resample(X_train, y_train)\n"
        "GridSearchCV(LinearRegression(), {}).fit(X_more, y_more)\n"
    )
    assert _findings(RULES["rows-across-split"], text) == []
    text += "cross_val_score(LinearRegression(), X_more, y_more)\n"
    assert [found.severity for found in _findings(RULES["rows-across-split"], text)] == ["warning"]


def test_several_fits_of_a_cell_are_one_finding_that_tells_all_places() -> None:
    text = (
        'df["a"] = OneHotEncoder().fit_transform(df[["a"]])\ndf["b"] = StandardScaler().fit_transform(df[["b"]])\n'
        f"# In [3]:\n{SPLIT}# In [4]:\n{TRAIN}"
    )
    (found,) = _findings(RULES["fit-before-split"], text)
    assert (found.where.cell, found.where.line, found.severity) == (1, 2, None)
    assert {(place.cell, place.line) for place in found.also} == {(1, 1), (2, 1), (3, 1)}
    assert "cell 1 [In 2] fits StandardScaler on all rows, which cell 2 [In 3] splits" in found.message
    assert "the model of cell 3 [In 4]" in found.message


def test_a_fit_in_a_function_tells_where_it_is_called() -> None:
    text = f"def scale(x):\n    return StandardScaler().fit_transform(x)\n# In [3]:\ndf = scale(df)\n{SPLIT}{TRAIN}"
    (found,) = _findings(RULES["fit-before-split"], text)
    assert (found.where.cell, found.where.line) == (1, 2)
    assert (2, 1) in {(place.cell, place.line) for place in found.also}


def test_pipelines_are_named_by_their_steps() -> None:
    text = (
        "from sklearn.pipeline import make_pipeline\n"
        f"df = make_pipeline(OneHotEncoder(), StandardScaler()).fit_transform(df)\n{SPLIT}{TRAIN}"
    )
    (found,) = _findings(RULES["fit-before-split"], text)
    assert "fits make_pipeline of OneHotEncoder and StandardScaler on all rows" in found.message


def test_the_same_object_fitted_again_is_made_to_transform() -> None:
    text = (
        f"{SPLIT}first, second = StandardScaler(), LabelEncoder()\n"
        "X_train[['a']] = first.fit_transform(X_train[['a']], y_train)\n"
        "X_train['b'] = second.fit_transform(X_train['b'])\n# In [3]:\n"
        "X_test[['a']] = first.fit_transform(X_test[['a']], y_test)\n"
        f"X_test['b'] = second.fit_transform(X_test['b'])\n# In [4]:\n{TRAIN}model.predict(X_test)\n"
    )
    (found,) = _findings(RULES["fit-on-test"], text)
    assert found.fix is not None
    assert not found.fix.safe
    assert [(edit.line, edit.text) for edit in found.fix.edits if isinstance(edit, Replace)] == [
        (1, "first.transform(X_test[['a']])"),
        (2, "second.transform(X_test['b'])"),
    ]


def test_another_object_of_the_class_is_not_made_to_transform() -> None:
    text = (
        f"{SPLIT}X_train = StandardScaler().fit_transform(X_train)\nX_test = StandardScaler().fit_transform(X_test)\n"
        f"{TRAIN}model.predict(X_test)\n"
    )
    (found,) = _findings(RULES["fit-on-test"], text)
    assert found.fix is None


def test_deep_nesting_in_functions_stops_nothing_else() -> None:
    deep = "np.array(" * 140 + "x" + ")" * 140
    functions = "".join(f"def f{n}(x):\n    return f{n + 1}({deep})\n" for n in range(4))
    text = f"{functions}def f4(x):\n    return {deep}\nf0(df)\n{SPLIT}{TRAIN}"
    assert len(_learning(text).models) == 1


def test_turns_of_a_loop_are_told_apart() -> None:
    learning = _learning(
        "for t in [df, df.copy()]:\n    t['a'] = t['a'] / t['a'].std()\nfor t in [df]:\n    t.a.std()\n"
    )
    assert [event.name for _, event in learning.of("statistic")] == ["std", "std", "std"]


def test_the_classes_of_models_in_a_list_are_known() -> None:
    learning = _learning(
        f"{SPLIT}models = []\nmodels.append(LinearRegression())\nmodels.append(RandomForestClassifier())\n"
        "for model in models:\n    model.fit(X_train, y_train)\n"
    )
    (fit,) = [event for _, event in learning.models]
    assert fit.learners == {"LinearRegression", "RandomForestClassifier"}
