"""What a function of pandas gives."""

from __future__ import annotations

import ast
from dataclasses import replace
from typing import TYPE_CHECKING, Literal

from nb2prod.rows import expressions
from nb2prod.rows.arguments import constant, learnt_from
from nb2prod.rows.given import keyword
from nb2prod.rows.kinds import (
    EMPTY,
    NO_COLUMNS,
    NOT_CONSTANT,
    Columns,
    Cut,
    Fixed,
    Learned,
    Parts,
    Rows,
    Unknown,
    Value,
    raw_frame,
)
from nb2prod.rows.knowledge import pandas as pd_table
from nb2prod.rows.knowledge import python as py_table
from nb2prod.rows.special import Binned, Dated, Dummies, Factorized, Skipped

if TYPE_CHECKING:
    from nb2prod.rows.interpreter import State


def pandas_function(node: ast.Call, name: str, arguments: list[Value], state: State) -> Value:
    """What `pd.name(...)` gives."""
    unknown = next((a for a in arguments if isinstance(a, Unknown)), None)
    if name in pd_table.READS:
        return raw_frame(state.statement, state.headers.get(node), state.numbers.get(node, frozenset()))
    given = arguments[0] if arguments else Fixed()
    if reads_clock(f"pandas.{name}") or (
        name == "to_datetime" and isinstance(given, Fixed) and given.constant in ("today", "now")
    ):
        return Learned(state.where(node), size="one")
    if name == "concat":
        return _concat(node, given, state)
    if unknown is not None:
        return unknown
    if name in {"DataFrame", "Series"}:
        return _frame_from(node, name, state)
    if not isinstance(given, Rows):
        found = (
            expressions.combined(node, arguments, state) if name != "crosstab" else learnt_from(node, arguments, state)
        )
        one = isinstance(found, Fixed) and (expressions.is_list(found) or name in py_table.SINGLE_OF_PANDAS)
        return found if one or not isinstance(found, Fixed) else Fixed(elements=())
    if name == "get_dummies":
        columns = keyword(node, "columns", 4)
        state.specials[node] = Dummies(node.args[0] if node.args else node.keywords[0].value, columns)
        if given.shape == "frame" and given.columns is not None:  # what is not encoded stays under its name
            encoded = constant(columns, state)
            names = tuple(str(c) for c in encoded) if isinstance(encoded, list) else ()
            extra = given.only(names).depends if names else given.depends
            made = replace(given.without(frozenset(names)), unnamed=extra, depends=given.depends)
            if given.rest is None and given.unnamed is None and columns is None:
                texts = tuple(name for name, _ in given.columns if name not in given.plain)
                kept = [name for name, _ in given.columns]
                leading = next((i for i, name in enumerate(kept) if name not in given.plain), len(kept))
                return replace(made, unnamed=given.only(texts).depends, leading=leading)
            whole = bool(names) and given.rest is None and given.unnamed is None
            return replace(made, leading=len(made.columns or ()) if whole else 0)
        if given.shape == "series":
            return replace(given, shape="frame", columns=(), rest=None, unnamed=given.depends, key=None, label=None)
        return replace(given, shape="frame", columns=None, rest=None, unnamed=None)
    if name == "factorize":
        return numbered_values(node, node.args[0] if node.args else node.keywords[0].value, given, state)
    if name == "to_numeric" and keyword(node, "downcast", 2) is not None:
        return state.unknown(node, "`downcast` takes the smallest type that all rows fit in")
    if name in {"to_numeric", "isna", "isnull", "notna", "notnull", "to_timedelta"}:
        return given
    if name == "to_datetime":
        if keyword(node, "format", None) is None and keyword(node, "unit") is None:
            state.specials[node] = Dated(node, node.args[0] if node.args else node.keywords[0].value)
        return given
    if name in {"cut", "qcut"}:
        bins = keyword(node, "bins" if name == "cut" else "q", 1)
        edges = expressions.value_of(bins, state) if bins is not None else Fixed()
        if name == "cut" and expressions.is_list(edges):
            return replace(given, shape="series", columns=None, rest=None, unnamed=None)
        state.specials[node] = Binned(node, node.args[0] if node.args else node.keywords[0].value, name == "qcut")
        return replace(given, shape="series", columns=None, rest=None, unnamed=None)
    if name in {"unique", "value_counts", "crosstab", "pivot_table"}:
        return learnt_from(node, arguments, state)
    return state.unknown(node, f"`pd.{name}` is not known")


def numbered_values(node: ast.Call, values: ast.expr, given: Rows, state: State) -> Value:
    """What `factorize` gives: a number for each row, and the values that are numbered."""
    if given.shape != "series" or len(node.args) > 1 or {k.arg for k in node.keywords} - {"values", "sort"}:
        return state.unknown(node, "`factorize` of this, or with these options, is not followed")
    state.specials[node] = Factorized(node, values)
    codes = replace(given, shape="array", plain=frozenset(), number=False, key=None, label=None)
    return Parts((codes, Learned(state.where(node), given.source, given.depends, size="values")))


def _concat(node: ast.Call, given: Value, state: State) -> Value:
    axis = constant(keyword(node, "axis", 1), state)
    if isinstance(given, Parts) and axis in (1, "columns"):
        frames = given.elements
        found = expressions.combined(node, frames, state)
        if not isinstance(found, Rows):
            return found
        return _beside(found, [f for f in frames if isinstance(f, Rows)])
    if isinstance(given, Parts):
        rows = [e for e in given.elements if isinstance(e, Rows)]
        if rows and (selection := _selections(node, rows, given, state)) is not None:
            return selection
        if rows:
            return state.unknown(node, "rows of several tables are put below each other")
    if isinstance(given, Fixed | Learned | Unknown):
        return given
    return state.unknown(node, "`pd.concat` of this is not known")


def _beside(found: Rows, tables: list[Rows]) -> Rows:
    """Tables, and columns with a name, put beside each other; the first have their places as long as all are known."""
    parts = [
        f if f.shape == "frame" else replace(f, shape="frame", columns=((str(f.label), f.depends),)) for f in tables
    ]
    named = all(f.shape == "frame" or f.label is not None for f in tables)
    if not named or any(f.columns is None for f in parts) or sum(f.rest is not None for f in parts) > 1:
        return replace(found, shape="frame", columns=None, rest=None, unnamed=None, leading=0)
    result = next((f for f in parts if f.rest is not None), parts[0])
    names = [name for frame in parts for name, _ in frame.columns or ()]
    for name, depends in [pair for frame in parts for pair in frame.columns or ()]:
        result = result.with_column(name, depends)
    unnamed = [f.unnamed for f in parts if f.unnamed is not None]
    every = unnamed[0] if unnamed else None
    for other in unnamed[1:]:
        every = other | every if every is not None else other
    whole = [f.rest is None and f.unnamed is None for f in parts]
    known = whole.index(False) if False in whole else len(parts)
    leading = sum(len(f.columns or ()) for f in parts[:known]) + sum(f.leading for f in parts[known : known + 1])
    ordered = tuple((name, result.column(name)) for name in dict.fromkeys(names))
    plain = frozenset(n for n in names if all(n in f.plain for f in parts if n in dict(f.columns or ())))
    return replace(
        result,
        columns=ordered,
        unnamed=every,
        depends=found.depends,
        plain=plain,
        key=None,
        label=None,
        leading=leading if len(set(names)) == len(names) else 0,
    )


def _selections(node: ast.Call, rows: list[Rows], given: Parts, state: State) -> Rows | None:
    """Rows of one table put below each other with nothing changed in them: drawn more often, or filtered by group."""
    whole = state.selected.get(rows[0], rows[0])
    alike = all(state.selected.get(r, r) is whole for r in rows) and whole.columns is not None
    others = [e for e in given.elements if not isinstance(e, Rows)]
    empty = all(isinstance(e, Fixed) and e.made == EMPTY for e in others)
    shared = [a for a, *rest in zip(*(r.cuts for r in rows), strict=False) if all(a == b for b in rest)]
    cuts = [r.cuts[len(shared) :] for r in rows]
    if (
        not alike
        or not empty
        or (not others and not any(cuts))
        or any(c.kind == "missing" for each in cuts for c in each)
    ):
        return None
    cut = Cut(state.statement, "filter", how="concat")
    if state.depth == 0:
        tables = node.args[0] if node.args else None
        if others or not isinstance(tables, ast.List | ast.Tuple):
            return None
        fewest = min(range(len(rows)), key=lambda number: len(cuts[number]))
        state.specials[node] = Skipped(tables.elts[fewest], cut)
    return state.selection(whole, replace(whole, cuts=(*shared, cut), fresh=True))


def _frame_from(node: ast.Call, name: str, state: State) -> Value:
    columns = constant(keyword(node, "columns", 2), state)
    index, data = keyword(node, "index", 1), keyword(node, "data", 0)
    if data is None and not node.keywords:
        return Fixed(made=EMPTY)
    if data is None:
        given_rows = any(isinstance(expressions.value_of(k.value, state), Rows) for k in node.keywords)
        return state.unknown(node, "a table made of an index of rows") if given_rows else Fixed()
    given = expressions.value_of(data, state)
    if isinstance(given, Parts):
        found = expressions.combined(node, given.elements, state)
        if not isinstance(found, Rows):
            return found
        fresh = found.shape == "array" and index is None
        named = _named_parts(data, given) if columns is None else None
        made = replace(found, shape="frame", columns=named, rest=None, unnamed=None, key=None, label=None)
        return replace(made, fresh=fresh, relabelled=fresh)
    drawn = isinstance(given, Learned) and given.source is None and given.depends == NO_COLUMNS
    if (isinstance(given, Fixed) or (drawn and _written_columns(node, columns))) and name == "DataFrame":
        return replace(raw_frame(state.statement, _typed_columns(node, columns)), typed=True)
    if isinstance(given, Fixed):  # `pd.Series(0, index=df.index)` has a value for each row of the training data
        return given if expressions.is_list(given) else Fixed(elements=())
    if isinstance(given, Learned):
        return replace(given, size="many") if given.size == "one" else given
    if not isinstance(given, Rows):
        return state.unknown(node, f"`pd.{name}` of this is not known")
    fresh = (given.shape == "array" and index is None) or given.fresh
    of_array = given.shape == "array"
    given = replace(given, relabelled=given.relabelled or (of_array and index is None), lent=given.lent or of_array)
    shape: Literal["frame", "series"] = "series" if name == "Series" else "frame"
    if isinstance(columns, list) and columns and given.shape == "array":
        named = tuple((str(c), given.depends) for c in columns)
        return replace(given, shape=shape, columns=named, rest=None, fresh=fresh)
    if given.shape == "array" and shape == "frame" and _with_its_names(node, given, state):
        return replace(given, shape=shape, fresh=fresh, view=False)
    if columns is NOT_CONSTANT and given.shape == "array" and shape == "frame":
        return replace(given, shape=shape, columns=(), rest=None, unnamed=given.depends, fresh=fresh)
    if isinstance(columns, list) and columns and given.shape == "frame":
        return given.only(tuple(str(c) for c in columns))
    return (
        replace(given, shape=shape, fresh=fresh)
        if given.shape == "frame"
        else replace(given, shape=shape, columns=None, rest=None, unnamed=None, fresh=fresh)
    )


def _with_its_names(node: ast.Call, array: Rows, state: State) -> bool:
    """`pd.DataFrame(scaler.transform(df), columns=df.columns)`: the columns that the array was made from."""
    named = keyword(node, "columns", 2)
    if not isinstance(named, ast.Attribute) or named.attr != "columns" or array.columns is None:
        return False
    frame = state.values.get(named.value)
    alike = isinstance(frame, Rows) and frame.shape == "frame" and frame.columns is not None
    if not alike or not isinstance(frame, Rows):
        return False
    names = [name for name, _ in frame.columns or ()]
    same = names == [name for name, _ in array.columns] and frame.rest == array.rest
    return same and frame.unnamed == array.unnamed


def _named_parts(data: ast.expr, parts: Parts) -> tuple[tuple[str, Columns], ...] | None:
    """The columns of `{"a": df["x"], "b": 0}`."""
    names = [getattr(key, "value", None) for key in data.keys] if isinstance(data, ast.Dict) else []
    if len(names) != len(parts.elements) or not all(isinstance(name, str) for name in names):
        return None
    depends = [v.depends if isinstance(v, Rows) else NO_COLUMNS for v in parts.elements]
    return tuple((str(name), each) for name, each in zip(names, depends, strict=True))


def _written_columns(node: ast.Call, columns: object) -> bool:
    return _typed_columns(node, columns) is not None


def _typed_columns(node: ast.Call, columns: object) -> tuple[str, ...] | None:
    if isinstance(columns, list) and all(isinstance(c, str) for c in columns):
        return tuple(columns)
    data = keyword(node, "data", 0)
    if isinstance(data, ast.Dict):
        keys = [getattr(k, "value", None) for k in data.keys]
        if all(isinstance(k, str) for k in keys):
            return tuple(str(k) for k in keys)
    return None


def reads_clock(dotted: str) -> bool:
    """Whether it tells the time."""
    return dotted.endswith((".now", ".today", ".utcnow")) or dotted in {"time.time", "time.localtime", "time.strftime"}
