"""What the notebook shows: tables and pictures."""

import matplotlib.pyplot as plt
import pandas as pd

from exploration import pictures, settings


def explore() -> None:
    """Show what the notebook shows."""
    sales = load_the_data()
    prepare_the_data(sales)
    sales = shop_names_are_a_mess(sales)
    by_month = revenue(sales)

    # Weekdays
    days = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"]
    sales["weekday"].value_counts().reindex(days).plot(kind="bar")
    pictures.save("cell-21")
    who_is_happy(sales, by_month)


def load_the_data():
    """Load the data (cells 1 to 2)."""
    plt.style.use("ggplot")

    sales = pd.read_csv(settings.SALES_CSV)
    print(sales.head(10))
    return sales


def prepare_the_data(sales):
    """Prepare the data (cells 3 to 5)."""
    print(sales.dtypes)
    print(sales.duplicated().sum())

    sales.drop_duplicates(inplace=True)
    sales.reset_index(drop=True, inplace=True)
    print(len(sales))


def shop_names_are_a_mess(sales):
    """shop names are a mess (cells 7 to 13)."""
    print(sales["shop"].value_counts())

    sales["shop"] = sales["shop"].str.strip().str.title()
    print(sales["shop"].value_counts())

    sales["unit_price"] = sales["unit_price"].str.replace(" EUR", "").astype(float)
    sales["date"] = pd.to_datetime(sales["date"], dayfirst=True)
    sales["discount"] = sales["discount"].fillna(0)
    sales["revenue"] = sales["quantity"] * sales["unit_price"] * (1 - sales["discount"])
    print(sales.head())

    # returns
    returns = sales[sales["quantity"] < 0]
    print(returns)

    sales = sales[sales["quantity"] > 0]
    print(sales.shape)

    print(sales["customer_age"].describe())

    sales["month"] = sales["date"].dt.to_period("M").astype(str)
    sales["weekday"] = sales["date"].dt.day_name()
    sales["age_group"] = pd.cut(
        sales["customer_age"], [0, 25, 45, 65, 100], labels=["young", "adult", "older", "senior"]
    )
    return sales


def revenue(sales):
    """Revenue (cells 15 to 19)."""
    by_month = sales.groupby("month")["revenue"].sum()
    print(by_month)

    by_month.plot(kind="line", marker="o", figsize=(9, 3))
    plt.title("revenue per month")
    plt.xticks(rotation=60)
    pictures.save("cell-16")

    by_shop = sales.groupby("shop").agg({"revenue": ["sum", "mean", "count"], "rating": "mean"}).round(2)
    print(by_shop)

    print(sales.pivot_table(index="product", columns="shop", values="revenue", aggfunc="sum", fill_value=0))

    fig, axes = plt.subplots(1, 2, figsize=(11, 4))
    sales.groupby("product")["quantity"].sum().sort_values().plot(kind="barh", ax=axes[0])
    axes[0].set_title("sold pieces")
    sales.boxplot(column="revenue", by="shop", ax=axes[1])
    plt.tight_layout()
    pictures.save("cell-19")
    return by_month


def who_is_happy(sales, by_month):
    """Who is happy (cells 23 to 26)."""
    for group, part in sales.groupby("age_group", observed=True):
        print(group, len(part), round(part["rating"].mean(), 2))
    print(sales[["customer_age", "rating", "revenue"]].corr())

    top = sales.sort_values("revenue", ascending=False).head(5)
    print(top[["order_id", "product", "revenue"]])

    print("best month:", by_month.idxmax())
    print("total:", round(sales["revenue"].sum(), 2))
