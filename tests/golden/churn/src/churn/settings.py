"""What a person may want to change: paths and parameters."""

CHURN_CSV = "data/churn.csv"
