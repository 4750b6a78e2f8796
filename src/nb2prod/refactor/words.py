"""What a reader of features.py sees besides code: names of its functions, their first lines, and types."""

from __future__ import annotations

import ast
import re
from typing import TYPE_CHECKING

from nb2prod.plan import shapes
from nb2prod.plan.cutting import function_name
from nb2prod.rows.kinds import NOT_CONSTANT, Fixed, Rows

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from nb2prod.conversion import Learnt
    from nb2prod.plan.plan import Plan
    from nb2prod.plan.predict import Predict, Stage
    from nb2prod.rows.kinds import Value

# The end of an estimator's class: what it does to the rows, as a name and as a sentence.
_DOES = {
    "Scaler": ("scale", "Scale the values"),
    "Normalizer": ("scale", "Scale the values"),
    "Vectorizer": ("vectorize", "Turn the text into numbers"),
    "TfidfTransformer": ("vectorize", "Turn the text into numbers"),
    "Encoder": ("encode", "Encode the categories"),
    "Binarizer": ("encode", "Encode the categories"),
    "Discretizer": ("bin", "Put the values into bins"),
    "Imputer": ("impute", "Fill what is missing"),
    "PCA": ("reduce", "Reduce the dimensions"),
    "SVD": ("reduce", "Reduce the dimensions"),
    "PolynomialFeatures": ("expand", "Add products of the features"),
    "SelectKBest": ("select", "Choose the features"),
}
_CALLED = {
    "get_dummies": ("encode", "Encode the categories"),
    "drop": ("select", "Choose the columns"),
    "reshape": ("reshape", "Bring the values into shape"),
    "fillna": ("impute", "Fill what is missing"),
}
_FEW = 2  # columns that a name can hold
_FIRST = "Clean and prepare the rows"
_OURS = frozenset({"learned", "fit", "models", "data", "replay", "schema", "settings", "answers", "model_input"})
_NUMBER = re.compile(r"\w+\[['\"][^'\"]+['\"]\]\.(mean|median|std|var|quantile|skew)\([^()]*\)")
_BY_GROUP = re.compile(r"\w+\.groupby\([^()]*\)\[['\"][^'\"]+['\"]\]\.\w+\([^()]*\)")


def stage_words(plan: Plan, stages: Sequence[Stage], titles: Mapping[int, str]) -> list[tuple[str, str]]:
    """A name and a first line for each stage: by the heading it stands under, else by what it does."""
    found: list[tuple[str, str]] = []
    taken = {*plan.taken, *plan.module_level, *_OURS}
    for number, stage in enumerate(stages):
        title = titles.get(plan.flow.program.statements[min(s.statement for s in stage.steps)].cell)
        does, sentence = ("prepare", _FIRST) if number == 0 else _deed(plan, stage)
        sections = {name for name, _ in found}
        named = function_name(title, taken, sections) if title and number else None
        name = named or function_name(does, taken, sections) or f"stage_{number}"
        found.append((name, (title or sentence).rstrip(".:")))
    return found


def _deed(plan: Plan, stage: Stage) -> tuple[str, str]:
    """What the statements of a stage do to the rows."""
    nodes = [plan.flow.program.statements[step.statement].node for step in stage.steps]
    for call in (call for node in nodes for call in shapes.calls(node)):
        if isinstance(call.func, ast.Attribute) and call.func.attr in {"transform", "fit_transform"}:
            made = _class_of(plan, call.func.value)
            for end, words in _DOES.items():
                if made is not None and made.endswith(end):
                    return words
        if shapes.called_name(call) in _CALLED:
            return _CALLED[shapes.called_name(call)]
    columns = list(dict.fromkeys(column for node in nodes for column in _columns_set(node)))
    if 0 < len(columns) <= _FEW:
        return f"set {' and '.join(columns)}", f"Set {' and '.join(f'`{c}`' for c in columns)}"
    return "transform", "Transform the rows"


def _columns_set(node: ast.stmt) -> Iterator[str]:
    for child in ast.walk(node):
        match child:
            case ast.Assign(targets=[target]):
                pass
            case _:
                continue
        match target:
            case ast.Subscript(slice=ast.Constant(value=str(column))):
                yield column
            case ast.Subscript(slice=ast.Tuple(elts=[_, ast.Constant(value=str(column))])):
                yield column
            case _:
                pass


def _class_of(plan: Plan, node: ast.expr) -> str | None:
    """The class that a variable, or what stands there itself, is made of, where the notebook says one only."""
    if isinstance(node, ast.Call):
        return shapes.called_name(node)
    made = {
        shapes.called_name(value)
        for statement in plan.flow.program.statements
        for name, value in _assigned(statement.node)
        if isinstance(node, ast.Name) and name == node.id
    }
    return made.pop() if len(made) == 1 else None


def _assigned(node: ast.stmt) -> Iterator[tuple[str, ast.Call]]:
    for child in ast.walk(node):
        match child:
            case ast.Assign(targets=[ast.Name(id=name)], value=ast.Call() as value):
                yield name, value
            case _:
                pass


# Types


def parameter_types(predict: Predict, stage: Stage) -> dict[str, str]:
    """The types of a stage's parameters, as far as they are known."""
    first = min(step.statement for step in stage.steps)
    before = [i for i in predict.rows.after if i < first]
    values = predict.rows.after[max(before)] if before else {}
    known = {name: _type(values.get(name)) for name in stage.parameters}
    return {**known, predict.raw.name: "pd.DataFrame"} if predict.raw.dataset in {None, "typed"} else known


def result_types(predict: Predict, stage: Stage) -> list[str]:
    """The types of what a stage gives back."""
    values = predict.rows.after[max(step.statement for step in stage.steps)]
    return [_type(values.get(name)) for name in (*stage.returned, *stage.also)]


def _type(value: Value | None) -> str:
    match value:
        case Rows(shape="frame"):
            return "pd.DataFrame"
        case Rows(shape="series"):
            return "pd.Series"
        case Fixed(constant=constant) if constant is not NOT_CONSTANT and type(constant) in (int, float, str, bool):
            return type(constant).__name__
        case Fixed(constant=list() | tuple() as constant) if constant and all(type(c) is str for c in constant):
            return "list[str]" if isinstance(constant, list) else "tuple[str, ...]"
        case _:
            return "Any"


def learnt_type(plan: Plan, each: Learnt, *, keyed: bool) -> str:
    """The annotation and default of a learnt value's field."""
    made = _made_of(plan, each)
    if keyed:
        return f"dict[Any, {made or 'Any'}] = field(default_factory=dict)"
    known = made or _by_expression(each)
    return f"{known} | None = None" if known else "Any = None"


def _by_expression(each: Learnt) -> str | None:
    if each.name.endswith("_edges"):
        return "np.ndarray"
    if each.name.startswith("categories") and "get_dummies" in each.expression:
        return "pd.Series"
    value = each.expression.rpartition(" = ")[2]
    if _NUMBER.fullmatch(value):
        return "float"
    return "pd.Series" if _BY_GROUP.fullmatch(value) else None


def _made_of(plan: Plan, each: Learnt) -> str | None:
    """The class of a fitted object, if it is one that stands at module level."""
    match ast.parse(each.expression).body:
        case [ast.Expr(value=value) | ast.Assign(value=value)]:
            pass
        case _:
            return None
    if isinstance(value, ast.Call) and isinstance(value.func, ast.Attribute) and value.func.attr.startswith("fit"):
        made = _class_of(plan, value.func.value)
        return made if made in {line.name for line in plan.hoisted.imports} else None
    return None
