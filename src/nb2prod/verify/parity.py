# ruff: noqa: ANN401 - nodes and JSON are any plain data
"""Predict: the project's model input and prediction against the notebook's own."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from nb2prod.verify import rows, values
from nb2prod.verify.compare import side_of
from nb2prod.verify.run import start, write_plan
from nb2prod.verify.verdict import Check

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from nb2prod.verify.run import Ran, Setup
    from nb2prod.verify.values import Side

_SAMPLE = 30
_ROUNDED = 100  # so many rows may lie where rounding to some digits goes up on one side and down on the other
_IN_ALL = 5  # asking in every way may take this many times the limit of a cell
_ASKED = "predicted"
_RESAMPLES = b"fit_resample"
_BY_VALUE = "model input and prediction, matched by value"
_ENTRY = {"module": "predict", "input": "model_input", "answers": "answers"}
_SAME = (
    "target absent",
    "target altered",
    "unneeded columns absent",
    "columns reversed",
    "a column more",
    "index repeated",
    "rows shuffled",
)

Status = Literal["equal", "different", "not comparable", "failed", "not made"]


def parity(setup: Setup, notebook: Ran, project: Ran, *, variations: bool = True) -> tuple[Status, tuple[Check, ...]]:
    """Ask the trained project (its copy of this run) for the notebook's rows, at once and one by one."""
    if setup.accounting.predict.get("status") != "ok":
        return "not made", ()
    checks = tuple(_checks(setup, notebook, project, variations=variations))
    found = {one.status for one in checks}
    order: tuple[Status, ...] = ("failed", "different", "not comparable")
    return next((status for status in order if status in found), "equal"), checks


def golden_rows(seen: Path) -> Path:
    """Where the rows and answers of a project's run were kept, if they were."""
    return seen.with_name(_ASKED) / "golden"


@dataclass(frozen=True, slots=True)
class _Seen:
    """Values by name, of one run."""

    side: Side
    digests: Mapping[str, str]
    failures: Mapping[str, str]

    @classmethod
    def of(cls, ran: Ran, why: Literal["unanswered", "failed"]) -> _Seen:
        found = {event["name"]: event["digest"] for event in ran.of("value") if event["key"] == "predict"}
        return cls(side_of(ran), found, {event["name"]: event["error"] for event in ran.of(why)})

    def node(self, name: str) -> Any:
        return self.side.node(self.digests[name])


def _checks(setup: Setup, notebook: Ran, project: Ran, *, variations: bool) -> Iterator[Check]:
    asked = _Seen.of(notebook, "unanswered")
    for name in ("input", "output"):
        if name not in asked.digests:
            why = asked.failures.get(name, "nb2prod.json does not say which expression it is")
            yield Check(name=f"the notebook's {name}", status="not comparable", detail=why)
            return
    labels = rows.labels(asked.node("rows"), asked.side) if "rows" in asked.digests else None
    ran, failure = _ask(setup, project, labels, variations=variations)
    if failure is not None:
        yield failure
        return
    for event in ran.of("refused rows"):
        detail = f"left out; none is of the notebook's predicted rows: {event['example']}"
        yield Check(name="rows that predict refuses", status="equal", rows=event["rows"], detail=detail)
    answered = _Seen.of(ran, "failed")
    for name, error in answered.failures.items():
        yield Check(name=name, status="failed", detail=error)
    if "all input" in answered.digests and "all answers" in answered.digests:
        yield from _batch(asked, answered, resampled=_RESAMPLES in setup.accounting.notebook.read_bytes())
    elif "input" in answered.digests:
        yield _input("model input in one batch", (asked, "input"), (answered, "input"))
    yield from _alone(answered)
    yield from _same(answered)
    yield from _altered(ran)


def _ask(setup: Setup, project: Ran, labels: list[Any] | None, *, variations: bool) -> tuple[Ran, Check | None]:
    predict = setup.accounting.predict
    targets = predict.get("target")
    files = [one.target for one in setup.accounting.data if one.target]
    raw = predict["raw"] if "raw" in predict else next(iter(files), None)
    seen = project.seen.with_name(_ASKED)
    plan = write_plan(
        seen,
        {
            "entry": {**_ENTRY, **(predict.get("entry") or {})},
            "raw": raw,
            "reseed": project.reseed,
            "labels": labels,
            "target": [targets] if isinstance(targets, str) else list(targets or ()),
            "sample": _SAMPLE,
            "variations": variations,
        },
    )
    ran = start(setup, project.folder, seen, plan, "predict", [], limit=setup.timeout * _IN_ALL)
    failure = None
    if ran.failure is not None:
        last = (ran.failure.detail.splitlines() or [""])[-1]
        failure = Check(name="asking for predictions", status="failed", detail=f"{ran.failure.what}: {last}")
    elif ran.of("drawn"):
        why = "they are drawn at random each time they are made, so the notebook's own cannot be had again"
        failure = Check(name="the raw rows", status="not comparable", detail=why)
    elif any(not event["unchanged"] for event in ran.of("rows")):
        failure = Check(name="the frame given is not changed", status="different", detail="predict changes its input")
    return ran, failure


def _batch(asked: _Seen, answered: _Seen, *, resampled: bool) -> Iterator[Check]:
    """Give the notebook's rows, found by their index; where that does not tell, by their values."""
    if "input" in answered.digests and "answers" in answered.digests:
        found = [
            _input("model input in one batch", (asked, "input"), (answered, "input")),
            _output("prediction in one batch", (asked, "output"), (answered, "answers")),
        ]
        if all(one.status == "equal" for one in found) or found[0].status == "not comparable":
            yield from found
            return
        by_value = _by_value(asked, answered, resampled=resampled)
        if by_value.status == "equal":
            yield by_value
        else:
            yield from found
    else:
        yield _by_value(asked, answered, resampled=resampled)


def _alone(answered: _Seen) -> Iterator[Check]:
    pairs = (
        ("sample input", "input row by row"),
        ("sample answers", "answers row by row"),
        ("few answers", "answers through csv"),
    )
    for batch, alone in pairs:
        if batch in answered.digests and alone in answered.digests:
            check = _input if "input" in batch else _answers
            yield check(alone, (answered, batch), (answered, alone))


def _same(answered: _Seen) -> Iterator[Check]:
    for name in _SAME:
        if name in answered.digests:
            yield _answers(name, (answered, "all answers"), (answered, name))


def _altered(ran: Ran) -> Iterator[Check]:
    """Values that training has not seen, in one column after the other."""
    found: dict[str, list[Mapping[str, Any]]] = {}
    for event in ran.of("altered"):
        found.setdefault(event["name"], []).append(event)
    for name, events in found.items():
        wrong = [f"{event['column']}: {event['detail']}" for event in events if event["detail"]]
        status: Literal["different", "equal"] = "different" if wrong else "equal"
        detail = wrong[0] if wrong else f"row by row as in a batch, in {len(events)} column{'s' * (len(events) > 1)}"
        yield Check(name=name, status=status, detail=detail)


_Side = tuple[_Seen, str]


def _input(name: str, left: _Side, right: _Side) -> Check:
    """Values, dtypes and the order of columns; not the index, which is no part of what the model sees."""
    nodes = [rows.without_index(seen.node(key)) for seen, key in (left, right)]
    match values.compare_nodes(nodes[0], nodes[1], (left[0].side, right[0].side)):
        case values.Different(path, one, other):
            return Check(name=name, status="different", detail=f"{path or 'it'} is {one} and with the project {other}")
        case values.NotComparable(reason):
            return Check(name=name, status="not comparable", detail=reason)
        case values.Equal(unchecked=(reason, *_)):
            return Check(name=name, status="not comparable", detail=reason)
        case _:
            return Check(name=name, status="equal", rows=rows.count(nodes[0], left[0].side))


def _answers(name: str, left: _Side, right: _Side) -> Check:
    """Whole tables of answers of the project."""
    tables = [rows.table(seen.node(key), seen.side) for seen, key in (left, right)]
    return _tables(name, tables[0], tables[1])


def _output(name: str, left: _Side, right: _Side) -> Check:
    """Give the notebook's prediction with the project's column of that name, or its probabilities."""
    mine = rows.table(left[0].node(left[1]), left[0].side)
    theirs = rows.table(right[0].node(right[1]), right[0].side)
    return _tables(name, mine, _chosen(mine, theirs))


def _chosen(mine: rows.Table | None, theirs: rows.Table | None) -> rows.Table | None:
    """Give the prediction; where the notebook's is a table of probabilities, those."""
    if mine is None or theirs is None:
        return None
    number = len(theirs[0]) - 1 if theirs else 0
    if mine and len(mine[0]) > 1 and len(mine[0]) == number:
        return [row[1:] for row in theirs]
    return [row[:1] for row in theirs]


def _tables(name: str, mine: rows.Table | None, theirs: rows.Table | None) -> Check:
    if mine is None or theirs is None:
        return Check(name=name, status="not comparable", detail="it is no table, series or array")
    if len(mine) != len(theirs) or (mine and len(mine[0]) != len(theirs[0])):
        sizes = [f"{len(one)} rows of {len(one[0]) if one else 0}" for one in (mine, theirs)]
        return Check(name=name, status="different", detail=f"{sizes[0]}, with the project {sizes[1]}")
    wrong = [i for i, (one, other) in enumerate(zip(mine, theirs, strict=True)) if not rows.same(one, other)]
    if wrong:
        first = wrong[0]
        both = f"{_short(mine[first])} and with the project {_short(theirs[first])}"
        detail = f"{len(wrong)} of {len(mine)} rows; row {first} is {both}"
        return Check(name=name, status="different", rows=len(mine), detail=detail)
    return Check(name=name, status="equal", rows=len(mine))


def _by_value(asked: _Seen, answered: _Seen, *, resampled: bool) -> Check:
    """Each input row of the notebook, with its prediction, is among the project's as often: weaker evidence.

    Where the notebook draws rows anew (`resampled`), those that come of no raw row are left out, and it says so.
    """
    name = _BY_VALUE
    shapes = [rows.kind(seen.node(key), seen.side) for seen, key in ((asked, "input"), (answered, "all input"))]
    if shapes[0] != shapes[1]:
        return Check(name=name, status="different", detail=f"the input is {shapes[0]} and with the project {shapes[1]}")
    mine, theirs = rows.table(asked.node("input"), asked.side), rows.table(answered.node("all input"), answered.side)
    said = rows.table(asked.node("output"), asked.side)
    answers = _chosen(said, rows.table(answered.node("all answers"), answered.side))
    if mine is None or theirs is None or said is None or answers is None:
        return Check(name=name, status="not comparable", detail="they are no tables, series or arrays")
    if len(answers) > len(theirs):  # rows that the notebook leaves out have an empty answer, and no input
        answers = [one for one in answers if not rows.left_out(one)]
    if len(said) != len(mine) or len(answers) != len(theirs):
        return Check(name=name, status="not comparable", detail="input and prediction have different numbers of rows")
    return matched(mine, said, theirs, answers, resampled=resampled)


def matched(mine: rows.Table, said: rows.Table, theirs: rows.Table, answers: rows.Table, *, resampled: bool) -> Check:
    """The notebook's input rows and what was said of them, among the project's."""
    name = _BY_VALUE
    absent = unmatched(mine, theirs)
    drawn = set(absent) if resampled and len(absent) < len(mine) else set()
    if absent and not drawn:
        detail = f"{len(absent)} of {len(mine)} input rows are not among the project's, e.g. {_short(absent[0])}"
        return Check(name=name, status="different", rows=len(mine), detail=detail)
    kept = [(one, other) for one, other in zip(mine, said, strict=True) if rows.key(one) not in drawn]
    pairs = [[(*one, *other) for one, other in side] for side in (kept, zip(theirs, answers, strict=True))]
    wrong = unmatched(*pairs)
    if wrong:
        detail = f"{len(wrong)} of {len(mine)} predictions are not the project's for the same input row"
        return Check(name=name, status="different", rows=len(mine), detail=detail)
    if drawn:
        detail = (
            f"{len(mine) - len(kept)} of {len(mine)} input rows are of no raw row: the notebook makes rows (resampling)"
        )
        return Check(name=name, status="not comparable", detail=f"{detail}; the predictions of the others are equal")
    return Check(name=name, status="equal", rows=len(mine), detail="matched by value")


def unmatched(mine: rows.Table, theirs: rows.Table) -> rows.Table:
    """The rows of `mine` that are not among `theirs` as often; those are the same that differ by rounding alone."""
    counts = [Counter(map(rows.key, table)) for table in (mine, theirs)]
    left, others = list((counts[0] - counts[1]).elements()), list((counts[1] - counts[0]).elements())
    if len(left) > _ROUNDED:
        return left
    unmatched = []
    for row in left:
        near = next((place for place, other in enumerate(others) if rows.same(row, other)), None)
        if near is None:
            unmatched.append(row)
        else:
            others.pop(near)
    return unmatched


def _short(row: Any) -> str:
    text = ", ".join(map(str, row[:8]))
    return f"({text}{', …' if len(row) > 8 else ''})"  # noqa: PLR2004 - enough to recognise it
