"""Every rule is tested by the examples on its own page and by its file of cases."""

import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from types import ModuleType

import pytest
from _pytest.mark import ParameterSet

from nb2prod.lint.rule import Context, Example, Rule, discover, examples, page, summary
from nb2prod.lint.run import lint
from nb2prod.notebook import Notebook
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
OF_HABITS = {"RP", "EN", "SE", "HY"}
"""Families about habits: the pages have only good ones, the cases, which show one thing at a time, need not."""


def _good() -> Iterator[ParameterSet]:
    """Give every good example with the other rules that it must be good for."""
    for rule, module in RULES:
        for n, example in enumerate(_examples(rule, module)):
            of_page = n < len(examples(page(module)))
            rules = [each for each, _ in RULES if of_page or each.code[:2] not in OF_HABITS]
            if example.kind == "Good":
                yield pytest.param([each for each in rules if each is not rule], example, id=f"{rule.name}{n}")


def _placed(example: Example, folder: Path) -> Notebook:
    """Put an example on disk, where it says what is beside it."""
    if example.beside is None:
        return example.notebook
    for name in example.beside:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).touch()
    return replace(example.notebook, path=folder / "notebook.ipynb")


def _found(rule: Rule, example: Example, folder: Path) -> set[tuple[int, int]]:
    return {(found.where.cell, found.where.line) for _, found in lint(_placed(example, folder), [rule])}


@pytest.mark.parametrize(("rule", "example"), OWN)
def test_a_rule_reports_the_marked_lines_and_no_other(rule: Rule, example: Example, tmp_path: Path) -> None:
    assert _found(rule, example, tmp_path) == example.expected


@pytest.mark.parametrize(("others", "example"), list(_good()))
def test_a_good_example_is_good_for_every_rule(others: list[Rule], example: Example, tmp_path: Path) -> None:
    found = lint(_placed(example, tmp_path), others)
    assert [(each.name, found.where.cell, found.where.line) for each, found in found] == []


@pytest.mark.parametrize(("rule", "example"), OWN)
def test_findings_name_the_cell_they_are_in(rule: Rule, example: Example, tmp_path: Path) -> None:
    context = Context(parse(_placed(example, tmp_path)))
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
