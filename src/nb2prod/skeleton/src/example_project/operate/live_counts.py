"""The live comparison for Prometheus: who is live, what each made of its requests, how they stand, what was decided."""

from __future__ import annotations

from collections import Counter as Tally
from typing import Any, Iterable, Mapping

from prometheus_client import Counter, Gauge, Histogram

from example_project.operate.decisions import Standing
from example_project.serving.counts import SECONDS, Counts


class LiveCounts:
    """The counters of the live models in one service."""

    def __init__(self, counts: Counts) -> None:
        here, of = counts.registry, ("version",)
        self._scores = Counter("scores", "Scores of live models", ("version", "outcome"), registry=here)
        self._seconds = Histogram("score_seconds", "Seconds to a score", of, buckets=SECONDS, registry=here)
        self._share = Gauge("live_share", "The share of the requests that a live model answers", of, registry=here)
        self._stand = {
            name: Gauge(f"challenger_{name}", what, of, registry=here)
            for name, what in (
                ("rows", "Labelled rows that the champion and this challenger both answered"),
                ("gain", "How much better than the champion, in the metric's unit"),
                ("gain_low", "The lower end of its interval"),
                ("gain_high", "The upper end of its interval"),
                ("odds", "McNemar's evidence that it is better: 20 is certain"),
            )
        }
        self._decisions = Gauge("decisions", "Decisions in the store", ("kind",), registry=here)

    def scored(self, version: str, seconds: float, outcome: str) -> None:
        """Count a score: `answer`, `error`, or `dropped` where there was no time for it."""
        self._scores.labels(version, outcome).inc()
        if outcome != "dropped":
            self._seconds.labels(version).observe(seconds)

    def live(self, shares: Mapping[str, float]) -> None:
        """Say who is live."""
        self._share.clear()
        for version, share in shares.items():
            self._share.labels(version).set(share)

    def stand(self, standings: Iterable[Standing], decided: Iterable[Mapping[str, Any]]) -> None:
        """Say how the challengers stand and what was decided so far."""
        for gauge in (*self._stand.values(), self._decisions):
            gauge.clear()
        for each in standings:
            found = each.evidence
            values = (found.rows, found.difference, found.low, found.high, found.odds)
            for gauge, value in zip(self._stand.values(), values):
                if value is not None:
                    gauge.labels(each.challenger.version).set(value)
        for kind, number in Tally(each["kind"] for each in decided).items():
            self._decisions.labels(kind).set(number)
