"""Train the model.

Ferry upgrades - my first competition

1. load
2. clean
3. model
4. submit
"""

from __future__ import annotations

from pathlib import Path

# data analysis and wrangling
import pandas as pd
from sklearn.ensemble import RandomForestClassifier

# machine learning
from sklearn.linear_model import LogisticRegression
from sklearn.neighbors import KNeighborsClassifier
from sklearn.tree import DecisionTreeClassifier

from kaggle_pair import data, replay, schema, settings
from kaggle_pair import models as project_models
from kaggle_pair.features import Learned, impute, prepare, select, set_age, transform


def train() -> Path:
    """Train the model as the notebook does, and store it as a new version."""
    learned = Learned()

    # train_df = pd.read_csv('/kaggle/input/ferry/train.csv')
    # test_df = pd.read_csv('/kaggle/input/ferry/test.csv')
    train_df = pd.read_csv(settings.TRAIN_CSV)
    test_df = data.load()
    schema_of_rows = schema.learn(test_df, target=(), unneeded=("GuestId",))
    combine = [train_df, test_df]
    prepare(combine)

    # Age, Fare, Port
    age_median = train_df["Age"].median()
    learned.age_median = age_median
    fare_mean = train_df["Fare"].mean()
    learned.fare_mean = fare_mean
    freq_port = train_df.Port.dropna().mode()[0]
    learned.freq_port = freq_port
    impute(combine, learned)

    train_df["AgeBand"] = pd.cut(train_df["Age"], 5)
    set_age(combine)

    train_df = train_df.drop(["AgeBand"], axis=1)
    combine = [train_df, test_df]
    transform(combine)

    train_df = train_df.drop(["Name", "GuestId", "Siblings", "Children", "Room"], axis=1)

    # Model, predict and solve
    X_train = train_df.drop("Upgraded", axis=1)
    Y_train = train_df["Upgraded"]

    # Logistic Regression
    logreg = LogisticRegression(max_iter=settings.LOGREG_MAX_ITER)
    logreg.fit(X_train, Y_train)
    X_test, test_df = select(test_df)
    Y_pred = logreg.predict(X_test)
    acc_log = round(logreg.score(X_train, Y_train) * 100, 2)
    print(acc_log)

    knn = KNeighborsClassifier(n_neighbors=settings.KNN_N_NEIGHBORS)
    knn.fit(X_train, Y_train)
    Y_pred = knn.predict(X_test)
    acc_knn = round(knn.score(X_train, Y_train) * 100, 2)
    print(acc_knn)

    # Decision Tree
    decision_tree = DecisionTreeClassifier(random_state=settings.SEED)
    decision_tree.fit(X_train, Y_train)
    Y_pred = decision_tree.predict(X_test)
    acc_decision_tree = round(decision_tree.score(X_train, Y_train) * 100, 2)
    print(acc_decision_tree)

    # Random Forest
    random_forest = RandomForestClassifier(
        n_estimators=settings.RANDOM_FOREST_N_ESTIMATORS,
        max_depth=settings.RANDOM_FOREST_MAX_DEPTH,
        random_state=settings.SEED,
    )
    random_forest.fit(X_train, Y_train)
    learned.input_dtypes = replay.dtypes_of(X_test)
    Y_pred = random_forest.predict(X_test)
    random_forest.score(X_train, Y_train)
    acc_random_forest = round(random_forest.score(X_train, Y_train) * 100, 2)
    print(acc_random_forest)

    submission = pd.DataFrame({"GuestId": test_df["GuestId"], "Upgraded": Y_pred})
    submission.to_csv("submission.csv", index=False)
    # submission.to_csv('../output/submission.csv', index=False)
    return project_models.save(
        random_forest,
        learned,
        schema_of_rows,
        metrics={"score": random_forest.score(X_train, Y_train), "acc_random_forest": acc_random_forest},
    )
