# ruff: noqa: INP001, S603 - a part of service_faults.py; what is run is a project
"""A copy of a project that is tormented: its service, its store, its data, and what its clients saw."""

from __future__ import annotations

import contextlib
import csv
import http.client
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import random
    from pathlib import Path

    from service_faults_postgres import Postgres

PATIENCE = 120.0  # seconds until we give up
OK = 200


@dataclass
class Seen:
    """What the clients saw."""

    answers: list[tuple[str, int, dict[str, Any]]] = field(default_factory=list)  # version, row, answer
    acknowledged: dict[str, int] = field(default_factory=dict)
    denied: dict[str, int] = field(default_factory=dict)  # feedback that was answered with 503
    refused: list[tuple[int, Any]] = field(default_factory=list)  # predictions that got another answer than 200
    unreached: int = 0
    while_away: int = 0  # predictions answered while the store was away
    ready: list[float] = field(default_factory=list)
    kills: dict[str, int] = field(default_factory=dict)
    load: list[float] = field(default_factory=list)


class Place:
    """A copy of the project, its service, and who asks."""

    def __init__(self, project: Path, folder: Path, store: Postgres | None) -> None:
        self.folder, self.project, self.store = folder, folder / "project", store
        shutil.copytree(project, self.project, ignore=shutil.ignore_patterns("models", "store", ".venv"))
        record = json.loads((self.project / "nb2prod.json").read_text(encoding="utf-8"))
        self.package = record["package"]
        self.data = self.project / record["data"][0]["target"]
        self.url = store.url if store else f"sqlite:///{folder}/operate.db"
        threads = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
        source = {"PYTHONPATH": str(self.project / "src"), "PYTHONHASHSEED": "0"}
        self.environment = {**os.environ, **threads, **source, "DATABASE_URL": self.url}
        with self.data.open(newline="", encoding="utf-8") as file:
            self.head, *self.rows = list(csv.reader(file))
        self.seen, self.over = Seen(), threading.Event()
        self.away = threading.Event()  # set while the store is
        self.port = _free_port()

    def line(self, *words: str) -> list[str]:
        """A command of the project."""
        return [sys.executable, "-W", "ignore", "-m", self.package, *words]

    def run(self, *words: str, check: bool = True) -> str:
        """Run a command of the project to its end."""
        return self.output(self.line(*words), check=check)

    def output(self, line: list[str], *, check: bool = True) -> str:
        """What a process in the project's folder prints."""
        done = subprocess.run(line, cwd=self.project, env=self.environment, check=False, capture_output=True, text=True)
        if check and done.returncode:
            message = f"{line[3:]} failed:\n{done.stderr[-2000:]}"
            raise RuntimeError(message)
        return done.stdout

    def start(self) -> float:
        """Start the service; gives the seconds until it was ready."""
        started = time.monotonic()
        log = self.folder / "service.log"
        with log.open("a") as file:
            line = self.line("serve", "--port", str(self.port))
            self.process = subprocess.Popen(line, cwd=self.project, env=self.environment, stdout=file, stderr=file)
        while time.monotonic() < started + PATIENCE and self.process.poll() is None:
            with contextlib.suppress(OSError, http.client.HTTPException):
                if self.ask("/readyz")[0] == OK:
                    return time.monotonic() - started
            time.sleep(0.02)
        message = f"the service did not come back: {log.read_text()[-2000:]}"
        raise RuntimeError(message)

    def stop(self) -> int:
        """Tell it to stop; gives its exit code."""
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(timeout=60)

    def ask(self, path: str, content: object = None) -> tuple[int, Any]:
        """One request on a connection of its own."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        try:
            connection.request("GET" if content is None else "POST", path, json.dumps(content) if content else None)
            answer = connection.getresponse()
            text = answer.read()
            return answer.status, json.loads(text) if text[:1] in b"{[" else text.decode()
        finally:
            connection.close()

    def new_data(self, chance: random.Random) -> None:
        """All rows, and half of them again: what is trained next is another model that knows every category."""
        new = self.data.with_name(f".{self.data.name}")
        with new.open("w", newline="", encoding="utf-8") as file:
            csv.writer(file).writerows([self.head, *self.rows, *chance.choices(self.rows, k=len(self.rows) // 2)])
        new.replace(self.data)

    def versions(self) -> list[str]:
        """What lies in `models/`, whole or not."""
        return sorted(path.name for path in (self.project / "models").glob("2*"))


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as found:
        return int(found.getsockname()[1])
