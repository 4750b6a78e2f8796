"""Findings as JSON for programs (the shape is a contract: docs/lint.md)."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from nb2prod.lint.diagnostic import Diagnostic
    from nb2prod.problems import Location
    from nb2prod.report.found import Found


def document(found: Found) -> str:
    """`{"diagnostics": [...]}`; cells count from 0, lines and columns from 1."""
    return json.dumps({"diagnostics": [_one(each) for each in found.diagnostics]}, indent=2, ensure_ascii=False)


def _one(each: Diagnostic) -> dict[str, object]:
    return {
        "path": str(each.path),
        "code": each.code,
        "name": each.name,
        "severity": each.severity,
        **_place(each.where),
        "message": each.message,
        "also": [_place(other) for other in each.also],
        "fixable": each.fix is not None,
    }


def _place(where: Location) -> dict[str, int]:
    return {"cell": where.cell, "line": where.line, "column": where.column}
