"""Lambdas given to an estimator: named functions at module level, so that the model that holds them can be stored."""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from nb2prod.plan import shapes
from nb2prod.plan.scopes import names_of

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from nb2prod.dataflow import Dataflow


@dataclass(frozen=True, slots=True)
class Named:
    """A lambda of a statement, and the function that takes its place."""

    statement: int
    node: ast.Lambda
    name: str

    def code(self) -> str:
        """The function."""
        return f"def {self.name}({ast.unparse(self.node.args)}):\n    return {ast.unparse(self.node.body)}\n"


def named_lambdas(
    flow: Dataflow, kept: Collection[int], known: Collection[str], taken: Collection[str]
) -> tuple[Named, ...]:
    """Lambdas in the arguments of a constructor that read nothing but what stands at module level."""
    found: list[Named] = []
    for index in sorted(kept):
        for callee, argument, node in _given(flow.program.statements[index].node):
            expression = ast.Expr(node)
            if names_of(expression).reads <= set(known) and not _binds(node):
                base = f"{_snake(callee)}_{argument or 'function'}"
                name = _free(base, {*taken, *known, *(one.name for one in found)})
                found.append(Named(index, node, name))
    return tuple(found)


def _given(node: ast.stmt) -> Iterator[tuple[str, str | None, ast.Lambda]]:
    """Lambdas that a call to a name with a capital gets directly."""
    for call in shapes.calls(node):
        callee = shapes.called_name(call)
        if callee[:1].isupper():
            for argument in call.args:
                if isinstance(argument, ast.Lambda):
                    yield callee, None, argument
            for keyword in call.keywords:
                if isinstance(keyword.value, ast.Lambda):
                    yield callee, keyword.arg, keyword.value


def _binds(node: ast.Lambda) -> bool:
    return any(isinstance(child, ast.NamedExpr | ast.Yield | ast.YieldFrom | ast.Await) for child in ast.walk(node))


def _snake(name: str) -> str:
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).lower()


def _free(base: str, taken: Collection[str]) -> str:
    number, name = 1, base
    while name in taken:
        number += 1
        name = f"{base}_{number}"
    return name
