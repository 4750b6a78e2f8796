# ruff: noqa: INP001, T201, S311, S603 - a program that prints, chooses moments at random, and runs a project
"""kill -9 of the service, its store and the trainer at random moments, under load; then starts that must be refused.

    python bench/service_faults.py [PROJECT] [--minutes 5] [--seed 1] [--store postgresql|sqlite]

PROJECT was emitted with `--with operate`; without one the fixture `churn` is converted. All happens in a copy.
PostgreSQL is that of Debian's packages, so run this as root; without it the store is SQLite, and is not killed.
While clients predict and feed back, the trainer runs on ever new samples of the data (`train`, `retrain`) and other
versions are promoted, each killed at a random moment. Every promise is a line that begins with `ok` or `BROKEN`.
"""

from __future__ import annotations

import argparse
import contextlib
import http.client
import json
import math
import os
import random
import signal
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import service_faults_postgres as postgres
import service_faults_refusals as refusals
from service_faults_place import OK, PATIENCE, Place

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

FIXTURE = Path(__file__).resolve().parent.parent / "fixtures" / "churn" / "churn.ipynb"
READY = 5.0  # seconds: the aim
CLIENTS, ROWS = 4, 40
EXPECTED = """
import json, sys
from pathlib import Path
from PACKAGE import models
from PACKAGE.__main__ import read
from PACKAGE.predict import answers
from PACKAGE.serving.worker import plain
frame, found = read(Path(sys.argv[1])), {}
for version in json.loads(sys.argv[2]):
    models.check(version)
    with models.using(models.load(version)):
        found[version] = plain(answers(frame))
print(json.dumps(found))
"""
STORED = """
import json
from PACKAGE.operate.store import Store
print(json.dumps([{row["id"]: row["truth"] for row in Store().fed_back()}, len(Store().predicted())]))
"""


def main() -> int:
    """Do all of it; 1 if anything that was promised did not hold."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("project", type=Path, nargs="?")
    parser.add_argument("--minutes", type=float, default=5)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument(
        "--store", choices=("postgresql", "sqlite"), help="default: PostgreSQL, where it can be started"
    )
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="nb2prod-faults-") as name:
        folder = Path(name)
        folder.chmod(0o755)  # PostgreSQL's user has to come by
        project = options.project or converted(folder / "converted")
        kind = options.store or ("postgresql" if postgres.is_here() else "sqlite")
        store = postgres.Postgres(folder / "postgres") if kind == "postgresql" else None
        place = Place(project.resolve(), folder, store)
        try:
            lines = list(tried(place, options.minutes * 60, options.seed))
        finally:
            place.over.set()
            if hasattr(place, "process"):
                place.process.kill()
                place.process.wait()
            if store:
                store.stop()
    return int(not all(lines))


def converted(target: Path) -> Path:
    """The fixture as a project."""
    words = ["convert", str(FIXTURE), "--output", str(target), "--with", "operate", "--no-lock"]
    subprocess.run([sys.executable, "-m", "nb2prod", *words], check=True, stdout=subprocess.DEVNULL)
    return target


def tried(place: Place, seconds: float, seed: int) -> Iterator[bool]:
    """The storm, the store that stays away, the starts that must be refused; whether each line is as promised."""
    if place.store:
        place.store.start()
    chance = random.Random(seed)
    for _ in range(2):
        place.new_data(chance)
        place.run("train")
    storm(place, seconds, seed)
    if place.store:
        place.store.wait()
    yield from told(place)
    yield from away(place)
    say("told to stop, it ends well", place.stop() == 0)
    yield from (say(*each) for each in refusals.tried(place))


def say(what: str, good: bool) -> bool:  # noqa: FBT001 - the verdict of the line
    """Print a line."""
    print(f"{'ok    ' if good else 'BROKEN'}  {what}", flush=True)
    return good


def storm(place: Place, seconds: float, seed: int) -> None:
    """Clients, and everything killed again and again; what goes wrong in a thread goes wrong here."""
    place.seen.ready.append(place.start())
    frame = place.output([sys.executable, "-c", _rows_of(place.package)])
    rows = json.loads(frame)[:ROWS]
    wrong: list[BaseException] = []

    def guarded(work: Callable[..., None], *words: Any) -> Callable[[], None]:  # noqa: ANN401 - whatever it takes
        def run() -> None:
            try:
                work(*words)
            except BaseException as error:  # noqa: BLE001 - told below
                wrong.append(error)
                place.over.set()

        return run

    work = [guarded(ask_on, place, rows, number) for number in range(CLIENTS)]
    killers = (kill_service, kill_store, kill_trainer) if place.store else (kill_service, kill_trainer)
    work += [guarded(each, place, random.Random(f"{seed} {each.__name__}")) for each in killers]
    threads = [threading.Thread(target=each) for each in work]
    for each in threads:
        each.start()
    until = time.monotonic() + seconds
    while time.monotonic() < until and not place.over.wait(1):
        place.seen.load.append(os.getloadavg()[0])
    place.over.set()
    for each in threads:
        each.join()
    if wrong:
        raise wrong[0]


def _rows_of(package: str) -> str:
    return f"from {package} import data; print(data.load().to_json(orient='records', date_format='iso'))"


def ask_on(place: Place, rows: list[Any], number: int) -> None:
    """A client: predict, tell a truth for every answer, remember what was acknowledged."""
    seen, truth = place.seen, number
    while not place.over.wait(0.005):
        row, truth, away = truth % len(rows), truth + CLIENTS, place.away.is_set()
        try:
            status, content = place.ask("/predict", {"row": rows[row]})
            if status != OK:
                seen.refused.append((status, content))
                continue
            answer = content["answers"][0]
            seen.answers.append((content["version"], row, answer))
            seen.while_away += away and place.away.is_set()
            status, _ = place.ask("/feedback", {"id": answer["id"], "truth": truth})
            (seen.acknowledged if status == OK else seen.denied)[answer["id"]] = truth
        except (OSError, http.client.HTTPException, ValueError):
            seen.unreached += 1
            time.sleep(0.05)


def kill_service(place: Place, chance: random.Random) -> None:
    """It is started again at once."""
    while not place.over.wait(chance.uniform(1, 10)):
        place.process.kill()
        place.process.wait()
        count(place, "service")
        place.seen.ready.append(place.start())


def kill_store(place: Place, chance: random.Random) -> None:
    """It is away for up to 4 seconds."""
    if place.store is None:
        return
    while not place.over.wait(chance.uniform(1, 8)):
        way = chance.choice(postgres.WAYS)
        if place.store.kill(way, chance):
            place.away.set()
            time.sleep(chance.uniform(0, 4))
            place.store.start()
            place.away.clear()
        count(place, way)


def kill_trainer(place: Place, chance: random.Random) -> None:
    """Train on other data, or promote another version; most are killed on their way, alone or with their children."""
    while not place.over.is_set():
        place.new_data(chance)
        data = str(place.data.relative_to(place.project))
        promoted = ("models", "promote", chance.choice(place.versions()))
        words = chance.choice((("train",), ("train",), promoted, promoted, ("retrain", data, "--rows", "5")))
        process = subprocess.Popen(
            place.line(*words),
            cwd=place.project,
            env=place.environment,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(chance.uniform(0.2, 6))
        killed = process.poll() is None
        if killed and chance.random() < 0.5:  # noqa: PLR2004 - one of two
            process.kill()
            time.sleep(chance.uniform(0, 1))
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        count(place, f"{' '.join(words[: 1 + (words[0] == 'models')])}{'' if killed else ' (went to its end)'}")


def count(place: Place, what: str) -> None:
    """One more of these."""
    place.seen.kills[what] = place.seen.kills.get(what, 0) + 1


def told(place: Place) -> Iterator[bool]:
    """What the storm left: in the store, in the answers, in `models/`."""
    print("killed: " + ", ".join(f"{what} {number}" for what, number in sorted(place.seen.kills.items())))
    yield from told_of_store(place)
    yield from told_of_answers(place)
    broken = [each for each in place.versions() if _fails(place, "models", "show", each)]
    left = len(list((place.project / "models").glob(".new-*")))
    yield say(f"{len(place.versions())} versions in models/, of them not whole: {len(broken)}", not broken)
    print(f"        ({left} unfinished folders of killed trainers, which the next one removes)")
    ready, load = sorted(place.seen.ready), sorted(place.seen.load) or [math.nan]
    middle = f"min {ready[0]:.1f} s, median {ready[len(ready) // 2]:.1f} s, max {ready[-1]:.1f} s"
    text = f"ready again after {middle} of {len(ready)} starts (load of the machine {load[0]:.1f} to {load[-1]:.1f})"
    yield say(text, ready[-1] <= READY)


def told_of_store(place: Place) -> Iterator[bool]:
    """Whether it has what was acknowledged."""
    seen = place.seen
    code = STORED.replace("PACKAGE", place.package)
    stored, predicted = json.loads(place.output([sys.executable, "-c", code]))
    lost = [name for name, truth in seen.acknowledged.items() if stored.get(name) != truth]
    yield say(f"{len(seen.acknowledged)} feedbacks acknowledged, of them lost: {len(lost)}", not lost)
    nevertheless = sum(name in stored for name in seen.denied)
    print(f"        ({len(seen.denied)} feedbacks answered with 503, of them stored all the same: {nevertheless})")
    print(f"        ({len(seen.answers)} predictions answered, in the store: {predicted}; some died with the service)")


def told_of_answers(place: Place) -> Iterator[bool]:
    """Whether each answer is that of the version it names."""
    seen = place.seen
    answered = sorted({version for version, _, _ in seen.answers})
    file = str(place.data.relative_to(place.project))
    place.new_data(random.Random(0))  # (it begins with the rows that were asked)
    code = EXPECTED.replace("PACKAGE", place.package)
    expected = json.loads(place.output([sys.executable, "-W", "ignore", "-c", code, file, json.dumps(answered)]))
    wrong = [each for each in seen.answers if not same(each[2], expected[each[0]][each[1]])]
    kinds = len({json.dumps(each[:ROWS]) for each in expected.values()})
    text = f"{len(seen.answers)} answers by {len(answered)} versions ({kinds} of them answer differently)"
    yield say(f"{text}, of them not that version's own: {len(wrong)}", not wrong)
    text = f"predictions refused while the service ran: {len(seen.refused)} {seen.refused[:1] or ''}"
    yield say(text.strip(), not seen.refused)
    killed = seen.kills.get(postgres.WAYS[0], 0) + seen.kills.get(postgres.WAYS[2], 0)
    if killed:
        yield say(f"predictions answered while the store was away: {seen.while_away}", seen.while_away > 0)


def _fails(place: Place, *words: str) -> bool:
    try:
        place.run(*words)
    except RuntimeError:
        return True
    return False


def same(answer: dict[str, Any], expected: dict[str, Any]) -> bool:
    """Whether it is that answer: labels exactly, numbers to 9 digits."""
    if {*answer} - {"id"} != {*expected}:
        return False
    pairs = ((answer[name], value) for name, value in expected.items())
    return all(
        math.isclose(one, other, rel_tol=1e-9, abs_tol=1e-12) if isinstance(other, float) else one == other
        for one, other in pairs
    )


def away(place: Place) -> Iterator[bool]:
    """The store stays away: what then waits has an end, what is dropped is counted and told, the rest is written."""
    if not place.store:
        return
    row = json.loads(place.output([sys.executable, "-c", _rows_of(place.package)]))[0]
    before = state(place)
    place.store.stop()
    asked = [place.ask("/predict", {"rows": [row] * 1000}) for _ in range(25)]
    yield say("store away: 25 requests of 1000 rows are answered", all(status == OK for status, _ in asked))
    status, content = place.ask("/feedback", {"id": asked[-1][1]["answers"][0]["id"], "truth": 1})
    yield say(f"store away: feedback is answered with {status}: {content.get('error', content)}", status == 503)  # noqa: PLR2004 - HTTP
    now = state(place)
    lost = now["lost"] - before["lost"]
    metrics = place.ask("/metrics")[1]
    counted = f"store_lost {now['lost']:.1f}" in metrics and "store_down 1.0" in metrics
    text = f"store away: {now['waiting']} predictions wait, {lost} were dropped, /version and /metrics say so"
    yield say(text, counted and now["waiting"] + lost >= 25_000)  # noqa: PLR2004 - as above
    place.store.start()
    until = time.monotonic() + PATIENCE
    while (after := state(place))["written"] - before["written"] < now["waiting"] and time.monotonic() < until:
        time.sleep(0.2)  # what is being written at this moment neither waits nor is written
    wrote = after["written"] - before["written"]
    yield say(f"store back: {wrote} were written, {after['lost'] - now['lost']} more dropped", wrote >= now["waiting"])


def state(place: Place) -> dict[str, Any]:
    """What the service says of its store."""
    found: dict[str, Any] = place.ask("/version")[1]["store"]
    return found


if __name__ == "__main__":
    raise SystemExit(main())
