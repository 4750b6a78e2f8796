"""Train the model."""

from pathlib import Path

import numpy as np
import pandas as pd
from sklearn.ensemble import RandomForestRegressor
from sklearn.linear_model import Ridge
from sklearn.metrics import mean_squared_error, r2_score
from sklearn.model_selection import train_test_split

from house_prices import models, schema, settings


def train() -> Path:
    """Train the model as the notebook does, and store it as a new version."""
    data = pd.read_csv(settings.HOUSE_PRICES_CSV)
    data["price"].hist(bins=40)
    data["log_price"] = np.log1p(data["price"])
    data["log_price"].hist(bins=40)

    # Feature engineering
    data["sold_on"] = pd.to_datetime(data["sold_on"], format="%d.%m.%Y")
    data["sold_year"] = data["sold_on"].dt.year
    data["age"] = data["sold_year"] - data["year_built"]
    # missing garage = no garage
    data["garage"] = data["garage"].fillna("none")
    data["lot_m2"] = data["lot_m2"].fillna(data.groupby("district")["lot_m2"].transform("median"))
    quality_map = {"Fa": 1, "TA": 2, "Gd": 3, "Ex": 4}
    data["quality"] = data["quality"].map(quality_map)
    data["m2_per_room"] = data["area_m2"] / data["rooms"]
    data["lot_ratio"] = data["lot_m2"] / data["area_m2"]

    # bins
    data["age_band"] = pd.cut(data["age"], bins=[-1, 10, 40, 80, 200], labels=["new", "recent", "old", "historic"])
    data["distance_band"] = pd.qcut(data["distance_km"], 4, labels=False)
    data = pd.get_dummies(data, columns=["heating", "garage", "age_band"])

    # Split
    train, test = train_test_split(data, test_size=0.2, random_state=42)
    train = train[train["area_m2"] < 185]
    district_price = train.groupby("district")["log_price"].mean()
    train["district_price"] = train["district"].map(district_price)
    test["district_price"] = test["district"].map(district_price)
    drop_cols = ["Id", "sold_on", "district", "price", "log_price"]
    X_train = train.drop(columns=drop_cols)
    y_train = train["log_price"]
    X_test = test.drop(columns=drop_cols)
    y_test = test["price"]

    # Ridge
    ridge = Ridge(alpha=10)
    ridge.fit(X_train, y_train)
    pred = np.expm1(ridge.predict(X_test))
    print("RMSE", np.sqrt(mean_squared_error(y_test, pred)))
    print("R2", r2_score(y_test, pred))
    coefs = pd.Series(ridge.coef_, index=X_train.columns)  # noqa: F841

    # Random forest
    rf = RandomForestRegressor(n_estimators=80, random_state=1)
    rf.fit(X_train, y_train)
    pred = np.expm1(rf.predict(X_test))
    print("RMSE", np.sqrt(mean_squared_error(y_test, pred)))
    print("R2", r2_score(y_test, pred))
    result = pd.DataFrame({"Id": test["Id"], "price": y_test, "prediction": pred})
    result["error"] = (result["prediction"] - result["price"]).abs()
    return models.save(rf, None, schema.Schema(()))
