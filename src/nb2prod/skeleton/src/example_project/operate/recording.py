"""The service's memory: every prediction goes to the store beside the answers, feedback is told when it is there.

Losing the store stops no prediction. What could not be written waits, then is dropped and counted.
"""

from __future__ import annotations

import asyncio
import re
import threading
import time
from collections import deque
from dataclasses import dataclass, replace
from typing import Any, Callable, Iterable, Mapping, Sequence

from fastapi import Request, Response
from starlette.responses import JSONResponse

from example_project.errors import ProjectError
from example_project.operate.store import Feedback, Predicted, Score, Store, StoreError
from example_project.serving import gate, openapi
from example_project.serving.contract import Contract, Problem, Rows, Unusable, parsed
from example_project.serving.counts import Counts

KEPT = 20_000  # predictions that wait for a store that is away
AT_ONCE = 2_000  # rows of one transaction
EVERY = 0.2  # seconds between two writes; feedback is written at once
AGAIN = 1.0  # seconds until a store that failed is tried again
CLEANED = 3600  # seconds between two looks for what is too old
_ID = re.compile(r"[0-9a-f]{24}-\d{1,6}")


@dataclass(frozen=True)
class Waiting:
    """Feedback that somebody waits for."""

    told: tuple[Feedback, ...]
    done: Callable[[bool], object]


class Recording:
    """What is written to one store, by a thread of its own."""

    def __init__(self, store: Store, counts: Counts, *, what: str = "all", days: float = 90) -> None:
        self._store, self._what, self._days = store, what, days
        self._predicted: deque[Predicted] = deque()
        self._scored: deque[Score] = deque()
        self._feedback: deque[Waiting] = deque()
        self._news = threading.Condition()
        self._stopping = False
        self._thread = threading.Thread(target=self._run, name="recording", daemon=True)
        self._down: str | None = None
        self._written = self._lost = 0
        self._cleaned = 0.0
        counts.watch("store_waiting", "Predictions not yet in the store", lambda: len(self._predicted))
        counts.watch("store_written", "Predictions written to the store", lambda: self._written)
        counts.watch("store_lost", "Predictions and scores that could not be written", lambda: self._lost)
        counts.watch("store_down", "1 while the store does not answer", lambda: float(self._down is not None))

    @classmethod
    def of(cls, environ: Mapping[str, str], counts: Counts) -> Recording:
        """STORE: `all`, `answers` (no inputs), `ids` (no values) or `nothing`; RETENTION_DAYS: 90, 0 keeps all."""
        what = environ.get("STORE", "all")
        if what not in ("all", "answers", "ids", "nothing"):
            raise ProjectError(f"STORE={what}: it is all, answers, ids or nothing")
        try:
            days = float(environ.get("RETENTION_DAYS", "90"))
            store = Store()
        except (ValueError, ImportError, StoreError) as error:  # (the address may hold a password)
            raise ProjectError(f"RETENTION_DAYS or DATABASE_URL cannot be used ({type(error).__name__})") from None
        return cls(store, counts, what=what, days=days)

    def start(self) -> None:
        """Begin to write."""
        self._thread.start()

    async def stop(self) -> None:
        """Write what waits, if the store takes it."""
        with self._news:
            self._stopping = True
            self._news.notify()
        await asyncio.get_running_loop().run_in_executor(None, self._thread.join)

    def predicted(  # noqa: PLR0913 - each is a part of what is stored
        self, contract: Contract, rows: Rows, made: list[dict[str, Any]], *, stem: str, version: str, ms: float
    ) -> list[dict[str, Any]]:
        """The answers, each with the id that feedback names; they are stored soon."""
        named = [{"id": f"{stem}-{number}", **answer} for number, answer in enumerate(made)]
        if self._what == "nothing":
            return named
        now, keys = time.time(), [field.key for field in contract.fields]
        for number, answer in enumerate(made):
            inputs = dict(zip(keys, (column[number] for column in rows.values))) if self._what == "all" else None
            kept = None if self._what == "ids" else answer
            self._predicted.append(Predicted(f"{stem}-{number}", now, version, ms, inputs, kept))
        while len(self._predicted) > KEPT:
            self._predicted.popleft()
            self._lost += 1
        return named

    def scored(self, scores: Iterable[Score]) -> None:
        """What live models made of a request; it is stored soon, if values are."""
        if self._what == "nothing":
            return
        self._scored.extend(each if self._what != "ids" else replace(each, answer=None) for each in scores)
        while len(self._scored) > KEPT:
            self._scored.popleft()
            self._lost += 1

    def routes(self) -> dict[tuple[str, str], Callable[..., Any]]:
        """What the service answers besides."""
        return {("POST", "/feedback"): self.feedback}

    async def feedback(self, request: Request) -> Response:
        """The true values of predictions, now or weeks later; the answer comes when they are on the disk."""
        told = _told(parsed(await request.body()))
        loop = asyncio.get_running_loop()
        written: asyncio.Future[bool] = loop.create_future()

        def answer(ok: bool) -> None:  # noqa: FBT001 - whether they are stored
            if not written.done():
                written.set_result(ok)

        with self._news:
            self._feedback.append(Waiting(told, lambda ok: loop.call_soon_threadsafe(answer, ok)))
            self._news.notify()
        if await written:
            return JSONResponse({"stored": len(told)})
        content = {"error": "the store has not said that it has this: send it again", "problems": []}
        return JSONResponse(content, 503, {"retry-after": "5"})

    def state(self) -> dict[str, Any]:
        """For a person: what is written, what waits, what was lost."""
        waiting = len(self._predicted)
        return {"down": self._down, "written": self._written, "waiting": waiting, "lost": self._lost}

    def described(self, document: dict[str, Any]) -> dict[str, Any]:
        """The OpenAPI document with feedback in it."""
        one = {
            "type": "object",
            "properties": {"id": {"type": "string", "pattern": f"^{_ID.pattern}$"}, "truth": _TRUTH},
            "required": ["id", "truth"],
            "additionalProperties": False,
        }
        many = {"feedback": {"type": "array", "items": one, "maxItems": AT_ONCE, "minItems": 1}}
        schema = {
            "oneOf": [
                one,
                {"type": "object", "properties": many, "required": ["feedback"], "additionalProperties": False},
            ]
        }
        example = {"id": f"{'0' * 24}-0", "truth": 1}
        document["paths"]["/feedback"] = {
            "post": {
                "summary": "Tell the true value for a prediction",
                "requestBody": {"required": True, "content": {openapi.JSON: {"schema": schema, "example": example}}},
                "responses": {
                    "200": openapi.answer("It is stored", {"type": "object"}),
                    **openapi.errors(408, 413, 422, 500, 503),
                },
            }
        }
        answer = document["components"]["schemas"]["Answers"]["properties"]["answers"]["items"]
        answer["properties"]["id"] = {"type": "string", "description": "names this prediction in feedback"}
        return document

    def _run(self) -> None:
        while True:
            with self._news:
                if not self._feedback and not self._stopping:
                    self._news.wait(EVERY if self._down is None else AGAIN)
                stopping = self._stopping
            worked = self._write()
            self._forget()
            left = len(self._predicted) + len(self._scored)
            if stopping and (not worked or not (left or self._feedback)):
                break
        self._lost += left
        if left:
            gate.log("predictions lost", number=left)
        self._store.close()

    def _write(self) -> bool:
        """Store what waits, in one transaction; whether that went well."""
        asked = [self._feedback.popleft() for _ in range(len(self._feedback))]
        made = [self._predicted.popleft() for _ in range(min(AT_ONCE, len(self._predicted)))]
        scored = [self._scored.popleft() for _ in range(min(AT_ONCE, len(self._scored)))]
        if not (asked or made or scored):
            return True
        try:
            self._store.write(made, [told for each in asked for told in each.told], scored)
        except (StoreError, OSError) as error:
            self._predicted.extendleft(reversed(made))
            self._scored.extendleft(reversed(scored))
            self._say(type(error).__name__)
        else:
            self._written += len(made)
            self._say(None)
        for each in asked:
            each.done(self._down is None)
        return self._down is None

    def _say(self, down: str | None) -> None:
        """Log the moments when the store goes and comes."""
        if (down is None) != (self._down is None):
            gate.log("store is back" if down is None else "store is down", because=down, lost=self._lost)
        self._down = down

    def _forget(self) -> None:
        if not self._days or self._down is not None or time.time() - self._cleaned < CLEANED:
            return
        self._cleaned = time.time()
        try:
            if gone := self._store.forget(self._days):
                gate.log("forgotten", rows=gone, days=self._days)
        except (StoreError, OSError) as error:
            self._say(type(error).__name__)


_TRUTH = {"type": ["string", "number", "boolean"]}


def _told(content: Any) -> tuple[Feedback, ...]:
    """Checked feedback; raises Unusable."""
    given = content.get("feedback") if isinstance(content, dict) and len(content) == 1 else [content]
    if not isinstance(given, list) or not 1 <= len(given) <= AT_ONCE:
        raise Unusable(Problem(f'send {{"id": …, "truth": …}} or {{"feedback": […]}} with up to {AT_ONCE} of them'))
    problems = [problem for row, each in enumerate(given) for problem in _problems(row, each)]
    if problems:
        raise Unusable(*problems[:20])
    now = time.time()
    return tuple(Feedback(each["id"], now, each["truth"]) for each in given)


def _problems(row: int, each: Any) -> Sequence[Problem]:
    if not isinstance(each, dict) or set(each) != {"id", "truth"}:
        return [Problem("send id and truth, and nothing else", row)]
    found = []
    if not isinstance(each["id"], str) or not _ID.fullmatch(each["id"]):
        found.append(Problem("is not an id that /predict gave", row, "id"))
    if not isinstance(each["truth"], (str, int, float, bool)) or abs(_size(each["truth"])) == float("inf"):
        found.append(Problem("must be text, a number, true or false", row, "truth"))
    return found


def _size(truth: Any) -> float:
    try:
        return 0.0 if isinstance(truth, str) else float(truth)
    except OverflowError:
        return float("inf")
