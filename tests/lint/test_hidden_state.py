"""What one rule about hidden state reports is no matter of the others."""

from __future__ import annotations

import pytest

from nb2prod.lint.rule import discover
from nb2prod.lint.run import lint
from nb2prod.notebook import Notebook

RULES = [rule for rule, _ in discover() if rule.code.startswith("HS")]


def _found(text: str) -> list[str]:
    return [rule.name for rule, _ in lint(Notebook.from_prompts(text), RULES)]


@pytest.mark.parametrize(
    ("text", "rules"),
    [
        ("# In [1]:\ndisplay(In, Out, _, __)\n", ["hidden-input"] * 4),
        ("# In [1]:\nprint(_3)\n", ["hidden-input"]),
        ("# In [1]:\n%run prepare.py\n# In [2]:\nprint(prepared)\n", ["hidden-input"]),
        # counts of several sessions say nothing about order
        ("# In [1]:\nx = 1\n# In [3]:\nprint(x)\n# In [2]:\nx = 2\n# In [2]:\nprint(x)\n", ["mixed-sessions"]),
        ("# In [8]:\nx = 1\n# In [2]:\nx\n# Out:\n# 1\n# In [2]:\nx\n# Out:\n# 1\n", ["mixed-sessions"]),
        # a cell that was not run is no matter of order
        ("# In [1]:\nx = 1\n# In [ ]:\nx = 2\n# In [2]:\nprint(x)\n", ["unexecuted-cell"]),
        # what was shown is explained by the order
        ("# In [1]:\nx = 1\n# In [3]:\nx\n# Out:\n# 2\n# In [2]:\nx = 2\n", ["run-order-changes-value"]),
        # one cause, one finding: what changes itself again is not reported as a change across cells, too
        ("# In [1]:\nx = [1]\n# In [2]:\nprint(x)\n# In [3]:\nx.append(2)\n", ["not-idempotent-rerun"]),
    ],
)
def test_one_cause_is_reported_by_one_rule(text: str, rules: list[str]) -> None:
    assert _found(text) == rules
