"""What a call of one of the notebook's own functions gives: its body is run with these arguments."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from nb2prod.lint.follow_expressions import Expressions
from nb2prod.lint.learning import NOTHING, Value, all_of, replace

if TYPE_CHECKING:
    from nb2prod.lint.follow_names import Function

_MOST_CALLS = 400
_THERE = object()
"""Stands for a table or an estimator: it is not None, and true."""


class Functions(Expressions):
    """The notebook's own functions; the tests in them that their arguments decide."""

    inlined = 0
    results: list[Value] | None = None

    def own_function(self, node: ast.Call, name: str) -> Value:
        """Run the body of one of the notebook's own functions with these arguments."""
        function, cell = self.functions[name]
        self.inlined += 1
        if self.inlined > _MOST_CALLS or any(call.func is node.func for call in self.calling):
            return self.function(node, "", NOTHING)
        given = _given(node, function)
        scope = {parameter: self.value(argument) for parameter, argument in given.items()}
        lists = {parameter: self.columns(argument) for parameter, argument in given.items()}
        constants = {p: c for p, argument in given.items() if (c := self.constant(argument, scope[p])) is not None}
        before = self.lists, self.constants
        self.lists = {**self.lists, **lists}
        self.constants = {p: None if c is _NONE else c for p, c in constants.items()}
        with self.inside(node, scope, cell):
            returned = self.returned(function)
        self.lists, self.constants = before
        return returned

    def returned(self, function: Function) -> Value:
        """Run a function's body, and put together what it may return."""
        before, self.results = self.results, []
        self.body(function.body)
        results, self.results = self.results, before
        if len(results) == 1:
            return results[0]
        found = all_of(results)
        lengths = {len(each.parts) for each in results if each.parts is not None}
        if len(lengths) == 1 and all(each.parts for each in results):
            columns = zip(*(each.parts or () for each in results), strict=True)
            found = replace(found, parts=tuple(map(all_of, columns)))
        return found

    def constant(self, argument: ast.expr, value: Value) -> object:
        """Give the constant that an argument is written as, or that there is something; None: not known."""
        if isinstance(argument, ast.Constant):
            return None if argument.value is ... else _NONE if argument.value is None else argument.value
        if isinstance(argument, ast.Name) and argument.id in self.constants:
            held = self.constants[argument.id]
            return _NONE if held is None else held
        return _THERE if value.learners or value.sources else None

    def decided(self, test: ast.expr) -> bool | None:
        """Tell how a test comes out that the arguments of this call decide; None for others."""
        match test:
            case ast.Name(id=name) if name in self.constants:
                return bool(self.constants[name])
            case ast.UnaryOp(op=ast.Not(), operand=inner):
                found = self.decided(inner)
                return None if found is None else not found
            case ast.Compare(left=ast.Name(id=name), ops=[op], comparators=[ast.Constant(value=other)]):
                held = self.constants.get(name, _NONE)
                if held is _NONE or (held is _THERE and other is not None):
                    return None
                same = held is None if other is None else held == other
                return same if isinstance(op, (ast.Is, ast.Eq)) else not same if isinstance(op, _UNLIKE) else None
            case _:
                return None


_NONE = object()
_UNLIKE = (ast.IsNot, ast.NotEq)


def _given(node: ast.Call, function: Function) -> dict[str, ast.expr]:
    """Map the parameters to what they are given, or to their defaults."""
    arguments = function.args
    positional = [each.arg for each in (*arguments.posonlyargs, *arguments.args)]
    found: dict[str, ast.expr] = dict.fromkeys(positional, ast.Constant(value=...))
    defaults = arguments.defaults
    found |= dict(zip(positional[len(positional) - len(defaults) :], defaults, strict=True))
    found |= {
        p.arg: d or ast.Constant(value=...) for p, d in zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True)
    }
    found |= dict(zip(positional, node.args, strict=False))
    return found | {each.arg: each.value for each in node.keywords if each.arg in found}
