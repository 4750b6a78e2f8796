# ruff: noqa: INP001 - scripts
"""What a person does to a notebook that ran from top to bottom: what is run in which order, what is saved then."""

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

_MAGIC = re.compile(r"^\s*[%!]|^\s*\w.*\?\s*$", re.MULTILINE)

_GROWS = re.compile(r"[-+*/]=|\.(?:append|extend|insert|pop)\(|concat\(|(\w+) *= *\1\b *[-+*/\[]|np\.log")
_TRIES = 4  # what the person would do may stop with an error at once


@dataclass(frozen=True)
class Cell:
    """A cell, known by its number in the notebook it comes from."""

    number: int
    kind: str
    source: str


@dataclass(frozen=True)
class Session:
    """`steps` are the cells as they were run, `saved` the document in the end, `touched` the cells it is about.

    `seen`: what the person did can be seen in the saved file at all.
    """

    kind: str
    steps: tuple[Cell, ...]
    saved: tuple[Cell, ...]
    touched: tuple[int, ...] = ()
    seen: bool = True

    @property
    def harmless(self) -> bool:
        """Whether the person means no harm: a twin."""
        return self.kind == "clean" or self.kind.endswith("-harmless")


def sessions(cells: tuple[Cell, ...], shown: dict[int, str], random: random.Random) -> Iterator[list[Session]]:
    """Yield some sessions of each kind that this notebook has room for; `shown` are the outputs' texts by cell."""
    code = tuple(each for each in cells if each.kind == "code" and each.source.strip())
    plain = tuple(each for each in code if not _MAGIC.search(each.source) and _tree(each) is not None)
    yield [Session("clean", code, cells)]
    for make in (
        _delete, _delete_change, _delete_shown, _swap, _swap_apart, _edit, _edit_unseen, _comment,
        _rerun, _rerun_at_once, _rerun_same, _rename,
        _rename_all, _late, _late_apart, _skip, _skip_shown, _tweak, _tweak_and_go_on, _again, _restart,
    ):  # fmt: skip
        tried = [make(cells, code, plain, shown, random) for _ in range(_TRIES)]
        yield list(dict.fromkeys(session for session in tried if session is not None))


Cells = tuple[Cell, ...]


def _delete(cells: Cells, code: Cells, plain: Cells, _shown: dict[int, str], random: random.Random) -> Session | None:
    """Delete a cell that alone makes a name which is read below."""
    return _without(cells, code, [each for each in plain if _needed(each, code)], "delete", random)


def _delete_change(
    cells: Cells, code: Cells, plain: Cells, _shown: dict[int, str], random: random.Random
) -> Session | None:
    """Delete a cell that changes a value which another cell made: only its count is missing then, as for any other."""
    among = [each for each in plain if _readers(each, code) and not _needed(each, code)]
    session = _without(cells, code, among, "delete-unseen", random)
    return session and replace(session, seen=False)


def _delete_shown(
    cells: Cells, code: Cells, plain: Cells, _shown: dict[int, str], random: random.Random
) -> Session | None:
    """Delete a cell that only shows something."""
    return _without(cells, code, [each for each in plain if not _writes(each)], "delete-harmless", random)


def _without(cells: Cells, code: Cells, among: list[Cell], kind: str, random: random.Random) -> Session | None:
    if not among:
        return None
    gone = random.choice(among)
    saved = tuple(each for each in cells if each is not gone)
    return Session(kind, code, saved, tuple(each.number for each in _readers(gone, code)))


def _swap(cells: Cells, code: Cells, plain: Cells, _shown: dict[int, str], random: random.Random) -> Session | None:
    """Move a cell above one whose names it needs or changes."""
    return _moved(cells, code, [(a, b) for a, b in _near(plain) if _related(a, b)], "swap", random)


def _swap_apart(
    cells: Cells, code: Cells, plain: Cells, _shown: dict[int, str], random: random.Random
) -> Session | None:
    """Move a cell above one that it has nothing to do with."""
    pairs = [
        (plain[i], plain[i + 1])
        for i in range(len(plain) - 1)
        if not _related(plain[i], plain[i + 1]) and _next_to(plain[i], plain[i + 1], code)
    ]
    return _moved(cells, code, pairs, "swap-harmless", random)


def _moved(
    cells: Cells, code: Cells, pairs: list[tuple[Cell, Cell]], kind: str, random: random.Random
) -> Session | None:
    if not pairs:
        return None
    first, second = random.choice(pairs)
    saved = list(cells)
    saved.remove(second)
    saved.insert(saved.index(first), second)
    return Session(kind, code, tuple(saved), (first.number, second.number))


def _edit(cells: Cells, code: Cells, plain: Cells, shown: dict[int, str], random: random.Random) -> Session | None:
    """Change something that the cell shows, without running it again."""
    found = [(each, new) for each in plain for new in _edits(each, random, shown.get(each.number, ""))]
    return _edited(cells, code, found, "edit", random)


def _edit_unseen(
    cells: Cells, code: Cells, plain: Cells, shown: dict[int, str], random: random.Random
) -> Session | None:
    """Change something whose result no reader of the file can know, without running it again."""
    found = []
    for each in plain:
        seen = set(_edits(each, random, shown.get(each.number, "")))
        found += [(each, new) for new in _edits(each, random, None) if new not in seen]
    session = _edited(cells, code, found, "edit-unseen", random)
    return session and replace(session, seen=False)


def _edited(
    cells: Cells, code: Cells, found: list[tuple[Cell, str]], kind: str, random: random.Random
) -> Session | None:
    if not found:
        return None
    cell, source = random.choice(found)
    return Session(kind, code, _with(cells, cell, source), (cell.number,))


def _comment(cells: Cells, code: Cells, plain: Cells, _shown: dict[int, str], random: random.Random) -> Session | None:
    """Edit a cell so that it does the same."""
    if not plain:
        return None
    cell = random.choice(plain)
    source = random.choice([f"# as discussed\n{cell.source}", f"\n{cell.source}\n\n", ast.unparse(_parsed(cell))])
    if source.startswith("# as") or "#" in cell.source or not cell.source.rstrip().endswith(";"):
        return Session("edit-harmless", code, _with(cells, cell, source), (cell.number,))
    return None


def _rerun(cells: Cells, code: Cells, plain: Cells, _shown: dict[int, str], random: random.Random) -> Session | None:
    """Run a cell again, some cells later, that changes a value which is there already."""
    return _twice(cells, code, [each for each in plain if _changes_itself(each)], "rerun", random)


def _rerun_at_once(
    cells: Cells, code: Cells, plain: Cells, _shown: dict[int, str], random: random.Random
) -> Session | None:
    """Run such a cell twice in a row: only a count is missing then, as if a cell above it had been deleted."""
    session = _twice(cells, code, [each for each in plain if _changes_itself(each)], "rerun-unseen", random)
    return session and replace(session, seen=False)


def _rerun_same(
    cells: Cells, code: Cells, plain: Cells, _shown: dict[int, str], random: random.Random
) -> Session | None:
    """Run a cell twice that only makes new values."""
    return _twice(cells, code, [each for each in plain if not _changes_itself(each)], "rerun-harmless", random)


def _twice(cells: Cells, code: Cells, among: list[Cell], kind: str, random: random.Random) -> Session | None:
    growing = [each for each in among if _GROWS.search(each.source)]
    among = growing if growing and random.random() < 0.7 else among  # noqa: PLR2004 - mostly where it matters
    later = {"rerun": [1, 2, 3], "rerun-unseen": [0], "rerun-harmless": [0, 1, 3]}[kind]
    among = [each for each in among if code.index(each) + min(later) < len(code)]
    if not among:
        return None
    cell = random.choice(among)
    at = code.index(cell)
    below = code[at + 1 : at + 1 + random.choice(later)]
    steps = (*code[: at + 1], *below, cell, *code[at + 1 + len(below) :])
    return Session(kind, steps, cells, (cell.number,))


def _rename(cells: Cells, code: Cells, plain: Cells, _shown: dict[int, str], random: random.Random) -> Session | None:
    """Rename a variable where it is made, and forget the other cells."""
    found = [(each, name) for each in plain for name in sorted(_writes(each)) if _first(name, each, code)]
    found = [(cell, name) for cell, name in found if any(name in _loads(each) for each in _readers(cell, code))]
    found = [(cell, name) for cell, name in found if not _imports(cell, name)]
    if not found:
        return None
    cell, name = random.choice(found)
    source = _renamed(cell.source, name)
    if source is None:
        return None
    new = replace(cell, source=source)
    steps = code if random.random() < 0.5 else (*code, new)  # noqa: PLR2004 - half of them run it again
    readers = tuple(each.number for each in _readers(cell, code) if name in _loads(each))
    return Session("rename", steps, _with(cells, cell, source), (cell.number, *readers))


def _rename_all(
    cells: Cells, code: Cells, plain: Cells, _shown: dict[int, str], random: random.Random
) -> Session | None:
    """Rename a variable in every cell."""
    trees = [_parsed(each) for each in plain]
    stored = {
        n.id for tree in trees for n in ast.walk(tree) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)
    }
    names = sorted(name for name in stored if not any(_imports(each, name) for each in plain))
    random.shuffle(names)
    for name in names:
        if any(name in each.source and each not in plain for each in code):
            continue
        sources = {each: _renamed(each.source, name) for each in plain}
        if None not in sources.values():
            saved = tuple(replace(each, source=sources.get(each) or each.source) for each in cells)
            return Session("rename-harmless", code, saved)
    return None


def _late(cells: Cells, code: Cells, plain: Cells, _shown: dict[int, str], random: random.Random) -> Session | None:
    """Run a cell after one below it that has to do with it."""
    return _out_of_order(cells, code, [(a, b) for a, b in _near(plain) if _related(a, b)], "order", random)


def _late_apart(
    cells: Cells, code: Cells, plain: Cells, _shown: dict[int, str], random: random.Random
) -> Session | None:
    """Run two neighbours that have nothing to do with each other the other way round."""
    pairs = [(a, b) for a, b in _near(plain) if not _related(a, b) and _next_to(a, b, code)]
    return _out_of_order(cells, code, pairs, "order-harmless", random)


def _out_of_order(
    cells: Cells, code: Cells, pairs: list[tuple[Cell, Cell]], kind: str, random: random.Random
) -> Session | None:
    if not pairs:
        return None
    first, second = random.choice(pairs)
    steps = list(code)
    steps.remove(first)
    steps.insert(steps.index(second) + 1, first)
    return Session(kind, tuple(steps), cells, (first.number, second.number))


def _skip(cells: Cells, code: Cells, plain: Cells, _shown: dict[int, str], random: random.Random) -> Session | None:
    """Do not run a cell that changes what is read below."""
    return _left_out(cells, code, [each for each in plain if _changes_itself(each)], "skip", random)


def _skip_shown(
    cells: Cells, code: Cells, plain: Cells, _shown: dict[int, str], random: random.Random
) -> Session | None:
    """Do not run a cell that only shows something."""
    return _left_out(cells, code, [each for each in plain if not _writes(each)], "skip-harmless", random)


def _left_out(cells: Cells, code: Cells, among: list[Cell], kind: str, random: random.Random) -> Session | None:
    if not among:
        return None
    cell = random.choice(among)
    return Session(kind, tuple(each for each in code if each is not cell), cells, (cell.number,))


def _tweak(cells: Cells, code: Cells, plain: Cells, _shown: dict[int, str], random: random.Random) -> Session | None:
    """Change a number or a text, run that cell again and not those below."""
    found = [(each, new) for each in plain if _readers(each, code) for new in _edits(each, random, None)]
    if not found:
        return None
    cell, source = random.choice(found)
    new = replace(cell, source=source)
    touched = (cell.number, *(each.number for each in _readers(cell, code)))
    return Session("tweak", (*code, new), _with(cells, cell, source), touched, seen=False)


def _tweak_and_go_on(
    cells: Cells, code: Cells, plain: Cells, _shown: dict[int, str], random: random.Random
) -> Session | None:
    """Change a number or a text, and run that cell and all below again."""
    found = [(each, new) for each in plain for new in _edits(each, random, None)]
    if not found:
        return None
    cell, source = random.choice(found)
    at = code.index(cell)
    steps = (*code[: at + 1], *code[at + 1 :], replace(cell, source=source), *code[at + 1 :])
    return Session("tweak-harmless", steps, _with(cells, cell, source), (cell.number,))


def _again(cells: Cells, code: Cells, plain: Cells, _shown: dict[int, str], random: random.Random) -> Session | None:
    """Run a cell again at the end, as it is."""
    among = [each for each in plain if _writes(each) and not _changes_itself(each)]
    if not among:
        return None
    cell = random.choice(among)
    return Session("again-harmless", (*code, cell), cells, (cell.number,))


def _restart(cells: Cells, code: Cells, _plain: Cells, _shown: dict[int, str], _random: random.Random) -> Session:
    """Restart the kernel and run everything again."""
    return Session("restart-harmless", code, cells)


# What cells have to do with each other, as a person sees it


def _tree(cell: Cell) -> ast.Module | None:
    try:
        return ast.parse(cell.source)
    except SyntaxError:
        return None


def _parsed(cell: Cell) -> ast.Module:
    return _tree(cell) or ast.Module([], [])


def _loads(cell: Cell) -> set[str]:
    return {n.id for n in ast.walk(_parsed(cell)) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Load)}


def _writes(cell: Cell) -> set[str]:
    found: set[str] = set()
    for node in _parsed(cell).body:
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
    for node in ast.walk(_parsed(cell)):
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


def _changes_itself(cell: Cell) -> bool:
    names = _writes(cell) & _loads(cell)
    first = {
        target.id
        for node in _parsed(cell).body
        if isinstance(node, ast.Assign)
        for target in node.targets
        if isinstance(target, ast.Name) and target.id not in {n.id for n in ast.walk(node.value) if hasattr(n, "id")}
    }
    return bool(names - first - {"plt", "ax", "fig", "sns"}) or any(
        isinstance(node, ast.AugAssign) for node in _parsed(cell).body
    )


def _readers(cell: Cell, code: Cells) -> list[Cell]:
    names = _writes(cell)
    return [each for each in code[code.index(cell) + 1 :] if names & _loads(each)]


def _needed(cell: Cell, code: Cells) -> bool:
    made = {name for name in _writes(cell) if _first(name, cell, code)}
    return any(made & _loads(each) for each in _readers(cell, code))


def _related(one: Cell, other: Cell) -> bool:
    a, b = _writes(one), _writes(other)
    return bool(a & (_loads(other) | b) or b & _loads(one))


def _near(code: Cells) -> list[tuple[Cell, Cell]]:
    return [(code[i], code[j]) for i in range(len(code)) for j in range(i + 1, min(i + 4, len(code)))]


def _next_to(one: Cell, other: Cell, code: Cells) -> bool:
    return code.index(other) == code.index(one) + 1


def _first(name: str, cell: Cell, code: Cells) -> bool:
    return not any(name in _writes(each) for each in code if each is not cell)


def _imports(cell: Cell, name: str) -> bool:
    aliases = [node for node in ast.walk(_parsed(cell)) if isinstance(node, ast.alias)]
    return any(name in {each.asname, each.name.partition(".")[0]} for each in aliases)


def _with(cells: Cells, cell: Cell, source: str) -> Cells:
    return tuple(replace(each, source=source) if each is cell else each for each in cells)


def _renamed(source: str, name: str) -> str | None:
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


def _edits(cell: Cell, random: random.Random, shown: str | None) -> list[str]:
    """Change one literal of a cell in all ways; with `shown`, only such as are to be seen in that text."""
    found = []
    lines = cell.source.encode().splitlines(keepends=True)
    tree = _parsed(cell)
    displayed = _displayed(tree)
    for node, change in _literals(tree):
        new = change(random)
        if new == node.value or node.end_lineno != node.lineno or node.end_col_offset is None:
            continue
        if shown is not None and not (node in displayed and _is_shown(node.value, shown)):
            continue
        line = lines[node.lineno - 1]
        edited = line[: node.col_offset] + repr(new).encode() + line[node.end_col_offset :]
        source = b"".join([*lines[: node.lineno - 1], edited, *lines[node.lineno :]]).decode()
        if _tree(Cell(0, "code", source)) is not None:
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
