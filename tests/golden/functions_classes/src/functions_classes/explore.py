"""What the notebook shows: tables and pictures."""

import json

import matplotlib.pyplot as plt
import pandas as pd
from sklearn.base import clone
from sklearn.compose import ColumnTransformer
from sklearn.ensemble import RandomForestRegressor
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LinearRegression
from sklearn.metrics import mean_absolute_error, r2_score
from sklearn.model_selection import train_test_split
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import FunctionTransformer, OneHotEncoder, StandardScaler

from functions_classes import pictures, settings
from functions_classes.functions import RareBrands, clean, function_transformer_function


def explore() -> None:
    """Show what the notebook shows."""
    with open(settings.CONFIG_JSON) as f:
        config = json.load(f)

    SEED = config["seed"]
    print(config)

    try:
        df = pd.read_csv("/home/mira/data/laptops.csv")
    except FileNotFoundError:
        df = pd.read_csv(settings.LAPTOPS_CSV)
    print(df.head())

    def show_missing():
        missing = df.isnull().sum()
        return missing[missing > 0]

    print(show_missing())

    # Cleaning functions
    df = clean(df)
    print(df.head())

    print(show_missing())

    for col in ["ram", "clock", "weight", "inches"]:
        plt.figure(figsize=(4, 2))
        plt.hist(df[col].dropna(), bins=15)
        plt.title(col)
    pictures.save("cell-10")

    last_col = col
    print("last plotted:", last_col)

    if config["drop"]:
        df = df.drop(columns=config["drop"])
    else:
        print("nothing to drop")
    print(df.columns)

    newest = pd.to_datetime("2023-09-01")
    df["months_old"] = (newest - pd.to_datetime(df["released"])).dt.days // 30
    del df["released"], df["cpu"], df["screen"]
    del newest

    # Pipeline
    print(RareBrands(60).fit_transform(df)["brand"].value_counts())

    numeric = ["ram", "clock", "weight", "inches", "months_old"]
    categorical = ["brand", "cpu_family", "os"]

    to_log = FunctionTransformer(function_transformer_function, validate=False)

    preprocess = ColumnTransformer(
        [
            ("num", Pipeline([("impute", SimpleImputer(strategy="median")), ("scale", StandardScaler())]), numeric),
            ("cat", OneHotEncoder(handle_unknown="ignore"), categorical),
            ("pixels", to_log, ["pixels"]),
        ]
    )

    X = df.drop(columns=config["target"])
    y = df[config["target"]]
    X_train, X_test, y_train, y_test = train_test_split(X, y, test_size=config["test_size"], random_state=SEED)

    n_runs = 0

    def make_scorer(metric):
        def score(model):
            nonlocal n_runs
            n_runs = n_runs + 1
            return round(metric(y_test, model.predict(X_test)), 3)

        return score

    r2 = make_scorer(r2_score)
    mae = make_scorer(mean_absolute_error)

    linear = Pipeline([("rare", RareBrands()), ("prep", preprocess), ("reg", LinearRegression())])
    linear.fit(X_train, y_train)
    print(r2(linear), mae(linear))

    forest = Pipeline(
        [
            ("rare", RareBrands()),
            ("prep", clone(preprocess)),
            ("reg", RandomForestRegressor(n_estimators=60, random_state=SEED)),
        ]
    )
    forest.fit(X_train, y_train)
    print(r2(forest), mae(forest))

    def plot_residuals(model, title):
        res = y_test - model.predict(X_test)
        plt.scatter(y_test, res, s=6)
        plt.axhline(0, color="k")
        plt.title(title)
        plt.show()

    plot_residuals(linear, "linear")
    plot_residuals(forest, "forest")
    pictures.save("cell-23")

    y_pred = forest.predict(X_test)
    comparison = X_test.assign(price=y_test, predicted=y_pred.round(2))
    print(comparison.head())
