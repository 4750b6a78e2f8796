"""Knowledge as a table: one line for each method, with what it gives and a call to try it by."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache


@dataclass(frozen=True, slots=True)
class Known:
    """A method or function: what it gives, the kinds of values it is tried on, and how it is called on `x`.

    `versions` bounds the library's versions that have it, as `<2` or `>=3`; empty is all of them.
    """

    name: str
    gives: str
    on: str
    call: str
    versions: str = ""


@cache
def table(text: str) -> tuple[Known, ...]:
    """Read a table: columns stand two or more spaces apart, `# ...` is a remark."""
    lines = [line.partition("#")[0].strip() for line in text.splitlines()]
    return tuple(Known(*re.split(r"\s{2,}", line)) for line in lines if line)


def names(rows: tuple[Known, ...], *gives: str) -> frozenset[str]:
    """The names of those that give one of these."""
    return frozenset(row.name for row in rows if row.gives in gives)
