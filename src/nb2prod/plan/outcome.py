"""Whether training can be converted, and if not: the statement in the way, and what would help."""

from __future__ import annotations

import ast
import builtins
from typing import TYPE_CHECKING

from nb2prod import order
from nb2prod.conversion import Outcome
from nb2prod.dataflow import analyse
from nb2prod.plan.roles import Role, roles
from nb2prod.problems import Refusal

if TYPE_CHECKING:
    from nb2prod.dataflow import Dataflow

USUAL_IMPORTS = {
    "np": "import numpy as np",
    "pd": "import pandas as pd",
    "plt": "import matplotlib.pyplot as plt",
    "sns": "import seaborn as sns",
    "tf": "import tensorflow as tf",
    "sm": "import statsmodels.api as sm",
    "px": "import plotly.express as px",
    "nn": "from torch import nn",
    **{name: f"import {name}" for name in ("numpy", "pandas", "torch", "os", "re", "math", "json", "random", "time")},
}
_MEND = "Mend the cell so that the notebook runs from top to bottom as a script would"


def train_outcome(flow: Dataflow, found: tuple[Role, ...]) -> Outcome:
    """Refuse training where a statement that it needs cannot run outside the notebook."""
    for statement in flow.program.statements:
        role = found[statement.index]
        if role.blocks:
            return Outcome(status="refused", refusal=Refusal(statement.where, role.reason or "", _way_out(flow)))
    return Outcome(status="ok")


def _way_out(flow: Dataflow) -> str:
    """The imports that are lost, and the other order, where these are all that is in the way."""
    lost = _lost_imports(flow)
    add = f"Add {' and '.join(f'`{USUAL_IMPORTS[name]}`' for name in sorted(lost))} to the first cell"
    if lost and _runs(flow, lost):
        return f"{add}, then convert again"
    ran = order.as_run(flow.program)
    if ran.statements and order.differs(flow.program) and _runs(analyse(ran), lost):
        follow = "with `--order recorded`, which follows the order in which the cells were run"
        return f"{add}, and convert {follow}" if lost else f"Convert {follow}"
    return f"{add}. {_MEND}, then convert again" if lost else f"{_MEND}, then convert again"


def _runs(flow: Dataflow, assumed: frozenset[str]) -> bool:
    return not any(role.blocks for role in roles(flow, assumed))


def _lost_imports(flow: Dataflow) -> frozenset[str]:
    """Names of usual imports that the notebook reads and nowhere binds."""
    bound = {name for effects in flow.effects for name in effects.binds}
    read = {
        node.id
        for statement in flow.program.statements
        for node in ast.walk(statement.node)
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load)
    }
    return frozenset((read & USUAL_IMPORTS.keys()) - bound - set(dir(builtins)))
