"""`python -m example_project models`: which versions there are, how they compare, and which one is the champion."""

from __future__ import annotations

import argparse
import getpass
import json
import time
from datetime import datetime, timezone
from importlib import import_module
from pathlib import Path
from typing import Any, Callable

from example_project import aliases, models
from example_project.aliases import Aliases, sync
from example_project.errors import ModelError
from example_project.operate import live_arguments

ROOT = Path("models")
HISTORY = "history.jsonl"


def add(parser: argparse.ArgumentParser) -> None:
    """Set the command's arguments."""
    steps = parser.add_subparsers(metavar="STEP", required=True)
    for name, run, explanation in (
        ("list", _list, "every version, the oldest first"),
        ("show", _show, "what a version was made from; its files are checked"),
        ("compare", _compare, "two versions beside each other"),
        ("promote", _promote, "make a version the champion, the one that predicts"),
        ("rollback", _rollback, "make the version before the champion again"),
    ):
        step = steps.add_parser(name, help=explanation, description=explanation)
        step.add_argument("--json", action="store_true", help="for programs")
        step.set_defaults(run=run)
        if name == "show":
            step.add_argument(
                "version", nargs="?", default="champion", help="a version or an alias (default: champion)"
            )
        if name == "compare":
            step.add_argument("one", nargs="?", default="champion", help="a version or an alias (default: champion)")
            step.add_argument("other", nargs="?", default="challenger", help="the same (default: challenger)")
            step.add_argument("--on", metavar="IN", type=Path, help="labelled rows to evaluate both on")
        if name == "promote":
            step.add_argument("version", nargs="?", default="challenger", help="the same (default: challenger)")
    for name, explanation in live_arguments.STEPS.items():
        step = steps.add_parser(name, help=explanation, description=explanation)
        step.add_argument("--json", action="store_true", help="for programs")
        live_arguments.add(step, name)


def resolve(name: str, root: Path = ROOT) -> str:
    """The version that an alias, a version or the unmistakable beginning or end of one means."""
    known = aliases.read(root)
    if name in aliases.NAMES:
        if name not in known:
            raise ModelError(f"no version is the {name}; there are {_told(known) or 'no aliases'}")
        return known[name]
    there = models.versions(root)
    found = [version for version in there if name and (version.startswith(name) or version.endswith(name))]
    if len(found) != 1:
        raise ModelError(
            f"{name!r} means {'no version' if not found else 'several'}; there are {', '.join(there) or 'none'}"
        )
    return found[0]


def promote(version: str, root: Path = ROOT, sure: Callable[[Aliases], None] = lambda _: None) -> Aliases:
    """Make a whole and unchanged version the champion; who was it before becomes `previous`.

    `sure` is called with the aliases as they are once nobody else can change them; what it raises stops the change.
    """
    models.check(version, root)
    return _changed("promote", version, root, sure)


def rollback(root: Path = ROOT) -> Aliases:
    """Make the previous version the champion again. It can be done once: there is no version before the previous."""
    return _changed("rollback", None, root)


def _changed(what: str, version: str | None, root: Path, sure: Callable[[Aliases], None] = lambda _: None) -> Aliases:
    """Change the aliases, and note it in the history while nobody else can."""

    def step(known: Aliases) -> Aliases:
        sure(known)
        if version is not None:
            new = models.made_champion(known, version)
        elif "previous" not in known:
            raise ModelError("there is no previous version to go back to")
        else:
            models.check(known["previous"], root)
            new = {**known, "champion": known["previous"]}
            del new["previous"]
        _note(root, {"what": what, "from": known.get("champion"), "to": new["champion"]})
        return new

    return aliases.change(root, step)


def _note(root: Path, entry: dict[str, Any]) -> None:
    """Add a line to the history, which nothing reads but people: it may tell of a change that was then interrupted."""
    when = datetime.now(timezone.utc).isoformat()
    with (root / HISTORY).open("a", encoding="utf-8") as file:
        file.write(json.dumps({"when": when, "who": who(), **entry}) + "\n")
    sync(root / HISTORY)


def who() -> str:
    """Whoever runs this."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # a container's user has no name
        return "unknown"


def _list(options: argparse.Namespace) -> int:
    known = aliases.read(ROOT)
    rows = [_row(version, known) for version in models.versions(ROOT)]
    if options.json:
        print(json.dumps(rows, indent=1))
        return 0
    for row in rows or [{"version": "no version yet: python -m example_project train", "aliases": [], "metrics": {}}]:
        print(
            "  ".join(
                filter(None, (row["version"], ",".join(row["aliases"]), _numbers(row["metrics"]), row.get("broken")))
            )
        )
    return 0


def _row(version: str, known: Aliases) -> dict[str, Any]:
    named = [name for name in aliases.NAMES if known.get(name) == version]
    row = {"version": version, "aliases": named, "metrics": {}}
    try:
        models.manifest(ROOT / version)
        return {**row, "metrics": _metrics(version)}
    except (ModelError, OSError, ValueError) as error:
        return {**row, "broken": f"NOT WHOLE: {error}"}


def _metrics(version: str) -> dict[str, float]:
    return dict(json.loads((ROOT / version / "metrics.json").read_text(encoding="utf-8")))


def _show(options: argparse.Namespace) -> int:
    version = resolve(options.version)
    manifest = models.check(version, ROOT)
    if options.json:
        print(json.dumps({**manifest, "metrics": _metrics(version)}, indent=1))
        return 0
    print(f"version   {version}  {','.join(_row(version, aliases.read(ROOT))['aliases'])}".rstrip())
    for title, name in (("created", "created"), ("notebook", "notebook_sha256"), ("git", "git"), ("python", "python")):
        print(f"{title:<9} {manifest.get(name) or 'not known'}")
    data = manifest.get("data") or {}
    print(f"data      {data.get('rows', '?')} rows, {data.get('columns', '?')} columns, sha256 {data.get('sha256')}")
    print(f"metrics   {_numbers(_metrics(version)) or 'none'}")
    for name, digest in manifest["sha256"].items():
        print(f"file      {digest}  {name}")
    return 0


def _compare(options: argparse.Namespace) -> int:
    one, other = resolve(options.one), resolve(options.other)
    told = compared(one, other)
    if options.on:
        told["on"] = {"source": str(options.on), **_on_rows(one, other, options.on)}
    if options.json:
        print(json.dumps(told, indent=1))
        return 0
    print(f"{'':<24}{one:>26}{other:>26}")
    for title, metrics in (("metrics", told["metrics"]), (str(options.on), told.get("on", {}).get("metrics", {}))):
        for name, (first, second) in metrics.items():
            print(f"{name:<24.24}{_number(first):>26}{_number(second):>26}  {title}")
    for name, (first, second) in told["differ"].items():
        print(f"differs: {name}: {first} | {second}")
    if "on" in told:
        print(f"equal predictions: {told['on']['equal']} of {told['on']['rows']} rows")
    return 0


def compared(one: str, other: str) -> dict[str, Any]:
    """Metrics side by side as they were stored (None: it has none), and what else of the manifests differs."""
    first, second = models.check(one, ROOT), models.check(other, ROOT)
    metrics = (_metrics(one), _metrics(other))
    names = list(dict.fromkeys([*metrics[0], *metrics[1]]))
    differ = {
        name: [first.get(name), second.get(name)]
        for name in ("notebook_sha256", "git", "python", "data")
        if first.get(name) != second.get(name)
    }
    libraries = [manifest.get("libraries", {}) for manifest in (first, second)]
    for name in sorted({*libraries[0], *libraries[1]}):
        if libraries[0].get(name) != libraries[1].get(name):
            differ[name] = [libraries[0].get(name), libraries[1].get(name)]
    return {
        "versions": [one, other],
        "metrics": {name: [metrics[0].get(name), metrics[1].get(name)] for name in names},
        "differ": differ,
    }


def _on_rows(one: str, other: str, path: Path) -> dict[str, Any]:
    """Both versions on the same labelled rows."""
    read = import_module("example_project.__main__").read
    evaluate = import_module("example_project.evaluate").evaluate
    predict = import_module("example_project.predict").predict
    reports, answers = [], []
    for version in (one, other):
        with models.using(models.load(version, ROOT)):
            frame = read(path)
            reports.append(evaluate(frame, source=str(path), training=False))
            answers.append(predict(frame))
    names = [name for name, value in reports[0].items() if isinstance(value, float) and name in reports[1]]
    same = (answers[0] == answers[1]) | (answers[0].isna() & answers[1].isna())
    metrics = {name: [reports[0][name], reports[1][name]] for name in names}
    return {"rows": len(same), "equal": int(same.sum()), "metrics": metrics}


def _promote(options: argparse.Namespace) -> int:
    version, before = resolve(options.version), aliases.read(ROOT).get("champion")
    known = promote(version)
    routes = import_module("example_project.operate.routes")
    if routes.read(ROOT).of(version):
        routes.change(ROOT, lambda now: routes.promoted(now, version, before, time.time()))
    return _said(known, options)


def _rollback(options: argparse.Namespace) -> int:
    return _said(rollback(), options)


def _said(known: Aliases, options: argparse.Namespace) -> int:
    print(json.dumps(known, indent=1) if options.json else _told(known))
    return 0


def _told(known: Aliases) -> str:
    return ", ".join(f"{name} {known[name]}" for name in aliases.NAMES if name in known)


def _numbers(metrics: dict[str, float]) -> str:
    return ", ".join(f"{name} {_number(value)}" for name, value in metrics.items())


def _number(value: float | None) -> str:
    return "-" if value is None else f"{value:.6g}"
