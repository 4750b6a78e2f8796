"""The read that the way to the model's input ends at: a file, a data set, a table written out in the notebook."""

from __future__ import annotations

import ast
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from nb2prod.plan import shapes
from nb2prod.plan.replay import CannotReplay
from nb2prod.rows.kinds import EVERY_COLUMN, TARGET, Columns, Dataset, Parts, Rows
from nb2prod.rows.knowledge.python import GENERATORS

if TYPE_CHECKING:
    from nb2prod.plan.plan import Plan
    from nb2prod.rows.interpreter import Provenance


@dataclass(frozen=True, slots=True, eq=False)
class Raw:
    """The read that the way ends at: the names it binds and the raw columns that are needed.

    `dataset` is set for a data set of scikit-learn: `bunch`, a `frame` bunch, or a `pair` of features and target; for a
    table `typed` into the notebook, and an `array` made in it: `feeds` are the statements that hold their values.
    """

    statement: int
    names: tuple[str, ...]
    call: ast.Call
    needed: Columns
    header: tuple[str, ...] | None
    dataset: Literal["bunch", "frame", "pair", "typed", "array"] | None = None
    feeds: tuple[int, ...] = ()

    @property
    def name(self) -> str:
        """The name of the table."""
        return self.names[0]


def raw_read(plan: Plan, rows: Provenance, need: dict[str, Columns], index: int, node: ast.stmt) -> Raw | None:
    """The raw read that a statement is, if what is needed comes from it; its names are needed no longer."""
    match node:
        case ast.Assign(targets=[ast.Name(id=name)], value=made) if _is_made_array(rows, index, made) and name in need:
            need.pop(name)
            table = ast.Call(ast.Name("table", ast.Load()), [made], [])
            return Raw(index, (name,), table, EVERY_COLUMN, None, "array", _feeds(plan, index))
        case ast.Assign(targets=[ast.Name(id=name)], value=ast.Call() as call):
            value = rows.values.get(call)
            if isinstance(value, Rows) and value.source == index:
                _refuse_partial_read(plan, index, call)
            if (
                isinstance(value, Rows)
                and value.source == index
                and not value.cuts
                and call in {read.call for read in plan.data}
            ):
                header = tuple(n for n, _ in value.columns or ()) if value.rest is None else None
                return Raw(index, (name,), call, need.pop(name), header)
            if isinstance(value, Rows) and value.source == index and not value.cuts and value.typed:
                header = tuple(n for n, _ in value.columns or ()) if value.rest is None else None
                return Raw(index, (name,), call, need.pop(name), header, "typed", _feeds(plan, index))
            if isinstance(value, Dataset):
                return Raw(index, (name,), call, need.pop(name), None, "frame" if value.frame else "bunch")
        case ast.Assign(targets=[ast.Tuple(elts=[ast.Name(id=name), ast.Name(id=other)])], value=ast.Call() as call):
            if isinstance(rows.values.get(call), Parts) and shapes.called_name(call).startswith(
                ("make_", "load_", "fetch_")
            ):
                if other in need:
                    where = plan.flow.program.statements[index].where
                    raise CannotReplay(where, "the model's input needs the target")
                need.pop(name)
                return Raw(index, (name, other), call, Columns(all_but=frozenset({TARGET})), None, "pair")
        case _:
            pass
    return None


def _is_made_array(rows: Provenance, index: int, node: ast.expr) -> bool:
    value = rows.values.get(node)
    return isinstance(value, Rows) and value.source == index and value.shape == "array"


def _refuse_partial_read(plan: Plan, index: int, call: ast.Call) -> None:
    """Refuse a read that leaves out lines, and dates whose format each file's first line tells."""
    given = {k.arg: k.value for k in call.keywords}
    lines = given.get("skiprows")
    where = plan.flow.program.statements[index].where
    if set(given) & {"nrows", "skipfooter", "chunksize", "iterator"} or not (
        lines is None or isinstance(lines, ast.Constant)
    ):
        raise CannotReplay(where, "the read leaves out lines of the file")
    if "parse_dates" in given and "date_format" not in given and not _is_false(given["parse_dates"]):
        raise CannotReplay(where, "the dates' format is told by each file's first line; give `date_format`")


def _feeds(plan: Plan, index: int) -> tuple[int, ...]:
    """The statements that hold the values of a table typed into the notebook."""
    found: set[int] = set()
    todo = [index]
    while todo:
        for use in plan.flow.uses[todo.pop()]:
            for definition in set(use.definitions) - found - {index}:
                counts = ":" not in use.name or use.name.startswith("rng:")
                if counts and use.name not in plan.module_level and definition in plan.train:
                    found.add(definition)
                    todo.append(definition)
    _refuse_unseeded(plan, index, found | {index})
    return tuple(sorted(found))


def _refuse_unseeded(plan: Plan, index: int, made_by: set[int]) -> None:
    """Rows that are drawn anew each time are not those that the notebook predicted."""
    effects = plan.flow.effects
    drawn = {name for i in made_by for name in effects[i].reads if name.startswith("rng:")}
    seeded = {name for i in made_by for name in effects[i].binds}
    anew = any(
        isinstance(call.func, ast.Name | ast.Attribute)
        and shapes.called_name(call) in GENERATORS
        and not call.args
        and not call.keywords
        for i in made_by
        for call in shapes.calls(plan.flow.program.statements[i].node)
    )
    if drawn - seeded or anew:
        raise CannotReplay(plan.flow.program.statements[index].where, "the rows are drawn without a seed")


def _is_false(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and node.value is False
