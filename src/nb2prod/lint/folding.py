"""The value of an expression that depends on literals only, across cells: what the code says, without running it."""

from __future__ import annotations

import ast
import operator
import re
from typing import TYPE_CHECKING, Any

from nb2prod.names import EVERYTHING

if TYPE_CHECKING:
    from collections.abc import Callable

    from nb2prod.lint.rule import Context
    from nb2prod.program import Statement

_WIDE = re.compile(r"\d{4}|\*|:[^}]*\{")
_LONGEST = 10_000
_DEEPEST = 40

_OPERATORS: dict[type[ast.AST], Callable[[Any, Any], Any]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.FloorDiv: operator.floordiv,
    ast.Mod: operator.mod,
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
    ast.In: lambda a, b: a in b,
    ast.NotIn: lambda a, b: a not in b,
}
_SIGNS: dict[type[ast.AST], Callable[[Any], Any]] = {
    ast.USub: operator.neg,
    ast.UAdd: operator.pos,
    ast.Not: operator.not_,
    ast.Invert: operator.invert,
}
_FUNCTIONS: dict[str, Callable[..., Any]] = {
    each.__name__: each
    for each in (abs, bool, dict, float, int, len, list, max, min, range, round, sorted, str, sum, tuple)
}
_METHODS = frozenset(
    ["capitalize", "count", "endswith", "find", "format", "index", "join", "lower", "lstrip", "replace", "rstrip"]
) | {"center", "ljust", "rjust", "split", "startswith", "strip", "title", "upper", "zfill"}


class UnknownValueError(Exception):
    """The value rests on more than literals."""


def fold(context: Context, statement: Statement, node: ast.expr) -> object:
    """Compute an expression of a statement, from top to bottom; UnknownValueError where it is not plain to see."""
    try:
        return _Fold(context, statement).value(node)
    except UnknownValueError:
        raise
    except (ArithmeticError, AttributeError, LookupError, TypeError, ValueError, RecursionError) as error:
        raise UnknownValueError from error


class _Fold:
    __slots__ = ("context", "depth", "statement")

    def __init__(self, context: Context, statement: Statement, depth: int = 0) -> None:
        if depth > _DEEPEST:
            raise UnknownValueError
        self.context = context
        self.statement = statement
        self.depth = depth

    def value(self, node: ast.expr) -> Any:  # noqa: ANN401 - of any type
        """Compute a part; large values are unknown, since a notebook may be written to exhaust who looks at it."""
        value = self._value(node)
        size = value.bit_length() if isinstance(value, int) else len(value) if hasattr(value, "__len__") else 0
        if size > _LONGEST:
            raise UnknownValueError
        return value

    def _value(self, node: ast.expr) -> Any:  # noqa: ANN401, C901, PLR0911, PLR0912 - one case for each kind
        match node:
            case ast.Constant(value=value):
                return value
            case ast.Name(id=name):
                return self._name(name)
            case ast.List(elts=parts):
                return [self.value(each) for each in parts]
            case ast.Tuple(elts=parts):
                return tuple(self.value(each) for each in parts)
            case ast.Dict(keys=keys, values=values) if all(keys):
                return {self.value(k): self.value(v) for k, v in zip(keys, values, strict=True) if k}
            case ast.UnaryOp(op=op, operand=operand):
                return _SIGNS[type(op)](self.value(operand))
            case ast.BinOp(left=left, op=op, right=right) if type(op) in _OPERATORS:
                return self._operated(op, self.value(left), self.value(right))
            case ast.BinOp(left=left, op=ast.Pow(), right=right):
                return self._power(self.value(left), self.value(right))
            case ast.Compare(left=left, ops=[op], comparators=[right]) if type(op) in _OPERATORS:
                return _OPERATORS[type(op)](self.value(left), self.value(right))
            case ast.IfExp(test=test, body=body, orelse=orelse):
                return self.value(body if self.value(test) else orelse)
            case ast.Subscript(value=whole, slice=ast.Slice(lower=lower, upper=upper, step=step)):
                bounds = [None if each is None else self.value(each) for each in (lower, upper, step)]
                return self.value(whole)[slice(*bounds)]
            case ast.Subscript(value=whole, slice=index):
                return self.value(whole)[self.value(index)]
            case ast.JoinedStr(values=values):
                return "".join(str(self.value(each)) for each in values)
            case ast.FormattedValue(value=value, conversion=-1, format_spec=spec):
                return format(self.value(value), "" if spec is None else _narrow(self.value(spec)))
            case ast.Call(func=function, args=arguments, keywords=keywords):
                return self._called(function, arguments, keywords)
            case _:
                raise UnknownValueError

    def _operated(self, op: ast.operator, left: Any, right: Any) -> Any:  # noqa: ANN401 - of any type
        if isinstance(op, ast.Mult):
            for one, other in ((left, right), (right, left)):
                if isinstance(one, int) and hasattr(other, "__len__") and one * len(other) > _LONGEST:
                    raise UnknownValueError
        if isinstance(op, ast.Mod) and isinstance(left, str):
            left = _narrow(left)
        return _OPERATORS[type(op)](left, right)

    def _power(self, left: Any, right: Any) -> Any:  # noqa: ANN401 - of any type
        if not isinstance(right, (int, float)) or abs(right) > 64 or abs(left) > 10**9:  # noqa: PLR2004 - large
            raise UnknownValueError
        return left**right

    def _called(self, function: ast.expr, arguments: list[ast.expr], keywords: list[ast.keyword]) -> Any:  # noqa: ANN401
        values = [self.value(each) for each in arguments]
        options = {each.arg: self.value(each.value) for each in keywords if each.arg}
        if len(options) < len(keywords):
            raise UnknownValueError
        match function:
            case ast.Name(id=name) if name in _FUNCTIONS and self.context.nodes.path(function, self.statement) == name:
                if name == "range" and len(range(*values)) > _LONGEST:
                    raise UnknownValueError
                if name == "round" and len(values) > 1 and abs(values[1]) > _DEEPEST:
                    raise UnknownValueError
                return _FUNCTIONS[name](*values, **options)
            case ast.Attribute(value=owner, attr=method) if method in _METHODS:
                whole = self.value(owner)
                wide = any(isinstance(each, int) and each > _LONGEST for each in values)
                if (
                    isinstance(whole, str)
                    and not wide
                    and len(whole) * sum(map(len, map(str, values))) <= _LONGEST * _DEEPEST
                ):
                    _narrow(whole if method == "format" else "")
                    return getattr(whole, method)(*values, **options)
        raise UnknownValueError

    def _name(self, name: str) -> Any:  # noqa: ANN401 - of any type
        """Follow a name to the one assignment above that gives it its value."""
        flow = self.context.document
        for use in flow.uses[self.statement.index]:
            if use.name == name and use.through is None and len(use.definitions) == 1:
                (index,) = use.definitions
                made = flow.program.statements[index]
                done = flow.effects[index]
                if index >= self.statement.index or name not in done.certain or EVERYTHING in done.binds:
                    break
                match made.node:
                    case ast.Assign(targets=[ast.Name(id=target)], value=value) if target == name:
                        return _Fold(self.context, made, self.depth + 1).value(value)
        raise UnknownValueError


def _narrow(form: str) -> str:
    """Give back a format whose widths are no wider than a text may be."""
    if _WIDE.search(form):
        raise UnknownValueError
    return form
