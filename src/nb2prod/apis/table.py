"""The table of changed APIs, read once, when first asked for."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from itertools import cycle
from pathlib import Path
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Iterator

_SECTION = re.compile(r"\[(?P<library>\w+)\] (?P<distribution>\S+) (?P<page>https://\S+)")
_ROW = re.compile(r"(?P<kind>removed|added) (?P<version>[\d.]+) \| (?P<api>.+)")
_API = re.compile(r"(?P<name>[\w.]+)(?:\((?:\*(?P<most>\d+)|(?P<argument>\w*)=?(?P<value>(?<==).+|(?<=\()\".*)?)\))?")
_CHOICE = re.compile(r"\{([^{}]*)\}")


Kind = Literal["removed", "added"]
KINDS: frozenset[Kind] = frozenset({"removed", "added"})


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
    kind: Kind
    version: str
    name: str
    owner: str | None
    argument: str | None
    value: str | None
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
    def tail(self) -> str:
        """What stands after an object of the owner's class: "ix", "dt.week"; without an owner, the last part."""
        return self.name.partition(f".{self.owner}.")[2] if self.owner else self.last

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
    return tuple(_read(Path(__file__).with_name("changes.txt").read_text(encoding="utf-8")))


def _read(text: str) -> Iterator[Change]:
    library = distribution = page = ""
    for line in text.splitlines():
        if section := _SECTION.fullmatch(line):
            library, distribution, page = section.groups()
        elif row := _ROW.fullmatch(line):
            api, *more = row["api"].split(" | ")
            instead, remarks = (*more, "", "")[:2]
            kind: Kind = "removed" if row["kind"] == "removed" else "added"
            instead_of = cycle(instead.split(" / "))  # the last choice varies fastest
            for one in _expanded(api):
                yield _change(library, distribution, page, kind, row["version"], one, next(instead_of), remarks.split())
        elif line and not line.startswith("#"):
            message = f"the table of changed APIs has a line that cannot be read: {line}"
            raise ValueError(message)


def _change(  # noqa: PLR0913 - the columns of the table
    library: str,
    distribution: str,
    page: str,
    kind: Kind,
    version: str,
    api: str,
    instead: str,
    remarks: list[str],
) -> Change:
    found = _API.fullmatch(api)
    if found is None:
        message = f"the table of changed APIs has an api that cannot be read: {api}"
        raise ValueError(message)
    owners = [part for part in found["name"].split(".")[:-1] if part[0].isupper()]
    pages = [each for each in remarks if each.startswith("https://")]
    backs = [each.partition("=")[2] for each in remarks if each.startswith("back=")]
    return Change(
        library=library,
        distribution=distribution,
        kind=kind,
        version=version,
        name=f"{library}.{found['name']}",
        owner=owners[0] if owners else None,
        argument=found["argument"] or None,
        value=found["value"][1:-1] if found["value"] else None,
        most=int(found["most"]) if found["most"] else None,
        back=backs[0] if backs else None,
        only_used="only-used" in remarks,
        instead=instead,
        documented=(pages or [page])[0].format(version=version, minor=".".join(version.split(".")[:2])),
    )


def _expanded(api: str) -> Iterator[str]:
    """Give `a.x` and `a.y` for `a.{x,y}`."""
    found = _CHOICE.search(api)
    if found is None:
        yield api
        return
    for one in found[1].split(","):
        yield from _expanded(api[: found.start()] + one + api[found.end() :])
