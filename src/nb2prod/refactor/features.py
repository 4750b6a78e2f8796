"""features.py: the steps from the raw rows to the model's input, and what they learnt."""

from __future__ import annotations

import ast
from dataclasses import replace
from typing import TYPE_CHECKING

from nb2prod.refactor.comments import with_comments
from nb2prod.refactor.modules import module_of
from nb2prod.refactor.pieces import FunctionCode, Piece, function_text, written
from nb2prod.refactor.remarks import wrapped
from nb2prod.refactor.stages import guards, needs_fit, stages_of, store_piece, uses_learned
from nb2prod.refactor.words import learnt_type, parameter_types, result_types

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    import libcst as cst

    from nb2prod.conversion import Module
    from nb2prod.plan.plan import Plan
    from nb2prod.plan.predict import Predict, Stage
    from nb2prod.plan.steps import Step
    from nb2prod.refactor.modules import Source

_TYPING = "from __future__ import annotations"
_LINE = 120


def features_module(
    plan: Plan, predict: Predict, source: Source, package: str, words: list[tuple[str, str]]
) -> Module | None:
    """A function for each stage, and the class of what they learn; None where there is neither."""
    functions = [
        function_text(_function(plan, predict, stage, said, source))
        for stage, said in zip(stages_of(predict), words, strict=True)
    ]
    helpers = sorted(predict.helpers - {"deepcopy"} | ({"NothingLeft"} if guards(predict) else set()))
    more = [
        _TYPING,
        "from dataclasses import dataclass, field",
        "from typing import Any",
        "import numpy as np",
        "import pandas as pd",
        *(["from copy import deepcopy"] if any("deepcopy(" in text for text in functions) else []),
        *([f"from {package}.replay import {', '.join(helpers)}"] if helpers else []),
    ]
    text = "\n\n".join([_learned_class(plan, predict), *functions])
    return module_of("features.py", "From the raw rows to the model's input.", plan, text, package, more)


def _learned_class(plan: Plan, predict: Predict) -> str:
    lines = ["@dataclass", "class Learned:", '    """What the preprocessing learnt from the training data."""', ""]
    for each in sorted(predict.learnt, key=lambda learnt: learnt.where):
        kind = learnt_type(plan, each, keyed=each.name in predict.keyed)
        field = f"    {each.name}: {kind}  # cell {each.where.cell}: "
        room, shown = max(_LINE - len(field), 0), " ".join(each.expression.split())
        lines.append(field + (shown if len(shown) <= room else shown[: room - 3] + "..."))
    if predict.recoded:
        lines.append("    answers: Any = None  # what the model knows each value of the target as")
    if predict.raw.dataset == "array":
        lines.append("    row_shape: Any = None  # of each row of the array")
    lines.append("    input_dtypes: Any = None  # of the model's input")
    return "\n".join(lines) + "\n"


def _function(plan: Plan, predict: Predict, stage: Stage, said: tuple[str, str], source: Source) -> FunctionCode:
    pieces: list[Piece] = []
    always = {n for s in stage.steps for n in _bound_without_training(plan, s)} | set(stage.parameters)
    only_training = [n for n in (*stage.returned, *stage.also) if n not in always]
    if only_training:
        pieces.append(written(" = ".join(only_training) + " = None"))
    by_index = {step.statement: step for step in stage.steps}
    seen: set[int] = set()
    first = min(by_index)
    for index in sorted({*by_index, *stage.training}):
        cell = plan.flow.program.statements[index].cell
        piece = source.piece(index, heading=cell not in seen, told=index == first)
        seen.add(cell)
        *made, last_made = _step_pieces(by_index[index], piece) if index in by_index else [replace(piece, fit=True)]
        pieces += [*made, replace(last_made, below=piece.below)]
        pieces += [
            store_piece(store.attribute, store.name, copied=store.copied, fit=True)
            for store in predict.stores
            if store.after == index
        ]
    types = parameter_types(predict, stage)
    results = result_types(predict, stage)
    annotation = "None" if not results else results[0] if len(results) == 1 else f"tuple[{', '.join(results)}]"
    parameters = [f"{name}: {types[name]}" for name in stage.parameters]
    if uses_learned(predict, stage):
        parameters.append("learned: Learned")
    if needs_fit(plan, predict, stage):
        parameters += ["*", "fit: bool"]
    returned = [*stage.returned, *stage.also]
    name, title = said
    text = "\n".join(wrapped(source.text(first)))
    return FunctionCode(
        name=name,
        parameters=", ".join(parameters),
        annotation=annotation,
        doc="\n\n".join(part for part in (f"{title}{_cells(plan, stage)}.", text) if part),
        pieces=tuple(pieces),
        result=", ".join(returned) or None,
    )


def _bound_without_training(plan: Plan, step: Step) -> set[str]:
    """The names that a step binds whether it trains or not."""
    nodes: Iterable[ast.AST] = step.instead if step.kind != "same" else step.code or ()
    if step.kind == "same" and step.code is None:
        nodes = [plan.flow.program.statements[step.statement].node]
    names = {n.id for node in nodes for n in ast.walk(node) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)}
    return names | {node.name for node in nodes if isinstance(node, ast.FunctionDef | ast.ClassDef)}


def _cells(plan: Plan, stage: Stage) -> str:
    cells = sorted({plan.flow.program.statements[s.statement].cell for s in stage.steps})
    return f" (cell {cells[0]})" if cells[0] == cells[-1] else f" (cells {cells[0]} to {cells[-1]})"


def _step_pieces(step: Step, piece: Piece) -> list[Piece]:
    comments = piece.nodes[0].leading_lines
    if step.kind in {"guard", "skip"}:
        before = [_own(step.fit, fit=True)] if step.fit else []
        after = [_own(step.after, fit=True)] if step.after else []
        fit = [*before, Piece(step.statement, piece.nodes, fit=True), *after]
        instead = [_own(step.instead, fit=False)] if step.instead else []
        if step.kind == "guard":
            name = min(step.binds)
            instead.append(written(f"if {name}.empty:\n    raise NothingLeft\n", fit=False))
        return [*fit, *instead]
    if step.code is None:
        return [*([_own(step.fit, fit=True)] if step.fit else []), piece]
    nodes = list(with_comments(_nodes(step.code), piece.nodes[0]))
    if step.fit:
        first = _own(step.fit, fit=True)
        head = Piece(None, (first.nodes[0].with_changes(leading_lines=comments), *first.nodes[1:]), fit=True)
        return [head, Piece(step.statement, tuple(nodes))]
    nodes[0] = nodes[0].with_changes(leading_lines=[*comments, *nodes[0].leading_lines])
    return [Piece(step.statement, tuple(nodes))]


def _nodes(statements: Sequence[ast.stmt]) -> tuple[cst.SimpleStatementLine | cst.BaseCompoundStatement, ...]:
    module = ast.fix_missing_locations(ast.Module(body=list(statements), type_ignores=[]))
    return written(ast.unparse(module)).nodes


def _own(statements: Sequence[ast.stmt], *, fit: bool) -> Piece:
    return Piece(None, _nodes(statements), fit)
