"""What a person may want to change: paths and parameters."""

CHURN_CSV = "data/churn.csv"
TRAINING_DATA = CHURN_CSV

TEST_SIZE = 0.25
