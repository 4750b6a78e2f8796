"""Whether an expression of a prediction gives one value for each row, from it and Fixed or Learned values alone."""

from __future__ import annotations

import ast
import builtins
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from nb2prod.plan.replay import with_replaced
from nb2prod.rows.expressions import value_of
from nb2prod.rows.interpreter import State
from nb2prod.rows.kinds import EVERY_COLUMN, Dataset, Fixed, Grouped, Learned, Parts, Rows, Unknown
from nb2prod.rows.special import Skipped

if TYPE_CHECKING:
    from collections.abc import Mapping

    from nb2prod.dataflow import Dataflow
    from nb2prod.rows.interpreter import Prediction, Provenance, Unfollowed
    from nb2prod.rows.kinds import Value

PREDICTION = "prediction"
_SOURCE = -1
_BUILTINS = frozenset(dir(builtins))
_OTHER_ROWS = "other rows enter"
_SHAPING = frozenset({"reshape", "ravel", "flatten", "squeeze"})


@dataclass(frozen=True, slots=True)
class Kind:
    """What a form of the prediction is: its value as rows; `some_rows`: only some of them, unchanged."""

    value: Rows
    some_rows: bool = False

    def as_column(self) -> Kind:
        """The same in a column of a table."""
        return Kind(replace(self.value, shape="series"))


@dataclass(frozen=True, slots=True)
class RowWise:
    """Evaluates expressions of the name `prediction` with what is known at a statement."""

    flow: Dataflow
    rows: Provenance

    def predicted(self, origin: Prediction | Unfollowed) -> Kind:
        """What a model gives."""
        del origin
        return Kind(Rows(_SOURCE, "array", EVERY_COLUMN))

    def of(self, step: ast.expr, given: Kind, index: int, *, inside: bool) -> Kind | Unknown | None:
        """The kind of an expression; Unknown with the reason, None where it is no value for each row."""
        names = self.known(index, inside=inside)
        state = self._state(index, {**names, PREDICTION: given.value})
        found = value_of(step, state)
        if isinstance(found, Fixed | Learned):
            return None
        others = _free_names(step) - {PREDICTION}
        beyond = [n for n in others if isinstance(names.get(n), Rows | Parts | Grouped | Dataset)]
        if beyond:
            return self.unknown(step, index, f"{_OTHER_ROWS}: `{min(beyond)}`")
        if isinstance(found, Unknown):
            return Unknown(self.flow.program.statements[index].where, found.why)
        if not isinstance(found, Rows) or found.source != _SOURCE:
            return self.unknown(step, index, f"{_OTHER_ROWS}: it is no value for each row predicted")
        if _of_all_rows(step, state):
            return self.unknown(step, index, f"{_OTHER_ROWS}: it depends on all the rows predicted")
        special = [s for n, s in state.specials.items()]
        if any(not isinstance(s, Skipped) for s in special):
            return self.unknown(step, index, f"{_OTHER_ROWS}: it is learnt from the rows predicted")
        if found.cuts:
            alone = isinstance(state.specials.get(step), Skipped)
            return (
                Kind(given.value, some_rows=True)
                if alone
                else self.unknown(step, index, f"{_OTHER_ROWS}: some rows only")
            )
        return Kind(found)

    def of_mask(self, mask: ast.expr, value: ast.expr, given: Kind, index: int, *, inside: bool) -> Unknown | None:
        """Why a value set where a mask says so is not row by row."""
        found = self.of(mask, given, index, inside=inside)
        if not isinstance(found, Kind) or found.some_rows:
            return found if isinstance(found, Unknown) else self.unknown(mask, index, "single predictions are changed")
        names = self.known(index, inside=inside)
        state = self._state(index, {**names, PREDICTION: given.value})
        new = value_of(value, state)
        if isinstance(new, Fixed | Learned) and not _mentions(value):
            return None
        return self.unknown(value, index, "the prediction is changed in parts")

    def is_beyond(self, why: Unknown) -> bool:
        """Whether the reason is that other rows enter."""
        return why.why.startswith(_OTHER_ROWS)

    def reads_rows(self, node: ast.stmt, without: set[str], index: int) -> bool:
        """Whether a statement reads rows besides the names given."""
        names = self.known(index, inside=False)
        read = {n.id for n in ast.walk(node) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Load)} - without
        return any(isinstance(names.get(name), Rows | Parts | Grouped) for name in read)

    def known(self, index: int, *, inside: bool) -> Mapping[str, Value]:
        """The values of names where the statement starts; inside of a loop, where it ends."""
        position = self.flow.order.index(index)
        before = self.rows.after.get(self.flow.order[position - 1], {}) if position else {}
        after = self.rows.after.get(index, {})
        return {**before, **after} if inside else {**after, **before}

    def evaluated(self, parts: list[ast.expr], given: Kind, index: int) -> Provenance:
        """Provenance that also knows the parts of a step."""
        state = self._state(index, {**self.known(index, inside=False), PREDICTION: given.value})
        for part in parts:
            value_of(part, state)
        return replace(
            self.rows, values={**self.rows.values, **state.values}, specials={**self.rows.specials, **state.specials}
        )

    def unknown(self, node: ast.AST, index: int, why: str) -> Unknown:
        """A reason with its place."""
        del node
        return Unknown(self.flow.program.statements[index].where, why)

    def _state(self, index: int, names: Mapping[str, Value]) -> State:
        return State({}, statement=index, cell=self.flow.program.statements[index].cell, names=dict(names))


def with_prediction(node: ast.expr, parts: list[ast.expr]) -> ast.expr:
    """The expression with `prediction` in the place of these parts, and no index of other rows."""
    for part in parts:
        node = with_replaced(node, part, ast.copy_location(ast.Name(PREDICTION, ast.Load()), part))
    for call in [n for n in ast.walk(node) if isinstance(n, ast.Call)]:
        kept = [k for k in call.keywords if k.arg != "index"]
        named = ast.unparse(call.func).rpartition(".")[2]
        if named == "Series" and len(kept) < len(call.keywords):
            node = with_replaced(node, call, ast.copy_location(ast.Call(call.func, call.args, kept), call))
    return node


def changed(mask: ast.expr, value: ast.expr) -> ast.expr:
    """`replay.changed(prediction, mask, value)`: our function that sets some values."""
    function = ast.Attribute(ast.Name("replay", ast.Load()), "changed", ast.Load())
    return ast.copy_location(ast.Call(function, [ast.Name(PREDICTION, ast.Load()), mask, value], []), value)


def is_change(step: ast.expr) -> bool:
    """Whether a step is made by `changed`."""
    match step:
        case ast.Call(func=ast.Attribute(value=ast.Name(id="replay"), attr="changed")):
            return True
        case _:
            return False


def _free_names(node: ast.expr) -> set[str]:
    bound = {n.id for n in ast.walk(node) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)}
    bound |= {a.arg for n in ast.walk(node) if isinstance(n, ast.Lambda) for a in n.args.args}
    read = {n.id for n in ast.walk(node) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Load)}
    return read - bound - _BUILTINS


def _mentions(node: ast.AST) -> bool:
    return any(isinstance(n, ast.Name) and n.id == PREDICTION for n in ast.walk(node))


def _of_all_rows(node: ast.AST, state: State) -> bool:
    """Whether a part of the expression is computed from all the rows predicted."""
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in _SHAPING:
        return _of_all_rows(node.func.value, state)
    if isinstance(node, ast.expr) and isinstance(state.values.get(node), Learned) and _mentions(node):
        return True
    return any(_of_all_rows(child, state) for child in ast.iter_child_nodes(node))
