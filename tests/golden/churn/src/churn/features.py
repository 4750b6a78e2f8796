"""From the raw rows to the model's input."""

from __future__ import annotations

from copy import deepcopy
from dataclasses import dataclass, field
from typing import Any

import pandas as pd
from sklearn.preprocessing import LabelEncoder, StandardScaler

from churn.replay import as_categories, date_format, encoded


@dataclass
class Learned:
    """What the preprocessing learnt from the training data."""

    total_paid_mean: float | None = None  # cell 12: df['total_paid'].mean()
    age_median: float | None = None  # cell 12: df['age'].median()
    city_mode: Any = None  # cell 12: df['city'].mode()[0]
    joined_format: Any = None  # cell 16: pd.to_datetime(df['joined'])
    le: dict[Any, LabelEncoder] = field(default_factory=dict)  # cell 20: le.fit_transform(df[col])
    categories: pd.Series | None = None  # cell 23: pd.get_dummies(df, columns=['plan', 'city', 'payment'], drop_firs...
    sc: StandardScaler | None = None  # cell 29: X_train = sc.fit_transform(X_train)
    answers: Any = None  # what the model knows each value of the target as
    input_dtypes: Any = None  # of the model's input


def prepare(df: pd.DataFrame, learned: Learned, *, fit: bool) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Data cleaning (cells 11 to 27).

    total_paid is text because of the blanks!!
    """
    df["total_paid"] = pd.to_numeric(df["total_paid"], errors="coerce")

    if fit:
        learned.total_paid_mean = df["total_paid"].mean()
        learned.age_median = df["age"].median()
        learned.city_mode = df["city"].mode()[0]
    df["total_paid"] = df["total_paid"].fillna(learned.total_paid_mean)
    df["age"] = df["age"].fillna(learned.age_median)
    df["city"] = df["city"].fillna(learned.city_mode)
    # df.dropna(inplace=True)

    df.fillna({"visits_per_week": 0}, inplace=True)

    if fit:
        learned.joined_format = date_format(df["joined"])
    df["joined"] = pd.to_datetime(df["joined"], format=learned.joined_format)
    df["join_month"] = df["joined"].dt.month

    df.drop(["member_id", "joined"], axis=1, inplace=True)

    # Label encoding
    le = LabelEncoder()
    for col in ["gender", "partner", "newsletter", "left"]:
        if not fit and col in ("left",):
            continue
        if fit:
            learned.le[col] = deepcopy(le.fit(df[col]))
        df[col] = encoded(learned.le[col], df[col])

    # One hot
    if fit:
        learned.categories = df[["plan", "city", "payment"]].astype("category").dtypes
    df = pd.get_dummies(as_categories(df, learned.categories), columns=["plan", "city", "payment"], drop_first=True)

    # Train test split
    X = df.drop("left", axis=1)
    return X, df


def scale(X_test: pd.DataFrame, learned: Learned) -> Any:
    """Scale the values (cell 29)."""
    X_test = learned.sc.transform(X_test)
    return X_test
