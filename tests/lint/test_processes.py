"""Work in several processes."""

import os
from collections.abc import Callable, Iterator

import pytest

from nb2prod.lint import processes
from nb2prod.lint.processes import each_done

WAYS = [processes._forked, processes._pooled]  # noqa: SLF001 - the platform decides which is used


def _double(number: int) -> int:
    if number == 5:
        os._exit(3)
    return 2 * number


def _nothing() -> None:
    pass


@pytest.mark.parametrize("way", WAYS)
def test_every_outcome_comes_with_the_number_of_what_was_given(way: Callable[..., Iterator[tuple[int, int]]]) -> None:
    given = [10, 20, 30, 40, 50, 60, 70]
    assert sorted(way(_double, given, 2, _nothing)) == [(n, 20 * (n + 1)) for n in range(7)]


def test_a_process_that_dies_loses_only_what_it_was_at() -> None:
    done = dict(each_done(_double, [1, 2, 3, 4, 5, 6, 7, 8], 2, _nothing))
    assert 4 not in done
    assert done.items() >= {0: 2, 1: 4, 2: 6, 3: 8}.items()


def test_large_outcomes_are_whole() -> None:
    done = dict(each_done(bytes, [1_000_000, 10, 3_000_000], 2, _nothing))
    assert {number: len(each) for number, each in done.items()} == {0: 1_000_000, 1: 10, 2: 3_000_000}
