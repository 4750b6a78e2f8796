"""Arrays that the notebook itself makes: the raw rows where no model is fitted on what is read from a file."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from nb2prod.rows.interpreter import provenance
from nb2prod.rows.kinds import NO_COLUMNS, Fixed, Learned, Rows

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from nb2prod.plan.plan import Plan
    from nb2prod.rows.interpreter import Provenance
    from nb2prod.rows.kinds import Value

_MOST = 8  # arrays that are tried


def with_arrays(
    plan: Plan,
    rows: Provenance,
    headers: Mapping[ast.Call, tuple[str, ...] | None],
    numbers: Mapping[ast.Call, frozenset[str]],
) -> Iterator[Provenance]:
    """Provenance with one array of the notebook taken for raw rows, for each that may be, in their order."""
    if any(isinstance(fit.value.inputs, Rows) for fit in rows.fits):
        return
    tried = 0
    for index in plan.train:
        name = _made(plan.flow.program.statements[index].node, rows, index)
        if name is not None and tried < _MOST:
            tried += 1
            yield provenance(plan.flow, headers, numbers, {index: name})


def _made(node: ast.stmt, rows: Provenance, index: int) -> str | None:
    """The name of an array that a statement makes of nothing that is read."""
    match node:
        case ast.Assign(targets=[ast.Name(id=name)], value=ast.Call() | ast.BinOp() | ast.Subscript() as value):
            return name if _is_array(value, rows.after[index].get(name), rows) else None
        case _:
            return None


def _is_array(node: ast.expr, value: Value | None, rows: Provenance) -> bool:
    """Whether it is made by numpy, in a form that may hold many rows."""
    match value:
        case Fixed(made=str(made), constant=_, estimator=None):
            return made.startswith("numpy.") or _by_numpy(node, rows)
        case Fixed(elements=tuple(), estimator=None):
            return _by_numpy(node, rows)
        case Learned(source=None, depends=depends, size="many", estimator=None):
            return depends == NO_COLUMNS and _by_numpy(node, rows)
        case _:
            return False


def _by_numpy(node: ast.expr, rows: Provenance) -> bool:
    """Whether a function of numpy, or a generator that it made, is called in the expression."""
    for call in ast.walk(node):
        if isinstance(call, ast.Call) and isinstance(call.func, ast.Attribute):
            for part in (call.func, call.func.value):
                known = rows.values.get(part)
                if isinstance(known, Fixed) and (known.dotted or known.made or "").startswith("numpy"):
                    return True
    return False
