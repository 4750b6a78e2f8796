"""Every rule is tested by the examples on its own page and by its file of cases."""

import re
from pathlib import Path
from types import ModuleType

import pytest

from nb2prod.lint.rule import Context, Example, Rule, discover, examples, page, summary
from nb2prod.lint.run import lint
from nb2prod.program import parse

RULES = list(discover())
CASES = Path(__file__).parent / "cases"


def _examples(rule: Rule, module: ModuleType) -> list[Example]:
    return examples(page(module)) + examples((CASES / f"{rule.name}.md").read_text(encoding="utf-8"))


OWN = [
    pytest.param(rule, example, id=f"{rule.name}-{example.kind}{n}")
    for rule, module in RULES
    for n, example in enumerate(_examples(rule, module))
]
OTHERS = [
    pytest.param(rule, example, id=f"{rule.name}-on-{other.name}{n}")
    for rule, _ in RULES
    for other, module in RULES
    if other is not rule
    for n, example in enumerate(_examples(other, module))
    if example.kind == "Good"
]


def _found(rule: Rule, example: Example) -> set[tuple[int, int]]:
    return {(found.where.cell, found.where.line) for _, found in lint(example.notebook, [rule])}


@pytest.mark.parametrize(("rule", "example"), OWN)
def test_a_rule_reports_the_marked_lines_and_no_other(rule: Rule, example: Example) -> None:
    assert _found(rule, example) == example.expected


@pytest.mark.parametrize(("rule", "example"), OTHERS)
def test_a_good_example_is_good_for_every_rule(rule: Rule, example: Example) -> None:
    assert _found(rule, example) == set()


@pytest.mark.parametrize(("rule", "example"), OWN)
def test_findings_name_the_cell_they_are_in(rule: Rule, example: Example) -> None:
    context = Context(parse(example.notebook))
    for found in rule.check(context):
        assert context.name(found.where.cell) in found.message
        assert found.where not in found.also


@pytest.mark.parametrize(("rule", "module"), RULES, ids=[rule.name for rule, _ in RULES])
def test_a_rule_has_a_page_with_both_kinds_of_examples(rule: Rule, module: ModuleType) -> None:
    assert re.fullmatch(r"(HS|ML|RP|EN|SE|HY)\d{3}", rule.code)
    assert module.__name__.rpartition(".")[2] == rule.name.replace("-", "_")
    assert "## Why it matters" in page(module)
    assert "## How to mend it" in page(module)
    assert re.fullmatch(r"[A-Z`].*\.", summary(module))
    for found in (examples(page(module)), _examples(rule, module)):
        assert {example.kind for example in found} == {"Bad", "Good"}
        assert all(bool(example.expected) == (example.kind == "Bad") for example in found)


@pytest.mark.parametrize("file", sorted(CASES.glob("*.md")), ids=lambda file: file.stem)
def test_every_notebook_in_a_file_of_cases_is_run(file: Path) -> None:
    text = file.read_text(encoding="utf-8")
    assert file.stem in {rule.name for rule, _ in RULES}
    assert len(examples(text)) == text.count("```python")


def test_codes_and_names_are_unique() -> None:
    assert len({rule.code for rule, _ in RULES}) == len(RULES)
    assert len({rule.name for rule, _ in RULES}) == len(RULES)


def test_the_table_in_the_docs_lists_every_rule() -> None:
    docs = (CASES.parent.parent / "docs" / "lint.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| ([A-Z]{2}\d{3}) \| ([\w-]+) \| (\w+) \| (.*) \|$", docs, re.MULTILINE)
    assert rows == sorted((rule.code, rule.name, rule.severity, summary(module)) for rule, module in RULES)
