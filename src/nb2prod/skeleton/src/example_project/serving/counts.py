"""What Prometheus asks for: requests, seconds, rows predicted together, what waits, which model answers."""

from __future__ import annotations

from typing import Callable

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    ProcessCollector,
    disable_created_metrics,
    generate_latest,
)

SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
_ROWS = (1, 2, 4, 8, 16, 32, 64, 128, 256, 1024, 4096)


class Counts:
    """The counters of one service."""

    def __init__(self) -> None:
        disable_created_metrics()
        self.registry = CollectorRegistry()
        ProcessCollector(registry=self.registry)
        self._requests = Counter("requests", "Answers by path and status", ("path", "status"), registry=self.registry)
        self._seconds = Histogram(
            "request_seconds", "Seconds to an answer", ("path",), buckets=SECONDS, registry=self.registry
        )
        self._rows = Histogram(
            "predicted_rows", "Rows that were predicted together", buckets=_ROWS, registry=self.registry
        )
        self._predicting = Counter("predicting_seconds", "Seconds spent in the model's code", registry=self.registry)
        self._model = Gauge("model", "The model that answers", ("version", "manifest_sha256"), registry=self.registry)

    def model(self, version: str, sha256: str) -> None:
        """Say which model answers from now on."""
        self._model.clear()
        self._model.labels(version, sha256).set(1)

    def answered(self, path: str, status: int, seconds: float) -> None:
        """Count an answer."""
        self._requests.labels(path, str(status)).inc()
        self._seconds.labels(path).observe(seconds)

    def predicted(self, rows: int, seconds: float) -> None:
        """Count rows that were predicted together."""
        self._rows.observe(rows)
        self._predicting.inc(seconds)

    def watch(self, name: str, what: str, value: Callable[[], float]) -> None:
        """Tell a number that is asked for whenever Prometheus comes."""
        Gauge(name, what, registry=self.registry).set_function(value)

    def text(self) -> bytes:
        """All of them, as Prometheus reads them."""
        return generate_latest(self.registry)
