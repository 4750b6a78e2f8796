"""Which statements train the model, which only show something, which cannot run outside the notebook."""

from __future__ import annotations

import ast
import builtins
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from nb2prod.plan import shapes

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable

    from nb2prod.dataflow import Dataflow, Use
    from nb2prod.program import Statement

_BUILTINS = frozenset({*dir(builtins), "display"})
_SKIPPED = "its cell is tagged nb2prod-skip"
_TRAINS = "nb2prod-train"

Purpose = Literal["import", "definition", "train", "explore", "dropped"]


@dataclass(frozen=True, slots=True)
class Role:
    """What a statement is for; `blocks` when it cannot run but the training needs it."""

    purpose: Purpose
    reason: str | None = None
    blocks: bool = False


def is_channel_of_display(name: str) -> bool:
    """Whether it is state that only pictures and printing read."""
    return name.startswith(shapes.CHANNEL_OF_DISPLAY)


def roles(flow: Dataflow, assumed: Collection[str] = ()) -> tuple[Role, ...]:
    """One role for every statement, by statement index; `assumed` are names taken to be there."""
    blocked = _blocked(flow, assumed)
    last_of_cell = {s.cell: s.index for s in flow.program.statements}
    train = needed_by(flow, _roots(flow, blocked.keys()))
    found: list[Role] = []
    for statement in flow.program.statements:
        index = statement.index
        if index in blocked:
            asked = blocked[index] == _SKIPPED or _only_jupyter(statement.node)
            found.append(Role("dropped", blocked[index], blocks=index in train and not asked))
        elif shapes.is_import(statement.node):
            found.append(Role("import"))
        elif shapes.is_docstring(statement.node):
            found.append(Role("dropped", "a value that nothing reads"))
        elif isinstance(statement.node, ast.Global | ast.Pass):
            found.append(Role("dropped", "it does nothing"))
        elif shapes.changed_folder(statement.node) is not None:
            found.append(Role("dropped", "the project stays in its own folder; its paths are settings"))
        elif index not in train and index != last_of_cell[statement.cell] and _shows_nothing(flow, statement):
            found.append(Role("dropped", "a cell shows only its last expression, and this is not it"))
        elif shapes.is_definition(statement.node) and not _effects_of_decorators(statement.node):
            found.append(Role("definition"))
        else:
            found.append(Role("train" if index in train else "explore"))
    return tuple(found)


def needed_by(
    flow: Dataflow, roots: Iterable[int], *, with_display: bool = False, without: Collection[int] = ()
) -> frozenset[int]:
    """Every statement the roots depend on, not looking behind those of `without`.

    Figures and display options count only `with_display`, random state only where the notebook seeds it: otherwise the
    draws are others in each run anyway. Drawing is not held to change what it draws where that rests only on not
    knowing the library.
    """
    seeded = {name for effects in flow.effects for name in effects.binds if name.startswith("rng:")}
    seen = set(roots)
    todo = list(seen)
    while todo:
        for use in flow.uses[todo.pop()]:
            if use.name.startswith("rng:") and use.name not in seeded:
                continue
            if with_display or not is_channel_of_display(use.name):
                new = {d for d in use.definitions if d not in seen and d not in without}
                new = {d for d in new if not _draws(flow, d, use.name)}
                seen |= new
                todo += new
    return frozenset(seen)


def _draws(flow: Dataflow, index: int, name: str) -> bool:
    return name in _only_drawn(flow, flow.program.statements[index])


def _only_drawn(flow: Dataflow, statement: Statement) -> frozenset[str]:
    """Names that a statement may change only in so far as drawing may."""
    if not _plots(flow, statement):
        return frozenset()
    effects = flow.effects[statement.index]
    doubtful = effects.mutates.keys() if shapes.draws(statement.node) else effects.suspected
    return frozenset(n for n in doubtful if n not in effects.binds and ":" not in n)


def fitting_statements(flow: Dataflow) -> frozenset[int]:
    """Statements that fit an estimator, themselves or by calling a function of the notebook that does."""
    return _by_function(flow, shapes.fits)


def _by_function(flow: Dataflow, does: Callable[[ast.AST], bool]) -> frozenset[int]:
    """Statements that do something, themselves or by calling a function of the notebook that does."""
    definitions: set[str] = set()
    bodies = [s.node for s in flow.program.statements if isinstance(s.node, shapes.Definition)]
    while True:
        more = {n.name for n in bodies if n.name not in definitions and (does(n) or _calls_one(n, definitions))}
        if not more:
            break
        definitions |= more
    return frozenset(
        s.index
        for s in flow.program.statements
        if not shapes.is_definition(s.node) and (_calls_one(s.node, definitions) or does(s.node))
    )


def _calls_one(node: ast.AST, names: Collection[str]) -> bool:
    return any(shapes.called_name(call) in names for call in shapes.calls(node))


def _roots(flow: Dataflow, blocked: Collection[int]) -> frozenset[int]:
    """Fits, files written, metrics, predictions, and what is printed about them."""
    statements = flow.program.statements
    fitting = fitting_statements(flow)
    tainted = _tainted(flow, fitting)
    measuring = _by_function(flow, shapes.measures) | _by_function(flow, shapes.predicts)
    last_of_cell = set({s.cell: s.index for s in statements}.values())
    found = {s.index for s in statements if s.index in fitting or _writes_file(flow, s)}
    tagged = {s.index for s in statements if _TRAINS in flow.program.cell(s.cell).cell.tags and _is_code(s.node)}
    found |= tagged - set(blocked)
    for statement in statements:
        index = statement.index
        if index not in tainted or index in blocked or shapes.is_definition(statement.node):
            continue
        if _plots(flow, statement) and _only_shows(flow, statement):
            continue
        if (
            (shapes.measures(statement.node) and (index in last_of_cell or not _shows_nothing(flow, statement)))
            or (index in measuring and not _only_shows(flow, statement))
            or (not _plots(flow, statement) and (shapes.shows(statement.node) or _shows_metric(flow, statement)))
        ):
            found.add(index)
    if found:
        return frozenset(found | _said_with(flow, found, blocked))
    return frozenset(s.index for s in statements if not (_plots(flow, s) or _only_shows(flow, s)))


def _is_code(node: ast.stmt) -> bool:
    return not (shapes.is_import(node) or shapes.is_definition(node) or shapes.is_docstring(node))


def _said_with(flow: Dataflow, roots: Collection[int], blocked: Collection[int]) -> set[int]:
    """Prints in a cell with one that belongs to training, where they need nothing more."""
    statements = flow.program.statements
    cells = {statements[i].cell for i in roots if shapes.is_print(statements[i].node)}
    prints = [s.index for s in statements if s.cell in cells and shapes.is_print(s.node) and s.index not in blocked]
    train = needed_by(flow, roots)
    return {i for i in prints if needed_by(flow, [i]) - {i} <= train and not _plots(flow, statements[i])}


def _tainted(flow: Dataflow, fitting: frozenset[int]) -> frozenset[int]:
    """Statements whose values depend on something fitted."""
    tainted = set(fitting)
    for index in flow.order:
        if any(not tainted.isdisjoint(use.definitions) for use in flow.uses[index] if ":" not in use.name):
            tainted.add(index)
    return frozenset(tainted)


def _writes_file(flow: Dataflow, statement: Statement) -> bool:
    effects = flow.effects[statement.index]
    written = [name for name in (*effects.binds, *effects.mutates) if name.startswith("file:")]
    drawn = _plots(flow, statement) or any(name.startswith("figure:") for name in effects.reads)
    return bool(written) and not drawn and not shapes.is_magic(statement.node)


def _plots(flow: Dataflow, statement: Statement) -> bool:
    effects = flow.effects[statement.index]
    return any(name.startswith("figure:") for name in (*effects.binds, *effects.mutates))


def _only_shows(flow: Dataflow, statement: Statement) -> bool:
    if shapes.is_import(statement.node) or shapes.is_definition(statement.node):
        return True
    effects = flow.effects[statement.index]
    drawn = _only_drawn(flow, statement)
    written = {*effects.binds, *effects.deletes, *(name for name in effects.mutates if name not in drawn)}
    kept = [name for name in written if ":" not in name]
    return not kept or (shapes.shows(statement.node) and _nobody_reads(flow, statement.index))


def _nobody_reads(flow: Dataflow, index: int) -> bool:
    """Whether no other statement sees a name that it binds: the loop variable of a loop that prints."""
    return not flow.effects[index].mutates and not flow.readers(index)


def _shows_metric(flow: Dataflow, statement: Statement) -> bool:
    """`accuracy` alone, where a metric was given that name."""
    node = statement.node
    if not isinstance(node, ast.Expr) or not isinstance(node.value, ast.Name | ast.Tuple):
        return False
    seen = [d for use in flow.uses[statement.index] for d in use.definitions]
    return bool(seen) and all(shapes.measures(flow.program.statements[d].node) for d in seen)


def _shows_nothing(flow: Dataflow, statement: Statement) -> bool:
    effects = flow.effects[statement.index]
    changes = {*effects.binds, *effects.mutates, *effects.deletes}
    if changes or not isinstance(statement.node, ast.Expr):
        return False
    return shapes.only_looks(statement.node.value) or shapes.is_metric(statement.node.value)


def _effects_of_decorators(node: ast.stmt) -> bool:
    return isinstance(node, shapes.Definition) and any(
        isinstance(decorator, ast.Call) and "interact" in ast.unparse(decorator) for decorator in node.decorator_list
    )


def _only_jupyter(node: ast.stmt) -> bool:
    """A magic or shell line standing alone: without it the program still means the same."""
    return isinstance(node, ast.Expr) and shapes.is_magic(node)


def _blocked(flow: Dataflow, assumed: Collection[str]) -> dict[int, str]:
    """Statements that cannot run outside the notebook, or at all, with the reason."""
    blocked: dict[int, str] = {}
    for index in flow.order:
        statement = flow.program.statements[index]
        skipped = _SKIPPED if "nb2prod-skip" in flow.program.cell(statement.cell).cell.tags else None
        reason = skipped or _cannot_run(statement.node) or _lacks(flow, flow.uses[index], blocked, assumed)
        if reason:
            blocked[index] = reason
    return blocked


def _cannot_run(node: ast.stmt) -> str | None:
    if shapes.is_magic(node):
        return "IPython's magic or a shell command"
    if shapes.nested_star(node):
        return "`from ... import *` inside of another statement cannot stand in a function"
    for child in ast.walk(node):
        if isinstance(child, ast.Call) and isinstance(child.func, ast.Name):
            if child.func.id == "input":
                return "it asks for input"
            if child.func.id in {"exec", "eval", "globals", "locals", "vars"} and not (
                child.func.id == "vars" and child.args
            ):
                return f"`{child.func.id}` hides which names are used"
    if _awaits(node):
        return "`await` at the top level needs Jupyter's event loop"
    return None


def _awaits(node: ast.AST) -> bool:
    if isinstance(node, ast.Await | ast.AsyncFor | ast.AsyncWith):
        return True
    return any(
        _awaits(child)
        for child in ast.iter_child_nodes(node)
        if not isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda)
    )


def _lacks(flow: Dataflow, uses: tuple[Use, ...], blocked: dict[int, str], assumed: Collection[str]) -> str | None:
    for use in uses:
        if ":" in use.name or (not use.definitions and (use.name in _BUILTINS or use.name in assumed)):
            continue
        if not use.definitions:
            return f"it reads `{use.name}`, which nothing defines at that point"
        gone = [d for d in use.definitions if d in blocked]
        if gone:
            cell = flow.program.statements[gone[-1]].cell
            return f"it reads `{use.name}` of cell {cell}, which cannot be run outside the notebook"
    return None
