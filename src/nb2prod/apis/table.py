"""The table of changed APIs, read once, when first asked for."""

from __future__ import annotations

import ast
import re
import sys
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_API = re.compile(r"(?P<name>[\w.]+)(?:\((?:\*(?P<most>\d+)|(?P<argument>\w*)=?(?P<value>(?<==).+|(?<=\()\".*)?)\))?")


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """Something that a library removed in a version, or added in it.

    `library` is the import's root and `name` starts with it: "sklearn.datasets.load_boston". With `owner`, it is an
    attribute of objects ("pandas.DataFrame.ix"; the owner is "DataFrame"): no import shows it, its last name does.
    With `argument`, only that argument counts (with `value`, that value of it); with `value` alone, that value as the
    first argument; with `most`, only calls with more arguments given by position than that.
    `back`: the version from which a removed name is there again (numpy.bool).
    `only_used`: other objects have that name too, and there it gives nothing: it counts where the result is used.
    """

    library: str
    distribution: str
    kind: Literal["removed", "added"]
    version: str
    name: str
    owner: str | None
    argument: str | None
    value: object
    most: int | None
    back: str | None
    only_used: bool
    instead: str
    documented: str

    @property
    def last(self) -> str:
        """The last part of the name."""
        return self.name.rpartition(".")[2]

    @property
    def of_call(self) -> bool:
        """Whether it is about how something is called, not about the name itself."""
        return self.argument is not None or self.value is not None or self.most is not None

    @property
    def shown(self) -> str:
        """What it is, in code: `pandas.read_csv(squeeze=)`."""
        if self.most is not None:
            return f"{self.name}(), with more than {self.most} arguments by position"
        if not self.of_call:
            return self.name
        named = f"{self.argument}=" if self.argument else ""
        return f"{self.name}({named}{'' if self.value is None else repr(self.value)})"


@cache
def changes() -> tuple[Change, ...]:
    """Every row of the table, in its order."""
    toml = import_module("tomllib" if sys.version_info >= (3, 11) else "tomli")
    libraries = toml.loads(Path(__file__).with_name("changes.toml").read_text(encoding="utf-8"))
    return tuple(each for library, table in libraries.items() for each in _rows(library, table))


def _rows(library: str, table: Mapping[str, Any]) -> Iterator[Change]:
    for row in table["rows"]:
        found = _API.fullmatch(row["api"])
        if found is None:
            message = f"the table of changed APIs has an api that cannot be read: {row['api']}"
            raise ValueError(message)
        kind: Literal["removed", "added"] = "removed" if "removed" in row else "added"
        version: str = row[kind]
        above = found["name"].rpartition(".")[0].rpartition(".")[2]
        yield Change(
            library=library,
            distribution=table["distribution"],
            kind=kind,
            version=version,
            name=f"{library}.{found['name']}",
            owner=above if above[:1].isupper() else None,
            argument=found["argument"] or None,
            value=ast.literal_eval(found["value"]) if found["value"] else None,
            most=int(found["most"]) if found["most"] else None,
            back=row.get("back"),
            only_used=row.get("only_used", False),
            instead=row.get("instead", ""),
            documented=_page(row.get("page", table["page"]), version),
        )


def _page(pattern: str, version: str) -> str:
    return pattern.format(version=version, minor=".".join(version.split(".")[:2]))
