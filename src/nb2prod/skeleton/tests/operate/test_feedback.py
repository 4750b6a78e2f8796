"""What callers of the service rely on where predictions are stored."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any, Iterator
from urllib.error import HTTPError

import pytest
from conftest import asked, served

from example_project.operate.store import Store

pytest.importorskip("example_project.service", reason="NOT TESTED: the project is without its service")


@pytest.fixture(scope="module")
def address(trained: Path) -> Iterator[str]:
    """A service with a store of its own."""
    url = f"sqlite:///{trained / 'store' / 'test.db'}"
    with served(trained, DATABASE_URL=url) as address:
        yield address


def test_the_truth_is_stored_with_the_prediction(address: str, trained: Path) -> None:
    content = asked(address, "/openapi.json")["paths"]["/predict"]["post"]["requestBody"]["content"]
    examples = content["application/json"].get("examples")
    if not examples:
        pytest.skip("NOT TESTED: no example row is known that can be predicted")
    answers = asked(address, "/predict", examples["many"]["value"])["answers"]
    assert asked(address, "/feedback", {"id": answers[1]["id"], "truth": "yes"}) == {"stored": 1}
    store = Store(f"sqlite:///{trained / 'store' / 'test.db'}")
    until = time.monotonic() + 30
    found: dict[str, Any] = {}
    while len(found) < len(answers) and time.monotonic() < until:
        found = {row["id"]: row for row in store.predicted()}
        time.sleep(0.1)
    store.close()
    assert [found[each["id"]]["truth"] for each in answers] == [None, "yes"]
    assert found[answers[0]["id"]]["inputs"] == examples["one"]["value"]["row"]
    assert found[answers[0]["id"]]["answer"]["prediction"] == answers[0]["prediction"]


@pytest.mark.parametrize("content", [{"id": "x", "truth": 1}, {"id": f"{'0' * 24}-0"}, {"feedback": []}, 7])
def test_feedback_that_cannot_be_used_is_refused(address: str, content: Any) -> None:
    with pytest.raises(HTTPError) as raised:
        asked(address, "/feedback", content)
    raised.value.close()
    assert raised.value.code == 422
