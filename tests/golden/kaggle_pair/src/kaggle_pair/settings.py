"""What a person may want to change: paths and parameters."""

TRAIN_CSV = "data/train.csv"
TEST_CSV = "data/test.csv"

SEED = 1
LOGREG_MAX_ITER = 1000
KNN_N_NEIGHBORS = 3
RANDOM_FOREST_N_ESTIMATORS = 100
RANDOM_FOREST_MAX_DEPTH = 5
