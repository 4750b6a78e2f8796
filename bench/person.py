# ruff: noqa: INP001 - scripts
"""What a person does to a notebook that ran from top to bottom: what is run in which order, what is saved then."""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from bench.cells import (
    Cell,
    Cells,
    changes_itself,
    edits,
    first_made,
    imports,
    loads,
    near,
    needed,
    next_to,
    parsed,
    readers,
    related,
    renamed,
    tree,
    with_source,
    writes,
)

if TYPE_CHECKING:
    import random
    from collections.abc import Iterator

_MAGIC = re.compile(r"^\s*[%!]|^\s*\w.*\?\s*$", re.MULTILINE)

_GROWS = re.compile(r"[-+*/]=|\.(?:append|extend|insert|pop)\(|concat\(|(\w+) *= *\1\b *[-+*/\[]|np\.log")
_TRIES = 4  # what the person would do may stop with an error at once


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
    plain = tuple(each for each in code if not _MAGIC.search(each.source) and tree(each) is not None)
    yield [Session("clean", code, cells)]
    for make in (
        _delete, _delete_change, _delete_shown, _swap, _swap_apart, _edit, _edit_unseen, _comment,
        _rerun, _rerun_at_once, _rerun_same, _rename,
        _rename_all, _late, _late_apart, _skip, _skip_shown, _tweak, _tweak_and_go_on, _again, _restart,
    ):  # fmt: skip
        tried = [make(cells, code, plain, shown, random) for _ in range(_TRIES)]
        yield list(dict.fromkeys(session for session in tried if session is not None))


def _delete(cells: Cells, code: Cells, plain: Cells, _shown: dict[int, str], random: random.Random) -> Session | None:
    """Delete a cell that alone makes a name which is read below."""
    return _without(cells, code, [each for each in plain if needed(each, code)], "delete", random)


def _delete_change(
    cells: Cells, code: Cells, plain: Cells, _shown: dict[int, str], random: random.Random
) -> Session | None:
    """Delete a cell that changes a value which another cell made."""
    among = [each for each in plain if readers(each, code) and not needed(each, code)]
    return _without(cells, code, among, "delete-change", random)


def _delete_shown(
    cells: Cells, code: Cells, plain: Cells, _shown: dict[int, str], random: random.Random
) -> Session | None:
    """Delete a cell that only shows something."""
    return _without(cells, code, [each for each in plain if not writes(each)], "delete-harmless", random)


def _without(cells: Cells, code: Cells, among: list[Cell], kind: str, random: random.Random) -> Session | None:
    if not among:
        return None
    gone = random.choice(among)
    saved = tuple(each for each in cells if each is not gone)
    return Session(kind, code, saved, tuple(each.number for each in readers(gone, code)))


def _swap(cells: Cells, code: Cells, plain: Cells, _shown: dict[int, str], random: random.Random) -> Session | None:
    """Move a cell above one whose names it needs or changes."""
    return _moved(cells, code, [(a, b) for a, b in near(plain) if related(a, b)], "swap", random)


def _swap_apart(
    cells: Cells, code: Cells, plain: Cells, _shown: dict[int, str], random: random.Random
) -> Session | None:
    """Move a cell above one that it has nothing to do with."""
    pairs = [
        (plain[i], plain[i + 1])
        for i in range(len(plain) - 1)
        if not related(plain[i], plain[i + 1]) and next_to(plain[i], plain[i + 1], code)
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
    found = [(each, new) for each in plain for new in edits(each, random, shown.get(each.number, ""))]
    return _edited(cells, code, found, "edit", random)


def _edit_unseen(
    cells: Cells, code: Cells, plain: Cells, shown: dict[int, str], random: random.Random
) -> Session | None:
    """Change something whose result no reader of the file can know, without running it again."""
    found = []
    for each in plain:
        seen = set(edits(each, random, shown.get(each.number, "")))
        found += [(each, new) for new in edits(each, random, None) if new not in seen]
    session = _edited(cells, code, found, "edit-unseen", random)
    return session and replace(session, seen=False)


def _edited(
    cells: Cells, code: Cells, found: list[tuple[Cell, str]], kind: str, random: random.Random
) -> Session | None:
    if not found:
        return None
    cell, source = random.choice(found)
    return Session(kind, code, with_source(cells, cell, source), (cell.number,))


def _comment(cells: Cells, code: Cells, plain: Cells, _shown: dict[int, str], random: random.Random) -> Session | None:
    """Edit a cell so that it does the same."""
    if not plain:
        return None
    cell = random.choice(plain)
    source = random.choice([f"# as discussed\n{cell.source}", f"\n{cell.source}\n\n", ast.unparse(parsed(cell))])
    if source.startswith("# as") or "#" in cell.source or not cell.source.rstrip().endswith(";"):
        return Session("edit-harmless", code, with_source(cells, cell, source), (cell.number,))
    return None


def _rerun(cells: Cells, code: Cells, plain: Cells, _shown: dict[int, str], random: random.Random) -> Session | None:
    """Run a cell again, some cells later, that changes a value which is there already."""
    return _twice(cells, code, [each for each in plain if changes_itself(each)], "rerun", random)


def _rerun_at_once(
    cells: Cells, code: Cells, plain: Cells, _shown: dict[int, str], random: random.Random
) -> Session | None:
    """Run such a cell twice in a row: only a count is missing then, as if a cell above it had been deleted."""
    session = _twice(cells, code, [each for each in plain if changes_itself(each)], "rerun-unseen", random)
    return session and replace(session, seen=False)


def _rerun_same(
    cells: Cells, code: Cells, plain: Cells, _shown: dict[int, str], random: random.Random
) -> Session | None:
    """Run a cell twice that only makes new values."""
    return _twice(cells, code, [each for each in plain if not changes_itself(each)], "rerun-harmless", random)


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
    found = [(each, name) for each in plain for name in sorted(writes(each)) if first_made(name, each, code)]
    found = [(cell, name) for cell, name in found if any(name in loads(each) for each in readers(cell, code))]
    found = [(cell, name) for cell, name in found if not imports(cell, name)]
    if not found:
        return None
    cell, name = random.choice(found)
    source = renamed(cell.source, name)
    if source is None:
        return None
    new = replace(cell, source=source)
    steps = code if random.random() < 0.5 else (*code, new)  # noqa: PLR2004 - half of them run it again
    affected = tuple(each.number for each in readers(cell, code) if name in loads(each))
    return Session("rename", steps, with_source(cells, cell, source), (cell.number, *affected))


def _rename_all(
    cells: Cells, code: Cells, plain: Cells, _shown: dict[int, str], random: random.Random
) -> Session | None:
    """Rename a variable in every cell."""
    trees = [parsed(each) for each in plain]
    stored = {
        n.id for tree in trees for n in ast.walk(tree) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)
    }
    names = sorted(name for name in stored if not any(imports(each, name) for each in plain))
    random.shuffle(names)
    for name in names:
        if any(name in each.source and each not in plain for each in code):
            continue
        sources = {each: renamed(each.source, name) for each in plain}
        if None not in sources.values():
            saved = tuple(replace(each, source=sources.get(each) or each.source) for each in cells)
            return Session("rename-harmless", code, saved)
    return None


def _late(cells: Cells, code: Cells, plain: Cells, _shown: dict[int, str], random: random.Random) -> Session | None:
    """Run a cell after one below it that has to do with it."""
    return _out_of_order(cells, code, [(a, b) for a, b in near(plain) if related(a, b)], "order", random)


def _late_apart(
    cells: Cells, code: Cells, plain: Cells, _shown: dict[int, str], random: random.Random
) -> Session | None:
    """Run two neighbours that have nothing to do with each other the other way round."""
    pairs = [(a, b) for a, b in near(plain) if not related(a, b) and next_to(a, b, code)]
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
    return _left_out(cells, code, [each for each in plain if changes_itself(each)], "skip", random)


def _skip_shown(
    cells: Cells, code: Cells, plain: Cells, _shown: dict[int, str], random: random.Random
) -> Session | None:
    """Do not run a cell that only shows something."""
    return _left_out(cells, code, [each for each in plain if not writes(each)], "skip-harmless", random)


def _left_out(cells: Cells, code: Cells, among: list[Cell], kind: str, random: random.Random) -> Session | None:
    if not among:
        return None
    cell = random.choice(among)
    return Session(kind, tuple(each for each in code if each is not cell), cells, (cell.number,))


def _tweak(cells: Cells, code: Cells, plain: Cells, _shown: dict[int, str], random: random.Random) -> Session | None:
    """Change a number or a text, run that cell again and not those below."""
    found = [(each, new) for each in plain if readers(each, code) for new in edits(each, random, None)]
    if not found:
        return None
    cell, source = random.choice(found)
    new = replace(cell, source=source)
    touched = (cell.number, *(each.number for each in readers(cell, code)))
    return Session("tweak", (*code, new), with_source(cells, cell, source), touched, seen=False)


def _tweak_and_go_on(
    cells: Cells, code: Cells, plain: Cells, _shown: dict[int, str], random: random.Random
) -> Session | None:
    """Change a number or a text, and run that cell and all below again."""
    found = [(each, new) for each in plain for new in edits(each, random, None)]
    if not found:
        return None
    cell, source = random.choice(found)
    at = code.index(cell)
    steps = (*code[: at + 1], *code[at + 1 :], replace(cell, source=source), *code[at + 1 :])
    return Session("tweak-harmless", steps, with_source(cells, cell, source), (cell.number,))


def _again(cells: Cells, code: Cells, plain: Cells, _shown: dict[int, str], random: random.Random) -> Session | None:
    """Run a cell again at the end, as it is."""
    among = [each for each in plain if writes(each) and not changes_itself(each)]
    if not among:
        return None
    cell = random.choice(among)
    return Session("again-harmless", (*code, cell), cells, (cell.number,))


def _restart(cells: Cells, code: Cells, _plain: Cells, _shown: dict[int, str], _random: random.Random) -> Session:
    """Restart the kernel and run everything again."""
    return Session("restart-harmless", code, cells)
