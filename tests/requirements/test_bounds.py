from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from nb2prod.notebook import read
from nb2prod.program import parse
from nb2prod.requirements import bounds

if TYPE_CHECKING:
    from pathlib import Path

    from nb2prod.program import Program

OBJECTS = (
    " #   Column  Non-Null Count  Dtype \n---  ------  --------------  ----- \n 0   name    9 non-null      object\n"
)
PLAIN = "Data columns (total 1 columns):\nname    9 non-null object\n"
TEXTS = OBJECTS.replace("object", "str")
OLD_MODEL = "LogisticRegression(C=1.0, class_weight=None, dual=False, fit_intercept=True,\n  warm_start=False)"


def program(folder: Path, code: str, text: str) -> Program:
    output = {"output_type": "execute_result", "execution_count": 1, "metadata": {}, "data": {"text/plain": text}}
    cell = {"cell_type": "code", "id": "a", "metadata": {}, "execution_count": 1, "outputs": [output], "source": code}
    content = {"cells": [cell], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}
    path = folder / "a.ipynb"
    path.write_text(json.dumps(content), encoding="utf-8")
    return parse(read(path))


@pytest.mark.parametrize(
    ("code", "text", "python", "expected"),
    [
        ("pd.read_csv('a').info()", OBJECTS, "3.11", {"pandas": ">=1.0.0,<3.0.0"}),
        ("pd.read_csv('a').info()", TEXTS, "3.11", {"pandas": ">=3.0.0"}),
        ("pd.read_csv('a').info()", TEXTS, "3.10", {"pandas": ">=1.0.0"}),
        ("pd.read_csv('a').info()", PLAIN, "3.7", {"pandas": "<1.0.0"}),
        ("pd.read_csv('a').info()", PLAIN, "3.9", {"pandas": "<3.0.0"}),
        ("pd.DataFrame(a).info()", OBJECTS, "3.11", {"pandas": ">=1.0.0"}),
        ("pd.get_dummies(a).info()", OBJECTS.replace("object", "uint8"), "3.8", {"pandas": ">=1.0.0,<2.0.0"}),
        ("pd.get_dummies(a, dtype='uint8').info()", OBJECTS.replace("object", "uint8"), "3.8", {"pandas": ">=1.0.0"}),
        ("df.a.sum(),", "(np.float64(1.5),)", "3.11", {"numpy": ">=2.0.0"}),
        ("import sklearn.svm", OLD_MODEL, "3.7", {"scikit-learn": "<0.23.0"}),
        ("import sklearn.svm", OLD_MODEL, "3.10", {}),
        ("import sklearn.svm\nset_config(print_changed_only=False)", OLD_MODEL, "3.7", {}),
        ("import sklearn.svm", "LinearRegression()", "3.7", {"scikit-learn": ">=0.23.0"}),
        ("df.head()", "   object\n0  np.nan", "3.11", {}),
    ],
)
def test_outputs_show_which_versions_gave_them(
    code: str, text: str, python: str, expected: dict[str, str], tmp_path: Path
) -> None:
    found = bounds.find(program(tmp_path, f"import pandas as pd\n{code}", text), python)
    assert {name: bound.specifier for name, bound in found.items()} == expected
    assert all("the output of cell 0 shows" in bound.evidence for bound in found.values())


def test_uses_and_outputs_bound_together(tmp_path: Path) -> None:
    code = "import pandas as pd\ndf = pd.read_csv('a')\ndf.iteritems()\ndf.info()"
    (bound,) = bounds.find(program(tmp_path, code, OBJECTS), "3.8").values()
    assert bound.specifier == ">=1.0.0,<2.0.0"
    assert "iteritems" in bound.evidence
    assert "info() with numbers" in bound.evidence


def test_outputs_that_contradict_the_uses_are_left_from_another_run(tmp_path: Path) -> None:
    code = "import pandas as pd\ndf = pd.read_csv('a')\ndf.ix[0]\ndf.info()"
    (bound,) = bounds.find(program(tmp_path, code, OBJECTS), "3.8").values()
    assert bound.specifier == "<1.0.0"
    assert "output" not in bound.evidence
