"""The files about the environment that an emitted project has."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nb2prod.requirements import system
from nb2prod.requirements.lock_text import names_in
from nb2prod.requirements.lockers import DEVELOPMENT
from nb2prod.requirements.requirement import Lock, LockFailed

if TYPE_CHECKING:
    from collections.abc import Iterator

    from nb2prod.requirements.requirement import Requirement, Requirements

_UPDATE = "uv pip compile --generate-hashes --only-binary :all: --python-platform linux"


def files(requirements: Requirements, lock: Lock | LockFailed | None) -> tuple[tuple[str, str], ...]:
    """(name, contents) of requirements.in, requirements.txt, requirements-dev.txt, .python-version and apt.txt.

    Where something is only explored with, requirements-explore.in and requirements-explore.txt are there besides;
    where something is built from source, apt-build.txt has what that needs.

    Without a lock, requirements.txt names what is asked for and says why it has no hashes. What the project needs
    besides the notebook must be in `requirements` before it is locked: see `including`.
    """
    return (
        ("requirements.in", _asked(requirements, _built(lock), explore=False)),
        ("requirements.txt", _locked(requirements, lock)),
        *_explored(requirements, lock),
        ("requirements-dev.txt", _development(requirements, lock)),
        (".python-version", f"{requirements.python}\n"),
        ("apt.txt", "".join(f"{each.package}\n" for each in requirements.system)),
        *_to_build(lock),
    )


def _built(lock: Lock | LockFailed | None) -> tuple[str, ...]:
    return lock.built if isinstance(lock, Lock) else ()


def _to_build(lock: Lock | LockFailed | None) -> Iterator[tuple[str, str]]:
    """What the image's build stage needs besides; nothing is compiled in the one that runs."""
    if isinstance(lock, Lock) and (built := set(lock.built) & set(names_in(lock.runtime))):
        packages = sorted({package for name in built for package in system.to_build(name)})
        yield "apt-build.txt", "".join(f"{package}\n" for package in packages)


def _asked(requirements: Requirements, built: tuple[str, ...], *, explore: bool) -> str:
    name = "requirements-explore" if explore else "requirements"
    also = " (and requirements.txt)" if explore else ""
    dated = f" --exclude-newer {requirements.as_of}" if requirements.as_of else ""
    sources = "".join(f" --no-binary {each}" for each in built) + (" --emit-build-options" if built else "")
    lines = [
        f"# What {'exploring' if explore else 'the project'} needs{also}, and what says so. Change it and lock it",
        "# again; what is locked stays as it is, but for what you name with --upgrade-package NAME:",
        f"#   {_UPDATE}{sources} --python-version {requirements.python}{dated} {name}.in -o {name}.txt",
        *(("-c requirements.txt",) if explore else ()),
        "",
        *(line for each in requirements.requirements if each.explore == explore for line in _entry(each)),
    ]
    return "\n".join(lines).rstrip("\n") + "\n"


def _entry(each: Requirement) -> Iterator[str]:
    """One requirement under its evidence; what must not be installed stands as a comment."""
    what = ", ".join(each.imports)
    yield f"# {what}: {each.evidence}" if what else f"# {each.evidence}"
    if each.version_evidence:
        yield f"# version: {each.version_evidence}"
    if each.note:
        yield f"# {each.note}"
    if each.lockable:
        yield each.line
    elif each.confidence == "unconfirmed":
        perhaps = ", ".join(each.candidates) or "none known"
        yield f"# NOT INSTALLED, because nothing confirms it; candidates: {perhaps}"
    else:
        yield f"# not installed, since it only stands in for another: {each.line}"
    yield ""


def _explored(requirements: Requirements, lock: Lock | LockFailed | None) -> Iterator[tuple[str, str]]:
    if not requirements.explored:
        return
    yield "requirements-explore.in", _asked(requirements, _built(lock), explore=True)
    if isinstance(lock, Lock):
        head = f"# To explore: all of requirements.txt and more, for Python {requirements.python} on Linux.\n"
        yield "requirements-explore.txt", head + lock.explore
    else:
        lines = "".join(f"{each.line}\n" for each in requirements.explored)
        yield "requirements-explore.txt", f"{_unlocked(lock)}-r requirements.txt\n{lines}"


def locked_head(python: str) -> str:
    """The first line of requirements.txt."""
    return f"# Locked from requirements.in for Python {python} on Linux.\n"


def _locked(requirements: Requirements, lock: Lock | LockFailed | None) -> str:
    if isinstance(lock, Lock):
        return locked_head(requirements.python) + lock.runtime
    return _unlocked(lock) + "".join(f"{each.line}\n" for each in requirements.served)


def _development(requirements: Requirements, lock: Lock | LockFailed | None) -> str:
    if isinstance(lock, Lock):
        return f"# To work on it: besides requirements.txt, for Python {requirements.python}.\n{lock.development}"
    return _unlocked(lock) + "".join(f"{each}\n" for each in DEVELOPMENT)


def _unlocked(lock: LockFailed | None) -> str:
    why = f"could not be locked: {lock.reason}. {lock.way_out}" if lock else "not locked, as asked for"
    return f"# No versions and no hashes: {why}\n"
