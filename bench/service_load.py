# ruff: noqa: INP001, T201, D102, D103, S101, S603, PERF203, PLR0913, ANN401 - a program that prints; methods of a protocol
"""The emitted service beside BentoML, MLflow serve, LitServe and the raw ASGI floor: the same project in each.

    python bench/service_load.py PROJECT --peers VENV [--seconds 10] [--requests 200000]

PROJECT was converted and trained. VENV is an environment with bentoml, mlflow, litserve and what the project needs, in
the versions and with the optional packages (pyarrow) that this Python has. Every server answers one row a request with
the project's own `predict.answers`, and is measured only if its answer is ours. Server and client are held to one CPU
each, where there are two. CPU is that of the server's processes, from /proc; the client is not counted. The load at 70%
is an open loop: a request is due at its time whether or not the one before was answered, and its latency counts from
there. `client p99` is how late the client itself was with sending, `server p99` what /metrics tells.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import os
import signal
import socket
import subprocess
import tempfile
import time
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.request import Request, urlopen

from service_peers import BENTOML, MLFLOW_NAME, OURS, NotMeasuredError, Server, answer_of, floor, ours, peers, same

if TYPE_CHECKING:
    from collections.abc import Iterator

CLIENTS = 64
TICKS = os.sysconf("SC_CLK_TCK")
CPUS = sorted(os.sched_getaffinity(0))
AIM = 3  # times the throughput per CPU of these
AIMED = (BENTOML, MLFLOW_NAME)


@dataclass(frozen=True, slots=True)
class Measured:
    """What came out of one run."""

    answered: int
    refused: int
    seconds: float
    cpu: float
    latencies: tuple[float, ...]
    late: tuple[float, ...]


def quantile(seconds: tuple[float, ...], share: float) -> float:
    """Milliseconds."""
    return 1000 * seconds[min(len(seconds) - 1, int(len(seconds) * share))]


def main() -> int:
    """Measure all of them and print a table; 1 where one could not be measured."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("project", type=Path)
    parser.add_argument("--peers", type=Path, help="a virtual environment; without it, only ours and the floor")
    parser.add_argument("--seconds", type=float, default=10)
    parser.add_argument("--requests", type=int, default=0, help="afterwards: so many to ours, and its memory")
    options = parser.parse_args()
    os.sched_setaffinity(0, {CPUS[0]})
    project = options.project.resolve()
    package = next(path.parent.name for path in project.glob("src/*/__main__.py"))
    port = free_port()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        row, answer = example(ours(package, {}, port), project)
        found = [floor(folder, row, port), ours(package, row, port)]
        if options.peers is not None:
            found += peers(folder, project, package, row, options.peers.resolve() / "bin", port)
        titles = ("req/s", "CPU ms/req", "req/CPU s", "p50 ms", "p99 ms")
        at_70 = ("70%: p50", "p99 ms", "client p99", "server p99", "load")
        print(f"{'server':22}", *(f"{title:>10}" for title in (*titles, *at_70)))
        each = {server.name: attempt(server, project, options.seconds, answer) for server in found}
        compare(each)
        if options.requests:
            memory(ours(package, row, port), project, options.requests)
    return 1 if None in each.values() else 0


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port: int = listening.getsockname()[1]
        return port


def example(server: Server, project: Path) -> tuple[dict[str, Any], dict[str, Any]]:
    """The row that the emitted service documents, and its answer to that."""
    with running(server, project), urlopen(f"http://127.0.0.1:{server.port}/openapi.json") as told:
        content = json.load(told)["paths"]["/predict"]["post"]["requestBody"]["content"]["application/json"]
        row: dict[str, Any] = content["examples"]["one"]["value"]["row"]
        server = Server(server.name, server.command, server.port, body=json.dumps({"row": row}).encode())
        return row, answer_of(asked(server))


def asked(server: Server) -> Any:
    """The whole answer to the one row."""
    headers = {"Content-Type": "application/json"}
    request = Request(f"http://127.0.0.1:{server.port}{server.path}", server.body, headers)
    with urlopen(request, timeout=30) as answer:  # noqa: S310 - loopback
        return json.load(answer)


def attempt(server: Server, project: Path, seconds: float, answer: dict[str, Any]) -> float | None:
    """CPU seconds for a request; None, and why, where a server cannot be measured: the others are."""
    try:
        server.prepared()
        return report(server, project, seconds, answer)
    except (NotMeasuredError, OSError, ValueError, asyncio.TimeoutError) as error:
        print(f"{server.name:22} not measured: {type(error).__name__}: {error}", flush=True)
        return None


def report(server: Server, project: Path, seconds: float, answer: dict[str, Any]) -> float:
    """One line of the table: saturated by many clients, then at 70% of what was reached."""
    with running(server, project) as process:
        if server.path != "/" and not same(answer_of(asked(server)), answer):
            message = f"it answers {asked(server)}, ours {answer}"
            raise NotMeasuredError(message)
        asyncio.run(load(server, 2, CLIENTS, process.pid))
        full = asyncio.run(load(server, seconds, CLIENTS, process.pid))
        if not full.answered or full.refused:
            message = f"{full.refused} of {full.refused + full.answered} requests were refused"
            raise NotMeasuredError(message)
        before = buckets(server)
        part = asyncio.run(load(server, seconds, CLIENTS, process.pid, 0.7 * full.answered / full.seconds))
        inside = within(before, buckets(server))
    each = full.cpu / full.answered
    figures = (f"{full.answered / full.seconds:.0f}", f"{each * 1000:.3f}", f"{1 / max(each, 1e-9):.0f}")
    waits = [quantile(full.latencies, 0.5), quantile(full.latencies, 0.99)]
    waits += [quantile(part.latencies, 0.5), quantile(part.latencies, 0.99), quantile(part.late, 0.99)]
    words = (*figures, *(f"{wait:.1f}" for wait in waits), inside, f"{os.getloadavg()[0]:.1f}")
    refused = f"  ({part.refused} refused at 70%)" if part.refused else ""
    print(f"{server.name:22}", *(f"{word:>10}" for word in words), refused, flush=True)
    return each


def compare(each: dict[str, float | None]) -> None:
    """Requests for a second of CPU, ours against each."""
    own = each.get(OURS)
    for name, other in each.items():
        if own and other and name != OURS:
            aim = f" (aim: {AIM})" if name in AIMED else ""
            print(f"ours against {name}: {other / own:.2f} times the requests for each second of CPU{aim}")


def buckets(server: Server) -> dict[float, float]:
    """How many predictions our service counts up to each number of seconds."""
    if server.name != OURS:
        return {}
    with urlopen(f"http://127.0.0.1:{server.port}/metrics") as answer:
        lines = answer.read().decode().splitlines()
    found = [line for line in lines if line.startswith("request_seconds_bucket") and 'path="/predict"' in line]
    return {float(line.split('le="')[1].split('"')[0]): float(line.split()[-1]) for line in found}


def within(before: dict[float, float], after: dict[float, float]) -> str:
    """Where the 99th of a hundred lies, in milliseconds: the bounds of its bucket."""
    counts = {bound: count - before.get(bound, 0) for bound, count in sorted(after.items())}
    for (low, _), (high, count) in pairwise([(0.0, 0.0), *counts.items()]):
        if count >= 0.99 * max(counts.values()):
            return f"{1000 * low:g}-{1000 * high:g}"
    return "-"


def memory(server: Server, project: Path, requests: int) -> None:
    """Resident memory while many requests are answered, at a tenth of them and at the end above all."""
    with running(server, project) as process:
        done = 0
        print(f"memory of the {server.name}:")
        while done < requests:
            print(f"  after {done:7} requests {resident(process.pid):6.1f} MB", flush=True)
            done += asyncio.run(load(server, 600, CLIENTS, process.pid, most=max(requests // 10, 1))).answered
        print(f"  after {done:7} requests {resident(process.pid):6.1f} MB, load {os.getloadavg()[0]:.1f}", flush=True)


@contextlib.contextmanager
def held(cpus: set[int]) -> Iterator[None]:
    """What is started in here stays on these."""
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, cpus)
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)


class running:  # noqa: N801 - read as a verb
    """A server in a group of its own, until it has been left."""

    def __init__(self, server: Server, project: Path) -> None:
        self._server, self._project = server, project

    def __enter__(self) -> subprocess.Popen[bytes]:
        environment = {**os.environ, "PYTHONPATH": str(self._project / "src"), "OMP_NUM_THREADS": "1"}
        environment |= {"PATH": f"{Path(self._server.command[0]).parent}:{os.environ['PATH']}"}
        environment |= {"BENTOML_DO_NOT_TRACK": "True", "OPENBLAS_NUM_THREADS": "1", "DO_NOT_TRACK": "1"}
        self._log = tempfile.TemporaryFile()
        with held({CPUS[-1]}):
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
                asyncio.run(load(self._server, 5, 1, self._process.pid, most=1))
            except (OSError, asyncio.TimeoutError):
                time.sleep(0.2)
            else:
                return self._process
        self.__exit__()
        self._log.seek(0)
        message = f"it did not start: {self._log.read()[-3000:].decode(errors='replace')}"
        raise NotMeasuredError(message)

    def __exit__(self, *_: object) -> None:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGTERM)
        try:
            self._process.wait(30)
        except subprocess.TimeoutExpired:
            os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()
        with contextlib.suppress(ProcessLookupError):  # what a server left behind would keep the port
            os.killpg(self._process.pid, signal.SIGKILL)


class Client(asyncio.Protocol):
    """One connection that asks again and again."""

    def __init__(self, request: bytes, until: float, pause: float, most: int) -> None:
        self.done = asyncio.get_running_loop().create_future()
        self.latencies: list[float] = []
        self.late: list[float] = []
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
            asyncio.get_running_loop().call_later(max(self._due - now, 0), self._send, max(self._due, now))
        else:
            self._ask()

    def connection_lost(self, _: Exception | None) -> None:
        if not self.done.done():
            self.done.set_result(None)

    def _ask(self) -> None:
        self._due = time.perf_counter()
        self._send(self._due)

    def _send(self, possible: float) -> None:
        self.late.append(time.perf_counter() - possible)
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
            server.port,
        )
        made.append(client)
        if rate:
            await asyncio.sleep(1 / rate)
    await asyncio.wait_for(asyncio.gather(*(client.done for client in made)), seconds + 60)
    latencies = tuple(sorted(latency for client in made for latency in client.latencies)) or (0.0,)
    late = tuple(sorted(each for client in made for each in client.late)) or (0.0,)
    refused = sum(client.refused for client in made)
    answered = sum(len(client.latencies) for client in made)
    return Measured(answered, refused, time.perf_counter() - started, cpu(pid) - before, latencies, late)


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
