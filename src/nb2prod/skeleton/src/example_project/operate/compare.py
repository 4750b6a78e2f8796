"""Which of two models is better on the same labelled rows, and what follows. Pure functions of numbers.

Both models answered every row, so rows are compared in pairs. The interval of the difference holds at all times at
once: however often one looks, and whenever one stops, it misses the true difference with a probability of `alpha`
(asymptotic confidence sequence: Waudby-Smith, Arbour, Sinha, Kennedy, Ramdas 2024, "Time-uniform central limit theory
and asymptotic confidence sequences"). For labels, McNemar's test in the form that may be repeated stands beside it.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, Callable

import numpy as np
from scipy.special import betainc, betaln

ALPHA = 0.05
_TUNED = 2000  # rows at which the interval is narrowest

Metric = Callable[[np.ndarray, np.ndarray], float]


@dataclass(frozen=True)
class Evidence:
    """How much better the challenger is.

    `difference` and its interval are in the metric's unit, above 0 where the challenger is better. `odds` is McNemar's
    evidence that it is better (an e-value: 20 is as good as a p-value of 0.05 would be, had one looked only once), for
    labels only.
    """

    rows: int
    difference: float
    low: float
    high: float
    odds: float | None = None


@dataclass(frozen=True)
class Rules:
    """When a challenger takes the champion's place, and when it is sent away.

    `rows`: labelled rows that both answered; `most`: after so many the challenger has had its chance; `effect`: the
    smallest gain that is worth a change, in the metric's unit; `failures`: the share of a model's answers that may be
    errors; `slower`: how many times as long as the champion's its answers may take (95th percentile), where that is
    more than `slack` seconds; `answers`: so many are needed to judge errors, and so many requests to judge slowness.
    """

    rows: int = 500
    most: int = 20_000
    effect: float = 0.0
    alpha: float = ALPHA
    failures: float = 0.01
    slower: float = 2.0
    slack: float = 0.02
    answers: int = 100


@dataclass(frozen=True)
class Health:
    """How a live model answers: rows, those with an error, how long 95 of 100 `requests` (of any size) take."""

    answers: int
    failures: int
    seconds: float
    requests: int


@dataclass(frozen=True)
class Decision:
    """What to do: `promote`, `remove` or `wait`, and why."""

    action: str
    why: str


def labels(truth: Any, champion: Any, challenger: Any, *, alpha: float = ALPHA) -> Evidence:
    """Compare predicted labels (each of shape (rows,)): the difference of the accuracies."""
    expected = np.asarray(truth)
    right = (np.asarray(challenger) == expected).astype("float64")
    before = (np.asarray(champion) == expected).astype("float64")
    gains, losses = int((right > before).sum()), int((right < before).sum())
    return _evidence(right - before, alpha, mcnemar(gains, losses))


def numbers(truth: Any, champion: Any, challenger: Any, *, squared: bool = True, alpha: float = ALPHA) -> Evidence:
    """Compare predicted numbers: how much smaller the mean squared (or absolute) error is."""
    expected = np.asarray(truth, dtype="float64")
    errors = [np.abs(np.asarray(given, dtype="float64") - expected) for given in (champion, challenger)]
    before, now = [error**2 for error in errors] if squared else errors
    return _evidence(before - now, alpha, None)


def metric(  # noqa: PLR0913 - the two models, the truth, and how to measure
    truth: Any,
    champion: Any,
    challenger: Any,
    measure: Metric,
    *,
    alpha: float = ALPHA,
    resamples: int = 200,
    seed: int = 0,
) -> Evidence:
    """Compare by any metric `measure(truth, predicted)` that is better when larger: the paired bootstrap's spread."""
    expected, before, now = np.asarray(truth), np.asarray(champion), np.asarray(challenger)
    rows = len(expected)
    if rows < 2:
        return Evidence(rows, 0.0, -math.inf, math.inf)
    difference = measure(expected, now) - measure(expected, before)
    generator = np.random.default_rng(seed)
    found = []
    for _ in range(resamples):
        drawn = generator.integers(0, rows, rows)
        found.append(measure(expected[drawn], now[drawn]) - measure(expected[drawn], before[drawn]))
    reach = _reach(rows, alpha) * float(np.nanstd(found))
    return Evidence(rows, float(difference), float(difference - reach), float(difference + reach))


def mcnemar(gains: int, losses: int) -> float:
    """The evidence that a row on which one model alone is right is more often the challenger's: an e-value.

    The likelihood of `gains` of `gains + losses` under a chance drawn evenly from (1/2, 1), against a chance of 1/2. It
    exceeds 1/alpha at any time at all with a probability of at most alpha where the models are equal (Ville).
    """
    above = betainc(losses + 1, gains + 1, 0.5)  # the part of the even mixture that is above one half
    if above == 0:
        return 0.0
    return float(
        math.exp(min(700.0, betaln(gains + 1, losses + 1) + math.log(2 * above) + (gains + losses) * math.log(2)))
    )


def decide(evidence: Evidence, champion: Health, challenger: Health, rules: Rules) -> Decision:
    """Judge a challenger: its health first, then whether it is better for sure, then whether it is worse for sure."""
    unfit = sick(champion, challenger, rules)
    if unfit:
        return Decision("remove", unfit)
    if evidence.rows < rules.rows:
        return Decision("wait", f"{evidence.rows} of the {rules.rows} labelled rows that a decision needs")
    gain = f"{evidence.difference:+.4g} ({evidence.low:+.4g} to {evidence.high:+.4g}) on {evidence.rows} rows"
    if evidence.high < 0:
        return Decision("remove", f"it is worse: {gain}")
    certain = evidence.low > 0 if evidence.odds is None else evidence.odds >= 1 / rules.alpha
    if certain and evidence.difference >= rules.effect:
        return Decision("promote", f"it is better: {gain}")
    if evidence.rows >= rules.most:
        return Decision("remove", f"it is not better by {rules.effect:g} for sure: {gain}")
    if certain:
        return Decision("wait", f"it is better, but by less than {rules.effect:g}: {gain}")
    return Decision("wait", f"not certain yet: {gain}")


def sick(champion: Health, challenger: Health, rules: Rules) -> str:
    """Why a model should answer nobody, whatever its predictions are worth."""
    if challenger.answers < rules.answers:
        return ""
    failed = challenger.failures / challenger.answers
    usual = champion.failures / champion.answers if champion.answers else 0.0
    if failed > rules.failures and failed > usual:
        return f"{failed:.1%} of its answers are errors"
    allowed = max(rules.slower * champion.seconds, champion.seconds + rules.slack)
    if min(champion.requests, challenger.requests) >= rules.answers and challenger.seconds > allowed:
        return f"its answers take {challenger.seconds * 1e3:.3g} ms, the champion's {champion.seconds * 1e3:.3g} ms"
    return ""


def _evidence(gains: np.ndarray, alpha: float, odds: float | None) -> Evidence:
    rows = len(gains)
    if rows < 2:
        return Evidence(rows, float(gains.sum()), -math.inf, math.inf, odds)
    mean = float(gains.mean())
    reach = _reach(rows, alpha) * float(gains.std(ddof=1)) / math.sqrt(rows)
    return Evidence(rows, mean, mean - reach, mean + reach, odds)


def _reach(rows: int, alpha: float) -> float:
    """Half the interval's width in standard errors: where 1.96 stands when one looks once."""
    tuning = math.sqrt((-2 * math.log(alpha) + math.log(-2 * math.log(alpha) + 1)) / _TUNED)
    spread = rows * tuning**2
    return math.sqrt((spread + 1) / spread * math.log((spread + 1) / alpha**2))
