"""What callers of the service rely on."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Iterator
from urllib.error import HTTPError
from urllib.request import urlopen

import pytest
from conftest import asked, served

from example_project import data, models, predict


@pytest.fixture(scope="module")
def address(trained: Path) -> Iterator[str]:
    """A service of its own."""
    with served(trained) as url:
        yield url


def test_it_says_which_model_answers(address: str) -> None:
    assert asked(address, "/healthz") == {"status": "ok", "version": models.load().version}
    assert asked(address, "/readyz")["status"] == "ready"


def test_it_answers_as_predict_does(address: str) -> None:
    frame = data.load().head(3)
    rows = json.loads(frame.to_json(orient="records", date_format="iso", double_precision=15))
    given = asked(address, "/predict", {"rows": rows})["answers"]
    expected = json.loads(predict.answers(frame).to_json(orient="records", date_format="iso", double_precision=15))
    assert len(given) == len(expected)
    for one, other in zip(given, expected):
        for name, value in other.items():
            assert one[name] == (pytest.approx(value, rel=1e-9) if isinstance(value, float) else value)


def test_the_documented_example_is_answered(address: str) -> None:
    content = asked(address, "/openapi.json")["paths"]["/predict"]["post"]["requestBody"]["content"]
    for example in content["application/json"].get("examples", {}).values():
        assert asked(address, "/predict", example["value"])["answers"]


def test_what_is_wrong_with_the_rows_is_told(address: str) -> None:
    with pytest.raises(HTTPError) as raised:
        urlopen(f"{address}/predict", data=b"[1]", timeout=30)
    assert raised.value.code == 422
    assert "rows" in json.load(raised.value)["error"]
