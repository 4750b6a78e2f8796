"""From the raw rows to the model's input."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pandas as pd


@dataclass
class Learned:
    """What the preprocessing learnt from the training data."""

    age_median: float | None = None  # cell 16: age_median = train_df['Age'].median()
    fare_mean: float | None = None  # cell 16: fare_mean = train_df['Fare'].mean()
    freq_port: Any = None  # cell 16: freq_port = train_df.Port.dropna().mode()[0]
    input_dtypes: Any = None  # of the model's input


def prepare(combine: Any) -> None:
    """Title from the name (cells 10 to 14).

    Wrangle data
    """
    for dataset in combine:
        dataset["Title"] = dataset.Name.str.extract(" ([A-Za-z]+)\\.", expand=False)

    for dataset in combine:
        dataset["Title"] = dataset["Title"].replace(["Dr", "Prof", "Capt"], "Rare")
        dataset["Title"] = dataset["Title"].replace("Ms", "Miss")

    title_mapping = {"Mr": 1, "Miss": 2, "Mrs": 3, "Master": 4, "Rare": 5}
    for dataset in combine:
        dataset["Title"] = dataset["Title"].map(title_mapping)
        dataset["Title"] = dataset["Title"].fillna(0)

    # Sex
    for dataset in combine:
        dataset["Sex"] = dataset["Sex"].map({"female": 1, "male": 0}).astype(int)


def impute(combine: Any, learned: Learned) -> None:
    """Fill what is missing (cell 17)."""
    for dataset in combine:
        dataset["Age"] = dataset["Age"].fillna(learned.age_median)
        dataset["Fare"] = dataset["Fare"].fillna(learned.fare_mean)
        dataset["Port"] = dataset["Port"].fillna(learned.freq_port)


def set_age(combine: Any) -> None:
    """Set `Age` (cell 19)."""
    for dataset in combine:
        dataset.loc[dataset["Age"] <= 18, "Age"] = 0
        dataset.loc[(dataset["Age"] > 18) & (dataset["Age"] <= 35), "Age"] = 1
        dataset.loc[(dataset["Age"] > 35) & (dataset["Age"] <= 52), "Age"] = 2
        dataset.loc[dataset["Age"] > 52, "Age"] = 3


def transform(combine: Any) -> None:
    """Transform the rows (cells 21 to 22)."""
    for dataset in combine:
        dataset["Family"] = dataset["Siblings"] + dataset["Children"] + 1
        dataset["IsAlone"] = 0
        dataset.loc[dataset["Family"] == 1, "IsAlone"] = 1

    for dataset in combine:
        dataset["HasRoom"] = dataset["Room"].notnull().astype(int)
        dataset["Port"] = dataset["Port"].map({"Oslo": 0, "Kiel": 1, "Riga": 2}).astype(int)


def select(test_df: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Choose the columns (cells 23 to 26)."""
    test_df = test_df.drop(["Name", "Siblings", "Children", "Room"], axis=1)

    # Model, predict and solve
    X_test = test_df.drop("GuestId", axis=1).copy()
    return X_test, test_df
