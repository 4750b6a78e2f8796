"""The emitted package's modules from the plan: settings, functions, train, explore."""

from __future__ import annotations

import ast
from collections import Counter
from dataclasses import dataclass, replace
from functools import partial
from itertools import groupby
from typing import TYPE_CHECKING

import libcst as cst

from nb2prod.conversion import Module
from nb2prod.plan import shapes
from nb2prod.plan.hoist import ImportLine, import_lines
from nb2prod.plan.outputs import folders
from nb2prod.plan.roles import needed_by
from nb2prod.plan.scores import Score, scores
from nb2prod.program import ParsedCell
from nb2prod.refactor.cells import CellCode, Edit, cell_code, comments_of
from nb2prod.refactor.cutting import cut_body
from nb2prod.refactor.edits import replaced_show
from nb2prod.refactor.pieces import FunctionCode, Piece, definitions_text, docstring, function_text, written
from nb2prod.refactor.remarks import Remark, Remarks, as_comments, opening, remarks
from nb2prod.refactor.scope import bound_names

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from nb2prod.plan.plan import Plan
    from nb2prod.plan.predict import Predict


@dataclass(frozen=True, slots=True)
class Source:
    """The notebook's statements as libcst nodes, edited in the same way for the module they go to."""

    plan: Plan
    cells: Mapping[int, CellCode]
    offsets: Mapping[int, int]
    remarks: Remarks
    of_explore: Remarks

    @classmethod
    def of(cls, plan: Plan, edits: Mapping[int, Sequence[Edit]]) -> Source:
        """Parse every cell once, with `edits` by cell index."""
        parsed = [cell for cell in plan.flow.program.cells if isinstance(cell, ParsedCell) and cell.statements]
        codes = {cell.cell.index: cell_code(cell.python, edits.get(cell.cell.index, ())) for cell in parsed}
        offsets = {cell.cell.index: cell.statements[0].index for cell in parsed}
        return cls(plan, codes, offsets, *remarks(plan, codes))

    @property
    def titles(self) -> Mapping[int, str]:
        """The heading of each cell that has one."""
        return self.remarks.titles

    def for_explore(self) -> Source:
        """The same with the headings and texts of what only shows."""
        return replace(self, remarks=self.of_explore)

    def piece(self, index: int, *, heading: bool = False, told: bool = False) -> Piece:
        """One statement and all that is written above it; `heading` for the first of a cell.

        `told` where heading and text stand elsewhere.
        """
        statement = self.plan.flow.program.statements[index]
        code = self.cells[statement.cell]
        node = code.statements[index - self.offsets[statement.cell]]
        remark = self.remarks.by_statement.get(index, Remark())
        title = None if told or not heading else self.titles.get(statement.cell)
        own = comments_of(node.leading_lines) if heading else node.leading_lines
        text = as_comments(() if told else [*remark.over, *([title] if title else []), *remark.text])
        here = [cst.EmptyLine(comment=cst.Comment(line)) for line in remark.here]
        before = [cst.EmptyLine(comment=cst.Comment(line)) for line in remark.before]
        gap = [cst.EmptyLine(indent=False)]
        lines = [
            *(gap if before else []),
            *before,
            *(gap if heading or text or before else []),
            *text,
            *here,
            *own,
        ]
        return Piece(index, (node.with_changes(leading_lines=lines),), below=remark.below)

    def text(self, index: int) -> tuple[str, ...]:
        """What markdown says above a statement, but for its heading."""
        remark = self.remarks.by_statement.get(index, Remark())
        return (*remark.over, *([""] if remark.over and remark.text else []), *remark.text)

    def body(self, indices: Iterable[int], *, told: bool = False) -> tuple[Piece, ...]:
        """Statements in order, a blank line and the title before each cell; `told` where the first title is."""
        pieces: list[Piece] = []
        seen: set[int] = set()
        for index in indices:
            cell = self.plan.flow.program.statements[index].cell
            pieces.append(self.piece(index, heading=cell not in seen, told=told and not pieces))
            seen.add(cell)
        return tuple(pieces)


def settings_module(plan: Plan, source: Source, predict: Predict | None = None) -> Module:
    """Paths and constants a person may want to change."""
    paths = dict.fromkeys((r.setting, r.file.target or r.file.written) for r in plan.data if r.constant is None)
    named = {read.constant for read in plan.data if read.constant is not None}
    lines = [definitions_text([source.piece(i) for i in sorted(named)])]
    lines += [f"{name} = {target!r}" for name, target in paths]
    if predict is not None and predict.target:  # rows without answers are no training data
        lines += [f"TRAINING_DATA = {read.setting}" for read in plan.data if read.call is predict.raw.call]
    numbers = "".join(f"{literal.setting} = {literal.value}\n" for literal in plan.literals)
    constants = numbers + definitions_text([source.piece(i) for i in sorted(plan.hoisted.settings - named)])
    doc = '"""What a person may want to change: paths and parameters."""\n\n'
    return Module("settings.py", doc + "\n".join(lines) + "\n\n" + constants)


def functions_module(plan: Plan, source: Source, package: str) -> Module | None:
    """The notebook's own functions and classes, importable and so picklable."""
    if not plan.hoisted.definitions and not plan.lambdas:
        return None
    pieces = [source.piece(i) for i in sorted(plan.hoisted.definitions)]
    pieces += [written(one.code()) for one in plan.lambdas]
    return module_of("functions.py", "The notebook's functions and classes.", plan, definitions_text(pieces), package)


def train_module(plan: Plan, source: Source, package: str) -> Module:
    """Train as the notebook's statements in their order, cut into functions along the headings where it can be."""
    model = saved_model(plan)
    found = scores(plan.flow, plan.train, _fits_of(plan, model)) if model else ()
    read = {name for score in found for name in score.reads} - plan.module_level
    pieces, sections = cut_body(plan, source, plan.train, {model, *read} if model else (), "train")
    if model is None:
        kept = any(holds_local_function(plan, i) for i in plan.fitting & set(plan.train))
        why = " The model is not stored: it holds a function that exists only in here." if kept else ""
        doc = f"Run the notebook's computation.{why}"
        function = FunctionCode(name="train", doc=doc, annotation="None", pieces=pieces)
        return module_with(function, "train.py", "Run the notebook's computation.", plan, package, below=sections)
    function = FunctionCode(
        name="train",
        doc="Train the model as the notebook does, and store it as a new version.",
        annotation="Path",
        pieces=pieces,
        result=f"{plan.ours('models')}.save({model}, None, {plan.ours('schema')}.Schema(()){metrics(found)})",
    )
    more = ("from pathlib import Path", plan.imported(package, "models"), plan.imported(package, "schema"))
    return module_with(function, "train.py", "Train the model.", plan, package, more, below=sections)


def explore_module(plan: Plan, source: Source, package: str) -> Module | None:
    """What the notebook shows, in its order, with the statements it needs."""
    if not plan.explore:
        return None
    finished = partial(_with_pictures, plan)
    pieces, sections = cut_body(plan, source.for_explore(), plan.explore, (), "explore", finished)
    function = FunctionCode(name="explore", doc="Show what the notebook shows.", annotation="None", pieces=pieces)
    doc = "What the notebook shows: tables and pictures."
    return module_with(function, "explore.py", doc, plan, package, below=sections)


def _with_pictures(plan: Plan, pieces: tuple[Piece, ...]) -> tuple[Piece, ...]:
    """Save what is drawn at the end of each cell, as Jupyter shows it there."""
    found: list[Piece] = []
    statements = plan.flow.program.statements
    for _, group in groupby(pieces, key=lambda piece: statements[piece.statement or 0].cell):
        cell = list(group)
        found += cell
        indices = [piece.statement for piece in cell if piece.statement is not None]
        drawing = [
            i
            for i in indices
            if any(n.startswith("figure:") for n in (*plan.flow.effects[i].binds, *plan.flow.effects[i].mutates))
        ]
        if drawing and not any(replaced_show(plan, statements[i]) and i >= drawing[-1] for i in indices):
            found.append(written(f'{plan.ours("pictures")}.save("cell-{statements[indices[0]].cell}")'))
    return tuple(found)


def module_with(  # noqa: PLR0913 - a module has this many parts
    function: FunctionCode,
    name: str,
    doc: str,
    plan: Plan,
    package: str,
    more: tuple[str, ...] = (),
    below: tuple[FunctionCode, ...] = (),
) -> Module:
    """A module of one function and those it calls; a name of the notebook like the function's is imported inside."""
    written_by = plan.explore if function.name == "explore" else plan.train
    made = [written(f'Path("{path}").mkdir(parents=True, exist_ok=True)') for path in folders(plan.outputs, written_by)]
    if made:
        more = ("from pathlib import Path", *more)
    lines = [line for line in _own_lines(plan, package) if line.name == function.name]
    pieces = (*(written(line.code) for line in lines), *made, *_without_gaps(plan, function.pieces))
    function = replace(function, pieces=pieces, starred=_starred(plan))
    code = "\n\n".join(
        function_text(each)
        for each in (function, *(replace(f, pieces=tuple(_without_gaps(plan, f.pieces))) for f in below))
    )
    return module_of(name, doc, plan, code, package, more)


def _without_gaps(plan: Plan, pieces: Sequence[Piece]) -> Iterator[Piece]:
    """No blank line between two cells that are a plain statement each."""
    statements = plan.flow.program.statements
    cells = [None if piece.statement is None else statements[piece.statement].cell for piece in pieces]
    sizes = Counter(cells)
    last = None
    for piece, cell in zip(pieces, cells, strict=True):
        first = piece.nodes[0] if piece.nodes else None
        alone = cell is not None and last is not None and cell != last and sizes[cell] == sizes[last] == 1
        if (
            alone
            and isinstance(first, cst.SimpleStatementLine)
            and all(not line.comment for line in first.leading_lines)
        ):
            yield replace(piece, nodes=(first.with_changes(leading_lines=()), *piece.nodes[1:]))
        else:
            yield piece
        last = cell


def _own_lines(plan: Plan, package: str) -> list[ImportLine]:
    """The import lines of everything that stands at module level."""
    constants = [n for i in sorted(plan.hoisted.settings) for n in plan.flow.effects[i].binds if ":" not in n]
    functions = [n for i in sorted(plan.hoisted.definitions) for n in plan.flow.effects[i].binds if ":" not in n]
    functions += [one.name for one in plan.lambdas]
    return [
        *plan.hoisted.imports,
        *(ImportLine(name, f"from {package}.functions import {name}") for name in functions),
        *(ImportLine(name, f"from {package}.settings import {name}") for name in constants),
    ]


def _starred(plan: Plan) -> frozenset[str]:
    """Names that star imports may give."""
    found: set[str] = set()
    for statement in plan.flow.program.statements:
        if any(line.name == "*" for line in import_lines(statement.node)):
            binds = plan.flow.effects[statement.index].binds
            found |= plan.taken if "*" in binds else binds.keys()
    return frozenset(found)


def saved_model(plan: Plan) -> str | None:
    """The name of the estimator fitted last: `model.fit(...)` or `model = Estimator().fit(...)`."""
    bound = {name for i in plan.train for name in plan.flow.effects[i].certain}
    for index in sorted(plan.fitting & set(plan.train), reverse=True):
        node = plan.flow.program.statements[index].node
        names = [name for name in _fitted(node) if name in bound]
        if names:
            return None if holds_local_function(plan, index) else names[-1]
    return None


def _fits_of(plan: Plan, model: str) -> set[int]:
    return {i for i in plan.fitting & set(plan.train) if model in _fitted(plan.flow.program.statements[i].node)}


def metrics(found: Iterable[Score]) -> str:
    """The argument that stores the scores with the model."""
    pairs = ", ".join(f"{score.name!r}: {score.code}" for score in found)
    return f", metrics={{{pairs}}}" if pairs else ""


def holds_local_function(plan: Plan, index: int) -> bool:
    """Whether what the statement fits may hold a function or class that exists only inside of `train`: no pickle."""
    statements = plan.flow.program.statements
    named = {id(one.node) for one in plan.lambdas}
    local = {n for i in plan.train if shapes.is_definition(statements[i].node) for n in plan.flow.effects[i].binds}
    for i in needed_by(plan.flow, [index]) & set(plan.train):
        for call in shapes.calls(statements[i].node):
            given = [*call.args, *(keyword.value for keyword in call.keywords)]
            makes = shapes.called_name(call)[:1].isupper()
            if makes and any(isinstance(value, ast.Lambda) and id(value) not in named for value in given):
                return True
            if makes and ({n.id for n in [call.func, *given] if isinstance(n, ast.Name)} & local):
                return True
    return False


def _fitted(node: ast.stmt) -> Iterator[str]:
    """Names of what a statement fits, outside of functions that it defines."""
    if isinstance(node, shapes.Definition):
        return
    for child in ast.walk(node):
        match child:
            case ast.Assign(targets=[ast.Name(id=name)], value=ast.Call(func=ast.Attribute(value=made, attr="fit"))):
                yield made.id if isinstance(made, ast.Name) else name
            case ast.Call(func=ast.Attribute(value=ast.Name(id=name), attr="fit")):
                yield name
            case _:
                pass


def module_of(name: str, doc: str, plan: Plan, code: str, package: str, more: Iterable[str] = ()) -> Module:  # noqa: PLR0913
    """A module with the imports its code needs, and `more` lines of imports."""
    tree = ast.parse(code)
    defined = bound_names(code)
    used = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)} - defined
    lines = [line for line in _own_lines(plan, package) if line.name not in defined]
    kept = [
        text
        for line in lines
        if (line.name in used or _is_needed(line)) and not _is_jupyters(line)
        for text in (*(line.comments if name in {"train.py", "explore.py"} else ()), _line(line.code))
    ]
    future = [line.code for line in plan.hoisted.imports if line.code.startswith("from __future__ import annotations")]
    ours = [plan.imported(package, own) for own in ("settings", "pictures") if plan.ours(own) in used]
    given = dict.fromkeys([*future, *more])
    header = [_module_doc(name, doc, plan), "", *sorted(given, key=lambda line: "__future__" not in line)]
    header += [line for line in dict.fromkeys([*kept, *ours]) if line not in given]
    theirs = used - plan.module_level | {line.name for line in lines if _is_jupyters(line)} & used
    header += ["", *(_JUPYTERS[word] for word in sorted(_JUPYTERS.keys() & theirs))]
    return Module(name, "\n".join(header) + "\n\n\n" + code)


def _module_doc(name: str, doc: str, plan: Plan) -> str:
    """The module's docstring, with what the notebook opens and closes with in the first module that a reader opens."""
    main = "train.py" if plan.train and plan.outcome.status == "ok" else "explore.py"
    more = opening(plan) if name == main else ""
    return cst.Module([docstring(f"{doc}\n\n{more}" if more else doc)]).code.strip()


# What Jupyter's names do where there is no Jupyter.
_JUPYTERS = {
    "display": "display = print",
    "clear_output": 'def clear_output(wait: bool = False) -> None:\n    """There is nothing to clear."""\n',
}
# Imports that do something besides binding a name.
_ACTING = ("sklearn.experimental", "mpl_toolkits.mplot3d", "tensorflow_text", "swifter", "scienceplots", "cufflinks")


def _is_jupyters(line: ImportLine) -> bool:
    return line.name in _JUPYTERS and line.code.startswith(("from IPython.", "from IPython "))


def _is_needed(line: ImportLine) -> bool:
    return line.name == "*" or line.code.split()[1].startswith(_ACTING)


def _line(code: str) -> str:
    return f"{code}  # noqa: F401 - importing it is what matters" if code.split()[1].startswith(_ACTING) else code
