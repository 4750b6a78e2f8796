"""Seeds and shares written as numbers again and again: one setting each, where all the numbers agree."""

from __future__ import annotations

import ast
from dataclasses import dataclass
from typing import TYPE_CHECKING

from nb2prod.plan import shapes

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator
    from typing import TypeGuard

    from nb2prod.dataflow import Dataflow

_SEED_CALLS = frozenset(
    {"np.random.seed", "numpy.random.seed", "random.seed", "tf.random.set_seed", "torch.manual_seed"}
)
_KEYWORDS = {"SEED": ("random_state", "seed", "random_seed"), "TEST_SIZE": ("test_size",)}


@dataclass(frozen=True, slots=True)
class Literal:
    """A setting made from numbers in the code: where they stand, and the value."""

    setting: str
    value: str
    places: tuple[tuple[int, ast.expr], ...]


def literals(flow: Dataflow, kept: Collection[int], taken: Collection[str]) -> tuple[Literal, ...]:
    """`random_state=42` and `test_size=0.2` of the statements that are kept."""
    found: list[Literal] = []
    for setting, keywords in _KEYWORDS.items():
        places = [(i, node) for i in sorted(kept) for node in _numbers(flow.program.statements[i].node, keywords)]
        if setting == "SEED":
            places += [(i, node) for i in sorted(kept) for node in _seeds(flow.program.statements[i].node)]
        values = {repr(node.value) for _, node in places}
        if len(values) == 1 and setting not in taken:
            found.append(Literal(setting, values.pop(), tuple(places)))
    return tuple(found)


def _numbers(node: ast.stmt, keywords: Collection[str]) -> Iterator[ast.Constant]:
    for call in shapes.calls(node):
        for keyword in call.keywords:
            if keyword.arg in keywords and _is_number(keyword.value):
                yield keyword.value


def _seeds(node: ast.stmt) -> Iterator[ast.Constant]:
    for call in shapes.calls(node):
        if len(call.args) == 1 and _is_number(call.args[0]) and ast.unparse(call.func) in _SEED_CALLS:
            yield call.args[0]


def _is_number(node: ast.expr) -> TypeGuard[ast.Constant]:
    return isinstance(node, ast.Constant) and type(node.value) in (int, float)
