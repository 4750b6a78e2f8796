"""What callers of the service rely on."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any, Iterator
from urllib.error import HTTPError
from urllib.request import urlopen

import pytest
from conftest import PROJECT

from example_project import data, models, predict


@pytest.fixture(scope="module")
def address(trained: Path) -> Iterator[str]:
    """A service of its own, which ends well when it is told to."""
    environment = {**os.environ, "PYTHONPATH": str(PROJECT / "src")}
    line = [sys.executable, "-u", "-m", "example_project", "serve", "--port", "0"]
    with subprocess.Popen(line, cwd=trained, env=environment, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        said = process.stdout.readline()
        assert "/predict" in said, "the service did not start"
        yield said.split()[-1].replace("/predict", "")
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=30) == 0


def test_it_says_which_model_answers(address: str) -> None:
    with urlopen(f"{address}/healthz", timeout=30) as answer:
        assert json.load(answer) == {"status": "ok", "version": models.load().version}


def test_it_answers_as_predict_does(address: str) -> None:
    frame = data.load().head(3)
    body = json.dumps({"rows": json.loads(frame.to_json(orient="records", date_format="iso", double_precision=15))})
    with urlopen(f"{address}/predict", data=body.encode(), timeout=60) as answer:
        given: list[dict[str, Any]] = json.load(answer)["answers"]
    expected = json.loads(predict.answers(frame).to_json(orient="records", date_format="iso"))
    assert len(given) == len(expected)
    for one, other in zip(given, expected):
        assert one == pytest.approx(other, rel=1e-9) if isinstance(other["prediction"], float) else one == other


def test_what_is_wrong_with_the_rows_is_told(address: str) -> None:
    with pytest.raises(HTTPError) as raised:
        urlopen(f"{address}/predict", data=b"[1]", timeout=30)
    assert raised.value.code == 400
    assert "rows" in json.load(raised.value)["error"]
