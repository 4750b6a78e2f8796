"""Predict a file of any size: it is read in chunks, and what is written equals the prediction of the whole."""

from __future__ import annotations

import argparse
import contextlib
import inspect
import sys
import tempfile
import time
from importlib import import_module
from pathlib import Path
from typing import Any, Callable, Iterable, Iterator, Optional, Tuple

import joblib
import numpy as np
import pandas as pd

from example_project import data, models
from example_project.errors import DataError
from example_project.predict import answers

ROWS = 50_000
WIDTH = 30  # of the progress bar
_PACKED = {".gz", ".bz2", ".zip", ".xz", ".zst", ".tar"}
Chunk = Tuple[pd.DataFrame, Optional[float]]  # and the share of the file that has been read with it


def add(parser: argparse.ArgumentParser) -> None:
    """Add what can be said about large files to the command `predict`."""
    parser.add_argument("--chunk", metavar="ROWS", type=int, default=ROWS, help="rows at a time (default: %(default)s)")
    parser.add_argument("--engine", choices=("here", "dask"), default="here", help="where it runs (default: here)")
    parser.add_argument("--address", help="of a Dask scheduler (default: two processes on this machine)")


def predict(source: Path, target: Path, options: argparse.Namespace) -> tuple[int, int]:
    """Predict every row of `source` into `target`, CSV or parquet; gives the numbers of rows and of empty ones."""
    if options.chunk < 1:
        raise DataError("--chunk must be at least 1")
    with tempfile.TemporaryDirectory(prefix="predict-") as folder:
        parts = Parts(Path(folder))
        chunks = _counted(shown(read(source, options.chunk)))
        if options.engine == "dask":
            made = import_module("example_project.operate.cluster").mapped(_answered, chunks, options.address)
        else:
            made = (_answered(*chunk) for chunk in chunks)
        for table in made:
            parts.add(table)
        if not parts.kinds:
            parts.add(answers(_whole(source)))
        parts.write(target)
        return parts.rows, parts.empty


def read(source: Path, rows: int) -> Iterator[Chunk]:
    """The file in chunks, each as the notebook reads its data."""
    reader: Any = data.read
    if source.suffix in {".parquet", ".pq"}:
        yield from _parquet(source, rows)
    elif "how" not in inspect.signature(reader).parameters:
        print("the notebook's own way of reading knows no chunks: the file is read at once", file=sys.stderr)
        yield _whole(source), 1.0
    elif source.suffix in _PACKED:
        for frame in reader(source, dtype=models.load().schema.text, chunksize=rows):
            yield frame, None
    else:
        size = max(source.stat().st_size, 1)
        with source.open("rb") as file:
            for frame in reader(file, dtype=models.load().schema.text, chunksize=rows):
                yield frame, file.tell() / size


def _parquet(source: Path, rows: int) -> Iterator[Chunk]:
    try:
        pyarrow, parquet = import_module("pyarrow"), import_module("pyarrow.parquet")
    except ModuleNotFoundError:
        raise DataError("parquet needs pyarrow: pip install pyarrow") from None
    file, done = parquet.ParquetFile(source), 0
    for batch in file.iter_batches(batch_size=rows):
        done += batch.num_rows
        yield pyarrow.Table.from_batches([batch]).to_pandas(), done / max(file.metadata.num_rows, 1)


def _whole(source: Path) -> pd.DataFrame:
    frame: pd.DataFrame = import_module("example_project.__main__").read(source)
    return frame


def _counted(frames: Iterable[pd.DataFrame]) -> Iterator[tuple[pd.DataFrame, int]]:
    """Each with the number of rows before it."""
    before = 0
    for frame in frames:
        yield frame, before
        before += len(frame)


def _answered(frame: pd.DataFrame, before: int) -> pd.DataFrame:
    """The answers of a chunk; an error counts its rows from the beginning of the file."""
    try:
        return answers(frame)
    except DataError as error:
        where = f" (counted from row {before} of the file)" if before else ""
        raise DataError(f"{error}{where}", row=error.row, column=error.column) from error


class Parts:
    """The answers chunk by chunk, on the disk until all are known: a column's type is that of all its chunks."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.kinds: list[pd.Series] = []
        self.rows = self.empty = 0

    def add(self, table: pd.DataFrame) -> None:
        """Keep the next ones."""
        joblib.dump(table.reset_index(drop=True), self._path(len(self.kinds)))
        self.kinds.append(table.dtypes)
        self.rows += len(table)
        self.empty += int(table["prediction"].isna().sum())

    def write(self, target: Path) -> None:
        """All of them as one file."""
        columns = max((list(kinds.index) for kinds in self.kinds), key=len)
        common = {name: _common([kinds[name] for kinds in self.kinds if name in kinds.index]) for name in columns}
        tables = (
            joblib.load(self._path(number)).reindex(columns=columns).astype(common) for number in range(len(self.kinds))
        )
        write = _write_parquet if target.suffix in {".parquet", ".pq"} else _write_csv
        write(tables, target)

    def _path(self, number: int) -> Path:
        return self._folder / f"{number}.joblib"


def _common(kinds: list[Any]) -> Any:
    """The type that the column has where everything is predicted at once."""
    different = list(dict.fromkeys(kinds))
    if len(different) == 1:
        return different[0]
    if all(isinstance(kind, np.dtype) and kind.kind in "iuf" for kind in different):
        return np.result_type(*different)
    return np.dtype(object)


def _write_csv(tables: Iterable[pd.DataFrame], target: Path) -> None:
    with target.open("w", encoding="utf-8", newline="") as file:
        for number, table in enumerate(tables):
            table.to_csv(file, index=False, header=number == 0)


def _write_parquet(tables: Iterable[pd.DataFrame], target: Path) -> None:
    pyarrow, parquet = import_module("pyarrow"), import_module("pyarrow.parquet")
    with contextlib.ExitStack() as stack:
        writer = None
        for table in tables:
            rows = pyarrow.Table.from_pandas(table, schema=writer.schema if writer else None, preserve_index=False)
            writer = writer or stack.enter_context(parquet.ParquetWriter(target, rows.schema))
            writer.write_table(rows)


def shown(chunks: Iterable[Chunk], clock: Callable[[], float] = time.monotonic) -> Iterator[pd.DataFrame]:
    """The frames of the chunks; on a terminal, a bar shows how far they are."""
    rows, started, bar = 0, clock(), sys.stderr.isatty()
    for frame, share in chunks:
        yield frame
        rows += len(frame)
        if bar:
            filled = "?" * WIDTH if share is None else "#" * int(share * WIDTH)
            speed = rows / max(clock() - started, 1e-9)
            print(f"\r[{filled:.<{WIDTH}}] {rows:,} rows, {speed:,.0f} a second", end="", file=sys.stderr, flush=True)
    if bar and rows:
        print(file=sys.stderr)
