"""Numbers in the code that a person may want to change: seeds, shares, and what models are made with."""

from __future__ import annotations

import ast
import re
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from nb2prod.plan import shapes

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator
    from typing import TypeGuard

    from nb2prod.dataflow import Dataflow

_SEED_CALLS = frozenset(
    {"np.random.seed", "numpy.random.seed", "random.seed", "tf.random.set_seed", "torch.manual_seed"}
)
_MODELS = re.compile(
    r"^[A-Z]\w*(Classifier|Regressor|Regression|SVC|SVR|Ridge|Lasso|NB|KMeans|Perceptron|Clustering|Mixture)$"
    r"|^(SVC|SVR|Ridge|Lasso|ElasticNet|KMeans|DBSCAN|Perceptron|IsolationForest)$"
)
_WORKING = frozenset({"n_jobs", "verbose", "verbosity", "cache_size", "copy_X", "missing", "device", "eval_metric"})
_MOST = 12  # parameters of models that a person would look through
_KEYWORDS = {"SEED": ("random_state", "seed", "random_seed"), "TEST_SIZE": ("test_size",)}


@dataclass(frozen=True, slots=True)
class Literal:
    """A setting made from numbers in the code: where they stand, and the value."""

    setting: str
    value: str
    places: tuple[tuple[int, ast.expr], ...]


def literals(
    flow: Dataflow, kept: Collection[int], taken: Collection[str], trained: Collection[int] = ()
) -> tuple[Literal, ...]:
    """`random_state=42` and `test_size=0.2` of the statements that are kept, and what models are `trained` with."""
    found: list[Literal] = []
    for setting, keywords in _KEYWORDS.items():
        places = [(i, node) for i in sorted(kept) for node in _numbers(flow.program.statements[i].node, keywords)]
        if setting == "SEED":
            places += [(i, node) for i in sorted(kept) for node in _seeds(flow.program.statements[i].node)]
        values = {repr(node.value) for _, node in places}
        if len(values) == 1 and setting not in taken:
            found.append(Literal(setting, values.pop(), tuple(places)))
    there = {id(node) for literal in found for _, node in literal.places}
    models = [one for one in _of_models(flow, trained) if id(one.node) not in there]
    return (*found, *_named(models, {*taken, *(literal.setting for literal in found)}))


@dataclass(frozen=True, slots=True)
class _Given:
    """A number or word that a model is made with."""

    statement: int
    variable: str
    keyword: str
    node: ast.Constant


def _of_models(flow: Dataflow, trained: Collection[int]) -> list[_Given]:
    """What is given by keyword to models that are made under a name of their own."""
    found: list[_Given] = []
    made: Counter[str] = Counter()
    for index in sorted(trained):
        match flow.program.statements[index].node:
            case ast.Assign(targets=[ast.Name(id=name)], value=value) if (call := _model(value)) is not None:
                made[name] += 1
                found += [
                    _Given(index, name, k.arg, k.value)
                    for k in call.keywords
                    if k.arg and k.arg not in _WORKING and isinstance(k.value, ast.Constant) and _is_choice(k.value)
                ]
            case _:
                pass
    return [one for one in found if made[one.variable] == 1]


def _model(node: ast.expr) -> ast.Call | None:
    """The call that makes a model: `Ridge(alpha=1)`, `Ridge(alpha=1).fit(X, y)`."""
    match node:
        case ast.Call(func=ast.Attribute(value=ast.Call() as made, attr="fit")):
            return _model(made)
        case ast.Call() if _MODELS.search(shapes.called_name(node)):
            return node
        case _:
            return None


def _is_choice(node: ast.Constant) -> bool:
    return type(node.value) in (int, float, str)


def _named(models: list[_Given], taken: Collection[str]) -> Iterator[Literal]:
    """`N_ESTIMATORS`, with the variable's name before it where there are several models."""
    several = len({one.variable for one in models}) > 1
    if len(models) > _MOST:  # of many models compared, the last is the one to tune
        models = [one for one in models if one.variable == models[-1].variable]
    for one in models:
        name = f"{one.variable}_{one.keyword}".upper() if several else one.keyword.upper()
        if name not in taken and name.isidentifier():
            yield Literal(name, repr(one.node.value), ((one.statement, one.node),))


def _numbers(node: ast.stmt, keywords: Collection[str]) -> Iterator[ast.Constant]:
    for call in shapes.calls(node):
        for keyword in call.keywords:
            if keyword.arg in keywords and _is_number(keyword.value):
                yield keyword.value


def _seeds(node: ast.stmt) -> Iterator[ast.Constant]:
    for call in shapes.calls(node):
        if len(call.args) == 1 and _is_number(call.args[0]) and ast.unparse(call.func) in _SEED_CALLS:
            yield call.args[0]


def _is_number(node: ast.expr) -> TypeGuard[ast.Constant]:
    return isinstance(node, ast.Constant) and type(node.value) in (int, float)
