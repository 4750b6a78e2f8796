"""The modules of a project that predicts: data, features, train and predict, from one plan."""

from __future__ import annotations

import ast
import re
from dataclasses import replace
from typing import TYPE_CHECKING

import libcst as cst

from nb2prod.plan.predict import Link, Stage, predict_reads
from nb2prod.plan.scores import scores
from nb2prod.refactor.comments import with_comments
from nb2prod.refactor.modules import metrics, module_of, module_with
from nb2prod.refactor.pieces import FunctionCode, Piece, function_text, written
from nb2prod.refactor.remarks import wrapped
from nb2prod.refactor.scope import bound_names
from nb2prod.refactor.words import learnt_type, parameter_types, result_types, stage_words

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from nb2prod.conversion import Module
    from nb2prod.plan.plan import Plan
    from nb2prod.plan.predict import Predict
    from nb2prod.plan.steps import Step
    from nb2prod.refactor.modules import Source

_TYPED = frozenset({"read_csv", "read_table", "read_fwf"})
_LEARNED = re.compile(r"\blearned\.")
_LINE = 120
_TYPING = "from __future__ import annotations"


def predict_modules(plan: Plan, predict: Predict, source: Source, package: str) -> tuple[Module, ...]:
    """data.py, features.py, train.py and predict.py."""
    words = stage_words(plan, _stages(predict), source.titles)
    names = [name for name, _ in words]
    features = _features(plan, predict, source, package, words)
    return (
        _data(plan, predict, source, package),
        *([features] if features is not None else []),
        _train(plan, predict, source, package, names),
        _predict(plan, predict, package, names),
    )


def _stages(predict: Predict) -> list[Stage]:
    return [part for part in predict.parts if isinstance(part, Stage)]


# data.py


def _data(plan: Plan, predict: Predict, source: Source, package: str) -> Module:
    call = predict.raw.call
    if predict.raw.dataset == "typed":
        return _typed_table(plan, predict, source, package)
    if predict.raw.dataset:
        return _dataset(plan, predict, package)
    read = next(r for r in plan.data if r.call is call)
    given = [k.arg for k in call.keywords]
    typed = (
        isinstance(call.func, ast.Attribute) and call.func.attr in _TYPED and "dtype" not in given and None not in given
    )
    changed = ast.Call(
        call.func,
        [ast.Name("path", ast.Load()) if a is read.argument else a for a in call.args],
        [
            *(
                ast.keyword(k.arg, ast.Name("path", ast.Load()) if k.value is read.argument else k.value)
                for k in call.keywords
            ),
            *([ast.keyword("dtype", ast.Name("dtype", ast.Load()))] if typed else []),
        ],
    )
    setting = f"{plan.ours('settings')}.{read.setting}"
    text = f'''def load() -> pd.DataFrame:
    """Read the training data."""
    return read({setting})


def read(path: Path | str{", dtype: dict[str, Any] | None = None" if typed else ""}) -> pd.DataFrame:
    """Read a file as the notebook reads its data{"; `dtype` fixes the types of columns" if typed else ""}."""
    return {ast.unparse(changed)}
'''
    more = [
        _TYPING,
        "from pathlib import Path",
        "from typing import Any",
        "import pandas as pd",
        plan.imported(package, "settings"),
    ]
    return module_of("data.py", "Where the raw rows come from.", plan, text, package, more)


def _typed_table(plan: Plan, predict: Predict, source: Source, package: str) -> Module:
    """data.py for a table written out in the notebook."""
    raw = predict.raw
    load = FunctionCode(
        name="load",
        doc="Give the table that is written out in the notebook.",
        annotation="pd.DataFrame",
        pieces=tuple(source.piece(i) for i in raw.feeds),
        result=ast.unparse(raw.call),
    )
    text = f'''{function_text(load)}

def read(path: Path | str) -> pd.DataFrame:
    """Read rows with the columns of the table."""
    return pd.read_csv(path)
'''
    return module_of(
        "data.py",
        "Where the raw rows come from.",
        plan,
        text,
        package,
        [_TYPING, "from pathlib import Path", "import pandas as pd"],
    )


_FEATURES = {
    "bunch": ("loaded.data", "loaded.target", ".to_numpy()"),
    "frame": ("loaded.data", "loaded.target", ""),
    "pair": ("loaded[0]", "loaded[1]", ".to_numpy()"),
}


def _dataset(plan: Plan, predict: Predict, package: str) -> Module:
    """data.py for a data set of scikit-learn: as a table, and back in the form that the notebook uses."""
    raw = predict.raw
    features, target, convert = _FEATURES[raw.dataset or "bunch"]
    call = ast.unparse(raw.call)
    names = "list(loaded.feature_names)" if raw.dataset == "bunch" else "None"
    made = f"pd.DataFrame({features}, columns={names})" if raw.dataset != "frame" else features
    if raw.dataset == "pair":
        made = f'pd.DataFrame({features}).add_prefix("x")'
        back = f'    return rows.drop(columns="target"){convert}, rows["target"]{convert}'
    else:
        whole = "\n    loaded.frame = rows" if raw.dataset == "frame" else ""
        back = (
            f'    loaded = {call}\n    loaded.data = rows.drop(columns="target"){convert}\n'
            f'    loaded.target = rows["target"]{convert}{whole}\n    return loaded'
        )
    text = f'''def load() -> pd.DataFrame:
    """The data set as a table: its features and `target`."""
    return table({call})


def table(loaded: Any) -> pd.DataFrame:
    """What scikit-learn gives, as a table."""
    return {made}.assign(target={target})


def as_loaded(rows: pd.DataFrame) -> Any:
    """A table, in the form that scikit-learn gives."""
{back}


def read(path: Path | str) -> pd.DataFrame:
    """Read rows with the columns of the table."""
    return pd.read_csv(path)
'''
    more = [_TYPING, "from pathlib import Path", "from typing import Any", "import pandas as pd"]
    return module_of("data.py", "Where the raw rows come from.", plan, text, package, more)


# features.py


def _features(
    plan: Plan, predict: Predict, source: Source, package: str, words: list[tuple[str, str]]
) -> Module | None:
    functions = [
        function_text(_function(plan, predict, stage, said, source))
        for stage, said in zip(_stages(predict), words, strict=True)
    ]
    helpers = sorted(predict.helpers - {"deepcopy"} | ({"NothingLeft"} if _guards(predict) else set()))
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
    lines.append("    input_dtypes: Any = None  # of the model's input")
    return "\n".join(lines) + "\n"


def _guards(predict: Predict) -> list[Step]:
    return [step for stage in _stages(predict) for step in stage.steps if step.kind == "guard"]


def _needs_fit(plan: Plan, predict: Predict, stage: Stage) -> bool:
    del plan
    stored = {store.after for store in predict.stores}
    inside = {*(s.statement for s in stage.steps), *stage.training}
    own = any(s.kind != "same" or s.fit or _mentions(s.code or (), "fit") for s in stage.steps)
    return bool(own or stage.training or (stored & inside))


def _uses_learned(predict: Predict, stage: Stage) -> bool:
    inside = {*(s.statement for s in stage.steps), *stage.training}
    return any(store.after in inside for store in predict.stores) or any(
        _mentions([*(s.code or ()), *s.fit, *s.instead], "learned") for s in stage.steps
    )


def _mentions(nodes: Iterable[ast.AST], name: str) -> bool:
    return any(isinstance(n, ast.Name) and n.id == name for node in nodes for n in ast.walk(node))


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
            _store_piece(store.attribute, store.name, copied=store.copied, fit=True)
            for store in predict.stores
            if store.after == index
        ]
    types = parameter_types(predict, stage)
    results = result_types(predict, stage)
    annotation = "None" if not results else results[0] if len(results) == 1 else f"tuple[{', '.join(results)}]"
    parameters = [f"{name}: {types[name]}" for name in stage.parameters]
    if _uses_learned(predict, stage):
        parameters.append("learned: Learned")
    if _needs_fit(plan, predict, stage):
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
        fit = [Piece(step.statement, piece.nodes, fit=True)]
        if step.fit:
            before_after = [_own(step.fit, fit=True)]
            fit = [*fit, *before_after] if step.kind == "skip" else [*before_after, *fit]
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


def _store_piece(attribute: str, name: str, *, copied: bool, fit: bool | None = None) -> Piece:
    value = f"deepcopy({name})" if copied else name
    return written(f"learned.{attribute} = {value}", fit=fit)


# train.py


def _train(plan: Plan, predict: Predict, source: Source, package: str, names: list[str]) -> Module:
    stages = list(zip(_stages(predict), names, strict=True))
    inside = {i for stage, _ in stages for i in (*(s.statement for s in stage.steps), *stage.training)}
    only_data = {*predict.raw.feeds, predict.raw.statement}
    inside |= {i for i in predict.raw.feeds if set(plan.flow.readers(i)) & set(plan.train) <= only_data}
    ours = {"models": plan.ours("models"), "data": plan.ours("data"), "schema": plan.ours("schema")}
    pieces = [written("learned = Learned()")]
    seen: set[int] = set()
    prediction = predict.choice.prediction
    dtypes = written(f"learned.input_dtypes = {plan.ours('replay')}.dtypes_of({ast.unparse(prediction.input)})")
    fitted_there = prediction.statement in plan.fitting
    seen_at = next((i for i in plan.train if i >= prediction.statement + fitted_there), None)
    for index in plan.train:
        pieces += [
            written(_call(plan, predict, stage, name, training=True))
            for stage, name in stages
            if stage.at == index and index != predict.raw.statement
        ]
        if index == seen_at:
            pieces.append(dtypes)
        if index not in inside:
            cell = plan.flow.program.statements[index].cell
            piece = source.piece(index, heading=cell not in seen)
            seen.add(cell)
            pieces += _raw_pieces(plan, predict, piece, ours) if index == predict.raw.statement else [piece]
            pieces += [_store_piece(s.attribute, s.name, copied=s.copied) for s in predict.stores if s.after == index]
        if index == predict.raw.statement:
            pieces += [
                written(_call(plan, predict, stage, name, training=True)) for stage, name in stages if stage.at == index
            ]
        if predict.recoded and index == predict.recoded[0]:
            pieces.append(
                written(f"learned.answers = {plan.ours('replay')}.answers_learnt(raw_target, {predict.recoded[1]})")
            )
        if index == predict.choice.prediction.statement and _changes_later(plan, predict):
            pieces.append(written(f"final_model = deepcopy({predict.model})"))
    for stage, name in stages:
        if stage.at not in plan.train:
            pieces.append(written(_call(plan, predict, stage, name, training=True)))
    if seen_at is None:
        pieces.append(dtypes)
    model = "final_model" if _changes_later(plan, predict) else predict.model
    copies = _changes_later(plan, predict) or any(s.copied for s in predict.stores if s.after not in inside)
    function = FunctionCode(
        name="train",
        doc="Train the model as the notebook does, and store it as a new version.",
        annotation="Path",
        pieces=tuple(pieces),
        result=f"{ours['models']}.save({model}, learned, schema_of_rows{_metrics(plan, predict, pieces)})",
    )
    more = [
        _TYPING,
        "from pathlib import Path",
        *(["from copy import deepcopy"] if copies else []),
        plan.imported(package, "models"),
        plan.imported(package, "data"),
        plan.imported(package, "schema"),
        plan.imported(package, "replay"),
        f"from {package}.features import {', '.join(['Learned', *names])}",
    ]
    return module_with(function, "train.py", "Train the model.", plan, package, tuple(more))


def _metrics(plan: Plan, predict: Predict, pieces: Sequence[Piece]) -> str:
    """The notebook's scores of the chosen model, of what stands in train itself."""
    prediction = predict.choice.prediction
    root = predict.model.partition(".")[0].partition("[")[0]
    fits = {d for use in plan.flow.uses[prediction.statement] if use.name == root for d in use.definitions}
    fits |= {prediction.statement} & plan.fitting
    here = bound_names(cst.Module([node for piece in pieces for node in piece.nodes]).code) | plan.module_level
    found = scores(plan.flow, plan.train, fits & plan.fitting)
    return metrics(score for score in found if score.reads <= here)


def _raw_pieces(plan: Plan, predict: Predict, piece: Piece, ours: dict[str, str]) -> list[Piece]:
    del plan
    if predict.raw.dataset not in {None, "typed"}:
        loaded = ", ".join(predict.raw.names)
        made = f"{ours['data']}.table({f'({loaded})' if len(predict.raw.names) > 1 else loaded})"
        learn = f'schema_of_rows = {ours["schema"]}.learn({made}, target=("target",), unneeded=())'
        return [piece, written(learn)]
    name = predict.raw.name
    load = written(f"{name} = {ours['data']}.load()").nodes[0]
    return [
        replace(piece, nodes=(load.with_changes(leading_lines=piece.nodes[0].leading_lines),)),
        *([written(f"raw_target = {name}[{predict.target[0]!r}].copy()")] if predict.recoded else []),
        written(
            f"schema_of_rows = {ours['schema']}.learn({name}, target={predict.target!r}, unneeded={_unneeded(predict)})"
        ),
    ]


def _unneeded(predict: Predict) -> str:
    needed, header = predict.raw.needed, predict.raw.header
    if header is not None:
        return repr(tuple(n for n in header if not needed.may_hold(n) and n not in predict.target))
    if needed.all_but is not None:
        names = tuple(sorted(needed.all_but - needed.named - set(predict.target)))
        return f"[c for c in {predict.raw.name}.columns if c in {names!r}]" if names else "()"
    return f"[c for c in {predict.raw.name}.columns if c not in {tuple(sorted(needed.named))!r}]"


def _call(plan: Plan, predict: Predict, stage: Stage, name: str, *, training: bool) -> str:
    read = set(stage.parameters) if training else predict_reads(plan, stage)
    arguments = [p if p in read else "None" for p in stage.parameters]
    if _uses_learned(predict, stage):
        arguments.append("learned" if training else "stored.learned")
    if _needs_fit(plan, predict, stage):
        arguments.append(f"fit={training}")
    targets = [*stage.returned, *((n if training else "_") for n in stage.also)]
    return f"{', '.join(targets)} = {name}({', '.join(arguments)})" if targets else f"{name}({', '.join(arguments)})"


def _changes_later(plan: Plan, predict: Predict) -> bool:
    """Whether training binds or fits the chosen model again after its prediction."""
    root = predict.model.partition(".")[0].partition("[")[0]
    prediction = predict.choice.prediction.statement
    return any(
        root in (*plan.flow.effects[i].binds, *plan.flow.effects[i].mutates) for i in plan.train if i > prediction
    )


# predict.py


def _predict(plan: Plan, predict: Predict, package: str, names: list[str]) -> Module:
    guarded = bool(_guards(predict))
    lines = [f"{predict.raw.name} = conform(frame, stored.schema)"]
    if predict.raw.dataset not in {None, "typed"}:
        names_bound = ", ".join(predict.raw.names)
        lines = [f"{names_bound} = {plan.ours('data')}.as_loaded(conform(frame, stored.schema))"]
    stage_names = iter(names)
    rows = "range(len(frame))"
    for part in predict.parts:
        if isinstance(part, Link):
            lines += [ast.unparse(ast.fix_missing_locations(s)) for s in part.instead]
        else:
            lines.append(_call(plan, predict, part, next(stage_names), training=False))
            if guarded and any(s.kind == "guard" for s in part.steps):
                lines.append(f"rows = {_frame_left(predict, part)}.index")
                rows = "rows"
    body = "\n    ".join(line.replace("\n", "\n    ") for line in lines)
    texts = [ast.unparse(ast.fix_missing_locations(step)) for step in predict.after.steps]
    changed = "".join(f"    prediction = {_LEARNED.sub('stored.learned.', text)}\n" for text in texts)
    given = _LEARNED.sub("stored.learned.", ast.unparse(ast.fix_missing_locations(predict.input)))
    attempt = (
        "    try:\n        inputs, rows = _inputs(frame, stored)\n"
        "    except NothingLeft:\n        return empty_answers(frame)\n"
        if guarded
        else "    inputs, rows = _inputs(frame, stored)\n"
    )
    truth = _TRUTH.replace("TARGET", repr(predict.target[0])) if predict.recoded else ""
    text = f'''def predict(frame: pd.DataFrame) -> pd.Series:
    """One prediction per row, with the frame's index; the frame is not changed."""
    return answers(frame)["prediction"]


def answers(frame: pd.DataFrame) -> pd.DataFrame:
    """The prediction and each class's probability under the frame's index; empty where a needed value is missing."""
    if frame.empty:
        return replay.empty_answers(frame)
    stored = models.load()
{attempt}    prediction = stored.model.{predict.method}(inputs)
{changed}    return replay.answers(prediction, stored.model, inputs, rows, frame)


{truth}def model_input(frame: pd.DataFrame) -> Any:
    """What the model is given for these raw rows."""
    return _inputs(frame, models.load())[0]


def _inputs(frame: pd.DataFrame, stored: Stored) -> tuple[Any, Any]:
    """The model's input and the numbers of the rows in it."""
    {body}
    return replay.like_training({given}, stored.learned.input_dtypes), {rows}
'''
    if guarded:
        text = text.replace("empty_answers(frame)", "replay.empty_answers(frame)").replace(
            "except NothingLeft", "except replay.NothingLeft"
        )
    more = [
        _TYPING,
        "from typing import Any",
        "import pandas as pd",
        f"from {package} import models, replay",
        *([plan.imported(package, "data")] if predict.raw.dataset not in {None, "typed"} else []),
        *([f"from {package}.features import {', '.join(names)}"] if names else []),
        f"from {package}.models import Stored",
        f"from {package}.schema import conform",
    ]
    return module_of("predict.py", "Predict raw rows with the stored model.", plan, text, package, more)


_TRUTH = '''def truth(frame: pd.DataFrame) -> pd.Series:
    """The answers of labelled rows, as the model knows them."""
    known = models.load().learned.answers
    return frame[TARGET] if known is None else frame[TARGET].map(known)


'''


def _frame_left(predict: Predict, stage: Stage) -> str:
    """A table that the stage returns, whose index tells which rows are left."""
    from nb2prod.plan.replay import CannotReplay  # noqa: PLC0415 - only here
    from nb2prod.rows.kinds import Rows  # noqa: PLC0415 - only here

    after = predict.rows.after[max(s.statement for s in stage.steps)]
    for name in stage.returned:
        value = after.get(name)
        if isinstance(value, Rows) and value.shape != "array" and not value.fresh:
            return name
    raise CannotReplay(None, "rows with missing values are left out, and it cannot be told later which")
