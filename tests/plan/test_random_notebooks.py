"""Random notebooks are predicted as they predict themselves, or refused (bench/random_notebooks.py tries many)."""

from __future__ import annotations

import importlib.util
from typing import TYPE_CHECKING

import pytest

from tests import parity
from tests.random_notebooks import notebook

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

pytestmark = pytest.mark.skipif(
    any(importlib.util.find_spec(name) is None for name in ("pandas", "sklearn", "joblib")),
    reason="PREDICT WAS NOT COMPARED: it needs pandas, scikit-learn and joblib (pip install --group dev)",
)


@pytest.fixture(scope="module")
def worker() -> Iterator[parity.Worker]:
    """The process that runs them."""
    made = parity.Worker()
    yield made
    made.close()


@pytest.mark.parametrize("seed", range(12))
def test_equal_or_refused(worker: parity.Worker, tmp_path: Path, seed: int) -> None:
    made = parity.convert(notebook(seed), tmp_path)
    found = worker.differences(made) if made.conversion.predict.status == "ok" else []
    assert [text for text in found if not text.startswith("the notebook fails by itself")] == []


def test_they_are_the_same_each_time_and_differ() -> None:
    assert notebook(7) == notebook(7)
    assert len({notebook(seed).code for seed in range(50)}) == 50


def test_enough_of_them_are_predicted(tmp_path: Path) -> None:
    statuses = [parity.convert(notebook(seed), tmp_path / str(seed)).conversion.predict.status for seed in range(24)]
    assert statuses.count("ok") >= len(statuses) / 4
