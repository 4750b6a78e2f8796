"""What the notebook shows: tables and pictures."""

import joblib
import numpy as np
import pandas as pd
from matplotlib import pyplot as plt
from sklearn.ensemble import RandomForestClassifier
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV, cross_val_score, train_test_split
from sklearn.preprocessing import MinMaxScaler
from sklearn.svm import SVC
from sklearn.tree import DecisionTreeClassifier

from model_loop import pictures, settings


def explore() -> None:
    """Show what the notebook shows."""
    # from google.colab import drive
    # drive.mount('/content/drive')
    # df = pd.read_csv('/content/drive/MyDrive/students.csv', sep=';')
    df = pd.read_csv(settings.STUDENTS_CSV, sep=";")
    print(df.head())
    df1 = prepare_the_data(df)
    missing_values(df, df1)

    # Encoding
    travel_order = {"<15 min": 0, "15-30 min": 1, ">30 min": 2}
    df1["travel"] = df1["travel"].map(travel_order)
    df1["sex"] = df1["sex"].apply(lambda x: 1 if x == "F" else 0)
    df1["support"] = np.where(df1["support"] == "yes", 1, 0)
    df1["internet"] = df1["internet"].replace({"yes": 1, "no": 0}).astype(int)
    df1["passed"] = (df1["passed"] == "pass").astype(int)
    print(df1.head())

    df2 = pd.get_dummies(df1, columns=["school", "parent_job"])
    print(df2.shape)

    x = df2.drop("passed", axis=1)
    y = df2.passed

    print(x.head())

    plt.scatter(df2["previous_grade"], df2["study_hours"], c=df2["passed"])
    plt.xlabel("previous grade")
    plt.ylabel("hours")
    pictures.save("cell-14")

    x_train, x_test, y_train, y_test = train_test_split(x, y, test_size=settings.TEST_SIZE, random_state=10)
    print(len(x_train), len(x_test))

    scaler = MinMaxScaler()
    x_train_scaled = scaler.fit_transform(x_train)
    x_test_scaled = scaler.transform(x_test)
    which_model(y_train, x_train_scaled)
    tune_the_forest(x, y_train, x_train_scaled, x_test_scaled)


def prepare_the_data(df):
    """Prepare the data (cells 3 to 5)."""
    df.info()
    print(df["passed"].value_counts(normalize=True))

    df1 = df.copy()
    df1["age"] = 2023 - df1["birth_year"]
    df1 = df1.drop(columns="birth_year")
    print(df1.head())
    return df1


def missing_values(df, df1):
    """Missing values (cells 7 to 8)."""
    print(df.isnull().sum())

    num_imp = SimpleImputer(strategy="median")
    df1[["study_hours", "previous_grade"]] = num_imp.fit_transform(df1[["study_hours", "previous_grade"]])
    df1["parent_job"] = df1["parent_job"].fillna("unknown")
    print(df1.isnull().sum())


def which_model(y_train, x_train_scaled):
    """Which model? (cells 18 to 22)."""
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
    print(best_name)

    plt.bar(list(results.keys()), list(results.values()))
    plt.ylim(0.5, 1)
    pictures.save("cell-22")


def tune_the_forest(x, y_train, x_train_scaled, x_test_scaled):
    """Tune the forest (cells 24 to 29)."""
    params = {
        "n_estimators": [20, 40],
        "max_depth": [3, 6, None],
    }
    grid = GridSearchCV(RandomForestClassifier(random_state=0), params, cv=3, return_train_score=False)
    grid.fit(x_train_scaled, y_train)
    print(grid.best_params_, grid.best_score_)

    print(pd.DataFrame(grid.cv_results_)[["param_n_estimators", "param_max_depth", "mean_test_score"]])
    joblib.dump(grid.best_estimator_, "model.pkl")

    mj = joblib.load("model.pkl")
    print(mj.predict(x_test_scaled[:5]))

    print(x.columns)
