"""What binding a target does: a name, a column, a part of a column, an attribute."""

from __future__ import annotations

import ast
from dataclasses import replace
from typing import TYPE_CHECKING

from nb2prod.rows import expressions
from nb2prod.rows.kinds import EMPTY, NO_COLUMNS, Fixed, Learned, Parts, Rows, Unknown, Value
from nb2prod.rows.special import Lost

if TYPE_CHECKING:
    from nb2prod.rows.interpreter import State


def assign(target: ast.expr, value: Value, state: State) -> None:
    """Bind a target."""
    match target:
        case ast.Name(id=name):
            state.names[name] = value
        case ast.Tuple(elts=targets) | ast.List(elts=targets):
            elements = _elements(value, len(targets), target, state)
            for each, part in zip(targets, elements, strict=True):
                assign(each, part, state)
        case ast.Starred(value=inner):
            assign(inner, state.unknown(target, "a starred target"), state)
        case ast.Subscript(value=ast.Attribute(value=owner, attr="loc" | "iloc" | "at" | "iat"), slice=key):
            _set_part(owner, key, value, state)
        case ast.Subscript(value=owner, slice=ast.Tuple(elts=[first, *_])) if _some_rows(owner, first, state):
            held = expressions.value_of(owner, state)
            state.rebind(held, state.unknown(target, "single rows are changed by their position"))
        case ast.Subscript(value=owner, slice=key):
            _set_column(owner, expressions.value_of(key, state), value, target, state)
        case ast.Attribute(value=ast.Name(id="self"), attr=attr) if state.attributes is not None:
            state.attributes[attr] = value
        case ast.Attribute(value=owner, attr=attr):
            _set_attribute(owner, attr, value, target, state)
        case _:
            pass


def _some_rows(owner: ast.expr, first: ast.expr, state: State) -> bool:
    """`A[:10, 0] = ...`: rows of an array chosen by their position."""
    held = expressions.value_of(owner, state)
    if not isinstance(held, Rows) or held.shape != "array":
        return False
    if isinstance(first, ast.Slice):
        return any(bound is not None for bound in (first.lower, first.upper, first.step))
    return not isinstance(expressions.value_of(first, state), Rows)


def _set_column(owner: ast.expr, key: Value, value: Value, target: ast.expr, state: State) -> None:
    held = expressions.value_of(owner, state)
    if expressions.is_estimator(value) and isinstance(key, Fixed) and isinstance(key.constant, str):
        models = held if isinstance(held, Parts) and held.keys is not None else None
        if models is not None or (isinstance(held, Fixed) and held.made is None and held.dotted is None):
            known = dict(zip(models.keys or (), models.elements, strict=True)) if models is not None else {}
            known[key.constant] = value
            state.rebind(held, Parts(tuple(known.values()), tuple(known)))
            return
    if isinstance(held, Fixed) and held.made == EMPTY and isinstance(value, Rows) and (names := names_in(key)):
        column = tuple((name, value.depends) for name in names)
        made = replace(value, shape="frame", columns=column, rest=None, unnamed=None, key=None, label=None)
        state.rebind(held, replace(made, plain=frozenset(), number=False, leading=0, view=False))
        return
    if isinstance(held, Learned | Fixed | Parts):
        changed = Learned(state.where(target)) if isinstance(value, Rows | Learned | Unknown) else held
        if isinstance(changed, Fixed):
            changed = Fixed(elements=()) if expressions.is_list(changed) else Fixed()
        state.rebind(held, changed)
        return
    if not isinstance(held, Rows):
        return
    shared = any(isinstance(v, Rows) and v.view and v.source == held.source for v in state.names.values())
    if held.shape == "array" and (held.view or shared):
        state.spoil(held, state.unknown(target, "an array that may share its memory with another one is changed"))
        return
    new = with_column(held, key, value, target, state)
    if isinstance(owner, ast.Name):
        state.rebind(held, new)
        state.names[owner.id] = new
        if held.shape == "array" and isinstance(new, Rows):
            _forget_tables(held, target, state)
    elif isinstance(new, Rows):  # a part of a frame: df["a"][mask] = value
        root = first_name(owner)
        frame = state.names.get(root or "")
        if isinstance(frame, Rows):
            depends = new.depends | (
                value.depends if isinstance(value, Rows) else Rows(0, "series", new.depends).depends
            )
            state.rebind(frame, replace(frame, depends=frame.depends | depends))


def _whole_columns(target: ast.expr, state: State) -> bool:
    """Whether `A[:, 2] = ...` sets columns of an array in all rows."""
    match target:
        case ast.Subscript(slice=ast.Tuple(elts=[ast.Slice(lower=None, upper=None, step=None), columns])):
            return isinstance(expressions.value_of(columns, state), Fixed | Learned)
        case _:
            return False


def _forget_tables(array: Rows, target: ast.expr, state: State) -> None:
    """A table that an array was taken from, or made of it, may share its memory, which depends on the table's types."""
    for name, held in state.names.items():
        if (
            isinstance(held, Rows)
            and held.shape != "array"
            and held.source == array.source
            and (held.lent or array.lent)
        ):
            state.names[name] = state.unknown(target, f"`{name}` may share its memory with an array that is changed")


def with_column(held: Rows, key: Value, value: Value, target: ast.expr, state: State) -> Value:
    """A frame with a column set, or an array changed."""
    found = value if isinstance(value, Unknown) else _with_column(held, key, value, target, state)
    return _with_unknown(held, key, found, target, state) if isinstance(found, Unknown) else found


def _with_column(held: Rows, key: Value, value: Value, target: ast.expr, state: State) -> Value:
    if any(isinstance(v, Rows) and v.numbered for v in (key, value)):
        return state.unknown(target, "the rows' labels enter, which number them")
    if held.shape == "array" and not isinstance(key, Rows) and not _whole_columns(target, state):
        return state.unknown(target, "rows of an array are changed by their position")
    if held.shape == "series" and not isinstance(key, Rows):
        return state.unknown(target, "single rows are changed by their label")
    if isinstance(value, Rows) and not (aligned(held, value) or _holds_all(value, held)):
        return state.unknown(target, "rows of another selection are put beside each other")
    depends = value.depends if isinstance(value, Rows) else NO_COLUMNS
    if isinstance(key, Rows) and not aligned(held, key):
        return state.unknown(target, "rows of another selection are changed")
    if isinstance(key, Rows):  # df[mask] = value
        return replace(held, depends=held.depends | depends | key.depends, columns=None, rest=None, unnamed=None)
    names = names_in(key)
    if expressions.is_list(value):
        return state.unknown(
            target, "a list of values is put beside the rows, perhaps one for each row of the training data"
        )
    if not names and isinstance(value, Rows) and value.key is key:
        return replace(held)  # each column from itself
    if not names:
        return replace(held, depends=held.depends | depends, columns=None, rest=None, unnamed=None)
    frame = held
    for name in names:
        frame = frame.with_column(name, depends)
    is_number = isinstance(value, Rows) and value.number
    if is_number or (isinstance(value, Fixed) and isinstance(value.constant, int | float)):
        return replace(frame, plain=frame.plain | frozenset(names))
    return frame


def _with_unknown(held: Rows, key: Value, why: Unknown, target: ast.expr, state: State) -> Value:
    """A frame with a column that cannot be told: predict is refused only where it needs just that one.

    Inside of a function nothing would notice.
    """
    names = names_in(key)
    stored = isinstance(target, ast.Subscript | ast.Attribute) and isinstance(target.ctx, ast.Store)
    if not names or not stored or held.shape != "frame" or held.columns is None or state.depth:
        return why
    state.specials[target] = Lost(why)
    for name in names:
        held = held.with_column(name, held.depends)
    return held


def _set_part(owner: ast.expr, key: ast.expr, value: Value, state: State) -> None:
    """`df.loc[mask, "a"] = value`: row-wise when the mask is."""
    held = expressions.value_of(owner, state)
    if not isinstance(held, Rows):
        if isinstance(held, Learned | Fixed):
            state.rebind(held, Learned(state.where(key)))
        return
    rows, columns = (key.elts[0], key.elts[1]) if isinstance(key, ast.Tuple) and len(key.elts) == 2 else (key, None)  # noqa: PLR2004
    mask = expressions.value_of(rows, state) if not isinstance(rows, ast.Slice) else None
    chosen = (
        expressions.value_of(columns, state) if columns is not None and not isinstance(columns, ast.Slice) else None
    )
    new: Value
    if isinstance(value, Unknown):
        new = value
    elif isinstance(mask, Unknown):
        new = mask
    elif any(isinstance(v, Rows) and v.numbered for v in (mask, value)):
        new = state.unknown(key, "the rows' labels enter, which number them")
    elif isinstance(mask, Rows) and not aligned(held, mask):
        new = state.unknown(key, "rows of another selection are changed")
    elif mask is not None and not isinstance(mask, Rows):
        new = state.unknown(key, "single rows are changed by their label")
    elif isinstance(rows, ast.Slice) and (rows.lower or rows.upper):
        new = state.unknown(key, "single rows are changed by their position")
    else:
        depends = held.depends if mask is None else mask.depends
        if isinstance(value, Rows):
            depends |= value.depends
        names = names_in(chosen) if chosen is not None else ()
        if names and held.columns is not None:
            new = held
            for name in names:
                new = new.with_column(name, held.column(name) | depends)
        else:
            new = replace(held, depends=held.depends | depends, columns=None, rest=None, unnamed=None)
    state.rebind(held, new)


def _set_attribute(owner: ast.expr, attr: str, value: Value, target: ast.expr, state: State) -> None:
    held = expressions.value_of(owner, state)
    if isinstance(held, Fixed) and held.function is not None:
        state.rebind(held, state.unknown(target, "an attribute of a function is set"))
    if not isinstance(held, Rows):
        return
    if attr == "columns":
        names = names_in(value)
        new: Value
        if (
            names
            and held.columns is not None
            and held.rest is None
            and held.unnamed is None
            and len(names) == len(held.columns)
        ):
            columns = tuple((new_name, depends) for new_name, (_, depends) in zip(names, held.columns, strict=True))
            new = replace(held, columns=columns, plain=frozenset(), leading=0)
        else:
            new = replace(held, columns=None, rest=None, unnamed=None)
    elif attr == "index":
        new = replace(held, fresh=True, relabelled=True)
    elif held.shape == "frame":
        new = with_column(held, Fixed(constant=attr), value, target, state)
    else:
        return
    state.rebind(held, new)


def aligned(left: Rows, right: Rows) -> bool:
    """Whether two values hold the same rows in the same order, so that putting them together is row-wise."""
    if left.source != right.source:
        return False
    if left.cuts != right.cuts:
        return False
    by_label = left.shape != "array" and right.shape != "array"
    return not (by_label and left.fresh != right.fresh and left.cuts)


def _holds_all(column: Rows, frame: Rows) -> bool:
    """Whether a column set by label has a value for each row of a frame: it is from before some were left out."""
    by_label = column.shape == "series" and frame.shape == "frame" and not (column.fresh or frame.fresh)
    return by_label and column.source == frame.source and column.cuts == frame.cuts[: len(column.cuts)]


def names_in(key: Value) -> tuple[str, ...]:
    """The column names that a key is."""
    if isinstance(key, Fixed):
        if isinstance(key.constant, str):
            return (key.constant,)
        if isinstance(key.constant, list | tuple) and all(isinstance(k, str) for k in key.constant):
            return tuple(key.constant)
    if isinstance(key, Learned) and key.among is not None and key.among.all_but is None and key.elements:
        names = [e.constant for e in key.elements if isinstance(e, Fixed) and isinstance(e.constant, str)]
        return tuple(names) if len(names) == len(key.elements) else ()
    return ()


def _elements(value: Value, count: int, target: ast.expr, state: State) -> list[Value]:
    if isinstance(value, Parts | Learned) and value.elements is not None and len(value.elements) == count:
        return list(value.elements)
    if isinstance(value, Fixed):
        if value.elements is not None and len(value.elements) == count:
            return list(value.elements)
        return [Fixed() for _ in range(count)]
    if isinstance(value, Learned):
        return [expressions.element_of(value, target, state) for _ in range(count)]
    if isinstance(value, Unknown):
        return [value] * count
    return [state.unknown(target, "rows are unpacked into names") for _ in range(count)]


def first_name(node: ast.expr) -> str | None:
    """The name that an expression begins with."""
    while isinstance(node, ast.Attribute | ast.Subscript | ast.Call):
        node = node.func if isinstance(node, ast.Call) else node.value
    return node.id if isinstance(node, ast.Name) else None
