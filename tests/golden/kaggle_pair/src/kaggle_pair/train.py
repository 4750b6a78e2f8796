"""Train the model."""

from pathlib import Path

import pandas as pd
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.neighbors import KNeighborsClassifier
from sklearn.tree import DecisionTreeClassifier

from kaggle_pair import models as project_models
from kaggle_pair import schema, settings


def train() -> Path:
    """Train the model as the notebook does, and store it as a new version."""
    # train_df = pd.read_csv('/kaggle/input/ferry/train.csv')
    # test_df = pd.read_csv('/kaggle/input/ferry/test.csv')
    train_df = pd.read_csv(settings.TRAIN_CSV)
    test_df = pd.read_csv(settings.TEST_CSV)
    combine = [train_df, test_df]

    # Title from the name
    for dataset in combine:
        dataset["Title"] = dataset.Name.str.extract(r" ([A-Za-z]+)\.", expand=False)

    for dataset in combine:
        dataset["Title"] = dataset["Title"].replace(["Dr", "Prof", "Capt"], "Rare")
        dataset["Title"] = dataset["Title"].replace("Ms", "Miss")

    title_mapping = {"Mr": 1, "Miss": 2, "Mrs": 3, "Master": 4, "Rare": 5}
    for dataset in combine:
        dataset["Title"] = dataset["Title"].map(title_mapping)
        dataset["Title"] = dataset["Title"].fillna(0)

    # Sex
    for dataset in combine:
        dataset["Sex"] = dataset["Sex"].map({"female": 1, "male": 0}).astype(int)

    # Age, Fare, Port
    age_median = train_df["Age"].median()
    fare_mean = train_df["Fare"].mean()
    freq_port = train_df.Port.dropna().mode()[0]

    for dataset in combine:
        dataset["Age"] = dataset["Age"].fillna(age_median)
        dataset["Fare"] = dataset["Fare"].fillna(fare_mean)
        dataset["Port"] = dataset["Port"].fillna(freq_port)

    train_df["AgeBand"] = pd.cut(train_df["Age"], 5)

    for dataset in combine:
        dataset.loc[dataset["Age"] <= 18, "Age"] = 0
        dataset.loc[(dataset["Age"] > 18) & (dataset["Age"] <= 35), "Age"] = 1
        dataset.loc[(dataset["Age"] > 35) & (dataset["Age"] <= 52), "Age"] = 2
        dataset.loc[dataset["Age"] > 52, "Age"] = 3

    train_df = train_df.drop(["AgeBand"], axis=1)
    combine = [train_df, test_df]

    for dataset in combine:
        dataset["Family"] = dataset["Siblings"] + dataset["Children"] + 1
        dataset["IsAlone"] = 0
        dataset.loc[dataset["Family"] == 1, "IsAlone"] = 1

    for dataset in combine:
        dataset["HasRoom"] = dataset["Room"].notnull().astype(int)
        dataset["Port"] = dataset["Port"].map({"Oslo": 0, "Kiel": 1, "Riga": 2}).astype(int)

    train_df = train_df.drop(["Name", "GuestId", "Siblings", "Children", "Room"], axis=1)
    test_df = test_df.drop(["Name", "Siblings", "Children", "Room"], axis=1)

    # Model, predict and solve
    X_train = train_df.drop("Upgraded", axis=1)
    Y_train = train_df["Upgraded"]
    X_test = test_df.drop("GuestId", axis=1).copy()

    # Logistic Regression
    logreg = LogisticRegression(max_iter=1000)
    logreg.fit(X_train, Y_train)
    Y_pred = logreg.predict(X_test)
    acc_log = round(logreg.score(X_train, Y_train) * 100, 2)
    print(acc_log)

    knn = KNeighborsClassifier(n_neighbors=3)
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
    random_forest = RandomForestClassifier(n_estimators=100, max_depth=5, random_state=settings.SEED)
    random_forest.fit(X_train, Y_train)
    Y_pred = random_forest.predict(X_test)
    random_forest.score(X_train, Y_train)
    acc_random_forest = round(random_forest.score(X_train, Y_train) * 100, 2)
    print(acc_random_forest)

    submission = pd.DataFrame({"GuestId": test_df["GuestId"], "Upgraded": Y_pred})
    submission.to_csv("submission.csv", index=False)
    return project_models.save(random_forest, None, schema.Schema(()))
