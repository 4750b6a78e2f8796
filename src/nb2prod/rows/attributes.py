"""What an attribute gives: of rows, of learnt values, of a data set."""

from __future__ import annotations

import ast
from dataclasses import replace
from typing import TYPE_CHECKING

from nb2prod.rows import expressions
from nb2prod.rows.kinds import (
    EVERY_COLUMN,
    NO_COLUMNS,
    Dataset,
    Fixed,
    Grouped,
    Learned,
    Parts,
    Rows,
    Size,
    Value,
    features_of,
    target_of,
)
from nb2prod.rows.knowledge import pandas as pd_table
from nb2prod.rows.special import Codes

if TYPE_CHECKING:
    from nb2prod.rows.interpreter import State

# what these give of a learnt value is as many values as it is
_AS_MANY = frozenset(["index", "values", "iloc", "loc", "at", "iat", "str", "dt"])
_OF_ONE = frozenset(
    {"round", "item", "astype", "lower", "upper", "strip", "title", "date", "normalize", "year", "month", "day"}
    | {"days", "total_seconds", "timestamp", "real", "is_integer"}
)


def attribute(node: ast.Attribute, base: Value, attr: str, state: State) -> Value:
    """What `value.attr` gives."""
    match base:
        case Fixed():
            several = expressions.is_list(base) and attr not in {"index", "count"}
            dotted = f"{base.dotted}.{attr}" if base.dotted else None
            return Fixed(dotted=dotted, made=base.made, elements=() if several and base.made is None else None)
        case Learned():
            if attr == "best_estimator_":
                return base
            kept = attr in _AS_MANY or (base.size == "one" and attr in _OF_ONE)
            return replace(
                base,
                where=state.where(node),
                estimator=None,
                elements=None,
                lengthwise=False,
                size=base.size if kept else "many",
                among=EVERY_COLUMN if attr == "index" and base.among is None else base.among,
            )
        case Rows():
            if attr == "values":
                return replace(base, shape="array", lent=shares_memory(node.value)) if base.shape != "array" else base
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
            return dataset_part(node, base, attr, state)
        case Grouped():
            return replace(
                base, chosen=ast.copy_location(ast.Constant(attr), node), depends=base.depends | base.rows.column(attr)
            )
        case Parts():
            return state.unknown(node, f"the attribute `{attr}` of several values is not known")
        case _:
            return base


def shares_memory(table: ast.expr) -> bool:
    """Whether an array taken from a table may be the table's own memory: columns in a list, and results, are copies."""
    match table:
        case ast.Subscript(value=ast.Attribute(attr="loc" | "iloc"), slice=ast.Tuple(elts=[_, ast.List()])):
            return False
        case ast.Call(func=ast.Attribute(attr="head" | "tail" | "get" | "squeeze" | "to_frame" | "set_axis")):
            return True
        case ast.Subscript(slice=ast.List()) | ast.Call():
            return False
        case _:
            return True


def _column_names(node: ast.Attribute, frame: Rows, state: State) -> Learned:
    """`df.columns`; each is known where all are."""
    known = frame.columns is not None and frame.rest is None and frame.unnamed is None
    names = tuple(Fixed(constant=name) for name, _ in frame.columns or ()) if known else None
    where = state.where(node)
    return Learned(where, frame.source, frame.depends, elements=names, size="values", among=frame.names())


def dataset_part(node: ast.expr, dataset: Dataset, part: object, state: State) -> Value:
    """A part of a data set of scikit-learn."""
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
