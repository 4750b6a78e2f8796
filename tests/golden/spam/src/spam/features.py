"""From the raw rows to the model's input."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

import pandas as pd
from sklearn.feature_extraction.text import TfidfVectorizer


@dataclass
class Learned:
    """What the preprocessing learnt from the training data."""

    vect: TfidfVectorizer | None = None  # cell 27: X_train_tfidf = vect.fit_transform(X_train)
    label_map: Any = None  # cell 30: label_map = {0: 'ham', 1: 'spam'}
    input_dtypes: Any = None  # of the model's input


def prepare(df: pd.DataFrame, *, fit: bool) -> tuple[pd.DataFrame, list[str], Any]:
    """Data cleaning (cells 7 to 20)."""
    # drop last col
    df.drop(columns=["Unnamed: 2"], inplace=True)

    df.rename(columns={"v1": "label", "v2": "text"}, inplace=True)

    if fit:
        df = df.drop_duplicates(keep="first")

        df["label"] = df["label"].map({"ham": 0, "spam": 1})

        # EDA
        df["num_characters"] = df["text"].apply(len)
    else:
        df["num_characters"] = float("nan")
    if fit:
        df["num_words"] = df["text"].apply(lambda x: len(x.split()))
    else:
        df["num_words"] = float("nan")

    # 3. Preprocessing
    # - lower case
    # - numbers and special characters
    # - stop words
    stop_words = [
        "the",
        "a",
        "an",
        "is",
        "are",
        "to",
        "in",
        "at",
        "of",
        "for",
        "i",
        "u",
        "you",
        "it",
        "me",
        "my",
        "on",
        "and",
    ]

    def transform_text(text):
        text = text.lower()
        text = re.sub(r"www\.\S+", " url ", text)
        text = re.sub(r"07\d{9}", " phonenumber ", text)
        text = re.sub("[^a-z£]", " ", text)

        y = []
        for word in text.split():
            if word not in stop_words and len(word) > 1:
                y.append(word)

        return " ".join(y)

    df["transformed_text"] = df["text"].apply(transform_text)
    return df, stop_words, transform_text


def vectorize(X_test: pd.Series, learned: Learned) -> Any:
    """Turn the text into numbers (cell 27)."""
    X_test_tfidf = learned.vect.transform(X_test)
    return X_test_tfidf
