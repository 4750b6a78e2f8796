"""Findings as GitLab's code quality report."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from typing import TYPE_CHECKING

from nb2prod.report.found import shown

if TYPE_CHECKING:
    from nb2prod.report.found import Found

_SEVERITIES = {"error": "major", "warning": "minor", "info": "info"}


def document(found: Found) -> str:
    """A list of issues, as https://docs.gitlab.com/ci/testing/code_quality/ describes them.

    A fingerprint stays while lines and cells come and go elsewhere; of equal findings each has its own.
    """
    seen = Counter[tuple[str, str]]()
    issues = []
    for one in found.diagnostics:
        path = shown(one.path)
        seen[path, one.print] += 1
        key = f"{path}\n{one.print}\n{seen[path, one.print]}"
        issues.append(
            {
                "description": f"{one.code} cell {one.where.cell}:{one.where.line}: {one.message}",
                "check_name": one.name,
                "fingerprint": hashlib.sha256(key.encode()).hexdigest(),
                "severity": _SEVERITIES[one.severity],
                "location": {"path": path, "lines": {"begin": found.source(one.path).file_line(one.where)}},
            }
        )
    return json.dumps(issues, indent=2, ensure_ascii=False)
