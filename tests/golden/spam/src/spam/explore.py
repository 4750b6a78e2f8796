"""What the notebook shows: tables and pictures."""

import re
from collections import Counter

import matplotlib.pyplot as plt
import pandas as pd
from sklearn.feature_extraction.text import CountVectorizer, TfidfVectorizer
from sklearn.model_selection import train_test_split
from sklearn.naive_bayes import MultinomialNB

from spam import pictures, settings


def explore() -> None:
    """Show what the notebook shows."""
    df = pd.read_csv(settings.SPAM_CSV, encoding="latin-1")
    print(df.sample(5, random_state=3))
    df.info()
    df = data_cleaning(df)

    # EDA
    plt.pie(df["label"].value_counts(), labels=["ham", "spam"], autopct="%0.2f")
    pictures.save("cell-14")

    df["num_characters"] = df["text"].apply(len)
    df["num_words"] = df["text"].apply(lambda x: len(x.split()))
    print(df[["num_characters", "num_words"]].describe())

    df[df["label"] == 1]["num_characters"].hist(alpha=0.5)
    df[df["label"] == 0]["num_characters"].hist(alpha=0.5)
    pictures.save("cell-16")

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

    print(transform_text("URGENT!! you won £500, call 07123456789 or www.win.example/now"))

    df["transformed_text"] = df["text"].apply(transform_text)
    print(df.head())

    spam_corpus = []
    for msg in df[df["label"] == 1]["transformed_text"].tolist():
        for word in msg.split():
            spam_corpus.append(word)
    print(pd.DataFrame(Counter(spam_corpus).most_common(10)))
    vect, model, y_pred = model_building(df)
    try_it(vect, model, y_pred)


def data_cleaning(df):
    """Data cleaning (cells 7 to 12)."""
    # drop last col
    df.drop(columns=["Unnamed: 2"], inplace=True)

    df.rename(columns={"v1": "label", "v2": "text"}, inplace=True)
    print(df.head())

    print(df.isnull().sum())
    print(df.duplicated().sum())

    df = df.drop_duplicates(keep="first")
    print(df.shape)

    df["label"] = df["label"].map({"ham": 0, "spam": 1})
    return df


def model_building(df):
    """Model building (cells 24 to 28)."""
    X_train, X_test, y_train, y_test = train_test_split(
        df["transformed_text"], df["label"], test_size=settings.TEST_SIZE, random_state=2
    )

    cv = CountVectorizer()
    X_train_cv = cv.fit_transform(X_train)
    print(X_train_cv.shape)

    vect = TfidfVectorizer(max_features=150, ngram_range=(1, 2))
    X_train_tfidf = vect.fit_transform(X_train)
    X_test_tfidf = vect.transform(X_test)
    print(vect.get_feature_names_out()[:20])

    model = MultinomialNB()
    model.fit(X_train_tfidf, y_train)
    y_pred = model.predict(X_test_tfidf)
    return vect, model, y_pred


def try_it(vect, model, y_pred):
    """try it (cells 30 to 31)."""
    label_map = {0: "ham", 1: "spam"}
    predicted = [label_map[p] for p in y_pred]
    print(predicted[:10])

    sample = ["free entry!!"]
    print(model.predict(vect.transform(sample)))
