"""The emitted package's modules from the plan: settings, functions, train, explore."""

from __future__ import annotations

import ast
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import libcst as cst

from nb2prod.conversion import Module
from nb2prod.plan import shapes
from nb2prod.program import ParsedCell
from nb2prod.refactor.cells import CellCode, Edit, cell_code, comments_of
from nb2prod.refactor.pieces import FunctionCode, Piece, definitions_text, function_text, written

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from nb2prod.plan.plan import Plan
    from nb2prod.plan.predict import Predict
    from nb2prod.program import Statement


@dataclass(frozen=True, slots=True)
class Source:
    """The notebook's statements as libcst nodes, edited in the same way for the module they go to."""

    plan: Plan
    cells: Mapping[int, CellCode]
    offsets: Mapping[int, int]
    titles: Mapping[int, str]
    first_of: frozenset[int] = field(default=frozenset())

    @classmethod
    def of(cls, plan: Plan, edits: Mapping[int, Sequence[Edit]]) -> Source:
        """Parse every cell once, with `edits` by cell index."""
        parsed = [cell for cell in plan.flow.program.cells if isinstance(cell, ParsedCell) and cell.statements]
        return cls(
            plan,
            {cell.cell.index: cell_code(cell.python, edits.get(cell.cell.index, ())) for cell in parsed},
            {cell.cell.index: cell.statements[0].index for cell in parsed},
            _titles(plan),
        )

    def piece(self, index: int, *, heading: bool = False) -> Piece:
        """One statement, its comments with it."""
        statement = self.plan.flow.program.statements[index]
        code = self.cells[statement.cell]
        node = code.statements[index - self.offsets[statement.cell]]
        title = self.titles.get(statement.cell)
        lines = list(comments_of(node.leading_lines))
        if heading and title:
            lines = [cst.EmptyLine(indent=False), cst.EmptyLine(comment=cst.Comment(f"# {title}")), *lines]
        return Piece(index, (node.with_changes(leading_lines=lines),))

    def body(self, indices: Iterable[int]) -> tuple[Piece, ...]:
        """Statements in order; the first of each titled cell carries the title as a comment."""
        pieces: list[Piece] = []
        seen: set[int] = set()
        for index in indices:
            cell = self.plan.flow.program.statements[index].cell
            pieces.append(self.piece(index, heading=cell not in seen))
            seen.add(cell)
        return tuple(pieces)


def base_edits(plan: Plan) -> dict[int, list[Edit]]:
    """The edits that hold everywhere: paths become settings, what Jupyter shows is printed."""
    edits: dict[int, list[Edit]] = {}
    statements = plan.flow.program.statements
    for read in plan.data:
        if read.file.target is not None:
            edits.setdefault(statements[read.statement].cell, []).append(
                Edit.of(read.argument, f"{plan.ours('settings')}.{read.setting}")
            )
    for statement in statements:
        match statement.node:
            case ast.If(test=test) if shapes.is_main_guard(statement.node):
                edits.setdefault(statement.cell, []).append(Edit.of(test, "True"))
            case ast.Expr(value=value) if _is_shown(plan, statement):
                where = edits.setdefault(statement.cell, [])
                where.append(Edit(value.lineno, value.col_offset, value.lineno, value.col_offset, "print("))
                end = (value.end_lineno or value.lineno, value.end_col_offset or 0)
                where.append(Edit(*end, *end, ")"))
            case _:
                pass
    return edits


def settings_module(plan: Plan, source: Source, predict: Predict | None = None) -> Module:
    """Paths and constants a person may want to change."""
    paths = dict.fromkeys((read.setting, read.file.target) for read in plan.data if read.file.target)
    lines = [f"{name} = {target!r}" for name, target in paths]
    if predict is not None:
        lines += [f"TRAINING_DATA = {read.setting}" for read in plan.data if read.call is predict.raw.call]
    constants = definitions_text([source.piece(i) for i in sorted(plan.hoisted.settings)])
    doc = '"""What a person may want to change: paths and parameters."""\n\n'
    return Module("settings.py", doc + "\n".join(lines) + "\n\n" + constants)


def functions_module(plan: Plan, source: Source, package: str) -> Module | None:
    """The notebook's own functions and classes, importable and so picklable."""
    if not plan.hoisted.definitions:
        return None
    pieces = [source.piece(i) for i in sorted(plan.hoisted.definitions)]
    return module_of("functions.py", "The notebook's functions and classes.", plan, definitions_text(pieces), package)


def train_module(plan: Plan, source: Source, package: str) -> Module:
    """Train as the notebook's statements in their order in one function."""
    pieces = source.body(plan.train)
    model = saved_model(plan)
    if model is None:
        function = FunctionCode(name="train", doc="Run the notebook's computation.", annotation="None", pieces=pieces)
    else:
        function = FunctionCode(
            name="train",
            doc="Train the model as the notebook does, and store it as a new version.",
            annotation="Path",
            pieces=pieces,
            result=f"{plan.ours('models')}.save({model}, None, {plan.ours('schema')}.Schema(()))",
        )
    needed = (
        ()
        if model is None
        else ("from pathlib import Path", plan.imported(package, "models"), plan.imported(package, "schema"))
    )
    return module_of("train.py", "Train the model.", plan, function_text(function), package, needed)


def explore_module(plan: Plan, source: Source, package: str) -> Module | None:
    """What the notebook shows, in its order, with the statements it needs."""
    if not plan.explore:
        return None
    function = FunctionCode(
        name="explore",
        doc="Show what the notebook shows.",
        annotation="None",
        pieces=source.body(plan.explore),
    )
    return module_of(
        "explore.py", "What the notebook shows: tables and pictures.", plan, function_text(function), package
    )


def saved_model(plan: Plan) -> str | None:
    """The name of the estimator fitted last, where it is a plain name of the notebook."""
    for index in sorted(plan.fitting & set(plan.train), reverse=True):
        for call in shapes.calls(plan.flow.program.statements[index].node):
            if (
                isinstance(call.func, ast.Attribute)
                and call.func.attr == "fit"
                and isinstance(call.func.value, ast.Name)
            ):
                name = call.func.value.id
                if any(name in plan.flow.effects[i].certain for i in plan.train):
                    return name
    return None


def module_of(name: str, doc: str, plan: Plan, code: str, package: str, more: Iterable[str] = ()) -> Module:  # noqa: PLR0913
    """A module with the imports its code needs, and `more` lines of imports."""
    used = {node.id for node in ast.walk(ast.parse(code)) if isinstance(node, ast.Name)}
    header = [f'"""{doc}"""', ""]
    imports = [line for line in plan.hoisted.imports if line.name in used or line.name == "*"]
    if any(line.name == "*" for line in imports):
        header.insert(0, "# ruff: noqa: F403, F405 - the notebook imports by star")
    header += [*(line.code for line in imports), *more]
    statements = plan.flow.program.statements
    constants = sorted(used & {n for i in plan.hoisted.settings if (n := shapes.constant_target(statements[i].node))})
    functions = sorted(used & {n for i in plan.hoisted.definitions for n in plan.flow.effects[i].binds if ":" not in n})
    if plan.ours("settings") in used and plan.data:
        header.append(plan.imported(package, "settings"))
    if functions and name != "functions.py":
        header.append(f"from {package}.functions import {', '.join(functions)}")
    if constants:
        header.append(f"from {package}.settings import {', '.join(constants)}")
    if "display" in used and not any(line.name == "display" for line in imports):
        header += ["", "display = print"]
    return Module(name, "\n".join(header) + "\n\n\n" + code)


def _is_shown(plan: Plan, statement: Statement) -> bool:
    """Whether Jupyter shows the value: the last expression of a cell, not closed by a semicolon."""
    cell = next(c for c in plan.flow.program.cells if c.cell.index == statement.cell)
    if not isinstance(cell, ParsedCell) or cell.statements[-1] is not statement or cell.python.rstrip().endswith(";"):
        return False
    effects = plan.flow.effects[statement.index]
    if any(not name.startswith("rng:") for name in (*effects.binds, *effects.mutates)):
        return False
    node = statement.node
    if not isinstance(node, ast.Expr) or isinstance(node.value, ast.Yield | ast.Await | ast.NamedExpr):
        return False
    names = {shapes.called_name(call) for call in shapes.calls(node)}
    return not names & {"print", "display", "show", "info", "fit", "pprint"}


def _titles(plan: Plan) -> dict[int, str]:
    """The last heading written directly above each code cell."""
    titles: dict[int, str] = {}
    title: str | None = None
    for cell in plan.flow.program.notebook.cells:
        if cell.kind == "markdown":
            headings = [line.lstrip("#").strip(" *_") for line in cell.source.splitlines() if line.startswith("#")]
            title = headings[-1] if headings else title
        elif cell.kind == "code" and title:
            titles[cell.index] = " ".join(title.split())
            title = None
    return titles
