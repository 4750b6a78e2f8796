"""Where the raw rows come from."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd

from model_loop import settings


def load() -> pd.DataFrame:
    """Read the training data."""
    return read(settings.STUDENTS_CSV)


def read(path: Path | str, dtype: dict[str, Any] | None = None, **how: Any) -> pd.DataFrame:
    """Read a file as the notebook reads its data; `dtype` fixes the types of columns."""
    return pd.read_csv(path, sep=";", dtype=dtype, **how)
