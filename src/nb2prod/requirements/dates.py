"""When the notebook was run: its own timestamps, its last commit, dates in its outputs, the age of its Python."""

from __future__ import annotations

import json
import re
import subprocess
from dataclasses import dataclass
from datetime import date, datetime, timedelta, timezone
from typing import TYPE_CHECKING

from nb2prod.problems import NotebookError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from nb2prod.notebook import Notebook

FOUND = ("git", "auto")
"""What may be asked for instead of a day: to find it."""

# The day a minor version came out; its patches followed about every two months.
_RELEASED = {
    (3, 5): date(2015, 9, 13),
    (3, 6): date(2016, 12, 23),
    (3, 7): date(2018, 6, 27),
    (3, 8): date(2019, 10, 14),
    (3, 9): date(2020, 10, 5),
    (3, 10): date(2021, 10, 4),
    (3, 11): date(2022, 10, 24),
    (3, 12): date(2023, 10, 2),
    (3, 13): date(2024, 10, 7),
    (3, 14): date(2025, 10, 7),
}
_PATCHES_EVERY = timedelta(days=61)
_IN_USE = timedelta(days=180)  # a Python is rarely used on the day it comes out
_HAVE_WHEELS = timedelta(days=230)  # by then, the libraries that others need had wheels for a new minor version
_SETTLED = timedelta(days=365)  # by then, most have moved to a new minor version, or have begun with it
_RECENT = timedelta(days=30)
_KEPT = timedelta(days=730)  # a Python that is older is what is left of an old installation, and so are its libraries
_OLDEST = date(2014, 1, 1)  # before that there were no notebooks
_MARKS = re.compile(
    r'"(?:end_time|completed|timestamp|lastExecuted|iopub\.[\w.]+|shell\.[\w.]+)"\s*:\s*(?:"([^"]+)"|(\d{13}))'
)
_DAY = re.compile(r"(\d{4})-(\d{2})-(\d{2})")
_SUMMARY = re.compile(r"Date: +\w{3}, (\d{1,2} \w{3} \d{4})")
_MINUTE = 60


class NoDateError(NotebookError):
    """The date that was asked for cannot be had; the message is for the user."""


@dataclass(frozen=True, slots=True)
class Dated:
    """The day up to which releases count, and what says so."""

    day: date
    evidence: str


def find(notebook: Notebook, asked: str | None) -> Dated | None:
    """Find the notebook's date: `asked` is a day (YYYY-MM-DD), "git", "auto" (whatever tells it) or None.

    Reads the notebook's file and asks git. A date of the last weeks bounds nothing, so "auto" leaves it out.
    Raises NoDateError when the day cannot be read, or git cannot tell it.
    """
    if asked is None:
        return None
    if asked == "git":
        return _git_or_error(notebook)
    if asked != "auto":
        return Dated(_day_asked_for(asked), "as asked for")
    found = _stamped(notebook) or _committed(notebook) or _summarised(notebook) or _by_python(notebook.python)
    return found if found and found.day < _today() - _RECENT else None


def of_commit(day: date, python: str | None) -> Dated:
    """Give the date of a notebook that was committed on that day and ran with that Python (3.8.5).

    Commits come late: who still has a Python whose next patches came out years ago has not renewed the libraries
    either, and code that is put away is older than its commit.
    """
    patch = _patched(python)
    if patch is None or day <= patch + _KEPT:
        return Dated(day, "the last commit to the notebook")
    evidence = f"two years after Python {python} came out; the last commit to the notebook is of {day}"
    return Dated(patch + _KEPT, evidence)


def python_of(day: date) -> str:
    """Tell the Python that most would have taken on that day: the newest that was out for a year."""
    out = (each for each, released in _RELEASED.items() if released + _SETTLED <= day)
    major, minor = max(out, default=min(_RELEASED))
    return f"{major}.{minor}"


def day(option: str) -> str | None:
    """Read the option `as-of`: "never" is no date."""
    return None if option == "never" else option


def not_before_wheels(dated: Dated | None, python: str) -> tuple[Dated | None, str | None]:
    """Move a date on to where the libraries had wheels for this Python; and what is to be said about that."""
    major, _, minor = python.partition(".")
    released = _RELEASED.get((int(major), int(minor))) if minor.isdigit() else None
    if dated is None or released is None or dated.day >= released + _HAVE_WHEELS:
        return dated, None
    day = released + _HAVE_WHEELS
    note = (
        f"The notebook is from {dated.day} ({dated.evidence}); the libraries have wheels for Python {python} "
        f"only from about {day} on, so versions up to then are taken"
    )
    return Dated(day, f"{dated.evidence}; the first wheels for Python {python}"), note


def _today() -> date:
    return datetime.now(timezone.utc).date()


def _day_asked_for(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        message = f"--as-of {text}: give a day as YYYY-MM-DD, or git, auto or never"
        raise NoDateError(message) from None


def _stamped(notebook: Notebook) -> Dated | None:
    """Find the last of the times that Jupyter, Colab or an extension wrote into the cells' metadata."""
    if notebook.path is None:
        return None
    days = [day for day in _stamps(notebook.path) if _OLDEST <= day <= _today()]
    return Dated(max(days), "the last time a cell was run, in the notebook's metadata") if days else None


def _stamps(path: Path) -> Iterator[date]:
    try:
        text = path.read_text(encoding="utf-8", errors="replace")
        document = json.loads(text) if _MARKS.search(text) else {}
    except (OSError, ValueError, RecursionError):
        return
    for cell in document.get("cells", ()) if isinstance(document, dict) else ():
        metadata = json.dumps(cell.get("metadata") or {}) if isinstance(cell, dict) else ""
        for found in _MARKS.finditer(metadata):
            if found[2]:
                yield datetime.fromtimestamp(int(found[2]) / 1000, timezone.utc).date()
            elif day := _DAY.match(found[1]):
                yield from _valid(day)


def _valid(found: re.Match[str]) -> Iterator[date]:
    try:
        yield date(int(found[1]), int(found[2]), int(found[3]))
    except ValueError:
        return


def _committed(notebook: Notebook) -> Dated | None:
    """Find the day of the last commit to the notebook; None where it has changed since, or history is cut off."""
    path = notebook.path
    if path is None or _git(path, "diff", "--quiet", "HEAD", "--", path.name) is None:
        return None
    if _git(path, "rev-parse", "--is-shallow-repository") == "true":
        return None
    day = _git(path, "log", "-1", "--format=%as", "--", path.name)
    return of_commit(date.fromisoformat(day), notebook.python) if day else None


def _git_or_error(notebook: Notebook) -> Dated:
    found = _committed(notebook)
    if found is None:
        message = (
            f"git does not tell when {notebook.path} was written: it is not committed, changed since, or history is "
            "cut off"
        )
        raise NoDateError(message)
    return found


def _git(path: Path, *words: str) -> str | None:
    try:
        done = subprocess.run(  # noqa: S603 - git, with our own arguments
            ["git", *words],  # noqa: S607 - the user's git
            cwd=path.absolute().parent,
            capture_output=True,
            text=True,
            encoding="utf-8",
            errors="replace",
            timeout=_MINUTE,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    return done.stdout.strip() if done.returncode == 0 else None


def _summarised(notebook: Notebook) -> Dated | None:
    """Find the date that a printed model summary bears."""
    texts = (output.text for cell in notebook.code_cells for output in cell.outputs)
    days = [day for text in texts for written in _SUMMARY.findall(text) for day in _written(written)]
    days = [day for day in days if _OLDEST <= day <= _today()]
    return Dated(max(days), "the date in a printed summary") if days else None


def _written(text: str) -> Iterator[date]:
    try:
        yield datetime.strptime(f"{text} +0000", "%d %b %Y %z").date()
    except ValueError:
        return


def _by_python(version: str | None) -> Dated | None:
    """Guess from the Python that ran it: when that patch came out, and half a year more."""
    patch = _patched(version)
    return Dated(patch + _IN_USE, f"about when Python {version} was in use") if patch else None


def _patched(version: str | None) -> date | None:
    """Tell about when a patch version came out."""
    found = re.match(r"(\d+)\.(\d+)\.(\d+)", version or "")
    released = _RELEASED.get((int(found[1]), int(found[2]))) if found else None
    return released + int(found[3]) * _PATCHES_EVERY if found and released else None
