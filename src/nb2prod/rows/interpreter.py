"""Follow the rows through a notebook: statements change what each name holds."""

from __future__ import annotations

import ast
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from nb2prod.problems import Location
from nb2prod.rows.arguments import constant
from nb2prod.rows.assignment import assign, first_name, names_in, with_column
from nb2prod.rows.expressions import element_of, is_list, value_of
from nb2prod.rows.given import inserted, keyword
from nb2prod.rows.kinds import EVERY_COLUMN, NOT_CONSTANT, Cut, Fixed, Grouped, Learned, Parts, Rows, Unknown, Value
from nb2prod.rows.knowledge import pandas as pd_table
from nb2prod.rows.row_loops import row_loop

if TYPE_CHECKING:
    from collections.abc import Mapping

    from nb2prod.dataflow import Dataflow
    from nb2prod.program import Statement
    from nb2prod.rows.special import Special

_MANY = 60


@dataclass(frozen=True, slots=True, eq=False)
class Prediction:
    """A call such as `model.predict(rows)`; `top` when it stands in a top-level statement, not in a function's body.

    `through`: the call, in a top-level statement, of the function whose body it stands in.
    """

    statement: int
    call: ast.Call
    method: str
    model: ast.expr
    input: ast.expr
    model_value: Learned
    input_value: Rows
    top: bool
    through: ast.Call | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Fit:
    """A call such as `model.fit(X, y)`."""

    statement: int
    call: ast.Call
    model: ast.expr
    value: Learned
    top: bool


@dataclass(frozen=True, slots=True, eq=False)
class Unfollowed:
    """A prediction, as above, of something that cannot be told, or by something that cannot be told, and why."""

    statement: int
    call: ast.Call
    method: str
    model: ast.expr
    input: ast.expr
    model_value: Learned | None
    input_value: Value
    why: Unknown
    top: bool
    through: ast.Call | None = None


@dataclass(frozen=True, slots=True)
class Provenance:
    """The values of expressions (by node), of names after each statement, and what was predicted and fitted.

    To `values` and `specials` are added those of the expressions that predict has in their place.
    """

    values: dict[ast.expr, Value]
    specials: dict[ast.expr, Special]
    after: Mapping[int, Mapping[str, Value]]
    predictions: tuple[Prediction, ...]
    fits: tuple[Fit, ...]
    unfollowed: tuple[Unfollowed, ...]


@dataclass(slots=True)
class State:
    """What is known at one point of the notebook; expressions are evaluated against it."""

    headers: Mapping[ast.Call, tuple[str, ...] | None]
    numbers: Mapping[ast.Call, frozenset[str]] = field(default_factory=dict)
    statement: int = 0
    cell: int = 0
    names: dict[str, Value] = field(default_factory=dict)
    values: dict[ast.expr, Value] = field(default_factory=dict)
    specials: dict[ast.expr, Special] = field(default_factory=dict)
    predictions: list[Prediction] = field(default_factory=list)
    fits: list[Fit] = field(default_factory=list)
    unfollowed: list[Unfollowed] = field(default_factory=list)
    depth: int = 0
    through: ast.Call | None = None
    stored: dict[str, Value] = field(default_factory=dict)
    classes: dict[str, ast.ClassDef] = field(default_factory=dict)
    attributes: dict[str, Value] | None = None
    selected: dict[Rows, Rows] = field(default_factory=dict)

    def where(self, node: ast.AST) -> Location:
        """The place of a node in the notebook."""
        return Location(self.cell, getattr(node, "lineno", 1), getattr(node, "col_offset", 0) + 1)

    def unknown(self, node: ast.AST, why: str) -> Unknown:
        """A value that cannot be told."""
        return Unknown(self.where(node), why)

    def selection(self, of: Rows, some: Rows) -> Rows:
        """Remember that `some` rows are just rows of others, with nothing changed in them."""
        self.selected[some] = self.selected.get(of, of)
        return some

    def rebind(self, old: Value, new: Value) -> None:
        """An object changed in place: every name that holds it sees the change."""
        for name, held in self.names.items():
            if held is old:
                self.names[name] = new
            elif isinstance(held, Parts) and any(element is old for element in held.elements):
                elements = tuple(new if element is old else element for element in held.elements)
                self.names[name] = replace(held, elements=elements)

    def spoil(self, array: Value, why: Unknown) -> None:
        """An array is changed in a way not followed: it, and what may share its memory, is unknown."""
        self.rebind(array, why)
        if isinstance(array, Rows) and array.shape == "array":
            for name, held in self.names.items():
                if isinstance(held, Rows) and held.source == array.source and (held.view or array.view):
                    self.names[name] = why if held.shape == "array" else held


def provenance(
    flow: Dataflow,
    headers: Mapping[ast.Call, tuple[str, ...] | None],
    numbers: Mapping[ast.Call, frozenset[str]] | None = None,
    arrays: Mapping[int, str] | None = None,
) -> Provenance:
    """Follow every statement in the order it runs.

    `headers` are the columns of the files read, `numbers` those of them that hold numbers, where known. `arrays` are
    names (by the statements that bind them) of arrays made in the notebook that are taken for its raw rows.
    """
    state = State(headers, numbers or {})
    after: dict[int, Mapping[str, Value]] = {}
    for index in flow.order:
        statement = flow.program.statements[index]
        state.statement, state.cell = index, statement.cell
        before = dict(state.names)
        try:
            run(statement.node, state)
        except RecursionError:
            for name in flow.effects[index].binds:
                state.names[name] = state.unknown(statement.node, "it is nested too deeply")
        if arrays and index in arrays:
            _take_for_rows(statement.node, arrays[index], state)
        _forget_unseen_changes(flow, statement, before, state)
        after[index] = dict(state.names)
    return Provenance(
        state.values, state.specials, after, tuple(state.predictions), tuple(state.fits), tuple(state.unfollowed)
    )


def _take_for_rows(node: ast.stmt, name: str, state: State) -> None:
    """An array made in the notebook as raw rows."""
    state.names[name] = made = Rows(state.statement, "array", EVERY_COLUMN)
    if isinstance(node, ast.Assign):
        state.values[node.value] = made


def _forget_unseen_changes(flow: Dataflow, statement: Statement, before: Mapping[str, Value], state: State) -> None:
    """What the statement may change in place in a way not followed here is unknown from now on."""
    effects = flow.effects[statement.index]
    certain = set(effects.mutates) - set(getattr(effects, "suspected", ()))
    for name in certain:
        value = state.names.get(name)
        if isinstance(value, Rows) and before.get(name) is value and not _known_harmless(statement.node, name):
            why = state.unknown(statement.node, f"`{name}` is changed in place in a way that is not known")
            state.names[name] = why
            state.spoil(value, why)


def _known_harmless(node: ast.stmt, name: str) -> bool:
    """Fitting and plotting do not change the rows they are given."""
    for child in ast.walk(node):
        if isinstance(child, ast.Assign | ast.AugAssign | ast.Delete):
            targets = child.targets if isinstance(child, ast.Assign | ast.Delete) else [child.target]
            if any(isinstance(t, ast.Subscript | ast.Attribute) and first_name(t) == name for t in targets):
                return False
        if isinstance(child, ast.AugAssign) and isinstance(child.target, ast.Name):
            return False  # `for row in A: row -= 1`
        if isinstance(child, ast.Call) and ast.unparse(child.func).rpartition(".")[2] in pd_table.CHANGE_AN_ARGUMENT:
            return False
        own = isinstance(child, ast.Call) and isinstance(child.func, ast.Attribute) and first_name(child.func) == name
        if own and isinstance(child, ast.Call) and _changes_in_place(child):
            return False
    return True


def _changes_in_place(call: ast.Call) -> bool:
    method = call.func.attr if isinstance(call.func, ast.Attribute) else ""
    return method in pd_table.IN_PLACE or any(k.arg == "inplace" for k in call.keywords)


def run(node: ast.stmt, state: State) -> None:
    """Follow one statement."""
    match node:
        case ast.Assign(targets=targets, value=value):
            found = value_of(value, state)
            for target in targets:
                assign(target, found, state)
        case ast.AnnAssign(target=target, value=ast.expr() as value):
            assign(target, value_of(value, state), state)
        case ast.AugAssign(target=target, op=op, value=value):
            both = ast.copy_location(ast.BinOp(left=_loaded(target), op=op, right=value), node)
            _changed_in_place(target, value_of(both, state), state)
        case ast.Expr(value=value):
            _expression(value, state)
        case ast.Import() | ast.ImportFrom():
            _import(node, state)
        case ast.FunctionDef(name=name):
            state.names[name] = Fixed(function=node, dotted=f"__main__.{name}")
        case ast.ClassDef(name=name):
            state.names[name] = Fixed(dotted=f"__main__.{name}")
            state.classes[name] = node
        case ast.AsyncFunctionDef(name=name):
            state.names[name] = Fixed(dotted=f"__main__.{name}")
        case ast.Delete(targets=targets):
            for target in targets:
                _delete(target, state)
        case ast.If(test=test, body=body, orelse=orelse):
            value_of(test, state)
            _branches([body, orelse], state)
        case ast.For(target=target, iter=iterable, body=body, orelse=orelse):
            if not row_loop(node, state):
                _loop(target, value_of(iterable, state), body, state)
                _block(orelse, state)
        case ast.While(test=test, body=body):
            value_of(test, state)
            _branches([body, []], state)
        case ast.With(items=items, body=body):
            for item in items:
                opened = value_of(item.context_expr, state)
                if item.optional_vars is not None:
                    assign(item.optional_vars, opened, state)
            _block(body, state)
        case ast.Try(body=body, handlers=handlers, orelse=orelse, finalbody=final):
            _branches([[*body, *orelse], *([h.body for h in handlers if not _only_tells(h.body)])], state)
            _block(final, state)
        case _:
            pass


def _changed_in_place(target: ast.expr, value: Value, state: State) -> None:
    """`a += 1` changes what `a` holds, under its other names and in the arrays that it is a part of, too."""
    held = state.names.get(target.id) if isinstance(target, ast.Name) else None
    if isinstance(held, Rows):
        others = [name for name, other in state.names.items() if other is held]
        if len(others) > 1 or (held.shape == "array" and _may_share(held, state)):
            state.spoil(held, state.unknown(target, "what is changed in place may be seen under another name"))
            return
    assign(target, value, state)


def _may_share(array: Rows, state: State) -> bool:
    """Whether another name may hold an array in the same memory."""
    arrays = [v for v in state.names.values() if isinstance(v, Rows) and v.shape == "array" and v is not array]
    return any(other.source == array.source and (other.view or array.view) for other in arrays)


def _expression(value: ast.expr, state: State) -> None:
    found = value_of(value, state)
    match value:
        case ast.Call(func=ast.Attribute(value=owner), keywords=keywords) if any(
            k.arg == "inplace" and isinstance(k.value, ast.Constant) and k.value.value is True for k in keywords
        ):
            held = value_of(owner, state)
            if isinstance(owner, ast.Name):
                if found is held and isinstance(found, Rows):  # changed, even where nothing that is known of it is
                    found = replace(found)
                state.rebind(held, found)
                state.names[owner.id] = found
                return
            frame = state.names.get(first_name(owner) or "")  # df["a"].fillna(0, inplace=True)
            if isinstance(frame, Rows):
                depends = found.depends if isinstance(found, Rows) else frame.depends
                state.rebind(
                    frame, found if isinstance(found, Unknown) else replace(frame, depends=frame.depends | depends)
                )
        case ast.Call(func=ast.Attribute(value=ast.Name() as owner, attr="insert")) if put := inserted(value):
            held, name = value_of(owner, state), put[0]
            if isinstance(held, Rows) and isinstance(name, ast.Constant) and isinstance(name.value, str):
                new = with_column(held, Fixed(constant=name.value), value_of(put[1], state), value, state)
                state.rebind(held, _placed(new, name.value, constant(keyword(value, "loc", 0), state)))
        case ast.Call(
            func=ast.Attribute(value=ast.Name() as owner, attr="append" | "add" | "extend" | "update"), args=arguments
        ):
            held = value_of(owner, state)
            given = [value_of(a, state) for a in arguments]
            if isinstance(held, Fixed) and not all(isinstance(g, Fixed) for g in given):
                unknown = any(isinstance(g, Rows | Unknown | Parts) for g in given)
                why = "rows are collected in a list"
                state.rebind(held, state.unknown(value, why) if unknown else Learned(state.where(value)))
            elif isinstance(held, Fixed) and held.constant is not NOT_CONSTANT:
                state.rebind(held, Fixed(elements=()))
        case _:
            pass


def _placed(frame: Value, column: str, place: object) -> Value:
    """A frame with one of its columns moved to the place at which it was inserted."""
    if not isinstance(frame, Rows) or frame.columns is None:
        return frame
    others = [each for each in frame.columns if each[0] != column]
    known = isinstance(place, int) and 0 <= place <= len(others) and frame.rest is None and frame.unnamed is None
    if not known or not isinstance(place, int):
        return replace(frame, leading=0)
    moved = [*others[:place], *(each for each in frame.columns if each[0] == column), *others[place:]]
    return replace(frame, columns=tuple(moved), leading=0)


def _import(node: ast.Import | ast.ImportFrom, state: State) -> None:
    for alias in node.names:
        if isinstance(node, ast.Import):
            if alias.asname:
                state.names[alias.asname] = Fixed(dotted=alias.name)
            else:
                first = alias.name.partition(".")[0]
                state.names[first] = Fixed(dotted=first)
        else:
            state.names[alias.asname or alias.name] = Fixed(dotted=f"{node.module or ''}.{alias.name}")


def _delete(target: ast.expr, state: State) -> None:
    match target:
        case ast.Name(id=name):
            state.names.pop(name, None)
        case ast.Subscript(value=owner, slice=key):
            held, names = value_of(owner, state), names_in(value_of(key, state))
            if isinstance(held, Rows) and names:
                state.rebind(held, held.without(frozenset(names)))
        case _:
            pass


def _loop(target: ast.expr, iterable: Value, body: list[ast.stmt], state: State) -> None:
    values: list[Value]
    match iterable:
        case Fixed(elements=tuple() as elements) if 0 < len(elements) <= _MANY:
            values = list(elements)
        case Fixed(constant=list() | tuple() as constants) if 0 < len(constants) <= _MANY:
            values = [Fixed(constant=c) for c in constants]
        case Parts(elements=elements) if elements:
            values = list(elements)
        case Fixed():
            values = [Fixed(), Fixed()]
        case Learned():
            values = [element_of(iterable, target, state)] * 2
        case Grouped(rows=rows):  # a key, and the rows of one group
            cut = Cut(state.statement, "filter", how="group")
            key = Learned(state.where(target), rows.source, rows.depends, size="one")
            values = [Parts((key, state.selection(rows, replace(rows, cuts=(*rows.cuts, cut)))))] * 2
        case _:
            values = [state.unknown(target, "a loop over rows")] * 2
    for value in values:
        if isinstance(value, Rows):
            _loop_over_frame(target, value, body, state)
        else:
            assign(target, value, state)
            _block(body, state)


def _loop_over_frame(target: ast.expr, value: Rows, body: list[ast.stmt], state: State) -> None:
    """`for df in [train, test]:` the frame that a name holds changes with it."""
    holders = [name for name, held in state.names.items() if held is value]
    assign(target, value, state)
    _block(body, state)
    if isinstance(target, ast.Name):
        changed = state.names.get(target.id)
        rebound = any(
            isinstance(s, ast.Assign) and any(isinstance(t, ast.Name) and t.id == target.id for t in s.targets)
            for s in body
        )
        if changed is not None and not rebound:
            for name in holders:
                state.rebind(state.names[name], changed)
                state.names[name] = changed


def _block(body: list[ast.stmt], state: State) -> None:
    for node in body:
        run(node, state)


def _branches(blocks: list[list[ast.stmt]], state: State) -> None:
    """Run each block on its own copy of the names and join what they leave."""
    start = dict(state.names)
    ends: list[dict[str, Value]] = []
    for block in blocks:
        state.names = dict(start)
        _block(block, state)
        ends.append(state.names)
    names: dict[str, Value] = {}
    for name in {n for end in ends for n in end}:
        values = [end[name] for end in ends if name in end]
        joined = values[0]
        for value in values[1:]:
            joined = join(joined, value)
        names[name] = joined
    state.names = names


def join(left: Value, right: Value) -> Value:
    """What a name holds after two branches."""
    if left is right:
        return left
    match left, right:
        case Fixed(), Fixed():
            same = left.constant is not NOT_CONSTANT and left.constant == right.constant
            if same or left.estimator or left.function:
                return left
            return Fixed(dotted=left.dotted, elements=() if is_list(left) or is_list(right) else None)
        case (Learned() as one, Fixed() | Learned() as other) | (Fixed() as other, Learned() as one):
            return replace(one, size="many") if one.size == "one" and is_list(other) else one
        case Rows(), Rows() if left.source == right.source and left.cuts == right.cuts and left.shape == right.shape:
            if left.columns is not None and right.columns is not None and left.rest == right.rest:
                merged = left
                for name, depends in right.columns:
                    merged = merged.with_column(name, left.column(name) | depends)
                return merged
            return replace(left, depends=left.depends | right.depends, columns=None, rest=None, unnamed=None)
        case (Unknown() as one, _) | (_, Unknown() as one):
            return one
        case _:
            return Unknown(Location(0, 1, 1), "the branches of an `if` leave different things")


def _only_tells(body: list[ast.stmt]) -> bool:
    return all(isinstance(s, ast.Expr | ast.Pass | ast.Raise) for s in body)


def _loaded(target: ast.expr) -> ast.expr:
    copied = {k: getattr(target, k) for k in target._fields}
    copied["ctx"] = ast.Load()
    return ast.copy_location(type(target)(**copied), target)
