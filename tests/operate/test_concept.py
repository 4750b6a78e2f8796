"""Concept drift: a change of the mean error, no sooner than it comes."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

SKELETON = Path(__file__).resolve().parents[2] / "src" / "nb2prod" / "skeleton"
sys.path.insert(0, str(SKELETON / "src"))

pytest.importorskip("river")
if TYPE_CHECKING:
    concept: Any
else:
    from example_project.operate import concept


def test_steady_errors_are_no_change() -> None:
    generator = np.random.default_rng(0)
    for _ in range(20):
        assert concept.changes(generator.random(3000) < 0.15) == ()
        assert concept.changes(np.abs(generator.normal(size=3000))) == ()


@pytest.mark.parametrize("scale", [1.0, 1000.0])
def test_growing_errors_are_seen_after_they_grew(scale: float) -> None:
    generator = np.random.default_rng(1)
    errors = scale * np.abs(generator.normal(size=3000)) * np.where(np.arange(3000) < 2000, 1, 1.6)
    (found,) = concept.changes(errors)
    assert found.worse
    assert 2000 < found.row < 2400
    assert found.before == pytest.approx(0.8 * scale, rel=0.15)


def test_shrinking_errors_are_a_change_for_the_better() -> None:
    generator = np.random.default_rng(2)
    (found,) = concept.changes(generator.random(3000) < np.where(np.arange(3000) < 2000, 0.4, 0.1))
    assert not found.worse


def test_no_errors_at_all_are_no_change() -> None:
    assert concept.changes([]) == ()
    assert concept.changes([0.0] * 500) == ()
