"""Where a notebook uses what a library removed or added."""

from __future__ import annotations

import ast
import re
from collections import defaultdict
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

from nb2prod.apis.table import KINDS, Change, changes
from nb2prod.program import ParsedCell, location
from nb2prod.tree import children, walk

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from collections.abc import Set as AbstractSet
    from typing import Any

    from nb2prod.apis.table import Kind
    from nb2prod.problems import Location
    from nb2prod.program import Program, Statement

    Of = Callable[[type[ast.AST]], list[tuple[Statement, Any]]]

_WORD = re.compile(r"\w+")


@dataclass(frozen=True, slots=True)
class Use:
    """A row of the table that a place of the notebook meets; `guarded`: in a `try`, so it may well be absent."""

    change: Change
    where: Location
    guarded: bool


def find(program: Program, of: Of | None = None, kinds: AbstractSet[Kind] = KINDS) -> Iterator[Use]:
    """Yield every use in document order; a place that meets several rows gives one for each.

    `of` lists the nodes of a kind with their statements, for those who have them at hand.
    """
    aliases = _aliases(program)
    rows = _indexed(aliases.libraries.intersection(_by_library()), frozenset(kinds))
    if not rows.names and not rows.tails:
        return
    also = frozenset(name for name, dotted in aliases.names.items() if dotted in rows.names)
    look = _Look(aliases, rows)
    hits = None if of is None else _hits(of, look, also)
    for cell in program.cells:
        if isinstance(cell, ParsedCell) and (hits is not None or rows.may_be_in(cell.python, also)):
            for statement in cell.statements if hits is None else [s for s in cell.statements if s.index in hits]:
                lines = cell.lines[statement.where.line - 1 : statement.last_line]
                if rows.may_be_in("\n".join(lines), also):
                    for change, node, guarded in look.at(statement.node):
                        yield Use(change, location(node, cell.cell.index, cell.lines), guarded)


def _hits(of: Of, look: _Look, also: frozenset[str]) -> set[int]:
    """Find the statements that meet rows of the table, but for whether they use the result."""
    words, names = look.rows.words, look.rows.words.keys() | also
    named = [each for each in of(ast.Attribute) if each[1].attr in words]
    named += [each for each in of(ast.Name) if each[1].id in names]
    found = {statement.index for statement, node in named if look.read(node, used=True)}
    asked = {node for _, node in named}
    found |= {
        statement.index for statement, node in of(ast.Call) if node.func in asked and look.called(node, used=True)
    }
    for kind in (ast.Import, ast.ImportFrom):
        found |= {statement.index for statement, node in of(kind) if any(map(look.named, _imported(node)))}
    return found


@dataclass(frozen=True, slots=True)
class _Aliases:
    """What the imported names stand for, the modules imported with a star, and the roots of everything imported."""

    names: Mapping[str, str]
    stars: tuple[str, ...]
    libraries: frozenset[str]


@dataclass(frozen=True, slots=True)
class _Rows:
    """The table's rows of some libraries, by full name and, for attributes of objects, by their last name."""

    names: Mapping[str, tuple[Change, ...]]
    tails: Mapping[str, tuple[Change, ...]]
    words: Mapping[str, frozenset[str] | None]
    """The last names of all; None: each use counts, else only those with one of these arguments."""

    def may_be_in(self, text: str, also: frozenset[str]) -> bool:
        """Tell whether a text needs a second look: it has such a name, or one of the others."""
        found = set(_WORD.findall(text))
        if not also.isdisjoint(found):
            return True
        hits = (self.words[word] for word in found & self.words.keys())
        return any(arguments is None or not arguments.isdisjoint(found) for arguments in hits)


@cache  # of the hundreds of sets of libraries that notebooks import, few hold others of the table
def _indexed(libraries: frozenset[str], kinds: frozenset[Kind]) -> _Rows:
    names: dict[str, tuple[Change, ...]] = defaultdict(tuple)
    tails: dict[str, tuple[Change, ...]] = defaultdict(tuple)
    for library in sorted(libraries):
        for change in (each for each in _by_library()[library] if each.kind in kinds):
            names[change.name] += (change,)
            if change.owner:
                tails[change.last] += (change,)
    return _Rows(dict(names), dict(tails), _words(names))


def _words(names: Mapping[str, tuple[Change, ...]]) -> dict[str, frozenset[str] | None]:
    words: dict[str, frozenset[str] | None] = {}
    for rows in names.values():
        for row in rows:
            arguments = words.setdefault(row.last, frozenset())
            whole = arguments is None or row.argument is None
            words[row.last] = None if whole else (arguments or frozenset()) | {row.argument or ""}
    return words


@cache
def _by_library() -> dict[str, list[Change]]:
    found: dict[str, list[Change]] = defaultdict(list)
    for change in changes():
        found[change.library].append(change)
    return dict(found)


def _aliases(program: Program) -> _Aliases:
    names: dict[str, str] = {}
    stars: list[str] = []
    libraries: set[str] = set()
    importing = {each.cell.index for each in program.cells if isinstance(each, ParsedCell) and "import" in each.python}
    for statement in (each for each in program.statements if each.cell in importing):
        for node in walk(statement.node):
            if isinstance(node, ast.Import):
                for alias in node.names:
                    name = alias.name if alias.asname else alias.name.partition(".")[0]
                    names[alias.asname or name] = name
                    libraries.add(name.partition(".")[0])
            elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
                for alias in node.names:
                    names[alias.asname or alias.name] = f"{node.module}.{alias.name}"
                libraries.add(node.module.partition(".")[0])
                stars += [node.module for alias in node.names if alias.name == "*"]
    return _Aliases({name: dotted for name, dotted in names.items() if name != "*"}, tuple(stars), frozenset(libraries))


@dataclass(frozen=True, slots=True)
class _Look:
    """The look-out for the rows."""

    aliases: _Aliases
    rows: _Rows

    def at(self, statement: ast.stmt) -> Iterator[tuple[Change, ast.stmt | ast.expr, bool]]:
        """Yield what the nodes of a statement meet, in its order, and whether in a `try`."""
        todo: list[tuple[ast.AST, bool, bool]] = [(statement, False, False)]
        while todo:  # `used`: the node's value is kept or asked for more
            node, guarded, used = todo.pop()
            if isinstance(node, (ast.Constant, ast.arguments, ast.keyword)):
                pass
            elif isinstance(node, (ast.Attribute, ast.Name)):
                if isinstance(node.ctx, ast.Load):
                    yield from ((each, node, guarded) for each in self.read(node, used=used))
            elif isinstance(node, ast.Call):
                yield from ((each, node.func, guarded) for each in self.called(node, used=used))
            elif isinstance(node, (ast.Import, ast.ImportFrom)):
                for dotted in _imported(node):
                    yield from ((each, node, guarded) for each in self.named(dotted) if not each.of_call)
            asked = (
                node.value if isinstance(node, _USES) else node.func if used and isinstance(node, ast.Call) else None
            )
            tried = node.body if isinstance(node, ast.Try) else ()
            if below := children(node):
                todo += [(child, guarded or child in tried, child is asked) for child in reversed(below)]

    def read(self, node: ast.Attribute | ast.Name, *, used: bool) -> list[Change]:
        """List the rows about a name as such."""
        return [each for each in self._rows(node) if not each.of_call and (used or not each.only_used)]

    def called(self, call: ast.Call, *, used: bool) -> list[Change]:
        """List the rows about how something is called."""
        return [
            each
            for each in self._rows(call.func)
            if each.of_call and (used or not each.only_used) and _meets(call, each)
        ]

    def _rows(self, node: ast.expr) -> Sequence[Change]:
        if dotted := self._dotted(node):
            return self.named(dotted)
        if not isinstance(node, ast.Attribute) or node.attr not in self.rows.tails:
            return ()
        return self._of_objects(node)

    def named(self, dotted: str) -> tuple[Change, ...]:
        """List the rows of a full name."""
        return self.rows.names.get(dotted, ())

    def _of_objects(self, node: ast.Attribute) -> list[Change]:
        written = f".{_chain(node)}"
        return [
            each for each in self.rows.tails[node.attr] if "." not in each.tail or written.endswith(f".{each.tail}")
        ]

    def _dotted(self, node: ast.expr) -> str | None:
        """Give the full name of something imported: `pd.read_csv` is pandas.read_csv."""
        if isinstance(node, ast.Attribute):
            base = self._dotted(node.value)
            return f"{base}.{node.attr}" if base else None
        if isinstance(node, ast.Name):
            if node.id in self.aliases.names:
                return self.aliases.names[node.id]
            starred = (f"{module}.{node.id}" for module in self.aliases.stars)
            return next((each for each in starred if each in self.rows.names), None)
        return None


def _imported(node: ast.Import | ast.ImportFrom) -> Iterator[str]:
    """Give what an import names, and the modules above it, each once."""
    if isinstance(node, ast.ImportFrom):
        whole = [f"{node.module}.{alias.name}" for alias in node.names] if node.module and not node.level else []
    else:
        whole = [alias.name for alias in node.names]
    above = {".".join(parts[:n]) for parts in (name.split(".") for name in whole) for n in range(1, len(parts) + 1)}
    yield from sorted(above)


_USES = (ast.Assign, ast.AnnAssign, ast.Return, ast.Attribute, ast.Subscript)
"""Where a value is kept or asked for more."""


def _chain(node: ast.expr) -> str:
    """Give the written names of `df.a.dt.week` from the end: dt.week, as far as they are plain."""
    if isinstance(node, ast.Attribute):
        base = _chain(node.value)
        return f"{base}.{node.attr}" if base else node.attr
    return node.id if isinstance(node, ast.Name) else ""


def _meets(call: ast.Call, change: Change) -> bool:
    if change.most is not None:
        return len(call.args) > change.most and not any(isinstance(each, ast.Starred) for each in call.args)
    given = [each.value for each in call.keywords if each.arg == change.argument] if change.argument else call.args[:1]
    if change.value is None:
        return bool(given)
    return any(isinstance(each, ast.Constant) and each.value == change.value for each in given)
