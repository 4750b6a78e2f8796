"""What a person may want to change: paths and parameters."""

CONFIG_JSON = "data/config.json"
LAPTOPS_CSV = "data/laptops.csv"
