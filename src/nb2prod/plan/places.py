"""Where a notebook keeps values: names, and columns of tables, as expressions and assignments write them."""

from __future__ import annotations

import ast
from dataclasses import dataclass

from nb2prod.plan import shapes

ANY = "*"
"""A column whose name is not known."""

PASSING = frozenset(
    {"copy", "drop", "drop_duplicates", "dropna", "filter", "head", "join", "merge", "nlargest", "nsmallest", "query"}
    | {"reindex", "rename", "reset_index", "sample", "set_axis", "set_index", "sort_index", "sort_values", "tail"}
)
"""Methods that give the columns of a table on as they are."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where the notebook keeps a prediction: under a name, or in a column of the table with that name."""

    name: str
    column: str | None = None


def pairs(target: ast.expr, value: ast.expr) -> list[tuple[ast.expr, ast.expr]]:
    """The target and value of each name that `a, b = x, y` binds."""
    if isinstance(target, ast.Tuple) and isinstance(value, ast.Tuple) and len(target.elts) == len(value.elts):
        return list(zip(target.elts, value.elts, strict=True))
    return [(target, value)]


def place_of(node: ast.expr) -> Place | None:
    """The place that an expression is."""
    match node:
        case ast.Name(id=name):
            return Place(name)
        case ast.Subscript(value=ast.Name(id=name), slice=ast.Constant(value=str(column))):
            return Place(name, column)
        case ast.Subscript(
            value=ast.Attribute(value=ast.Name(id=name), attr="loc"),
            slice=ast.Tuple(elts=[ast.Slice(lower=None, upper=None), ast.Constant(value=str(column))]),
        ):
            return Place(name, column)
        case ast.Attribute(value=ast.Name(id=name), attr=column) if column not in {"columns", "index", "name"}:
            return Place(name, column)
        case _:
            return None


def root(node: ast.expr) -> str | None:
    """The name that an expression begins with."""
    while isinstance(node, ast.Attribute | ast.Subscript):
        node = node.value
    return node.id if isinstance(node, ast.Name) else None


def names_in(node: ast.expr) -> set[str]:
    """The names in an expression."""
    return {n.id for n in ast.walk(node) if isinstance(n, ast.Name)}


def is_element(node: ast.expr) -> bool:
    """`p`, `pred[i]`: a value as it is."""
    return isinstance(node, ast.Name) or (isinstance(node, ast.Subscript) and isinstance(node.value, ast.Name))


def in_place(call: ast.Call) -> bool:
    """Whether a call has `inplace=True`."""
    return any(k.arg == "inplace" and getattr(k.value, "value", None) is True for k in call.keywords)


def series_name(node: ast.expr) -> str | None:
    """`pd.Series(..., name="Label")`, `table["Label"]`."""
    match node:
        case ast.Call(keywords=keywords) if shapes.called_name(node) == "Series":
            given = [k.value.value for k in keywords if k.arg == "name" and isinstance(k.value, ast.Constant)]
            return given[0] if given and isinstance(given[0], str) else None
        case ast.Subscript(slice=ast.Constant(value=str(name))):
            return name
        case _:
            return None


def text(node: ast.expr | None) -> str | None:
    """The text that a constant is."""
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else None


def is_any(place: Place) -> bool:
    """Whether it is a column whose name is not known."""
    return place.column is not None and place.column.startswith(ANY)


def is_table(node: ast.expr) -> bool:
    """`pd.DataFrame(...)`, `pd.DataFrame(...).set_index(...)`."""
    match node:
        case ast.Call(func=ast.Name(id="DataFrame") | ast.Attribute(attr="DataFrame")):
            return True
        case ast.Call(func=ast.Attribute(value=owner, attr=method)) if method in PASSING:
            return is_table(owner)
        case ast.Call():
            return shapes.called_name(node) in {"concat", "merge"}
        case _:
            return False


def output(place: Place) -> str:
    """The place as an expression."""
    return place.name if place.column is None else f"{place.name}[{place.column!r}]"


def loaded(target: ast.expr) -> ast.expr:
    """A target as it is read."""
    fields = {name: getattr(target, name) for name in target._fields}
    fields["ctx"] = ast.Load()
    return ast.copy_location(type(target)(**fields), target)
