"""The analysis against reality: programs are run statement by statement in a namespace that notes what happens."""

from __future__ import annotations

import textwrap
from dataclasses import dataclass, field
from types import FunctionType
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from nb2prod.dataflow import Dataflow, analyse
from nb2prod.notebook import Notebook
from nb2prod.program import Program, parse

Draw = Any

PREAMBLE = """
i0, i1, i2, w = 1, 2, 3, 4
l0, l1, l2 = [1, 2], [3], []
d0 = {"k": [1], "m": [2]}
d1 = {"k": l1}
class Box:
    base = [0]
    def __init__(self, items, value=0):
        self.items = items
        self.value = value
    def put(self, x):
        self.items.append(x + i0)
        return self
    def total(self):
        return sum(self.items) + self.value + len(l0)
    def share(self):
        return self.items
o0 = Box([5])
o1 = Box(l2, i1)
def f0(x):
    return x + i0
def f1(x):
    x.append(i1)
    return x
def f2():
    global i2
    i2 = i2 + len(l0)
    return i2
def f3(x, y=None):
    z = x
    w = y or z
    w.append(1)
    return [w]
f4 = lambda x: x + i1 + len(l2)
"""


# Written by `global` in a function or a walrus in a comprehension, which the recorder is not asked about.
PAST_THE_RECORDER = {"w", "i2", "l1"}


class Recorder(dict[str, Any]):
    """A namespace that notes the names it is asked for before they are written, and those written or deleted."""

    def __init__(self) -> None:
        super().__init__(__name__="__main__")
        self.start()

    def start(self) -> None:
        self.reads: set[str] = set()
        self.writes: set[str] = set()
        self.before = {k: fingerprint(v) for k, v in self.items()}

    def __getitem__(self, name: str) -> Any:
        if name in self and name not in self.writes and name != "__builtins__":
            self.reads.add(name)
        return super().__getitem__(name)

    def __setitem__(self, name: str, value: Any) -> None:
        self.writes.add(name)
        super().__setitem__(name, value)

    def __delitem__(self, name: str) -> None:
        self.writes.add(name)
        super().__delitem__(name)

    def changed(self) -> set[str]:
        """The names whose value is another or looks otherwise than at the start."""
        after = {k: fingerprint(v) for k, v in self.items()}
        return {k for k in self.before.keys() | after.keys() if self.before.get(k) != after.get(k)} - {"__builtins__"}


def fingerprint(value: Any, depth: int = 0) -> Any:
    """What a value looks like; functions by name, instances by their attributes, loops cut."""
    if depth > 6:
        return "..."
    if isinstance(value, list | tuple):
        return type(value).__name__, tuple(fingerprint(v, depth + 1) for v in value)
    if isinstance(value, dict):
        return tuple((k, fingerprint(v, depth + 1)) for k, v in value.items())
    if isinstance(value, FunctionType):
        return value.__code__.co_code, value.__code__.co_names, value.__code__.co_consts[:1]
    if type(value).__name__ == "Box":
        return fingerprint(vars(value), depth + 1)
    if isinstance(value, int | str | float | None):
        return value
    return type(value).__name__, getattr(value, "__name__", None) or str(value)[:20]


@dataclass
class Step:
    reads: set[str]
    writes: set[str]
    changed: set[str]
    error: Exception | None
    values: dict[str, Any] = field(default_factory=dict)


def execute(program: Program, only: frozenset[int] | None = None) -> dict[int, Step]:
    """Run the statements one by one up to the first exception."""
    space = Recorder()
    steps: dict[int, Step] = {}
    for statement in program.statements:
        if only is not None and statement.index not in only:
            continue
        source = program.source(statement)
        space.start()
        error: Exception | None = None
        try:
            exec(compile(source, "<statement>", "exec"), space)  # noqa: S102 - that is the test
        except Exception as e:  # noqa: BLE001 - whatever the program raises
            error = e
        values = {k: fingerprint(v) for k, v in space.items()}
        steps[statement.index] = Step(set(space.reads), set(space.writes), space.changed(), error, values)
        if error is not None:
            break
    return steps


def check(flow: Dataflow, steps: dict[int, Step]) -> None:
    """Assert that the static answer contains what happened."""
    last: dict[str, int] = {}
    for index, step in steps.items():
        static = flow.effects[index]
        shown = f"{index}: {flow.program.source(flow.program.statements[index])}"
        step.reads -= static.binds.keys() & PAST_THE_RECORDER
        assert step.reads <= static.reads.keys() | static.mutates.keys(), f"reads {shown}"
        written = static.binds.keys() | static.deletes.keys()
        assert step.writes <= written, f"writes {shown}"
        assert step.changed <= written | static.mutates.keys(), f"changes {shown}"
        if step.error is None:
            assert static.certain - {n for n in static.certain if ":" in n} <= step.values.keys(), f"certain {shown}"
        seen: dict[str, set[int]] = {}
        for use in flow.uses[index]:
            seen.setdefault(use.name, set()).update(use.definitions)
        for name in step.reads:
            assert last[name] in seen.get(name, set()), f"{name} of statement {last[name]} is seen by {shown}"
        for name in step.changed | step.writes:
            last[name] = index


def check_slice(flow: Dataflow, steps: dict[int, Step]) -> None:
    """Run only the slice of the last statement that finished: it must do the same."""
    done = [i for i, step in steps.items() if step.error is None]
    root = done[-1]
    again = execute(flow.program, flow.slice([root]))
    shown = flow.program.source(flow.program.statements[root])
    assert root in again, f"the slice stopped before {shown}: {again[max(again)].error!r}"
    assert again[root].error is None, f"{shown}: {again[root].error!r}"
    for name in steps[root].changed | steps[root].writes:
        assert again[root].values.get(name) == steps[root].values.get(name), f"{name} after {shown}"


# Programs


def one_of(draw: Draw, *choices: Any) -> str:
    choice = draw(st.sampled_from(choices))
    return choice if isinstance(choice, str) else choice()


@dataclass
class Maker:
    """Draws expressions and statements over the preamble's names, by type."""

    draw: Draw
    loops: int = 0

    def pick(self, *choices: Any) -> str:
        return one_of(self.draw, *choices)

    def i(self) -> str:
        return self.pick("i0", "i1", "i2")

    def li(self) -> str:
        return self.pick("l0", "l1", "l2")

    def number(self) -> str:
        return self.pick(
            "1", self.i, self.i, lambda: f"{self.i()} + 1", lambda: f"len({self.items()})", lambda: f"sum({self.li()})",
            lambda: f"({self.i()} := {self.i()} + 2)", lambda: f"f0({self.i()})", "f2()", lambda: f"f4({self.i()})",
            lambda: f"{self.box()}.value", lambda: f"{self.box()}.total()",
            lambda: f"({self.i()} if {self.i()} > 2 else {self.i()})",
            lambda: f"sum(f0(x) for x in {self.items()})", lambda: f"max([(w := x) for x in {self.li()}] or [0])", "w",
            lambda: f"(lambda x, y=1: x + y + {self.i()})({self.i()})", "next(iter(l0), 0)",
            lambda: f"{self.li()}.pop() if {self.li()} else 0", lambda: f"len(list(map(f4, {self.li()})))",
        )  # fmt: skip

    def items(self) -> str:
        return self.pick(
            self.li, self.li, lambda: f"[{self.i()}, {self.i()}]", lambda: f"list({self.li()})",
            lambda: f"{self.table()}.get('k', [])", lambda: f"{self.table()}.setdefault('z', {self.li()})",
            lambda: f"{self.table()}['k']", lambda: f"[x + {self.i()} for x in {self.li()} if x < 99]",
            lambda: f"sorted({self.li()})", lambda: f"{self.box()}.items", lambda: f"{self.box()}.share()",
            lambda: f"({self.li()} if {self.i()} > 2 else {self.li()})", lambda: f"({self.li()} or {self.li()})",
            lambda: f"{self.li()} + [{self.i()}]", lambda: f"f1({self.li()})", lambda: f"f3({self.li()})[0]",
            lambda: f"f3({self.li()}, y={self.li()})[-1]", lambda: f"[{self.li()}, {self.li()}][{self.i()} % 2]",
            lambda: f"({self.li()} := {self.li()})", lambda: f"{self.box()}.put(1).items", "Box.base",
            lambda: f"dict(a={self.li()})['a']", lambda: f"[y for y in [{self.li()}]][0]", lambda: f"{self.li()}[:]",
        )  # fmt: skip

    def table(self) -> str:
        return self.pick("d0", "d1", lambda: "{'k': %s}" % self.li())  # noqa: UP031 - braces

    def box(self) -> str:
        return self.pick("o0", "o1", lambda: f"Box({self.li()})", lambda: f"o0.put({self.i()})")

    def line(self) -> str:
        return self.pick(
            lambda: f"{self.i()} = {self.number()}", lambda: f"{self.li()} = {self.items()}",
            lambda: f"{self.i()} += {self.number()}", lambda: f"{self.li()} += {self.items()}[:2]",
            lambda: f"{self.li()}.append({self.number()})", lambda: f"{self.items()}.append({self.i()})",
            lambda: f"{self.li()} = {self.li()} = {self.items()}", lambda: f"{self.li()}, {self.li()} = {self.li()}, {self.items()}",
            lambda: f"{self.i()}, *{self.li()} = {self.li()} + [1]", lambda: f"d0['k'] = {self.items()}",
            lambda: f"{self.table()}['n'] = {self.li()}", lambda: f"o0.items = {self.items()}", lambda: f"o1.value += {self.i()}",
            lambda: f"d{self.pick('0', '1')} = " + self.pick("d0", "dict(d0)", lambda: "{'k': %s}" % self.items()),  # noqa: UP031
            lambda: f"o{self.pick('0', '1')} = {self.box()}", lambda: f"{self.li()}.extend({self.items()}[:2])",
            lambda: f"{self.li()}[:1] = [{self.i()}]", lambda: f"{self.box()}.put({self.i()})", "f2()",
            lambda: f"f1({self.items()})", lambda: f"f3({self.li()}, {self.li()})", lambda: f"d1.update(q={self.li()})",
            lambda: f"del {self.li()}[:1]", lambda: f"del {self.pick('i2', 'l2', 'd1')}", lambda: f"{self.number()}",
            lambda: f"it = iter({self.li()})", lambda: "next(it, 0) if 'it' in dir() else 0", lambda: f"{self.li()} = list(iter({self.li()}))",
            lambda: f"f0 = f{self.pick('0', '4')}", lambda: f"f4 = lambda x: x + {self.number()}",
            lambda: f"both = [{self.li()}, {self.li()}]", lambda: f"both = [{self.items()}]; both[0].append(1)",
            lambda: f"calls = [f4, lambda x: x + {self.i()}]; {self.i()} = calls[1](1)", lambda: f"import math; {self.i()} = math.floor({self.i()})",
            lambda: f"setattr(o0, 'value', {self.i()})", lambda: f"[z.append({self.i()}) for z in [{self.li()}, {self.li()}]]",
        )  # fmt: skip

    def block(self, depth: int) -> str:
        lines = [self.statement(depth + 1) for _ in range(self.draw(st.integers(1, 2)))]
        return textwrap.indent("\n".join(lines), "    ")

    def statement(self, depth: int = 0) -> str:
        if depth > 1 or self.draw(st.integers(0, 2)):
            return self.line()
        block = lambda: self.block(depth)  # noqa: E731 - short
        return self.pick(
            lambda: f"if {self.number()} > 2:\n{block()}\nelse:\n{block()}",
            lambda: f"if {self.items()}:\n{block()}",
            lambda: f"for {self.i()} in {self.items()}[:2]:\n{block()}",
            lambda: f"for each in [{self.li()}, {self.li()}]:\n    each.append({self.i()})\n{block()}",
            lambda: f"for n, each in enumerate({self.li()}[:2]):\n{block()}\n    if n: break\nelse:\n{block()}",
            lambda: f"try:\n{block()}\n    [][1]\n{block()}\nexcept IndexError as e:\n{block()}",
            lambda: f"try:\n{block()}\nexcept KeyError:\n{block()}\nelse:\n{block()}\nfinally:\n{block()}",
            lambda: f"while True:\n{block()}\n    if {self.i()}: break\n    break",
            lambda: f"from contextlib import suppress\nwith suppress(ZeroDivisionError) as s:\n{block()}\n    1 / 0\n{block()}",
            lambda: f"def f0(x):\n    y = {self.number()}\n    return y + x",
            lambda: f"def f1(x):\n    {self.line()}\n    x.append({self.i()})\n    return {self.pick('x', 'l0', '[x]')}"
            .replace("    f0 =", "    q =").replace("f4 = l", "q = l"),
            lambda: f"def f2():\n    global i2, l1\n    i2 = {self.number()}\n    l1 = {self.items()}\n    return i2",
            lambda: f"def outer(x):\n    def inner(y):\n        x.append(y + {self.i()})\n        return x\n    return inner\n"
            f"g = outer({self.li()})\n{self.li()} = g({self.i()})",
            lambda: f"match {self.li()}:\n    case [a, *rest]:\n{textwrap.indent(block(), '    ')}\n    case other:\n"
            f"        other.append({self.i()})",
            lambda: f"class Box:\n    base = {self.items()}\n    def __init__(self, items, value={self.i()}):\n        self.items = items\n"
            f"        self.value = value\n    def put(self, x):\n        self.items.append(x + {self.i()})\n        return self\n"
            f"    def total(self):\n        return {self.number()}\n    def share(self):\n        return {self.items()}",
        )  # fmt: skip


@st.composite
def programs(draw: Draw) -> str:
    maker = Maker(draw)
    return "\n".join(maker.statement() for _ in range(draw(st.integers(1, 7))))


def flow_of(text: str) -> Dataflow:
    return analyse(parse(Notebook.from_prompts(f"# In [1]:\n{PREAMBLE}\n{text}")))


@given(programs())
@settings(max_examples=200, deadline=None, suppress_health_check=list(HealthCheck))
def test_contains_what_happens(text: str) -> None:
    flow = flow_of(text)
    steps = execute(flow.program)
    check(flow, steps)
    check_slice(flow, steps)


@pytest.mark.parametrize("text", ["l0.append(1)", "b = a = l0\nb.append(2)\nlen(a)"])
def test_the_recorder_sees_changes(text: str) -> None:
    flow = flow_of(text)
    steps = execute(flow.program)
    assert any("l0" in step.changed for step in list(steps.values())[-3:])
    check(flow, steps)
