"""The types: what a notebook needs, each with its evidence."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from nb2prod.problems import Location, Refusal

Confidence = Literal["confirmed", "likely", "unconfirmed"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Requirement:
    """One distribution, and why the notebook is believed to need it.

    `distribution` is normalised (PEP 503); None when there is not even a guess, only `imports`.
    `imports` are as written ("cv2", "google.cloud.storage"); none where a call needs it that imports nothing.
    `specifier` is a version specifier ("==2.1.0", ">=1,<2"), empty when any version will do; `bounds` are what the
    APIs it is used with allow besides, given up only where nothing can be locked with them.
    `optional`: all its imports stand in a `try` that goes on without it; `fallback`: in the handler of one.
    `explore`: only code that is not served needs it: plots, and what the conversion drops.
    `where` is None for what was added for the project and not found in the notebook.
    """

    distribution: str | None
    evidence: str
    confidence: Confidence
    imports: tuple[str, ...] = ()
    extras: tuple[str, ...] = ()
    specifier: str = ""
    bounds: str = ""
    version_evidence: str | None = None
    candidates: tuple[str, ...] = ()
    optional: bool = False
    fallback: bool = False
    explore: bool = False
    where: Location | None = None
    note: str | None = None

    @property
    def lockable(self) -> bool:
        """Whether a locker may ever see it: an unconfirmed name may be a stranger's package."""
        return self.distribution is not None and self.confidence != "unconfirmed" and not self.fallback

    @property
    def version(self) -> str | None:
        """The version, where exactly one will do."""
        operator, version = self.specifier[:2], self.specifier[2:]
        return version if operator == "==" and version and not set(version) & set("*,=") else None

    @property
    def line(self) -> str:
        """The requirement as pip reads it: `dask[dataframe]>=2024.1`."""
        extras = f"[{','.join(self.extras)}]" if self.extras else ""
        return f"{self.distribution}{extras}{','.join(each for each in (self.specifier, self.bounds) if each)}"


@dataclass(frozen=True, slots=True)
class LocalModule:
    """A module of the author's own: beside the notebook, or written by it."""

    name: str
    path: str
    where: Location


@dataclass(frozen=True, slots=True)
class SystemPackage:
    """A Debian package, and the distribution that asks for it."""

    package: str
    because: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Requirements:
    """Everything around the code that a notebook needs.

    `python` is a minor version ("3.11"). `refused` are imports that nothing on a registry brings, and options of the
    notebook's install lines (index, URL, git) that no locker is given. `as_of` (a date) bounds the locked versions,
    and `as_of_evidence` says what it rests on. `undated` are distributions that may be newer: tools of the project,
    which the notebook never saw.
    """

    python: str
    python_evidence: str
    requirements: tuple[Requirement, ...]
    system: tuple[SystemPackage, ...] = ()
    local: tuple[LocalModule, ...] = ()
    refused: tuple[Refusal, ...] = ()
    notes: tuple[str, ...] = ()
    as_of: str | None = None
    as_of_evidence: str | None = None
    undated: tuple[str, ...] = ()

    @property
    def lockable(self) -> tuple[Requirement, ...]:
        """What a locker may be given."""
        return tuple(each for each in self.requirements if each.lockable)

    @property
    def served(self) -> tuple[Requirement, ...]:
        """What training and predicting need of it."""
        return tuple(each for each in self.lockable if not each.explore)

    @property
    def explored(self) -> tuple[Requirement, ...]:
        """What only the exploration needs of it."""
        return tuple(each for each in self.lockable if each.explore)

    @property
    def unconfirmed(self) -> tuple[Requirement, ...]:
        """What the project lacks until a person says which distribution it is."""
        return tuple(each for each in self.requirements if each.confidence == "unconfirmed")


@dataclass(frozen=True, slots=True)
class Pin:
    """One locked distribution; `via` are the distributions that want it (none: asked for directly)."""

    distribution: str
    version: str
    via: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Lock:
    """Every distribution with its version and hashes, as requirements files; `explore` and `development` add to it.

    `built` are the distributions that are built from source, as allowed: there is no wheel of them.
    """

    locker: Literal["uv", "pip-tools"]
    runtime: str
    development: str
    pins: tuple[Pin, ...]
    explore: str = ""
    built: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()

    def version(self, distribution: str | None) -> str | None:
        """Find the locked version of a distribution (by its normalised name)."""
        return next((pin.version for pin in self.pins if pin.distribution == distribution), None)


@dataclass(frozen=True, slots=True)
class LockFailed:
    """Why there is no lock, in words, and what the user can do."""

    reason: str
    way_out: str
