"""The project answers as the notebook did, for the rows that `nb2prod verify` kept."""

from __future__ import annotations

import io
from pathlib import Path

import pandas as pd
import pytest

from example_project import predict
from example_project.__main__ import read

GOLDEN = Path(__file__).resolve().with_name("golden")


def test_the_notebooks_own_answers(trained: Path) -> None:
    if not GOLDEN.is_dir():
        pytest.skip("NOT TESTED: no golden rows yet; `nb2prod verify` keeps some when it has proven the project")
    answers = predict.answers(read(GOLDEN / "rows.csv"))
    expected = pd.read_csv(GOLDEN / "answers.csv")
    found = pd.read_csv(io.StringIO(answers.to_csv(index=False)))
    pd.testing.assert_frame_equal(found, expected, rtol=1e-6)
