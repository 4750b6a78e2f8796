"""What a person may want to change: paths and parameters."""

TRAIN_CSV = "data/train.csv"
TEST_CSV = "data/test.csv"

SEED = 1
