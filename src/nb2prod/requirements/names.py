"""The curated tables of this package, read once, and pipreqs' map where pipreqs is installed."""

from __future__ import annotations

import re
import sys
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from packaging.utils import canonicalize_name

if TYPE_CHECKING:
    from collections.abc import Mapping
    from collections.abc import Set as AbstractSet

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

_VERSION_SUFFIX = re.compile(r"_v\d+(?:(?:alpha|beta|p\d+beta)\d*)?$")


@dataclass(frozen=True, slots=True)
class Known:
    """What the tables say of an import: `matched` is the part of it that they know, the longest one.

    same: certain enough to install; ambiguous: one of these, or another; elsewhere: not on the registry.
    """

    kind: Literal["curated", "ambiguous", "elsewhere", "hosted"]
    matched: str
    distributions: tuple[str, ...] = ()
    source: str = ""


def look_up(dotted: str) -> Known | None:
    """Find what the tables say of a dotted import."""
    parts = dotted.split(".")
    for length in range(len(parts), 0, -1):
        if known := _exactly(".".join(parts[:length])):
            return known
    return None


def is_shared(root: str) -> bool:
    """Whether several distributions bring parts of this top-level package: google, azure, mpl_toolkits."""
    return root in _shared()


@cache
def _shared() -> frozenset[str]:
    tables = _tables()
    dotted = (*tables["names"], *tables["namespaces"], *tables["ambiguous"])
    return frozenset(each.partition(".")[0] for each in dotted if "." in each)


def never_by_identity(root: str) -> bool:
    """Whether the distribution of that very name is a stranger's, or the module is likely the author's own."""
    table = _tables()
    return root in table["foreign"] or root in table["authors"]


def is_authors(root: str) -> bool:
    """Whether people usually give this name to modules of their own."""
    return root in _tables()["authors"]


def on_registry(name: str, *, conda: bool = False) -> str:
    """Normalise the name of a distribution in an install line; empty for what is no Python package."""
    normal = canonicalize_name(name)
    tables = _tables()
    if conda and normal in tables["conda"]:
        return str(tables["conda"][normal])
    return str(tables["renamed"].get(normal, normal))


def note(distribution: str | None) -> str | None:
    """Find what a reader should know about a distribution."""
    return None if distribution is None else _tables()["notes"].get(distribution)


def on_cpu(distribution: str | None, day: str | None, called: AbstractSet[str]) -> str | None:
    """Find what takes a distribution's place without a GPU and a window, if it was there on that day."""
    row = _tables()["cpu"].get(distribution)
    if row is None or (day is not None and day < row["since"]) or called & set(row.get("unless", ())):
        return None
    return str(row["use"])


@cache
def pipreqs() -> Mapping[str, tuple[str, ...]]:
    """Pipreqs' map, if it is installed: read as a file, nothing of pipreqs runs.

    It was scraped in 2015 and sends `models` to asposebarcode and `src` to atlas, so it only ever proposes.
    """
    spec = find_spec("pipreqs")
    folders = spec.submodule_search_locations if spec else None
    mapping = Path(folders[0], "mapping") if folders else None
    if mapping is None or not mapping.is_file():
        return {}
    found: dict[str, tuple[str, ...]] = {}
    for line in mapping.read_text(encoding="utf-8").splitlines():
        name, colon, distribution = line.strip().partition(":")
        if colon:
            found[name] = (*found.get(name, ()), canonicalize_name(distribution))
    return found


@cache
def table(name: Literal["needs", "system", "libraries", "breaks"]) -> Mapping[str, Any]:
    """One of the other tables beside this module."""
    return _read(name)


def _read(name: str) -> dict[str, Any]:
    return tomllib.loads((files(__package__) / "data" / f"{name}.toml").read_text(encoding="utf-8"))


@cache
def _tables() -> Mapping[str, Any]:
    tables = _read("names")
    return tables | {name: frozenset(tables[name].split()) for name in ("same", "foreign", "authors")}


def _exactly(dotted: str) -> Known | None:
    tables = _tables()
    parent, _, name = dotted.rpartition(".")
    if dotted in tables["hosted"]:
        return Known("hosted", dotted, source=tables["hosted"][dotted])
    if dotted in tables["elsewhere"]:
        return Known("elsewhere", dotted, source=tables["elsewhere"][dotted])
    if dotted in tables["ambiguous"]:
        return Known("ambiguous", dotted, tuple(tables["ambiguous"][dotted]))
    if dotted in tables["same"]:
        return Known("curated", dotted, (canonicalize_name(dotted),))
    named = tables["names"].get(dotted, ())
    if not named and parent and (pattern := tables["namespaces"].get(f"{parent}.*")):
        named = canonicalize_name(pattern.replace("*", _VERSION_SUFFIX.sub("", name)))
    return Known("curated", dotted, (named,) if isinstance(named, str) else tuple(named)) if named else None
