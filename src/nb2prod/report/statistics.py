"""How often each rule found something."""

from __future__ import annotations

import json
from collections import Counter
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from nb2prod.report.found import Found


def text(found: Found) -> str:
    """One line per rule, the most frequent first: how often, its code, `[*]` where all can be fixed, its name."""
    rows = _rows(found)
    width = max((len(str(row["count"])) for row in rows), default=0)
    return "\n".join(
        f"{row['count']:>{width}}  {row['code']}  {'[*]' if row['fixable'] else '[ ]'}  {row['name']}" for row in rows
    )


def document(found: Found) -> str:
    """The same for programs."""
    return json.dumps(_rows(found), indent=2)


def _rows(found: Found) -> list[dict[str, object]]:
    counts = Counter((one.code, one.name) for one in found.diagnostics)
    fixed = {one.code for one in found.diagnostics} - {one.code for one in found.diagnostics if one.fix is None}
    return [
        {"code": code, "name": name, "count": count, "fixable": code in fixed}
        for (code, name), count in sorted(counts.items(), key=lambda pair: (-pair[1], pair[0]))
    ]
