"""What a person may want to change: paths and parameters."""

SPAM_CSV = "data/spam.csv"
TRAINING_DATA = SPAM_CSV

TEST_SIZE = 0.2
