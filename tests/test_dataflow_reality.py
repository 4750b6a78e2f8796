# ruff: noqa: ANN401, E501 - values are of any type; programs are read more easily on one line
"""The analysis against reality: programs are run statement by statement in a namespace that notes what happens."""

from __future__ import annotations

import builtins
import textwrap
from dataclasses import dataclass, replace
from types import FunctionType
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from nb2prod.dataflow import Dataflow, analyse
from nb2prod.notebook import Notebook
from nb2prod.program import parse
from tests.recorder import Look, Recorder, Step, differences, execute

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


def fingerprint(value: Any, depth: int = 0) -> Any:  # noqa: PLR0911 - one case for each type
    """What a value looks like; functions by name, instances by their attributes, loops cut."""
    if depth > 6:
        return "..."
    if isinstance(value, list | tuple):
        return type(value).__name__, len(value), tuple(fingerprint(v, depth + 1) for v in value[:30])
    if isinstance(value, dict):
        return tuple((k, fingerprint(v, depth + 1)) for k, v in value.items())
    if isinstance(value, FunctionType):
        return value.__code__.co_code, value.__code__.co_names, value.__code__.co_consts[:1]
    if type(value).__name__ == "Box":
        return fingerprint(vars(value), depth + 1)
    if isinstance(value, int | str | float | None):
        return value
    return type(value).__name__, getattr(value, "__name__", None) or str(value)[:20]


def look(space: Recorder) -> Look:
    return {name: fingerprint(value) for name, value in space.items()}


def run(flow: Dataflow, only: frozenset[int] | None = None) -> list[Step]:
    every = frozenset(range(len(flow.program.statements)))
    space = Recorder({"__name__": "__main__", "__builtins__": builtins}, limit=5_000)
    return list(execute(flow.program, space, look, every if only is None else only))


def check(flow: Dataflow, steps: list[Step]) -> None:
    """The analysis contains what happened."""
    for kind, name, index in differences(flow, steps):
        shown = flow.program.source(flow.program.statements[index])
        pytest.fail(f"{kind} {name} by statement {index}: {shown}")


def check_slice(flow: Dataflow, steps: list[Step]) -> None:
    """The slice of the last statement that finished, run alone, does the same."""
    root = [step for step in steps if step.error is None][-1]
    shown = flow.program.source(flow.program.statements[root.index])
    again = run(flow, flow.slice([root.index]))[-1]
    assert again.index == root.index, f"the slice of {shown} stops at {again.index}: {again.error!r}"
    assert again.error is None, f"{shown}: {again.error!r}"
    for name in root.changed | root.writes:
        assert again.look.get(name) == root.look.get(name), f"{name} after {shown}"


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

        def block() -> str:
            return self.block(depth)

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
@example("l0 = [7]\nclass Other:\n    l0 = l0\n    l1 = (l1 := l1)\nOther.l0.append(1)")
@example("def f2():\n    global i2\n    i2 = 1\n    return i2\ni2 = f2()")
@settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True)
def test_contains_what_happens(text: str) -> None:
    flow = flow_of(text)
    steps = run(flow)
    check(flow, steps)
    check_slice(flow, steps)


@pytest.mark.parametrize("text", ["l0.append(1)", "b = a = l0\nb.append(2)", "def g():\n    l0.append(3)\ng()"])
def test_the_recorder_sees_changes(text: str) -> None:
    steps = run(flow_of(text))
    assert "l0" in steps[-1].changed
    assert "l0" not in steps[-1].writes


def test_a_hole_in_the_analysis_is_seen() -> None:
    flow = flow_of("l0.append(i0)")
    blind = replace(flow, effects=tuple(e._replace(reads={}, mutates={}) for e in flow.effects))
    last = len(flow.program.statements) - 1
    found = {(kind, name) for kind, name, index in differences(blind, run(flow)) if index == last}
    assert {("read", "l0"), ("read", "i0"), ("changed", "l0")} <= found
