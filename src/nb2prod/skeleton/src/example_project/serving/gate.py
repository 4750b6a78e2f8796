"""Before the service: an id for each request, the token, limits of size and time; after it: one line of log, counts."""

from __future__ import annotations

import asyncio
import hmac
import json
import os
import re
import sys
import time
from pathlib import Path
from typing import Any, Awaitable, Callable, Iterable, MutableMapping

from example_project.serving.counts import Counts

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Message, Receive, Send], Awaitable[None]]

OPEN = frozenset({"/healthz", "/readyz"})
_PLAIN_ID = re.compile(rb"[\w.:-]{1,64}")
_SLOW = 30  # seconds for a body to arrive
_DRAINED = 500_000_000  # bytes of too large a body that are read and thrown away, so that the answer is seen
_BUFFERED = 20  # times the largest body that all requests together may hold


class Gate:
    """An ASGI application around another."""

    def __init__(  # noqa: PLR0913 - each is a setting
        self,
        app: App,
        counts: Counts,
        *,
        paths: Iterable[str],
        version: str,
        token: str = "",
        largest: int = 10_000_000,
    ) -> None:
        self._app, self._counts, self._paths, self.version = app, counts, frozenset(paths), version
        self._token = f"Bearer {token}".encode() if token else b""
        self._largest, self._buffered = largest, 0
        self._lines: list[str] = []

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        started = time.perf_counter()
        headers = dict(scope["headers"])
        given = headers.get(b"x-request-id", b"")
        request_id = given if _PLAIN_ID.fullmatch(given) else os.urandom(8).hex().encode()
        scope.setdefault("state", {})["request_id"] = request_id.decode()
        status = 500

        async def answer(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                message["headers"] = [*message.get("headers", ()), (b"x-request-id", request_id)]
            await send(message)

        try:
            await self._admit(scope, headers, receive, answer)
        except Exception as error:  # noqa: BLE001 - its traceback may hold values, so that nobody else may print it
            log("failed", request_id=request_id.decode(), because=place(error))
        finally:
            seconds = time.perf_counter() - started
            path = scope["path"] if scope["path"] in self._paths else "other"
            self._counts.answered(path, status, seconds)
            self._log(
                "answered",
                request_id=request_id.decode(),
                method=scope["method"],
                path=path,
                status=status,
                ms=round(seconds * 1000, 2),
                version=self.version,
            )

    async def _admit(self, scope: Message, headers: dict[bytes, bytes], receive: Receive, send: Send) -> None:
        """Pass the request on with its whole body, or say why not."""
        if self._token and scope["path"] not in OPEN and not self._may(headers.get(b"authorization", b"")):
            await refuse(send, 401, "send the header Authorization: Bearer TOKEN", (b"www-authenticate", b"Bearer"))
            return
        length = headers.get(b"content-length", b"")
        if b"content-length" not in headers and b"transfer-encoding" not in headers:
            await self._app(scope, receive, send)
        elif length.isdigit() and int(length) > self._largest:
            await self._too_large(receive, send)
        elif self._buffered > _BUFFERED * self._largest:
            await refuse(send, 503, "too many large requests at once; try again", (b"retry-after", b"1"))
        else:
            await self._with_body(scope, receive, send)

    def _log(self, event: str, **facts: object) -> None:
        """What this turn of the event loop logs is written at once: each write may have to wait for the worker."""
        if not self._lines:
            asyncio.get_running_loop().call_soon(self._write)
        self._lines.append(_line(event, facts))

    def _write(self) -> None:
        lines, self._lines = self._lines, []
        sys.stderr.write("".join(lines))

    def _may(self, given: bytes) -> bool:
        return hmac.compare_digest(given, self._token)

    async def _with_body(self, scope: Message, receive: Receive, send: Send) -> None:
        parts: list[bytes] = []
        try:
            whole = await asyncio.wait_for(self._read(receive, parts), _SLOW)
            if whole:
                await self._app(scope, _given(b"".join(parts), receive), send)
            else:
                await self._too_large(receive, send)
        except asyncio.TimeoutError:
            await refuse(send, 408, f"the body did not arrive within {_SLOW} seconds", (b"connection", b"close"))
        finally:
            self._buffered -= sum(map(len, parts))

    async def _read(self, receive: Receive, parts: list[bytes]) -> bool:
        """Read the body; False as soon as it is too large."""
        size, more = 0, True
        while more:
            message = await receive()
            part, more = message.get("body", b""), message.get("more_body", False)
            parts.append(part)
            size += len(part)
            self._buffered += len(part)
            if size > self._largest:
                return False
        return True

    async def _too_large(self, receive: Receive, send: Send) -> None:
        """Answer, read on for a while and throw it away: a client that still writes would not see the answer."""
        await refuse(
            send,
            413,
            f"the body is larger than {self._largest} bytes: send fewer rows at once",
            (b"connection", b"close"),
            last=False,
        )
        left, until = _DRAINED, time.perf_counter() + _SLOW
        message: Message | None = {"more_body": True}
        while message and message.get("more_body") and left > 0:
            message = await _soon(receive, until - time.perf_counter())
            left -= len(message.get("body", b"")) if message else 0
        await send({"type": "http.response.body", "body": b""})


async def refuse(send: Send, status: int, why: str, *headers: tuple[bytes, bytes], last: bool = True) -> None:
    """Answer with an error as all of them look."""
    body = json.dumps({"error": why, "problems": []}).encode()
    sent = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode()), *headers]
    await send({"type": "http.response.start", "status": status, "headers": sent})
    await send({"type": "http.response.body", "body": body, "more_body": not last})


def log(event: str, **facts: object) -> None:
    """One line of JSON on stderr; values of rows are not among the facts."""
    sys.stderr.write(_line(event, facts))


def _line(event: str, facts: dict[str, object]) -> str:
    return _encoded({"time": round(time.time(), 3), "event": event, **facts}) + "\n"


_encoded = json.JSONEncoder(ensure_ascii=False).encode


def place(error: BaseException) -> str:
    """Where an error came from, without its message: that may hold values."""
    cause = error.__cause__ or error
    trace = cause.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    where = f" at {Path(trace.tb_frame.f_code.co_filename).name}:{trace.tb_lineno}" if trace else ""
    return type(cause).__name__ + where


async def _soon(receive: Receive, seconds: float = _SLOW) -> Message | None:
    """The next message; None if it takes too long."""
    try:
        return await asyncio.wait_for(receive(), max(seconds, 0))
    except asyncio.TimeoutError:
        return None


def _given(body: bytes, receive: Receive) -> Receive:
    """A `receive` that gives the whole body first."""
    messages = [{"type": "http.request", "body": body, "more_body": False}]

    async def give() -> Message:
        return messages.pop() if messages else await receive()

    return give
