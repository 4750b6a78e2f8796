"""Two runs compared: each value the notebook saw with the one the project saw at the same statement."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from nb2prod.verify import values
from nb2prod.verify.values import NotComparable, Side

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from nb2prod.verify.accounting import Accounting, Mapped
    from nb2prod.verify.run import Ran
    from nb2prod.verify.values import Comparison

_NOT_TRAINED = frozenset({"explore", "predict", "dropped"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Compared:
    """One value at one visit of a statement; in the order in which the notebook computed them."""

    statement: Mapped
    name: str
    visit: int
    result: Comparison
    kind: str = ""
    is_model: bool = False
    is_data: bool = False

    @property
    def key(self) -> tuple[int, str, int]:
        """The same value in another pair of runs."""
        return self.statement.index, self.name, self.visit


_Visit = tuple[int, int]  # statement index, how often it had run before


def compare(accounting: Accounting, notebook: Ran, project: Ran) -> tuple[Compared, ...]:
    """Every value that a statement with a place in the project binds.

    Statements that share their place (a function called for train and for test) are compared in the order they ran.
    """
    sides = side_of(notebook), side_of(project)
    lefts, rights = _visits(notebook), _visits(project)
    shared = _sharing(accounting)
    lost = {event["key"] for event in project.of("lost")}
    mapped = {one.index: one for one in accounting.statements}
    seen_by_place: dict[int, int] = defaultdict(int)
    found: list[Compared] = []
    for (index, visit), left in lefts.items():
        if index not in shared:
            continue
        key = shared[index]
        right = rights.get((key, seen_by_place[key]))
        seen_by_place[key] += 1
        absent = _why_absent(mapped[index], key in lost) if right is None else None
        found.extend(_values_of(mapped[index], visit, left, right or {}, absent, sides))
    return (*found, *_not_reached(accounting, lefts))


def unrepeated(accounting: Accounting, first: Ran, second: Ran) -> frozenset[tuple[int, str, int]]:
    """Give the values on which two runs of the notebook do not agree."""
    sides = side_of(first), side_of(second)
    again = _visits(second)
    known = {one.index for one in accounting.statements}
    return frozenset(
        (index, name, visit)
        for (index, visit), left in _visits(first).items()
        if index in known
        for name, event in left.items()
        if "digest" in event and not _equal(event, again.get((index, visit), {}).get(name, {}), sides)
    )


def side_of(ran: Ran) -> Side:
    """Where this run kept its values."""
    return Side(ran.seen, str(ran.folder))


def _equal(left: Mapping[str, Any], right: Mapping[str, Any], sides: tuple[Side, Side]) -> bool:
    if "digest" not in left or "digest" not in right:
        return False
    return not isinstance(values.compare(left["digest"], right["digest"], sides), values.Different)


def _visits(ran: Ran) -> dict[_Visit, dict[str, Mapping[str, Any]]]:
    visits: dict[_Visit, dict[str, Mapping[str, Any]]] = {}
    for event in ran.of("value"):
        if isinstance(event["key"], int):
            visits.setdefault((event["key"], event["visit"]), {})[event["name"]] = event
    return visits


def _sharing(accounting: Accounting) -> dict[int, int]:
    """For each placed statement the first one with the same place, which is how the project's run calls it."""
    first: dict[object, int] = {}
    shared = {}
    for one in accounting.statements:
        if one.place is not None and one.binds:
            shared[one.index] = first.setdefault(one.place, one.index)
    return shared


def _why_absent(statement: Mapped, lost: bool) -> NotComparable:  # noqa: FBT001 - private, one caller
    if statement.role in _NOT_TRAINED:
        return NotComparable(f"train does not run what is {statement.role}", by_nature=True)
    if lost:
        place = statement.place
        where = f"{place.module}, line {place.line}" if place else "nowhere"
        return NotComparable(f"the emitted code has no statement to watch at {where}")
    return NotComparable("the project's train did not run it")


def _values_of(  # noqa: PLR0913 - private, one caller
    statement: Mapped,
    visit: int,
    left: Mapping[str, Mapping[str, Any]],
    right: Mapping[str, Mapping[str, Any]],
    absent: NotComparable | None,
    sides: tuple[Side, Side],
) -> Iterator[Compared]:
    for name, event in left.items():
        other = right.get(statement.binds[name], {})
        result: Comparison
        if absent is not None:
            result = replace(absent, by_nature=absent.by_nature or _is_code(event, sides[0]))
        elif "digest" not in event and "digest" not in other:
            result = NotComparable("the name is not bound there", by_nature=True)
        elif "digest" not in event:
            result = NotComparable(f"the notebook has no `{name}` after it")
        elif "digest" not in other:
            result = NotComparable(f"the emitted code has no `{statement.binds[name]}` there")
        else:
            result = values.compare(event["digest"], other["digest"], sides)
        yield Compared(
            statement=statement,
            name=name,
            visit=visit,
            result=result,
            kind=event.get("type", ""),
            is_model=event.get("model", False),
            is_data=event.get("data", False),
        )


def _is_code(event: Mapping[str, Any], side: Side) -> bool:
    """Whether it is a function, class, module or picture, which is nowhere compared."""
    return "digest" in event and values.tag(side.node(event["digest"])) in ("named", "ignored")


def _not_reached(accounting: Accounting, lefts: Mapping[_Visit, object]) -> Iterator[Compared]:
    reached = {index for index, _ in lefts}
    for one in accounting.statements:
        if one.place is not None and one.index not in reached and one.role not in _NOT_TRAINED:
            for name in one.binds:
                yield Compared(
                    statement=one, name=name, visit=0, result=NotComparable("the notebook's run did not get there")
                )
