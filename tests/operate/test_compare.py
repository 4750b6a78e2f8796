"""Comparing two live models: sure, worth it and healthy, however often one looks."""

from __future__ import annotations

import math
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

SKELETON = Path(__file__).resolve().parents[2] / "src" / "nb2prod" / "skeleton"
sys.path.insert(0, str(SKELETON / "src"))

integrate = pytest.importorskip("scipy.integrate")
if TYPE_CHECKING:
    compare: Any
else:
    from example_project.operate import compare

WELL = compare.Health(answers=1000, failures=0, seconds=0.01, requests=1000)


def answers(right: float, rows: int, generator: np.random.Generator) -> np.ndarray:
    """Labels that are right (1) in that share of the rows."""
    return (generator.random(rows) < right).astype(int)


@pytest.mark.parametrize(("gains", "losses"), [(0, 0), (3, 1), (10, 2), (2, 10), (40, 20)])
def test_mcnemars_evidence_is_the_mixture_of_likelihoods(gains: int, losses: int) -> None:
    mixture = integrate.quad(lambda chance: 2 * chance**gains * (1 - chance) ** losses, 0.5, 1)[0]
    assert compare.mcnemar(gains, losses) == pytest.approx(mixture / 0.5 ** (gains + losses))


def test_mcnemars_evidence_is_finite_for_many_rows() -> None:
    assert math.isfinite(compare.mcnemar(100_000, 1000))
    assert compare.mcnemar(1000, 100_000) == 0.0


def test_equal_models_are_seldom_told_apart_however_often_one_looks() -> None:
    generator = np.random.default_rng(0)
    wrong = 0
    for _ in range(200):
        truth = np.ones(3000)
        one, two = answers(0.8, 3000, generator), answers(0.8, 3000, generator)
        looks = [compare.labels(truth[:n], one[:n], two[:n]) for n in range(200, 3001, 100)]
        wrong += any(look.low > 0 or look.odds > 1 / compare.ALPHA for look in looks)
    assert wrong <= 10


def test_the_interval_holds_the_difference_of_the_errors() -> None:
    generator = np.random.default_rng(1)
    missed = 0
    for _ in range(200):
        one, two = generator.normal(0, 1.2, 2000), generator.normal(0, 1.0, 2000)
        looks = [compare.numbers(np.zeros(n), one[:n], two[:n]) for n in range(200, 2001, 100)]
        missed += any(not look.low <= 1.2**2 - 1 <= look.high for look in looks)
    assert missed <= 10


def test_a_better_challenger_is_promoted_and_a_worse_one_removed() -> None:
    generator = np.random.default_rng(2)
    truth, champion = np.ones(3000), answers(0.8, 3000, generator)
    for right, action in ((0.88, "promote"), (0.72, "remove"), (0.8, "wait")):
        evidence = compare.labels(truth, champion, answers(right, 3000, generator))
        assert compare.decide(evidence, WELL, WELL, compare.Rules()).action == action


@pytest.mark.parametrize(
    ("evidence", "challenger", "action", "why"),
    [
        (compare.Evidence(499, 0.1, 0.05, 0.15, 1e6), WELL, "wait", "499 of the 500 labelled rows"),
        (compare.Evidence(900, 0.005, 0.001, 0.009, 1e6), WELL, "wait", "better, but by less than 0.01"),
        (compare.Evidence(900, 0.1, 0.05, 0.15), compare.Health(1000, 50, 0.01, 1000), "remove", "5.0% of its answers"),
        (compare.Evidence(900, 0.1, 0.05, 0.15), compare.Health(1000, 0, 0.05, 1000), "remove", "take 50 ms"),
        # one large request tells little about slowness
        (compare.Evidence(900, 0.1, 0.05, 0.15), compare.Health(1000, 0, 0.05, 3), "promote", "it is better"),
        (compare.Evidence(900, 0.1, 0.05, 0.15), compare.Health(50, 50, 0.5, 50), "promote", "it is better"),
        (compare.Evidence(900, 0.1, -0.01, 0.2), WELL, "wait", "not certain yet"),
        (compare.Evidence(900, 0.1, -0.01, 0.2, 19.0), WELL, "wait", "not certain yet"),
        (compare.Evidence(900, 0.1, -0.01, 0.2, 21.0), WELL, "promote", "it is better"),
    ],
)
def test_a_decision_says_why(evidence: object, challenger: object, action: str, why: str) -> None:
    decision = compare.decide(evidence, WELL, challenger, compare.Rules(effect=0.01))
    assert decision.action == action
    assert why in decision.why


def test_any_metric_is_compared_by_the_bootstrap() -> None:
    generator = np.random.default_rng(3)
    truth = generator.normal(size=2000)
    champion, challenger = truth + generator.normal(size=2000), truth + generator.normal(0, 0.7, 2000)

    def r2(expected: np.ndarray, given: np.ndarray) -> float:
        return float(1 - ((given - expected) ** 2).sum() / ((expected - expected.mean()) ** 2).sum())

    found = compare.metric(truth, champion, challenger, r2)
    assert found.low < r2(truth, challenger) - r2(truth, champion) < found.high
    assert found.low > 0
    same = compare.metric(truth, champion, champion, r2)
    assert (same.difference, same.low, same.high) == (0, 0, 0)
