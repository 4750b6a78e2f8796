"""Which statements train the model, which only show something, which cannot run outside the notebook."""

from __future__ import annotations

import ast
import builtins
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from nb2prod.plan import shapes

if TYPE_CHECKING:
    from collections.abc import Iterable

    from nb2prod.dataflow import Dataflow, Use
    from nb2prod.program import Statement

_BUILTINS = frozenset({*dir(builtins), "display"})

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


def roles(flow: Dataflow) -> tuple[Role, ...]:
    """One role for every statement, by statement index."""
    blocked = _blocked(flow)
    roots = _roots(flow)
    train = needed_by(flow, roots)
    found: list[Role] = []
    for statement in flow.program.statements:
        index = statement.index
        if index in blocked:
            found.append(Role("dropped", blocked[index], blocks=index in train and not _only_jupyter(statement.node)))
        elif shapes.is_import(statement.node):
            found.append(Role("import"))
        elif shapes.is_docstring(statement.node):
            found.append(Role("dropped", "a value that nothing reads"))
        elif shapes.is_definition(statement.node) and not _effects_of_decorators(statement.node):
            found.append(Role("definition"))
        else:
            found.append(Role("train" if index in train else "explore"))
    return tuple(found)


def needed_by(flow: Dataflow, roots: Iterable[int], *, with_display: bool = False) -> frozenset[int]:
    """Every statement the roots depend on; figures and display options count only `with_display`."""
    seen = set(roots)
    todo = list(seen)
    while todo:
        for use in flow.uses[todo.pop()]:
            if with_display or not is_channel_of_display(use.name):
                new = set(use.definitions) - seen
                seen |= new
                todo += new
    return frozenset(seen)


def fitting_statements(flow: Dataflow) -> frozenset[int]:
    """Statements that fit an estimator, themselves or by calling a function of the notebook that does."""
    definitions = {
        node.name
        for statement in flow.program.statements
        if isinstance(node := statement.node, shapes.Definition) and shapes.fits(node)
    }
    found = set()
    for statement in flow.program.statements:
        if shapes.is_definition(statement.node):
            continue
        by_function = any(shapes.called_name(call) in definitions for call in shapes.calls(statement.node))
        if by_function or shapes.fits(statement.node):
            found.add(statement.index)
    return frozenset(found)


def _roots(flow: Dataflow) -> frozenset[int]:
    statements = flow.program.statements
    fitting = fitting_statements(flow)
    tainted = _tainted(flow, fitting)
    found = {s.index for s in statements if s.index in fitting or _writes_file(flow, s)}
    for statement in statements:
        if statement.index not in tainted or shapes.is_definition(statement.node):
            continue
        if shapes.measures(statement.node) or not (_plots(flow, statement) or _only_shows(flow, statement)):
            found.add(statement.index)
    if found:
        return frozenset(found)
    return frozenset(s.index for s in statements if not (_plots(flow, s) or _only_shows(flow, s)))


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
    return bool(written) and not _plots(flow, statement) and not shapes.is_magic(statement.node)


def _plots(flow: Dataflow, statement: Statement) -> bool:
    effects = flow.effects[statement.index]
    return any(name.startswith("figure:") for name in (*effects.binds, *effects.mutates))


def _only_shows(flow: Dataflow, statement: Statement) -> bool:
    if shapes.is_import(statement.node) or shapes.is_definition(statement.node):
        return True
    effects = flow.effects[statement.index]
    written = {*effects.binds, *effects.mutates, *effects.deletes}
    return not any(":" not in name for name in written)


def _effects_of_decorators(node: ast.stmt) -> bool:
    return isinstance(node, shapes.Definition) and any(
        isinstance(decorator, ast.Call) and "interact" in ast.unparse(decorator) for decorator in node.decorator_list
    )


def _only_jupyter(node: ast.stmt) -> bool:
    """A magic or shell line standing alone: without it the program still means the same."""
    return isinstance(node, ast.Expr) and shapes.is_magic(node)


def _blocked(flow: Dataflow) -> dict[int, str]:
    """Statements that cannot run outside the notebook, or at all, with the reason."""
    blocked: dict[int, str] = {}
    for index in flow.order:
        statement = flow.program.statements[index]
        reason = _cannot_run(statement.node) or _lacks(flow, flow.uses[index], blocked)
        if reason:
            blocked[index] = reason
    return blocked


def _cannot_run(node: ast.stmt) -> str | None:
    if shapes.is_magic(node):
        return "IPython's magic or a shell command"
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


def _lacks(flow: Dataflow, uses: tuple[Use, ...], blocked: dict[int, str]) -> str | None:
    for use in uses:
        if ":" in use.name or (not use.definitions and use.name in _BUILTINS):
            continue
        if not use.definitions:
            return f"it reads `{use.name}`, which nothing defines at that point"
        gone = [d for d in use.definitions if d in blocked]
        if gone:
            cell = flow.program.statements[gone[-1]].cell
            return f"it reads `{use.name}` of cell {cell}, which cannot be run outside the notebook"
    return None
