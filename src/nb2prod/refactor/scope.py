"""Names of the notebook become locals of a function, and mean the same there."""

from __future__ import annotations

import ast
import builtins
from typing import TYPE_CHECKING

import libcst as cst

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator

    from nb2prod.refactor.cells import CstStatement

_BUILTINS = frozenset(dir(builtins))


def localized(nodes: Iterable[CstStatement], bound: Collection[str]) -> list[CstStatement]:
    """Say `nonlocal` where the notebook's functions say `global` of a name that the new function binds."""
    found = []
    for node in nodes:
        changed = node.visit(_Localize(bound))
        found.append(changed if isinstance(changed, cst.SimpleStatementLine | cst.BaseCompoundStatement) else node)
    return found


def bound_names(code: str) -> frozenset[str]:
    """Names bound by statements of a module outside of its functions and classes."""
    return frozenset(name for name, _ in _stores(ast.parse(code)))


def early_names(code: str, parameters: Collection[str]) -> tuple[str, ...]:
    """Names that the statements may read before they bind them: builtins, and what a star import gives.

    In a module such a read finds the builtin; in a function it would be an error, since the name is local.
    """
    tree = ast.parse(code)
    first: dict[str, int] = {}
    for name, number in _stores(tree):
        first.setdefault(name, number)
    early = set()
    for number, statement in enumerate(tree.body):
        for node in ast.walk(statement):
            if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load) and number <= first.get(node.id, -1):
                early.add(node.id)
    return tuple(sorted(name for name in early if name not in parameters and _may_be_unbound(tree, name, first[name])))


def is_builtin(name: str) -> bool:
    """Whether Python itself has the name."""
    return name in _BUILTINS


def _may_be_unbound(tree: ast.Module, name: str, number: int) -> bool:
    """Whether a read really comes first: in an earlier statement, or in this one before its target is bound."""
    if any(
        isinstance(node, ast.Name) and node.id == name and isinstance(node.ctx, ast.Load)
        for statement in tree.body[:number]
        for node in ast.walk(statement)
    ):
        return True
    match tree.body[number]:
        case ast.Assign(value=value) | ast.AnnAssign(value=ast.expr() as value):
            return any(isinstance(node, ast.Name) and node.id == name for node in ast.walk(value))
        case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef() | ast.Import() | ast.ImportFrom():
            return False
        case statement:
            reads = [n for n in ast.walk(statement) if isinstance(n, ast.Name) and n.id == name]
            return isinstance(min(reads, key=lambda n: (n.lineno, n.col_offset)).ctx, ast.Load) if reads else False


def _stores(tree: ast.Module) -> Iterator[tuple[str, int]]:
    """Each name that a statement of the module itself binds, with the statement's number."""
    for number, statement in enumerate(tree.body):
        todo: list[ast.AST] = [statement]
        while todo:
            node = todo.pop()
            match node:
                case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
                    yield name, number
                    continue
                case ast.Lambda():
                    continue
                case ast.Name(id=name, ctx=ast.Store() | ast.Del()):
                    yield name, number
                case ast.alias(name=name, asname=asname):
                    yield asname or name.partition(".")[0], number
                case ast.ExceptHandler(name=str(name)) | ast.MatchAs(name=str(name)) | ast.MatchStar(name=str(name)):
                    yield name, number
                case _:
                    pass
            todo += _same_scope(node)


def _same_scope(node: ast.AST) -> list[ast.AST]:
    if isinstance(node, ast.ListComp | ast.SetComp | ast.DictComp | ast.GeneratorExp):
        return [child for child in ast.walk(node) if isinstance(child, ast.NamedExpr)]
    return list(ast.iter_child_nodes(node))


class _Localize(cst.CSTTransformer):
    def __init__(self, bound: Collection[str]) -> None:
        super().__init__()
        self.bound = bound
        self.depth = 0

    def visit_FunctionDef(self, node: cst.FunctionDef) -> None:  # noqa: ARG002, N802 - libcst's names
        self.depth += 1

    def leave_FunctionDef(self, original_node: cst.FunctionDef, updated_node: cst.FunctionDef) -> cst.FunctionDef:  # noqa: ARG002, N802 - libcst's names
        self.depth -= 1
        return updated_node

    def leave_Global(  # noqa: N802 - libcst's name
        self, original_node: cst.Global, updated_node: cst.Global
    ) -> cst.Nonlocal | cst.Global | cst.Pass | cst.FlattenSentinel[cst.BaseSmallStatement]:
        names = [item.name.value for item in original_node.names]
        ours = [name for name in names if name in self.bound]
        others = [name for name in names if name not in self.bound]
        if self.depth == 0:
            return cst.Pass()
        made: list[cst.BaseSmallStatement] = []
        if ours:
            made.append(cst.Nonlocal([cst.NameItem(cst.Name(name)) for name in ours]))
        if others:
            made.append(updated_node.with_changes(names=[cst.NameItem(cst.Name(name)) for name in others]))
        return made[0] if len(made) == 1 else cst.FlattenSentinel(made)  # type: ignore[return-value] # one of the above
