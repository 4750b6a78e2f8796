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


def is_main_guard(node: ast.stmt) -> bool:
    """`if __name__ == "__main__":`."""
    return (
        isinstance(node, ast.If)
        and isinstance(node.test, ast.Compare)
        and isinstance(node.test.left, ast.Name)
        and node.test.left.id == "__name__"
    )


def constant_target(node: ast.stmt) -> str | None:
    """The name of `NAME = literal`, else None."""
    match node:
        case ast.Assign(targets=[ast.Name(id=name)], value=value) if _is_literal(value):
            return name
        case _:
            return None


def _is_literal(node: ast.expr) -> bool:
    match node:
        case ast.Constant(value=value):
            return value is not Ellipsis
        case ast.UnaryOp(op=ast.USub() | ast.UAdd(), operand=operand):
            return _is_literal(operand)
        case ast.Tuple(elts=elements):
            return all(_is_literal(e) for e in elements)
        case _:
            return False
