"""What one statement looks like: a fit, a metric, a display, a constant. Syntax only."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

Definition = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef

FITTING = frozenset(
    {"fit", "partial_fit", "fit_predict", "fit_resample", "train_on_batch", "fit_generator", "fit_regularized"}
)
FITTING_FUNCTIONS = frozenset(
    {"cross_val_score", "cross_validate", "cross_val_predict", "learning_curve", "validation_curve"}
)
_METRIC_ENDINGS = ("_score", "_error", "_loss", "_matrix", "_report", "_metrics")
_METRICS = frozenset({"score", "evaluate", "classification_report", "confusion_matrix", "roc_curve", "auc", "summary"})
CHANNEL_OF_DISPLAY = ("figure:", "options:")
_PREDICTING = frozenset(
    {"predict", "predict_proba", "predict_log_proba", "decision_function", "transform", "inverse_transform", "forecast"}
)
_SHOWING = frozenset({"print", "display", "pprint"})
_DRAWING = frozenset(
    {"plot", "hist", "boxplot", "bar", "barh", "pie", "scatter", "line", "area", "kde", "density", "hexbin", "box"}
)
# Methods that only look: a cell shows their value when it is the last one, and nothing at all when it is not.
_LOOKING = frozenset({
    "head", "tail", "describe", "isnull", "isna", "notnull", "notna", "sum", "mean", "median", "mode", "min", "max",
    "std", "var", "count", "nunique", "unique", "value_counts", "corr", "any", "all", "sort_values", "sort_index",
    "groupby", "agg", "size", "duplicated", "keys", "items", "values", "tolist", "to_list", "dtypes", "get_params",
    "get_feature_names_out", "quantile", "skew", "kurt", "idxmax", "idxmin", "round", "copy", "isin", "between",
})  # fmt: skip


def calls(node: ast.AST) -> Iterator[ast.Call]:
    """Every call in a statement, nested ones and bodies included."""
    return (child for child in ast.walk(node) if isinstance(child, ast.Call))


def called_name(call: ast.Call) -> str:
    """The last word of what is called: `fit` for `model.fit(...)`."""
    match call.func:
        case ast.Attribute(attr=name) | ast.Name(id=name):
            return name
        case _:
            return ""


def is_import(node: ast.stmt) -> bool:
    """`import x` or `from x import y`."""
    return isinstance(node, ast.Import | ast.ImportFrom)


def is_definition(node: ast.stmt) -> bool:
    """A function, a class, or a lambda given a name."""
    if isinstance(node, ast.Assign):
        return isinstance(node.value, ast.Lambda) and all(isinstance(t, ast.Name) for t in node.targets)
    return isinstance(node, Definition)


def is_magic(node: ast.AST) -> bool:
    """It calls IPython."""
    return any(isinstance(child, ast.Name) and child.id == "get_ipython" for child in ast.walk(node))


def is_docstring(node: ast.stmt) -> bool:
    """A string or another constant standing alone."""
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)


def is_display(node: ast.stmt) -> bool:
    """An expression standing alone: what the notebook shows."""
    return isinstance(node, ast.Expr)


def fits(node: ast.AST) -> bool:
    """It fits something, itself or in a body."""
    return any(
        (isinstance(call.func, ast.Attribute) and call.func.attr in FITTING) or called_name(call) in FITTING_FUNCTIONS
        for call in calls(node)
    )


def measures(node: ast.AST) -> bool:
    """It computes a metric."""
    names = (called_name(call) for call in calls(node))
    return any(name in _METRICS or name.endswith(_METRIC_ENDINGS) for name in names)


def is_score(node: ast.expr) -> bool:
    """One number that tells how good predictions are: a metric, perhaps rounded or scaled, or a share of equal ones."""
    match node:
        case ast.BinOp(left=ast.Constant(), right=inner) | ast.BinOp(left=inner, right=ast.Constant()):
            return is_score(inner)
        case ast.Call(args=[inner, *_]) if called_name(node) in {"round", "float", "sqrt"}:
            return is_score(inner)
        case ast.Call(func=ast.Attribute(value=ast.Name(id="np" | "numpy"), attr="mean" | "sum"), args=[inner]):
            return isinstance(inner, ast.Compare) and not node.keywords
        case _:
            return is_metric(node)


def global_names(node: ast.AST) -> frozenset[str]:
    """Names that functions in it declare `global`."""
    return frozenset(name for child in ast.walk(node) if isinstance(child, ast.Global) for name in child.names)


def nested_star(node: ast.stmt) -> bool:
    """`from x import *` inside of a compound statement, which no function may hold."""
    return not is_import(node) and any(
        isinstance(child, ast.ImportFrom) and child.names[0].name == "*" for child in ast.walk(node)
    )


def is_metric(node: ast.expr) -> bool:
    """A metric of scikit-learn called by its name, which gives a value and does nothing else."""
    return (
        isinstance(node, ast.Call)
        and isinstance(node.func, ast.Name)
        and measures(node)
        and called_name(node) != "evaluate"
    )


def changed_folder(node: ast.stmt) -> ast.expr | None:
    """The argument of `os.chdir(...)` or `%cd` standing alone."""
    match node:
        case ast.Expr(value=ast.Call(func=ast.Attribute(value=ast.Name(id="os"), attr="chdir"), args=[argument])):
            return argument
        case ast.Expr(
            value=ast.Call(func=ast.Attribute(attr="run_line_magic"), args=[ast.Constant(value="cd"), argument])
        ):
            return argument
        case _:
            return None


def predicts(node: ast.AST) -> bool:
    """It asks a fitted object for its output."""
    return any(isinstance(call.func, ast.Attribute) and call.func.attr in _PREDICTING for call in calls(node))


def is_print(node: ast.stmt) -> bool:
    """`print(...)` or `display(...)` standing alone."""
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Call) and called_name(node.value) in _SHOWING


def shows(node: ast.stmt) -> bool:
    """It prints or displays, outside of functions that it defines."""
    return not is_definition(node) and any(
        isinstance(call.func, ast.Name) and call.func.id in _SHOWING for call in calls(node)
    )


def draws(node: ast.stmt) -> bool:
    """A picture of a table standing alone: `df.plot(...)`, `df["a"].hist()`, `df.plot.bar(ax=axes[0])`."""
    return (
        isinstance(node, ast.Expr)
        and isinstance(node.value, ast.Call)
        and isinstance(node.value.func, ast.Attribute)
        and node.value.func.attr in _DRAWING
    )


def only_looks(node: ast.expr) -> bool:
    """An expression that does nothing but give a value: `df.shape`, `df["a"].head()`."""
    match node:
        case ast.Name() | ast.Constant():
            return True
        case ast.Attribute(value=value):
            return only_looks(value)
        case ast.Subscript(value=value, slice=index):
            return only_looks(value) and only_looks(index)
        case ast.Slice(lower=a, upper=b, step=c):
            return all(only_looks(part) for part in (a, b, c) if part is not None)
        case ast.Compare(left=left, comparators=others):
            return only_looks(left) and all(map(only_looks, others))
        case ast.BinOp(left=left, right=right):
            return only_looks(left) and only_looks(right)
        case ast.UnaryOp(operand=operand):
            return only_looks(operand)
        case ast.Tuple(elts=parts) | ast.List(elts=parts):
            return all(map(only_looks, parts))
        case ast.Call(func=ast.Attribute(value=value, attr=name), args=arguments, keywords=keywords):
            given = [*arguments, *(keyword.value for keyword in keywords)]
            return name in _LOOKING and only_looks(value) and all(map(only_looks, given))
        case ast.Call(func=ast.Name(id="len" | "type"), args=[value], keywords=[]):
            return only_looks(value)
        case _:
            return False


def is_main_guard(node: ast.stmt) -> bool:
    """`if __name__ == "__main__":`."""
    return (
        isinstance(node, ast.If)
        and isinstance(node.test, ast.Compare)
        and isinstance(node.test.left, ast.Name)
        and node.test.left.id == "__name__"
    )


def constant_target(node: ast.stmt, *, mutable: bool = False) -> str | None:
    """The name of `NAME = literal`, else None; lists and dicts are literals only where `mutable`."""
    match node:
        case ast.Assign(targets=[ast.Name(id=name)], value=value) if _is_literal(value, mutable=mutable):
            return name
        case ast.AnnAssign(target=ast.Name(id=name), value=ast.expr() as value) if mutable:
            return name if _is_literal(value, mutable=True) else None
        case _:
            return None


def _is_literal(node: ast.expr, *, mutable: bool = False) -> bool:
    match node:
        case ast.List(elts=elements) | ast.Set(elts=elements) if mutable:
            return all(_is_literal(e, mutable=True) for e in elements)
        case ast.Dict(keys=keys, values=values) if mutable:
            return all(key is not None and _is_literal(key, mutable=True) for key in keys) and all(
                _is_literal(value, mutable=True) for value in values
            )
        case ast.Constant(value=value):
            return value is not Ellipsis
        case ast.UnaryOp(op=ast.USub() | ast.UAdd(), operand=operand):
            return _is_literal(operand)
        case ast.Tuple(elts=elements):
            return all(_is_literal(e) for e in elements)
        case _:
            return False
