"""Where a cell's saved output cannot be that of its source: what was printed, shown, drawn, or failed."""

from __future__ import annotations

import ast
import math
import re
from typing import TYPE_CHECKING

from nb2prod.lint import tables
from nb2prod.lint.columns import columns_written
from nb2prod.lint.contradiction import Contradiction, short
from nb2prod.lint.folding import UnknownValueError, fold
from nb2prod.lint.printed import printed
from nb2prod.tree import walk

if TYPE_CHECKING:
    from collections.abc import Iterator

    from nb2prod.lint.rule import Context
    from nb2prod.notebook import Cell
    from nb2prod.outputs import Output
    from nb2prod.program import ParsedCell, Statement

_FRAME = re.compile(r"^(?:<ipython-input-(\d+)-\w+>|(?:Cell |Input )In ?\[(\d+)\])(?:[ ,(:]|$)")
_LINE = re.compile(r"^\s*(?:-+> ?)?\s*(\d+) (.*)$")
_FIGURE = re.compile(r"^<(?:matplotlib\.figure\.)?Figure size ([\d.]+)x([\d.]+) with \d+ Axes>$")
_OWN_FIGURES = frozenset(
    ["FacetGrid", "PairGrid", "catplot", "clustermap", "displot", "factorplot", "jointplot", "lmplot", "pairplot"]
) | {"relplot", "set_figheight", "set_figwidth", "set_size_inches"}
_FIGURES = frozenset({"boxplot", "figure", "hist", "plot", "subplots"})
_ROWS_BY_DEFAULT = 5
_MANY = 3


def contradictions(context: Context, cell: ParsedCell) -> Iterator[Contradiction]:
    """Yield what the outputs of a cell, which is known to have run, show otherwise than its source says."""
    shown = cell.cell.outputs
    if any(each.kind == "error" for each in shown):
        yield from _failed(cell)
        return
    yield from printed(context, cell)
    results = [each for each in shown if each.kind == "result"]
    if len(results) == 1:
        yield from _result(context, cell, results[0])
    yield from _drawn(context, cell)


# What was shown


def _result(context: Context, cell: ParsedCell, output: Output) -> Iterator[Contradiction]:
    last = cell.statements[-1]
    match last.node:
        case ast.Expr(value=value):
            yield from _value(context, last, value, output)
            yield from _table(context, last, value, output)
        case ast.Assign() | ast.AugAssign() | ast.Import() | ast.ImportFrom() | ast.FunctionDef() | ast.ClassDef():
            if not any(_asks_ipython(each.node) for each in cell.statements):
                yield Contradiction(last.where, f"shows {short(output.text)}", "ends without a value to show")
        case _:
            pass


def _asks_ipython(node: ast.stmt) -> bool:
    return any(isinstance(each, ast.Name) and each.id == "get_ipython" for each in walk(node))


def _value(context: Context, last: Statement, node: ast.expr, output: Output) -> Iterator[Contradiction]:
    """Compare a value that depends on literals only."""
    try:
        value = fold(context, last, node)
    except UnknownValueError:
        return
    if output.cut or isinstance(value, range) or _is(value, output.text):
        return
    yield Contradiction(last.where, f"shows {short(output.text)}", f"gives {short(repr(value))}")


def _is(value: object, text: str) -> bool:
    try:
        shown = ast.literal_eval(text.strip())
    except (ValueError, SyntaxError, MemoryError, RecursionError):
        return not isinstance(value, (str, int, float, bool)) or repr(value) == text.strip()
    if isinstance(value, float) and isinstance(shown, float):
        return math.isclose(value, shown, rel_tol=1e-9)
    return bool(value == shown) and (type(value) is type(shown) or not isinstance(value, bool))


def _table(context: Context, last: Statement, node: ast.expr, output: Output) -> Iterator[Contradiction]:
    """Compare the columns and the number of rows that are chosen with those shown."""
    limit = None
    match node:
        case (
            ast.Call(func=ast.Attribute(value=whole, attr="head" | "tail"), args=[number], keywords=[])
            | ast.Call(
                func=ast.Attribute(value=whole, attr="head" | "tail"),
                args=[],
                keywords=[ast.keyword(arg="n", value=number)],
            )
        ):
            limit = _number(context, last, number)
        case ast.Call(func=ast.Attribute(value=whole, attr="head" | "tail"), args=[], keywords=[]):
            limit = _ROWS_BY_DEFAULT
        case ast.Call(func=ast.Attribute(value=whole, attr="sample"), args=[number], keywords=keywords):
            limit = None if any(each.arg == "frac" for each in keywords) else _number(context, last, number)
        case _:
            whole = node
    if (names := _chosen(whole)) is not None and (shown := tables.columns(output)) is not None and shown != names:
        yield Contradiction(last.where, f"shows the columns {short(str(shown))}", f"chooses {short(str(names))}")
    match whole:
        case ast.Subscript(value=ast.Name(), slice=ast.Constant(value=str() as name)):
            column = tables.column_name(output)
            if column is not None and column != name:
                yield Contradiction(last.where, f"shows the column {column!r}", f"chooses {name!r}")
        case _:
            pass
    if limit is None or limit < 0 or (count := tables.rows(output)) is None:
        return
    if count > limit or (count < limit and _has(context, last, whole, limit)):
        yield Contradiction(last.where, f"shows {count} rows", f"asks for {limit}")


def _number(context: Context, statement: Statement, node: ast.expr) -> int | None:
    try:
        value = fold(context, statement, node)
    except UnknownValueError:
        return None
    return value if type(value) is int else None


def _chosen(node: ast.expr) -> list[str] | None:
    """List the columns of `df[["a", "b"]]`."""
    match node:
        case ast.Subscript(value=whole, slice=ast.List(elts=parts)):
            if isinstance(whole, ast.Attribute) and whole.attr in {"iloc", "loc"}:
                return None  # rows
            names = [each.value for each in parts if isinstance(each, ast.Constant) and isinstance(each.value, str)]
            return names if len(names) == len(parts) else None
        case _:
            return None


def _has(context: Context, statement: Statement, node: ast.expr, rows: int) -> bool:
    """Tell whether another cell shows that a table has so many rows: the same name, but for columns put in."""
    node = node.value if isinstance(node, ast.Subscript) and isinstance(node.slice, ast.Constant) else node
    if not isinstance(node, ast.Name):
        return False
    seen = _definitions(context, statement, node.id)
    for cell in context.parsed:
        last = cell.statements[-1] if cell.statements else None
        if last is None or not isinstance(last.node, ast.Expr) or last.cell == statement.cell:
            continue
        if _definitions(context, last, node.id) != seen or not seen:
            continue
        shows_size = ("", ".shape", ".info()", ".describe()")
        if ast.unparse(last.node) in {f"{node.id}{part}" for part in shows_size}:
            totals = [tables.total_rows(each.text) for each in cell.cell.outputs]
            if any(total is not None and total >= rows for total in totals):
                return True
    return False


def _definitions(context: Context, statement: Statement, name: str) -> tuple[int, ...]:
    """List the statements that made a table, or its rows."""
    found = next((use.definitions for use in context.document.uses[statement.index] if use.name == name), ())
    statements = context.program.statements
    return tuple(each for each in found if columns_written(context, statements[each], name) is None)


# What was drawn


def _drawn(context: Context, cell: ParsedCell) -> Iterator[Contradiction]:
    """Compare the shape of the only figure with the only `figsize`; one inch is as many dots wide as high."""
    sizes = [found for each in cell.cell.outputs if (found := _FIGURE.match(each.text))]
    images = [each for each in cell.cell.outputs if "image/png" in each.mimes]
    if len(sizes) != 1 or len(images) != 1 or "figsize" not in cell.python:
        return
    if any(_draws_otherwise(each.node) for each in cell.statements):
        return
    asked = [
        (statement, keyword.value)
        for statement in cell.statements
        for node in walk(statement.node)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in _FIGURES
        for keyword in node.keywords
        if keyword.arg == "figsize"
    ]
    if len(asked) != 1:
        return
    (statement, node), size = asked[0], sizes[0]
    try:
        value = fold(context, statement, node)
    except UnknownValueError:
        return
    match value:
        case (int() | float() as width, int() | float() as height) if width > 0 and height > 0:
            across, down = float(size[1]) / width, float(size[2]) / height
            if abs(across - down) * min(width, height) > _MANY:
                said = f"asks for {value[0]} by {value[1]} inches"
                yield Contradiction(statement.where, f"shows a figure of {size[1]} by {size[2]} dots", said)
        case _:
            pass


def _draws_otherwise(node: ast.stmt) -> bool:
    """Tell whether a statement makes figures of its own, or may."""
    return any(
        (isinstance(each, ast.Attribute) and each.attr in _OWN_FIGURES)
        or isinstance(each, (ast.For, ast.While, ast.FunctionDef, ast.Lambda))
        for each in walk(node)
    )


# What failed


def _failed(cell: ParsedCell) -> Iterator[Contradiction]:
    """Look for the cell's own lines, as the traceback quotes them, in its source."""
    errors = [each for each in cell.cell.outputs if each.kind == "error"]
    quoted = {line.strip() for each in errors for line in _quoted(cell.cell, each)}
    there = {line.strip() for line in cell.cell.source.splitlines()}
    gone = sorted(line for line in quoted - there if line)
    if gone and cell.statements:
        yield Contradiction(cell.statements[0].where, f"quotes {short(gone[0])}", "has no such line")


def _quoted(cell: Cell, output: Output) -> Iterator[str]:
    """Yield the lines of this cell that its traceback shows."""
    own = False
    for line in output.text.splitlines():
        if frame := _FRAME.match(line):
            own = cell.run is not None and int(frame[1] or frame[2]) == cell.run
        elif not line.strip() or not (found := _LINE.match(line)):
            own = False
        elif own:
            yield found[2]
