"""Add an optional piece to a project on disk: files are added, a changed one is never overwritten."""

from __future__ import annotations

import hashlib
import json
import os
import re
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import canonicalize_name

from nb2prod import requirements as needs
from nb2prod.project import pieces, record, static
from nb2prod.project.disk import RECORD
from nb2prod.project.model import File, ProjectError

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

if TYPE_CHECKING:
    from collections.abc import Iterable

_BASE = re.compile(r"^ARG BASE=(.*)$", re.MULTILINE)
_EXTRAS = "[project.optional-dependencies]"


@dataclass(frozen=True, slots=True, kw_only=True)
class Added:
    """What was done: files written, files that were changed by a person and kept, requirements added.

    `lock` says whether requirements.txt has what requirements.in asks for: `same` where nothing new is asked for,
    `not run` where it was not to be locked, or never was; `way_out` what to do about it and about `extras`.
    """

    pieces: tuple[str, ...]
    written: tuple[str, ...] = ()
    kept: tuple[str, ...] = ()
    requirements: tuple[str, ...] = ()
    lock: Literal["ok", "same", "failed", "not run"] = "same"
    way_out: tuple[str, ...] = ()

    @property
    def complete(self) -> bool:
        """Whether nothing is left to do."""
        return not self.kept and not self.way_out


def add(project: Path, piece: str, *, lock: bool = True, locker: Literal["auto", "uv", "pip-tools"] = "auto") -> Added:
    """Add a piece, and those it needs, to the project in that folder; the record is written last.

    A second time, nothing changes. Raises ProjectError where the folder is no project, or one without a prediction.
    """
    facts = _facts(project)
    names = pieces.with_needs(piece)
    if facts["predict"]["status"] != "ok":
        message = f"{project} predicts nothing, so there is nothing for {piece} to work with; HANDOFF.md says why"
        raise ProjectError(message)
    package, base = facts["package"], _base(project)
    fresh = tuple(static.rendered(path, package, base) for name in names for path in pieces.paths(pieces.named(name)))
    write, kept = _sorted_out(project, fresh, facts, package, base)
    changes = {file.path: file.content for file in write}
    asked, new = _asked(project, names)
    changes |= {"requirements.in": asked.encode()} if new else {}
    state, ways_out, locked = _lock(project, asked, new, wanted=lock and facts["lock"]["status"] == "ok", locker=locker)
    changes |= locked
    toml, way_out = _with_extras(_read(project, "pyproject.toml"), pieces.extras(names))
    changes |= {"pyproject.toml": toml.encode()} if toml else {}
    for path, content in changes.items():
        _replace(project / path, content)
    _replace(project / RECORD, record.dumps(_recorded(facts, names, fresh, kept, new, state)).encode())
    return Added(
        pieces=names,
        written=tuple(path for path, content in changes.items()),
        kept=kept,
        requirements=new,
        lock=state,
        way_out=(*ways_out, *way_out),
    )


def _facts(project: Path) -> dict[str, Any]:
    try:
        facts = json.loads((project / RECORD).read_text(encoding="utf-8"))
    except (FileNotFoundError, NotADirectoryError):
        message = f"{project} is not a project that nb2prod made: it has no {RECORD}"
        raise ProjectError(message) from None
    except ValueError as error:
        message = f"{project / RECORD} cannot be read: {error}"
        raise ProjectError(message) from error
    if not isinstance(facts, dict) or facts.get("format") != record.FORMAT:
        message = f"{project / RECORD} is not of the format {record.FORMAT} that this nb2prod writes; convert again"
        raise ProjectError(message)
    return facts


def _base(project: Path) -> str:
    """The image that the project's Dockerfile builds on."""
    found = _BASE.search(_read(project, "Dockerfile"))
    return found[1] if found else f"python:{_python(project)}-slim-bookworm"


def _python(project: Path) -> str:
    found = re.match(r"\s*(3\.\d+)", _read(project, ".python-version"))
    return found[1] if found else f"{sys.version_info.major}.{sys.version_info.minor}"


def _read(project: Path, path: str) -> str:
    try:
        return (project / path).read_text(encoding="utf-8")
    except FileNotFoundError:
        return ""


def _sorted_out(
    project: Path, fresh: tuple[File, ...], facts: dict[str, Any], package: str, base: str
) -> tuple[tuple[File, ...], tuple[str, ...]]:
    """The files to write, and the paths of those a person has changed: theirs stay."""
    ours = {path: digest for each in facts.get("pieces", ()) for path, digest in each["files"].items()}
    for path in static.BATCH:  # what stands where the piece's file belongs as long as the piece is absent
        stand_in = static.rendered(path, package, base)
        ours.setdefault(stand_in.path, _digest(stand_in.content))
    write, kept = [], []
    for file in fresh:
        there = project / file.path
        if not there.exists() and not there.is_symlink():
            write.append(file)
        elif not there.is_file() or (found := _digest(there)) not in {_digest(file.content), ours.get(file.path)}:
            kept.append(file.path)
        elif found != _digest(file.content):
            write.append(file)
    return tuple(write), tuple(kept)


def _digest(content: bytes | Path) -> str:
    return hashlib.sha256(content if isinstance(content, bytes) else content.read_bytes()).hexdigest()


def _asked(project: Path, names: Iterable[str]) -> tuple[str, tuple[str, ...]]:
    """The text of requirements.in with what the pieces need, and what of it is new."""
    text = _read(project, "requirements.in")
    present = {name for line in text.splitlines() if (name := _distribution(line))}
    new = []
    for name in names:
        missing = [each for each in pieces.requirements([name]) if _distribution(each) not in present]
        if missing:
            lines = "".join(f"{each}\n" for each in missing)
            text = f"{text.rstrip()}\n\n# the project's {name} piece needs it\n{lines}".lstrip()
            new += missing
    return text, tuple(new)


def _distribution(line: str) -> str | None:
    """What a line of requirements.in asks for."""
    try:
        return canonicalize_name(Requirement(line.partition(" #")[0].strip()).name)
    except InvalidRequirement:
        return None


def _lock(
    project: Path, asked: str, new: tuple[str, ...], *, wanted: bool, locker: Literal["auto", "uv", "pip-tools"]
) -> tuple[Literal["ok", "same", "failed", "not run"], tuple[str, ...], dict[str, bytes]]:
    """Whether requirements.txt is up to date again, what to do where it is not, and its new content."""
    if not new:
        return "same", (), {}
    python = _python(project)
    by_hand = (
        "uv pip compile --generate-hashes --only-binary :all: --python-platform linux "
        f"--python-version {python} requirements.in -o requirements.txt"
    )
    if not wanted:
        return "not run", (f"requirements.txt lacks {', '.join(new)}; to lock: {by_hand}",), {}
    locked = needs.relock(asked, _read(project, "requirements.txt"), python, locker=locker)
    if isinstance(locked, needs.LockFailed):
        return "failed", (f"{locked.reason}. {locked.way_out}; then: {by_hand}",), {}
    return "ok", (), {"requirements.txt": (needs.locked_head(python) + locked).encode()}


def _with_extras(text: str, extras: dict[str, list[str]]) -> tuple[str, tuple[str, ...]]:
    """pyproject.toml with these optional dependencies, empty where it needs no change; what to do by hand."""
    try:
        there = tomllib.loads(text).get("project", {}).get("optional-dependencies", {})
    except ValueError as error:
        return "", (f"pyproject.toml is not TOML ({error}): add {extras} to its optional dependencies",)
    missing = {name: needed for name, needed in extras.items() if name not in there}
    if not missing:
        return "", ()
    lines = "".join(f"{name} = {json.dumps(needed)}\n" for name, needed in missing.items())
    if re.search(rf"^{re.escape(_EXTRAS)}$", text, re.MULTILINE):
        made = re.sub(rf"^{re.escape(_EXTRAS)}\n", lambda found: found[0] + lines, text, count=1, flags=re.MULTILINE)
    else:
        made = f"{text.rstrip()}\n\n{_EXTRAS}\n{lines}"
    try:
        right = tomllib.loads(made)["project"]["optional-dependencies"] == {**there, **missing}
    except (ValueError, KeyError):
        right = False
    return (made, ()) if right else ("", (f"add to the optional dependencies in pyproject.toml: {lines}",))


def _recorded(  # noqa: PLR0913 - what was done, each once
    facts: dict[str, Any],
    names: tuple[str, ...],
    fresh: tuple[File, ...],
    kept: tuple[str, ...],
    new: tuple[str, ...],
    state: str,
) -> dict[str, Any]:
    """The record with the pieces; files that were kept stay as they were recorded, if they were."""
    before = {each["name"]: each for each in facts.get("pieces", ())}
    for each in record.pieces(names, fresh, facts["package"]):
        old = before.get(each["name"], {"files": {}})["files"]
        files = {path: old.get(path) if path in kept else digest for path, digest in each["files"].items()}
        before[each["name"]] = {**each, "files": {path: digest for path, digest in files.items() if digest}}
    lock = facts["lock"]
    if new and state != "ok" and lock["status"] == "ok":
        lock = {"status": "failed", "reason": f"requirements.txt lacks {', '.join(new)}, which {names[-1]} needs"}
    ordered = [before[name] for name in pieces.NAMES if name in before]
    return {**facts, "lock": lock, "pieces": ordered}


def _replace(path: Path, content: bytes | Path) -> None:
    """Write one file in one step, with the rights it had."""
    data = content if isinstance(content, bytes) else content.read_bytes()
    if path.is_file() and path.read_bytes() == data:
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}-")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        Path(name).chmod(path.stat().st_mode & 0o777 if path.exists() else 0o644)
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
