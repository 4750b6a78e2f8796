"""Train the model and store it (cells 2 to 8)."""

from __future__ import annotations

from pathlib import Path

from sklearn.linear_model import LogisticRegression
from sklearn.metrics import accuracy_score
from sklearn.model_selection import train_test_split

from example_project import data, models, settings
from example_project.features import Learned, prepare
from example_project.schema import learn


def train() -> Path:
    """Train on the data and store a new version; gives its folder."""
    learned = Learned()
    shipments = data.load()
    schema = learn(shipments, target=("late",), unneeded=("id", "note"))
    shipments = prepare(shipments, learned, fit=True)
    X = shipments[learned.columns]
    y = shipments["late"]
    X_train, X_test, y_train, y_test = train_test_split(X, y, test_size=settings.TEST_SHARE, random_state=settings.SEED)
    model = LogisticRegression(C=settings.C, max_iter=500)
    model.fit(X_train, y_train)
    accuracy = accuracy_score(y_test, model.predict(X_test))
    return models.save(model, learned, schema, metrics={"accuracy": accuracy})
