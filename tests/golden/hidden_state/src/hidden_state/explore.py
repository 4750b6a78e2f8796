# ruff: noqa: F841 - the notebook keeps values that it does not read
"""What the notebook shows: tables and pictures.

Bike rentals per day
"""

import pandas as pd

from hidden_state import settings


def explore() -> None:
    """Show what the notebook shows."""
    df = pd.read_csv(settings.BIKES_CSV)
    print(df.head())

    print(df.isnull().sum())
    df["temp"] = df["temp"].fillna(df["temp"].mean())

    df["temp"] = df["temp"] * 1.8 + 32
    print(df["temp"].describe())

    threshold = 60
    print("warm means above", threshold)

    # Model
    features = ["temp", "wind", "rain", "warm"]
