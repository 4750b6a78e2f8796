"""Sets of raw columns, some of them known only as `all but these`."""

from __future__ import annotations

import pytest

from nb2prod.rows.kinds import EVERY_COLUMN, NO_COLUMNS, Columns, raw_frame

NAMES = "abcd"
SETS = ["", "a", "ab", "*", "*-a", "*-ab", "c*-ac", "a*-ab"]


def columns(text: str) -> Columns:
    """`ab`: these; `*-a`: every column but a; `a*-ab`: every column but a and b, and a after all."""
    named, star, rest = text.partition("*")
    return Columns(frozenset(named), frozenset(rest.lstrip("-")) if star else None)


@pytest.mark.parametrize("left", SETS)
@pytest.mark.parametrize("right", SETS)
def test_either_holds_what_one_of_them_holds(left: str, right: str) -> None:
    either = columns(left) | columns(right)
    for name in NAMES:
        assert either.may_hold(name) == (columns(left).may_hold(name) or columns(right).may_hold(name))


def test_a_table_whose_header_is_known_has_its_columns_only() -> None:
    frame = raw_frame(0, ("a", "b"))
    assert frame.depends == Columns(frozenset("ab"))
    assert frame.column("a") == Columns(frozenset("a"))
    assert frame.without(frozenset("a")).depends == Columns(frozenset("b"))


def test_a_table_whose_header_is_not_known_may_have_every_column() -> None:
    frame = raw_frame(0, None)
    assert frame.depends == EVERY_COLUMN
    assert frame.column("a") == Columns(frozenset("a"))
    assert not frame.without(frozenset("a")).depends.may_hold("a")
    assert frame.without(frozenset("a")).depends.may_hold("b")


@pytest.mark.parametrize("header", [None, ("a", "b", "c")])
def test_a_column_written_anew_depends_on_what_it_was_made_from(header: tuple[str, ...] | None) -> None:
    frame = raw_frame(0, header).with_column("a", Columns(frozenset("b")))
    assert frame.column("a") == Columns(frozenset("b"))
    assert frame.only(("a", "c")).depends == Columns(frozenset("bc"))
    assert not frame.depends.may_hold("a")


@pytest.mark.parametrize("header", [None, ("a", "b")])
def test_a_constant_column_depends_on_nothing(header: tuple[str, ...] | None) -> None:
    assert raw_frame(0, header).with_column("one", NO_COLUMNS).series("one").depends == NO_COLUMNS


def test_of_a_table_with_columns_of_unknown_names_a_column_may_be_any_of_these() -> None:
    """After get_dummies: `x_small` is made from what was encoded."""
    from dataclasses import replace  # noqa: PLC0415 - only here

    frame = replace(raw_frame(0, ("a", "b")).without(frozenset("b")), unnamed=Columns(frozenset("b")))
    assert frame.column("a") == Columns(frozenset("a"))
    assert frame.column("b_small") == Columns(frozenset("b"))
