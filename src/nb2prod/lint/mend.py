"""Fixes made in rounds: what does not conflict at once, then the mended notebook is checked again."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from nb2prod.lint.diagnostic import Unread
from nb2prod.lint.fix import Replace
from nb2prod.lint.patch import patched
from nb2prod.lint.run import check_bytes
from nb2prod.program import BrokenCell

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    from nb2prod.lint.fix import Edit
    from nb2prod.lint.rule import Rule
    from nb2prod.lint.run import Checked, Found

_ROUNDS = 100
_NUMBERS = re.compile(r"\d+")


@dataclass(frozen=True, slots=True)
class Mended:
    """The file as it is now, and what was mended in it."""

    now: Checked
    mended: tuple[Found, ...]


def mend(path: Path, content: bytes, chosen: Sequence[Rule], *, unsafe: bool) -> Mended | Unread:
    """Make every fix that helps: its finding goes, no error comes, every cell that was Python still is.

    A fix that does not help is not made, and its finding stays, without a fix.
    """
    now = check_bytes(path, content, chosen)
    if isinstance(now, Unread):
        return now
    mended: list[Found] = []
    useless: set[Found] = set()
    for _ in range(_ROUNDS):
        batch = _compatible(pair for pair in now.found if pair not in useless and _wanted(pair, unsafe=unsafe))
        if not batch:
            break
        better = _better(path, now, chosen, batch)
        if better is None and len(batch) > 1:
            batch = batch[:1]
            better = _better(path, now, chosen, batch)
        if better is None:
            useless.update(batch)
        else:
            now, useless = better, set()
            mended += batch
    found = tuple((rule, replace(each, fix=None) if (rule, each) in useless else each) for rule, each in now.found)
    return Mended(replace(now, found=found), tuple(mended))


def _wanted(pair: Found, *, unsafe: bool) -> bool:
    fix = pair[1].fix
    return fix is not None and (fix.safe or unsafe)


def _compatible(pairs: Iterable[Found]) -> list[Found]:
    """Take the fixes in their order whose edits touch none that was taken; cells are rearranged by one at a time."""
    taken: list[Found] = []
    edits: list[Edit] = []
    for pair in pairs:
        mine = _edits([pair])
        if not any(_conflict(one, other) for one in mine for other in edits):
            taken.append(pair)
            edits += mine
    return taken


def _edits(pairs: Iterable[Found]) -> list[Edit]:
    return [edit for _, finding in pairs if finding.fix for edit in finding.fix.edits]


def _conflict(one: Edit, other: Edit) -> bool:
    if isinstance(one, Replace) and isinstance(other, Replace):
        first, second = sorted((one, other))
        return first.cell == second.cell and (second.line, second.column) <= (first.end_line, first.end_column)
    return not isinstance(one, Replace) and not isinstance(other, Replace)


def _better(path: Path, now: Checked, chosen: Sequence[Rule], batch: Sequence[Found]) -> Checked | None:
    """Make these fixes; None where that does not help."""
    try:
        content = patched(now.content.decode(), _edits(batch)).encode()
    except (LookupError, ValueError):  # an edit of what is not there
        return None
    then = check_bytes(path, content, chosen)
    if isinstance(then, Unread) or _broken(then) > _broken(now) or _errors(then) > _errors(now):
        return None
    before, after = Counter(map(_key, now.found)), Counter(map(_key, then.found))
    gone = all(after[key] <= before[key] - count for key, count in Counter(map(_key, batch)).items())
    return then if gone else None


def _broken(checked: Checked) -> int:
    return sum(isinstance(cell, BrokenCell) for cell in checked.program.cells)


def _errors(checked: Checked) -> int:
    return sum((finding.severity or rule.severity) == "error" for rule, finding in checked.found)


def _key(pair: Found) -> tuple[str, str]:
    """What stays of a finding while lines and cells come and go."""
    rule, finding = pair
    return rule.code, _NUMBERS.sub("", finding.message)
