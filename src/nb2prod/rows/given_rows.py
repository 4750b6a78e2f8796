"""Models that are given their rows where they are made, as statsmodels' are: `sm.OLS(y, sm.add_constant(X)).fit()`."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from nb2prod.rows import expressions, met
from nb2prod.rows.arguments import constant
from nb2prod.rows.given import keyword
from nb2prod.rows.kinds import NO_COLUMNS, Fixed, Learned, Rows, Unknown, Value
from nb2prod.rows.knowledge import statsmodels as sm_table
from nb2prod.rows.special import WithConstant

if TYPE_CHECKING:
    import ast

    from nb2prod.rows.interpreter import State


def function_of_statsmodels(node: ast.Call, name: str, state: State) -> Value | None:
    """What `sm.add_constant(X)` or `sm.OLS(y, X)` gives; None for everything else of statsmodels."""
    if name == "add_constant":
        return _with_constant(node, state)
    if name not in sm_table.MODELS:
        return None
    answer, given = keyword(node, "endog", 0), keyword(node, "exog", 1)
    if answer is None or given is None:
        return None
    target, rows = expressions.value_of(answer, state), expressions.value_of(given, state)
    unknown = next((v for v in (rows, target) if isinstance(v, Unknown)), None)
    if unknown is not None:
        return unknown
    if not isinstance(rows, Rows):
        return None
    depends = rows.depends | (target.depends if isinstance(target, Rows | Learned) else NO_COLUMNS)
    return Learned(state.where(node), rows.source, depends, name, inputs=rows, target=target)


def fitted_by_itself(node: ast.Call, owner: Learned, method: str, state: State) -> Value | None:
    """`model.fit()` of such a model; None where it is none."""
    if owner.estimator not in sm_table.MODELS or method not in sm_table.FITS:
        return None
    fitted = replace(owner, where=state.where(node))
    met.fit(node, fitted, state)
    return fitted


def _with_constant(node: ast.Call, state: State) -> Value | None:
    data = keyword(node, "data", 0)
    given = expressions.value_of(data, state) if data is not None else Fixed()
    if data is None or not isinstance(given, Rows):
        return given if isinstance(given, Unknown) else None
    prepended = constant(keyword(node, "prepend", 1), state)
    if prepended not in (None, True, False):
        return state.unknown(node, "where the constant is put is not known")
    state.specials[node] = WithConstant(node, data)
    plain = replace(given, columns=None, rest=None, unnamed=None, key=None, label=None, view=False, leading=0)
    if given.shape == "array":
        return plain
    if given.shape == "series" or given.columns is None or given.unnamed is not None:
        return replace(plain, shape="frame")
    # whether there is one is not known, so that no column has its place for certain
    return replace(plain, columns=(*given.columns, ("const", NO_COLUMNS)), rest=given.rest or NO_COLUMNS)
