"""What a person may want to change: paths and parameters."""

SPAM_CSV = "data/spam.csv"
