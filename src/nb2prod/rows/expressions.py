"""The kind of an expression's value."""

from __future__ import annotations

import ast
import builtins
from dataclasses import replace
from typing import TYPE_CHECKING, Literal

from nb2prod.rows import calls
from nb2prod.rows.functions import captured
from nb2prod.rows.kinds import (
    EVERY_COLUMN,
    NO_COLUMNS,
    NOT_CONSTANT,
    Columns,
    Cut,
    Dataset,
    Fixed,
    Grouped,
    Learned,
    Parts,
    Rows,
    Size,
    Unknown,
    Value,
    features_of,
    target_of,
)
from nb2prod.rows.knowledge import numpy as np_table
from nb2prod.rows.knowledge import pandas as pd_table
from nb2prod.rows.knowledge import python as py_table
from nb2prod.rows.special import Codes, Skipped

if TYPE_CHECKING:
    from collections.abc import Sequence

    from nb2prod.rows.interpreter import State

_BUILTINS = frozenset(dir(builtins))


def value_of(node: ast.expr, state: State) -> Value:
    """Evaluate, and remember the value by its node."""
    value = _value(node, state)
    state.values[node] = value
    return value


def _value(node: ast.expr, state: State) -> Value:
    match node:
        case ast.Constant(value=constant):
            return Fixed(constant=constant)
        case ast.Name(id=name):
            if name in state.names:
                return state.names[name]
            return Fixed(dotted=name) if name in _BUILTINS else state.unknown(node, f"`{name}` is not known")
        case ast.Tuple(elts=elements) | ast.List(elts=elements) | ast.Set(elts=elements):
            return _sequence(node, [value_of(e, state) for e in elements], state)
        case ast.Dict(keys=keys, values=values):
            return _mapping(node, keys, values, state)
        case ast.Attribute(value=ast.Name(id="self"), attr=attr) if state.attributes is not None:
            return state.attributes.get(attr) or state.unknown(node, f"the attribute `{attr}` is not followed")
        case ast.Attribute(value=base, attr=attr):
            return _attribute(node, value_of(base, state), attr, state)
        case ast.Subscript():
            return _subscript(node, state)
        case ast.UnaryOp(operand=operand, op=op):
            found = value_of(operand, state)
            if isinstance(found, Fixed) and isinstance(op, ast.USub) and isinstance(found.constant, int | float):
                return Fixed(constant=-found.constant)
            return combined(node, [found], state)
        case ast.BinOp(left=left, right=right, op=op):
            return _binary(node, value_of(left, state), value_of(right, state), op, state)
        case ast.BoolOp(values=values):
            return combined(node, [value_of(v, state) for v in values], state, scalar=True)
        case ast.Compare(left=left, comparators=others):
            found = combined(node, [value_of(v, state) for v in (left, *others)], state)
            return replace(found, size="mask") if isinstance(found, Learned) and found.size == "many" else found
        case ast.IfExp(test=test, body=body, orelse=orelse):
            return combined(node, [value_of(v, state) for v in (test, body, orelse)], state, scalar=True)
        case ast.Call():
            return calls.call_value(node, state)
        case ast.Lambda():
            return Fixed(function=node)
        case ast.ListComp() | ast.SetComp() | ast.GeneratorExp() | ast.DictComp():
            return _comprehension(node, state)
        case ast.JoinedStr(values=values):
            parts = [value_of(v.value if isinstance(v, ast.FormattedValue) else v, state) for v in values]
            text = _written_text(values, parts)
            return Fixed(constant=text) if text is not None else combined(node, parts, state, scalar=True)
        case ast.Starred(value=inner):
            return value_of(inner, state)
        case ast.NamedExpr(target=target, value=inner):
            found = value_of(inner, state)
            state.names[target.id] = found
            return found
        case ast.Slice(lower=lower, upper=upper, step=step):
            return combined(
                node, [value_of(v, state) for v in (lower, upper, step) if v is not None], state, scalar=True
            )
        case _:
            return state.unknown(node, f"`{type(node).__name__}` is not followed")


def _written_text(nodes: list[ast.expr], parts: list[Value]) -> str | None:
    """The text of an f-string of texts that are known."""
    plain = all(not isinstance(n, ast.FormattedValue) or (n.conversion == -1 and n.format_spec is None) for n in nodes)
    texts = [p.constant for p in parts if isinstance(p, Fixed) and isinstance(p.constant, str)]
    return "".join(texts) if plain and len(texts) == len(parts) else None


def combined(
    node: ast.AST, values: Sequence[Value], state: State, *, scalar: bool = False, looked_up: bool = False
) -> Value:
    """The kind of something computed from values of these kinds, element by element.

    What is learnt or written out may be one value or one for each column; a list of them only where rows are
    `looked_up` in it.
    """
    for value in values:
        if isinstance(value, Unknown):
            return value
    rows = [v for v in values if isinstance(v, Rows)]
    if any(isinstance(v, Grouped | Dataset) for v in values):
        return state.unknown(node, "groups or a whole data set are used as a value")
    if any(isinstance(v, Parts) for v in values):
        inner = [e for v in values if isinstance(v, Parts) for e in v.elements]
        plain = [*(v for v in values if not isinstance(v, Parts)), *inner]
        return combined(node, plain, state, scalar=scalar, looked_up=looked_up)
    if rows:
        if scalar:
            return state.unknown(node, "rows decide as a whole")
        if not looked_up and any(is_list(v) for v in values):
            return state.unknown(
                node, "it is combined with a list of values, perhaps one for each row of the training data"
            )
        return _rows_together(node, rows, state)
    learned = [v for v in values if isinstance(v, Learned)]
    if learned:
        depends = NO_COLUMNS
        for each in learned:
            depends |= each.depends
        lengthwise = any(v.lengthwise for v in learned)
        return Learned(state.where(node), learned[0].source, depends, lengthwise=lengthwise, size=_joint_size(values))
    return Fixed(elements=()) if any(is_list(v) for v in values) else Fixed()


def is_estimator(value: Value) -> bool:
    """Whether it is an estimator, fitted or not."""
    return isinstance(value, Fixed | Learned) and value.estimator is not None


def is_list(value: Value) -> bool:
    """Whether it may hold one element for each row of the training data."""
    match value:
        case Learned(size=size):
            return size not in {"one", "columns"}
        case Fixed(constant=constant, elements=elements, made=made):
            unclear = made is not None and not py_table.is_single(made)
            return elements is not None or isinstance(constant, list | tuple) or unclear
        case _:
            return False


def _joint_size(values: Sequence[Value]) -> Size:
    sizes = {v.size for v in values if isinstance(v, Learned)} | {
        "many" for v in values if isinstance(v, Fixed) and is_list(v)
    }
    if sizes <= {"one"}:
        return "one"
    if sizes <= {"one", "mask"}:
        return "mask"
    if sizes <= {"one", "columns"}:
        return "columns"
    return "values" if sizes <= {"one", "values"} else "many"


def element_of(value: Learned, node: ast.AST, state: State, key: object = None) -> Learned:
    """One element of a learnt collection."""
    sizes: dict[str, Size] = {"values": "one", "columns": "one", "table": "columns"}
    size = sizes.get(value.size, "many") if isinstance(key, int | str | None) else "values"
    return Learned(state.where(node), value.source, value.depends, size=size, among=value.among)


def _rows_together(node: ast.AST, rows: Sequence[Rows], state: State) -> Value:
    from nb2prod.rows.interpreter import aligned  # noqa: PLC0415 - the two modules need each other

    first = rows[0]
    depends = first.depends
    for other in rows[1:]:
        if not aligned(first, other):
            return state.unknown(node, "rows of another selection or another file are combined")
        depends |= other.depends
    shape = "frame" if any(r.shape == "frame" for r in rows) else first.shape
    one_key = all(r.key is first.key for r in rows)
    one_label = all(r.label == first.label for r in rows)
    like = next((r for r in rows if r.shape == shape), first)
    result = replace(
        like,
        depends=depends,
        key=first.key if one_key else None,
        label=first.label if one_label else None,
        view=False,
        numbered=any(r.numbered for r in rows),
        number=all(r.number for r in rows),
        plain=like.plain if len(rows) == 1 else frozenset(),
    )
    return (
        replace(result, columns=None, rest=None, unnamed=None)
        if result.shape == "frame" and result.columns is not None and len(rows) > 1
        else result
    )


def _sequence(node: ast.expr, values: list[Value], state: State) -> Value:
    if all(isinstance(v, Fixed) for v in values):
        constants = [v.constant for v in values if isinstance(v, Fixed)]
        known = all(c is not NOT_CONSTANT for c in constants)
        return Fixed(constant=constants if known else NOT_CONSTANT, elements=tuple(values))
    if any(isinstance(v, Rows | Unknown | Parts | Grouped) for v in values):
        return Parts(tuple(values))
    found = combined(node, values, state)
    return replace(found, elements=tuple(values)) if isinstance(found, Learned) else found


def _mapping(node: ast.Dict, keys: list[ast.expr | None], values: list[ast.expr], state: State) -> Value:
    found_keys = [value_of(k, state) for k in keys if k is not None]
    found = [value_of(v, state) for v in values]
    if any(isinstance(v, Rows) for v in found):
        return Parts(tuple(found))
    constants = tuple(k.constant for k in found_keys if isinstance(k, Fixed) and k.constant is not NOT_CONSTANT)
    if len(constants) == len(found) and any(is_estimator(v) for v in found):
        return Parts(tuple(found), constants)
    if all(isinstance(v, Fixed) for v in (*found_keys, *found)):
        return Fixed(elements=None)
    return combined(node, [*found_keys, *found], state)


def _attribute(node: ast.Attribute, base: Value, attr: str, state: State) -> Value:
    match base:
        case Fixed():
            several = is_list(base) and attr not in {"index", "count"}
            dotted = f"{base.dotted}.{attr}" if base.dotted else None
            return Fixed(dotted=dotted, made=base.made, elements=() if several and base.made is None else None)
        case Learned():
            if attr == "best_estimator_":
                return base
            kept = attr in {"index", "values", "iloc", "loc", "at", "iat", "str", "dt"}
            return replace(
                base,
                where=state.where(node),
                estimator=None,
                elements=None,
                lengthwise=False,
                size=base.size if kept else "many",
            )
        case Rows():
            if attr == "values":
                return replace(base, shape="array") if base.shape != "array" else base
            if attr in {"str", "dt", "cat", "loc", "iloc", "at", "iat", "plot", "sparse"}:
                return base
            if attr in pd_table.LEARNED_ATTRIBUTES:
                sizes: dict[str, Size] = {"shape": "values", "columns": "values", "dtypes": "columns"}
                lengthwise = attr in {"shape", "size"}
                if attr == "columns" and base.shape == "frame":
                    return _column_names(node, base, state)
                return Learned(
                    state.where(node), base.source, base.depends, lengthwise=lengthwise, size=sizes.get(attr, "one")
                )
            if attr == "index":
                return Rows(base.source, "series", NO_COLUMNS, cuts=base.cuts, fresh=base.fresh, numbered=True)
            if attr == "codes" and isinstance(node.value, ast.Attribute) and node.value.attr == "cat":
                state.specials[node] = Codes(node.value.value)
                return replace(base, shape="series", label=None)
            if attr == "T":
                return Learned(state.where(node), base.source, base.depends)
            if base.shape == "frame":
                return base.series(attr)
            if isinstance(node.value, ast.Attribute) and node.value.attr == "dt":
                return base
            return state.unknown(node, f"the attribute `{attr}` of rows is not known")
        case Dataset():
            return _dataset_part(node, base, attr, state)
        case Grouped():
            return replace(
                base, chosen=ast.copy_location(ast.Constant(attr), node), depends=base.depends | base.rows.column(attr)
            )
        case Parts():
            return state.unknown(node, f"the attribute `{attr}` of several values is not known")
        case _:
            return base


def _column_names(node: ast.Attribute, frame: Rows, state: State) -> Learned:
    """`df.columns`; each is known where all are."""
    known = frame.columns is not None and frame.rest is None and frame.unnamed is None
    names = tuple(Fixed(constant=name) for name, _ in frame.columns or ()) if known else None
    where = state.where(node)
    return Learned(where, frame.source, frame.depends, elements=names, size="values", among=frame.names())


def _dataset_part(node: ast.expr, dataset: Dataset, part: object, state: State) -> Value:
    match part:
        case "data":
            return features_of(dataset)
        case "target":
            return target_of(dataset)
        case "feature_names" | "target_names" | "DESCR" | "filename" | "keys":
            return Fixed()
        case "frame" if dataset.frame:
            return replace(features_of(dataset), depends=EVERY_COLUMN, rest=EVERY_COLUMN)
        case _:
            return state.unknown(node, f"`{part}` of a data set of scikit-learn is not known")


def _binary(node: ast.BinOp, left: Value, right: Value, op: ast.operator, state: State) -> Value:
    if isinstance(left, Fixed) and isinstance(right, Fixed) and isinstance(op, ast.Add):
        match left.constant, right.constant:
            case (list() as a, list() as b):
                return Fixed(constant=[*a, *b], elements=tuple(Fixed(constant=c) for c in (*a, *b)))
            case (str() as a, str() as b):
                return Fixed(constant=a + b)
            case _:
                return Fixed()
    if isinstance(op, ast.MatMult) and isinstance(right, Rows):
        return Learned(state.where(node), right.source, right.depends)
    return combined(node, [left, right], state)


def _subscript(node: ast.Subscript, state: State) -> Value:
    indexer = (
        node.value.attr
        if isinstance(node.value, ast.Attribute) and node.value.attr in {"loc", "iloc", "at", "iat"}
        else None
    )
    base = value_of(node.value, state)
    if isinstance(base, Fixed) and base.dotted == "numpy.c_":
        parts = node.slice.elts if isinstance(node.slice, ast.Tuple) else [node.slice]
        found = combined(node, [value_of(p, state) for p in parts], state)
        return (
            replace(found, shape="array", columns=None, rest=None, unnamed=None) if isinstance(found, Rows) else found
        )
    match base:
        case Rows():
            if isinstance(node.value, ast.Attribute) and node.value.attr == "str":
                return combined(node, [base, value_of(node.slice, state)], state)
            if indexer:
                return _located(node, base, indexer, state)
            if base.shape == "array":
                return _array_part(node, base, state)
            return _selected(node, base, value_of(node.slice, state), state)
        case Dataset():
            key = value_of(node.slice, state)
            return _dataset_part(node, base, key.constant if isinstance(key, Fixed) else None, state)
        case Parts(elements=elements, keys=tuple() as keys):
            key = value_of(node.slice, state)
            if isinstance(key, Fixed) and key.constant in keys:
                return elements[keys.index(key.constant)]
            return state.unknown(node, f"which of several `{ast.unparse(node)}` is cannot be told")
        case Parts(elements=elements):
            key = value_of(node.slice, state)
            if (
                isinstance(key, Fixed)
                and isinstance(key.constant, int)
                and -len(elements) <= key.constant < len(elements)
            ):
                return elements[key.constant]
            return combined(node, [*elements, key], state)
        case Learned() if base.elements is not None:
            key = value_of(node.slice, state)
            if (
                isinstance(key, Fixed)
                and isinstance(key.constant, int)
                and -len(base.elements) <= key.constant < len(base.elements)
            ):
                return base.elements[key.constant]
            return combined(node, [base, key], state)
        case Learned():
            key = value_of(node.slice, state)
            if isinstance(node.slice, ast.Slice) and isinstance(key, Fixed):
                return replace(base, where=state.where(node))
            if isinstance(key, Fixed):
                return element_of(base, node, state, key.constant)
            return combined(node, [base, key], state)
        case Grouped():
            key = value_of(node.slice, state)
            names = key.constant if isinstance(key, Fixed) else None
            depends = base.rows.column(names) if isinstance(names, str) else base.rows.depends
            return replace(base, chosen=node.slice, depends=base.depends | depends)
        case Fixed(constant=list() | tuple() as constants):
            key = value_of(node.slice, state)
            if (
                isinstance(key, Fixed)
                and isinstance(key.constant, int)
                and -len(constants) <= key.constant < len(constants)
            ):
                return Fixed(constant=constants[key.constant])
            return combined(node, [base, key], state)
        case Fixed(made=None) if is_list(base) and not isinstance(node.slice, ast.Slice):
            key = value_of(node.slice, state)
            return Fixed() if isinstance(key, Fixed) and not is_list(key) else combined(node, [base, key], state)
        case _:
            return combined(node, [base, value_of(node.slice, state)], state)


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
    among = key.among if isinstance(key, Learned) else None
    depends = base.within(among) if among is not None else base.depends
    shape: Literal["frame", "series"] = "series" if isinstance(key, Learned) and key.size == "one" else "frame"
    return replace(base, shape=shape, depends=depends, columns=None, rest=None, unnamed=None, key=key, label=None)


def skipped(
    node: ast.expr, base_node: ast.expr, base: Rows, state: State, kind: Literal["filter", "missing", "order"]
) -> Value:
    """Fewer rows of `base`, or in another order."""
    cut = Cut(state.statement, kind, how=ast.unparse(node.slice if isinstance(node, ast.Subscript) else node))
    state.specials[node] = Skipped(base_node, cut)
    return replace(base, cuts=(*base.cuts, cut))


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
        value_of(rows, state)
        return (
            state.unknown(node, "rows are chosen by their position")
            if isinstance(frame, Unknown)
            else _part_of(node, frame, state)
        )
    key = value_of(rows, state)
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
    value = value_of(columns, state)
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
        if columns.lower is None and isinstance(upper, int) and 0 <= upper <= len(first):
            return base.only(tuple(first[:upper]))
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
        other = value_of(part, state)
        if isinstance(other, Unknown | Rows):
            return other if isinstance(other, Unknown) else state.unknown(node, "columns are chosen by rows")
    if isinstance(rows, ast.Slice) and rows.lower is None and rows.upper is None and rows.step is None:
        return replace(base, view=True)
    if isinstance(rows, ast.Constant) and rows.value is None:
        return state.unknown(node, "an axis is added")
    key = value_of(rows, state)
    if isinstance(key, Unknown):
        return key
    if isinstance(key, Fixed) and isinstance(key.constant, int) and not isinstance(rows, ast.Slice):
        return Learned(state.where(node), base.source, base.depends)
    if len(parts) > 1:
        cut = Cut(state.statement, "filter", how=ast.unparse(node.slice))
        state.specials[node] = Skipped(node, cut)
        return replace(base, cuts=(*base.cuts, cut))
    return skipped(node, node.value, base, state, "filter")


def _comprehension(node: ast.ListComp | ast.SetComp | ast.GeneratorExp | ast.DictComp, state: State) -> Value:
    """Over rows: row-wise if what is computed is; over columns or constants: what these give."""
    from nb2prod.rows.interpreter import assign  # noqa: PLC0415 - the two modules need each other

    before = dict(state.names)
    try:
        first = value_of(node.generators[0].iter, state)
        if (
            isinstance(first, Rows)
            and first.shape != "frame"
            and len(node.generators) == 1
            and not node.generators[0].ifs
        ):
            return _row_by_row(node, first, state)
        values: list[Value] = []
        for generator in node.generators:
            iterated = value_of(generator.iter, state)
            if isinstance(iterated, Rows):
                among = iterated.names() if iterated.shape == "frame" else None
                iterated = Learned(state.where(generator.iter), iterated.source, iterated.depends, among=among)
            element = _element(iterated, state)
            assign(generator.target, element, state)
            values += [iterated, *(value_of(test, state) for test in generator.ifs)]
        elements = [node.key, node.value] if isinstance(node, ast.DictComp) else [node.elt]
        values += [value_of(e, state) for e in elements]
        if any(isinstance(v, Rows | Grouped) for v in values):
            return state.unknown(node, "a list of rows is built")
        found = combined(node, values, state, scalar=True)
        if isinstance(found, Learned):
            return replace(found, size="many", among=_names_chosen(node, state))
        once = isinstance(node, ast.GeneratorExp) and isinstance(found, Fixed)
        return Fixed(made="generator") if once else found
    finally:
        state.names = before


def _element(iterated: Value, state: State) -> Value:
    match iterated:
        case Fixed() | Parts():
            return Fixed() if isinstance(iterated, Fixed) else combined(ast.Pass(), iterated.elements, state)
        case Learned():
            return Learned(iterated.where, iterated.source, iterated.depends, among=iterated.among)
        case _:
            return iterated


def _names_chosen(node: ast.ListComp | ast.SetComp | ast.GeneratorExp | ast.DictComp, state: State) -> Columns | None:
    """The columns among which those of `[c for c in df.columns if c != "a"]` are."""
    match node:
        case ast.ListComp(elt=ast.Name(id=name), generators=[ast.comprehension(target=ast.Name(id=target)) as one]):
            element = state.values.get(node.elt)
            if name != target or not isinstance(element, Learned) or element.among is None:
                return None
            return element.among.without(frozenset(n for test in one.ifs for n in _refused_names(test, name, state)))
        case _:
            return None


def _refused_names(test: ast.expr, name: str, state: State) -> Sequence[str]:
    """The names that a condition such as `c != "a"` or `c not in ["a", "b"] and ...` leaves out."""
    match test:
        case ast.BoolOp(op=ast.And(), values=values):
            return [n for value in values for n in _refused_names(value, name, state)]
        case (
            ast.UnaryOp(op=ast.Not(), operand=ast.Compare(ops=[ast.In()], left=left, comparators=[others]))
            | ast.Compare(ops=[ast.NotIn() | ast.NotEq()], left=left, comparators=[others])
        ) if isinstance(left, ast.Name) and left.id == name:
            value = state.values.get(others)
            constant = value.constant if isinstance(value, Fixed) else None
            texts = [constant] if isinstance(constant, str) else constant
            is_test = isinstance(test, ast.Compare) and isinstance(test.ops[0], ast.NotEq)
            if is_test == isinstance(constant, str) and isinstance(texts, list | tuple):
                return [str(t) for t in texts]
        case _:
            pass
    return []


def _row_by_row(node: ast.ListComp | ast.SetComp | ast.GeneratorExp | ast.DictComp, rows: Rows, state: State) -> Value:
    if isinstance(node, ast.SetComp | ast.DictComp):
        return Learned(state.where(node), rows.source, rows.depends)
    target = {n.id for n in ast.walk(node.generators[0].target) if isinstance(n, ast.Name)}
    problem = captured(node.elt, target, state)
    if problem is not None:
        return problem
    return replace(rows, shape="array", columns=None, rest=None, unnamed=None)


__all__ = ["EVERY_COLUMN", "Columns", "combined", "np_table", "skipped", "value_of"]
