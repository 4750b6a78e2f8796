"""A file of any size: what is written in chunks, or by a cluster, is what is predicted at once."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest
from conftest import run

from example_project import data, predict
from example_project.__main__ import read
from example_project.operate import batches


@pytest.fixture(scope="module")
def source(trained: Path) -> Path:
    """The training data as a file that predict reads; where it has no file, as CSV."""
    path = getattr(__import__("example_project.settings").settings, "TRAINING_DATA", None)
    if path is None:
        path = Path("in.csv")
        data.load().to_csv(path, index=False)
    return Path(path)


@pytest.fixture(scope="module")
def whole(source: Path) -> pd.DataFrame:
    """What is predicted at once."""
    return predict.answers(read(source)).reset_index(drop=True)


def test_chunks_of_any_size_give_the_same_file(trained: Path, source: Path, whole: pd.DataFrame) -> None:
    whole.to_csv("whole.csv", index=False)
    expected = pd.read_csv("whole.csv")
    for rows in (7, len(whole), 2 * len(whole)):
        run("predict", trained, str(source), "--output", "out.csv", "--chunk", str(rows))
        pd.testing.assert_frame_equal(pd.read_csv("out.csv"), expected, rtol=1e-9)
    assert Path("out.csv").read_text(encoding="utf-8").splitlines()[0] == ",".join(whole.columns)


def test_a_cluster_of_two_workers_gives_the_same_file(trained: Path, source: Path, whole: pd.DataFrame) -> None:
    pytest.importorskip("distributed", reason="NOT TESTED: Dask is not installed")
    run("predict", trained, str(source), "--output", "out.csv", "--chunk", "11", "--engine", "dask")
    whole.to_csv("whole.csv", index=False)
    pd.testing.assert_frame_equal(pd.read_csv("out.csv"), pd.read_csv("whole.csv"), rtol=1e-9)


def test_parquet_in_and_out_gives_the_same(trained: Path, source: Path, whole: pd.DataFrame) -> None:
    pytest.importorskip("pyarrow", reason="NOT TESTED: pyarrow is not installed")
    frame = read(source)
    frame.to_parquet("in.parquet")
    run("predict", trained, "in.parquet", "--output", "out.parquet", "--chunk", "7")
    pd.testing.assert_frame_equal(pd.read_parquet("out.parquet"), whole, rtol=1e-9, check_dtype=False)


def test_a_column_has_the_type_that_all_its_chunks_need(tmp_path: Path) -> None:
    parts = batches.Parts(tmp_path)
    parts.add(pd.DataFrame({"prediction": [float("nan")]}))
    parts.add(pd.DataFrame({"prediction": [1, 2], "probability_1": [0.5, 1.0]}))
    parts.write(tmp_path / "out.csv")
    assert (parts.rows, parts.empty) == (3, 1)
    assert (tmp_path / "out.csv").read_text().splitlines() == ["prediction,probability_1", ",", "1.0,0.5", "2.0,1.0"]


def test_without_rows_there_is_a_header(trained: Path, source: Path) -> None:
    head = source.read_bytes().splitlines(keepends=True)[0]
    Path("empty.csv").write_bytes(head)
    run("predict", trained, "empty.csv", "--output", "out.csv")
    assert Path("out.csv").read_text(encoding="utf-8").splitlines() == ["prediction"]
