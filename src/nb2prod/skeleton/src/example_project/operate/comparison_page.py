"""The page of `models live`: how every challenger stands beside the champion, and what was decided and why."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any, Mapping, Sequence

import numpy as np

from example_project.operate import page

if TYPE_CHECKING:
    from example_project.operate.decisions import Standing
    from example_project.operate.routes import Routes

_SHOWN = 50
_BAD = ("rollback", "remove")


def html(champion: str, known: Routes, found: Sequence[Standing], decided: Sequence[Mapping[str, Any]]) -> str:
    """One page that needs nothing else."""
    mode = "what the rules say is done" if known.automatic else "what the rules say is proposed, a person does it"
    rules = known.rules
    parts = [
        page.heading("How the challengers stand"),
        *(_standings(found) if found else [page.paragraph("No challenger is live.")]),
        page.heading("The rules"),
        page.paragraph(
            f"A challenger is better for sure where the chance to say so wrongly is at most {rules.alpha:g} for all "
            f"challengers and looks together. Needed: {rules.rows} labelled rows, a gain of at least {rules.effect:g}. "
            f"It goes where over {rules.failures:.1%} of its answers are errors, where they take more than "
            f"{rules.slower:g} times as long as the champion's, where it is surely worse, and after {rules.most} rows."
        ),
        page.heading("What was decided"),
        *(_decisions(decided[-_SHOWN:][::-1]) if decided else [page.paragraph("Nothing yet.")]),
    ]
    return page.page("Live comparison", f"champion {champion}; {mode}; {_when(time.time())} UTC", parts)


def _standings(found: Sequence[Standing]) -> list[page.Html]:
    lines = [
        (
            each.challenger.version,
            f"canary {each.challenger.share:.0%}" if each.challenger.share else "shadow",
            each.evidence.rows,
            each.evidence.difference,
            each.health.answers,
            each.health.failures,
            each.health.seconds * 1e3,
            each.before.seconds * 1e3,
            each.decision.why,
        )
        for each in found
    ]
    headers = ("challenger", "", "labelled", "gain", "answers", "errors", "ms (95%)", "champion's", "verdict")
    bad = [number for number, each in enumerate(found) if each.decision.action == "remove"]
    return [page.pictures([(_picture(found), _CAPTION)]), page.table(headers, lines, alarms=bad)]


_CAPTION = """The gain over the champion with its interval, which holds however often one looks: right of the line, the
challenger is better."""


def _picture(found: Sequence[Standing]) -> Any:
    made, axes = page.figure(8.4, 0.9 + 0.5 * len(found))
    for number, each in enumerate(found):
        known = each.evidence
        if np.isfinite([known.low, known.high]).all():
            colour = page.BAD if known.high < 0 else page.NOW
            axes.plot([known.low, known.high], [number, number], color=colour, linewidth=2)
            axes.plot([known.difference], [number], "o", color=colour)
    axes.axvline(0, color=page.BEFORE)
    axes.set_yticks(range(len(found)), [each.challenger.version for each in found])
    axes.set_ylim(len(found) - 0.5, -0.5)
    return made


def _decisions(decided: Sequence[Mapping[str, Any]]) -> list[page.Html]:
    rows = [(each["facts"].get("evidence") or {}).get("rows") for each in decided]
    lines = [
        (_when(each["at"]), each["kind"], each["version"], each["reason"], number)
        for each, number in zip(decided, rows)
    ]
    bad = [number for number, each in enumerate(decided) if each["kind"] in _BAD]
    return [page.table(("when (UTC)", "what", "version", "why", "labelled rows"), lines, alarms=bad)]


def _when(at: float) -> str:
    return time.strftime("%Y-%m-%d %H:%M", time.gmtime(at))
