"""Locking with hashes: uv or pip-tools behind one function. It runs them, and they ask the index."""

from __future__ import annotations

import importlib
import importlib.util
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta, timezone
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from packaging.utils import canonicalize_name

from nb2prod.requirements import index_settings, lock_failures, lock_text, names
from nb2prod.requirements.requirement import Lock, LockFailed, Requirements

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from nb2prod.requirements.index_settings import Settings

Locker = Literal["uv", "pip-tools"]
DEVELOPMENT = ("ipykernel", "pytest", "ruff")
_OLD_PICTURES = "matplotlib-inline<0.2"  # the later ones show nothing with a matplotlib of before 3.8
_TIMEOUT = 900
_INPUT, _TOGETHER, _FLOORS = "requirements.in", *lock_text.OURS
_MOST_LATE = 12  # projects that may have had no wheels yet
_NOT_INSTALLED = "Install nb2prod[lock], or use --no-lock"
_UNBOUND = "versions are taken that lack some of the APIs the notebook uses"
_LATER = timedelta(days=365)


@dataclass(frozen=True, slots=True)
class _Command:
    """A locker, ready to be given its files; `dates` bound what the notebook ran with, but not the tools."""

    locker: Locker
    words: tuple[str, ...]
    settings: tuple[Settings, ...]
    dates: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _Relaxed:
    """What is let in besides wheels of before the date: projects built from source, later releases of others."""

    built: tuple[str, ...] = ()
    late: tuple[str, ...] = ()


def lock(
    requirements: Requirements,
    *,
    locker: Literal["auto", "uv", "pip-tools"] = "auto",
    allow_build: tuple[str, ...] = (),
) -> Lock | LockFailed:
    """Lock what is lockable for the requirements' Python on Linux; wheels only, but for `allow_build`.

    Where nothing fits, the date is moved on, then given up, then the bounds by APIs; the lock's notes say so.
    Asks the index that pip or uv is configured for. No address of an index is in the result.
    """
    first = None
    for wanted, notes in _ever_looser(requirements):
        outcome = _lock_as_asked(wanted, locker, allow_build)
        if isinstance(outcome, Lock):
            because = (f"{first.reason}. So: {'; '.join(notes)}",) if first else ()
            return replace(outcome, notes=(*because, *outcome.notes))
        first = first or outcome
        if outcome.way_out in (lock_failures.UNREACHABLE, _NOT_INSTALLED):
            break
    assert first is not None  # noqa: S101 - there is always a first try
    return lock_failures.placed(first, requirements.lockable)


def relock(
    asked: str, locked: str, python: str, *, locker: Literal["auto", "uv", "pip-tools"] = "auto"
) -> str | LockFailed:
    """Lock the text of a requirements.in again: what `locked` has stays as it is, what is new may be of any date."""
    requirements = Requirements(python=python, python_evidence="", requirements=())
    built = lock_text.built(locked)
    command = _command(requirements, locker, _Relaxed(built))
    if isinstance(command, LockFailed):
        return command
    failures = []
    for settings in command.settings:
        with tempfile.TemporaryDirectory(prefix="nb2prod-lock-") as folder:
            pins = "".join(f"{pin.distribution}=={pin.version}\n" for pin in lock_text.pins(locked))
            (Path(folder) / _TOGETHER).write_text(pins, encoding="utf-8")
            outcome = _compile(Path(folder), command, settings, asked, _TOGETHER)
        if isinstance(outcome, str):
            return lock_text.with_sources(outcome, built)
        failures.append(outcome)
    return failures[0]


def _ever_looser(requirements: Requirements) -> Iterator[tuple[Requirements, tuple[str, ...]]]:
    yield requirements, ()
    unbound = replace(requirements, requirements=tuple(replace(each, bounds="") for each in requirements.requirements))
    bounded = unbound != requirements
    if requirements.as_of:
        later = date.fromisoformat(requirements.as_of) + _LATER
        if later < datetime.now(timezone.utc).date():
            yield replace(requirements, as_of=later.isoformat()), (f"releases up to {later} are taken",)
        yield replace(requirements, as_of=None), ("releases of any date are taken",)
        if bounded:
            yield unbound, (_UNBOUND,)
    if bounded:
        yield (
            replace(unbound, as_of=None),
            (_UNBOUND, *(("releases of any date are taken",) if requirements.as_of else ())),
        )


def _lock_as_asked(
    requirements: Requirements, locker: Literal["auto", "uv", "pip-tools"], allow_build: tuple[str, ...]
) -> Lock | LockFailed:
    """Lock with wheels only, as far as there are any: what may be built is built where it has none.

    Where something had no wheels yet at the date, its later releases are let in, and the notes say so.
    """
    allowed = {canonicalize_name(name) for name in allow_build}
    # pip does not say what it lacks wheels of, so pip-tools builds all that may be built
    relaxed = _Relaxed(built=() if locker != "pip-tools" and find_uv() else tuple(sorted(allowed)))
    outcome = _lock_with(requirements, locker, relaxed)
    while isinstance(outcome, LockFailed) and (name := lock_failures.without_wheel(outcome)):
        if name in allowed and name not in relaxed.built:
            relaxed = replace(relaxed, built=(*relaxed.built, name))
        elif requirements.as_of and name not in relaxed.late and len(relaxed.late) < _MOST_LATE:
            relaxed = replace(relaxed, late=(*relaxed.late, name))
        else:
            break
        outcome = _lock_with(requirements, locker, relaxed)
    if not isinstance(outcome, Lock):
        return outcome
    built = tuple(name for name in relaxed.built if outcome.version(name))
    return replace(
        outcome,
        runtime=lock_text.with_sources(outcome.runtime, built),
        explore=lock_text.with_sources(outcome.explore, built),
        built=built,
        notes=(*outcome.notes, *_relaxed_notes(requirements, relaxed.late, built)),
    )


def _relaxed_notes(requirements: Requirements, late: tuple[str, ...], built: tuple[str, ...]) -> Iterator[str]:
    if late:
        yield f"On {requirements.as_of} there were no wheels yet of {', '.join(late)}: later releases are taken"
    if built:
        yield f"Built from source, as allowed: {', '.join(built)}; what builds it is fetched as wheels, without hashes"


def _lock_with(
    requirements: Requirements, locker: Literal["auto", "uv", "pip-tools"], relaxed: _Relaxed
) -> Lock | LockFailed:
    command = _command(requirements, locker, relaxed)
    if isinstance(command, LockFailed):
        return command
    failures = []
    for settings in command.settings:
        with tempfile.TemporaryDirectory(prefix="nb2prod-lock-") as folder:
            outcome = _lock_in(Path(folder), command, settings, requirements)
        if isinstance(outcome, Lock):
            return outcome
        failures.append(outcome)
    return failures[0]


def _lock_in(folder: Path, command: _Command, settings: Settings, requirements: Requirements) -> Lock | LockFailed:
    """Lock what is served; then, in its versions, what exploring and developing need besides."""
    floors = "".join(f"{name}>={version}\n" for name, (version, _) in _wheels_since(requirements).items())
    (folder / _FLOORS).write_text(floors, encoding="utf-8")
    served = "".join(f"{each.line}\n" for each in requirements.served)
    explored = "".join(f"{each.line}\n" for each in requirements.explored)
    # all of it together first: what is served must leave room for the rest
    together = _compile(folder, command, settings, served + explored, _FLOORS)
    if isinstance(together, LockFailed):
        return together
    (folder / _TOGETHER).write_text(together, encoding="utf-8")
    runtime = _compile(folder, command, settings, served, _TOGETHER) if explored else together
    if isinstance(runtime, LockFailed):
        return runtime
    tools = (*DEVELOPMENT, *((_OLD_PICTURES,) if requirements.as_of and not settings.here_only else ()))
    undated = replace(command, dates=())
    development = _compile(folder, undated, settings, "".join(f"{each}\n" for each in tools), _TOGETHER)
    if isinstance(development, LockFailed):
        return development
    notes = (
        ("Some of it is only in folders that pip is configured with on this machine: the lock works only with those",)
        if settings.here_only
        else ()
    )
    return Lock(
        locker=command.locker,
        runtime=runtime,
        development=development,
        explore=together if explored else "",
        pins=tuple(lock_text.pins(together)),
        notes=notes,
    )


def _compile(folder: Path, command: _Command, settings: Settings, asked: str, constraints: str) -> str | LockFailed:
    """Lock a list of requirements within constraints; nothing asked for needs nothing."""
    if not asked:
        return ""
    within = f"-c {constraints}\n" if (folder / constraints).read_text(encoding="utf-8") else ""
    (folder / _INPUT).write_text(within + asked, encoding="utf-8")
    return _run(folder, command, settings, [_INPUT])


def _run(folder: Path, command: _Command, settings: Settings, files: Sequence[str]) -> str | LockFailed:
    try:
        done = subprocess.run(  # noqa: S603 - the locker that was found, with our own arguments
            [*command.words, *command.dates, *settings.arguments, *files],
            cwd=folder,
            env=settings.environment(),
            capture_output=True,
            text=True,
            encoding="utf-8",
            errors="replace",
            timeout=_TIMEOUT,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return LockFailed(f"{command.locker} did not finish within {_TIMEOUT} seconds", "Try again, or use --no-lock")
    except OSError as error:
        return LockFailed(f"{command.locker} could not be started: {error.strerror}", "Install uv")
    if done.returncode == 0:
        return lock_text.cleaned(done.stdout)
    return lock_failures.told(done.stderr)


def _command(requirements: Requirements, locker: str, relaxed: _Relaxed) -> _Command | LockFailed:
    builds = [word for name in relaxed.built for word in ("--no-binary", name)]
    if locker in {"auto", "uv"} and (uv := find_uv()):
        words = [uv, "pip", "compile", "--quiet", "--no-header", "--generate-hashes", "--no-emit-index-url"]
        words += ["--no-emit-find-links", "--python", sys.executable, "--python-version", requirements.python]
        words += ["--python-platform", "linux", "--only-binary", ":all:", *builds]
        dates: list[str] = []
        if requirements.as_of:
            dates += ["--exclude-newer", requirements.as_of]
            days = {name: day for name, (_, day) in _wheels_since(requirements).items()}
            days |= dict.fromkeys((*relaxed.late, *requirements.undated), datetime.now(timezone.utc).date().isoformat())
            dates += [word for each in days.items() for word in ("--exclude-newer-package", "=".join(each))]
        return _Command("uv", tuple(words), index_settings.for_uv(), tuple(dates))
    if locker in {"auto", "pip-tools"} and importlib.util.find_spec("piptools"):
        return _pip_tools(requirements, builds)
    name = "uv or pip-tools" if locker == "auto" else locker
    return LockFailed(f"{name} is not installed", _NOT_INSTALLED)


def _pip_tools(requirements: Requirements, builds: list[str]) -> _Command | LockFailed:
    running = f"{sys.version_info.major}.{sys.version_info.minor}"
    if requirements.python != running:
        return LockFailed(
            f"pip-tools locks only for the Python it runs in ({running}), and this is for {requirements.python}",
            "Use uv, or install nb2prod and pip-tools in that Python",
        )
    arguments = ["--only-binary", ":all:", *builds]
    arguments += ["--uploaded-prior-to", requirements.as_of] if requirements.as_of else []
    words = [sys.executable, "-m", "piptools", "compile", "--quiet", "--no-config", "--no-header", "--strip-extras"]
    words += ["--generate-hashes", "--allow-unsafe", "--no-emit-index-url", "--no-emit-find-links"]
    words += ["--no-emit-trusted-host", "--no-emit-options", "--output-file", "-", "--pip-args", " ".join(arguments)]
    return _Command("pip-tools", tuple(words), index_settings.for_pip())


def find_uv() -> str | None:
    """Find the uv on PATH, beside this Python, or of the package `uv`."""
    beside = Path(sys.executable).parent
    if found := shutil.which("uv") or shutil.which("uv", path=str(beside)):
        return found
    if importlib.util.find_spec("uv") is None:
        return None
    try:
        return str(importlib.import_module("uv").find_uv_bin())
    except (AttributeError, FileNotFoundError):
        return None


def _wheels_since(requirements: Requirements) -> Mapping[str, tuple[str, str]]:
    """Find the projects whose first wheels worth having came out after the date: older ones were sources."""
    if requirements.as_of is None:
        return {}
    since: Mapping[str, list[str]] = names.table("needs")["wheels_since"]
    return {name: (version, day) for name, (version, day) in since.items() if requirements.as_of < day}
