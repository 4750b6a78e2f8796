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


BELOW = "# In [4]:\nprint(rain)\n# In [1]:\nrain = ['1']\n# In [2]:\nrain[0] = 1\n"


@pytest.mark.parametrize(
    ("made", "is_made_anew"),
    [
        ("try:\n    with open('a') as f:\n        rain = f.read()\nexcept OSError:\n    print('no')", True),
        ("try:\n    rain = load()\nexcept OSError:\n    print('no')", True),
        ("try:\n    print(1)\nexcept OSError:\n    rain = None", False),
        ("try:\n    if load():\n        rain = 1\nexcept OSError:\n    print('no')", False),
        ("if load():\n    rain = 1", False),
    ],
)
def test_what_a_try_makes_is_made_anew(made: str, is_made_anew: bool) -> None:  # noqa: FBT001 - a table
    text = f"# In [0]:\ndef load(): return 1\n# In [3]:\n{made}\n{BELOW}"
    assert ("run-order-changes-value" not in _found(text)) == is_made_anew


@pytest.mark.parametrize(
    ("above", "rules"), [("from sympy import *\n x", []), ("import sympy\n x", ["read-of-undefined"])]
)
def test_a_star_import_in_a_cell_that_does_not_parse_may_make_any_name(above: str, rules: list[str]) -> None:
    assert _found(f"# In [1]:\n{above}\n# In [2]:\nprint(sin(1))\n") == rules


ROWS = "# In [1]:\nrows = [1, 2]\n"


@pytest.mark.parametrize(
    ("text", "severity", "message"),
    [
        # an error comes in any case where only `raise` reads the name
        ("# In [1]:\ndef f(): raise Lost()\n# In [2]:\nf()\n", "warning", "reads `Lost`, which nothing"),
        ("# In [1]:\ndef f(): raise Lost()\n# In [2]:\nf(), Lost\n", "error", "reads `Lost`, which nothing"),
        # which methods run is not known
        ("# In [1]:\nclass A:\n    def f(self): return lost\n# In [2]:\nA()\n", "warning", "reads `lost`"),
        ("# In [1]:\nclass A:\n    def f(self): return lost\n# In [2]:\nA(), lost\n", "error", "reads `lost`"),
        # run twice: In [2] is free, and the cell below ran before it ran again
        (f"{ROWS}# In [4]:\nrows.append(3)\n# In [3]:\nprint(rows)\n", "error", "it did run twice: In [2] is missing"),
        (f"{ROWS}# In [3]:\nrows.append(3)\n# In [2]:\nprint(1)\n", "info", "cell 1 [In 3] adds the same again"),
        (
            f"{ROWS}# In [3]:\nrows.append(3)\n# In [4]:\nprint(rows)\n",
            "info",
            "when it is run again: `rows.append(3)`",
        ),
        ("# In [3]:\nrows = [1]\n# In [5]:\nrows.append(3)\n# In [4]:\nprint(1)\n", "info", "cell 1 [In 5]"),
        (
            f"{ROWS}# In [5]:\nrows.append(3)\n# In [6]:\nprint(1)\n# In [7]:\nprint(2)\n",
            "warning",
            "it may have: before cell 1 [In 5] as many counts are missing as cells were run from there on",
        ),
        (
            f"{ROWS}# In [4]:\nrows.append(3)\n# In [6]:\nprint(1)\n# In [7]:\nprint(2)\n",
            "info",
            "when it is run again: `rows.append(3)`",
        ),
        (f"{ROWS}# In [4]:\nrows.append(3)\n# In [5]:\nprint(1)\n", "info", "when it is run again"),
        (
            "# In [1]:\nfor a in open('a'):\n    b = 1\nprint(b)\n",
            "info",
            "the same cell does not make when its loop has",
        ),
        (
            "# In [1]:\nif open('a'):\n    b = 1\n# In [2]:\nprint(b)\n",
            "warning",
            "cell 0 [In 1] does not make unless its",
        ),
        (
            "# In [1]:\na = open('a')\nif a == 1:\n    b = 1\nelif a == 2:\n    b = 2\nprint(b)\n",
            "info",
            "the same cell does not make unless its condition holds",
        ),
        ("# In [1]:\nprint(a)\n# In [2]:\na = 1\n", "error", "reads `a`, which only cell 1 [In 2] below it makes"),
        ("# In [1]:\nprint(a)\na = 1\n", "error", "reads `a`, which the same cell makes only further down"),
        ("# In [1]:\nprint(np)\n", "error", "reads `np`, which nothing in the notebook makes: `import numpy as np` is"),
        ("# In [1]:\nprint(tqdm)\n", "error", "`from tqdm import tqdm` is lost"),
        ("# In [3]:\nprint(a)\n", "error", "a cell that is gone may have made it (In [1] and In [2] are missing)"),
        ("# In [2]:\nprint(a, b)\n", "error", "reads `a` and `b`, which nothing in the notebook makes; a cell that is"),
        ("# In [9]:\nprint(a)\n", "error", "8 counts below 9 are missing"),
        ("# In [1]:\nprint(a)\n", "error", "cell 0 [In 1] reads `a`, which nothing in the notebook makes"),
        ("# In [1]:\na = 1\ndel a\nprint(a)\n", "error", "reads `a`, which the same cell above it deletes"),
        (f"{ROWS}# In [2]:\ndel rows\n# In [3]:\nprint(rows)\n", "error", "which cell 1 [In 2] above it deletes"),
        (
            f"{ROWS}# In [ ]:\nrows = [3]\n# In [2]:\nprint(rows)\n",
            "warning",
            "it changes `rows`, which cell 2 [In 2] reads",
        ),
        (f"{ROWS}# In [ ]:\na = 3\n# In [2]:\nprint(rows)\n", "info", "cell 1 was not run, but cells below it were"),
        (
            f"{ROWS}# In [ ]:\na = 3\n# In [ ]:\nb = 3\n# In [2]:\nprint(1)\n",
            "info",
            "cell 1 was not run, but cells below it were, and neither were 1 more",
        ),
        (
            f"{ROWS}# In [3]:\nprint(rows)\n# In [2]:\nrows = [3]\n",
            "error",
            "read `rows` as cell 2 [In 2] below it left it",
        ),
        (f"{ROWS}# In [3]:\nrows = [3]\n# In [2]:\nprint(rows)\n", "error", "before cell 1 [In 3] above it set it"),
        (
            "# In [2]:\nrows = [1]\n# In [1]:\nrows = [2]\n# In [3]:\nprint(rows)\n",
            "error",
            "cell 2 [In 3] read `rows` as another cell left it after cell 1 [In 1] ran; from top to bottom cell 1 [In",
        ),
        ("# In [1]:\na = input()\n", "warning", "cell 0 [In 1] asks a person (`input`)"),
        ("# In [1]:\ndef ask():\n    return input()\n", "info", "asks a person"),
        ("# In [1]:\n%run a.py\n", "info", "runs another file (`%run`)"),
        (f"{ROWS}# In [5]:\nrows = [3]\n# In [2]:\nsum(rows)\n# Out:\n# 3\n", "error", "read `rows` before cell 1"),
        (
            f"{ROWS}# In [5]:\na = rows[0]\n# In [3]:\na\n# Out:\n# 1\n",
            "info",
            "before cell 1 [In 5] was run again, and reads",
        ),
    ],
)
def test_severity_and_evidence(text: str, severity: str, message: str) -> None:
    found = lint(Notebook.from_prompts(text), RULES)
    said = [(each.severity or rule.severity, each.message) for rule, each in found]
    assert len(said) == 1, said
    assert said[0][0] == severity
    assert message in said[0][1]
