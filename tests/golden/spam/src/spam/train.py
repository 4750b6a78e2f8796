"""Train the model.

SMS spam filter
"""

from __future__ import annotations

from pathlib import Path

from sklearn.feature_extraction.text import CountVectorizer, TfidfVectorizer
from sklearn.metrics import accuracy_score, confusion_matrix, precision_score
from sklearn.model_selection import train_test_split
from sklearn.naive_bayes import GaussianNB, MultinomialNB

from spam import data, models, replay, schema, settings
from spam.features import Learned, prepare, vectorize


def train() -> Path:
    """Train the model as the notebook does, and store it as a new version."""
    learned = Learned()

    df = data.load()
    schema_of_rows = schema.learn(df, target=("v1",), unneeded=("Unnamed: 2",))
    df, stop_words, transform_text = prepare(df, fit=True)

    # Model building
    X_train, X_test, y_train, y_test = train_test_split(
        df["transformed_text"], df["label"], test_size=settings.TEST_SIZE, random_state=2
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
    learned.vect = vect

    model = MultinomialNB()
    model.fit(X_train_tfidf, y_train)
    X_test_tfidf = vectorize(X_test, learned)
    learned.input_dtypes = replay.dtypes_of(X_test_tfidf)
    y_pred = model.predict(X_test_tfidf)
    print(accuracy_score(y_test, y_pred))
    print(confusion_matrix(y_test, y_pred))
    print(precision_score(y_test, y_pred))
    # tfidf --> MNB

    # try it
    label_map = {0: "ham", 1: "spam"}
    learned.label_map = label_map

    msg = "Hi Ben, see you at the library tonight"
    print(label_map[model.predict(vect.transform([transform_text(msg)]))[0]])
    return models.save(
        model,
        learned,
        schema_of_rows,
        metrics={"accuracy": accuracy_score(y_test, y_pred), "precision": precision_score(y_test, y_pred)},
    )
