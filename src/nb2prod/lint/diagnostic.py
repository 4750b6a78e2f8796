"""What lint says of one file: findings as they are printed and kept, without what made them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from nb2prod.problems import Location

Severity = Literal["error", "warning", "info"]

SEVERITIES: tuple[Severity, ...] = ("info", "warning", "error")


class Remedy(NamedTuple):
    """What a fix would do; `safe` ones need no `--unsafe-fixes`."""

    message: str
    safe: bool


class Diagnostic(NamedTuple):  # a dataclass takes a millisecond to make, and longer to send to another process
    """A finding, with the file it is in and the rule it comes from.

    `also` are the other places it speaks of; `print` tells it from others when lines and cells are added elsewhere.
    """

    path: Path
    code: str
    name: str
    severity: Severity
    where: Location
    message: str
    print: str
    also: tuple[Location, ...] = ()
    fix: Remedy | None = None


@dataclass(frozen=True, slots=True)
class Unread:
    """A file that could not be linted, and why; `foreign`: nothing is wrong with it, but it has no Python."""

    path: Path
    why: str
    foreign: bool = False


def failing(diagnostics: Iterable[Diagnostic], fail_on: Severity) -> bool:
    """Whether any finding is at or above this severity."""
    return any(SEVERITIES.index(one.severity) >= SEVERITIES.index(fail_on) for one in diagnostics)
