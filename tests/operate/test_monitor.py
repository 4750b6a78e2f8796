"""The command `monitor` of an emitted project: files and the store, alarms, page, gauges and webhook."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

ROOT = Path(__file__).resolve().parents[2] / "src" / "nb2prod" / "skeleton"
for library in ("matplotlib", "river", "scipy", "sqlalchemy"):
    pytest.importorskip(library)
KEPT = """
import json, sys
from example_project import models
from example_project.operate.store import Feedback, Predicted, Store
rows = json.load(sys.stdin)
version, here = models.current(), Store()
here.write(
    [Predicted(str(n), r["at"], version, 1.0, r["inputs"], {"prediction": r["given"]}) for n, r in enumerate(rows)],
    [Feedback(str(n), r["at"], r["truth"]) for n, r in enumerate(rows)],
)
here.close()
"""


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    left = shutil.ignore_patterns("__pycache__", ".*_cache", "pictures", "2*Z-*", "aliases", "current", "store")
    folder = tmp_path_factory.mktemp("monitor") / "project"
    shutil.copytree(ROOT, folder, ignore=left)
    run(folder, "-m", "example_project", "train")
    return folder


def run(folder: Path, *arguments: str, code: int = 0, given: str = "", url: str = "") -> str:
    environment = {**os.environ, "PYTHONPATH": str(folder / "src"), "DATABASE_URL": url}
    line = [sys.executable, *arguments]
    done = subprocess.run(  # noqa: S603 - our own commands
        line, cwd=folder, env=environment, input=given, capture_output=True, text=True, check=False
    )
    assert done.returncode == code, f"{arguments}\n{done.stdout}\n{done.stderr}"
    return done.stdout


def shipments(folder: Path, times: int = 3) -> pd.DataFrame:
    read = pd.read_csv(folder / "data" / "shipments.csv", sep=";", dtype={"service": str})
    return pd.concat([read] * times, ignore_index=True)


def test_rows_like_those_of_training_are_quiet(trained: Path) -> None:
    told = run(trained, "-m", "example_project", "monitor", "data/shipments.csv")
    assert "no alarm" in told
    assert "note:" not in told, "nothing depends on the column `note`"


def test_an_alarm_is_told_everywhere(trained: Path) -> None:
    frame = shipments(trained)
    frame["weight"] *= 1.6
    frame.loc[frame.index % 3 == 0, "distance"] = np.nan
    frame["depot"] = frame["depot"].replace("North", "<script>alert(1)</script>")
    frame.to_csv(trained / "new.csv", sep=";", index=False)
    received: list[bytes] = []

    class Listener(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            received.append(self.rfile.read(int(self.headers["content-length"])))
            self.send_response(204)
            self.end_headers()

        def log_message(self, *_: object) -> None: ...

    server = HTTPServer(("127.0.0.1", 0), Listener)
    threading.Thread(target=server.handle_request, daemon=True).start()
    files = ("--page", "page.html", "--output", "found.json", "--prometheus", "gauges.prom")
    hook = f"http://127.0.0.1:{server.server_port}/"
    told = run(trained, "-m", "example_project", "monitor", "new.csv", *files, "--webhook", hook, code=1)
    server.server_close()
    assert told.count("ALARM") == 3
    report = json.loads((trained / "found.json").read_text())
    assert [each["column"] for each in report["columns"] if each["alarm"]] == ["depot", "weight", "distance"]
    assert json.loads(received[0]) == report
    page = (trained / "page.html").read_text()
    assert "<script" not in page
    assert set(re.findall(r"https?://[^\"' <]+", page)) <= {
        "http://www.w3.org/2000/svg",
        "http://www.w3.org/1999/xlink",
    }
    assert page.count("<svg") == 5
    gauges = (trained / "gauges.prom").read_text()
    assert "\nexample_project_alarms 3\n" in "\n" + gauges
    assert 'example_project_drift{column="weight"} 0.5' in gauges


def test_the_store_is_looked_at_by_days(trained: Path, tmp_path: Path) -> None:
    frame = shipments(trained, 6).drop(columns="late")
    generator = np.random.default_rng(0)
    now, rows = time.time(), []
    for number, inputs in enumerate(json.loads(frame.to_json(orient="records"))):
        fresh = number >= 760
        wrong = generator.random() < (0.6 if fresh else 0.1)
        prediction = "yes" if fresh or number % 2 else "no"
        rows.append(
            {
                "at": now - 60 if fresh else now - 2 * 86_400,
                "inputs": inputs,
                "given": prediction,
                "truth": "neither" if wrong else prediction,
            }
        )
    url = f"sqlite:///{tmp_path / 'store.db'}"
    run(trained, "-c", KEPT, given=json.dumps(rows), url=url)
    told = run(trained, "-m", "example_project", "monitor", code=1, url=url)
    assert "200 rows of the store" in told
    assert "ALARM the predictions: its values differ by 50%" in told
    assert "ALARM the errors have grown from 0." in told
    run(trained, "-m", "example_project", "monitor", "data/shipments.csv", "--oldest", "0", code=1)


def test_an_empty_store_is_quiet_and_says_so(trained: Path, tmp_path: Path) -> None:
    told = run(trained, "-m", "example_project", "monitor", url=f"sqlite:///{tmp_path / 'none.db'}")
    assert "0 rows are too few to tell" in told
