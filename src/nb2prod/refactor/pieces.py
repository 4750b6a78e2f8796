"""The parts an emitted function is made of, and their code; each statement of the notebook is marked."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from itertools import groupby
from typing import TYPE_CHECKING

import libcst as cst

from nb2prod.refactor.joining import joined
from nb2prod.refactor.scope import bound_names, early_names, is_builtin, localized

if TYPE_CHECKING:
    from collections.abc import Sequence

    from nb2prod.refactor.cells import CstStatement

MARK = re.compile(r"^\s*# @(\d+)@$")


@dataclass(frozen=True, slots=True)
class Piece:
    """Code of one statement of the notebook (`statement` None: code that we wrote), perhaps only for training.

    `below` are comments that stand below it.
    """

    statement: int | None
    nodes: tuple[CstStatement, ...]
    fit: bool | None = None
    below: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class FunctionCode:
    """A function to emit; `parameters` and `result` as they are written. `starred` are names from star imports."""

    name: str
    parameters: str = ""
    annotation: str | None = None
    doc: str
    pieces: tuple[Piece, ...]
    result: str | None = None
    starred: frozenset[str] = frozenset()


def written(code: str, *, fit: bool | None = None) -> Piece:
    """A piece that is not the notebook's."""
    nodes = cst.parse_module(code).body
    return Piece(None, tuple(nodes), fit)


def function_text(function: FunctionCode) -> str:
    """The function's code, notebook statements marked by `# @index@` comments above them."""
    function = _with_own_names(function)
    annotation = f" -> {function.annotation}" if function.annotation else ""
    header = f"def {function.name}({function.parameters}){annotation}:\n    pass\n"
    definition = cst.ensure_type(cst.parse_statement(header), cst.FunctionDef)
    pieces, below = _settled(joined(function.pieces))
    blocks = _blocks(pieces)
    body: list[CstStatement] = [docstring(function.doc, "    "), *map(_trim, blocks[:1]), *blocks[1:]]
    if function.result is not None:
        result = cst.ensure_type(cst.parse_statement(f"return {function.result}"), cst.SimpleStatementLine)
        body.append(result.with_changes(leading_lines=below))
        below = []
    return cst.Module([definition.with_changes(body=cst.IndentedBlock(body, footer=below))]).code


def _settled(pieces: Sequence[Piece]) -> tuple[list[Piece], list[cst.EmptyLine]]:
    """The pieces with the comments below one of them above the next; and those below the last."""
    found: list[Piece] = []
    waiting: list[cst.EmptyLine] = []
    for piece in pieces:
        if waiting and piece.nodes:
            first, *others = piece.nodes
            piece = replace(  # noqa: PLW2901 - the same piece with more above it
                piece, nodes=(first.with_changes(leading_lines=(*waiting, *first.leading_lines)), *others)
            )
            waiting = []
        found.append(piece)
        waiting += [cst.EmptyLine(comment=cst.Comment(line)) for line in piece.below]
    return found, waiting


def _trim(node: CstStatement) -> CstStatement:
    """The statement without blank lines above its comments."""
    lines = list(node.leading_lines)
    while lines and lines[0].comment is None:
        lines.pop(0)
    return node.with_changes(leading_lines=lines)


def _with_own_names(function: FunctionCode) -> FunctionCode:
    """The pieces as they have to be where the notebook's variables are local to a function."""
    text = cst.Module([node for piece in function.pieces for node in piece.nodes]).code
    names = re.findall(r"(\w+)\s*(?:[:=,]|$)", re.sub(r":[^,]*", ":", function.parameters))
    bound = bound_names(text) | set(names)
    pieces = tuple(replace(p, nodes=tuple(localized(p.nodes, bound))) for p in function.pieces)
    early = early_names(text, names)
    of_python = [name for name in early if is_builtin(name)]
    first = [written(f"from builtins import {', '.join(of_python)}")] if of_python else []
    first += [written(f'{name} = globals()["{name}"]') for name in early if name in function.starred]
    empty = () if function.result is not None else (written("pass"),)
    return replace(function, pieces=(*first, *pieces) or empty)


def definitions_text(pieces: Sequence[Piece]) -> str:
    """Statements at module level, marked."""
    settled, below = _settled(pieces)
    return cst.Module([node for piece in settled for node in _marked(piece)], footer=below).code


def _blocks(pieces: Sequence[Piece]) -> list[CstStatement]:
    """The statements, those for training or predict alone under `if fit:`, `if not fit:` or both."""
    body: list[CstStatement] = []
    before: bool | None = None
    for fit, group in groupby(pieces, key=lambda piece: piece.fit):
        nodes = [node for piece in group for node in _marked(piece)]
        if fit is None or not nodes:
            body += nodes
        elif before is True and fit is False and isinstance(body[-1], cst.If):
            body[-1] = body[-1].with_changes(orelse=cst.Else(cst.IndentedBlock([_bare(nodes[0]), *nodes[1:]])))
        else:
            block = cst.IndentedBlock([_bare(nodes[0]), *nodes[1:]])
            test = cst.parse_expression("fit" if fit else "not fit")
            body.append(cst.If(test=test, body=block, leading_lines=_comments_above(nodes[0])))
        before = fit if nodes else before
    return body


def _comments_above(node: CstStatement) -> list[cst.EmptyLine]:
    """The comments of a statement, without our mark, which stays with it."""
    return [line for line in node.leading_lines if line.comment is None or not MARK.match(line.comment.value)]


def _bare(node: CstStatement) -> CstStatement:
    marks = [line for line in node.leading_lines if line.comment is not None and MARK.match(line.comment.value)]
    return node.with_changes(leading_lines=marks)


def _marked(piece: Piece) -> list[CstStatement]:
    if piece.statement is None or not piece.nodes:
        return list(piece.nodes)
    mark = cst.EmptyLine(comment=cst.Comment(f"# @{piece.statement}@"))
    *first, last = piece.nodes
    return [*first, last.with_changes(leading_lines=(*last.leading_lines, mark))]


def docstring(text: str, indent: str = "") -> cst.SimpleStatementLine:
    """A docstring of these lines."""
    clean = text.replace('"""', "'''").strip()
    raw = "\\" in clean and not clean.endswith("\\")
    clean = clean if raw else clean.replace("\\", "\\\\")
    if clean.endswith('"'):
        clean += " "
    lines = clean.split("\n")
    below = [f"{indent}{line}".rstrip() for line in lines[1:]]
    quoted = "\n".join([lines[0], *below]) + (f"\n{indent}" if below else "")
    return cst.SimpleStatementLine([cst.Expr(cst.SimpleString(f'{"r" * raw}"""{quoted}"""'))])
