"""The scores that the notebook computes of its model, as expressions that give the same at the end of training."""

from __future__ import annotations

import ast
from dataclasses import dataclass
from typing import TYPE_CHECKING

from nb2prod.plan import shapes

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence

    from nb2prod.dataflow import Dataflow

# Functions of scikit-learn that give one number and only look at what they are given.
_NUMBERS = frozenset({
    "accuracy_score", "balanced_accuracy_score", "f1_score", "precision_score", "recall_score", "roc_auc_score",
    "average_precision_score", "log_loss", "matthews_corrcoef", "cohen_kappa_score", "jaccard_score", "fbeta_score",
    "r2_score", "mean_squared_error", "root_mean_squared_error", "mean_absolute_error", "median_absolute_error",
    "mean_absolute_percentage_error", "mean_squared_log_error", "explained_variance_score", "max_error",
    "silhouette_score", "davies_bouldin_score", "calinski_harabasz_score", "adjusted_rand_score", "v_measure_score",
})  # fmt: skip
_AROUND = frozenset({"sqrt", "round", "float", "abs"})
_SEVERAL = frozenset({"average", "multioutput"})
_REPEATED = ast.Name | ast.Attribute | ast.Constant | ast.Load
_MOST = 8
_SHORT = 2  # letters of a variable's name that says nothing


@dataclass(frozen=True, slots=True)
class Score:
    """A score's name, the expression that gives it, and the variables that this reads."""

    name: str
    code: str
    reads: frozenset[str]


def scores(flow: Dataflow, train: Sequence[int], fits: Collection[int]) -> tuple[Score, ...]:
    """The scores of what these statements fit, none of whose variables change before the end of `train`."""
    fed = _fed(flow, train, fits)
    own = _own_functions(flow)
    found: dict[str, Score] = {}
    for index in train:
        if index in fed:
            for name, node in _measured(flow.program.statements[index].node):
                reads = frozenset(n.id for n in ast.walk(node) if isinstance(n, ast.Name))
                called = {shapes.called_name(call) for call in shapes.calls(node)}
                if not (called & own or _changes(flow, train, index, reads)):
                    found[name] = Score(name, ast.unparse(node), reads)
    return tuple(found.values())[-_MOST:]


def _own_functions(flow: Dataflow) -> set[str]:
    """Functions and methods of the notebook, which may do anything when they are called once more."""
    nodes = (node for statement in flow.program.statements for node in ast.walk(statement.node))
    return {node.name for node in nodes if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)}


def _fed(flow: Dataflow, train: Sequence[int], fits: Collection[int]) -> set[int]:
    """The statements that see what is fitted there."""
    fed = set(fits)
    for index in train:
        if any(":" not in use.name and not fed.isdisjoint(use.definitions) for use in flow.uses[index]):
            fed.add(index)
    return fed


def _measured(node: ast.stmt) -> Iterator[tuple[str, ast.expr]]:
    """The scores in a plain statement: those given a name by that, the others by the function's."""
    match node:
        case ast.Assign(targets=[ast.Name(id=name)], value=value) if _is_score(value):
            inside = [
                shapes.called_name(call).removesuffix("_score") for call in shapes.calls(value) if _is_number(call)
            ]
            yield name if len(name) > _SHORT else inside[0], ast.Name(name, ast.Load())
        case ast.Assign(value=value) | ast.Expr(value=value):
            for call in shapes.calls(value):
                if _is_number(call):
                    yield shapes.called_name(call).removesuffix("_score"), call
        case _:
            pass


def _is_score(node: ast.expr) -> bool:
    """A score, perhaps rounded, scaled or its root."""
    match node:
        case ast.Call(args=[inner, *_]) if shapes.called_name(node) in _AROUND:
            return _is_score(inner)
        case ast.BinOp(left=left, op=ast.Mult() | ast.Pow(), right=ast.Constant()):
            return _is_score(left)
        case ast.Call():
            return _is_number(node)
        case _:
            return False


def _is_number(call: ast.Call) -> bool:
    """Whether the call gives one number and can be repeated: of names, attributes and constants only."""
    name = shapes.called_name(call)
    given = [*call.args, *(keyword.value for keyword in call.keywords)]
    if any(k.arg in _SEVERAL and getattr(k.value, "value", None) in {None, "raw_values"} for k in call.keywords):
        return False
    if not given or not all(
        isinstance(n, ast.Name | ast.Attribute | ast.Constant | ast.Load) for g in given for n in ast.walk(g)
    ):
        return False
    if isinstance(call.func, ast.Name):
        return name in _NUMBERS
    return (
        isinstance(call.func, ast.Attribute) and isinstance(call.func.value, ast.Name) and name in {*_NUMBERS, "score"}
    )


def _changes(flow: Dataflow, train: Sequence[int], index: int, names: Collection[str]) -> bool:
    """Whether a later statement binds or changes one of the names, or this one does and it is not the score itself."""
    own = flow.effects[index]
    if any(n in own.mutates or n in own.deletes for n in names):
        return True
    later = train[list(train).index(index) + 1 :]
    return any(
        n in (*flow.effects[i].binds, *flow.effects[i].mutates, *flow.effects[i].deletes) for i in later for n in names
    )
