"""Emitted services, really started: HTTP answers as `predict` on the command line does, whatever is sent."""

from __future__ import annotations

import concurrent.futures
import csv
import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import time
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd
import pytest

from nb2prod.cli import run as nb2prod

if TYPE_CHECKING:
    from collections.abc import Iterator

FIXTURES = Path(__file__).parent.parent / "fixtures"
CLUSTERS = (
    "import pandas as pd\nfrom sklearn.cluster import KMeans\nfrom sklearn.preprocessing import StandardScaler",
    "df = pd.read_csv('visits.csv')\ndf['spent'] = df['spent'].fillna(df['spent'].median())",
    "X = df[['visits', 'spent']]\nscaler = StandardScaler()\nX_scaled = scaler.fit_transform(X)",
    "kmeans = KMeans(n_clusters=3, n_init=5, random_state=1)\nkmeans.fit(X_scaled)\nlabels = kmeans.predict(X_scaled)",
)
TOKEN = "open-sesame"  # noqa: S105 - of the service that is started here


@dataclass(frozen=True, slots=True)
class Running:
    """A service that was started."""

    folder: Path
    port: int
    process: subprocess.Popen[str]

    def ask(self, path: str, content: object = None, *, body: bytes = b"", token: str = "") -> tuple[int, Any]:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        sent = json.dumps(content).encode() if content is not None else body
        try:
            headers = {"Authorization": token} if token else {}
            connection.request("POST" if sent else "GET", path, sent or None, headers)
            answer = connection.getresponse()
            text = answer.read()
            return answer.status, json.loads(text) if text[:1] in b"{[" else text.decode()
        finally:
            connection.close()


def project(folder: Path, story: str) -> Path:
    """Convert and train; `clusters` is a notebook of our own, since no story has one."""
    if story == "clusters":
        code: dict[str, object] = {"cell_type": "code", "metadata": {}, "execution_count": None, "outputs": []}
        cells = [{**code, "source": source} for source in CLUSTERS]
        (folder / "in").mkdir(parents=True)
        document = {"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 4}
        (folder / "in" / "clusters.ipynb").write_text(json.dumps(document))
        rows = "".join(f"{n % 7 + (n % 3) * 20},{'' if n == 4 else n % 5 + (n % 3) * 9.5}\n" for n in range(60))
        (folder / "in" / "visits.csv").write_text(f"visits,spent\n{rows}")
        notebook = folder / "in" / "clusters.ipynb"
    else:
        notebook = FIXTURES / story / f"{story}.ipynb"
    assert nb2prod(["convert", str(notebook), "-o", str(folder / story), "--no-lock"]) == 0
    command(folder / story, "train")
    return folder / story


def environment(folder: Path, **more: str) -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": str(folder / "src"), "PYTHONDONTWRITEBYTECODE": "1", **more}


def command(folder: Path, *words: str, code: int = 0, **more: str) -> str:
    line = [sys.executable, "-m", folder.name, *words]
    done = subprocess.run(  # noqa: S603 - ourselves
        line, cwd=folder, env=environment(folder, **more), capture_output=True, text=True, check=False
    )
    assert done.returncode == code, done.stdout + done.stderr
    return done.stdout + done.stderr


@contextmanager
def served(folder: Path, **more: str) -> Iterator[Running]:
    line = [sys.executable, "-u", "-m", folder.name, "serve", "--port", "0"]
    log = folder / "log.txt"
    with (
        log.open("w", encoding="utf-8") as errors,
        subprocess.Popen(  # noqa: S603 - ourselves
            line, cwd=folder, env=environment(folder, **more), stdout=subprocess.PIPE, stderr=errors, text=True
        ) as process,
    ):
        assert process.stdout is not None
        said = process.stdout.readline()
        assert "answers on" in said, log.read_text("utf-8")
        try:
            yield Running(folder, int(said.split(":")[-1].split("/")[0]), process)
        finally:
            process.send_signal(signal.SIGTERM)
            assert process.wait(30) == 0, log.read_text("utf-8")


@pytest.fixture(scope="module")
def churn(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return project(tmp_path_factory.mktemp("service"), "churn")


@pytest.fixture(scope="module")
def service(churn: Path) -> Iterator[Running]:
    with served(churn, API_TOKEN=TOKEN, MAX_BODY_BYTES="1000000") as running:
        yield running


def rows_of(folder: Path, count: int) -> list[dict[str, Any]]:
    """Raw rows as JSON, typed as training saw them."""
    (path,) = folder.glob("data/*.csv")
    columns = json.loads(next(folder.glob("models/2*/schema.json")).read_text("utf-8"))["columns"]
    text = {each["name"]: str for each in columns if each["text"]}
    frame = pd.read_csv(path, dtype=text, encoding="latin-1" if folder.name == "spam" else None).head(count)
    rows: list[dict[str, Any]] = json.loads(frame.to_json(orient="records", double_precision=15))
    return rows


@pytest.mark.parametrize("story", ["churn", "house_prices", "spam", "clusters"])
def test_http_answers_as_predict_on_the_command_line(story: str, tmp_path: Path, churn: Path) -> None:
    folder = churn if story == "churn" else project(tmp_path, story)
    (path,) = folder.glob("data/*.csv")
    command(folder, "predict", str(path), "--output", "out.csv")
    with (folder / "out.csv").open(encoding="utf-8") as file:
        expected = list(csv.DictReader(file))[:40]
    with served(folder) as running:
        answers: list[dict[str, Any]] = []
        with concurrent.futures.ThreadPoolExecutor(8) as pool:  # alone, and together as they come
            for status, content in pool.map(lambda row: running.ask("/predict", {"row": row}), rows_of(folder, 40)):
                assert status == 200, content
                answers += content["answers"]
        _, batch = running.ask("/predict", {"rows": rows_of(folder, 40)})
        for given in (answers, batch["answers"]):
            assert len(given) == len(expected)
            for one, other in zip(given, expected, strict=True):
                assert list(one) == list(other)
                for name, value in one.items():
                    close = isinstance(value, float)
                    assert value == pytest.approx(float(other[name]), rel=1e-9) if close else str(value) == other[name]
        _, document = running.ask("/openapi.json")
        examples = document["paths"]["/predict"]["post"]["requestBody"]["content"]["application/json"]["examples"]
        assert [running.ask("/predict", each["value"])[0] for each in examples.values()] == [200, 200]


def test_only_the_token_opens(service: Running) -> None:
    assert service.ask("/healthz")[0] == service.ask("/readyz")[0] == 200
    for wrong in ("", "Bearer wrong", TOKEN):
        for path in ("/predict", "/version", "/metrics", "/openapi.json"):
            assert service.ask(path, {"rows": []} if path == "/predict" else None, token=wrong)[0] == 401
    assert service.ask("/version", token=f"Bearer {TOKEN}")[0] == 200
    paths = service.ask("/openapi.json", token=f"Bearer {TOKEN}")[1]["paths"]
    for path, methods in paths.items():
        for method, described in methods.items():
            status = service.ask(path, {} if method == "post" else None)[0]
            assert (status == 401) == (described.get("security") == [{"token": []}]), path


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b"[" * 200_000, "nested too deeply"),
        (b'{"row": {"age": NaN}}', "NaN is not a value"),
        (b'{"row": {"age": -Infinity}}', "Infinity is not a value"),
        (b'{"row": {}}', "is missing"),
        (b'{"row": 1, "rows": []}', "send {"),
        (b"\xff\xfe", "not JSON"),
        (b'{"rows": [7]}', "a row is an object"),
    ],
)
def test_what_cannot_be_read_is_told(service: Running, body: bytes, reason: str) -> None:
    status, content = service.ask("/predict", body=body, token=f"Bearer {TOKEN}")
    assert status == 422
    assert reason in content["error"]


@pytest.mark.parametrize(
    ("field", "value", "reason"),
    [
        ("age", "old", "must be a number"),
        ("age", True, "must be a number"),
        ("city", 7, "must be text"),
        ("city", "\ud800", "half of a character"),
        ("visits_per_week", 10**400, "too large"),
        ("gender", [1], "must be text"),
    ],
)
def test_a_wrong_value_is_told_with_its_field(service: Running, field: str, value: object, reason: str) -> None:
    row = {**rows_of(service.folder, 1)[0], field: value}
    status, content = service.ask("/predict", {"rows": [row]}, token=f"Bearer {TOKEN}")
    assert status == 422
    assert [(each["row"], each["field"]) for each in content["problems"]] == [(0, field)]
    assert reason in content["error"]


def test_what_is_too_large_gets_an_answer(service: Running) -> None:
    status, content = service.ask("/predict", body=b" " * 100_000_000, token=f"Bearer {TOKEN}")
    assert (status, service.ask("/healthz")[0]) == (413, 200)
    assert "larger than 1000000 bytes" in content["error"]


def test_many_silent_connections_keep_nobody_out(service: Running) -> None:
    silent = [socket.create_connection(("127.0.0.1", service.port), timeout=30) for _ in range(400)]
    try:
        assert service.ask("/healthz")[0] == 200
    finally:
        for each in silent:
            each.close()


def test_overload_is_told_and_what_waits_is_answered(churn: Path) -> None:
    row = rows_of(churn, 1)[0]
    with served(churn, MAX_WAITING="1") as running, concurrent.futures.ThreadPoolExecutor(16) as pool:
        asked = [pool.submit(running.ask, "/predict", {"row": row}) for _ in range(64)]
        statuses = [each.result()[0] for each in asked]
        assert set(statuses) == {200, 503}
        assert running.ask("/predict", {"row": row})[0] == 200


def test_what_is_in_flight_is_finished(churn: Path) -> None:
    rows = rows_of(churn, 200) * 20
    with served(churn) as running, concurrent.futures.ThreadPoolExecutor(1) as pool:
        asked = pool.submit(running.ask, "/predict", {"rows": rows})
        until = time.monotonic() + 30
        while b"requests" not in running.ask("/metrics")[1].encode() and time.monotonic() < until:
            pass
        time.sleep(0.05)
        running.process.send_signal(signal.SIGTERM)
        status, content = asked.result()
        assert (status, len(content["answers"])) == (200, len(rows))
        assert running.process.wait(30) == 0


def test_values_are_not_logged(churn: Path) -> None:
    row = {**rows_of(churn, 1)[0], "city": "Xanadu-the-secret", "joined": "not-a-date-either"}
    with served(churn) as running:
        running.ask("/predict", {"row": row})
        running.ask("/predict", {"row": {**row, "age": "secret-age"}})
    log = (churn / "log.txt").read_text("utf-8")
    assert "secret" not in log
    assert "not-a-date" not in log
    answered = [each for each in map(json.loads, log.splitlines()) if each["event"] == "answered"]
    assert {each["path"] for each in answered} == {"/predict"}
    assert all(each["request_id"] and each["version"] for each in answered)


def test_a_model_that_is_not_the_stored_one_is_not_served(churn: Path) -> None:
    assert "another model was put here" in command(churn, "serve", "--port", "0", code=2, MODEL_SHA256="0" * 64)
    (path,) = churn.glob("models/2*/model.joblib")
    before = path.read_bytes()
    path.write_bytes(before + b"x")
    try:
        assert "is not the file that train stored" in command(churn, "serve", "--port", "0", code=2)
    finally:
        path.write_bytes(before)
