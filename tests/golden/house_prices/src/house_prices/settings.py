"""What a person may want to change: paths and parameters."""

HOUSE_PRICES_CSV = "data/house_prices.csv"
TRAINING_DATA = HOUSE_PRICES_CSV

TEST_SIZE = 0.2
RIDGE_ALPHA = 10
RF_N_ESTIMATORS = 80
RF_RANDOM_STATE = 1
