"""What a person may want to change: paths and parameters."""

SALES_CSV = "data/sales.csv"
