"""Headings as text."""

from __future__ import annotations

import pytest

from nb2prod.plan.titles import _plain

HEADINGS = {
    "# Load the data": "Load the data",
    "## 2. Cleaning": "Cleaning",
    "### 1.2) Cleaning": "Cleaning",
    "## <b> 3. Random Forest </b>": "Random Forest",
    "## <a id='top'></a>Fit": "Fit",
    "# **Bold** and _it_ with `code`": "Bold and it with `code`",
    "## [Link](http://x) to it:": "Link to it",
    "## snake_case stays": "snake_case stays",
    "# 2023 - sales": "2023 - sales",
    "#": "",
    "## 10 things": "10 things",
}


@pytest.mark.parametrize(("line", "expected"), HEADINGS.items(), ids=HEADINGS.keys())
def test_plain(line: str, expected: str) -> None:
    assert _plain(line) == expected
