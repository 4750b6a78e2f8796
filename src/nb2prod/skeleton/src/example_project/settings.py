"""What a person may want to change."""

from pathlib import Path

TRAINING_DATA = Path("data/shipments.csv")
SEED = 7
TEST_SHARE = 0.25
C = 0.5
