"""Which rules run."""

import pytest

from nb2prod.lint.choice import choose
from nb2prod.lint.rule import discover
from nb2prod.options import OptionsError

ALL = {rule.code: rule for rule, _ in discover()}
ON = {code for code, rule in ALL.items() if rule.default}


def _codes(**choices: list[str]) -> set[str]:
    return {rule.code for rule in choose(**choices)}


def test_without_a_choice_those_on_by_default_run() -> None:
    assert _codes() == ON
    assert ALL.keys() > ON


def test_families_codes_names_and_all() -> None:
    assert _codes(select=["HS"]) == {code for code in ALL if code.startswith("HS")}
    assert _codes(select=["hs101", "read-of-undefined"]) == {"HS101", "HS102"}
    assert _codes(select=["ALL"]) == ALL.keys()


def test_extend_adds_to_the_default_and_to_a_choice() -> None:
    off = next(code for code, rule in ALL.items() if not rule.default)
    assert _codes(extend=[off]) == ON | {off}
    assert _codes(select=["HS101"], extend=["HS102"]) == {"HS101", "HS102"}


@pytest.mark.parametrize(
    ("select", "ignore", "runs"),
    [
        (["HS"], ["HS101"], False),
        (["HS101"], ["HS"], True),
        (["HS101"], ["HS101"], False),
        (["HS101"], ["read-before-write"], False),
        (["read-before-write"], ["HS10"], True),
        (["HS"], ["ALL"], True),
        ([], ["HS1"], False),
        ([], ["ALL"], False),
    ],
)
def test_what_says_more_of_the_code_wins(select: list[str], ignore: list[str], runs: bool) -> None:  # noqa: FBT001 - a parameter
    assert ("HS101" in _codes(select=select, ignore=ignore)) is runs


@pytest.mark.parametrize("option", ["select", "ignore", "extend"])
def test_a_choice_that_means_no_rule_is_an_error(option: str) -> None:
    with pytest.raises(OptionsError, match="no rule is called 'HS999'"):
        choose(**{option: ["HS999"]})
