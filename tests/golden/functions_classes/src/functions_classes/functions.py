"""The notebook's functions and classes."""

import re

import numpy as np
from sklearn.base import BaseEstimator, TransformerMixin


def parse_ram(x):
    return int(x.replace("GB", ""))


def parse_clock(text):
    found = re.search(r"([\d.]+)GHz", text)
    if found is None:
        return np.nan
    return float(found.group(1))


def parse_weight(x):
    try:
        return float(x.replace("kg", ""))
    except AttributeError:
        return np.nan


def clean(data):
    data = data.copy()
    data["ram"] = data["ram"].apply(parse_ram)
    data["clock"] = data["cpu"].apply(parse_clock)
    data["cpu_family"] = data["cpu"].str.split().str[0]
    data["weight"] = data["weight"].map(parse_weight)
    data["inches"] = data["screen"].str.extract(r'([\d.]+)"')[0].astype(float)
    data["pixels"] = data["screen"].apply(count_pixels)
    data["os"] = data["os"].fillna("none")
    return data


def count_pixels(screen):
    width, height = screen.split()[1].split("x")
    return int(width) * int(height)


class RareBrands(BaseEstimator, TransformerMixin):
    """brands with few rows become 'other'"""

    def __init__(self, min_rows=40):
        self.min_rows = min_rows

    def fit(self, X, y=None):
        counts = X["brand"].value_counts()
        self.keep_ = list(counts[counts >= self.min_rows].index)
        return self

    def transform(self, X):
        X = X.copy()
        X["brand"] = X["brand"].where(X["brand"].isin(self.keep_), "other")
        return X


def function_transformer_function(values):
    return np.log(values)
