# ruff: noqa: F841 - the notebook keeps values that it does not read
"""Train the model.

Laptop prices

with functions and a proper pipeline this time
"""

import json
from pathlib import Path

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

from functions_classes import models, schema, settings
from functions_classes.functions import RareBrands, clean, function_transformer_function


def train() -> Path:
    """Train the model as the notebook does, and store it as a new version."""
    with open(settings.CONFIG_JSON) as f:
        config = json.load(f)

    SEED = config["seed"]

    try:
        df = pd.read_csv("/home/mira/data/laptops.csv")
    except FileNotFoundError:
        df = pd.read_csv(settings.LAPTOPS_CSV)
    df = clean(df)

    if config["drop"]:
        df = df.drop(columns=config["drop"])
    else:
        print("nothing to drop")

    newest = pd.to_datetime("2023-09-01")
    df["months_old"] = (newest - pd.to_datetime(df["released"])).dt.days // 30
    del df["released"], df["cpu"], df["screen"]

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
    print("scored", n_runs, "times")

    y_pred = forest.predict(X_test)
    return models.save(forest, None, schema.Schema(()))
