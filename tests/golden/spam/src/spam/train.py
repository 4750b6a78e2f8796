"""Train the model."""

import re
from pathlib import Path

import pandas as pd
from sklearn.feature_extraction.text import CountVectorizer, TfidfVectorizer
from sklearn.metrics import accuracy_score, confusion_matrix, precision_score
from sklearn.model_selection import train_test_split
from sklearn.naive_bayes import GaussianNB, MultinomialNB

from spam import models, schema, settings


def train() -> Path:
    """Train the model as the notebook does, and store it as a new version."""
    df = pd.read_csv(settings.SPAM_CSV, encoding="latin-1")
    # drop last col
    df.drop(columns=["Unnamed: 2"], inplace=True)
    df.rename(columns={"v1": "label", "v2": "text"}, inplace=True)
    df = df.drop_duplicates(keep="first")
    df["label"] = df["label"].map({"ham": 0, "spam": 1})
    df["num_characters"] = df["text"].apply(len)
    df["num_words"] = df["text"].apply(lambda x: len(x.split()))
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
    X_train, X_test, y_train, y_test = train_test_split(
        df["transformed_text"], df["label"], test_size=0.2, random_state=2
    )
    cv = CountVectorizer()
    X_train_cv = cv.fit_transform(X_train)
    X_test_cv = cv.transform(X_test)
    gnb = GaussianNB()
    gnb.fit(X_train_cv.toarray(), y_train)
    y_pred1 = gnb.predict(X_test_cv.toarray())
    print(accuracy_score(y_test, y_pred1))
    print(confusion_matrix(y_test, y_pred1))
    print(precision_score(y_test, y_pred1))
    vect = TfidfVectorizer(max_features=150, ngram_range=(1, 2))
    X_train_tfidf = vect.fit_transform(X_train)
    X_test_tfidf = vect.transform(X_test)
    model = MultinomialNB()
    model.fit(X_train_tfidf, y_train)
    y_pred = model.predict(X_test_tfidf)
    print(accuracy_score(y_test, y_pred))
    print(confusion_matrix(y_test, y_pred))
    print(precision_score(y_test, y_pred))
    label_map = {0: "ham", 1: "spam"}
    predicted = [label_map[p] for p in y_pred]  # noqa: F841
    return models.save(model, None, schema.Schema(()))
