"""What the rules about hidden state mend: lost imports, and cells that stand in the wrong place."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from nb2prod.lint.choice import choose
from nb2prod.lint.diagnostic import Unread
from nb2prod.lint.mend import mend
from nb2prod.notebook import Notebook

RULES = choose(["HS"])


def _mended(text: str, *, unsafe: bool = False) -> list[tuple[int | None, str]]:
    """Mend a notebook in the notation of examples; counts and sources as they are then."""
    cells: list[dict[str, Any]] = [
        {"cell_type": "code", "source": each.source, "execution_count": each.run, "outputs": [], "metadata": {}}
        for each in Notebook.from_prompts(text).cells
    ]
    content = json.dumps({"nbformat": 4, "nbformat_minor": 4, "metadata": {}, "cells": cells}, indent=1)
    done = mend(Path("a.ipynb"), content.encode(), RULES, unsafe=unsafe)
    assert not isinstance(done, Unread)
    return [(each["execution_count"], "".join(each["source"])) for each in json.loads(done.now.content)["cells"]]


ROWS = "# In [1]:\nrows = [1, 2]\n"


@pytest.mark.parametrize(
    ("text", "mended"),
    [
        pytest.param(
            "# In [1]:\nimport pandas as pd\n# In [2]:\nx = np.log(pd.NA)\n",
            [(1, "import pandas as pd\nimport numpy as np"), (2, "x = np.log(pd.NA)")],
            id="a lost import",
        ),
        pytest.param(
            "# In [1]:\nprint(math.pi)\n# In [2]:\nimport math\n",
            [(1, "import math\nprint(math.pi)"), (2, "import math")],
            id="an import that comes too late",
        ),
        pytest.param(
            f"{ROWS}# In [3]:\nprint(total)\n# In [2]:\ntotal = sum(rows)\n",
            [(1, "rows = [1, 2]"), (2, "total = sum(rows)"), (3, "print(total)")],
            id="a cell that comes too late",
        ),
        pytest.param(
            f"{ROWS}# In [3]:\nprint(rows)\n# In [2]:\nrows = sorted(rows)\n",
            [(1, "rows = [1, 2]"), (2, "rows = sorted(rows)"), (3, "print(rows)")],
            id="a cell that changes what was read",
        ),
        pytest.param(
            f"{ROWS}# In [3]:\nrows = sorted(rows)\n# In [2]:\nprint(rows)\n",
            [(1, "rows = [1, 2]"), (2, "print(rows)"), (3, "rows = sorted(rows)")],
            id="a cell that read before the change",
        ),
    ],
)
def test_what_is_mended(text: str, mended: list[tuple[int | None, str]]) -> None:
    assert _mended(text) == mended


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("# In [1]:\nprint(stats)\n", id="an import that may be another"),
        pytest.param("# In [1]:\nx = time() - time()\n", id="a module that is called"),
        pytest.param("# In [1]:\nprint(total)\n# In [2]:\ntotal = 3\n", id="a cell that ran later"),
        pytest.param(
            f"{ROWS}# In [3]:\nprint(total)\n# In [4]:\nrows.append(3)\n# In [2]:\ntotal = sum(rows)\n",
            id="a cell that would see something else",
        ),
        pytest.param(
            f"{ROWS}# In [4]:\nprint(total)\n# In [2]:\nprint(rows)\n# In [3]:\ntotal = rows.pop()\n",
            id="a cell that would change what others see",
        ),
        pytest.param(
            "# In [3]:\nprint(total)\n# In [1]:\ntotal = 3\n# In [2]:\ntotal = total * 2\n",
            id="a cell of which another version was read",
        ),
        pytest.param(
            f"{ROWS}# In [3]:\nprint(total, mean)\n# In [2]:\ntotal = sum(rows)\n# In [4]:\nmean = 3\n",
            id="two cells that come too late",
        ),
        pytest.param(
            "# In [2]:\nprint(total)\n# In [1]:\ntotal = 3\n# In [3]:\nx =\n", id="a cell that does not parse"
        ),
    ],
)
def test_what_is_left_alone(text: str) -> None:
    before = [(each.run, each.source) for each in Notebook.from_prompts(text).cells]
    assert _mended(text) == before


def test_a_cell_that_ran_later_is_moved_on_request() -> None:
    text = "# In [1]:\nprint(total)\n# In [2]:\ntotal = 3\n"
    assert _mended(text, unsafe=True) == [(2, "total = 3"), (1, "print(total)")]
