"""What is known of a rule before its module is imported."""

import subprocess
import sys
from dataclasses import replace

import pytest

from nb2prod.lint.catalogue import Later, catalogue, load
from nb2prod.lint.rule import Context, Finding, discover


def _check(_: Context) -> list[Finding]:
    return []


def test_each_rule_is_known_as_its_module_has_it() -> None:
    real = [rule for rule, _ in discover()]
    assert [replace(rule, check=_check) for rule in catalogue()] == [replace(rule, check=_check) for rule in real]
    assert [rule.check.rule() for rule in catalogue() if isinstance(rule.check, Later)] == real


@pytest.mark.parametrize("imported", ["pass", "load(rule for rule in catalogue() if rule.code.startswith('HS1'))"])
def test_only_rules_that_are_asked_are_imported(imported: str) -> None:
    code = (
        "import sys; from nb2prod.lint.catalogue import catalogue, load; known = catalogue(); "
        f"{imported}; print([name for name in sys.modules if name.startswith('nb2prod.lint.rules.')])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)  # noqa: S603 - ours
    there = {name.rpartition(".")[2].replace("_", "-") for name in eval(done.stdout)}  # noqa: S307 - a list of names
    load(catalogue())
    assert there == {rule.name for rule in catalogue() if imported != "pass" and rule.code.startswith("HS1")}
