"""The store keeps what it has said to keep."""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import Iterator

import pytest

from example_project.operate.store import Feedback, Predicted, Store

DAY = 86_400


@pytest.fixture(params=["sqlite", "postgresql"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    """A new database; PostgreSQL where TEST_DATABASE_URL names an empty one."""
    url = f"sqlite:///{tmp_path / 'deep' / 'store.db'}"
    if request.param == "postgresql":
        url = os.environ.get("TEST_DATABASE_URL", "")
        if not url:
            pytest.skip("NOT TESTED: no PostgreSQL; TEST_DATABASE_URL would name one")
    opened = Store(url)
    opened.forget(-1)
    yield opened
    opened.forget(-1)
    opened.close()


def predicted(name: str, at: float = 0.0, version: str = "one") -> Predicted:
    return Predicted(name, at or time.time(), version, 1.5, {"a": 1, "b": "zero \x00 and \ud800"}, {"prediction": "x"})


def test_what_is_written_is_read_with_the_last_feedback(store: Store) -> None:
    now = time.time()
    store.write([predicted("p-0"), predicted("p-1", version="two")], [Feedback("p-0", now, "wrong")])
    store.write([], [Feedback("p-0", now + 1, "right"), Feedback("later-0", now, 3)])
    first, second = store.predicted()
    assert (first["id"], first["truth"], first["inputs"]["a"], first["ms"]) == ("p-0", "right", 1, 1.5)
    assert first["inputs"]["b"] == "zero \x00 and \ud800"
    assert (second["id"], second["truth"], second["version"]) == ("p-1", None, "two")
    assert [row["id"] for row in store.predicted(version="two")] == ["p-1"]
    store.write([predicted("later-0")])
    assert [row["truth"] for row in store.predicted() if row["id"] == "later-0"] == [3]


def test_a_prediction_that_is_written_again_stays_as_it_is(store: Store) -> None:
    store.write([predicted("p-0")])
    store.write([predicted("p-0", version="other"), predicted("p-1")])
    assert [(row["id"], row["version"]) for row in store.predicted()] == [("p-0", "one"), ("p-1", "one")]


def test_what_is_too_old_is_forgotten(store: Store) -> None:
    old = time.time() - 10 * DAY
    store.write([predicted("old-0", old), predicted("new-0")], [Feedback("old-0", old, 1), Feedback("new-0", old, 2)])
    assert store.forget(9) == 3
    assert [row["id"] for row in store.predicted()] == ["new-0"]


def test_values_are_stored_only_if_they_are_given(store: Store) -> None:
    store.write([Predicted("p-0", time.time(), "one", 1.0)])
    (row,) = store.predicted()
    assert (row["inputs"], row["answer"]) == (None, None)


def test_decisions_are_kept(store: Store) -> None:
    store.decide("promote", "two", "better", {"accuracy": 0.9})
    assert store.decided()[-1]["facts"] == {"accuracy": 0.9}
