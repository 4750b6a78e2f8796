# ruff: noqa: INP001, ANN401 - programs that print, on JSON
"""Records of the bench as text: a line for each notebook, sums, and failures by their cause."""

from __future__ import annotations

import re
from collections import defaultdict
from statistics import median
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

Record = dict[str, Any]

COLUMNS = ("read", "lint", "convert", "lost", "ruff", "import", "train", "predict")


def line(record: Record) -> str:
    """One notebook: each step's result and the seconds it took in all."""
    known = {**record, "predict": record.get("predict", record.get("predict status"))}
    cells = [f"{column} {_short(known, column)}" for column in COLUMNS if known.get(column) is not None]
    wrong = "  SILENTLY WRONG" if record.get("silent wrong") else ""
    return f"{sum(record['seconds'].values()):7.1f} s  {'  '.join(cells)}{wrong}  {_name(record)}"


def summary(records: Sequence[Record]) -> Iterator[str]:
    """Sum up all notebooks, then what went wrong, grouped by cause."""
    yield f"{len(records)} notebooks from {len({_repository(one) for one in records})} repositories"
    for step in ("read", "lint", "convert"):
        tried = [one for one in records if step in one]
        yield f"  {step:<9}{_tally(one[step] for one in tried)}{_median(tried, step)}"
    converted = [one for one in records if one.get("convert") == "ok"]
    statements = sum(one["statements"] for one in converted)
    yield f"  accounted {_share(converted, lambda one: not one['lost'])}, {statements} statements"
    yield f"  ruff      {_share(converted, lambda one: one['ruff'] == 'ok')} clean under E9 and F"
    yield f"  train     {_tally(one['train status'] for one in converted)} by convert"
    yield f"  predict   {_tally(one['predict status'] for one in converted)} by convert"
    tried = [one for one in converted if not one["static"]]
    if tried:
        yield from _dynamic(tried)
    for title, cause in CAUSES:
        yield from _grouped(title, cause, records)


def _dynamic(tried: Sequence[Record]) -> Iterator[str]:
    yield f"  import    {_share(tried, lambda one: one.get('import') == 'ok' or 'missing' in one.get('import', ''))}"
    yield f"  train     {_tally(one.get('train', 'crashed') for one in tried)} by verify{_median(tried, 'verify')}"
    runnable = [one for one in tried if one.get("train") != "notebook failed"]
    where = "of the notebooks that run"
    yield f"  equal     {_share(runnable, lambda one: one.get('train') == 'equivalent')} {where}"
    with_model = [one for one in runnable if one.get("predict status") != "none"]
    yield f"  parity    {_share(with_model, lambda one: one.get('predict') == 'equal')} {where} and have a model"
    yield f"  resampled {_tally(_head(one['perturbed']) for one in runnable if 'perturbed' in one)}"
    promised = [one for one in runnable if "ok" in (one.get("train status"), one.get("predict status"))]
    wrong = sum(bool(one.get("silent wrong")) for one in promised)
    yield f"  status ok with different values: {wrong} of {len(promised)} tried"


CAUSES: tuple[tuple[str, Callable[[Record], str | None]], ...] = (
    ("crashes", lambda one: one.get("why") if "crashed" in one.values() else None),
    (
        "not read or not converted",
        lambda one: one.get("why") if "refused" in (one.get("read"), one.get("convert")) else None,
    ),
    ("statements lost", lambda one: one["lost"][0] if one.get("lost") else None),
    ("ruff", lambda one: one["ruff"].splitlines()[0].split(": ", 1)[-1] if one.get("ruff", "ok") != "ok" else None),
    ("import", lambda one: one["import"] if one.get("import", "ok") != "ok" else None),
    ("train refused", lambda one: one.get("train refusal")),
    ("predict refused", lambda one: one.get("predict refusal") if one.get("predict status") == "refused" else None),
    ("the notebook fails", lambda one: one["failed"] if one.get("train") == "notebook failed" else None),
    ("the project fails", lambda one: one["failed"] if one.get("train") == "project failed" else None),
    ("train differs", lambda one: one["first"] if one.get("train") == "different" else None),
    ("train not comparable", lambda one: "; ".join(one["reasons"]) if one.get("train") == "not comparable" else None),
    ("resampled", lambda one: one["perturbed"] if _head(one.get("perturbed", "")) in ("different", "failed") else None),
    ("predict not equal", lambda one: "; ".join(one.get("checks", ())) or None),
)


def _grouped(title: str, cause: Callable[[Record], str | None], records: Sequence[Record]) -> Iterator[str]:
    groups: dict[str, list[Record]] = defaultdict(list)
    for one in records:
        why = cause(one)
        if why:
            groups[_general(why)].append(one)
    if groups:
        yield ""
        yield f"{title}: {sum(map(len, groups.values()))}"
    for why, found in sorted(groups.items(), key=lambda item: -len(item[1])):
        yield f"  {len(found):4}  {why}"
        yield from (f"          {_name(one)}" for one in found[:3])


def _general(why: str) -> str:
    """Give a message without what is particular to one notebook."""
    text = re.sub(r"cell \d+(, line \d+)?", "cell #", why.splitlines()[0])
    text = re.sub(r"`[^`]*`|'[^']*'|\"[^\"]*\"", "…", text)
    return re.sub(r"\b\d+(\.\d+)?\b", "#", text)[:160]


def _short(record: Record, column: str) -> str:
    value = str(record[column]) if column != "lost" else record[column]
    if column == "lost":
        return str(len(value))
    if column in ("ruff", "import"):
        return "ok" if value == "ok" else "MISSING" if value.startswith("missing") else "BAD"
    if column == "predict" and value == "not made":
        return str(record.get("predict status"))
    return str(value)


def _head(text: str) -> str:
    return "the notebook does not run" if text.startswith("the notebook") else text.partition(":")[0]


def _name(record: Record) -> str:
    return "/".join(str(record["notebook"]).split("/")[-3:])


def _repository(record: Record) -> str:
    """Give the folder below `repos`, else the notebook's own."""
    head, _, tail = str(record["notebook"]).partition("/repos/")
    return tail.split("/")[0] if tail else head.rpartition("/")[0]


def _tally(results: Any) -> str:
    counted: dict[str, int] = defaultdict(int)
    for one in results:
        counted[one] += 1
    return (
        ", ".join(f"{number} {what}" for what, number in sorted(counted.items(), key=lambda item: -item[1])) or "none"
    )


def _share(records: Sequence[Record], good: Callable[[Record], bool]) -> str:
    number = sum(map(good, records))
    return f"{number} of {len(records)} ({100 * number / max(1, len(records)):.0f}%)"


def _median(records: Sequence[Record], step: str) -> str:
    seconds = [one["seconds"][step] for one in records if step in one["seconds"]]
    return f"; median {median(seconds):.2f} s" if seconds else ""
