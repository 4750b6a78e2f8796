"""Locking with hashes: uv or pip-tools behind one function. It runs them, and they ask the index."""

from __future__ import annotations

import importlib
import importlib.util
import re
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta, timezone
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from packaging.utils import canonicalize_name

from nb2prod.requirements import index_settings, names
from nb2prod.requirements.requirement import Lock, LockFailed, Pin, Requirements

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from nb2prod.requirements.index_settings import Settings

Locker = Literal["uv", "pip-tools"]
DEVELOPMENT = ("ipykernel", "pytest", "ruff")
_OLD_PICTURES = "matplotlib-inline<0.2"  # the later ones show nothing with a matplotlib of before 3.8
_TIMEOUT = 900
_INPUT, _TOGETHER, _FLOORS = "requirements.in", "together.txt", "floors.txt"
_MOST_LATE = 12  # projects that may have had no wheels yet
_PIN = re.compile(r"^(?P<name>[A-Za-z0-9][\w.-]*)(?:\[[^\]]*\])?==(?P<version>[^\s;\\]+)")
_VIA = re.compile(r"^ +#(?: via)? +(?P<name>[a-z0-9][a-z0-9-]*)$")
_HOST = re.compile(r"https?://[^\s)]+")
_VERSIONS = re.compile(r" \(from versions: (?!none)[^)]*\)")
_PIP_CONFLICT = re.compile(
    r"RequirementInformation\(requirement=SpecifierRequirement\('(?P<wanted>[^']+)'\), "
    r"parent=(?:None|\w+\('(?:[^']*/)?(?P<by>[\w.]+-[\w.]+)[^']*'\))"
)
_NO_WHEEL = re.compile(r"([\w.-]+?)(?:[=<>!~]=?\S+)? (?:has|have) (?:no usable wheels|no wheels with a matching)")
_NO_WHEEL_WAY_OUT = (
    "Ask for another version of {0} or for another Python, do without it, or lock with {0} among those that may be "
    "built (building runs its code)"
)
_UNREACHABLE = "Check the network and pip's or uv's index settings, and lock again"
_NOT_INSTALLED = "Install nb2prod[lock], or use --no-lock"
_UNBOUND = "versions are taken that lack some of the APIs the notebook uses"
_LATER = timedelta(days=365)
_NOISE = ("WARNING", "warning", "No solution found", "help:", "Ignored the following")


@dataclass(frozen=True, slots=True)
class _Command:
    """A locker, ready to be given its files; `dates` bound what the notebook ran with, but not the tools."""

    locker: Locker
    words: tuple[str, ...]
    settings: tuple[Settings, ...]
    dates: tuple[str, ...] = ()


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
        if outcome.way_out in (_UNREACHABLE, _NOT_INSTALLED):
            break
    assert first is not None  # noqa: S101 - there is always a first try
    return first


def relock(
    asked: str, locked: str, python: str, *, locker: Literal["auto", "uv", "pip-tools"] = "auto"
) -> str | LockFailed:
    """Lock the text of a requirements.in again: what `locked` has stays as it is, what is new may be of any date."""
    requirements = Requirements(python=python, python_evidence="", requirements=())
    command = _command(requirements, locker, (), ())
    if isinstance(command, LockFailed):
        return command
    failures = []
    for settings in command.settings:
        with tempfile.TemporaryDirectory(prefix="nb2prod-lock-") as folder:
            pins = "".join(f"{pin.distribution}=={pin.version}\n" for pin in _pins(locked))
            (Path(folder) / _TOGETHER).write_text(pins, encoding="utf-8")
            outcome = _compile(Path(folder), command, settings, asked, _TOGETHER)
        if isinstance(outcome, str):
            return outcome
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
    """Lock; where something had no wheels yet at the date, its later releases are let in, and the notes say so."""
    late: list[str] = []
    outcome = _lock_with(requirements, locker, allow_build, late)
    while isinstance(outcome, LockFailed) and requirements.as_of and len(late) < _MOST_LATE:
        unbuilt = _NO_WHEEL.search(outcome.reason)
        if unbuilt is None or (name := canonicalize_name(unbuilt[1])) in late:
            break
        late.append(name)
        outcome = _lock_with(requirements, locker, allow_build, late)
    if late and isinstance(outcome, Lock):
        note = f"On {requirements.as_of} there were no wheels yet of {', '.join(late)}: later releases are taken"
        return replace(outcome, notes=(*outcome.notes, note))
    return outcome


def _lock_with(
    requirements: Requirements,
    locker: Literal["auto", "uv", "pip-tools"],
    allow_build: tuple[str, ...],
    late: Sequence[str],
) -> Lock | LockFailed:
    command = _command(requirements, locker, allow_build, late)
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
        pins=tuple(_pins(together)),
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
        return _clean(done.stdout)
    return _why(done.stderr)


def _command(
    requirements: Requirements, locker: str, allow_build: tuple[str, ...], late: Sequence[str]
) -> _Command | LockFailed:
    builds = [word for name in allow_build for word in ("--no-binary", canonicalize_name(name))]
    if locker in {"auto", "uv"} and (uv := find_uv()):
        words = [uv, "pip", "compile", "--quiet", "--no-header", "--generate-hashes", "--no-emit-index-url"]
        words += ["--no-emit-find-links", "--python", sys.executable, "--python-version", requirements.python]
        words += ["--python-platform", "linux", "--only-binary", ":all:", *builds]
        dates: list[str] = []
        if requirements.as_of:
            dates += ["--exclude-newer", requirements.as_of]
            days = {name: day for name, (_, day) in _wheels_since(requirements).items()}
            days |= dict.fromkeys((*late, *requirements.undated), datetime.now(timezone.utc).date().isoformat())
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


def _clean(text: str) -> str:
    """Leave out options: an index or a folder of this machine is nobody else's business."""
    lines = [line for line in text.splitlines() if line.strip() and not line.startswith("-")]
    return "\n".join(lines) + "\n" if lines else ""


def names_in(text: str) -> Iterator[str]:
    """List the distributions in a lock."""
    yield from (pin.distribution for pin in _pins(text))


def _pins(text: str) -> list[Pin]:
    pins: list[Pin] = []
    for line in text.splitlines():
        if found := _PIN.match(line):
            pins.append(Pin(canonicalize_name(found["name"]), found["version"]))
        elif pins and (via := _VIA.match(line)):
            last = pins.pop()
            pins.append(Pin(last.distribution, last.version, (*last.via, via["name"])))
    return pins


def _why(stderr: str) -> LockFailed:
    """Say what the locker says, in one paragraph without its decoration, and what to do about it."""
    lines = [re.sub(r"^[^\w`('\"-]*(?:error:|ERROR:|cause:)?\s*", "", line) for line in stderr.splitlines()]
    text = _VERSIONS.sub("", _HOST.sub("the index", " ".join(line for line in _telling(lines) if line)))
    if unbuilt := _NO_WHEEL.search(text):
        return LockFailed(text, _NO_WHEEL_WAY_OUT.format(unbuilt[1]))
    for pattern, way_out in _WAYS_OUT:
        if re.search(pattern, text, re.IGNORECASE):
            return LockFailed(text, way_out)
    return LockFailed(text or "the locker failed without a word", "Run it by hand on requirements.in")


def _telling(lines: Sequence[str]) -> list[str]:
    """Without tracebacks, hints of the tool's own options and warnings; pip-tools says why on its last line."""
    if any(line.startswith("Traceback") for line in lines):
        start = next(i for i, line in enumerate(lines) if line.startswith("Traceback"))
        conflict = _pip_conflict(" ".join(lines[start:]))
        last = [line.partition(": ")[2] or line for line in lines[-1:]]
        return [*_telling(lines[:start]), *(conflict or last)]
    hint = next((i for i, line in enumerate(lines) if line.startswith(("hint:", "For more information"))), len(lines))
    return [line for line in lines[:hint] if not line.startswith(_NOISE)]


def _pip_conflict(text: str) -> list[str]:
    """Read who wants what from the exception of pip's resolver, the only place where it says so."""
    asked = [(found["wanted"], found["by"]) for found in _PIP_CONFLICT.finditer(text)]
    return [f"{by.replace('-', ' ')} needs {wanted};" if by else f"You ask for {wanted};" for wanted, by in asked]


_WAYS_OUT = (
    (r"not found in the package registry", "Say which distribution it is in [tool.nb2prod.imports]"),
    (
        r"error sending request|failed to fetch|connection|timed out|name resolution|max retries",
        _UNREACHABLE,
    ),
    (r"no version of|no matching", "Ask for a version that exists, with wheels, for this Python"),
    (
        r"unsatisfiable|conflict|incompatible",
        "Loosen one of the versions (they are in requirements.in with where each comes from), and lock again",
    ),
)
