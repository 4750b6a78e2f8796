"""HANDOFF.md of the emitted project: what is proven and what is not, what was refused, where everything went."""

from __future__ import annotations

from collections import Counter
from itertools import groupby
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from nb2prod.conversion import Conversion, Place
    from nb2prod.project.model import Noticed

_SEVERITIES = ("error", "warning", "info")


def text(conversion: Conversion, facts: dict[str, Any], findings: tuple[Noticed, ...]) -> str:
    """Write the page as Markdown; cells are counted from 0, markdown cells included."""
    return "\n".join(_lines(conversion, facts, findings)) + "\n"


def _lines(conversion: Conversion, facts: dict[str, Any], findings: tuple[Noticed, ...]) -> Iterator[str]:
    yield f"# Handoff of {conversion.package}"
    yield ""
    source = facts["notebook"]
    yield f"From `{source['path']}` (sha256 `{source['sha256']}`)."
    yield "Cells are counted from 0, markdown cells included."
    yield from _section("What is proven")
    yield (
        "When this page was written, nothing had been run: "
        "that the project computes what the notebook computes is **not proven yet**. "
        "`nb2prod verify .` proves or disproves it; the verdict is `verify` in `nb2prod.json`."
    )
    yield from _section("What it can do")
    yield from _outcome("train", facts["train"])
    yield from _outcome("predict", facts["predict"])
    yield from _lock(facts["lock"])
    if conversion.learnt:
        yield from _section("What predict reuses from training")
        yield from _table(
            ("name", "cell", "learnt as", "from"),
            ((e.name, str(e.where.cell), f"`{_cell(e.expression)}`", f"`{_cell(e.frame)}`") for e in conversion.learnt),
        )
    if findings:
        yield from _section("What lint found in the notebook")
        ordered = sorted(findings, key=lambda f: (_SEVERITIES.index(f.severity), f.where, f.code))
        yield from (f"- **{f.severity}** {f.where}: {f.message} (`{f.code}` {f.name})" for f in ordered)
    yield from _data(facts["data"])
    yield from _unconfirmed(facts["requirements"])
    if conversion.notes:
        yield from _section("Remarks")
        yield from (f"- {note}" for note in conversion.notes)
    yield from _section("Where each statement went")
    yield from _accounting(conversion)


def _outcome(name: str, outcome: dict[str, Any]) -> Iterator[str]:
    yield f"- `{name}`: **{outcome['status']}**{_because(outcome)}"
    if outcome["chosen"]:
        yield f"  - chosen: {outcome['chosen']}"
    if outcome["alternatives"]:
        yield f"  - not chosen: {'; '.join(outcome['alternatives'])}"


def _because(outcome: dict[str, Any]) -> str:
    if outcome["status"] == "none" and not outcome["reason"]:
        return ": the notebook has no model, so the project is a batch job"
    if not outcome["reason"]:
        return ""
    place = "" if outcome["cell"] is None else f" (cell {outcome['cell']}, line {outcome['line']})"
    return f": {outcome['reason']}{place}. {outcome['way_out'] or ''}".rstrip()


def _lock(lock: dict[str, Any]) -> Iterator[str]:
    status = {"ok": "**locked**, with hashes", "failed": "**the lock failed**"}.get(lock["status"], "**not locked**")
    yield f"- requirements: {status}{': ' + lock['reason'] if lock['reason'] else ''}"


def _data(data: list[dict[str, Any]]) -> Iterator[str]:
    if not data:
        return
    yield from _section("Data files")
    rows = (
        (
            f"`{_cell(e['written'])}`",
            f"`{e['target']}`" if e["target"] else "",
            f"{'copied' if e['copied'] else 'not copied'}{': ' + e['reason'] if e['reason'] else ''}",
        )
        for e in data
    )
    yield from _table(("in the notebook", "in the project", ""), rows)


def _unconfirmed(requirements: list[dict[str, Any]]) -> Iterator[str]:
    doubtful = [each for each in requirements if each.get("confidence") == "unconfirmed"]
    if not doubtful:
        return
    yield from _section("Requirements to confirm")
    for each in doubtful:
        candidates = ", ".join(map(str, each.get("candidates") or ())) or "none known"
        imports = ", ".join(map(str, each.get("imports") or ()))
        yield f"- `{imports}`: which distribution brings it is not certain (candidates: {candidates})"


def _accounting(conversion: Conversion) -> Iterator[str]:
    """Give the statements of a cell that went the same way in one row; nb2prod.json has each."""
    counts = Counter(each.role for each in conversion.statements)
    yield f"{len(conversion.statements)} statements: {', '.join(f'{n} {role}' for role, n in counts.most_common())}."
    yield ""
    rows = []
    for (cell, role, reason), together in groupby(conversion.statements, lambda e: (e.where.cell, e.role, e.reason)):
        group = list(together)
        lines = _span(group[0].where.line, group[-1].last_line)
        went = ", ".join(_ranges([p for each in group for p in ([each.place] if each.place else []) + list(each.also)]))
        rows.append((str(cell), lines, role, went, _cell(reason or "")))
    yield from _table(("cell", "lines", "role", "lines in the project", "why"), rows)


def _ranges(places: list[Place]) -> Iterator[str]:
    """Give the lines by module, as one span each: `train.py 10-24`."""
    for module in dict.fromkeys(place.module for place in places):
        inside = [place for place in places if place.module == module]
        yield f"`{module}` {_span(min(p.line for p in inside), max(p.last_line for p in inside))}"


def _span(first: int, last: int) -> str:
    return str(first) if first == last else f"{first}-{last}"


def _table(head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> Iterator[str]:
    yield f"| {' | '.join(head)} |"
    yield f"|{'---|' * len(head)}"
    yield from (f"| {' | '.join(row)} |" for row in rows)


def _cell(text: str) -> str:
    """Text that fits into a table: one line, no bar."""
    return " ".join(text.split()).replace("|", "\\|")


def _section(title: str) -> tuple[str, ...]:
    return ("", f"## {title}", "")
