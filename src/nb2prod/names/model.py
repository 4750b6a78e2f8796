"""What the analysis of one statement says: the types of names."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal, NamedTuple

if TYPE_CHECKING:
    from nb2prod.problems import Location

EVERYTHING = "*"
"""The name that stands for names we cannot list: `from x import *`, `exec`, `%run`."""

FIGURE = "figure:pyplot"
CWD = "os:cwd"
ENVIRON = "os:environ"
SYSPATH = "sys:path"
ANY_FILE = "file:*"


def is_channel(name: str) -> bool:
    """Tell a hidden channel (random state, a file, an option) from a name of the notebook."""
    return ":" in name


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Function:
    """What happens when a function, lambda or class of the notebook is called or otherwise used.

    Names are global names and channels; `changes` (in place) and `returns` (what the
    result may share with) speak of its parameters, too; `suspected` are those of `changes` and `mutates` that rest
    on not knowing what is called. After a call, `shares` may hold, as in Effects.
    A class is the union of its methods (any use of an instance may run any of them).
    """

    name: str
    where: Location
    kind: Literal["function", "generator", "class"] = "function"
    parameters: tuple[str, ...] = ()
    reads: dict[str, Location] = field(default_factory=dict)
    binds: dict[str, Location] = field(default_factory=dict)
    certain: frozenset[str] = frozenset()
    mutates: dict[str, Location] = field(default_factory=dict)
    deletes: dict[str, Location] = field(default_factory=dict)
    touched: frozenset[str] = frozenset()
    calls: frozenset[str] = frozenset()
    changes: frozenset[str] = frozenset()
    returns: frozenset[str] = frozenset()
    suspected: frozenset[str] = frozenset()
    shares: frozenset[tuple[str, str]] = frozenset()
    methods: dict[str, Function] = field(default_factory=dict)


class Effects(NamedTuple):  # made for every statement of every notebook: a frozen dataclass takes three times as long
    """What one top-level statement does to names and channels; the places are the first ones.

    `reads` are exposed: the value from before the statement may be seen. `certain` are bound on every path that
    finishes, `gone` those of `deletes` that are deleted on every such path. `suspected` are those of `mutates`
    (channels, too) that rest on not knowing what is called, or on an alias. `touched` are names whose value may be
    called or escape, `calls` those called on every path. `shares` are pairs (name, source): from here on the value
    of name may be, hold or be a part of that of source. `sees` are pairs (name, source) where name only looks at
    the value of source, as a model does at its parameters: changing name does not change source.
    """

    reads: dict[str, Location]
    binds: dict[str, Location]
    certain: frozenset[str]
    mutates: dict[str, Location]
    deletes: dict[str, Location]
    functions: dict[str, Function]
    touched: frozenset[str]
    gone: frozenset[str] = frozenset()
    calls: frozenset[str] = frozenset()
    shares: frozenset[tuple[str, str]] = frozenset()
    sees: frozenset[tuple[str, str]] = frozenset()
    suspected: frozenset[str] = frozenset()
