"""From the raw rows to the model's input."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from house_prices.replay import as_categories, looked_up


@dataclass
class Learned:
    """What the preprocessing learnt from the training data."""

    lot_m2_median_by_district: pd.Series | None = None  # cell 11: data.groupby('district')['lot_m2'].transform('medi...
    distance_km_edges: np.ndarray | None = None  # cell 15: pd.qcut(data['distance_km'], 4, labels=False)
    categories: pd.Series | None = None  # cell 17: pd.get_dummies(data, columns=['heating', 'garage', 'age_band'])
    district_price: pd.Series | None = None  # cell 23: district_price = train.groupby('district')['log_price'].mean()
    input_dtypes: Any = None  # of the model's input


def prepare(data: pd.DataFrame, learned: Learned, *, fit: bool) -> pd.DataFrame:
    """Clean and prepare the rows (cells 6 to 17).

    very skewed -> take the log
    """
    if fit:
        data["log_price"] = np.log1p(data["price"])
    else:
        data["log_price"] = float("nan")

    # Feature engineering
    data["sold_on"] = pd.to_datetime(data["sold_on"], format="%d.%m.%Y")
    data["sold_year"] = data["sold_on"].dt.year
    data["age"] = data["sold_year"] - data["year_built"]

    # missing garage = no garage
    data["garage"] = data["garage"].fillna("none")

    if fit:
        learned.lot_m2_median_by_district = data.groupby("district")["lot_m2"].agg("median")
    data["lot_m2"] = data["lot_m2"].fillna(looked_up(data["district"], learned.lot_m2_median_by_district))

    quality_map = {"Fa": 1, "TA": 2, "Gd": 3, "Ex": 4}
    data["quality"] = data["quality"].map(quality_map)

    data["m2_per_room"] = data["area_m2"] / data["rooms"]
    data["lot_ratio"] = data["lot_m2"] / data["area_m2"]

    # bins
    data["age_band"] = pd.cut(data["age"], bins=[-1, 10, 40, 80, 200], labels=["new", "recent", "old", "historic"])
    if fit:
        learned.distance_km_edges = pd.qcut(data["distance_km"], 4, retbins=True)[1]
    data["distance_band"] = pd.cut(data["distance_km"], learned.distance_km_edges, labels=False, include_lowest=True)

    if fit:
        learned.categories = data[["heating", "garage", "age_band"]].astype("category").dtypes
    data = pd.get_dummies(as_categories(data, learned.categories), columns=["heating", "garage", "age_band"])
    return data


def set_district_price(test: pd.DataFrame, learned: Learned) -> tuple[list[str], pd.DataFrame]:
    """Set `district_price` (cells 24 to 25)."""
    test["district_price"] = test["district"].map(learned.district_price)

    drop_cols = ["Id", "sold_on", "district", "price", "log_price"]
    return drop_cols, test


def select(drop_cols: list[str], test: pd.DataFrame) -> pd.DataFrame:
    """Choose the columns (cell 25)."""
    X_test = test.drop(columns=drop_cols)
    return X_test
