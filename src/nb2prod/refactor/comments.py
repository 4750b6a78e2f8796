"""Code that ast has written anew gets the comments, and where it is the same the form, of what it was made from."""

from __future__ import annotations

import ast
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import TYPE_CHECKING

import libcst as cst

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from nb2prod.refactor.cells import CstStatement


@dataclass(frozen=True, slots=True)
class _Line:
    """One statement, nested ones each on their own: its code without comments, and the comments."""

    node: CstStatement | None
    key: str
    comments: tuple[str, ...]


def with_comments(made: Sequence[CstStatement], original: CstStatement) -> tuple[CstStatement, ...]:
    """The statements with the comments of the original's nested statements, in their places.

    Comments above the original itself are left to the caller; those of a line that is gone stand above what follows.
    """
    old = list(_lines(original.with_changes(leading_lines=())))
    new = [line for node in made for line in _lines(node)]
    if not any(line.comments for line in old):
        return tuple(made)
    same: dict[int, CstStatement] = {}
    above: dict[int, list[str]] = {}
    matcher = SequenceMatcher(None, [line.key for line in old], [line.key for line in new], autojunk=False)
    for kind, start, end, at, _ in matcher.get_opcodes():
        for offset, line in enumerate(old[start:end]):
            here = at + offset if kind == "equal" else at
            target = new[min(here, len(new) - 1)].node
            if kind == "equal" and target is not None and isinstance(line.node, cst.SimpleStatementLine):
                same[id(target)] = line.node
            else:
                target = next((one.node for one in new[here:] if one.node is not None), new[0].node)
                above.setdefault(id(target), []).extend(line.comments)
    found = [node.visit(_Commented(same, above)) for node in made]
    return tuple(n for n in found if isinstance(n, cst.SimpleStatementLine | cst.BaseCompoundStatement))


def all_comments(node: cst.CSTNode) -> tuple[str, ...]:
    """Every comment of a node, in order."""
    return tuple(child.value for child in _walk(node) if isinstance(child, cst.Comment))


class _Commented(cst.CSTTransformer):
    def __init__(self, same: dict[int, CstStatement], above: dict[int, list[str]]) -> None:
        super().__init__()
        self.same = same
        self.above = above

    def on_leave(self, original_node: cst.CSTNode, updated_node: cst.CSTNode) -> cst.CSTNode:  # type: ignore[override] # no node is removed
        """Put the comments above a statement, or the original in its place."""
        if not isinstance(updated_node, cst.SimpleStatementLine | cst.BaseCompoundStatement):
            return updated_node
        node = self.same.get(id(original_node), updated_node)
        lines = [cst.EmptyLine(comment=cst.Comment(text)) for text in self.above.get(id(original_node), ())]
        return node.with_changes(leading_lines=[*lines, *node.leading_lines]) if lines else node


def _lines(statement: CstStatement) -> Iterator[_Line]:
    key = ast.unparse(ast.parse(cst.Module([statement]).code))
    if isinstance(statement, cst.SimpleStatementLine):
        yield _Line(statement, key, all_comments(statement))
        return
    yield _Line(statement, key.partition("\n")[0], _comments(statement.leading_lines))
    yield from _nested(statement)


def _nested(node: cst.CSTNode) -> Iterator[_Line]:
    for child in node.children:
        match child:
            case cst.IndentedBlock(body=body, header=header, footer=footer):
                yield _Line(None, "", (header.comment.value,) if header.comment else ())
                for each in body:
                    if isinstance(each, cst.SimpleStatementLine | cst.BaseCompoundStatement):
                        yield from _lines(each)
                yield _Line(None, "", _comments(footer))
            case (
                cst.If() | cst.Else() | cst.ExceptHandler() | cst.ExceptStarHandler() | cst.Finally() | cst.MatchCase()
            ):
                yield _Line(None, "", _comments(child.leading_lines))
                yield from _nested(child)
            case _:
                pass


def _comments(lines: Sequence[cst.EmptyLine]) -> tuple[str, ...]:
    return tuple(line.comment.value for line in lines if line.comment is not None)


def _walk(node: cst.CSTNode) -> Iterator[cst.CSTNode]:
    yield node
    for child in node.children:
        yield from _walk(child)
