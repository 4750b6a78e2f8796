"""What the notebook shows: tables and pictures."""

# data analysis and wrangling
# visualization
import matplotlib.pyplot as plt
import pandas as pd
from sklearn.ensemble import RandomForestClassifier

# machine learning
from sklearn.linear_model import LogisticRegression
from sklearn.neighbors import KNeighborsClassifier
from sklearn.tree import DecisionTreeClassifier

from kaggle_pair import pictures, settings


def explore() -> None:
    """Show what the notebook shows."""
    train_df, test_df, combine = load_the_data()
    prepare_the_data(train_df, test_df)
    title_from_the_name(train_df, combine)

    # Sex
    for dataset in combine:
        dataset["Sex"] = dataset["Sex"].map({"female": 1, "male": 0}).astype(int)
    train_df, test_df = age_fare_port(train_df, test_df, combine)
    model_predict_and_solve(train_df, test_df)


def load_the_data():
    """Load the data (cell 2)."""
    # train_df = pd.read_csv('/kaggle/input/ferry/train.csv')
    # test_df = pd.read_csv('/kaggle/input/ferry/test.csv')
    train_df = pd.read_csv(settings.TRAIN_CSV)
    test_df = pd.read_csv(settings.TEST_CSV)
    combine = [train_df, test_df]
    return train_df, test_df, combine


def prepare_the_data(train_df, test_df):
    """Prepare the data (cells 3 to 8)."""
    print(train_df.columns.values)
    print(train_df.head())

    train_df.info()
    print("_" * 40)
    test_df.info()

    print(
        train_df[["CabinClass", "Upgraded"]]
        .groupby(["CabinClass"], as_index=False)
        .mean()
        .sort_values(by="Upgraded", ascending=False)
    )
    print(train_df[["Sex", "Upgraded"]].groupby(["Sex"], as_index=False).mean())

    fig, ax = plt.subplots()
    train_df[train_df["Upgraded"] == 1]["Age"].hist(bins=20, ax=ax, alpha=0.6)
    train_df[train_df["Upgraded"] == 0]["Age"].hist(bins=20, ax=ax, alpha=0.6)
    pictures.save("cell-8")


def title_from_the_name(train_df, combine):
    """Title from the name (cells 10 to 12)."""
    for dataset in combine:
        dataset["Title"] = dataset.Name.str.extract(r" ([A-Za-z]+)\.", expand=False)

    print(pd.crosstab(train_df["Title"], train_df["Sex"]))

    for dataset in combine:
        dataset["Title"] = dataset["Title"].replace(["Dr", "Prof", "Capt"], "Rare")
        dataset["Title"] = dataset["Title"].replace("Ms", "Miss")

    print(train_df[["Title", "Upgraded"]].groupby(["Title"], as_index=False).mean())

    title_mapping = {"Mr": 1, "Miss": 2, "Mrs": 3, "Master": 4, "Rare": 5}
    for dataset in combine:
        dataset["Title"] = dataset["Title"].map(title_mapping)
        dataset["Title"] = dataset["Title"].fillna(0)

    print(train_df.head())


def age_fare_port(train_df, test_df, combine):
    """Age, Fare, Port (cells 16 to 24)."""
    age_median = train_df["Age"].median()
    fare_mean = train_df["Fare"].mean()
    freq_port = train_df.Port.dropna().mode()[0]
    print(age_median, fare_mean, freq_port)

    for dataset in combine:
        dataset["Age"] = dataset["Age"].fillna(age_median)
        dataset["Fare"] = dataset["Fare"].fillna(fare_mean)
        dataset["Port"] = dataset["Port"].fillna(freq_port)

    print(train_df.isnull().sum())

    train_df["AgeBand"] = pd.cut(train_df["Age"], 5)
    print(
        train_df[["AgeBand", "Upgraded"]]
        .groupby(["AgeBand"], as_index=False, observed=False)
        .mean()
        .sort_values(by="AgeBand", ascending=True)
    )

    for dataset in combine:
        dataset.loc[dataset["Age"] <= 18, "Age"] = 0
        dataset.loc[(dataset["Age"] > 18) & (dataset["Age"] <= 35), "Age"] = 1
        dataset.loc[(dataset["Age"] > 35) & (dataset["Age"] <= 52), "Age"] = 2
        dataset.loc[dataset["Age"] > 52, "Age"] = 3
    print(train_df.head())

    train_df = train_df.drop(["AgeBand"], axis=1)
    combine = [train_df, test_df]

    for dataset in combine:
        dataset["Family"] = dataset["Siblings"] + dataset["Children"] + 1
        dataset["IsAlone"] = 0
        dataset.loc[dataset["Family"] == 1, "IsAlone"] = 1

    print(train_df[["IsAlone", "Upgraded"]].groupby(["IsAlone"], as_index=False).mean())

    for dataset in combine:
        dataset["HasRoom"] = dataset["Room"].notnull().astype(int)
        dataset["Port"] = dataset["Port"].map({"Oslo": 0, "Kiel": 1, "Riga": 2}).astype(int)

    train_df = train_df.drop(["Name", "GuestId", "Siblings", "Children", "Room"], axis=1)
    test_df = test_df.drop(["Name", "Siblings", "Children", "Room"], axis=1)
    print(train_df.shape, test_df.shape)

    print(test_df.head(10))
    return train_df, test_df


def model_predict_and_solve(train_df, test_df):
    """Model, predict and solve (cells 26 to 34)."""
    X_train = train_df.drop("Upgraded", axis=1)
    Y_train = train_df["Upgraded"]
    X_test = test_df.drop("GuestId", axis=1).copy()
    print(X_train.shape, Y_train.shape, X_test.shape)

    # Logistic Regression
    logreg = LogisticRegression(max_iter=settings.LOGREG_MAX_ITER)
    logreg.fit(X_train, Y_train)
    acc_log = round(logreg.score(X_train, Y_train) * 100, 2)

    coeff_df = pd.DataFrame(train_df.columns.delete(0))
    coeff_df.columns = ["Feature"]
    coeff_df["Correlation"] = pd.Series(logreg.coef_[0])
    print(coeff_df.sort_values(by="Correlation", ascending=False))

    knn = KNeighborsClassifier(n_neighbors=settings.KNN_N_NEIGHBORS)
    knn.fit(X_train, Y_train)
    acc_knn = round(knn.score(X_train, Y_train) * 100, 2)

    # Decision Tree
    decision_tree = DecisionTreeClassifier(random_state=settings.SEED)
    decision_tree.fit(X_train, Y_train)
    acc_decision_tree = round(decision_tree.score(X_train, Y_train) * 100, 2)

    # Random Forest
    random_forest = RandomForestClassifier(
        n_estimators=settings.RANDOM_FOREST_N_ESTIMATORS,
        max_depth=settings.RANDOM_FOREST_MAX_DEPTH,
        random_state=settings.SEED,
    )
    random_forest.fit(X_train, Y_train)
    Y_pred = random_forest.predict(X_test)
    acc_random_forest = round(random_forest.score(X_train, Y_train) * 100, 2)

    models = pd.DataFrame(
        {
            "Model": ["KNN", "Logistic Regression", "Random Forest", "Decision Tree"],
            "Score": [acc_knn, acc_log, acc_random_forest, acc_decision_tree],
        }
    )
    print(models.sort_values(by="Score", ascending=False))

    submission = pd.DataFrame({"GuestId": test_df["GuestId"], "Upgraded": Y_pred})
    print(submission.head())
