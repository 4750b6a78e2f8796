"""Statements cut into functions along the notebook's headings and roles, where that provably changes nothing.

Above the first heading, or where there is none, the stretches are: what is read from files, what is made of it, and
the rest from the first fit or picture on. A stretch of statements becomes a function of the variables it reads, which
gives back those that are read later. That is the same where each of them is bound for certain at that point, and
where no function made inside lives on while a variable it reads is bound anew. Everything else stays where it is.
"""

from __future__ import annotations

import ast
import builtins
import keyword
import re
from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING

from nb2prod.plan import shapes
from nb2prod.plan.scopes import names_of

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence

    from nb2prod.dataflow import Dataflow

_FEWEST = 3  # statements that are worth a function
_READING = 8  # first cells in which files may be read
_MOST = 6  # parameters, and results, that a reader can follow
_BUILTINS = frozenset(dir(builtins))
_OURS = frozenset({"train", "explore", "predict", "models", "schema", "settings", "pictures", "data", "path"})


@dataclass(frozen=True, slots=True)
class Section:
    """Statements that become a function."""

    name: str
    title: str
    statements: tuple[int, ...]
    parameters: tuple[str, ...]
    results: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Train:
    """The statements in their order, and what is read when they are done."""

    flow: Dataflow
    order: tuple[int, ...]
    read_at_end: frozenset[str]
    variables: frozenset[str]


def cut(
    flow: Dataflow,
    order: Sequence[int],
    titles: Mapping[int, str],
    read_at_end: Collection[str],
    taken: Collection[str],
) -> tuple[Section | int, ...]:
    """Sections and single statements, in order; only single ones where fewer than two sections can be cut.

    `titles` are the headings by cell, `read_at_end` names that are read after the last statement, `taken` names that
    no function may have.
    """
    nodes = [flow.program.statements[i].node for i in order]
    variables = frozenset(name for node in nodes for name in names_of(node).binds)
    train = _Train(flow, tuple(order), frozenset(read_at_end), variables)
    whole = any(map(_reaches_out, nodes)) or bool(variables & _BUILTINS)
    parts: list[Section | int] = []
    for title, stretch in [] if whole else _stretches(train, titles):
        named = {part.name for part in parts if isinstance(part, Section)}
        name = _name(title or "", {*taken, *variables}, named)
        section = _section(train, name, title or "", stretch) if name else None
        parts += [section] if section is not None else list(stretch)
    sections = sum(isinstance(part, Section) for part in parts)
    return tuple(parts) if sections > 1 else tuple(order)


def _stretches(train: _Train, titles: Mapping[int, str]) -> list[tuple[str | None, tuple[int, ...]]]:
    """Statements from one heading to the next; by their roles above the first."""
    numbered: list[tuple[int, str | None, int]] = []
    number, title, last = 0, None, -1
    for index in train.order:
        cell = train.flow.program.statements[index].cell
        between = [c for c in sorted(titles) if last < c <= cell]
        if between:
            number, title = number + 1, titles[between[-1]]
        numbered.append((number, title, index))
        last = max(last, cell)
    found: list[tuple[str | None, tuple[int, ...]]] = []
    for _, group in groupby(numbered, key=lambda one: one[0]):
        together = list(group)
        indices = tuple(index for _, _, index in together)
        found += [(together[0][1], indices)] if together[0][1] else _by_role(train, indices)
    return found


def _by_role(train: _Train, indices: tuple[int, ...]) -> Iterator[tuple[str | None, tuple[int, ...]]]:
    """The cells of a stretch without a heading: reading, preparing, and the rest from the first fit on."""
    cells = [tuple(group) for _, group in groupby(indices, key=lambda i: train.flow.program.statements[i].cell)]
    reading = 0
    for number, cell in enumerate(cells[:_READING]):
        if any(_reads_file(train.flow, i) for i in cell) and not any(_fits(train, i) for i in cell):
            reading = number + 1
    fitting = next((n for n, cell in enumerate(cells) if any(_fits(train, i) for i in cell)), len(cells))
    fitting = max(fitting, reading)
    for title, part in (
        ("Load the data", cells[:reading]),
        (_title_of_middle(train, cells[reading:fitting]), cells[reading:fitting]),
        (_title_of_rest(train, cells[fitting:]), cells[fitting:]),
    ):
        together = tuple(index for cell in part for index in cell)
        if together:
            yield title, together


def _title_of_middle(train: _Train, cells: Sequence[tuple[int, ...]]) -> str:
    effects = [train.flow.effects[i] for cell in cells for i in cell]
    changes = any(
        ":" not in name for each in effects for name in (*each.binds, *(each.mutates.keys() - each.suspected))
    )
    return "Prepare the data" if changes else "Look at the data"


def _title_of_rest(train: _Train, cells: Sequence[tuple[int, ...]]) -> str:
    nodes = [train.flow.program.statements[i].node for cell in cells for i in cell]
    return "Fit and evaluate" if any(map(shapes.measures, nodes)) else "Fit the model"


def _fits(train: _Train, index: int) -> bool:
    return shapes.fits(train.flow.program.statements[index].node)


def _reads_file(flow: Dataflow, index: int) -> bool:
    return any(name.startswith("file:") for name in flow.effects[index].reads)


def _section(train: _Train, name: str, title: str, stretch: tuple[int, ...]) -> Section | None:
    """The function of a stretch, or None where it cannot be shown to be the same."""
    if len(stretch) < _FEWEST:
        return None
    statements = train.flow.program.statements
    first = train.order.index(stretch[0])
    before, after = train.order[:first], train.order[first + len(stretch) :]
    binds = {n for i in stretch for n in names_of(statements[i].node).binds}
    later = _live(train, after)
    sure_before, sure_inside = _certain(train.flow, before), _certain(train.flow, stretch)
    results = binds & later
    parameters = _read_first(train.flow, stretch) & train.variables | (results - sure_inside)
    if not parameters <= sure_before or not results <= sure_inside | parameters:
        return None
    if max(len(parameters), len(results)) > _MOST or not (results or _does_something(train.flow, stretch)):
        return None
    if any(_lives_on(train, i, after, parameters | binds) for i in stretch):
        return None
    if any(_captured(train, i) & binds for i in before):
        return None
    appears = [n for i in train.order for n in (*train.flow.effects[i].binds,)]
    order = {n: k for k, n in reversed(list(enumerate(appears)))}
    by_order = lambda n: order.get(n, len(order))  # noqa: E731 - a key of two sorts
    return Section(name, title, stretch, tuple(sorted(parameters, key=by_order)), tuple(sorted(results, key=by_order)))


def _live(train: _Train, after: Sequence[int]) -> set[str]:
    """Names whose value from before these statements may be read in them or after them."""
    live = set(train.read_at_end)
    for index in reversed(after):
        effects = train.flow.effects[index]
        live -= effects.certain - effects.deletes.keys()
        live |= effects.reads.keys() | _by_functions(train.flow, index)
    return live & train.variables


def _certain(flow: Dataflow, indices: Sequence[int]) -> set[str]:
    found: set[str] = set()
    for index in indices:
        found = (found | flow.effects[index].certain) - flow.effects[index].deletes.keys()
    return found


def _read_first(flow: Dataflow, stretch: Sequence[int]) -> set[str]:
    """Names whose value from before the stretch may be read in it."""
    bound: set[str] = set()
    found: set[str] = set()
    for index in stretch:
        found |= (flow.effects[index].reads.keys() | _by_functions(flow, index)) - bound
        bound |= flow.effects[index].certain
    return found


def _by_functions(flow: Dataflow, index: int) -> set[str]:
    """Names that functions and lambdas inside of a statement read, whenever they do."""
    node = flow.program.statements[index].node
    scopes = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef | ast.Lambda
    return {
        name.id
        for child in ast.walk(node)
        if isinstance(child, scopes)
        for name in ast.walk(child)
        if isinstance(name, ast.Name) and isinstance(name.ctx, ast.Load)
    }


def _reaches_out(node: ast.stmt) -> bool:
    """Whether it changes or sees names in ways that a function would change: `global`, `del`, `@name` in a query."""
    for child in ast.walk(node):
        match child:
            case ast.Global() | ast.Nonlocal():
                return True
            case ast.Delete(targets=targets) if any(isinstance(target, ast.Name | ast.Tuple) for target in targets):
                return True
            case ast.Call(func=ast.Attribute(attr="query" | "eval"), args=[ast.Constant(value=str(text)), *_]) if (
                "@" in text
            ):
                return True
            case ast.Call(func=ast.Attribute(attr="query" | "eval"), args=[argument, *_]) if not isinstance(
                argument, ast.Constant
            ):
                return True
            case ast.Call(func=ast.Name(id="locals" | "vars" | "dir" | "globals" | "exec" | "eval")):
                return True
            case _:
                pass
    return False


def _lives_on(train: _Train, index: int, after: Sequence[int], visible: Collection[str]) -> bool:
    """Whether a function made by the statement reads a variable that is bound elsewhere after it was made."""
    free = _captured(train, index)
    bound_later = {n for i in after for n in names_of(train.flow.program.statements[i].node).binds}
    return not free <= set(visible) or bool(free & bound_later)


def _captured(train: _Train, index: int) -> set[str]:
    """Variables that functions and generators made by a statement read whenever they run."""
    node = train.flow.program.statements[index].node
    free = _by_functions(train.flow, index)
    return (free | names_of(node).reads if _generates(node) else free) & train.variables


def _generates(node: ast.stmt) -> bool:
    return any(isinstance(child, ast.GeneratorExp) for child in ast.walk(node))


def _does_something(flow: Dataflow, stretch: Sequence[int]) -> bool:
    return any(flow.effects[i].mutates or any(shapes.calls(flow.program.statements[i].node)) for i in stretch)


def _name(title: str, taken: Collection[str], sections: Collection[str]) -> str | None:
    """`Data cleaning` → `data_cleaning`; `do_` before it where the notebook has that name, a number where we have."""
    words = re.findall(r"[a-z]+[a-z0-9]*", title.lower() if title.isascii() else "")
    base = "_".join(words[:5])
    if not base or keyword.iskeyword(base) or keyword.issoftkeyword(base):
        return None
    if base in _BUILTINS or base in _OURS:
        base = f"do_{base}"
    if base in taken and f"do_{base}" not in taken and base not in sections:
        return f"do_{base}"
    number, name = 1, base
    while name in taken or name in sections:
        number += 1
        name = f"{base}_{number}"
    return name
