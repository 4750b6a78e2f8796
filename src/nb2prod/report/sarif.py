"""Findings as SARIF 2.1.0, which code scanning services read."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING
from urllib.parse import quote

from nb2prod import __version__
from nb2prod.lint.rule import discover, page, summary
from nb2prod.report.found import shown

if TYPE_CHECKING:
    from types import ModuleType

    from nb2prod.lint.diagnostic import Diagnostic
    from nb2prod.lint.rule import Rule
    from nb2prod.problems import Location
    from nb2prod.report.found import Found, Source

SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"

_LEVELS = {"error": "error", "warning": "warning", "info": "note"}


def document(found: Found) -> str:
    """One run; regions are lines of the file, the places in the notebook are logical locations and properties."""
    rules = sorted((pair for pair in discover()), key=lambda pair: pair[0].code)
    numbers = {rule.code: number for number, (rule, _) in enumerate(rules)}
    unread = [each for each in found.unread if not each.foreign]
    notifications = [
        {
            "level": "error",
            "message": {"text": each.why},
            "locations": [{"physicalLocation": _artifact(shown(each.path))}],
        }
        for each in unread
    ]
    run = {
        "tool": {
            "driver": {
                "name": "nb2prod",
                "version": __version__,
                "semanticVersion": __version__,
                "rules": [_rule(rule, module) for rule, module in rules],
            }
        },
        "invocations": [{"executionSuccessful": not unread, "toolExecutionNotifications": notifications}],
        "columnKind": "unicodeCodePoints",
        "results": [_result(one, numbers[one.code], found.source(one.path)) for one in found.diagnostics],
    }
    return json.dumps({"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}, indent=2, ensure_ascii=False)


def _rule(rule: Rule, module: ModuleType) -> dict[str, object]:
    text = page(module)
    return {
        "id": rule.code,
        "name": "".join(part.capitalize() for part in rule.name.split("-")),
        "shortDescription": {"text": summary(module)},
        "help": {"text": text, "markdown": text},
        "defaultConfiguration": {"enabled": rule.default, "level": _LEVELS[rule.severity]},
    }


def _result(one: Diagnostic, number: int, source: Source) -> dict[str, object]:
    return {
        "ruleId": one.code,
        "ruleIndex": number,
        "level": _LEVELS[one.severity],
        "message": {"text": one.message},
        "locations": [_location(one, one.where, source)],
        "relatedLocations": [
            {"id": place, **_location(one, other, source)} for place, other in enumerate(one.also, start=1)
        ],
        "partialFingerprints": {"nb2prod/v1": one.print},
        "properties": {"cell": one.where.cell, "line": one.where.line, "column": one.where.column},
    }


def _location(one: Diagnostic, where: Location, source: Source) -> dict[str, object]:
    return {
        "physicalLocation": {**_artifact(shown(one.path)), "region": {"startLine": source.file_line(where)}},
        "logicalLocations": [
            {"name": f"cell {where.cell}", "fullyQualifiedName": f"cell {where.cell}, line {where.line}"}
        ],
    }


def _artifact(path: str) -> dict[str, object]:
    uri = f"file://{quote(path)}" if path.startswith("/") else quote(path)
    return {"artifactLocation": {"uri": uri}}
