# ruff: noqa: INP001, T201, S311, S603, D102 - a program that prints, and chooses moments at random
"""kill -9 of the service, its store and the trainer at random moments, under load: what was acknowledged must be there.

    python bench/service_faults.py PROJECT [--minutes 5] [--seed 1]

PROJECT was emitted with `--with operate` and trained. PostgreSQL of Debian's packages is started here as its own user,
so run this as root. Afterwards: every feedback that was acknowledged must be in the store, and every answer must have
come from a whole model version. How soon the service was ready again is printed; 5 s is the aim on a quiet machine.
"""

from __future__ import annotations

import argparse
import contextlib
import http.client
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

PORT, READY = 8741, 5.0
CLIENTS = 4


class Service:
    """The service, the store and what was acknowledged."""

    def __init__(self, project: Path, folder: Path) -> None:
        self.project, self.folder = project, folder
        self.package = next(path.parent.name for path in project.glob("src/*/__main__.py"))
        self.url = f"postgresql://postgres@/postgres?host={folder}"
        self.environment = {**os.environ, "PYTHONPATH": str(project / "src"), "DATABASE_URL": self.url}
        self.acknowledged: dict[str, object] = {}
        self.versions: set[str] = set()
        self.answered = self.failed = self.refused = 0
        self.over = threading.Event()
        self.binaries = max(Path("/usr/lib/postgresql").glob("*/bin"))

    def postgres(self, *words: str) -> None:
        drop = ("setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups", "env", "-i", "LC_ALL=C.UTF-8")
        line = (*drop, f"PATH={os.environ['PATH']}", str(self.binaries / words[0]), *words[1:])
        subprocess.run(line, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    def start_store(self) -> None:
        options = f"-k {self.folder} -h ''"
        self.postgres("pg_ctl", "-D", f"{self.folder}/data", "-o", options, "-l", f"{self.folder}/log", "-w", "start")

    def kill_store(self) -> None:
        pid = int((self.folder / "data" / "postmaster.pid").read_text().split()[0])
        os.kill(pid, signal.SIGKILL)
        time.sleep(random.uniform(0, 3))
        for _ in range(20):  # its children end when they notice
            with contextlib.suppress(subprocess.CalledProcessError):
                self.start_store()
                return
            time.sleep(0.5)

    def start(self) -> float:
        """Start the service; gives the seconds until it was ready."""
        started = time.monotonic()
        line = [sys.executable, "-m", self.package, "serve", "--port", str(PORT)]
        log = (self.folder / "service.log").open("a")
        self.process = subprocess.Popen(line, cwd=self.project, env=self.environment, stdout=log, stderr=log)
        log.close()
        while time.monotonic() < started + 120:
            with contextlib.suppress(OSError, http.client.HTTPException):
                if ask("/readyz")[0] == 200:  # noqa: PLR2004 - HTTP
                    return time.monotonic() - started
            if self.process.poll() is not None:
                break
            time.sleep(0.05)
        message = f"the service did not come back: {(self.folder / 'service.log').read_text()[-2000:]}"
        raise SystemExit(message)

    def client(self, row: dict[str, object]) -> None:
        """Predict, and tell a truth for every answer; remember what was acknowledged."""
        number = 0
        while not self.over.is_set():
            number += 1
            try:
                status, content = ask("/predict", {"row": row})
                if status != 200:  # noqa: PLR2004 - HTTP
                    self.refused += 1
                    continue
                self.answered += 1
                self.versions.add(content["version"])
                told = {"id": content["answers"][0]["id"], "truth": number}
                if ask("/feedback", told)[0] == 200:  # noqa: PLR2004 - HTTP
                    self.acknowledged[told["id"]] = number
                else:
                    self.refused += 1
            except (OSError, http.client.HTTPException, ValueError):
                self.failed += 1
                time.sleep(0.05)


def main() -> int:
    """Kill for so long; 1 if anything that was promised did not hold."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("project", type=Path)
    parser.add_argument("--minutes", type=float, default=5)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    random.seed(options.seed)
    folder = Path(tempfile.mkdtemp(prefix="nb2prod-faults-"))
    shutil.chown(folder, "postgres", "postgres")
    folder.chmod(0o755)
    service = Service(options.project.resolve(), folder)
    service.postgres("initdb", "-D", f"{folder}/data", "-A", "trust", "-U", "postgres", "-E", "UTF8")
    service.start_store()
    try:
        return run(service, options.minutes)
    finally:
        service.over.set()
        service.process.kill()
        with contextlib.suppress(subprocess.CalledProcessError):
            service.postgres("pg_ctl", "-D", f"{folder}/data", "-m", "immediate", "stop")
        shutil.rmtree(folder, ignore_errors=True)


def run(service: Service, minutes: float) -> int:
    """Load, kills and the look at what is left."""
    ready = [service.start()]
    document = ask("/openapi.json")[1]
    content = document["paths"]["/predict"]["post"]["requestBody"]["content"]["application/json"]
    row = content["examples"]["one"]["value"]["row"]
    clients = [threading.Thread(target=service.client, args=(row,)) for _ in range(CLIENTS)]
    for each in clients:
        each.start()
    kills = dict.fromkeys(("service", "store", "trainer"), 0)
    until = time.monotonic() + minutes * 60
    while time.monotonic() < until:
        time.sleep(random.uniform(0.5, 4))
        what = random.choice(list(kills))
        kills[what] += 1
        if what == "service":
            service.process.send_signal(signal.SIGKILL)
            service.process.wait()
            ready.append(service.start())
        elif what == "store":
            service.kill_store()
        else:
            trainer = subprocess.Popen(
                [sys.executable, "-m", service.package, "train"],
                cwd=service.project,
                env=service.environment,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
            )
            time.sleep(random.uniform(0.5, 6))
            trainer.kill()
            trainer.wait()
    service.over.set()
    for each in clients:
        each.join()
    return told(service, kills, ready)


def told(service: Service, kills: dict[str, int], ready: list[float]) -> int:
    """Print what happened; 1 if something was lost, or a half model answered."""
    code = (
        "import json; from PACKAGE.operate.store import Store; "
        "print(json.dumps({row['id']: row['truth'] for row in Store().fed_back()}))"
    )
    words = [sys.executable, "-c", code.replace("PACKAGE", service.package)]
    done = subprocess.run(words, env=service.environment, cwd=service.project, check=True, capture_output=True)
    stored = json.loads(done.stdout)
    lost = [name for name, truth in service.acknowledged.items() if stored.get(name) != truth]
    whole = {path.parent.name for path in service.project.glob("models/2*/manifest.json")}
    print(f"killed: {kills}; answers {service.answered}, refused {service.refused}, not reached {service.failed}")
    print(f"acknowledged feedback: {len(service.acknowledged)}, of it lost: {len(lost)}")
    print(f"versions that answered: {len(service.versions)}, of them not whole: {len(service.versions - whole)}")
    median = sorted(ready)[len(ready) // 2]
    print(f"ready again after: median {median:.1f} s, longest {max(ready):.1f} s (the aim: {READY})")
    return int(bool(lost or service.versions - whole))


def ask(path: str, content: object = None) -> tuple[int, dict]:  # type: ignore[type-arg] # any JSON
    """One request on a connection of its own."""
    connection = http.client.HTTPConnection("127.0.0.1", PORT, timeout=20)
    try:
        connection.request("GET" if content is None else "POST", path, json.dumps(content) if content else None)
        answer = connection.getresponse()
        return answer.status, json.loads(answer.read())
    finally:
        connection.close()


if __name__ == "__main__":
    raise SystemExit(main())
