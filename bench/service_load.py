# ruff: noqa: INP001, T201, D102, S101, S603, PERF203, PLR0913 - a program that prints; methods of a protocol
"""The emitted service beside BentoML, MLflow serve, LitServe and the raw ASGI floor: the same project in each.

    python bench/service_load.py PROJECT --peers VENV [--seconds 10] [--requests 200000]

PROJECT was converted and trained. VENV is an environment with bentoml, mlflow, litserve and what the project needs.
Every service answers one row a request with the project's own `predict.answers`; ours runs in this Python.
CPU is that of the server's processes, from /proc; the client runs beside it and is not counted.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from urllib.request import urlopen

PORT = 8731
CLIENTS = 64
TICKS = os.sysconf("SC_CLK_TCK")

BENTO = """
import bentoml, os, pandas as pd
os.chdir({project!r})
from {package}.predict import answers

@bentoml.service(workers=1)
class Peer:
    @bentoml.api
    def predict(self, row: dict) -> dict:
        return answers(pd.DataFrame([row])).iloc[0].to_dict()

    @bentoml.api(batchable=True, max_batch_size=256)
    def together(self, rows: list[dict]) -> list[dict]:
        return answers(pd.DataFrame(rows)).to_dict("records")
"""
MLFLOW = """
import mlflow, pandas as pd

class Peer(mlflow.pyfunc.PythonModel):
    def predict(self, context, model_input, params=None):
        import os
        os.chdir({project!r})
        from {package}.predict import answers
        return answers(model_input)

mlflow.pyfunc.save_model("mlflow-model", python_model=Peer())
"""
LIT = """
import litserve, os, pandas as pd
os.chdir({project!r})
from {package}.predict import answers

class Peer(litserve.LitAPI):
    def setup(self, device):
        pass

    def predict(self, request):
        return answers(pd.DataFrame([request["row"]])).iloc[0].to_dict()

if __name__ == "__main__":
    litserve.LitServer(Peer(), accelerator="cpu", workers_per_device=1).run(
        port={port}, num_api_servers=1, generate_client_file=False, log_level="warning"
    )
"""
FLOOR = """
import uvicorn

async def app(scope, receive, send):
    if scope["type"] == "http":
        await receive()
        headers = [(b"content-type", b"application/json"), (b"content-length", b"2")]
        await send({{"type": "http.response.start", "status": 200, "headers": headers}})
        await send({{"type": "http.response.body", "body": b"{{}}"}})

uvicorn.run(app, port={port}, access_log=False, log_level="warning", lifespan="off")
"""


@dataclass(frozen=True, slots=True)
class Server:
    """How one is started, and how it is asked."""

    name: str
    command: tuple[str, ...]
    path: str
    body: bytes


@dataclass(frozen=True, slots=True)
class Measured:
    """What came out of one run."""

    answered: int
    refused: int
    seconds: float
    cpu: float
    latencies: tuple[float, ...]

    def quantile(self, share: float) -> float:
        """Milliseconds."""
        return 1000 * self.latencies[min(len(self.latencies) - 1, int(len(self.latencies) * share))]


def main() -> int:
    """Measure all of them and print a table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("project", type=Path)
    parser.add_argument("--peers", type=Path, help="a virtual environment; without it, only ours and the floor")
    parser.add_argument("--seconds", type=float, default=10)
    parser.add_argument("--requests", type=int, default=0, help="afterwards: so many to ours, and its memory")
    options = parser.parse_args()
    project = options.project.resolve()
    package = package_of(project)
    with tempfile.TemporaryDirectory() as folder:
        row = example(project, package)
        titles = ("req/s", "CPU ms/req", "req/CPU s", "p50 ms", "p99 ms")
        print(f"{'server':22}", *(f"{title:>10}" for title in titles), " at 70%: p99 ms")
        for server in servers(Path(folder), project, row, options.peers):
            report(server, project, options.seconds)
        if options.requests:
            memory(ours(package, row), project, options.requests)
    return 0


def servers(folder: Path, project: Path, row: dict[str, object], peers: Path | None) -> list[Server]:
    """All that are compared."""
    package = package_of(project)

    def written(name: str, text: str) -> str:
        path = folder / name
        path.write_text(text.format(package=package, port=PORT, project=str(project)), encoding="utf-8")
        return str(path)

    one = json.dumps({"row": row}).encode()
    floor = Server("raw ASGI", (sys.executable, written("floor.py", FLOOR)), "/", one)
    found = [floor, ours(package, row)]
    if peers is not None:
        programs = peers.resolve() / "bin"
        python = str(programs / "python")
        bento: tuple[str, ...] = (
            python,
            "-m",
            "bentoml",
            "serve",
            f"{Path(written('peer_bento.py', BENTO)).stem}:Peer",
        )
        bento += ("--port", str(PORT), "--working-dir", str(folder))
        model = folder / "mlflow-model"
        words = ("models", "serve", "-m", str(model), "--env-manager", "local", "--port", str(PORT), "--workers", "1")
        split = json.dumps({"dataframe_split": {"columns": list(row), "data": [list(row.values())]}}).encode()
        subprocess.run([python, written("peer_mlflow.py", MLFLOW)], cwd=folder, check=True, capture_output=True)
        found += [
            Server("BentoML", bento, "/predict", one),
            Server("BentoML, batchable", bento, "/together", json.dumps({"rows": [row]}).encode()),
            Server("MLflow", (python, "-m", "mlflow", *words), "/invocations", split),
            Server("LitServe", (python, written("peer_lit.py", LIT)), "/predict", one),
        ]
    return found


def package_of(project: Path) -> str:
    """The name of the emitted package."""
    return next(path.parent.name for path in project.glob("src/*/__main__.py"))


def ours(package: str, row: dict[str, object]) -> Server:
    """The emitted service."""
    line = (sys.executable, "-m", package, "serve", "--port", str(PORT))
    return Server("emitted service", line, "/predict", json.dumps({"row": row}).encode())


def example(project: Path, package: str) -> dict[str, object]:
    """The row that the emitted service documents."""
    server = ours(package, {})
    with running(server, project), urlopen(f"http://127.0.0.1:{PORT}/openapi.json") as answer:
        document = json.load(answer)
    content = document["paths"]["/predict"]["post"]["requestBody"]["content"]["application/json"]
    row: dict[str, object] = content["examples"]["one"]["value"]["row"]
    return row


def report(server: Server, project: Path, seconds: float) -> None:
    """One line of the table: saturated by many clients, then at 70% of what was reached."""
    with running(server, project) as process:
        asyncio.run(load(server, 2, CLIENTS, process.pid))
        full = asyncio.run(load(server, seconds, CLIENTS, process.pid))
        rate = 0.7 * full.answered / full.seconds
        part = asyncio.run(load(server, seconds, CLIENTS, process.pid, rate))
    each = full.cpu / max(full.answered, 1)
    print(
        f"{server.name:22} {full.answered / full.seconds:10.0f} {each * 1000:10.3f} {1 / max(each, 1e-9):10.0f} "
        f"{full.quantile(0.5):10.1f} {full.quantile(0.99):10.1f} {part.quantile(0.99):10.1f}"
        + (f"  ({full.refused} refused)" if full.refused else ""),
        flush=True,
    )


def memory(server: Server, project: Path, requests: int) -> None:
    """Resident memory while many requests are answered."""
    with running(server, project) as process:
        done = 0
        print(f"memory of the {server.name}:")
        while done < requests:
            print(f"  after {done:7} requests {resident(process.pid):6.1f} MB", flush=True)
            done += asyncio.run(load(server, 600, CLIENTS, process.pid, most=max(requests // 8, 1))).answered
        print(f"  after {done:7} requests {resident(process.pid):6.1f} MB", flush=True)


class running:  # noqa: N801 - read as a verb
    """A server in a group of its own, until it has been left."""

    def __init__(self, server: Server, project: Path) -> None:
        self._server, self._project = server, project

    def __enter__(self) -> subprocess.Popen[bytes]:
        environment = {**os.environ, "PYTHONPATH": str(self._project / "src"), "OMP_NUM_THREADS": "1"}
        environment |= {"PATH": f"{Path(self._server.command[0]).parent}:{os.environ['PATH']}"}
        environment |= {"BENTOML_DO_NOT_TRACK": "True", "OPENBLAS_NUM_THREADS": "1", "DO_NOT_TRACK": "1"}
        self._log = tempfile.TemporaryFile()
        self._process = subprocess.Popen(
            self._server.command,
            cwd=self._project,
            env=environment,
            stdout=self._log,
            stderr=self._log,
            start_new_session=True,
        )
        until = time.monotonic() + 120
        while time.monotonic() < until and self._process.poll() is None:
            try:
                measured = asyncio.run(load(self._server, 5, 1, self._process.pid, most=1))
                if measured.answered + measured.refused:
                    return self._process
            except OSError:
                time.sleep(0.2)
        self.__exit__()
        self._log.seek(0)
        message = f"{self._server.name} did not start: {self._log.read()[-3000:].decode(errors='replace')}"
        raise SystemExit(message)

    def __exit__(self, *_: object) -> None:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGTERM)
        try:
            self._process.wait(30)
        except subprocess.TimeoutExpired:
            os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()


class Client(asyncio.Protocol):
    """One connection that asks again and again."""

    def __init__(self, request: bytes, until: float, pause: float, most: int) -> None:
        self.done = asyncio.get_running_loop().create_future()
        self.latencies: list[float] = []
        self.refused = 0
        self._request, self._until, self._pause, self._most = request, until, pause, most
        self._received = b""
        self._due = time.perf_counter()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        self._ask()

    def data_received(self, data: bytes) -> None:
        self._received += data
        head, found, body = self._received.partition(b"\r\n\r\n")
        if not found or not complete(head.lower(), body):
            return
        if head[9:12] == b"200":
            self.latencies.append(time.perf_counter() - self._due)
        else:
            self.refused += 1
        self._received = b""
        now = time.perf_counter()
        if now >= self._until or len(self.latencies) + self.refused >= self._most:
            self._transport.close()
        elif self._pause:
            self._due += self._pause  # an open loop: what is late counts as late
            asyncio.get_running_loop().call_later(max(self._due - now, 0), self._send)
        else:
            self._ask()

    def connection_lost(self, _: Exception | None) -> None:
        if not self.done.done():
            self.done.set_result(None)

    def _ask(self) -> None:
        self._due = time.perf_counter()
        self._send()

    def _send(self) -> None:
        self._transport.write(self._request)


def complete(head: bytes, body: bytes) -> bool:
    """Whether the whole answer is there."""
    if b"transfer-encoding: chunked" in head:
        return body.endswith(b"0\r\n\r\n")
    _, found, rest = head.partition(b"content-length:")
    return not found or len(body) >= int(rest.split(b"\r\n")[0])


async def load(
    server: Server, seconds: float, clients: int, pid: int, rate: float = 0.0, most: int = 10**9
) -> Measured:
    """Ask with so many connections; `rate` is requests per second of all of them, 0 as fast as answers come."""
    head = f"POST {server.path} HTTP/1.1\r\nHost: bench\r\nContent-Type: application/json\r\n"
    request = f"{head}Content-Length: {len(server.body)}\r\n\r\n".encode() + server.body
    started, before = time.perf_counter(), cpu(pid)
    loop = asyncio.get_running_loop()
    made = []
    for _ in range(clients):
        each = -(-most // clients)
        _, client = await loop.create_connection(
            lambda each=each: Client(request, started + seconds, clients / rate if rate else 0.0, each),  # type: ignore[misc]
            "127.0.0.1",
            PORT,
        )
        made.append(client)
        if rate:
            await asyncio.sleep(1 / rate)
    await asyncio.wait_for(asyncio.gather(*(client.done for client in made)), seconds + 60)
    latencies = tuple(sorted(latency for client in made for latency in client.latencies)) or (0.0,)
    refused = sum(client.refused for client in made)
    answered = sum(len(client.latencies) for client in made)
    return Measured(answered, refused, time.perf_counter() - started, cpu(pid) - before, latencies)


def cpu(pid: int) -> float:
    """Seconds of CPU that a process and its descendants have used, the ended ones that were waited for included."""
    parents: dict[int, int] = {}
    used: dict[int, float] = {}
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = path.read_text().rpartition(")")[2].split()
        except OSError:
            continue
        parents[int(path.parent.name)] = int(fields[1])
        used[int(path.parent.name)] = sum(map(int, fields[11:15])) / TICKS
    ours = {pid}
    while more := {child for child, parent in parents.items() if parent in ours} - ours:
        ours |= more
    return sum(used.get(each, 0.0) for each in ours)


def resident(pid: int) -> float:
    """Megabytes."""
    pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6


if __name__ == "__main__":
    raise SystemExit(main())
