"""Reads that nothing above them defines, one entry per name, with the reason: made later, deleted, or never made."""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from nb2prod.lint.rule import once
from nb2prod.names.model import EVERYTHING, is_channel
from nb2prod.program import BrokenCell

if TYPE_CHECKING:
    from collections.abc import Iterator

    from nb2prod.dataflow import Use
    from nb2prod.lint.rule import Context
    from nb2prod.names import Function
    from nb2prod.problems import Location

_HISTORY = re.compile(r"_i?\d+$")
"""`_3` and `_i3`, which IPython makes; `hidden-input` reports them."""

_PYTHON_2 = frozenset(
    ["apply", "basestring", "buffer", "cmp", "execfile", "file", "intern", "long", "raw_input", "reduce", "reload"]
) | {"unichr", "unicode", "xrange"}
_SPARK = frozenset({"dbutils", "sc", "spark", "sqlContext"})
"""What the kernels of Spark and Databricks bring."""

Why = Literal["later", "deleted", "never"]


@dataclass(frozen=True, slots=True)
class Missing:
    """A name that is read where it is not defined: its reads in document order, and the statement to blame.

    `sure`: not only methods read it, of which nobody knows whether they run.
    """

    name: str
    uses: tuple[Use, ...]
    why: Why
    by: int | None
    sure: bool = True


def missing(context: Context, why: Why) -> Iterator[Missing]:
    """Yield each name that is missing for this reason; a name is missing for the reason of its first read."""
    for name, all_uses in _undefined(context).items():
        reason, by = _reason(context, all_uses)
        if reason == why and not _may_be_hidden(context, all_uses[0]):
            in_methods = [_method(context, use) for use in all_uses]
            uses = [use for use, method in zip(all_uses, in_methods, strict=True) if method is None]
            sure = bool(uses)
            if not uses and reason == "never":
                uses = [use._replace(where=method) for use, method in zip(all_uses, in_methods, strict=True) if method]
            if uses:
                yield Missing(name, tuple(uses), reason, by, sure)


@once
def _undefined(context: Context) -> dict[str, list[Use]]:
    """Find the reads of each name that nothing above them defines."""
    found: dict[str, list[Use]] = {}
    given = _given(context)
    for index in context.document.order:
        for use in context.reads(index):
            if (
                not use.definitions
                and not is_channel(use.name)
                and not _HISTORY.match(use.name)
                and use.name not in given
                and not _made_first(context, use)
                and not guarded(context, use)
                and not _makes_itself(context, use)
            ):
                found.setdefault(use.name, []).append(use)
    return found


def _given(context: Context) -> frozenset[str]:
    """List the names that this notebook's kernel brings beyond those of every kernel, and its extensions."""
    old = _PYTHON_2 if (context.program.notebook.python or "").startswith("2") else frozenset()
    extensions = {
        each.node.args[1].value
        for each in context.nodes.calls
        if each.name == "run_line_magic"
        and len(each.node.args) > 1
        and isinstance(each.node.args[1], ast.Constant)
        and isinstance(each.node.args[0], ast.Constant)
        and each.node.args[0].value == "load_ext"
    }
    makes_spark = any(each.path.startswith("pyspark") for each in context.nodes.imports)
    return (old if makes_spark else old | _SPARK) | frozenset(str(each) for each in extensions)


def guarded(context: Context, use: Use) -> bool:
    """Tell whether the code asks if the name is there: `except NameError`, `if "x" in globals()`, Python's version."""
    for node in ast.walk(context.program.statements[use.statement].node):
        match node:
            case ast.Try(body=body, handlers=handlers) if any(_catches_name_error(handler) for handler in handlers):
                if any(first.lineno <= use.where.line <= (first.end_lineno or first.lineno) for first in body):
                    return True
            case ast.If(test=test, body=[first, *_]) if _asks_version(test):
                if first.lineno <= use.where.line <= (node.end_lineno or 0):
                    return True
            case ast.Compare(left=ast.Constant(value=value), comparators=[ast.Call(func=ast.Name(id=asked))]):
                if value == use.name and asked in {"globals", "locals", "vars", "dir"}:
                    return True
            case _:
                pass
    return False


def _makes_itself(context: Context, use: Use) -> bool:
    """Tell whether the function that reads the name is one that also makes it: `global start`."""
    function = _function(context, use)
    return function is not None and use.name in function.binds


def _method(context: Context, use: Use) -> Location | None:
    """Find the place in the class through which the name is read: which methods really run is not known."""
    function = _function(context, use)
    return function.reads.get(use.name) if function is not None and function.kind == "class" else None


def _function(context: Context, use: Use) -> Function | None:
    if use.through is None:
        return None
    above = (context.document.effects[index].functions for index in range(use.statement, -1, -1))
    return next((functions[use.through] for functions in above if use.through in functions), None)


def _asks_version(test: ast.expr) -> bool:
    names = {each.attr if isinstance(each, ast.Attribute) else getattr(each, "id", "") for each in ast.walk(test)}
    return not names.isdisjoint({"version_info", "PY2", "PY3"})


def _made_first(context: Context, use: Use) -> bool:
    """Tell whether the statement's own block makes the name further up: `for …: for x in …: …; print(x)`."""
    made = context.document.effects[use.statement].binds.get(use.name)
    has_blocks = hasattr(context.program.statements[use.statement].node, "body")
    return has_blocks and made is not None and made < use.where


def _catches_name_error(handler: ast.ExceptHandler) -> bool:
    match handler.type:
        case None:
            return True
        case ast.Name(id=name):
            return name == "NameError"
        case ast.Tuple(elts=elements):
            return any(isinstance(each, ast.Name) and each.id == "NameError" for each in elements)
        case _:
            return False


def _reason(context: Context, uses: list[Use]) -> tuple[Why, int | None]:
    """Say why a name is missing, and which statement deleted it or makes it too late."""
    effects, first = context.document.effects, uses[0]
    for index in range(first.statement - 1, -1, -1):
        if first.name in effects[index].deletes and any(first.name in each.binds for each in effects[:index]):
            return "deleted", index
    # what needs the name itself (`x = x + 1`) does not make it
    needy = {use.statement for use in uses}
    later = (index for index in range(first.statement + 1, len(effects)) if first.name in effects[index].binds)
    by = next((index for index in later if index not in needy), None)
    return ("never", None) if by is None else ("later", by)


def _may_be_hidden(context: Context, use: Use) -> bool:
    """Tell whether something we cannot look into may define the name: a broken cell, or a star import."""
    if any(EVERYTHING in each.binds for each in context.document.effects):
        return True
    word = re.compile(rf"\b{re.escape(use.name)}\b|\bimport\s*\*")
    return any(isinstance(cell, BrokenCell) and word.search(cell.cell.source) for cell in context.program.cells)
