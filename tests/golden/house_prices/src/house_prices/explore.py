"""What the notebook shows: tables and pictures."""

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from sklearn.ensemble import RandomForestRegressor
from sklearn.linear_model import Ridge
from sklearn.model_selection import train_test_split

from house_prices import pictures, settings


def explore() -> None:
    """Show what the notebook shows."""
    data = load_the_data()
    prepare_the_data(data)
    feature_engineering(data)
    data = bins(data)
    test, X_train, y_train, X_test, y_test = split(data)
    do_ridge(X_train, y_train)
    random_forest(test, X_train, y_train, X_test, y_test)


def load_the_data():
    """Load the data (cells 0 to 1)."""
    pd.set_option("display.max_columns", 50)

    data = pd.read_csv(settings.HOUSE_PRICES_CSV)
    print(data)
    return data


def prepare_the_data(data):
    """Prepare the data (cells 2 to 6)."""
    print(data.describe())
    print(data.isna().sum())

    data["price"].hist(bins=40)
    plt.title("price")
    pictures.save("cell-4")

    data["log_price"] = np.log1p(data["price"])
    data["log_price"].hist(bins=40)
    pictures.save("cell-6")


def feature_engineering(data):
    """Feature engineering (cells 8 to 13)."""
    data["sold_on"] = pd.to_datetime(data["sold_on"], format="%d.%m.%Y")
    data["sold_year"] = data["sold_on"].dt.year
    data["age"] = data["sold_year"] - data["year_built"]
    print(data["age"].min(), data["age"].max())

    # missing garage = no garage
    data["garage"] = data["garage"].fillna("none")
    print(data["garage"].value_counts())

    print(data.groupby("district")["lot_m2"].median())

    data["lot_m2"] = data["lot_m2"].fillna(data.groupby("district")["lot_m2"].transform("median"))
    print(data.isna().sum().sum())

    quality_map = {"Fa": 1, "TA": 2, "Gd": 3, "Ex": 4}
    data["quality"] = data["quality"].map(quality_map)

    data["m2_per_room"] = data["area_m2"] / data["rooms"]
    data["lot_ratio"] = data["lot_m2"] / data["area_m2"]
    print(data.head())


def bins(data):
    """bins (cells 15 to 17)."""
    data["age_band"] = pd.cut(data["age"], bins=[-1, 10, 40, 80, 200], labels=["new", "recent", "old", "historic"])
    data["distance_band"] = pd.qcut(data["distance_km"], 4, labels=False)
    print(data[["age", "age_band", "distance_km", "distance_band"]].head(10))

    data.groupby("age_band", observed=True)["price"].mean().plot(kind="bar")
    plt.ylabel("mean price")
    pictures.save("cell-16")

    data = pd.get_dummies(data, columns=["heating", "garage", "age_band"])
    print(data.columns)
    return data


def split(data):
    """Split (cells 19 to 25)."""
    train, test = train_test_split(data, test_size=settings.TEST_SIZE, random_state=42)
    print(train.shape, test.shape)

    plt.scatter(train["area_m2"], train["price"], s=8)
    plt.xlabel("area")
    pictures.save("cell-20")

    train = train[train["area_m2"] < 185]
    # train = train[train['price'] < 900000]
    print(train.shape)

    district_price = train.groupby("district")["log_price"].mean()
    print(district_price)

    train["district_price"] = train["district"].map(district_price)
    test["district_price"] = test["district"].map(district_price)
    print(train.head(3))

    drop_cols = ["Id", "sold_on", "district", "price", "log_price"]
    X_train = train.drop(columns=drop_cols)
    y_train = train["log_price"]
    X_test = test.drop(columns=drop_cols)
    y_test = test["price"]
    return test, X_train, y_train, X_test, y_test


def do_ridge(X_train, y_train):
    """Ridge (cells 27 to 28)."""
    ridge = Ridge(alpha=settings.RIDGE_ALPHA)
    ridge.fit(X_train, y_train)

    coefs = pd.Series(ridge.coef_, index=X_train.columns)
    print(coefs.sort_values())


def random_forest(test, X_train, y_train, X_test, y_test):
    """Random forest (cells 30 to 32)."""
    rf = RandomForestRegressor(n_estimators=settings.RF_N_ESTIMATORS, random_state=settings.RF_RANDOM_STATE)
    rf.fit(X_train, y_train)
    pred = np.expm1(rf.predict(X_test))

    plt.scatter(y_test, pred, s=10)
    plt.plot([0, 400000], [0, 400000], "r--")
    plt.xlabel("true")
    plt.ylabel("predicted")
    pictures.save("cell-31")

    result = pd.DataFrame({"Id": test["Id"], "price": y_test, "prediction": pred})
    result["error"] = (result["prediction"] - result["price"]).abs()
    print(result.sort_values("error", ascending=False).head(10))
