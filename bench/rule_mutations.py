# ruff: noqa: INP001, T201 - a script: it is run as it lies there, and prints
"""Whether the tests of the rules notice a rule that is broken: every rule, in each of these ways.

    PYTHONPATH=src:. python bench/rule_mutations.py [--show]

silent: it finds nothing. first, last: it finds only the first, or the last, of what it should. everywhere: it reports
every statement. more: it reports one statement more in each notebook. shifted: it reports the line below. stale: its
page, or its file of cases, marks one line less. What is asked is what `tests/test_rules.py` asks of them. Exit code 1
where a mutant lives.
"""

from __future__ import annotations

import argparse
import re
import sys
import tempfile
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from nb2prod.lint.rule import Context, Example, Finding, Rule, discover, examples, page
from nb2prod.lint.run import lint
from nb2prod.problems import Location
from tests.test_rules import CASES, _placed

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from types import ModuleType


def main() -> int:
    """Break every rule in every way, and print what nobody notices."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--show", action="store_true", help="print every mutant")
    show = parser.parse_args().show
    tried = alive = 0
    for rule, module in discover():
        for name, noticed in _mutants(rule, module):
            tried += 1
            alive += not noticed
            if show or not noticed:
                print(f"{'noticed' if noticed else 'ALIVE  '} {rule.code} {rule.name}: {name}")
    print(f"{tried} mutants of {len(discover())} rules, {alive} alive")
    return 1 if alive else 0


def _mutants(rule: Rule, module: ModuleType) -> Iterator[tuple[str, bool]]:
    cases = [*examples(page(module)), *examples((CASES / f"{rule.name}.md").read_text(encoding="utf-8"))]
    if _fails(rule, cases):
        message = f"{rule.name} fails its tests as it is"
        raise SystemExit(message)
    for name, change in (("silent", _silent), ("everywhere", _everywhere), ("more", _more), ("shifted", _shifted)):
        yield name, _fails(replace(rule, check=_changed(rule, change)), cases)
    several = any(len(each.expected) > 1 for each in cases)
    for name, change in (("first only", _first), ("last only", _last)) if several else ():
        yield name, _fails(replace(rule, check=_changed(rule, change)), cases)
    for number, each in enumerate(cases):
        if each.kind == "Bad":
            text = re.sub(r" *# !$", "", each.text, count=1, flags=re.MULTILINE)
            yield f"stale {number}", _fails(rule, [Example(each.kind, text)])


def _fails(rule: Rule, cases: Iterable[Example]) -> bool:
    """Ask what the tests ask of a rule and its examples."""
    with tempfile.TemporaryDirectory() as folder:
        for number, each in enumerate(cases):
            place = Path(folder) / str(number)
            place.mkdir()
            found = {(one.where.cell, one.where.line) for _, one in lint(_placed(each, place), [rule])}
            if found != each.expected:
                return True
    return False


def _changed(
    rule: Rule, change: Callable[[Context, list[Finding]], list[Finding]]
) -> Callable[[Context], Iterable[Finding]]:
    return lambda context: change(context, sorted(rule.check(context)))


def _silent(_context: Context, _found: list[Finding]) -> list[Finding]:
    return []


def _first(_context: Context, found: list[Finding]) -> list[Finding]:
    return found[:1]


def _last(_context: Context, found: list[Finding]) -> list[Finding]:
    return found[-1:]


def _everywhere(context: Context, found: list[Finding]) -> list[Finding]:
    return found + [_at(context, each.where) for each in context.program.statements]


def _more(context: Context, found: list[Finding]) -> list[Finding]:
    there = {(each.where.cell, each.where.line) for each in found}
    others = [each for each in context.program.statements if (each.where.cell, each.where.line) not in there]
    return found + [_at(context, each.where) for each in others[-1:]]


def _shifted(_context: Context, found: list[Finding]) -> list[Finding]:
    return [replace(each, where=Location(each.where.cell, each.where.line + 1, 1)) for each in found]


def _at(context: Context, where: Location) -> Finding:
    return Finding(where, f"{context.name(where.cell)} has something")


if __name__ == "__main__":
    sys.exit(main())
