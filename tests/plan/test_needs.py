"""Which columns of a frame passed on are needed, given the columns needed of the result."""

from __future__ import annotations

import pytest

from nb2prod.plan.needs import narrowed
from nb2prod.rows.kinds import EVERY_COLUMN, Columns

NAMES = "abc"


def _columns(text: str) -> Columns:
    """`ab`: these; `*-a`: every column but a; `a*-ab`: every column but a and b, and a after all."""
    named, star, rest = text.partition("*")
    return Columns(frozenset(named), frozenset(rest.lstrip("-")) if star else None)


@pytest.mark.parametrize("needed", ["", "a", "ab", "*", "*-a", "a*-ab", "ab*-ab"])
@pytest.mark.parametrize("read", ["", "a", "bc", "*", "*-b", "b*-abc"])
def test_needed_are_those_read_and_needed(read: str, needed: str) -> None:
    both = narrowed(_columns(read), _columns(needed))
    for name in NAMES:
        assert both.may_hold(name) == (_columns(read).may_hold(name) and _columns(needed).may_hold(name))


def test_a_column_made_from_itself_stays_needed_through_a_copy() -> None:
    """`df1 = df.copy(); df1["a"] = df1["a"].map(…)`: the raw `a` is needed, though it is written anew."""
    assert narrowed(EVERY_COLUMN, Columns(frozenset("a"), frozenset("a"))).may_hold("a")
