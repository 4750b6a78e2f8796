"""Run the notebook's computation.

Sales 2023

What sells where? (for Anna's report)
"""

import pandas as pd

from exploration import settings


def train() -> None:
    """Run the notebook's computation."""
    sales = pd.read_csv(settings.SALES_CSV)

    sales.drop_duplicates(inplace=True)
    sales.reset_index(drop=True, inplace=True)

    # Cleaning
    # shop names are a mess
    sales["shop"] = sales["shop"].str.strip().str.title()

    sales["unit_price"] = sales["unit_price"].str.replace(" EUR", "").astype(float)
    sales["date"] = pd.to_datetime(sales["date"], dayfirst=True)
    sales["discount"] = sales["discount"].fillna(0)
    sales["revenue"] = sales["quantity"] * sales["unit_price"] * (1 - sales["discount"])

    sales = sales[sales["quantity"] > 0]

    sales["month"] = sales["date"].dt.to_period("M").astype(str)
    sales["weekday"] = sales["date"].dt.day_name()
    sales["age_group"] = pd.cut(
        sales["customer_age"], [0, 25, 45, 65, 100], labels=["young", "adult", "older", "senior"]
    )

    # Who is happy
    sales.drop(columns=["weekday"]).to_csv("sales_clean.csv", index=False)
    # sales.to_excel('sales_clean.xlsx')
    # todo: compare with 2022
