# ruff: noqa: INP001 - scripts
"""What the cells of a notebook have to do with each other, as a person sees it, and small edits of their text."""

from __future__ import annotations

import ast
import io
import re
import tokenize
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import random
    from collections.abc import Callable, Iterator


@dataclass(frozen=True)
class Cell:
    """A cell, known by its number in the notebook it comes from."""

    number: int
    kind: str
    source: str


Cells = tuple[Cell, ...]


def tree(cell: Cell) -> ast.Module | None:
    """Parse a cell; None where it is not Python."""
    try:
        return ast.parse(cell.source)
    except SyntaxError:
        return None


def parsed(cell: Cell) -> ast.Module:
    """Parse a cell that is Python."""
    return tree(cell) or ast.Module([], [])


def loads(cell: Cell) -> set[str]:
    """Name what a cell reads."""
    return {n.id for n in ast.walk(parsed(cell)) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Load)}


def writes(cell: Cell) -> set[str]:
    """Name what a cell makes or changes."""
    found: set[str] = set()
    for node in parsed(cell).body:
        for inner in ast.walk(node):
            if isinstance(inner, ast.Name) and isinstance(inner.ctx, ast.Store):
                found.add(inner.id)
            elif isinstance(inner, ast.alias):
                found.add(inner.asname or inner.name.partition(".")[0])
            elif isinstance(inner, ast.FunctionDef | ast.ClassDef):
                found.add(inner.name)
    return found | _mutated(cell)


def _mutated(cell: Cell) -> set[str]:
    """Name what is changed in place: by assignment to a part, `inplace=True`, or a method called for its effect."""
    found = set()
    for node in ast.walk(parsed(cell)):
        match node:
            case ast.Subscript(ctx=ast.Store() | ast.Del()) | ast.Attribute(ctx=ast.Store() | ast.Del()):
                found.add(_root(node))
            case ast.Expr(value=ast.Call(func=ast.Attribute(value=owner))):
                found.add(_root(owner))
            case ast.Call(func=ast.Attribute(value=owner), keywords=keywords):
                if any(each.arg == "inplace" for each in keywords):
                    found.add(_root(owner))
            case _:
                pass
    return found - {""}


def _root(node: ast.expr) -> str:
    while isinstance(node, ast.Subscript | ast.Attribute):
        node = node.value
    return node.id if isinstance(node, ast.Name) else ""


def changes_itself(cell: Cell) -> bool:
    """Tell whether a cell changes a value that is there already."""
    names = writes(cell) & loads(cell)
    first = {
        target.id
        for node in parsed(cell).body
        if isinstance(node, ast.Assign)
        for target in node.targets
        if isinstance(target, ast.Name) and target.id not in {n.id for n in ast.walk(node.value) if hasattr(n, "id")}
    }
    return bool(names - first - {"plt", "ax", "fig", "sns"}) or any(
        isinstance(node, ast.AugAssign) for node in parsed(cell).body
    )


def readers(cell: Cell, code: Cells) -> list[Cell]:
    """List the cells below that read what a cell makes."""
    names = writes(cell)
    return [each for each in code[code.index(cell) + 1 :] if names & loads(each)]


def needed(cell: Cell, code: Cells) -> bool:
    """Tell whether a cell alone makes a name that is read below."""
    made = {name for name in writes(cell) if first_made(name, cell, code)}
    return any(made & loads(each) for each in readers(cell, code))


def related(one: Cell, other: Cell) -> bool:
    """Tell whether it matters which of two cells runs first."""
    a, b = writes(one), writes(other)
    return bool(a & (loads(other) | b) or b & loads(one))


def near(code: Cells) -> list[tuple[Cell, Cell]]:
    """List pairs of cells that are close to each other."""
    return [(code[i], code[j]) for i in range(len(code)) for j in range(i + 1, min(i + 4, len(code)))]


def next_to(one: Cell, other: Cell, code: Cells) -> bool:
    """Tell whether a cell follows another."""
    return code.index(other) == code.index(one) + 1


def first_made(name: str, cell: Cell, code: Cells) -> bool:
    """Tell whether only this cell makes a name."""
    return not any(name in writes(each) for each in code if each is not cell)


def imports(cell: Cell, name: str) -> bool:
    """Tell whether a cell imports a name."""
    aliases = [node for node in ast.walk(parsed(cell)) if isinstance(node, ast.alias)]
    return any(name in {each.asname, each.name.partition(".")[0]} for each in aliases)


def with_source(cells: Cells, cell: Cell, source: str) -> Cells:
    """Replace the source of one cell."""
    return tuple(replace(each, source=source) if each is cell else each for each in cells)


def renamed(source: str, name: str) -> str | None:
    """Rename a variable; None where the word means something else, too."""
    out = []
    before = ""
    try:
        tokens = list(tokenize.generate_tokens(io.StringIO(source).readline))
    except (tokenize.TokenError, IndentationError, SyntaxError):
        return None
    lines = source.splitlines(keepends=True)
    for i, token in enumerate(tokens):
        if token.type == tokenize.NAME and token.string == name and before != ".":
            follows = tokens[i + 1].string if i + 1 < len(tokens) else ""
            if follows == "=" and before in {"(", ","}:
                return None
            out.append(token.start)
        if token.string.strip():
            before = token.string
    if re.search(rf"\{{[^}}]*\b{re.escape(name)}\b[^}}]*\}}", source):
        return None  # in an f-string
    for line, column in reversed(out):
        text = lines[line - 1]
        lines[line - 1] = f"{text[:column]}{name}_new{text[column + len(name) :]}"
    return "".join(lines)


def edits(cell: Cell, random: random.Random, shown: str | None) -> list[str]:
    """Change one literal of a cell in all ways; with `shown`, only such as are to be seen in that text."""
    found = []
    lines = cell.source.encode().splitlines(keepends=True)
    module = parsed(cell)
    displayed = _displayed(module)
    for node, change in _literals(module):
        new = change(random)
        if new == node.value or node.end_lineno != node.lineno or node.end_col_offset is None:
            continue
        if shown is not None and not (node in displayed and _is_shown(node.value, shown)):
            continue
        line = lines[node.lineno - 1]
        edited = line[: node.col_offset] + repr(new).encode() + line[node.end_col_offset :]
        source = b"".join([*lines[: node.lineno - 1], edited, *lines[node.lineno :]]).decode()
        if tree(Cell(0, "code", source)) is not None:
            found.append(source)
    return found


def _displayed(tree: ast.Module) -> set[ast.AST]:
    """Find the texts, and the numbers that are printed or say how much of a table is shown."""
    nodes = list(ast.walk(tree))
    found: set[ast.AST] = {each for each in nodes if isinstance(each, ast.Constant) and isinstance(each.value, str)}
    for node in nodes:
        match node:
            case ast.Call(func=ast.Name(id="print")) | ast.Call(func=ast.Attribute(attr="head" | "tail")):
                found.update(node.args)
            case _:
                pass
    return found


def _is_shown(value: object, shown: str) -> bool:
    if isinstance(value, str):
        return len(value.strip()) > 1 and value.strip() in shown
    if shown.count("\n") > 1:
        return True  # a table of so many rows
    return bool(re.search(rf"(?<![\w.]){re.escape(repr(value))}(?![\w.])", shown))


def _literals(tree: ast.Module) -> Iterator[tuple[ast.Constant, Callable[[random.Random], object]]]:
    """Yield the literals that a person would change, with the change."""
    columns = [
        node.slice.value
        for node in ast.walk(tree)
        if isinstance(node, ast.Subscript)
        and isinstance(node.slice, ast.Constant)
        and isinstance(node.slice.value, str)
    ]
    subscripts = {id(node.slice) for node in ast.walk(tree) if isinstance(node, ast.Subscript)}
    inside = {id(v) for node in ast.walk(tree) if isinstance(node, ast.JoinedStr) for v in ast.walk(node)}
    for node in ast.walk(tree):
        if not isinstance(node, ast.Constant) or id(node) in inside or isinstance(node.value, bool):
            continue
        value = node.value
        if isinstance(value, str) and id(node) in subscripts:
            others = sorted(set(columns) - {value})
            if others:
                yield node, lambda random, others=others: random.choice(others)  # type: ignore[misc] # a default
        elif isinstance(value, str) and " " in value.strip():
            yield node, lambda _random, value=value: value.replace(" ", " new ", 1)  # type: ignore[misc] # a default
        elif isinstance(value, int | float) and value not in (0, 1):
            yield node, lambda _random, value=value: value * 2 if isinstance(value, float) else value + 1  # type: ignore[misc] # a default
