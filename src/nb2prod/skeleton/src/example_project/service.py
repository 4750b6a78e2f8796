"""The predictions over HTTP: rows in, predictions out; no logic of the model is here."""

from __future__ import annotations

import json
import signal
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pandas as pd

from example_project import models
from example_project.errors import DataError, ProjectError
from example_project.predict import answers

LARGEST = 10_000_000  # bytes of one request
OK, BAD, TOO_LARGE, NOT_FOUND, UNPREDICTABLE = 200, 400, 413, 404, 422


def serve(host: str, port: int) -> None:
    """Answer until SIGTERM or SIGINT; then finish what has begun."""
    version = models.load().version  # before anything is promised
    server = Server((host, port), Handler)
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: threading.Thread(target=server.shutdown).start())
    print(f"model {version} answers on http://{host}:{server.server_address[1]}/predict", flush=True)
    with server:
        server.serve_forever(poll_interval=0.1)
    print("stopped", flush=True)


def predicted(body: bytes) -> list[dict[str, Any]]:
    """One answer for each of `{"rows": [{column: value}]}`, in order; DataError says what is wrong with them."""
    try:
        rows = json.loads(body)["rows"]
    except (ValueError, TypeError, KeyError):
        raise DataError('send JSON like {"rows": [{"column": 1}]}') from None
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise DataError("rows must be a list of objects, one for each row")
    if not rows:
        return []
    found: list[dict[str, Any]] = json.loads(answers(pd.DataFrame(rows)).to_json(orient="records", date_format="iso"))
    return found


class Server(ThreadingHTTPServer):
    """Waits for the answers that are on their way when it is closed."""

    daemon_threads = False
    request_queue_size = 128


class Handler(BaseHTTPRequestHandler):
    """GET /healthz and POST /predict."""

    protocol_version = "HTTP/1.1"
    timeout = 5  # seconds without a word from the client

    def do_GET(self) -> None:
        """Say that the service is there, and with which model."""
        if self.path != "/healthz":
            self._answer(NOT_FOUND, {"error": "there are GET /healthz and POST /predict"})
        else:
            self._answer(OK, {"status": "ok", "version": models.load().version})

    def do_POST(self) -> None:
        """Predict the rows of the request."""
        length = self.headers.get("Content-Length", "")
        if not length.isdigit() or int(length) > LARGEST:
            self.close_connection = True
            self._answer(TOO_LARGE, {"error": f"send Content-Length, at most {LARGEST}"})
            return
        body = self.rfile.read(int(length))
        if self.path != "/predict":
            self._answer(NOT_FOUND, {"error": "there are GET /healthz and POST /predict"})
            return
        try:
            self._answer(OK, {"version": models.load().version, "answers": predicted(body)})
        except DataError as error:
            self._answer(BAD, {"error": str(error)})
        except ProjectError as error:
            self._answer(UNPREDICTABLE, {"error": str(error)})

    def _answer(self, status: int, content: dict[str, Any]) -> None:
        body = json.dumps(content, ensure_ascii=False).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *arguments: Any) -> None:  # noqa: A002 - the name that it has above
        """Write one line for each request, without the rows."""
        print(f"{self.command} {self.path} {format % arguments}", file=sys.stderr)
