"""Which statements draw random numbers for certain, and what draws nothing as it is made."""

from __future__ import annotations

import ast
import re
from typing import TYPE_CHECKING

from nb2prod.lint.rule import once
from nb2prod.names.draws import DRAWING, QUIET

if TYPE_CHECKING:
    from collections.abc import Iterator

    from nb2prod.lint.nodes import Call
    from nb2prod.lint.rule import Context
    from nb2prod.program import Statement

TAKE_A_SEED = frozenset(
    [
        "make_blobs",
        "make_classification",
        "make_moons",
        "make_regression",
        "resample",
        "sample",
        "shuffle",
        "train_test_split",
    ]
)
_DRAWS = re.compile(r"torch\.(rand\w*|normal|utils\.data\.random_split)|tensorflow\.random\.(?!set_seed|get_)\w+")
_LAYERS = re.compile(
    r"torch\.nn\.(Linear|Bilinear|Conv\w+|LSTM|GRU|RNN|Embedding|Transformer\w*|MultiheadAttention)|"
    r"(tensorflow\.)?keras\.layers\.(\w+\.)*(Dense|\w*Conv\w+|LSTM|GRU|SimpleRNN|Embedding|MultiHeadAttention)"
)
"""What starts from random weights."""
_ON_REQUEST = {
    "KFold": ("shuffle", (True,)),
    "StratifiedKFold": ("shuffle", (True,)),
    "SVC": ("probability", (True,)),
    "NuSVC": ("probability", (True,)),
    "PCA": ("svd_solver", ("randomized", "arpack")),
    "KernelPCA": ("eigen_solver", ("randomized", "arpack")),
    "LogisticRegression": ("solver", ("sag", "saga", "liblinear")),
}
"""Classes that draw only when this argument asks for it (PCA: else for large tables only)."""
SEEDED_WHEN_MADE = frozenset(["fit", "fit_predict", "fit_resample", "fit_transform", "split"])
OF_ESTIMATORS = frozenset(["cross_val_score", "cross_validate", "cross_val_predict", "learning_curve"])
_KNOWN = TAKE_A_SEED | SEEDED_WHEN_MADE | OF_ESTIMATORS


def draws(context: Context, channel: str) -> Iterator[tuple[Statement, Call | None, str]]:
    """Yield the statements that draw until something seeds, each with the call that draws."""
    for statement, effects in zip(context.program.statements, context.document.effects, strict=True):
        if channel in effects.reads and channel in effects.mutates:
            call = _call(context, statement, channel)
            certain = channel not in effects.suspected or _starts_from_chance(context, statement)
            if certain and not _draws_nothing(context, statement, call):
                yield statement, call, _shown(call.node.func) if call else _through(context, statement, channel)
        if channel in effects.binds:
            return


def _call(context: Context, statement: Statement, channel: str) -> Call | None:
    """Find the call that draws, where the statement first does; of a chain, `df.sample().head()`, the one that can."""
    where = context.document.effects[statement.index].reads[channel]
    calls = context.nodes.calls_in(statement)
    there = [call for call in calls if context.place(statement.cell, call.node) == where]
    return next((call for call in there if call.name in _KNOWN), there[0] if there else None)


def _through(context: Context, statement: Statement, channel: str) -> str:
    """Name the function of the notebook that draws when the statement hands it on."""
    uses = context.document.uses[statement.index]
    return next((use.through for use in uses if use.name == channel and use.through), "random")


@once
def _makers(context: Context) -> frozenset[str]:
    """The notebook's own classes and functions that make random weights."""
    return frozenset(
        each.node.name
        for each in context.program.statements
        if isinstance(each.node, (ast.ClassDef, ast.FunctionDef))
        and any(_LAYERS.fullmatch(call.path or "") for call in context.nodes.calls_in(each))
    )


def _starts_from_chance(context: Context, statement: Statement) -> bool:
    """Tell whether it surely draws numbers or makes random weights."""
    calls = context.nodes.calls_in(statement)
    if any(_DRAWS.fullmatch(call.path or "") or _LAYERS.fullmatch(call.path or "") for call in calls):
        return True
    return bool(calls) and not _makers(context).isdisjoint(call.name for call in calls)


def _draws_nothing(context: Context, statement: Statement, call: Call | None) -> bool:
    """Tell whether it only draws a plot's band, or draws when it is asked to and is not."""
    if call is not None and (call.path or "").startswith("seaborn."):
        return True
    if call is not None and call.name in OF_ESTIMATORS:
        return _asks_quiet_ones(context, statement, call.node)
    owner = call.node.func.value if call is not None and isinstance(call.node.func, ast.Attribute) else None
    made = _made(context, statement, owner)
    own = [each for each in _definitions(context, statement, call, made) if each is not statement]
    if own:
        return not any(_surely_draws(each) for definition in own for each in context.nodes.calls_in(definition))
    return bool(made) and all(_is_quiet(each) for each in made)


def _asks_quiet_ones(context: Context, statement: Statement, call: ast.Call) -> bool:
    """Tell whether the estimator that is cross-validated, and the splitter, draw nothing as they are made."""
    given = [*call.args[:1], *(each.value for each in call.keywords if each.arg in {"estimator", "cv"})]
    made = [_made(context, statement, each) for each in given if not isinstance(each, ast.Constant)]
    return bool(made) and all(each and all(_is_quiet(one) or _never_draws(one) for one in each) for each in made)


def _never_draws(made: ast.Call) -> bool:
    return _class(made) in QUIET and not any(
        _class(node) in DRAWING for node in ast.walk(made) if isinstance(node, ast.Call)
    )


def _definitions(context: Context, statement: Statement, call: Call | None, made: list[ast.Call]) -> list[Statement]:
    """Find the function or class of the notebook through which a statement draws, where it does not do so itself."""
    if call is not None and call.path is not None:
        return []
    through: set[str | None] = {_class(each) for each in made}
    if call is None or call.name not in _KNOWN:
        through |= {use.through for use in context.document.uses[statement.index]}
    return [
        each
        for each in context.program.statements
        if isinstance(each.node, (ast.ClassDef, ast.FunctionDef)) and each.node.name in through
    ]


def _surely_draws(call: Call) -> bool:
    """Tell a draw from fitting what a function is given, which may have its own seed."""
    path = call.path or ""
    if path.startswith(("numpy.random.", "random.")) or _DRAWS.fullmatch(path) or _LAYERS.fullmatch(path):
        return True
    if call.name in TAKE_A_SEED:
        return not any(each.arg in {"random_state", "seed"} for each in call.node.keywords)
    return _class(call.node) in DRAWING and not _is_part_quiet(call.node)


def _is_quiet(made: ast.Call) -> bool:
    """Tell whether an estimator, or all that may draw in a pipeline, is given a seed or does not draw as it is made."""
    parts = [
        node for node in ast.walk(made) if isinstance(node, ast.Call) and _class(node) in DRAWING.union(_ON_REQUEST)
    ]
    return bool(parts) and all(_is_part_quiet(each) for each in parts)


def _is_part_quiet(made: ast.Call) -> bool:
    seeds = [each.value for each in made.keywords if each.arg == "random_state"]
    if _class(made) not in _ON_REQUEST or seeds:
        return bool(seeds) and not (isinstance(seeds[0], ast.Constant) and seeds[0].value is None)
    argument, loud = _ON_REQUEST[_class(made)]
    values = [each.value for each in made.keywords if each.arg == argument]
    return all(isinstance(each, ast.Constant) and each.value not in loud for each in values)


def _class(made: ast.Call) -> str:
    if isinstance(made.func, ast.Attribute):
        return made.func.attr
    return made.func.id if isinstance(made.func, ast.Name) else ast.unparse(made.func).rpartition(".")[2]


def _made(context: Context, statement: Statement, node: ast.expr | None) -> list[ast.Call]:
    """Find the calls that may have made an object: itself, or what was assigned to its name."""
    if isinstance(node, ast.Call):
        return [node]
    if not isinstance(node, ast.Name):
        return []
    own = [
        each.value
        for each in ast.walk(statement.node)
        if isinstance(each, ast.Assign) and each.lineno <= node.lineno and _binds(each, node.id)
    ]
    if own:  # in a block: the nearest above
        return [each for each in own[-1:] if isinstance(each, ast.Call)]
    makers = (each for use in context.reads(statement.index) if use.name == node.id for each in use.definitions)
    assigned = (context.program.statements[each].node for each in makers)
    return [
        each.value
        for each in assigned
        if isinstance(each, ast.Assign) and isinstance(each.value, ast.Call) and _binds(each, node.id)
    ]


def _binds(node: ast.Assign, name: str) -> bool:
    return any(isinstance(target, ast.Name) and target.id == name for target in node.targets)


def _shown(node: ast.expr) -> str:
    """Show what is called, without the arguments of calls before it: `df.dropna(…).sample`."""
    match node:
        case ast.Attribute(value=owner, attr=name):
            return f"{_shown(owner)}.{name}"
        case ast.Call(func=function):
            return f"{_shown(function)}(…)"
        case _:
            return ast.unparse(node)
