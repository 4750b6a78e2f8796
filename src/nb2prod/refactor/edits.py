"""The edits that hold everywhere: paths and seeds become settings, what Jupyter shows is printed."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from nb2prod.plan import shapes
from nb2prod.program import ParsedCell
from nb2prod.refactor.cells import Edit

if TYPE_CHECKING:
    from collections.abc import Iterator

    from nb2prod.plan.plan import Plan
    from nb2prod.program import Statement

_SHOWS_ITSELF = frozenset({"print", "display", "show", "info", "fit", "pprint"})


def base_edits(plan: Plan) -> dict[int, list[Edit]]:
    """Edits by cell."""
    edits: dict[int, list[Edit]] = {}
    for statement in plan.flow.program.statements:
        edits.setdefault(statement.cell, []).extend(_shown(plan, statement))
    named = [(one.statement, Edit.of(one.node, one.name)) for one in plan.lambdas]
    for index, edit in (*_paths(plan), *_numbers(plan), *named):
        edits[plan.flow.program.statements[index].cell].append(edit)
    return edits


def replaced_show(plan: Plan, statement: Statement) -> bool:
    """Whether it is `plt.show()` alone, which explore writes as saving the pictures of the cell."""
    node = statement.node
    return (
        isinstance(node, ast.Expr)
        and isinstance(node.value, ast.Call)
        and isinstance(node.value.func, ast.Attribute)
        and node.value.func.attr == "show"
        and isinstance(node.value.func.value, ast.Name)
        and node.value.func.value.id in {"plt", "pyplot"}
        and statement.index not in plan.train
    )


def _shown(plan: Plan, statement: Statement) -> Iterator[Edit]:
    match statement.node:
        case ast.If(test=test) if shapes.is_main_guard(statement.node):
            yield Edit.of(test, "True")
        case ast.Expr(value=value) if replaced_show(plan, statement):
            yield Edit.of(value, f'{plan.ours("pictures")}.save("cell-{statement.cell}")')
        case ast.Expr(value=value) if _is_shown(plan, statement):
            yield Edit(value.lineno, value.col_offset, value.lineno, value.col_offset, "print(")
            end = (value.end_lineno or value.lineno, value.end_col_offset or 0)
            yield Edit(*end, *end, ")")
        case _:
            pass


def _paths(plan: Plan) -> Iterator[tuple[int, Edit]]:
    statements = plan.flow.program.statements
    for read in plan.data:
        if read.constant is None:
            yield read.statement, Edit.of(read.argument, f"{plan.ours('settings')}.{read.setting}")
        elif read.file.target is not None:
            bound = statements[read.constant].node
            if isinstance(bound, ast.Assign):
                yield read.constant, Edit.of(bound.value, repr(read.file.target))
    for output in plan.outputs:
        if output.argument is not None:
            yield output.statement, Edit.of(output.argument, repr(output.path))


def _numbers(plan: Plan) -> Iterator[tuple[int, Edit]]:
    for literal in plan.literals:
        for index, node in literal.places:
            yield index, Edit.of(node, f"{plan.ours('settings')}.{literal.setting}")


def _is_shown(plan: Plan, statement: Statement) -> bool:
    """Whether Jupyter shows the value: the last expression of a cell, not closed by a semicolon."""
    cell = plan.flow.program.cell(statement.cell)
    if not isinstance(cell, ParsedCell) or cell.statements[-1] is not statement or cell.python.rstrip().endswith(";"):
        return False
    effects = plan.flow.effects[statement.index]
    if any(not name.startswith("rng:") for name in (*effects.binds, *effects.mutates)):
        return False
    node = statement.node
    if not isinstance(node, ast.Expr) or isinstance(node.value, ast.Yield | ast.Await | ast.NamedExpr):
        return False
    hidden = any("print" in e.binds for e in plan.flow.effects)
    return not hidden and not _SHOWS_ITSELF & {shapes.called_name(call) for call in shapes.calls(node)}
