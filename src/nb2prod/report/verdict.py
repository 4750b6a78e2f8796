"""A verdict as lines for people."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from nb2prod.verify.verdict import Verdict

_SHOWN = 5


def lines(verdict: Verdict) -> Iterator[str]:
    """Say what was compared, what differs first, and last the verdict."""
    counts = verdict.counts
    yield (
        f"train    {verdict.train}: {counts.equal} values equal, {counts.different} different, "
        f"{counts.chance} by chance, {counts.not_comparable} not comparable"
    )
    yield f"predict  {verdict.predict}"
    for check in verdict.checks:
        rows = f" ({check.rows} rows)" if check.rows else ""
        yield f"  {check.name}: {check.status}{rows}{f': {check.detail}' if check.detail else ''}"
    if verdict.failed is not None:
        yield f"failed   {verdict.failed}"
        if verdict.failed.detail:
            yield verdict.failed.detail.rstrip()
    for difference in verdict.differences[:_SHOWN]:
        yield f"differs  {difference}"
    for by_chance in verdict.chance[:_SHOWN]:
        yield f"chance   {by_chance}"
    for part in verdict.uncompared[:_SHOWN]:
        yield f"left out cell {part.cell}, line {part.line}: `{part.name}`: {part.reason}"
    for reason in verdict.reasons:
        yield f"because  {reason}"
    more = max(len(each) - _SHOWN for each in (verdict.differences, verdict.chance, verdict.uncompared))
    if more > 0:
        yield "The rest stands in nb2prod.json."
    yield f"Verdict: {verdict.status} (Python {verdict.python}, {verdict.seconds:.0f} s)"
