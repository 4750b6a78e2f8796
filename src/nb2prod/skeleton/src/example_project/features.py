"""From raw shipments to the model's columns (cells 3 to 6)."""

from __future__ import annotations

from dataclasses import dataclass, field
from math import nan

import pandas as pd
from sklearn.preprocessing import LabelEncoder


@dataclass
class Learned:
    """What the preprocessing learnt from the training data."""

    weight_median: float = nan  # cell 3
    depot_encoder: LabelEncoder = field(default_factory=LabelEncoder)  # cell 4
    columns: list[str] = field(default_factory=list)  # cell 6


def prepare(shipments: pd.DataFrame, learned: Learned, *, fit: bool) -> pd.DataFrame:
    """Clean the shipments."""
    # no distance, no estimate
    shipments = shipments.dropna(subset=["distance"]).copy()
    if fit:
        learned.weight_median = shipments["weight"].median()
    shipments["weight"] = shipments["weight"].fillna(learned.weight_median)
    # old depots
    shipments["depot"] = shipments["depot"].str.strip().replace({"North ": "North", "nrth": "North"})
    if fit:
        learned.depot_encoder.fit(shipments["depot"])
    shipments["depot"] = learned.depot_encoder.transform(shipments["depot"])
    shipments["express"] = shipments["service"].str.startswith("0").astype(int)
    if fit:
        learned.columns = ["weight", "distance", "depot", "express"]
    return shipments
