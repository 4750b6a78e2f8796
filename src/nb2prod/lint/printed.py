"""What a cell prints for certain, looked for in what it did print."""

from __future__ import annotations

import ast
import re
import string
from difflib import SequenceMatcher
from typing import TYPE_CHECKING

from nb2prod.lint.contradiction import Contradiction, short
from nb2prod.lint.folding import UnknownValueError, fold
from nb2prod.tree import walk

if TYPE_CHECKING:
    from collections.abc import Iterator

    from nb2prod.lint.rule import Context
    from nb2prod.program import ParsedCell, Statement

_LEAVES = (ast.Break, ast.Continue, ast.Return, ast.Raise, ast.Try, ast.Yield)
_PERCENT = re.compile(r"%(?:\(\w+\))?[-+ #0]*(?:\d+|\*)?(?:\.(?:\d+|\*))?[hlL]?[a-zA-Z%]")
_MANY = 3
_FEW = 40
_TELLING = 12
"""So long is a text that is hardly like another one by chance."""
_ALIKE = 0.8


def printed(context: Context, cell: ParsedCell) -> Iterator[Contradiction]:
    """Look for each text that is printed for certain, in order."""
    streams = [each for each in cell.cell.outputs if each.kind == "stream" and each.name == "stdout"]
    text = "".join(each.text for each in streams)
    ended = any(each.kind == "result" for each in cell.cell.outputs)
    if "\r" in text or "\x1b" in text or not (ended or (text and cell.cell.run is not None)):
        return  # printed over, or saved while the cell was running
    whole = not any(each.cut for each in streams)
    at = 0
    for statement in cell.statements:
        for piece in _pieces(context, statement):
            found = text.find(piece, at)
            if found < 0:
                if whole and piece.strip():
                    yield Contradiction(statement.where, f"does not show {short(piece.strip())}", "prints")
                return
            at = found + len(piece)
    if whole and "print" in cell.python:
        yield from _in_loops(context, cell, text)
    if whole:
        yield from _nearly(context, cell, text)


def _in_loops(context: Context, cell: ParsedCell, text: str) -> Iterator[Contradiction]:
    """Look for what a loop prints each time: where some of it is there, all of it must be."""
    for statement in cell.statements:
        if not isinstance(statement.node, ast.For) or any(isinstance(each, _LEAVES) for each in walk(statement.node)):
            continue
        for loop in walk(statement.node):
            if not isinstance(loop, ast.For):
                continue
            pieces = [
                piece.strip()
                for each in loop.body
                if isinstance(each, ast.Expr) and isinstance(each.value, ast.Call)
                if context.nodes.path(each.value.func, statement) == "print"
                if all(keyword.arg in {"end", "sep"} for keyword in each.value.keywords)
                for argument in each.value.args
                for piece in _written(argument)
            ]
            telling = [piece for piece in pieces if len(piece) > _MANY]
            gone = next((piece for piece in telling if piece not in text), None)
            own = [piece for piece in telling if piece in text and cell.cell.source.count(piece) == 1]
            if gone is not None and own:
                where = context.place(statement.cell, loop)
                yield Contradiction(where, f"does not show {short(gone)}", f"prints it beside {short(own[0])}")
                return


def _nearly(context: Context, cell: ParsedCell, text: str) -> Iterator[Contradiction]:
    """Look for a text that is printed on some path only, and of which another wording was printed."""
    lines = [line for line in text.splitlines() if len(line.strip()) > _MANY]
    if not 0 < len(lines) <= _FEW or ("print" not in cell.cell.source and "return" not in cell.cell.source):
        return
    for statement in cell.statements:
        code = "\n".join(cell.lines[statement.where.line - 1 : statement.last_line])
        for wanted in _said(context, statement) if "print" in code or "return" in code else ():
            if len(wanted) < _TELLING or wanted in text:
                continue
            alike = (line.strip() for line in lines if _is_alike(wanted, line.strip()))
            other = next((line for line in alike if not any(each in line for each in context.texts)), None)
            if other is not None:
                yield Contradiction(statement.where, f"shows {short(other)}", f"may print {short(wanted)}")
                return


def _is_alike(one: str, other: str) -> bool:
    """Tell whether two texts are nearly the same; lengths and letters are compared first, which is fast."""
    matcher = SequenceMatcher(None, one, other)
    return all(ratio() > _ALIKE for ratio in (matcher.real_quick_ratio, matcher.quick_ratio, matcher.ratio))


def _said(context: Context, statement: Statement) -> Iterator[str]:
    """Yield the texts that stand in the code to be printed or returned as they are."""
    for node in walk(statement.node):
        match node:
            case ast.Call(func=function, args=arguments) if context.nodes.path(function, statement) == "print":
                yield from (piece.strip() for each in arguments for piece in _written(each))
            case ast.Return(value=ast.Constant(value=str() as text)):
                yield text.strip()
            case _:
                pass


def _written(node: ast.expr) -> Iterator[str]:
    """Yield the parts of a text that are written as they stand, whatever the values of names are."""
    match node:
        case ast.Constant(value=str() as text):
            yield text
        case ast.JoinedStr(values=values):
            yield from (each.value for each in values if isinstance(each, ast.Constant) and isinstance(each.value, str))
        case ast.BinOp(left=ast.Constant(value=str() as text), op=ast.Mod()):
            yield from _PERCENT.split(text)
        case ast.BinOp(left=left, op=ast.Add(), right=right):
            yield from (*_written(left), *_written(right))
        case _:
            pass


def _pieces(context: Context, statement: Statement) -> Iterator[str]:
    """Yield the texts that a `print` at the top level writes for certain."""
    match statement.node:
        case ast.Expr(value=ast.Call(func=function, args=arguments, keywords=[]) as call):
            if context.nodes.path(function, statement) != "print" or any(isinstance(a, ast.Starred) for a in arguments):
                return
        case _:
            return
    try:
        yield " ".join(str(fold(context, statement, each)) for each in call.args)
    except UnknownValueError:
        for each in call.args:
            yield from _certain(context, statement, each)


def _certain(context: Context, statement: Statement, node: ast.expr) -> Iterator[str]:
    """Yield the parts of a text that are there whatever its values are."""
    match node:
        case ast.JoinedStr():
            yield from _written(node)
        case ast.Call(func=ast.Attribute(value=ast.Constant(value=str() as text), attr="format")):
            try:
                yield from (part for part, *_ in string.Formatter().parse(text) if part)
            except ValueError:
                return
        case ast.BinOp(left=ast.Constant(value=str() as text), op=ast.Mod()):
            yield from (part for part in _PERCENT.split(text) if part)
        case ast.BinOp(left=left, op=ast.Add(), right=right):
            yield from (part for each in (left, right) for part in _certain(context, statement, each) if _is_text(each))
        case _:
            try:
                yield str(fold(context, statement, node))
            except UnknownValueError:
                return


def _is_text(node: ast.expr) -> bool:
    """Tell whether a part of a sum is text and not a number to be added."""
    return isinstance(node, (ast.BinOp, ast.JoinedStr, ast.Call)) or (
        isinstance(node, ast.Constant) and isinstance(node.value, str)
    )
