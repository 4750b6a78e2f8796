"""The emitted project as values: its files, and what is known besides the conversion."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from nb2prod.problems import NotebookError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from nb2prod.problems import Location


class ProjectError(NotebookError):
    """The project cannot be written there; the message is for the user."""


@dataclass(frozen=True, slots=True)
class File:
    """A file of the project: its path in it, and its content or the file to copy."""

    path: str
    content: bytes | Path


@dataclass(frozen=True, slots=True)
class Project:
    """Everything that is written, in order of path.

    `kept_out` are the data files that the user has to bring, each with the reason;
    `sources` are the files that it was made from.
    """

    package: str
    files: tuple[File, ...]
    kept_out: tuple[tuple[str, str], ...] = ()
    sources: tuple[Path, ...] = ()

    def text(self, path: str) -> str:
        """Read a text file of the project."""
        content = next(file.content for file in self.files if file.path == path)
        return (content if isinstance(content, bytes) else content.read_bytes()).decode("utf-8")


@dataclass(frozen=True, slots=True)
class Lock:
    """Whether requirements.txt holds exact versions with hashes, and if not, why."""

    status: Literal["ok", "failed", "not run"] = "not run"
    reason: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Environment:
    """What the project runs on.

    `files` are (path, text) of requirements.in, requirements.txt, requirements-dev.txt, apt.txt and .python-version,
    as far as they are known; `requirements` and `system` are the records of `nb2prod requirements --format json`;
    `base` is the image to build on, else the slim Python image of that release of `debian`.
    """

    files: tuple[tuple[str, str], ...] = ()
    requirements: tuple[Mapping[str, object], ...] = ()
    system: tuple[Mapping[str, object], ...] = ()
    lock: Lock = Lock()
    debian: str = "bookworm"
    base: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Noticed:
    """A lint finding as HANDOFF.md tells it."""

    where: Location
    code: str
    name: str
    severity: str
    message: str
