"""The last look at emitted code: names that nothing defines are found before anything is promised."""

from __future__ import annotations

import builtins
import re
import symtable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from nb2prod.conversion import Module

_STAR = re.compile(r"^\s*from \S+ import \*", re.MULTILINE)
_ALWAYS_THERE = frozenset({*dir(builtins), "__name__", "__file__", "__doc__", "__spec__", "__package__", "__path__"})


def first_undefined(modules: Iterable[Module]) -> tuple[str, str] | None:
    """A module and a name that it reads though nothing binds it; not where a star import may bind anything."""
    for module in modules:
        if not _STAR.search(module.code):
            for name in sorted(_read(module.code)):
                return module.name, name
    return None


def _read(code: str) -> set[str]:
    """Names that are looked up among the globals, without those bound there."""
    table = symtable.symtable(code, "<module>", "exec")
    read: set[str] = set()
    bound: set[str] = set(_ALWAYS_THERE)
    for scope in _scopes(table):
        for symbol in scope.get_symbols():
            if scope is table or symbol.is_global():
                read |= {symbol.get_name()} if symbol.is_referenced() else set()
                ours = symbol.is_assigned() or symbol.is_imported() or symbol.is_namespace()
                bound |= {symbol.get_name()} if ours else set()
    return read - bound


def _scopes(table: symtable.SymbolTable) -> Iterator[symtable.SymbolTable]:
    yield table
    for child in table.get_children():
        yield from _scopes(child)
