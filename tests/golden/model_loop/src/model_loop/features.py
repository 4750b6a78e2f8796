"""From the raw rows to the model's input."""

from __future__ import annotations

from copy import deepcopy
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from sklearn.impute import SimpleImputer
from sklearn.preprocessing import MinMaxScaler

from model_loop.replay import as_categories


@dataclass
class Learned:
    """What the preprocessing learnt from the training data."""

    num_imp: SimpleImputer | None = None  # cell 8: num_imp.fit_transform(df1[['study_hours', 'previous_grade']])
    categories: pd.Series | None = None  # cell 11: pd.get_dummies(df1, columns=['school', 'parent_job'])
    scaler: MinMaxScaler | None = None  # cell 16: x_train_scaled = scaler.fit_transform(x_train)
    answers: Any = None  # what the model knows each value of the target as
    input_dtypes: Any = None  # of the model's input


def prepare(df: pd.DataFrame, learned: Learned, *, fit: bool) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Clean and prepare the rows (cells 5 to 12)."""
    df1 = df.copy()
    df1["age"] = 2023 - df1["birth_year"]
    df1 = df1.drop(columns="birth_year")

    # Missing values
    if fit:
        num_imp = SimpleImputer(strategy="median")
        learned.num_imp = deepcopy(num_imp.fit(df1[["study_hours", "previous_grade"]]))
    df1[["study_hours", "previous_grade"]] = learned.num_imp.transform(df1[["study_hours", "previous_grade"]])
    df1["parent_job"] = df1["parent_job"].fillna("unknown")

    # Encoding
    travel_order = {"<15 min": 0, "15-30 min": 1, ">30 min": 2}
    df1["travel"] = df1["travel"].map(travel_order)
    df1["sex"] = df1["sex"].apply(lambda x: 1 if x == "F" else 0)
    df1["support"] = np.where(df1["support"] == "yes", 1, 0)
    df1["internet"] = df1["internet"].replace({"yes": 1, "no": 0}).astype(int)
    if fit:
        df1["passed"] = (df1["passed"] == "pass").astype(int)

        learned.categories = df1[["school", "parent_job"]].astype("category").dtypes
    df2 = pd.get_dummies(as_categories(df1, learned.categories), columns=["school", "parent_job"])

    x = df2.drop("passed", axis=1)
    return x, df2


def scale(x_test: pd.DataFrame, learned: Learned) -> Any:
    """Scale the values (cell 16)."""
    x_test_scaled = learned.scaler.transform(x_test)
    return x_test_scaled
