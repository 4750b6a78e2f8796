"""A month in the life of an emitted project: the real service over HTTP, simulated days, nobody who decides."""

from __future__ import annotations

import http.client
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

import numpy as np
import pytest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

ROOT = Path(__file__).resolve().parents[2] / "src" / "nb2prod" / "skeleton"
for library in ("fastapi", "matplotlib", "river", "scipy", "sqlalchemy", "uvicorn"):
    pytest.importorskip(library)
ROWS, AT_ONCE = 240, 12  # of a day, of a request
CLOCK = """
import os, time
_real = time.time
def _simulated():
    with open(os.environ["SIMULATED_DAYS"]) as file:
        return _real() + 86_400 * float(file.read() or 0)
time.time = _simulated
"""
PERSON = """
import contextlib, io, json, sys
from example_project import models
from example_project.__main__ import main
for line in sys.stdin:
    words, out = json.loads(line), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(out):
        if words[0] == "broken":
            known = models.load()
            with models.training_as("challenger"):
                print(models.save({}, known.learned, known.schema).name)
            code = 0
        else:
            code = main(words)
    print(json.dumps([code, out.getvalue()]), flush=True)
"""


@dataclass(frozen=True, slots=True)
class World:
    """What happens outside: shipments of a day, and which of them are late."""

    generator: np.random.Generator

    def shipments(self, count: int, *, limit: float, heavier: float = 1.0) -> list[dict[str, Any]]:
        draw = self.generator
        rows = []
        for number in range(count):
            distance = int(draw.integers(20, 1000))
            late = (distance > limit) != (draw.random() < 0.04)
            rows.append(
                {
                    "id": number,
                    "depot": str(draw.choice(["North", "South", "East", "West"])),
                    "service": str(draw.choice(["0A", "12", "0-7"])),
                    "weight": round(float(draw.normal(12, 3)) * heavier, 1),
                    "distance": distance,
                    "note": "",
                    "late": "yes" if late else "no",
                }
            )
        return rows


@dataclass(frozen=True, slots=True)
class Life:
    """The project, its service, and a person at a terminal beside it."""

    folder: Path
    port: int
    person: subprocess.Popen[str]

    def ask(self, path: str, content: object = None) -> Any:  # noqa: ANN401 - JSON, or text
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        try:
            connection.request("GET" if content is None else "POST", path, json.dumps(content) if content else None)
            answer = connection.getresponse()
            text = answer.read().decode()
            assert answer.status == 200, text
            return json.loads(text) if text[:1] in "{[" else text
        finally:
            connection.close()

    def say(self, *words: str, code: int | None = 0) -> str:
        assert self.person.stdin is not None
        assert self.person.stdout is not None
        self.person.stdin.write(json.dumps(words) + "\n")
        self.person.stdin.flush()
        found, told = json.loads(self.person.stdout.readline())
        assert code is None or found == code, told
        return str(told)

    def day(self, rows: list[dict[str, Any]]) -> set[str]:
        """A day's requests and, in the evening, what was true; gives the versions that answered."""
        told, versions = [], set()
        for begin in range(0, len(rows), AT_ONCE):
            some = rows[begin : begin + AT_ONCE]
            answer = self.ask("/predict", {"rows": [{k: v for k, v in row.items() if k != "late"} for row in some]})
            versions.add(answer["version"])
            told += [
                {"id": each["id"], "truth": row["late"]} for each, row in zip(answer["answers"], some, strict=True)
            ]
        self.ask("/feedback", {"feedback": told})
        return versions

    def decided(self) -> list[dict[str, Any]]:
        decisions: list[dict[str, Any]] = json.loads(self.say("models", "live", "--json"))["decisions"]
        return decisions

    def soon(self, found: Callable[[], Any]) -> None:
        end = time.monotonic() + 60
        while not found():
            assert time.monotonic() < end, (self.folder / "log.txt").read_text("utf-8")[-2000:]
            time.sleep(0.1)


@pytest.fixture
def life(tmp_path: Path) -> Iterator[Life]:
    left = shutil.ignore_patterns("__pycache__", ".*_cache", "pictures", "2*Z-*", "aliases", "store", "live.json")
    folder = Path(shutil.copytree(ROOT, tmp_path / "project", ignore=left))
    (tmp_path / "clock").mkdir()
    (tmp_path / "clock" / "sitecustomize.py").write_text(CLOCK)
    (folder / "days").write_text("0")
    trained_on(folder, World(np.random.default_rng(1)).shipments(300, limit=700))
    environment = {
        **os.environ,
        "PYTHONPATH": os.pathsep.join((str(tmp_path / "clock"), str(folder / "src"))),
        "SIMULATED_DAYS": str(folder / "days"),
        "DATABASE_URL": f"sqlite:///{folder / 'store' / 'month.db'}",
        "DECIDE_SECONDS": "0.3",
    }
    with started(folder, environment, "-c", PERSON) as person:
        Life(folder, 0, person).say("train")
        with (
            (folder / "log.txt").open("w", encoding="utf-8") as log,
            started(folder, environment, "-m", "example_project", "serve", "--port", "0", log=log) as service,
        ):
            assert service.stdout is not None
            said = service.stdout.readline()
            try:
                yield Life(folder, int(said.split(":")[-1].split("/")[0]), person)
            finally:
                service.send_signal(signal.SIGTERM)
                assert service.wait(30) == 0
                assert person.stdin is not None
                person.stdin.close()


def started(folder: Path, environment: dict[str, str], *line: str, log: IO[str] | None = None) -> subprocess.Popen[str]:
    pipe = subprocess.PIPE
    return subprocess.Popen(  # noqa: S603 - the project's own commands
        [sys.executable, "-u", *line], cwd=folder, env=environment, stdin=pipe, stdout=pipe, stderr=log, text=True
    )


def trained_on(folder: Path, rows: list[dict[str, Any]]) -> None:
    lines = [";".join(rows[0]), *(";".join(map(str, row.values())) for row in rows)]
    (folder / "data" / "shipments.csv").write_text("\n".join(lines) + "\n")


def test_a_month(life: Life) -> None:
    world, now = World(np.random.default_rng(2)), World(np.random.default_rng(3))
    first = str(life.ask("/version")["version"])
    life.say("models", "rules", "--rows", "300", "--canary", "0.3", "--answers", "60", "--slack", "5")
    alarms: dict[int, str] = {}
    answered: dict[int, set[str]] = {}
    second = broken = third = ""
    for day in range(1, 30):
        (life.folder / "days").write_text(str(day))
        if day == 2:  # somebody trains on newer data
            trained_on(life.folder, now.shipments(900, limit=550))
            second = life.say("train", "--as", "challenger").split()[3].rpartition("/")[2]
            go_live(life, second)
        if day == 10:
            broken = life.say("broken").strip()
            go_live(life, broken, "--share", "0.3")
        if day == 23:
            third = retrained(life)
        limit, heavier = 550 if day < 20 else 800, 1.6 if day in (12, 13) else 1.0
        answered[day] = life.day(world.shipments(ROWS, limit=limit, heavier=heavier))
        time.sleep(1.0)  # the service looks at its numbers meanwhile
        alarms[day] = "\n".join(line for line in life.say("monitor", code=None).splitlines() if "ALARM" in line)
        if day == 10:  # the service does so by itself
            life.soon(lambda: not life.ask("/live")["challengers"])
    kinds = [(each["kind"], each["version"]) for each in life.decided() if each["version"] in (second, broken, third)]
    assert ("canary", second) in kinds, kinds
    assert kinds.index(("canary", second)) < kinds.index(("promote", second)) < kinds.index(("rollback", broken))
    assert ("promote", broken) not in kinds
    assert all(broken not in versions for versions in answered.values())
    assert answered[2] == {first}
    assert {second} == answered[9] == answered[19]
    assert not "".join(alarms[day] for day in range(1, 12)), alarms
    assert "'weight'" in alarms[12] + alarms[13]
    assert not [day for day in range(1, 20) if "errors have grown" in alarms[day]], alarms
    assert "errors have grown" in alarms[20] + alarms[21], alarms
    assert ("promote", third) in kinds, life.say("models", "live")
    assert life.ask("/version")["version"] == third
    seen(life, second, third)


def go_live(life: Life, version: str, *more: str) -> None:
    life.say("models", "challenge", version, *more)
    life.soon(lambda: version in [each["version"] for each in life.ask("/live")["challengers"]])


def retrained(life: Life) -> str:
    life.say("retrain", "--days", "3.5", "--shadow")
    shown: dict[str, Any] = json.loads(life.say("models", "show", "challenger", "--json"))
    version = str(shown["version"])
    life.soon(lambda: version in [each["version"] for each in life.ask("/live")["challengers"]])
    return version


def seen(life: Life, *versions: str) -> None:
    """All of it is in the metrics, in the store and on the page."""
    metrics = str(life.ask("/metrics"))
    assert f'live_share{{version="{versions[-1]}"}} 1.0' in metrics
    assert 'decisions{kind="promote"} 2.0' in metrics
    assert 'decisions{kind="rollback"}' in metrics
    life.say("models", "live", "--page", "live.html")
    page = (life.folder / "live.html").read_text("utf-8")
    assert all(version in page for version in versions)
    assert "<script" not in page
    promoted = [each for each in life.decided() if each["kind"] == "promote"]
    assert all(each["facts"]["evidence"]["odds"] > 20 for each in promoted)
