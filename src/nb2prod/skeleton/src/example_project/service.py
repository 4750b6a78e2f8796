"""The predictions over HTTP: rows in, predictions out; no logic of the model is here."""

from __future__ import annotations

import contextlib
import gc
import json
import os
import signal
import socket
from dataclasses import dataclass
from importlib import import_module
from importlib.util import find_spec
from typing import Any, AsyncIterator, Callable, Mapping

import uvicorn
from fastapi import FastAPI, Request, Response
from starlette.exceptions import HTTPException

from example_project.errors import ProjectError
from example_project.serving import gate, openapi, worker
from example_project.serving.contract import Unusable
from example_project.serving.counts import Counts
from example_project.serving.model import Model

FINISH = 15  # seconds for what is in flight when the service is told to stop


@dataclass(frozen=True)
class Settings:
    """What the environment says."""

    token: str = ""
    largest_body: int = 10_000_000
    most_rows: int = 10_000
    most_waiting: int = 256
    log_values: bool = False

    @classmethod
    def of(cls, environ: Mapping[str, str]) -> Settings:
        """API_TOKEN, MAX_BODY_BYTES, MAX_ROWS, MAX_WAITING, LOG_VALUES=1."""
        names = {"largest_body": "MAX_BODY_BYTES", "most_rows": "MAX_ROWS", "most_waiting": "MAX_WAITING"}
        numbers = {key: environ[name] for key, name in names.items() if environ.get(name)}
        for key, text in numbers.items():
            if not (text.isascii() and text.isdigit()):
                raise ProjectError(f"{names[key]}={text}: it is a whole number")
        return cls(
            token=environ.get("API_TOKEN", ""),
            log_values=environ.get("LOG_VALUES", "") == "1",
            **{key: int(text) for key, text in numbers.items()},
        )


def serve(host: str, port: int) -> None:
    """Answer until SIGTERM or SIGINT; then finish what has begun."""
    service = Service(Settings.of(os.environ))
    config = uvicorn.Config(
        service.app,
        access_log=False,
        log_level="warning",
        backlog=2048,
        timeout_keep_alive=20,
        timeout_graceful_shutdown=FINISH,
        server_header=False,
        proxy_headers=False,
    )
    server = uvicorn.Server(config)
    for number in (signal.SIGTERM, signal.SIGINT):  # uvicorn raises the signal again at its end
        signal.signal(number, lambda *_: setattr(server, "should_exit", True))
    _allow_many_connections()
    with socket.create_server((host, port), family=_family(host), backlog=2048) as listening:
        print(f"model {service.version} answers on {_url(host, listening)}/predict", flush=True)
        server.run(sockets=[listening])
    print("stopped", flush=True)


class Service:
    """One loaded model and the application that answers with it."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self.counts = Counts()
        self.model = self.load()
        self.counts.model(self.model.version, self.model.sha256)
        self.counts.watch("waiting_requests", "Requests in the queue", lambda: self.model.worker.waiting)
        self._operated = _operated(self)
        self.app = self._gated()

    @property
    def version(self) -> str:
        """Of the model that answers."""
        return self.model.version

    def load(self, version: str | None = None) -> Model:
        """A version of the model, by default the champion; it is to be started yet."""
        limits = {"most_rows": self._settings.most_rows, "most_waiting": self._settings.most_waiting}
        return Model(version, **limits, seen=self.counts.predicted)

    def use(self, model: Model) -> None:
        """Let this one answer from now on; what has begun is finished with the one before."""
        self.model, self.app.version = model, model.version
        self.counts.model(model.version, model.sha256)

    def _gated(self) -> gate.Gate:
        api = FastAPI(title="example_project", lifespan=self._living, docs_url="/docs", redoc_url=None)
        routes: dict[tuple[str, str], Callable[..., Any]] = {
            ("POST", "/predict"): self.predict,
            ("GET", "/healthz"): self.healthz,
            ("GET", "/readyz"): self.readyz,
            ("GET", "/version"): self.about,
            ("GET", "/metrics"): self.metrics,
            **(self._operated.routes() if self._operated else {}),
        }
        for (method, path), function in routes.items():
            api.add_api_route(path, function, methods=[method], response_model=None)
        api.add_exception_handler(Unusable, self._unusable)
        api.add_exception_handler(worker.Overloaded, _overloaded)
        api.add_exception_handler(HTTPException, _told)
        api.add_exception_handler(Exception, _failed)
        api.openapi = self._openapi  # type: ignore[method-assign]
        paths = {path for _, path in routes}
        settings = self._settings
        return gate.Gate(
            self._beside(api),
            self.counts,
            paths=paths,
            version=self.version,
            token=settings.token,
            largest=settings.largest_body,
        )

    def _beside(self, api: FastAPI) -> gate.App:
        """Predictions pass by FastAPI's layers, which cost more than all else that the event loop does for them."""

        async def app(scope: gate.Message, receive: gate.Receive, send: gate.Send) -> None:
            if scope["type"] != "http" or (scope["method"], scope["path"]) != ("POST", "/predict"):
                await api(scope, receive, send)
                return
            request = Request(scope, receive)
            try:
                response = await self.predict(request)
            except Unusable as error:
                response = await self._unusable(request, error)
            except worker.Overloaded as error:
                response = await _overloaded(request, error)
            except Exception as error:
                await (await _failed(request, error))(scope, receive, send)
                raise
            await response(scope, receive, send)

        return app

    async def predict(self, request: Request) -> Response:
        """Predict one row or many."""
        model = self.model
        if self._operated:
            version, made = await self._operated.answer(model, request)
        else:
            rows = await model.rows(await request.body())
            version, made = model.version, await model.worker.predict(rows)
        return _json(200, {"version": version, "answers": made})

    async def healthz(self) -> Response:
        """Say that the service is there, and with which model."""
        return _json(200, {"status": "ok", "version": self.version})

    async def readyz(self) -> Response:
        """Whether requests should be sent here."""
        if self.model.warm and self.model.worker.alive:
            return _json(200, {"status": "ready", "version": self.version})
        return _json(503, {"error": "the model has not predicted yet", "problems": []}, {"retry-after": "1"})

    async def about(self) -> Response:
        """The model's version, where it comes from, and what it was made with."""
        known = ("created", "notebook_sha256", "python", "libraries", "sha256")
        facts = {name: self.model.manifest.get(name) for name in known}
        store = {"store": self._operated.state()} if self._operated else {}
        return _json(200, {"version": self.version, "manifest_sha256": self.model.sha256, **facts, **store})

    async def metrics(self) -> Response:
        """Counts for Prometheus."""
        return Response(self.counts.text(), media_type="text/plain; version=0.0.4")

    @contextlib.asynccontextmanager
    async def _living(self, _: FastAPI) -> AsyncIterator[None]:
        """Predict once before the first request; at the end, finish what waits."""
        await self.model.start()
        if self._operated:
            self._operated.start()
        gc.collect()
        gc.freeze()  # what is there now stays: the collector need not look through it again
        gate.log("ready", version=self.version)
        yield
        await self.model.worker.stop()
        if self._operated:
            await self._operated.stop()

    def _openapi(self) -> dict[str, Any]:
        model = self.model
        document = openapi.described(model.contract, version=model.version, example=model.example)
        whole = self._operated.described(document) if self._operated else document
        return openapi.secured(whole) if self._settings.token else whole

    async def _unusable(self, request: Request, error: Exception) -> Response:
        """Tell the caller the values; the log has only places."""
        if not isinstance(error, Unusable):
            raise error
        told = [{"row": each.row, "field": each.field, "reason": each.reason} for each in error.problems]
        where = told if self._settings.log_values else [{**each, "reason": ""} for each in told]
        gate.log("refused", request_id=request.state.request_id, because=gate.place(error), problems=where)
        return _json(422, {"error": str(error), "problems": told})


def _operated(service: Service) -> Any:
    """What comes with the piece `operate`: predictions and feedback are stored, other versions run beside this one."""
    if find_spec("example_project.operate") is None:
        return None
    return import_module("example_project.operate.router").Router.of(os.environ, service)


def _json(status: int, content: Any, headers: Mapping[str, str] | None = None) -> Response:
    return Response(_encoded(content).encode(), status, headers, "application/json")


_encoded = json.JSONEncoder(ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode


async def _overloaded(_: Request, __: Exception) -> Response:
    return _json(503, {"error": "too many requests wait already; try again", "problems": []}, {"retry-after": "1"})


async def _told(_: Request, error: Exception) -> Response:
    """No such path, or no such method there."""
    if not isinstance(error, HTTPException):
        raise error
    return _json(error.status_code, {"error": str(error.detail), "problems": []}, error.headers)


async def _failed(_: Request, __: Exception) -> Response:
    return _json(500, {"error": "the service has failed; its log says where", "problems": []})


def _url(host: str, listening: socket.socket) -> str:
    named = f"[{host}]" if ":" in host else host
    return f"http://{named}:{listening.getsockname()[1]}"


def _family(host: str) -> socket.AddressFamily:
    return socket.AF_INET6 if ":" in host else socket.AF_INET


def _allow_many_connections() -> None:
    """Each connection needs a file descriptor; the usual limit of 1024 is a soft one."""
    with contextlib.suppress(ImportError, OSError, ValueError):  # not on Windows; not where it is forbidden
        import resource

        _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
