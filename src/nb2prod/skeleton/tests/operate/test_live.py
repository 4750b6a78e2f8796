"""Challengers beside the champion in the running service: they harm no answer, and what is decided is done at once."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any, Callable, Iterator
from urllib.request import urlopen

import pytest
from conftest import asked, run, served

from example_project import models
from example_project.operate import routes
from example_project.operate.store import Store

pytest.importorskip("example_project.service", reason="NOT TESTED: the project is without its service")


@pytest.fixture
def url(trained: Path, tmp_path: Path) -> Iterator[str]:
    """A store of its own; afterwards nobody is live."""
    yield f"sqlite:///{tmp_path / 'live.db'}"
    routes.change(trained / "models", lambda _: routes.Routes())


def example(address: str) -> Any:
    """A request that can be answered."""
    content = asked(address, "/openapi.json")["paths"]["/predict"]["post"]["requestBody"]["content"]
    found = content["application/json"].get("examples")
    if not found:
        pytest.skip("NOT TESTED: no example row is known that can be predicted")
    return found["one"]["value"]


def another(model: Any = None) -> str:
    """A version as the champion is, or with another model in it."""
    known = models.load()
    with models.training_as("challenger"):
        return models.save(known.model if model is None else model, known.learned, known.schema).name


def until(found: Callable[[], Any]) -> Any:
    """Wait for something that comes soon."""
    end = time.monotonic() + 30
    while time.monotonic() < end:
        if value := found():
            return value
        time.sleep(0.05)
    raise AssertionError("it did not come")


def live(address: str) -> list[str]:
    return [each["version"] for each in asked(address, "/live")["challengers"]]


def test_a_challenger_scores_every_request_and_answers_its_share(trained: Path, url: str) -> None:
    champion, challenger = models.current(), another()
    store = Store(url)
    with served(trained, DATABASE_URL=url) as address:
        run("models", trained, "challenge", challenger)
        until(lambda: live(address) == [challenger])
        row = example(address)
        answers = [asked(address, "/predict", row) for _ in range(5)]
        assert {each["version"] for each in answers} == {champion}
        scored = until(lambda: len(found := store.health(challenger, 0, 99)) == 5 and found)
        assert [error for _, error in scored] == [None] * 5
        assert [error for _, error in store.health(champion, 0, 99)] == [None] * 5
        run("models", trained, "challenge", challenger, "--share", "1")
        until(lambda: asked(address, "/live")["challengers"][0]["share"] == 1)
        assert asked(address, "/predict", row)["version"] == challenger
        assert f'live_share{{version="{challenger}"}} 1.0' in text(address, "/metrics")
        run("models", trained, "withdraw", challenger)
        until(lambda: live(address) == [])
        run("models", trained, "promote", challenger)
        until(lambda: asked(address, "/version")["version"] == challenger)
        assert asked(address, "/predict", row)["version"] == challenger
        run("models", trained, "rollback")
    store.close()
    assert models.current() == champion


def test_a_broken_challenger_harms_no_answer_and_goes(trained: Path, url: str) -> None:
    champion, broken = models.current(), another({"predict": "nothing"})
    with served(trained, DATABASE_URL=url, DECIDE_SECONDS="0.2") as address:
        run("models", trained, "challenge", broken, "--share", "0.5")
        until(lambda: live(address) == [broken])
        row = example(address)
        answers = [asked(address, "/predict", row) for _ in range(120)]
        assert {each["version"] for each in answers} == {champion}
        until(lambda: live(address) == [])
        assert asked(address, "/live")["champion"] == champion
    decided = json.loads(run("models", trained, "live", "--json", DATABASE_URL=url))["decisions"]
    assert (decided[-1]["kind"], decided[-1]["version"]) == ("rollback", broken)
    assert "of its answers are errors" in decided[-1]["reason"]
    assert decided[-1]["facts"]["health"]["failures"] >= 100


def test_a_version_that_cannot_be_loaded_is_told_and_harms_nobody(trained: Path, url: str) -> None:
    champion, good, damaged = models.current(), another(), another()
    (trained / "models" / damaged / "model.joblib").write_bytes(b"cut off")
    challengers = tuple(routes.Challenger(version, 0.0, time.time()) for version in (damaged, good))
    routes.change(trained / "models", lambda _: routes.Routes(challengers))
    with served(trained, DATABASE_URL=url) as address:
        told = until(lambda: (found := asked(address, "/live"))["unusable"] and found["challengers"] and found)
        assert list(told["unusable"]) == [damaged]
        assert "model.joblib" in told["unusable"][damaged]
        assert live(address) == [good]
        assert asked(address, "/predict", example(address))["version"] == champion
        routes.change(trained / "models", lambda known: known.without(damaged))
        until(lambda: asked(address, "/live")["unusable"] == {})


def test_live_answers_as_it_is_described(trained: Path, url: str) -> None:
    challenger = another()
    with served(trained, DATABASE_URL=url) as address:
        run("models", trained, "challenge", challenger)
        until(lambda: live(address) == [challenger])
        schema = asked(address, "/openapi.json")["paths"]["/live"]["get"]["responses"]["200"]
        described, told = schema["content"]["application/json"]["schema"], asked(address, "/live")
        assert set(told) == set(described["properties"]) == set(described["required"])
        one = described["properties"]["challengers"]["items"]
        assert set(one["required"]) <= set(told["challengers"][0])


def text(address: str, path: str) -> str:
    with urlopen(f"{address}{path}", timeout=30) as answer:
        return str(answer.read().decode())
