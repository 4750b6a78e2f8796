"""Findings as JUnit's XML: a suite per notebook, a failure per finding."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from xml.sax.saxutils import escape, quoteattr

if TYPE_CHECKING:
    from pathlib import Path

    from nb2prod.lint.diagnostic import Diagnostic, Unread
    from nb2prod.report.found import Found

_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def document(found: Found) -> str:
    """A notebook without findings is a suite with one test that passed; one that cannot be read has an error."""
    by_path: dict[Path, list[Diagnostic]] = {path: [] for path in found.checked}
    for one in found.diagnostics:
        by_path[one.path].append(one)
    unread = [each for each in found.unread if not each.foreign]
    failures, tests = len(found.diagnostics), sum(max(1, len(each)) for each in by_path.values()) + len(unread)
    lines = ['<?xml version="1.0" encoding="utf-8"?>']
    lines += [f'<testsuites name="nb2prod" tests="{tests}" failures="{failures}" errors="{len(unread)}">']
    for path, said in by_path.items():
        lines += _suite(path, said)
    for each in unread:
        lines += _error(each)
    return "\n".join([*lines, "</testsuites>"])


def _suite(path: Path, said: list[Diagnostic]) -> list[str]:
    name = _quoted(str(path))
    lines = [f'  <testsuite name={name} tests="{max(1, len(said))}" failures="{len(said)}" errors="0">']
    if not said:
        lines += [f'    <testcase name="nb2prod" classname={name}/>']
    for one in said:
        place = f"cell {one.where.cell}:{one.where.line}:{one.where.column}"
        text = _escaped(f"{place}: {one.message} [{one.name}]")
        lines += [
            f"    <testcase name={_quoted(f'{one.code} {place}')} classname={name}>",
            f"      <failure type={_quoted(one.severity)} message={_quoted(one.message)}>{text}</failure>",
            "    </testcase>",
        ]
    return [*lines, "  </testsuite>"]


def _error(each: Unread) -> list[str]:
    name = _quoted(str(each.path))
    return [
        f'  <testsuite name={name} tests="1" failures="0" errors="1">',
        f'    <testcase name="nb2prod" classname={name}><error message={_quoted(each.why)}/></testcase>',
        "  </testsuite>",
    ]


def _escaped(text: str) -> str:
    return escape(_NOT_XML.sub("\ufffd", text))


def _quoted(text: str) -> str:
    return quoteattr(_NOT_XML.sub("\ufffd", text))
