"""Parts of rows: `df[...]`, `loc`, `iloc`, slices of arrays."""

from __future__ import annotations

import ast
from dataclasses import replace
from typing import TYPE_CHECKING, Literal

from nb2prod.rows import attributes, expressions
from nb2prod.rows.kinds import Columns, Cut, Dataset, Fixed, Grouped, Learned, Parts, Rows, Unknown, Value
from nb2prod.rows.special import Factorized, Skipped

if TYPE_CHECKING:
    from nb2prod.rows.interpreter import State


def subscript(node: ast.Subscript, state: State) -> Value:
    """What `value[key]` gives."""
    indexer = (
        node.value.attr
        if isinstance(node.value, ast.Attribute) and node.value.attr in {"loc", "iloc", "at", "iat"}
        else None
    )
    base = expressions.value_of(node.value, state)
    if isinstance(base, Fixed) and base.dotted == "numpy.c_":
        parts = node.slice.elts if isinstance(node.slice, ast.Tuple) else [node.slice]
        found = expressions.combined(node, [expressions.value_of(p, state) for p in parts], state)
        return (
            replace(found, shape="array", columns=None, rest=None, unnamed=None) if isinstance(found, Rows) else found
        )
    match base:
        case Rows():
            if isinstance(node.value, ast.Attribute) and node.value.attr == "str":
                return expressions.combined(node, [base, expressions.value_of(node.slice, state)], state)
            if indexer:
                return _located(node, base, indexer, state)
            if base.shape == "array":
                return _array_part(node, base, state)
            return _selected(node, base, expressions.value_of(node.slice, state), state)
        case Dataset():
            key = expressions.value_of(node.slice, state)
            return attributes.dataset_part(node, base, key.constant if isinstance(key, Fixed) else None, state)
        case Parts(elements=elements, keys=tuple() as keys):
            key = expressions.value_of(node.slice, state)
            if isinstance(key, Fixed) and key.constant in keys:
                return elements[keys.index(key.constant)]
            if isinstance(key, Fixed | Learned) and (one := _one_of(elements)) is not None:
                return one
            return state.unknown(node, f"which of several `{ast.unparse(node)}` is cannot be told")
        case Parts(elements=elements):
            key = expressions.value_of(node.slice, state)
            numbered = state.specials.get(node.value)
            if isinstance(numbered, Factorized) and isinstance(key, Fixed) and key.constant == 0:
                state.specials[node] = numbered
            if (
                isinstance(key, Fixed)
                and isinstance(key.constant, int)
                and -len(elements) <= key.constant < len(elements)
            ):
                return elements[key.constant]
            return expressions.combined(node, [*elements, key], state)
        case Learned() if base.elements is not None:
            key = expressions.value_of(node.slice, state)
            if (
                isinstance(key, Fixed)
                and isinstance(key.constant, int)
                and -len(base.elements) <= key.constant < len(base.elements)
            ):
                return base.elements[key.constant]
            return _some_elements(node, base, key, state)
        case Learned():
            key = expressions.value_of(node.slice, state)
            if base.among is not None and isinstance(key, Learned):
                return _some_elements(node, base, key, state)
            if isinstance(node.slice, ast.Slice) and isinstance(key, Fixed):
                return replace(base, where=state.where(node))
            if isinstance(key, Fixed):
                return expressions.element_of(base, node, state, key.constant)
            if isinstance(key, Learned) and key.size == "one":
                return expressions.element_of(base, node, state)
            return expressions.combined(node, [base, key], state)
        case Grouped():
            key = expressions.value_of(node.slice, state)
            names = key.constant if isinstance(key, Fixed) else None
            depends = base.rows.column(names) if isinstance(names, str) else base.rows.depends
            return replace(base, chosen=node.slice, depends=base.depends | depends)
        case Fixed(constant=list() | tuple() as constants):
            key = expressions.value_of(node.slice, state)
            if (
                isinstance(key, Fixed)
                and isinstance(key.constant, int)
                and -len(constants) <= key.constant < len(constants)
            ):
                return Fixed(constant=constants[key.constant])
            return expressions.combined(node, [base, key], state)
        case Fixed(made=None) if expressions.is_list(base) and not isinstance(node.slice, ast.Slice):
            key = expressions.value_of(node.slice, state)
            return (
                Fixed()
                if isinstance(key, Fixed) and not expressions.is_list(key)
                else expressions.combined(node, [base, key], state)
            )
        case _:
            return expressions.combined(node, [base, expressions.value_of(node.slice, state)], state)


def _one_of(models: tuple[Value, ...]) -> Fixed | Learned | None:
    """One of several models that a dict holds, whichever it is: unfitted, or fitted on the same rows."""
    if models and all(isinstance(m, Fixed) and m.estimator is not None for m in models):
        return Fixed(estimator="Model")
    fitted = [m for m in models if isinstance(m, Learned) and m.estimator is not None]
    if not fitted or len(fitted) < len(models):
        return None
    first = fitted[0]
    alike = all(m.inputs is first.inputs and m.target is first.target for m in fitted)
    return replace(first, estimator="Model") if alike and isinstance(first.inputs, Rows) else None


def _selected(node: ast.Subscript, base: Rows, key: Value, state: State) -> Value:
    """`df[key]` of a frame or series."""
    if isinstance(key, Unknown):
        return key
    if isinstance(node.slice, ast.Slice):
        return skipped(node, node.value, base, state, "filter")
    if isinstance(key, Learned) and key.size == "mask":
        return skipped(node, node.value, base, state, "filter")
    if isinstance(key, Rows):
        return skipped(node, node.value, base, state, "missing" if _is_missing_guard(node.slice) else "filter")
    if base.shape == "series" and isinstance(key, Fixed) and isinstance(key.constant, str):
        return state.unknown(node, "an element of a row")
    if base.shape == "series":
        return Learned(state.where(node), base.source, base.depends, size="one")
    if isinstance(key, Fixed):
        if isinstance(key.constant, str):
            return base.series(key.constant)
        if isinstance(key.constant, list) and all(isinstance(c, str) for c in key.constant):
            return base.only(tuple(key.constant))
        if key.elements is None:  # one column or several, by a name not known here
            return replace(base, shape="series", columns=None, rest=None, unnamed=None, key=key, label=None)
    if isinstance(key, Learned) and key.among is not None and key.elements and key.among.all_but is None:
        return base.only(tuple(str(e.constant) for e in key.elements if isinstance(e, Fixed)))
    among = key.among if isinstance(key, Learned) else None
    depends = base.within(among) if among is not None else base.depends
    shape: Literal["frame", "series"] = "series" if isinstance(key, Learned) and key.size == "one" else "frame"
    return replace(base, shape=shape, depends=depends, columns=None, rest=None, unnamed=None, key=key, label=None)


def _some_elements(node: ast.Subscript, base: Learned, key: Value, state: State) -> Value:
    """Some of the names of columns: `df.columns[1:3]`, `df.columns[mask]`."""
    where, several = state.where(node), not (isinstance(key, Learned) and key.size == "one")
    if isinstance(node.slice, ast.Slice) and base.elements is not None and isinstance(key, Fixed):
        parts = (node.slice.lower, node.slice.upper, node.slice.step)
        bounds = [bound if isinstance(bound := _literal(part), int) else None for part in parts]
        if all(bound is not None or part is None for bound, part in zip(bounds, parts, strict=True)):
            kept = base.elements[slice(bounds[0], bounds[1], bounds[2])]
            names = frozenset(e.constant for e in kept if isinstance(e, Fixed) and isinstance(e.constant, str))
            among = Columns(names) if base.among is not None and len(names) == len(kept) else base.among
            return replace(base, where=where, elements=kept, among=among)
    if base.among is not None and several and isinstance(key, Fixed | Learned):
        return replace(base, where=where, elements=None)
    return expressions.combined(node, [base, key], state)


def skipped(
    node: ast.expr, base_node: ast.expr, base: Rows, state: State, kind: Literal["filter", "missing", "order"]
) -> Value:
    """Fewer rows of `base`, or in another order."""
    cut = Cut(state.statement, kind, how=ast.unparse(node.slice if isinstance(node, ast.Subscript) else node))
    state.specials[node] = Skipped(base_node, cut)
    return state.selection(base, replace(base, cuts=(*base.cuts, cut)))


def _is_missing_guard(mask: ast.expr) -> bool:
    return (
        isinstance(mask, ast.Call) and isinstance(mask.func, ast.Attribute) and mask.func.attr in {"notna", "notnull"}
    )


def _located(node: ast.Subscript, base: Rows, indexer: str, state: State) -> Value:
    """`df.loc[rows, columns]`, `df.iloc[rows, columns]`."""
    parts = node.slice.elts if isinstance(node.slice, ast.Tuple) else [node.slice]
    rows, columns = parts[0], parts[1] if len(parts) > 1 else None
    frame: Value = base
    if columns is not None:
        frame = _columns_at(columns, base, indexer, state)
    if isinstance(rows, ast.Slice):
        if rows.lower is None and rows.upper is None and rows.step is None:
            return frame
        expressions.value_of(rows, state)
        return (
            state.unknown(node, "rows are chosen by their position")
            if isinstance(frame, Unknown)
            else _part_of(node, frame, state)
        )
    key = expressions.value_of(rows, state)
    if isinstance(key, Rows):
        return _part_of(node, frame, state)
    if isinstance(key, Unknown):
        return key
    if isinstance(key, Fixed) and not isinstance(key.constant, list):
        return Learned(state.where(node), base.source, base.depends)
    return _part_of(node, frame, state)


def _part_of(node: ast.Subscript, frame: Value, state: State) -> Value:
    if not isinstance(frame, Rows):
        return frame
    owner = node.value.value if isinstance(node.value, ast.Attribute) else node.value
    if isinstance(node.slice, ast.Tuple):  # columns are chosen too: the rows cannot be skipped alone
        cut = Cut(state.statement, "filter", how=ast.unparse(node.slice))
        state.specials[node] = Skipped(node, cut)
        return replace(frame, cuts=(*frame.cuts, cut))
    return skipped(node, owner, frame, state, "filter")


def _columns_at(columns: ast.expr, base: Rows, indexer: str, state: State) -> Value:
    value = expressions.value_of(columns, state)
    if isinstance(value, Unknown):
        return value
    if isinstance(value, Rows):
        return state.unknown(columns, "columns are chosen by rows")
    whole = base.rest is None and base.unnamed is None
    names = [name for name, _ in base.columns] if base.columns is not None and whole else None
    if indexer == "loc" and isinstance(value, Fixed) and isinstance(value.constant, str):
        return base.series(value.constant)
    if indexer == "loc" and isinstance(value, Fixed) and isinstance(value.constant, list):
        return base.only(tuple(str(c) for c in value.constant))
    if indexer == "loc" and isinstance(value, Learned) and value.among is not None:
        return replace(base, depends=base.within(value.among), columns=None, rest=None, unnamed=None)
    if names is None and indexer == "iloc" and (found := _leading_columns(columns, value, base)) is not None:
        return found
    if names is None:
        return replace(base, columns=None, rest=None, unnamed=None)
    chosen = _by_position(columns, value, names, indexer)
    if chosen is None:
        return replace(base, columns=None, rest=None, unnamed=None)
    if isinstance(chosen, str):
        return base.series(chosen)
    return base.only(tuple(chosen))


def _leading_columns(columns: ast.expr, value: Value, base: Rows) -> Rows | None:
    """`iloc[:, 0]`, `iloc[:, 1:]` where only the first columns have their place for certain."""
    first = [name for name, _ in (base.columns or ())[: base.leading]]
    if isinstance(value, Fixed) and isinstance(value.constant, int) and 0 <= value.constant < len(first):
        return base.series(first[value.constant])
    if isinstance(columns, ast.Slice) and columns.step is None:
        lower, upper = _literal(columns.lower), _literal(columns.upper)
        if columns.upper is None and isinstance(lower, int) and 0 <= lower <= len(first):
            return base.without(frozenset(first[:lower]))
        start = 0 if columns.lower is None else lower
        if isinstance(start, int) and isinstance(upper, int) and 0 <= start <= upper <= len(first):
            return base.only(tuple(first[start:upper]))
    return None


def _by_position(columns: ast.expr, value: Value, names: list[str], indexer: str) -> list[str] | str | None:
    """Names of the columns that `iloc[:, 1:3]` or `loc[:, "a":"c"]` chooses."""
    if isinstance(columns, ast.Slice):
        bounds: list[int | None] = []
        for part, extra in ((columns.lower, 0), (columns.upper, 1), (columns.step, 0)):
            bound = _literal(part)
            if isinstance(bound, str) and indexer == "loc":
                if bound not in names:
                    return None
                bounds.append(names.index(bound) + extra)
            elif bound is None and part is not None:
                return None
            elif bound is None or (isinstance(bound, int) and indexer == "iloc"):
                bounds.append(bound)
            else:
                return None
        return names[slice(*bounds)]
    if isinstance(value, Fixed) and indexer == "iloc":
        if isinstance(value.constant, int) and -len(names) <= value.constant < len(names):
            return names[value.constant]
        if isinstance(value.constant, list) and all(
            isinstance(i, int) and -len(names) <= i < len(names) for i in value.constant
        ):
            return [names[i] for i in value.constant]
    return None


def _literal(node: ast.expr | None) -> int | str | None:
    match node:
        case ast.Constant(value=int() | str() as value):
            return value
        case ast.UnaryOp(op=ast.USub(), operand=ast.Constant(value=int() as value)):
            return -value
        case _:
            return None


def _array_part(node: ast.Subscript, base: Rows, state: State) -> Value:
    """`X[:, 1:]` keeps the rows; `X[mask]` and `X[10:]` do not."""
    parts = node.slice.elts if isinstance(node.slice, ast.Tuple) else [node.slice]
    rows = parts[0]
    for part in parts[1:]:
        other = expressions.value_of(part, state)
        if isinstance(other, Unknown | Rows):
            return other if isinstance(other, Unknown) else state.unknown(node, "columns are chosen by rows")
    if isinstance(rows, ast.Slice) and rows.lower is None and rows.upper is None and rows.step is None:
        return replace(base, view=True, columns=None, rest=None, unnamed=None)
    if isinstance(rows, ast.Constant) and rows.value is None:
        return state.unknown(node, "an axis is added")
    key = expressions.value_of(rows, state)
    if isinstance(key, Unknown):
        return key
    if isinstance(key, Fixed) and isinstance(key.constant, int) and not isinstance(rows, ast.Slice):
        return Learned(state.where(node), base.source, base.depends)
    if len(parts) > 1:
        cut = Cut(state.statement, "filter", how=ast.unparse(node.slice))
        state.specials[node] = Skipped(node, cut)
        return replace(base, cuts=(*base.cuts, cut))
    return skipped(node, node.value, base, state, "filter")
