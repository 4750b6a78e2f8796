"""Train the model."""

from pathlib import Path

import pandas as pd
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import accuracy_score, classification_report, confusion_matrix
from sklearn.model_selection import train_test_split
from sklearn.neighbors import KNeighborsClassifier
from sklearn.preprocessing import LabelEncoder, StandardScaler

from churn import models, schema, settings


def train() -> Path:
    """Train the model as the notebook does, and store it as a new version."""
    # df = pd.read_csv(r"C:\Users\Mira\Desktop\ML\gym\churn.csv")
    df = pd.read_csv(settings.CHURN_CSV)
    df["total_paid"] = pd.to_numeric(df["total_paid"], errors="coerce")
    df["total_paid"] = df["total_paid"].fillna(df["total_paid"].mean())
    df["age"] = df["age"].fillna(df["age"].median())
    df["city"] = df["city"].fillna(df["city"].mode()[0])
    df.fillna({"visits_per_week": 0}, inplace=True)
    df["joined"] = pd.to_datetime(df["joined"])
    df["join_month"] = df["joined"].dt.month
    df.drop(["member_id", "joined"], axis=1, inplace=True)

    # Label encoding
    le = LabelEncoder()
    for col in ["gender", "partner", "newsletter", "left"]:
        df[col] = le.fit_transform(df[col])

    # One hot
    df = pd.get_dummies(df, columns=["plan", "city", "payment"], drop_first=True)

    # Train test split
    X = df.drop("left", axis=1)
    y = df["left"]
    X_train, X_test, y_train, y_test = train_test_split(X, y, test_size=0.25, random_state=42, stratify=y)
    sc = StandardScaler()
    X_train = sc.fit_transform(X_train)
    X_test = sc.transform(X_test)

    # Logistic regression
    lr = LogisticRegression(max_iter=500)
    lr.fit(X_train, y_train)
    y_pred = lr.predict(X_test)
    print("accuracy:", accuracy_score(y_test, y_pred))
    print(classification_report(y_test, y_pred))

    # KNN
    knn = KNeighborsClassifier(n_neighbors=7)
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
    rf = RandomForestClassifier(n_estimators=60, max_depth=6, random_state=0)
    rf.fit(X_train, y_train)
    y_pred = rf.predict(X_test)
    print("accuracy:", accuracy_score(y_test, y_pred))
    cm = confusion_matrix(y_test, y_pred)  # noqa: F841
    return models.save(rf, None, schema.Schema(()))
