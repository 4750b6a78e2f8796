"""Names of one statement as Python's compiler sees them: what it reads and binds at module level."""

from __future__ import annotations

import ast
import symtable
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

from nb2prod.names.queries import queried

if TYPE_CHECKING:
    from collections.abc import Iterator


@dataclass(frozen=True, slots=True)
class Names:
    """Names of the module that a statement reads or binds anywhere in it."""

    reads: frozenset[str]
    binds: frozenset[str]


@lru_cache(maxsize=4096)
def names_of(node: ast.stmt) -> Names:
    """Read and bound names; what only functions read counts whether they are called or not."""
    try:
        table = symtable.symtable(ast.unparse(node), "<statement>", "exec")
    except SyntaxError:  # `await` at the top level
        words = [child for child in ast.walk(node) if isinstance(child, ast.Name)]
        return Names(frozenset(w.id for w in words), frozenset(w.id for w in words if isinstance(w.ctx, ast.Store)))
    reads = {*_augmented(node), *(n for c in ast.walk(node) if isinstance(c, ast.Call) for n in queried(c))}
    binds = {s.get_name() for s in table.get_symbols() if s.is_assigned() or s.is_imported() or s.is_namespace()}
    for scope in _scopes(table):
        for symbol in scope.get_symbols():
            if scope is table or symbol.is_global():
                if symbol.is_referenced():
                    reads.add(symbol.get_name())
                if symbol.is_assigned():
                    binds.add(symbol.get_name())
    return Names(frozenset(reads), frozenset(binds))


def _augmented(node: ast.AST) -> Iterator[str]:
    """Targets of `x += 1`, which symtable does not call referenced; those of functions are their own."""
    match node:
        case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef() | ast.Lambda():
            return
        case ast.AugAssign(target=ast.Name(id=name)):
            yield name
        case _:
            for child in ast.iter_child_nodes(node):
                yield from _augmented(child)


def _scopes(table: symtable.SymbolTable) -> Iterator[symtable.SymbolTable]:
    yield table
    for child in table.get_children():
        yield from _scopes(child)
