"""Train the model."""

from __future__ import annotations

from pathlib import Path

import joblib
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import accuracy_score, classification_report
from sklearn.model_selection import GridSearchCV, cross_val_score, train_test_split
from sklearn.preprocessing import MinMaxScaler
from sklearn.svm import SVC
from sklearn.tree import DecisionTreeClassifier

from model_loop import data, replay, schema, settings
from model_loop import models as project_models
from model_loop.features import Learned, prepare, scale


def train() -> Path:
    """Train the model as the notebook does, and store it as a new version."""
    learned = Learned()

    # from google.colab import drive
    # drive.mount('/content/drive')
    # df = pd.read_csv('/content/drive/MyDrive/students.csv', sep=';')
    df = data.load()
    raw_target = df["passed"].copy()
    schema_of_rows = schema.learn(df, target=("passed",), unneeded=())
    x, df2 = prepare(df, learned, fit=True)

    y = df2.passed
    x_train, x_test, y_train, y_test = train_test_split(x, y, test_size=settings.TEST_SIZE, random_state=10)

    scaler = MinMaxScaler()
    x_train_scaled = scaler.fit_transform(x_train)
    learned.scaler = scaler

    # Which model?
    models = {
        "logistic": LogisticRegression(max_iter=1000),
        "tree": DecisionTreeClassifier(max_depth=5, random_state=0),
        "forest": RandomForestClassifier(n_estimators=40, random_state=0),
        "svm": SVC(),
        # 'boosting': GradientBoostingClassifier(),
    }

    results = {}
    for name, model in models.items():
        score = cross_val_score(model, x_train_scaled, y_train, cv=5)
        results[name] = score.mean()
        print(name, round(score.mean(), 4), "+/-", round(score.std(), 4))

    best_name = max(results, key=results.get)

    best_model = models[best_name]
    best_model.fit(x_train_scaled, y_train)
    learned.answers = replay.answers_learnt(raw_target, y_train)
    x_test_scaled = scale(x_test, learned)
    print(best_model.score(x_test_scaled, y_test))

    # Tune the forest
    params = {
        "n_estimators": [20, 40],
        "max_depth": [3, 6, None],
    }
    grid = GridSearchCV(RandomForestClassifier(random_state=0), params, cv=3, return_train_score=False)
    grid.fit(x_train_scaled, y_train)
    learned.input_dtypes = replay.dtypes_of(x_test_scaled)

    y_predicted = grid.best_estimator_.predict(x_test_scaled)
    print(classification_report(y_test, y_predicted))
    print("accuracy", accuracy_score(y_test, y_predicted))

    joblib.dump(grid.best_estimator_, "model.pkl")
    joblib.dump(scaler, "scaler.pkl")
    return project_models.save(
        grid.best_estimator_, learned, schema_of_rows, metrics={"accuracy": accuracy_score(y_test, y_predicted)}
    )
