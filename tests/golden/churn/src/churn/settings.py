"""What a person may want to change: paths and parameters."""

CHURN_CSV = "data/churn.csv"
TRAINING_DATA = CHURN_CSV

TEST_SIZE = 0.25
LR_MAX_ITER = 500
KNN_N_NEIGHBORS = 7
RF_N_ESTIMATORS = 60
RF_MAX_DEPTH = 6
RF_RANDOM_STATE = 0
