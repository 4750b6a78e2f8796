"""What has run in a project, with its date: verify's verdict, reports in JSON, test results, decisions of the store.

A file counts by what it says of a run: a report without a date, or about a model version that is not there, is none.
"""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing, suppress
from dataclasses import dataclass
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree as ET

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

_LARGE = 20_000_000
_FOLDERS = (".", "evidence", "reports")


@dataclass(frozen=True, slots=True)
class Result:
    """Something that ran: its kind, when, what it said, and where that is written."""

    kind: str
    at: datetime
    content: Mapping[str, Any]
    source: str


def gathered(project: Path) -> tuple[Result, ...]:
    """Everything that ran, the oldest first."""
    found = [*_verdict(project), *_versions(project), *_decisions(project), *_reports(project), *_tests(project)]
    return tuple(sorted(found, key=lambda each: each.at))


def champion(project: Path) -> str | None:
    """The version that answers."""
    with suppress(OSError):
        for line in (project / "models" / "aliases").read_text(encoding="utf-8").splitlines():
            if line.startswith("champion="):
                return line.partition("=")[2]
    return None


def package(project: Path) -> str:
    """The project's name in its commands."""
    return str(_json(project / "nb2prod.json").get("package", "PACKAGE"))


def _verdict(project: Path) -> Iterator[Result]:
    content = _json(project / "nb2prod.json").get("verify")
    when = _date(content.get("date")) if isinstance(content, dict) else None
    if when is not None and isinstance(content, dict):
        yield Result("verify", when, content, "nb2prod.json")


def _versions(project: Path) -> Iterator[Result]:
    for path in sorted((project / "models").glob("2*Z-*/manifest.json")):
        content = _json(path)
        when = _date(content.get("created"))
        if when is not None and isinstance(content.get("sha256"), dict):
            yield Result("version", when, content, str(path.relative_to(project)))


def _decisions(project: Path) -> Iterator[Result]:
    path = project / "store" / "operate.db"
    if not path.is_file():
        return
    with closing(sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True)) as here, suppress(sqlite3.Error):
        for at, kind, version, reason, facts in here.execute("SELECT at, kind, version, reason, facts FROM decisions"):
            content = {"kind": kind, "version": version, "reason": reason, "facts": json.loads(facts)}
            yield Result("decision", datetime.fromtimestamp(at, timezone.utc), content, "store/operate.db")


def _reports(project: Path) -> Iterator[Result]:
    versions = {path.name for path in (project / "models").glob("2*Z-*")}
    for path in (each for folder in _FOLDERS for each in sorted((project / folder).glob("*.json"))):
        content = _json(path)
        where = str(path.relative_to(project))
        for each in content.get("manual", ()) if isinstance(content.get("manual"), list) else ():
            when = _date(each.get("date")) if isinstance(each, dict) else None
            if when is not None and each.get("test") and each.get("result") and each.get("by"):
                yield Result("manual", when, each, where)
        version = content.get("model_version", content.get("version"))
        if version not in versions:
            continue
        when = _date(content.get("at"))
        if when is not None and isinstance(content.get("metrics"), dict):
            yield Result("evaluation", when, content, where)
        if when is not None and "over_time" in content:
            yield Result("live", when, content, where)
        if when is not None and "alarms" in content and "columns" in content:
            yield Result("monitor", when, content, where)


def _tests(project: Path) -> Iterator[Result]:
    """What pytest --junitxml writes."""
    for path in (each for folder in _FOLDERS for each in sorted((project / folder).glob("*.xml"))):
        with suppress(ET.ParseError, OSError):
            if path.stat().st_size > _LARGE or b"<!DOCTYPE" in path.read_bytes()[:1000]:
                continue
            root = ET.parse(path).getroot()  # noqa: S314 - the user's own test results, without a DTD
            for suite in root.iter("testsuite"):
                when = _date(suite.get("timestamp"))
                if when is None:
                    continue
                passed, failed = [], []
                for case in suite.iter("testcase"):
                    name = f"{case.get('classname', '')}.{case.get('name', '')}"
                    if case.find("failure") is not None or case.find("error") is not None:
                        failed.append(name)
                    elif case.find("skipped") is None:
                        passed.append(name)
                content = {"passed": tuple(passed), "failed": tuple(failed)}
                yield Result("tests", when, content, str(path.relative_to(project)))


def _json(path: Path) -> dict[str, Any]:
    try:
        content = json.loads(path.read_text(encoding="utf-8")) if path.stat().st_size < _LARGE else {}
    except (OSError, ValueError):
        return {}
    return content if isinstance(content, dict) else {}


def _date(value: object) -> datetime | None:
    """ISO dates, and seconds since 1970; without a zone: UTC."""
    try:
        if isinstance(value, (int, float)) and not isinstance(value, bool):
            return datetime.fromtimestamp(value, timezone.utc)
        when = datetime.fromisoformat(str(value).replace("Z", "+00:00"))
    except (ValueError, OverflowError, OSError):
        return None
    return when if when.tzinfo else when.replace(tzinfo=timezone.utc)
