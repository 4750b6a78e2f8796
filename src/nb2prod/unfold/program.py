"""The whole notebook with the calls of some of its functions written out, and where each statement comes from."""

from __future__ import annotations

import ast
import copy
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from nb2prod.program import ParsedCell, Program, parse
from nb2prod.unfold.bodies import SEES_NAMES, why_not
from nb2prod.unfold.call import Site, Surroundings, Written, site_of, written_out
from nb2prod.unfold.columns import by_column
from nb2prod.unfold.hoisted import hoisted, without_pipes
from nb2prod.unfold.scopes import Scope, inner_scope, scope_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from collections.abc import Set as AbstractSet

_MOST = 400  # statements that calls become; 1,311 public notebooks have 60 each


@dataclass(frozen=True, slots=True, eq=False)
class Frame:
    """A call that was written out: the function, and by which expressions its own names go."""

    function: str
    names: Mapping[str, ast.expr]


@dataclass(frozen=True, slots=True, eq=False)
class Unfolded:
    """The program, and for each of its statements the one of the notebook, with the calls it was written out of.

    `names` are the functions that were; `private` are names that only what was written out has; `apart` are statements
    that work out a part of an assignment of the notebook.
    """

    program: Program
    origin: tuple[int, ...]
    frames: tuple[tuple[Frame, ...], ...]
    names: frozenset[str]
    private: frozenset[str]
    apart: frozenset[int]

    def seen_from(self, node: ast.expr, frames: tuple[Frame, ...]) -> ast.expr | None:
        """An expression of the written-out code as the last of these functions (or the notebook) writes it."""
        names = frames[-1].names if frames else {}
        own = {new.id: name for name, new in names.items() if isinstance(new, ast.Name)}
        made = ast.parse(ast.unparse(node), mode="eval").body
        for each in ast.walk(made):
            if not isinstance(each, ast.Name):
                continue
            if each.id not in own and (each.id in names or each.id in self.private):
                return None
            each.id = own.get(each.id, each.id)
        return made


@dataclass(frozen=True, slots=True, eq=False)
class _Piece:
    """A statement with the comments above it, and where it comes from.

    `apart`: it works out a part of an assignment, which has no name in the notebook.
    """

    text: str
    node: ast.stmt
    origin: int
    cell: int
    frames: tuple[Frame, ...] = ()
    apart: bool = False


def callable_names(program: Program) -> dict[str, str | None]:
    """The notebook's own functions, with why their calls cannot be written out (None: they can)."""
    scope = scope_of(s.node for s in program.statements)
    if scope.read & SEES_NAMES:  # what it makes of more names cannot be told
        return {}
    found: dict[str, str | None] = {}
    defined: dict[str, int] = {}
    for statement in program.statements:
        if isinstance(statement.node, ast.FunctionDef):
            name = statement.node.name
            defined[name] = defined.get(name, 0) + 1
            found[name] = found.get(name) or why_not(statement.node)
    changed = _changed(program)
    calls = {s.node.name: inner_scope(s.node).free() for s in program.statements if isinstance(s.node, ast.FunctionDef)}
    for name in found:
        if scope.bound.get(name) != defined[name] or name in changed:
            found[name] = "its name is given to something else, too"
        elif name in _reached(name, calls):
            found[name] = "it calls itself"
    return found


def _reached(name: str, calls: Mapping[str, AbstractSet[str]]) -> set[str]:
    """The functions that one may call, directly or through others."""
    found: set[str] = set()
    waiting = [name]
    while waiting:
        more = (calls[waiting.pop()] & calls.keys()) - found
        found |= more
        waiting += more
    return found


def unfolded(program: Program, wanted: AbstractSet[str], tables: AbstractSet[int] = frozenset()) -> Unfolded | None:
    """The program with the calls of these functions written out; None where there is none that can be.

    `tables` are statements `... = table.apply(...)`, which go through the columns of a table.
    """
    can = {name for name, why in callable_names(program).items() if why is None and name in wanted}
    if not can and not tables:
        return None
    try:
        work = _Work(program, can, tables)
        pieces = work.done()
        return _assembled(program, pieces, frozenset(work.used)) if work.used or work.columns else None
    except (SyntaxError, ValueError, RecursionError):  # top-level `await`; what `ast.unparse` cannot write
        return None


def _changed(program: Program) -> set[str]:
    """The names that functions bind outside of themselves."""
    return {
        name
        for statement in program.statements
        for node in ast.walk(statement.node)
        if isinstance(node, ast.Global)
        for name in node.names
    }


class _Work:
    """Goes through the pieces, and writes calls out until none is left that can be."""

    def __init__(self, program: Program, can: set[str], tables: AbstractSet[int]) -> None:
        self.program = program
        self.can = can
        self.tables = tables
        self.used: set[str] = set()
        self.columns = False
        self.functions: dict[str, _Piece] = {}
        scope: Scope = scope_of(s.node for s in program.statements)
        self.taken = set(scope.bound) | scope.read
        self.later = scope.held
        self.changed = _changed(program)

    def done(self) -> list[_Piece]:
        found: list[_Piece] = []
        waiting = list(reversed(list(_pieces(self.program))))
        made = 0
        while waiting:
            piece = waiting.pop()
            if isinstance(piece.node, ast.FunctionDef) and not piece.frames:
                self.functions[piece.node.name] = piece
            more = self._written(piece) if made < _MOST else None
            if more is None:
                found.append(piece)
            else:
                made += len(more)
                waiting += reversed(more)
        return found

    def _written(self, piece: _Piece) -> list[_Piece] | None:  # noqa: PLR0911 - one answer for each kind of piece
        """The pieces that a piece becomes."""
        if _is_main(piece.node):
            assert isinstance(piece.node, ast.If)  # noqa: S101 - as asked
            return [replace(piece, text=ast.unparse(s), node=s) for s in map(_anew, piece.node.body)]
        able = self.can & self.functions.keys()
        if not isinstance(piece.node, ast.FunctionDef) and (plain := without_pipes(piece.node, able)) is not None:
            text = "\n".join([*_above(piece), ast.unparse(plain)])
            return [replace(piece, text=text, node=_parsed(text))]
        if isinstance(piece.node, ast.For | ast.If | ast.With) and (inside := self._inside(piece, able)) is not None:
            return [inside]
        if piece.origin in self.tables and not piece.frames and (loop := self._by_column(piece)) is not None:
            return loop
        site = site_of(piece.node, able)
        if site is None:
            apart = hoisted(piece.text, piece.node, able, self._fresh)
            if apart is None:
                return None
            call, rest = (replace(piece, text=t, node=_parsed(t)) for t in apart)
            return [replace(call, apart=not isinstance(piece.node, ast.Expr)), rest]
        return self._called(piece, site)

    def _called(self, piece: _Piece, site: Site) -> list[_Piece] | None:
        made = self._made(site)
        if made is None:
            return None
        frame = Frame(site.name, made.names)
        found = []
        for text in made.code:
            for number, node in enumerate(ast.parse(text).body):
                own = text if number == 0 and len(ast.parse(text).body) == 1 else ast.unparse(node)
                found.append(_Piece(own, _parsed(own), piece.origin, piece.cell, (*piece.frames, frame), piece.apart))
        above = _above(piece)
        if above and found:
            found[0] = replace(found[0], text="\n".join([*above, found[0].text]))
            found[0] = replace(found[0], node=_parsed(found[0].text))
        self._remember([one.node for one in found])
        return found

    def _made(self, site: Site) -> Written | None:
        source = self.functions[site.name]
        assert isinstance(source.node, ast.FunctionDef)  # noqa: S101 - as it was put there
        around = Surroundings(frozenset(self.taken), self.later, self.changed)
        made = written_out(site, source.node, source.text.split("\n"), around)
        if made is not None:
            self.used.add(site.name)
            self.taken |= {new.id for new in made.names.values() if isinstance(new, ast.Name)}
        return made

    def _remember(self, nodes: Sequence[ast.stmt]) -> None:
        scope = scope_of(nodes)
        self.taken |= set(scope.bound) | scope.read
        self.later |= scope.held

    def _inside(self, piece: _Piece, able: set[str]) -> _Piece | None:
        """A loop or branch with the first call in it written out."""
        able = {name for name in able if self._may_be_repeated(name)}
        node = copy.deepcopy(piece.node)
        for block in _blocks(node):
            for number, statement in enumerate(block):
                site = site_of(statement, able)
                made = self._made(site) if site is not None else None
                if site is not None and made is not None:
                    parts = [part for text in made.code for part in ast.parse(text).body]
                    block[number : number + 1] = parts or [ast.Pass()]
                    self._remember(parts)
                    text = "\n".join([*_above(piece), ast.unparse(ast.fix_missing_locations(node))])
                    frames = (*piece.frames, Frame(site.name, made.names))
                    return replace(piece, text=text, node=_parsed(text), frames=frames)
        return None

    def _may_be_repeated(self, name: str) -> bool:
        """Whether its own names can be the same ones each time: nothing keeps them, or asks whether they are bound."""
        node = self.functions[name].node
        assert isinstance(node, ast.FunctionDef)  # noqa: S101 - as it was put there
        scope = inner_scope(node)
        return not (scope.held & scope.own() or any(isinstance(each, ast.Try) for each in ast.walk(node)))

    def _by_column(self, piece: _Piece) -> list[_Piece] | None:
        """A loop over the columns in the place of `.apply`."""
        definitions = {n: p.node for n, p in self.functions.items() if isinstance(p.node, ast.FunctionDef)}
        made = by_column(piece.node, definitions, self._fresh)
        if made is None:
            return None
        self.columns = True
        texts = ["\n".join([*_above(piece), made[0]]), *made[1:]]
        return [replace(piece, text=text, node=_parsed(text)) for text in texts]

    def _fresh(self, name: str) -> str:
        number, found = 1, name
        while found in self.taken:
            number += 1
            found = f"{name}_{number}"
        self.taken.add(found)
        return found


def _blocks(node: ast.stmt) -> Iterator[list[ast.stmt]]:
    """The blocks of a loop or branch, those inside of them, too."""
    for name in ("body", "orelse"):
        block = getattr(node, name, None) or []
        yield block
        for each in block:
            if isinstance(each, ast.For | ast.If | ast.With):
                yield from _blocks(each)


def _above(piece: _Piece) -> list[str]:
    """The lines above the statement of a piece."""
    return piece.text.split("\n")[: piece.node.lineno - 1]


def _anew(node: ast.stmt) -> ast.stmt:
    return _parsed(ast.unparse(node))


def _parsed(text: str) -> ast.stmt:
    return ast.parse(text).body[0]


def _is_main(node: ast.stmt) -> bool:
    """`if __name__ == "__main__":`, which is so in a notebook."""
    match node:
        case ast.If(
            test=ast.Compare(left=ast.Name(id="__name__"), ops=[ast.Eq()], comparators=[ast.Constant("__main__")]),
            orelse=[],
        ):
            return True
        case _:
            return False


def _pieces(program: Program) -> Iterator[_Piece]:
    """The notebook's statements, each with the lines above it."""
    for cell in program.cells:
        if not isinstance(cell, ParsedCell):
            continue
        last = 0
        for number, statement in enumerate(cell.statements):
            after = cell.statements[number + 1] if number + 1 < len(cell.statements) else None
            first = statement.where.line
            if first <= last or (after is not None and after.where.line <= statement.last_line):
                above = list(cell.lines[last : max(first - 1, last)])
                text = "\n".join([*above, program.source(statement)])
            else:
                text = "\n".join(cell.lines[last : statement.last_line])
            last = statement.last_line
            yield _Piece(text, _parsed(text), statement.index, cell.cell.index)


def _assembled(program: Program, pieces: list[_Piece], names: frozenset[str]) -> Unfolded | None:
    """The program of these pieces, without the definitions that nothing reads any more."""
    read = {
        n.id
        for p in pieces
        if not (isinstance(p.node, ast.FunctionDef) and p.node.name in names)
        for n in ast.walk(p.node)
        if isinstance(n, ast.Name)
    }
    read |= _read_by_kept(pieces, names, read)
    kept = [p for p in pieces if not (isinstance(p.node, ast.FunctionDef) and p.node.name in names - read)]
    texts: dict[int, list[str]] = {}
    for piece in kept:
        texts.setdefault(piece.cell, []).append(piece.text)
    below = {c.cell.index: _below(c) for c in program.cells if isinstance(c, ParsedCell)}
    cells = tuple(
        replace(cell, source="\n".join([*texts.get(cell.index, []), *below[cell.index]]))
        if cell.index in below
        else cell
        for cell in program.notebook.cells
    )
    made = parse(replace(program.notebook, cells=cells))
    if len(made.statements) != len(kept):
        return None
    before = scope_of(s.node for s in program.statements)
    private = frozenset(scope_of(p.node for p in kept).bound.keys() - before.bound.keys())
    apart = frozenset(number for number, p in enumerate(kept) if p.apart)
    return Unfolded(made, tuple(p.origin for p in kept), tuple(p.frames for p in kept), names, private, apart)


def _below(cell: ParsedCell) -> list[str]:
    """The comments below the last statement of a cell."""
    return list(cell.lines[cell.statements[-1].last_line if cell.statements else 0 :])


def _read_by_kept(pieces: list[_Piece], names: frozenset[str], read: set[str]) -> set[str]:
    """What the definitions that are still read, read in turn."""
    free = {
        p.node.name: inner_scope(p.node).free()
        for p in pieces
        if isinstance(p.node, ast.FunctionDef) and p.node.name in names
    }
    found = set(read)
    while True:
        more = {name for own in free if own in found for name in free[own]} - found
        if not more:
            return found
        found |= more
