"""Champion and challengers in one service: every live model scores every request, routing picks only who answers.

The champion always answers in shadow, and wherever a challenger fails or is late. Challengers have threads and queues
of their own; in shadow they begin when the answer is there. What is live is looked up again and again, so that models
change without a restart, in every process that serves.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import time
from dataclasses import dataclass
from itertools import repeat
from pathlib import Path
from typing import Any, Callable, Mapping, Protocol

from fastapi import Request, Response
from starlette.responses import JSONResponse

from example_project import aliases, models
from example_project.errors import ProjectError
from example_project.operate import decisions, routes
from example_project.operate.live_counts import LiveCounts
from example_project.operate.recording import Recording
from example_project.operate.routes import Routes
from example_project.operate.store import Score, Store, StoreError
from example_project.serving import gate, openapi
from example_project.serving.contract import Rows, Unusable, parsed
from example_project.serving.counts import Counts
from example_project.serving.model import Model
from example_project.serving.worker import Overloaded

LOOKS = 1.0  # seconds between two looks at what is live
DECIDES = 30.0  # seconds between two looks at the numbers; DECIDE_SECONDS says otherwise
LONGEST = 5.0  # seconds after which a score that is not there is an error
MISSES = 3  # failures one after the other, from which on a challenger answers nobody until it works again
ROOT = Path("models")
_TEXT, _SHARE = {"type": "string"}, {"type": "number", "minimum": 0, "maximum": 1}
_CHALLENGER = {
    "type": "object",
    "properties": {"version": _TEXT, "share": _SHARE, "decision": _TEXT},
    "required": ["version", "share", "decision"],
}
_LIVE = {
    "type": "object",
    "properties": {
        "champion": _TEXT,
        "automatic": {"type": "boolean"},
        "challengers": {"type": "array", "items": _CHALLENGER},
        "unusable": {
            "type": "object",
            "additionalProperties": _TEXT,
            "description": "versions that should be live and cannot be used, and why",
        },
    },
    "required": ["champion", "automatic", "challengers", "unusable"],
}


class Serving(Protocol):
    """What the router needs of the service."""

    counts: Counts

    @property
    def model(self) -> Model:
        """The model that answers."""

    def load(self, version: str | None = None) -> Model:
        """A version that is to be started yet."""

    def use(self, model: Model) -> None:
        """Let this one answer from now on."""


@dataclass(frozen=True)
class Scored:
    """What a model made of a request; neither answers nor an error where it had no time for it."""

    version: str
    ms: float
    answers: list[dict[str, Any]] | None = None
    error: str | None = None

    @property
    def outcome(self) -> str:
        """In a word."""
        return "error" if self.error is not None else "dropped" if self.answers is None else "answer"


@dataclass(frozen=True)
class Asked:
    """A request: how its predictions will be called, and who is live while it is answered."""

    stem: str
    champion: Model
    rows: Rows
    body: bytes
    headers: Mapping[str, str]
    live: Mapping[str, Model]


class Router:
    """The live models of one service."""

    def __init__(self, serving: Serving, recording: Recording, every: float = DECIDES) -> None:
        self._serving, self._recording, self._every = serving, recording, every
        self._live: dict[str, Model] = {}
        self._misses: dict[str, int] = {}
        self._unusable: dict[str, str] = {}
        self._routes = Routes()
        self._standings: tuple[decisions.Standing, ...] = ()
        self._seen: tuple[Any, ...] = ()
        self._counts = LiveCounts(serving.counts)
        self._tasks: set[asyncio.Task[Any]] = set()

    @classmethod
    def of(cls, environ: Mapping[str, str], serving: Serving) -> Router:
        """DECIDE_SECONDS: 30, how often the numbers are looked at; the store's variables are `Recording`'s."""
        try:
            every = float(environ.get("DECIDE_SECONDS", DECIDES))
        except ValueError:
            raise ProjectError("DECIDE_SECONDS is a number of seconds") from None
        return cls(serving, Recording.of(environ, serving.counts), every)

    def start(self) -> None:
        """Begin to write, to look and to decide; call it in the event loop."""
        self._recording.start()
        if models.pinned():  # the image is the unit: nothing is unpickled that its pin does not vouch for
            gate.log("no live comparison", because=f"{models.PIN} names the one model that may answer")
            return
        self._spawn(self._looking())
        self._spawn(self._deciding())

    async def stop(self) -> None:
        """Write what waits; a challenger that hangs is not waited for."""
        for task in self._tasks:
            task.cancel()
        for model in self._live.values():
            model.worker.leave()
        await self._recording.stop()

    def routes(self) -> dict[tuple[str, str], Callable[..., Any]]:
        """What the service answers besides."""
        return {("GET", "/live"): self.live, **self._recording.routes()}

    def state(self) -> dict[str, Any]:
        """Of the store."""
        return self._recording.state()

    def described(self, document: dict[str, Any]) -> dict[str, Any]:
        """The OpenAPI document with what comes besides."""
        document["paths"]["/live"] = {"get": openapi.got("Who is live, and how they stand", _LIVE)}
        return self._recording.described(document)

    async def live(self) -> Response:
        """Who is live, with which share, and how they stand."""
        champion = self._serving.model.version
        standing = {each.challenger.version: each for each in self._standings}
        rivals = [
            {
                "version": version,
                "share": each.share if (each := self._routes.of(version)) else 0.0,
                "decision": standing[version].decision.why if version in standing else "not judged yet",
                **(standing[version].facts if version in standing else {}),
            }
            for version in self._live
        ]
        told = {"champion": champion, "automatic": self._routes.automatic, "challengers": rivals}
        return JSONResponse({**told, "unusable": self._unusable})

    async def answer(self, model: Model, request: Request) -> tuple[str, list[dict[str, Any]]]:
        """The version that answers and its answers; raises what the champion raises."""
        started = time.perf_counter()
        body = await request.body()
        rows = await model.rows(body)
        asked = Asked(os.urandom(12).hex(), model, rows, body, request.headers, self._live)
        if asked.live:
            version, made = await self._compared(asked)
        else:
            version, made = model.version, await model.worker.predict(rows)
        ms = (time.perf_counter() - started) * 1000
        return version, self._recording.predicted(model.contract, rows, made, stem=asked.stem, version=version, ms=ms)

    async def _compared(self, asked: Asked) -> tuple[str, list[dict[str, Any]]]:
        """The champion's answers, or those of the challenger whose turn it is, if it gives them in time."""
        picked = asked.live.get(self._picked(asked))
        own = asyncio.ensure_future(_score(asked.champion, asked.rows))
        other = asyncio.ensure_future(self._challenged(picked, asked)) if picked else None
        scored = await own
        if isinstance(scored, (Unusable, Overloaded)):  # the caller's rows, or too many of them: it tells nothing
            if other is not None:
                other.cancel()
            raise scored
        tried = await self._in_time(other, picked) if picked and other else None
        for each in asked.live.values():
            if each is not picked:
                self._spawn(self._shadow(each, asked))
        if isinstance(scored, Exception):
            self._keep(asked, Scored(asked.champion.version, 0.0, error=gate.place(scored)), tried)
            raise scored
        self._keep(asked, scored, tried)
        best = tried if tried is not None and tried.answers is not None else scored
        return best.version, best.answers or []

    async def _in_time(self, other: asyncio.Future[Scored], picked: Model) -> Scored:
        """What the picked challenger made of it, if that is there soon after the champion's answer."""
        started = time.perf_counter()
        done, _ = await asyncio.wait({other}, timeout=self._routes.patience)
        if done:
            return other.result()
        other.cancel()
        self._misses[picked.version] = self._misses.get(picked.version, 0) + 1
        return Scored(picked.version, (time.perf_counter() - started) * 1000, error="late: the champion has answered")

    async def _shadow(self, each: Model, asked: Asked) -> None:
        self._keep(asked, await self._challenged(each, asked))

    async def _challenged(self, each: Model, asked: Asked) -> Scored:
        """A challenger's score; it never raises."""
        started = time.perf_counter()
        try:
            same = each.takes_the_same_as(asked.champion)
            rows = asked.rows if same else await each.rows(asked.body)
            scored = await _within(_score(each, rows), LONGEST)
        except asyncio.TimeoutError:
            scored = Scored(each.version, LONGEST * 1000, error=f"no answer within {LONGEST:g} s")
        except Exception as error:  # noqa: BLE001 - whatever a challenger does harms nobody
            scored = error
        if isinstance(scored, Overloaded):  # there is more to do than this machine can: it is no fault of the model
            return Scored(each.version, 0.0)
        if isinstance(scored, Exception):
            ms = (time.perf_counter() - started) * 1000
            scored = Scored(each.version, ms, error=gate.place(scored))
        elif scored.answers is not None and len(scored.answers) != asked.rows.count:
            scored = Scored(each.version, scored.ms, error=f"{len(scored.answers)} answers")
        self._misses[each.version] = self._misses.get(each.version, 0) + 1 if scored.error else 0
        return scored

    def _picked(self, asked: Asked) -> str:
        """Whose answer the caller gets; a challenger that failed several times in a row is left out."""
        known = {each.version: each.share for each in self._routes.challengers if each.version in asked.live}
        able = {version: share for version, share in known.items() if share and self._misses.get(version, 0) < MISSES}
        if not able:
            return asked.champion.version
        key = routes.key_of(self._routes, asked.headers, lambda: _first_row(asked.body)) or asked.stem
        return routes.pick(routes.shares(asked.champion.version, able), key)

    def _keep(self, asked: Asked, *scored: Scored | None) -> None:
        now = time.time()
        for each in scored:
            if each is None:
                continue
            self._counts.scored(each.version, each.ms / 1000, each.outcome)
            if each.outcome == "dropped":
                continue
            made = each.answers or repeat(None, asked.rows.count)
            self._recording.scored(
                Score(f"{asked.stem}-{number}", now, each.version, each.ms, answer, each.error)
                for number, answer in enumerate(made)
            )

    def _spawn(self, work: Any) -> None:
        task = asyncio.ensure_future(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _looking(self) -> None:
        """Follow what is written in `models/`."""
        while True:
            try:
                await self._follow()
            except (ProjectError, OSError) as error:
                gate.log("routes are not followed", because=str(error))
            await asyncio.sleep(LOOKS)

    async def _follow(self) -> None:
        loop = asyncio.get_running_loop()
        seen = await loop.run_in_executor(None, _signature)
        if seen == self._seen:
            return
        champion, known = await loop.run_in_executor(None, lambda: (models.current(ROOT), routes.read(ROOT)))
        self._seen = seen
        self._unusable = {}
        before = {self._serving.model.version: self._serving.model, **self._live}
        if champion not in before and (model := await self._loaded(champion)):
            before[champion] = model
        answering = before.get(champion, self._serving.model)
        live: dict[str, Model] = {}
        for version in (each.version for each in known.challengers if each.version != answering.version):
            each = before.get(version) or await self._loaded(version)
            if each is not None:
                live[version] = each
        if answering is not self._serving.model:
            self._serving.use(answering)
            gate.log("champion", version=answering.version)
        self._live, self._routes, self._standings = live, known, ()
        self._misses = dict.fromkeys(live, 0)
        self._counts.live(routes.shares(answering.version, {v: r.share for v in live if (r := known.of(v))}))
        gone = [each for version, each in before.items() if version not in {answering.version, *live}]
        for each in gone:
            asyncio.get_running_loop().call_later(LONGEST, each.worker.leave)  # when all is answered

    async def _loaded(self, version: str) -> Model | None:
        """A model that has predicted once; None if it cannot be used."""
        try:
            model = await asyncio.get_running_loop().run_in_executor(None, self._serving.load, version)
            await _within(model.start(), LONGEST * 6)
        except Exception as error:  # noqa: BLE001 - whatever is wrong with it, the others go on
            self._unusable[version] = f"{type(error).__name__}: {error}"[:300]
            gate.log("cannot be live", version=version, because=self._unusable[version])
            return None
        return model

    async def _deciding(self) -> None:
        """Look at the numbers, and do what the rules say."""
        loop, store = asyncio.get_running_loop(), Store()
        with contextlib.closing(store):
            while True:
                await asyncio.sleep(self._every)
                try:
                    self._standings, done = await loop.run_in_executor(None, decisions.look, store, ROOT)
                    decided = await loop.run_in_executor(None, store.decided)
                except (StoreError, ProjectError, OSError) as error:
                    gate.log("nothing can be decided", because=type(error).__name__)
                    continue
                self._counts.stand(self._standings, decided)
                if done:
                    last = decided[-1]
                    gate.log("decided", kind=last["kind"], version=last["version"], why=last["reason"])


async def _score(model: Model, rows: Rows) -> Scored | Exception:
    """Its answers and how long they took, or why there are none."""
    started = time.perf_counter()
    try:
        made = await model.worker.predict(rows)
    except Exception as error:  # noqa: BLE001 - the caller judges it
        return error
    return Scored(model.version, (time.perf_counter() - started) * 1000, made)


async def _within(work: Any, seconds: float) -> Any:
    """Wait for it so long; afterwards it goes on by itself, since its place in the queue is taken until it is done."""
    task = asyncio.ensure_future(work)
    return await asyncio.wait_for(asyncio.shield(task), seconds)


def _first_row(body: bytes) -> Any:
    content = parsed(body)
    return content["row"] if "row" in content else next(iter(content["rows"]), None)


def _signature() -> tuple[Any, ...]:
    """Changes whenever one of the two files is replaced."""
    found = []
    for name in (aliases.FILE, routes.FILE):
        with contextlib.suppress(FileNotFoundError):
            about = (ROOT / name).stat()
            found.append((name, about.st_ino, about.st_mtime_ns))
    return tuple(found)
