"""Train the model."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
from sklearn.ensemble import RandomForestRegressor
from sklearn.linear_model import Ridge
from sklearn.metrics import mean_squared_error, r2_score
from sklearn.model_selection import train_test_split

from house_prices import data as project_data
from house_prices import models, replay, schema, settings
from house_prices.features import Learned, prepare, select, set_district_price


def train() -> Path:
    """Train the model as the notebook does, and store it as a new version."""
    learned = Learned()

    data = project_data.load()
    schema_of_rows = schema.learn(data, target=("price",), unneeded=("Id",))
    data = prepare(data, learned, fit=True)

    # Split
    train, test = train_test_split(data, test_size=settings.TEST_SIZE, random_state=42)

    # There are some crazy big ones, remove them (only from train!)
    train = train[train["area_m2"] < 185]
    district_price = train.groupby("district")["log_price"].mean()
    learned.district_price = district_price

    train["district_price"] = train["district"].map(district_price)
    drop_cols, test = set_district_price(test, learned)

    X_train = train.drop(columns=drop_cols)
    y_train = train["log_price"]
    y_test = test["price"]

    # Ridge
    ridge = Ridge(alpha=settings.RIDGE_ALPHA)
    ridge.fit(X_train, y_train)
    X_test = select(drop_cols, test)
    pred = np.expm1(ridge.predict(X_test))
    print("RMSE", np.sqrt(mean_squared_error(y_test, pred)))
    print("R2", r2_score(y_test, pred))

    # Random forest
    rf = RandomForestRegressor(n_estimators=settings.RF_N_ESTIMATORS, random_state=settings.RF_RANDOM_STATE)
    rf.fit(X_train, y_train)
    learned.input_dtypes = replay.dtypes_of(X_test)
    pred = np.expm1(rf.predict(X_test))
    print("RMSE", np.sqrt(mean_squared_error(y_test, pred)))
    print("R2", r2_score(y_test, pred))

    result = pd.DataFrame({"Id": test["Id"], "price": y_test, "prediction": pred})
    result["error"] = (result["prediction"] - result["price"]).abs()

    print("mean abs error", result["error"].mean())
    return models.save(
        rf,
        learned,
        schema_of_rows,
        metrics={"mean_squared_error": mean_squared_error(y_test, pred), "r2": r2_score(y_test, pred)},
    )
