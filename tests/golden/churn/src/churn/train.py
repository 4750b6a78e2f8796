"""Train the model.

Gym churn

Who is going to leave the club next year?
"""

from __future__ import annotations

from pathlib import Path

from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import accuracy_score, classification_report, confusion_matrix
from sklearn.model_selection import train_test_split
from sklearn.neighbors import KNeighborsClassifier
from sklearn.preprocessing import StandardScaler

from churn import data, models, replay, schema, settings
from churn.features import Learned, prepare, scale


def train() -> Path:
    """Train the model as the notebook does, and store it as a new version."""
    learned = Learned()

    # df = pd.read_csv(r"C:\Users\Mira\Desktop\ML\gym\churn.csv")
    df = data.load()
    raw_target = df["left"].copy()
    schema_of_rows = schema.learn(df, target=("left",), unneeded=("member_id",))
    X, df = prepare(df, learned, fit=True)

    # Train test split
    y = df["left"]
    X_train, X_test, y_train, y_test = train_test_split(X, y, test_size=settings.TEST_SIZE, random_state=42, stratify=y)

    sc = StandardScaler()
    X_train = sc.fit_transform(X_train)
    learned.sc = sc

    # Models
    # Logistic regression
    lr = LogisticRegression(max_iter=settings.LR_MAX_ITER)
    lr.fit(X_train, y_train)
    learned.answers = replay.answers_learnt(raw_target, y_train)
    X_test = scale(X_test, learned)
    y_pred = lr.predict(X_test)
    print("accuracy:", accuracy_score(y_test, y_pred))

    print(classification_report(y_test, y_pred))

    # KNN
    knn = KNeighborsClassifier(n_neighbors=settings.KNN_N_NEIGHBORS)
    knn.fit(X_train, y_train)
    y_pred = knn.predict(X_test)
    print("accuracy:", accuracy_score(y_test, y_pred))

    scores = []
    for k in range(1, 20):
        model = KNeighborsClassifier(n_neighbors=k)
        model.fit(X_train, y_train)
        scores.append(model.score(X_test, y_test))

    # Random Forest
    # rf = RandomForestClassifier(n_estimators=500)
    rf = RandomForestClassifier(
        n_estimators=settings.RF_N_ESTIMATORS, max_depth=settings.RF_MAX_DEPTH, random_state=settings.RF_RANDOM_STATE
    )
    rf.fit(X_train, y_train)
    learned.input_dtypes = replay.dtypes_of(X_test)
    y_pred = rf.predict(X_test)
    print("accuracy:", accuracy_score(y_test, y_pred))

    cm = confusion_matrix(y_test, y_pred)
    print(cm)
    return models.save(rf, learned, schema_of_rows, metrics={"accuracy": accuracy_score(y_test, y_pred)})
