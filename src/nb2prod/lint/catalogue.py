"""Every rule as its module's last line names it; the module itself is imported when the rule is asked.

Of fifty rules a notebook needs a dozen, and importing all of them takes as long as checking several notebooks.
"""

from __future__ import annotations

import re
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, cast

from nb2prod.lint import rules
from nb2prod.lint.rule import LEARNING, Rule

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from nb2prod.lint.diagnostic import Severity
    from nb2prod.lint.rule import Context, Finding

_LINE = re.compile(
    r'^RULE = Rule\(code="(\w+)", name="([\w-]+)", severity="(\w+)", check=check(, default=False)?'
    r'(?:, words=(?:r?"([^"]*)"|(LEARNING)))?\)$',
    re.MULTILINE,
)


class Later:
    """The check of a rule whose module may not be imported yet."""

    __slots__ = ("check", "module")

    def __init__(self, module: str) -> None:
        self.module = module
        self.check: Callable[[Context], Iterable[Finding]] | None = None

    def __call__(self, context: Context) -> Iterable[Finding]:
        """Check a notebook."""
        if self.check is None:
            self.check = self.rule().check
        return self.check(context)

    def rule(self) -> Rule:
        """Import the rule."""
        return cast("Rule", import_module(self.module).RULE)


@cache
def catalogue() -> tuple[Rule, ...]:
    """Give every rule, in the order of the modules' names."""
    return tuple(_read(path) for path in sorted(Path(rules.__path__[0]).glob("[!_]*.py")))


def load(chosen: Iterable[Rule]) -> None:
    """Import the rules, for processes to come."""
    for rule in chosen:
        if isinstance(rule.check, Later):
            rule.check.rule()


def _read(path: Path) -> Rule:
    later = Later(f"{rules.__name__}.{path.stem}")
    found = _LINE.search(path.read_text(encoding="utf-8"))
    if found is None:
        return later.rule()
    code, name, severity, off, words, learning = found.groups()
    return Rule(
        code=code,
        name=name,
        severity=cast("Severity", severity),
        check=later,
        default=not off,
        words=LEARNING if learning else words or "",
    )
