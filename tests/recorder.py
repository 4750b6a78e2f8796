# ruff: noqa: ANN401 - the values of a notebook are of any type
"""Run a notebook's statements one by one in a namespace that notes what they read, write and change."""

from __future__ import annotations

import ast
from dataclasses import dataclass
from math import inf
from typing import TYPE_CHECKING, Any

from nb2prod.names import is_channel

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from nb2prod.dataflow import Dataflow
    from nb2prod.program import Program

Look = dict[str, object]


class Recorder(dict[str, Any]):
    """A namespace that notes the names it is asked for before they are written, and those written or deleted.

    Python asks a subclass of dict for every global a function reads, but writes past it where a function has
    `global` or a comprehension has a walrus.
    """

    def __init__(self, names: dict[str, Any], limit: float = inf) -> None:
        super().__init__(names)
        self.limit = limit
        self.start()

    def start(self) -> None:
        self.reads: set[str] = set()
        self.writes: set[str] = set()
        self.left = self.limit

    def __getitem__(self, name: str) -> Any:
        if name in self and name not in self.writes:
            self.reads.add(name)
        self.left -= 1
        if self.left < 0:  # a function that grows the list it is mapped over
            raise RuntimeError(name)
        return super().__getitem__(name)

    def __setitem__(self, name: str, value: Any) -> None:
        self.writes.add(name)
        super().__setitem__(name, value)

    def __delitem__(self, name: str) -> None:
        self.writes.add(name)
        super().__delitem__(name)


@dataclass(frozen=True, slots=True)
class Step:
    """What one statement did; `look` is how everything looked after it."""

    index: int
    reads: frozenset[str]
    writes: frozenset[str]
    changed: frozenset[str]
    look: Look
    error: BaseException | None


def execute(
    program: Program, space: Recorder, look: Callable[[Recorder], Look], only: frozenset[int]
) -> Iterator[Step]:
    """Run the statements in document order up to the first exception; `look` tells how names and channels look."""
    given = frozenset(space)
    before = look(space)
    for statement in program.statements:
        if statement.index not in only:
            continue
        space.start()
        error: BaseException | None = None
        try:
            exec(compile(program.source(statement), "<statement>", "exec"), space)  # noqa: S102 - that is the point
        except (Exception, SystemExit) as e:  # noqa: BLE001 - whatever the notebook raises
            error = e
        reads, writes = frozenset(space.reads - given), frozenset(space.writes - given)
        after = look(space)
        changed = frozenset(k for k in before.keys() | after.keys() if before.get(k) != after.get(k)) - given
        yield Step(statement.index, reads, writes, changed, after, error)
        if error is not None:
            return
        before = after


def differences(flow: Dataflow, steps: list[Step]) -> Iterator[tuple[str, str, int]]:
    """Yield (kind, name, statement) wherever something happened that the analysis does not contain."""
    last: dict[str, int] = {}
    past = frozenset(name for statement in flow.program.statements for name in _written_past(statement.node))
    for step in steps:
        static = flow.effects[step.index]
        written = static.binds.keys() | static.deletes.keys()
        unsure = written & past
        reads = step.reads - unsure
        seen: dict[str, set[int]] = {}
        for use in flow.uses[step.index]:
            seen.setdefault(use.name, set()).update(use.definitions)
        everything = seen.get("*", set())
        files = any(name.startswith("file:") for name in written | static.mutates.keys())
        for kind, names in (
            ("read", reads - static.reads.keys() - static.mutates.keys()),
            ("written", step.writes - written if "*" not in written else ()),
            ("changed", step.changed - written - static.mutates.keys() if "*" not in written else ()),
            ("not bound", () if step.error else {n for n in static.certain if not is_channel(n)} - step.look.keys()),
            ("definition", {n for n in reads if n in last and last[n] not in seen.get(n, set()) | everything}),
        ):
            for name in sorted(names):
                if not (name == "file:*" and files) and not (everything and kind == "read"):
                    yield kind, name, step.index
        last |= dict.fromkeys(step.changed | step.writes, step.index)
        for name in unsure - step.changed:
            last.pop(name, None)


def _written_past(node: ast.stmt) -> Iterator[str]:
    """Names that may be written past the recorder, so that a later read looks like one of the old value."""
    for part in ast.walk(node):
        if isinstance(part, ast.Global):
            yield from part.names
        elif isinstance(part, ast.NamedExpr):
            yield part.target.id
