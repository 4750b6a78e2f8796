"""Where the raw rows come from (cell 1)."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Hashable

import pandas as pd

from example_project import settings


def load() -> pd.DataFrame:
    """Read the training data."""
    return read(settings.TRAINING_DATA)


def read(path: Path, dtype: dict[Hashable, type] | None = None, **how: Any) -> pd.DataFrame:
    """Read a file as the notebook reads its data; `dtype` fixes the types of columns seen in training."""
    return pd.read_csv(path, sep=";", dtype=dtype, **how)
