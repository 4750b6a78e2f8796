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
import unicodedata
from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING

from nb2prod.plan import shapes
from nb2prod.plan.scopes import names_of

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence

    from nb2prod.dataflow import Dataflow

_FEWEST = 3  # statements that are worth a function
_LONG = 20  # statements without a heading that are more than a reader likes
_WORDS = 7  # of a comment that reads like a heading
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
    whole = any(map(_reaches_out, nodes))
    parts: list[Section | int] = []
    for title, stretch in [] if whole else _stretches(train, titles):
        named = {part.name for part in parts if isinstance(part, Section)}
        name = function_name(title or "", {*taken, *variables}, named)
        name = name or function_name(_title_by_role(train, stretch), {*taken, *variables}, named)
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
    for part in (cells[:reading], cells[reading:fitting], cells[fitting:]):
        together = tuple(index for cell in part for index in cell)
        yield from _by_comment(train, _title_by_role(train, together), part) if part else ()


def _by_comment(
    train: _Train, title: str, cells: Sequence[tuple[int, ...]]
) -> Iterator[tuple[str | None, tuple[int, ...]]]:
    """A long stretch cut again where a comment at the top of a cell reads like a heading."""
    stretch: list[int] = []
    long = sum(map(len, cells)) > _LONG
    for cell in cells:
        comment = _heading(train.flow.program.comments_above(train.flow.program.statements[cell[0]])) if long else None
        if comment and len(stretch) >= _FEWEST:
            yield title, tuple(stretch)
            stretch = []
        title = comment if comment and not stretch else title
        stretch += cell
    yield title, tuple(stretch)


def _heading(comments: Sequence[str]) -> str | None:
    """The first comment above a statement, where it reads like a heading and not like code."""
    text = comments[0].strip("# -=*:.\t") if comments else ""
    text = re.sub(r"^(?:step|part|task|q(?:uestion)?)?\s*\d+\s*[-:.)]\s*", "", text, flags=re.IGNORECASE)
    words = text.split()
    if not 1 < len(words) <= _WORDS or any(not re.fullmatch(r"[\w'&,/-]+[?:]?", word) for word in words):
        return None
    return text


def _title_by_role(train: _Train, indices: Sequence[int]) -> str:
    """What a stretch does, where no heading says it."""
    flow, nodes = train.flow, [train.flow.program.statements[i].node for i in indices]
    changed = {
        name
        for i in indices
        for name in (*flow.effects[i].binds, *(flow.effects[i].mutates.keys() - flow.effects[i].suspected))
    }
    if any(map(shapes.fits, nodes)):
        return "Fit and evaluate" if any(map(shapes.measures, nodes)) else "Fit the model"
    if any(_reads_file(flow, i) for i in indices):
        return "Load the data"
    return "Look at the data" if all(":" in name for name in changed) else "Prepare the data"


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
        live |= _exposed(train.flow, index)
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
        found |= _exposed(flow, index) - bound
        bound |= flow.effects[index].certain
    return found


def _exposed(flow: Dataflow, index: int) -> set[str]:
    """Names whose value from before a statement it may read, now or whenever a function made by it is called."""
    return flow.effects[index].reads.keys() | _by_functions(flow, index)


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
    """Whether it sees or changes names as only one function for all can: `global`, a query that is not written out."""
    for child in ast.walk(node):
        match child:
            case ast.Global() | ast.Nonlocal():
                return True
            case ast.Call(func=ast.Attribute(attr="query" | "eval"), args=[argument, *_]) if not _is_text(argument):
                return True
            case ast.Call(func=ast.Name(id="locals" | "vars" | "dir" | "globals" | "exec" | "eval")):
                return True
            case _:
                pass
    return False


def _is_text(node: ast.expr) -> bool:
    """Whether the text of a query is there to be read, but for values put into it."""
    return isinstance(node, ast.Constant) or (
        isinstance(node, ast.JoinedStr) and not any("@" in ast.unparse(part) for part in node.values)
    )


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


def function_name(title: str, taken: Collection[str], sections: Collection[str]) -> str | None:
    """`Data cleaning` → `data_cleaning`; `do_` before it where the notebook has that name, a number where we have."""
    plain = unicodedata.normalize("NFKD", title.replace("ß", "ss")).encode("ascii", "ignore").decode()
    foreign = sum(map(str.isalpha, plain)) < sum(map(str.isalpha, title))
    words = [] if foreign else re.findall(r"[a-z]+[a-z0-9]*", plain.lower())
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
