"""What a person may want to change: paths and parameters."""

BIKES_CSV = "data/bikes.csv"
