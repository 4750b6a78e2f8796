"""What a person may want to change: paths and parameters."""

TRAIN_CSV = "data/train.csv"
TEST_CSV = "data/test.csv"
TRAINING_DATA = TEST_CSV

SEED = 1
