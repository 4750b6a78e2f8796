"""A cell's Python, with some expressions replaced, as libcst statements by their ordinal."""

from __future__ import annotations

import ast
from dataclasses import dataclass
from typing import TYPE_CHECKING

import libcst as cst

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

CstStatement = cst.SimpleStatementLine | cst.BaseCompoundStatement


@dataclass(frozen=True, slots=True)
class Edit:
    """Replace the text of an ast node (positions as ast counts them: UTF-8 bytes) by other code."""

    line: int
    column: int
    last_line: int
    last_column: int
    code: str

    @classmethod
    def of(cls, node: ast.expr | ast.stmt | ast.keyword, code: str) -> Edit:
        """The edit that puts `code` where `node` stands."""
        if node.end_lineno is None or node.end_col_offset is None:  # pragma: no cover - parsed nodes have an end
            message = "a node without an end cannot be replaced"
            raise ValueError(message)
        return cls(node.lineno, node.col_offset, node.end_lineno, node.end_col_offset, code)


def edited(python: str, edits: Iterable[Edit]) -> str:
    """Apply edits; an edit inside another's span is dropped (the outer one replaces it all)."""
    lines = [line.encode() for line in python.split("\n")]
    starts = [0]
    for line in lines:
        starts.append(starts[-1] + len(line) + 1)
    data = b"\n".join(lines)
    spans = sorted(
        {(starts[e.line - 1] + e.column, starts[e.last_line - 1] + e.last_column, e.code) for e in edits},
        key=lambda span: (span[0], -span[1]),
    )
    pieces: list[bytes] = []
    position = 0
    for start, end, code in spans:
        if start < position:
            continue
        pieces += [data[position:start], code.encode()]
        position = end
    pieces.append(data[position:])
    return b"".join(pieces).decode()


@dataclass(frozen=True, slots=True)
class CellCode:
    """Statements of a cell as libcst nodes, in ast's order, and the comments below the last one."""

    statements: tuple[CstStatement, ...]
    footer: tuple[cst.EmptyLine, ...]


def cell_code(python: str, edits: Sequence[Edit] = ()) -> CellCode:
    """Parse a cell; `a; b` becomes two statements, as ast has it.

    Where libcst does not read what Python reads, the cell is written anew by ast, without its comments.
    """
    text = edited(python, edits)
    tree = compile(text, "<cell>", "exec", ast.PyCF_ONLY_AST | ast.PyCF_ALLOW_TOP_LEVEL_AWAIT, dont_inherit=True)
    if not isinstance(tree, ast.Module):  # pragma: no cover - what these flags give
        message = "a cell is a module"
        raise TypeError(message)
    try:
        found = _parsed(text)
    except (cst.ParserSyntaxError, RecursionError):
        return _parsed(ast.unparse(tree))
    return found if len(found.statements) == len(tree.body) else _parsed(ast.unparse(tree))


def _parsed(text: str) -> CellCode:
    module = cst.parse_module(text)
    statements: list[CstStatement] = []
    leading = tuple(module.header)
    for node in module.body:
        if isinstance(node, cst.SimpleStatementLine):
            parts: list[CstStatement] = [
                cst.SimpleStatementLine([small.with_changes(semicolon=cst.MaybeSentinel.DEFAULT)])
                for small in node.body
            ]
            parts[0] = parts[0].with_changes(leading_lines=node.leading_lines)
            parts[-1] = parts[-1].with_changes(trailing_whitespace=node.trailing_whitespace)
            statements += parts
        else:
            statements.append(_without_semicolons(node))
    if statements and leading:
        statements[0] = statements[0].with_changes(leading_lines=(*leading, *statements[0].leading_lines))
        leading = ()
    return CellCode(tuple(statements), (*leading, *module.footer))


class _SplitSemicolons(cst.CSTTransformer):
    def leave_SimpleStatementLine(  # noqa: N802 - libcst's name
        self, original_node: cst.SimpleStatementLine, updated_node: cst.SimpleStatementLine
    ) -> cst.SimpleStatementLine | cst.FlattenSentinel[cst.SimpleStatementLine]:
        if len(original_node.body) == 1:
            return updated_node.with_changes(
                body=[updated_node.body[0].with_changes(semicolon=cst.MaybeSentinel.DEFAULT)]
            )
        lines = [
            cst.SimpleStatementLine([s.with_changes(semicolon=cst.MaybeSentinel.DEFAULT)]) for s in updated_node.body
        ]
        lines[0] = lines[0].with_changes(leading_lines=updated_node.leading_lines)
        return cst.FlattenSentinel(lines)


def _without_semicolons(node: cst.BaseCompoundStatement) -> cst.BaseCompoundStatement:
    changed = node.visit(_SplitSemicolons())
    if not isinstance(changed, cst.BaseCompoundStatement):  # pragma: no cover - the visitor keeps the kind
        message = "a compound statement became something else"
        raise TypeError(message)
    return changed


def comments_of(lines: Iterable[cst.EmptyLine]) -> tuple[cst.EmptyLine, ...]:
    """The lines that hold a comment, without the blank ones."""
    return tuple(line for line in lines if line.comment is not None)
