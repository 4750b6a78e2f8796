"""What was found the last time, by file, as long as nothing that could change it has changed."""

from __future__ import annotations

import json
import os
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import nb2prod
from nb2prod.lint import beside
from nb2prod.lint.diagnostic import Diagnostic, Remedy, Unread
from nb2prod.problems import Location

if TYPE_CHECKING:
    from collections.abc import Iterable

FOLDER = ".nb2prod_cache"

_SETTLED = 2_000_000_000
"""A file changed less than two seconds before it was read may change once more without a newer time."""


class Outcome(NamedTuple):
    """What lint said of one file, with what its rules asked of the disk."""

    said: tuple[Diagnostic, ...] | Unread
    asked: dict[str, bool]
    sha256: str


class Cache:
    """The findings of one choice of rules, in one file below `folder`."""

    def __init__(self, folder: Path, settings: object) -> None:
        """Read what there is; `settings` is all that steers what is found."""
        self._folder = folder
        import hashlib  # noqa: PLC0415 - loads OpenSSL, which no cache needs not

        key = hashlib.sha256(json.dumps([_code(), settings], default=str).encode()).hexdigest()[:16]
        self._file = folder / f"{nb2prod.__version__}" / f"{key}.json"
        self._entries: dict[str, Any] = _read(self._file)
        self._changed = False

    def get(self, path: Path) -> Outcome | None:
        """Give what was found in a file, if it would be found again."""
        entry = self._entries.get(str(path.absolute()))
        try:
            if entry is None or not _same(entry, path):
                return None
            if isinstance(entry["said"], dict) and entry["path"] != str(path):  # its message names the path
                return None
            if any(_answer(path.parent, asked) != there for asked, there in entry["asked"].items()):
                return None
            return Outcome(_said(entry["said"], path), entry["asked"], entry["sha256"])
        except (OSError, KeyError, TypeError, ValueError):  # gone, or not what we wrote
            return None

    def put(self, path: Path, outcome: Outcome) -> None:
        """Keep what was found."""
        try:
            stat = path.stat()
        except OSError:
            return
        settled = time.time_ns() - stat.st_mtime_ns > _SETTLED
        self._entries[str(path.absolute())] = {
            "stat": [stat.st_size, stat.st_mtime_ns] if settled else None,
            "path": str(path),
            "sha256": outcome.sha256,
            "asked": outcome.asked,
            "said": _plain(outcome.said),
        }
        self._changed = True

    def save(self) -> None:
        """Write it, without what is about files that are gone; a folder that cannot be written is no cache."""
        if not self._changed:
            return
        entries = {path: entry for path, entry in self._entries.items() if os.path.exists(path)}  # noqa: PTH110 - fast
        try:
            self._file.parent.mkdir(parents=True, exist_ok=True)
            (self._folder / ".gitignore").write_text("# Made by nb2prod.\n*\n", encoding="utf-8")
            written = self._file.with_suffix(f".{os.getpid()}")
            written.write_text(json.dumps(entries), encoding="utf-8")
            written.replace(self._file)
        except OSError:
            return


def _answer(folder: Path, asked: str) -> bool:
    if asked.startswith(beside.QUESTION):
        return beside.state(folder) == asked
    return os.path.exists(os.path.join(folder, asked))  # noqa: PTH110, PTH118 - as Context.exists


def _same(entry: dict[str, Any], path: Path) -> bool:
    stat = path.stat()
    if entry["stat"] == [stat.st_size, stat.st_mtime_ns]:
        return True
    import hashlib  # noqa: PLC0415 - as above

    return bool(entry["sha256"] == hashlib.sha256(path.read_bytes()).hexdigest())


def _read(path: Path) -> dict[str, Any]:
    try:
        found = json.loads(path.read_bytes())
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def _code() -> list[object]:
    """What makes the findings: the interpreter, whose parser reads the cells, and our own modules."""
    top = Path(nb2prod.__file__).parent
    folders = [top, *(top / part for part in ("lint", "lint/rules", "names", "magics", "rows", "rows/knowledge"))]
    return [sys.version, *_modules(folders)]


def _modules(folders: Iterable[Path]) -> list[tuple[str, int, int]]:
    return sorted(
        (entry.path, entry.stat().st_size, entry.stat().st_mtime_ns)
        for folder in folders
        for entry in os.scandir(folder)
        if entry.is_file()
    )


def _plain(said: tuple[Diagnostic, ...] | Unread) -> object:
    if isinstance(said, Unread):
        return {"why": said.why, "foreign": said.foreign}
    return [
        [
            one.code,
            one.name,
            one.severity,
            _numbers(one.where),
            one.message,
            one.print,
            [_numbers(other) for other in one.also],
            [one.fix.message, one.fix.safe] if one.fix else None,
        ]
        for one in said
    ]


def _numbers(where: Location) -> tuple[int, int, int]:
    return where.cell, where.line, where.column


def _said(plain: Any, path: Path) -> tuple[Diagnostic, ...] | Unread:  # noqa: ANN401 - JSON
    if isinstance(plain, dict):
        return Unread(path, plain["why"], plain["foreign"])
    return tuple(
        Diagnostic(
            path=path,
            code=code,
            name=name,
            severity=severity,
            where=Location(*where),
            message=message,
            print=key,
            also=tuple(Location(*other) for other in also),
            fix=Remedy(message=fix[0], safe=fix[1]) if fix else None,
        )
        for code, name, severity, where, message, key, also, fix in plain
    )
