from __future__ import annotations

import json
import subprocess
from datetime import date
from typing import TYPE_CHECKING

import pytest

from nb2prod import requirements
from nb2prod.notebook import Notebook, read
from nb2prod.program import parse
from nb2prod.requirements import bounds, dates, shown

if TYPE_CHECKING:
    from pathlib import Path

    from nb2prod.requirements import Requirements


def resolved(prompts: str, python: str | None = "3.9.1") -> Requirements:
    notebook = Notebook.from_prompts(prompts)
    return requirements.resolve(parse(Notebook(cells=notebook.cells, python=python)))


@pytest.mark.parametrize(
    ("prompts", "expected"),
    [
        ("# In [1]:\nimport pandas as pd\npd.__version__\n# Out:\n# '1.1.5'\n", {"pandas": "1.1.5"}),
        (
            (
                "# In [1]:\nimport pandas as pd, sklearn\nprint(pd.__version__, sklearn.__version__)\n"
                "# Printed:\n# 1.1.5 0.24.2\n"
            ),
            {"pandas": "1.1.5", "scikit-learn": "0.24.2"},
        ),
        ("# In [1]:\nimport pandas as pd\nprint(pd.__version__, x)\n# Printed:\n# 1.1.5 0.24.2\n", {}),
        (
            "# In [1]:\n!pip install plotnine\n# Printed:\n# Successfully installed mizani-0.7.2 plotnine-0.8.0\n",
            {"mizani": "0.7.2", "plotnine": "0.8.0"},
        ),
        (
            (
                "# In [1]:\n!pip install x\n# Printed:\n"
                "# Requirement already satisfied: scikit-learn>=0.20 in /usr/lib/site-packages (0.22.2.post1)\n"
            ),
            {"scikit-learn": "0.22.2.post1"},
        ),
        ("# In [1]:\n%watermark -iv\n# Printed:\n# numpy   : 1.19.2\n# cv2 4.5.1\n", {"numpy": "1.19.2"}),
        (
            "# In [1]:\n!pip freeze\n# Printed:\n# pandas==1.2.0\n# my-own==2.0.1\n",
            {"pandas": "1.2.0", "my-own": "2.0.1"},
        ),
        ("# In [1]:\nprint(x)\n# Printed:\n# numpy 1.19.2\n", {}),
    ],
)
def test_versions_are_read_from_outputs(prompts: str, expected: dict[str, str]) -> None:
    found = shown.find(parse(Notebook.from_prompts(prompts)))
    found = {name: each for name, each in found.items() if name in expected or not expected}
    assert {name: each.version for name, each in found.items()} == expected


def test_python_is_read_from_paths() -> None:
    prompts = "# In [1]:\n1\n# Error:\n# /usr/lib/python3.7/site-packages/a.py\n# E: x\n"
    assert shown.python(parse(Notebook.from_prompts(prompts))) == "3.7"


def test_a_shown_version_is_pinned_for_the_python_that_showed_it() -> None:
    prompts = "# In [1]:\nimport pandas as pd\npd.__version__\n# Out:\n# '1.1.5'\n"
    assert resolved(prompts).requirements[0].line == "pandas==1.1.5"
    assert resolved(prompts, python="3.6.1").requirements[0].line == "pandas"


def test_apis_bound_versions() -> None:
    found = resolved("# In [1]:\nimport pandas as pd\ndf = df.append(x)\ny = df.explode('a')\n")
    only = found.requirements[0]
    assert only.line == "pandas>=0.25.0,<2.0.0"
    assert "pandas.DataFrame.append (cell 0, line 2) was removed in 2.0.0" in (only.version_evidence or "")


def test_what_failed_or_is_tried_bounds_nothing() -> None:
    failed = "# In [1]:\nimport pandas as pd\ndf.ix[0]\n# Error:\n# AttributeError: ix\n"
    tried = "# In [1]:\nimport pandas as pd\ntry:\n    a = df.ix[0]\nexcept AttributeError:\n    a = df.loc[0]\n"
    for prompts in (failed, tried):
        assert bounds.find(parse(Notebook.from_prompts(prompts)), "3.11") == {}


def test_apis_that_no_version_has_together_are_said() -> None:
    code = "# In [1]:\nfrom sklearn.datasets import load_boston\nfrom sklearn.cluster import HDBSCAN\n"
    found = resolved(code)
    assert found.requirements[0].line == "scikit-learn>=1.3.0"
    assert any("No version has both" in note for note in found.notes)


def saved(folder: Path, metadata: dict[str, object]) -> Notebook:
    cell = {"cell_type": "code", "execution_count": 1, "metadata": metadata, "outputs": [], "source": "x = 1"}
    document = {"cells": [cell], "metadata": {}, "nbformat": 4, "nbformat_minor": 4}
    (folder / "a.ipynb").write_text(json.dumps(document), encoding="utf-8")
    return read(folder / "a.ipynb")


@pytest.mark.parametrize(
    ("metadata", "day"),
    [
        ({"ExecuteTime": {"end_time": "2019-03-04T10:11:12Z"}}, date(2019, 3, 4)),
        ({"executionInfo": {"timestamp": 1612345678901}}, date(2021, 2, 3)),
        ({"execution": {"iopub.execute_input": "2022-05-06T10:11:12.0Z"}}, date(2022, 5, 6)),
        ({"execution": {"iopub.execute_input": "2999-05-06T10:11:12.0Z"}}, None),
        ({}, None),
    ],
)
def test_the_metadata_has_the_date(tmp_path: Path, metadata: dict[str, object], day: date | None) -> None:
    found = dates.find(saved(tmp_path, metadata), "auto")
    assert (found.day if found else None) == day


def test_git_has_the_date(tmp_path: Path) -> None:
    notebook = saved(tmp_path, {})
    with pytest.raises(dates.NoDateError, match="git does not tell"):
        dates.find(notebook, "git")
    settings = ["-c", "user.name=a", "-c", "user.email=a@b"]
    for words in (
        ["init", "-q"],
        ["add", "a.ipynb"],
        [*settings, "commit", "-qm", "a", "--date", "2018-07-08T01:02:03"],
    ):
        subprocess.run(["git", *words], cwd=tmp_path, check=True)  # noqa: S603, S607 - the user's git
    found = dates.find(notebook, "auto")
    assert found is not None
    assert (found.day, found.evidence) == (date(2018, 7, 8), "the last commit to the notebook")
    (tmp_path / "a.ipynb").write_text("changed")
    assert dates.find(notebook, "auto") is None


def test_a_printed_summary_and_the_python_have_a_date() -> None:
    summary = Notebook.from_prompts("# In [1]:\nx\n# Printed:\n# Date:                Mon, 05 Apr 2021   Prob\n")
    assert dates.find(summary, "auto") == dates.Dated(date(2021, 4, 5), "the date in a printed summary")
    by_python = dates.find(Notebook(cells=(), python="3.7.3"), "auto")
    assert by_python is not None
    assert by_python.day.year == 2019


def test_a_date_before_the_wheels_of_a_python_is_moved() -> None:
    asked = dates.find(Notebook(cells=()), "2017-01-01")
    moved, note = dates.not_before_wheels(asked, "3.8")
    assert moved is not None
    assert moved.day == date(2020, 5, 31)
    assert note is not None
    assert dates.not_before_wheels(asked, "3.5") == (asked, None)


@pytest.mark.parametrize(
    ("code", "day", "python"),
    [
        ("import re", "2014-02-01", "3.7"),
        ("import re", "2021-04-18", "3.8"),
        ("import re", "2021-10-18", "3.9"),
        ("import re\n# Printed:\n# /usr/lib/python3.7/site-packages/x.py:1: UserWarning: y", "2021-10-18", "3.7"),
    ],
)
def test_a_notebook_that_does_not_say_has_the_python_of_its_day(code: str, day: str, python: str) -> None:
    program = parse(Notebook.from_prompts(f"# In [1]:\n{code}\n"))
    assert requirements.resolve(program, as_of=day).python == python


@pytest.mark.parametrize(
    ("python", "day"),
    [("3.8.3", date(2022, 4, 14)), ("3.12.1", date(2025, 9, 2)), (None, date(2025, 9, 2)), ("2.7.1", date(2025, 9, 2))],
)
def test_an_old_python_at_the_commit_tells_old_libraries(python: str | None, day: date) -> None:
    found = dates.of_commit(date(2025, 9, 2), python)
    assert found.day == day
    assert "the last commit to the notebook" in found.evidence


def test_no_date_is_told() -> None:
    with pytest.raises(dates.NoDateError, match="YYYY-MM-DD"):
        dates.find(Notebook(cells=()), "yesterday")
    assert dates.find(Notebook(cells=()), None) is None
