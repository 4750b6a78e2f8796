# ruff: noqa: ANN401 - nodes and JSON are any plain data
"""From compared values and failed runs to places in the notebook."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nb2prod.verify.values import Different, Equal, NotComparable
from nb2prod.verify.verdict import Counts, Difference, Failed, Uncompared

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from typing import Any

    from nb2prod.verify.accounting import Accounting, Mapped
    from nb2prod.verify.compare import Compared
    from nb2prod.verify.run import Ran


def differences(compared: Sequence[Compared], accounting: Accounting) -> tuple[Difference, ...]:
    """Say what differs, in the notebook's order; the first one is to blame."""
    found: list[Difference] = []
    last_equal: dict[str, int] = {}
    for one in compared:
        match one.result:
            case Different(path, left, right):
                found.append(
                    Difference(
                        statement=one.statement.index,
                        cell=one.statement.cell,
                        line=one.statement.line,
                        name=one.name,
                        path=path,
                        notebook=left,
                        project=right,
                        visit=one.visit,
                        suspects=_suspects(one, last_equal.get(one.name, -1), accounting) if not found else (),
                    )
                )
            case Equal():
                last_equal[one.name] = one.statement.index
            case NotComparable():
                pass
    return tuple(found)


def uncompared(compared: Iterable[Compared]) -> tuple[Uncompared, ...]:
    """Say what could not be compared though one would expect it, and what of equal values was not looked into."""
    found = []
    for one in compared:
        match one.result:
            case NotComparable(reason, by_nature=False):
                reasons: tuple[str, ...] = (reason,)
            case Equal(unchecked=parts):
                reasons = tuple(f"equal but for {part}" for part in parts[:5])
            case _:
                reasons = ()
        where = one.statement
        found += [
            Uncompared(statement=where.index, cell=where.cell, line=where.line, name=one.name, reason=reason)
            for reason in reasons
        ]
    return tuple(found)


def counts(compared: Iterable[Compared], chance: int = 0) -> Counts:
    """Values by outcome; `models` and `data` are those among the equal ones."""
    of = list(compared)
    equal = [one for one in of if isinstance(one.result, Equal)]
    return Counts(
        equal=len(equal),
        chance=chance,
        different=sum(isinstance(one.result, Different) for one in of),
        not_comparable=sum(isinstance(one.result, NotComparable) and not one.result.by_nature for one in of),
        by_nature=sum(isinstance(one.result, NotComparable) and one.result.by_nature for one in of),
        models=sum(one.is_model for one in equal),
        data=sum(one.is_data for one in equal),
    )


def failed(ran: Ran, accounting: Accounting) -> Failed | None:
    """Where a run broke off, mapped back to the notebook."""
    if ran.failure is None:
        return None
    errors = ran.of("error")
    if not errors or not ran.failure.raised:
        started = ran.of("cell")
        cell = started[-1]["cell"] if ran.side == "notebook" and started else None
        line = 1 if cell is not None else None
        return Failed(side=_side(ran), error=ran.failure.what, detail=ran.failure.detail, cell=cell, line=line)
    event = errors[-1]
    error = f"{event['type']}: {event['message']}"
    if ran.side == "notebook":
        return Failed(side="notebook", error=error, cell=event["cell"], line=event["line"], detail=ran.failure.detail)
    return _in_project(event, error, ran.failure.detail, accounting)


def _in_project(event: Mapping[str, Any], error: str, detail: str, accounting: Accounting) -> Failed:
    for frame in reversed(event["frames"]):
        for one in accounting.statements:
            place = one.place
            if place and place.module == frame["module"] and place.line <= frame["line"] <= place.last_line:
                return Failed(
                    side="project",
                    error=error,
                    cell=one.cell,
                    line=one.line,
                    module=frame["module"],
                    module_line=frame["line"],
                    detail=detail,
                )
    last = event["frames"][-1] if event["frames"] else {"module": None, "line": None}
    return Failed(side="project", error=error, module=last["module"], module_line=last["line"], detail=detail)


def _side(ran: Ran) -> Any:
    return ran.side


def _suspects(one: Compared, since: int, accounting: Accounting) -> tuple[str, ...]:
    """Statements after the last equal value of this name that change it, and that train does not run."""

    def may_have(statement: Mapped) -> bool:
        outside = statement.place is None or statement.role in ("explore", "dropped")
        return since < statement.index < one.statement.index and outside and one.name in statement.binds

    return tuple(f"cell {s.cell}, line {s.line}" for s in accounting.statements if may_have(s))
