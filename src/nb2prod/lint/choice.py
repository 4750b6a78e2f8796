"""Which rules run: codes, families and names, as the command line and pyproject.toml give them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nb2prod.lint.catalogue import catalogue
from nb2prod.options import OptionsError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from nb2prod.lint.rule import Rule

ALL = "ALL"


def choose(select: Iterable[str] = (), ignore: Iterable[str] = (), extend: Iterable[str] = ()) -> tuple[Rule, ...]:
    """Choose the rules to run by code (`HS101`), its beginning (`HS`), name (`read-before-write`) or `ALL`.

    Without `select` those that are on by default. Where a rule is both chosen and ignored, the choice that says
    more of its code wins, and of two equal ones `ignore`. Raises OptionsError for a choice that means no rule,
    since it would silently check nothing.
    """
    known = catalogue()
    select, ignore, extend = tuple(select), tuple(ignore), tuple(extend)
    check((*select, *ignore, *extend), known)
    return tuple(rule for rule in known if _wanted(rule, select, extend) > _weight(rule, ignore))


def check(choices: Iterable[str], known: Iterable[Rule]) -> None:
    """Raise OptionsError for the first choice that means no rule."""
    known = tuple(known)
    for choice in choices:
        if not any(_weight(rule, [choice]) >= 0 for rule in known):
            message = f"no rule is called {choice!r}; `nb2prod rules` lists them"
            raise OptionsError(message)


def means(choices: Iterable[str], code: str, name: str) -> bool:
    """Whether one of the choices is this rule's code, its beginning, its name, or `ALL`."""
    return any(choice in {name, ALL} or (choice and code.startswith(choice.upper())) for choice in choices)


def _wanted(rule: Rule, select: tuple[str, ...], extend: tuple[str, ...]) -> int:
    on = -1 if select or not rule.default else 0
    return max(on, _weight(rule, select), _weight(rule, extend))


def _weight(rule: Rule, choices: Iterable[str]) -> int:
    """How much of a rule's code the best of the choices says; -1 where none means it."""
    return max(
        (
            0 if choice == ALL else len(rule.code) if choice == rule.name else len(choice)
            for choice in choices
            if means([choice], rule.code, rule.name)
        ),
        default=-1,
    )
