# ruff: noqa: INP001, S603, PLR0913, ANN401 - programs of a bench, which starts processes; what JSON holds
"""How each server of the comparison is started and asked: the same project in BentoML, MLflow serve and LitServe."""

from __future__ import annotations

import json
import math
import subprocess
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pathlib import Path

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

mlflow.pyfunc.save_model({model!r}, python_model=Peer())
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
        host="127.0.0.1", port={port}, num_api_servers=1, generate_client_file=False, log_level="warning"
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
FLOOR_NAME, OURS, BENTOML, MLFLOW_NAME, LITSERVE = "raw ASGI", "emitted service", "BentoML", "MLflow", "LitServe"


class NotMeasuredError(Exception):
    """Why a server has no row of figures."""


@dataclass(frozen=True, slots=True)
class Server:
    """How one is started, and how it is asked."""

    name: str
    command: tuple[str, ...]
    port: int
    path: str = "/predict"
    body: bytes = b""
    prepare: tuple[str, ...] = ()

    def prepared(self) -> None:
        """What it needs before its first start."""
        if self.prepare:
            done = subprocess.run(self.prepare, check=False, capture_output=True, text=True)
            if done.returncode:
                raise NotMeasuredError(done.stderr[-2000:])


def ours(package: str, row: dict[str, Any], port: int) -> Server:
    """The emitted service."""
    line = (sys.executable, "-m", package, "serve", "--port", str(port))
    return Server(OURS, line, port, body=json.dumps({"row": row}).encode())


def floor(folder: Path, row: dict[str, Any], port: int) -> Server:
    """The raw protocol through uvicorn: nothing that answers through it can need less."""
    program = written(folder / "floor.py", FLOOR, port=port)
    return Server(FLOOR_NAME, (sys.executable, program), port, "/", json.dumps({"row": row}).encode())


def peers(folder: Path, project: Path, package: str, row: dict[str, Any], programs: Path, port: int) -> list[Server]:
    """The other servers, each with one process that predicts."""
    python, place = str(programs / "python"), {"package": package, "project": str(project), "port": port}
    one = json.dumps({"row": row}).encode()
    many = json.dumps({"rows": [row]}).encode()
    split = json.dumps({"dataframe_split": {"columns": list(row), "data": [list(row.values())]}}).encode()
    written(folder / "peer_bento.py", BENTO, **place)
    bento = (python, "-m", "bentoml", "serve", "peer_bento:Peer", "--port", str(port), "--working-dir", str(folder))
    model = str(folder / "mlflow-model")
    save = (python, written(folder / "peer_mlflow.py", MLFLOW, **place, model=model))
    words = ("models", "serve", "-m", model, "--env-manager", "local", "--port", str(port), "--workers", "1")
    lit = (python, written(folder / "peer_lit.py", LIT, **place))
    return [
        Server(BENTOML, bento, port, body=one),
        Server(f"{BENTOML}, batchable", bento, port, "/together", many),
        Server(MLFLOW_NAME, (python, "-m", "mlflow", *words), port, "/invocations", split, save),
        Server(LITSERVE, lit, port, body=one),
    ]


def written(path: Path, text: str, **values: object) -> str:
    """A program of a peer."""
    path.write_text(text.format(**values), encoding="utf-8")
    return str(path)


def answer_of(document: Any) -> dict[str, Any]:
    """What was predicted for the one row, however a server wraps it."""
    while True:
        if isinstance(document, list) and len(document) == 1:
            document = document[0]
        elif isinstance(document, dict) and "answers" in document:
            document = document["answers"]
        elif isinstance(document, dict) and "predictions" in document:
            document = document["predictions"]
        elif isinstance(document, dict) and "prediction" in document:
            return document
        else:
            message = f"no prediction in {str(document)[:200]}"
            raise NotMeasuredError(message)


def same(one: dict[str, Any], other: dict[str, Any]) -> bool:
    """Whether two servers predict the same: labels exactly, numbers to the ninth digit."""
    return one.keys() == other.keys() and all(
        math.isclose(value, other[name], rel_tol=1e-9) if isinstance(value, float) else value == other[name]
        for name, value in one.items()
    )
