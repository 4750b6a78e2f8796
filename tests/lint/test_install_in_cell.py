"""The message names the version that the cell's own output tells."""

import pytest

from nb2prod.lint.rule import Context
from nb2prod.lint.rules.install_in_cell import RULE
from nb2prod.notebook import Notebook
from nb2prod.program import parse


@pytest.mark.parametrize(
    ("line", "shown"),
    [
        ("Successfully installed numpy-1.26.4 scikit-learn-1.3.2 scipy-1.11.4", "`scikit-learn==1.3.2`, as"),
        ("Requirement already satisfied: scikit_learn in /usr/lib (1.3.2)", "`scikit-learn==1.3.2`, as"),
        ("Requirement already satisfied: scikit-learn==1.3.2 in /usr/lib (1.3.2)", "`scikit-learn==1.3.2`, as"),
        ("Requirement already satisfied: numpy>=1.17 in /usr/lib (from scikit-learn) (1.26.4)", "`scikit-learn==…`"),
        ("Collecting scikit-learn", "`scikit-learn==…`"),
    ],
)
def test_the_version_in_the_output(line: str, shown: str) -> None:
    text = f"# In [1]:\n!pip install scikit-learn\n# Printed:\n# {line}\n"
    (found,) = RULE.check(Context(parse(Notebook.from_prompts(text))))
    assert shown in found.message
