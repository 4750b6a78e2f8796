"""What the notebook shows: tables and pictures."""

import warnings

import matplotlib.pyplot as plt
import pandas as pd
from sklearn.ensemble import RandomForestClassifier
from sklearn.metrics import confusion_matrix
from sklearn.model_selection import train_test_split
from sklearn.neighbors import KNeighborsClassifier
from sklearn.preprocessing import LabelEncoder, StandardScaler

from churn import pictures, settings


def explore() -> None:
    """Show what the notebook shows."""
    df = load_the_data()
    look_at_the_data(df)
    data_cleaning(df)
    label_encoding(df)
    df = one_hot(df)
    X, X_train, X_test, y_train, y_test = do_train_test_split(df)
    do_knn(X_train, X_test, y_train, y_test)
    random_forest(X, X_train, X_test, y_train, y_test)


def load_the_data():
    """Load the data (cells 1 to 2)."""
    warnings.filterwarnings("ignore")

    # df = pd.read_csv(r"C:\Users\Mira\Desktop\ML\gym\churn.csv")
    df = pd.read_csv(settings.CHURN_CSV)
    print(df.head())
    return df


def look_at_the_data(df):
    """Look at the data (cells 3 to 8)."""
    print(df.shape)
    df.info()
    print(df.describe())
    print(df.isnull().sum())
    print(df["left"].value_counts())

    df["left"].value_counts().plot(kind="bar")
    plt.title("left the club")
    pictures.save("cell-8")


def data_cleaning(df):
    """Data cleaning (cells 10 to 18)."""
    print(df["total_paid"].dtype)

    df["total_paid"] = pd.to_numeric(df["total_paid"], errors="coerce")
    print(df["total_paid"].isnull().sum())

    df["total_paid"] = df["total_paid"].fillna(df["total_paid"].mean())
    df["age"] = df["age"].fillna(df["age"].median())
    df["city"] = df["city"].fillna(df["city"].mode()[0])

    df.fillna({"visits_per_week": 0}, inplace=True)
    print(df.isnull().sum())

    plt.figure(figsize=(10, 4))
    plt.subplot(1, 2, 1)
    plt.hist(df["age"], bins=20)
    plt.xlabel("age")
    plt.subplot(1, 2, 2)
    plt.hist(df["monthly_fee"], bins=20, color="g")
    plt.xlabel("monthly fee")
    pictures.save("cell-15")

    df["joined"] = pd.to_datetime(df["joined"])
    df["join_month"] = df["joined"].dt.month
    print(df.head())

    df.drop(["member_id", "joined"], axis=1, inplace=True)
    print(df.head())


def label_encoding(df):
    """Label encoding (cells 20 to 21)."""
    le = LabelEncoder()
    for col in ["gender", "partner", "newsletter", "left"]:
        df[col] = le.fit_transform(df[col])
    print(df.head())

    print(df["plan"].unique())


def one_hot(df):
    """One hot (cells 23 to 25)."""
    df = pd.get_dummies(df, columns=["plan", "city", "payment"], drop_first=True)
    print(df.head())

    print(df.columns)

    corr = df.corr()
    plt.figure(figsize=(9, 7))
    plt.imshow(corr, cmap="coolwarm")
    plt.xticks(range(len(corr)), corr.columns, rotation=90)
    plt.yticks(range(len(corr)), corr.columns)
    plt.colorbar()
    pictures.save("cell-25")
    return df


def do_train_test_split(df):
    """Train test split (cells 27 to 30)."""
    X = df.drop("left", axis=1)
    y = df["left"]
    X_train, X_test, y_train, y_test = train_test_split(X, y, test_size=settings.TEST_SIZE, random_state=42, stratify=y)

    print(X_train.shape, X_test.shape)

    sc = StandardScaler()
    X_train = sc.fit_transform(X_train)
    X_test = sc.transform(X_test)

    print(X_train[:3])
    return X, X_train, X_test, y_train, y_test


def do_knn(X_train, X_test, y_train, y_test):
    """KNN (cell 36)."""
    scores = []
    for k in range(1, 20):
        model = KNeighborsClassifier(n_neighbors=k)
        model.fit(X_train, y_train)
        scores.append(model.score(X_test, y_test))
    plt.plot(range(1, 20), scores)
    plt.xlabel("k")
    pictures.save("cell-36")


def random_forest(X, X_train, X_test, y_train, y_test):
    """Random Forest (cells 38 to 42)."""
    # rf = RandomForestClassifier(n_estimators=500)
    rf = RandomForestClassifier(
        n_estimators=settings.RF_N_ESTIMATORS, max_depth=settings.RF_MAX_DEPTH, random_state=settings.RF_RANDOM_STATE
    )
    rf.fit(X_train, y_train)
    y_pred = rf.predict(X_test)

    cm = confusion_matrix(y_test, y_pred)

    plt.imshow(cm, cmap="Blues")
    for i in range(2):
        for j in range(2):
            plt.text(j, i, cm[i, j], ha="center")
    plt.xlabel("Predicted")
    plt.ylabel("True")
    pictures.save("cell-40")

    pd.Series(rf.feature_importances_, index=X.columns).sort_values().plot(kind="barh")
    pictures.save("cell-41")

    print(rf.predict_proba(X_test)[:5])
