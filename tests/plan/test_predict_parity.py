"""Predict gives the notebook's own model input and prediction, in a batch and row by row, or is refused."""

from __future__ import annotations

import importlib.util
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from queue import SimpleQueue
from threading import Lock
from typing import TYPE_CHECKING

import pytest

from tests import parity

if TYPE_CHECKING:
    from collections.abc import Iterator

    from nb2prod.conversion import Outcome

CASES = tuple(
    (f"{path.stem}: {case.name}", case)
    for path in sorted((Path(__file__).parent.parent / "cases" / "parity").glob("*.md"))
    for case in parity.cases(path)
)
AT_ONCE = 2

Result = tuple["Outcome", list[str]]

pytestmark = pytest.mark.skipif(
    any(importlib.util.find_spec(name) is None for name in ("pandas", "sklearn", "joblib")),
    reason="PREDICT WAS NOT COMPARED: it needs pandas, scikit-learn and joblib (pip install --group dev)",
)


@pytest.fixture(scope="module")
def results(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[dict[str, Future[Result]]]:
    """What came of each case that was asked for; some run while others are being looked at."""
    folder = tmp_path_factory.mktemp("parity")
    converting = Lock()
    workers: SimpleQueue[parity.Worker] = SimpleQueue()
    for _ in range(AT_ONCE):
        workers.put(parity.Worker())

    def result(case: parity.Case, number: int) -> Result:
        with converting:
            made = parity.convert(case, folder / str(number))
        if made.conversion.train.status == "refused":
            return made.conversion.train, []
        if made.conversion.predict.status != "ok":
            return made.conversion.predict, []
        worker = workers.get()
        try:
            return made.conversion.predict, worker.differences(made)
        finally:
            workers.put(worker)

    given = [item.callspec.params.get("case") for item in request.session.items if hasattr(item, "callspec")]
    asked = [case for case in given if isinstance(case, parity.Case)]
    pool = ThreadPoolExecutor(AT_ONCE)
    yield {case.name: pool.submit(result, case, number) for number, case in enumerate(asked)}
    pool.shutdown(cancel_futures=True)
    for _ in range(AT_ONCE):
        workers.get().close()


@pytest.mark.parametrize("case", [case for _, case in CASES], ids=[name for name, _ in CASES])
def test_equal_or_refused(case: parity.Case, results: dict[str, Future[Result]]) -> None:
    outcome, differences = results[case.name].result()
    if case.status != "either":
        assert outcome.status == case.status, outcome.refusal
    assert differences == []


def test_names_are_told_apart() -> None:
    names = [case.name for _, case in CASES]
    assert len(set(names)) == len(names)


def test_a_wrong_project_is_noticed(tmp_path: Path) -> None:
    """The comparison itself: a mean that is a little off, and one of the rows predicted instead of the training's."""
    case = next(case for _, case in CASES if case.name == "mean of one column")
    made = parity.convert(case, tmp_path)
    features = made.project / "src" / made.conversion.package / "features.py"
    right = features.read_text(encoding="utf-8")
    worker = parity.Worker()
    features.write_text(right.replace(".mean()", ".mean() + 0.1"), encoding="utf-8")
    assert any(found.startswith("input:") for found in worker.differences(made))
    features.write_text(right.replace("(learned.age_mean)", "(df['age'].mean())"), encoding="utf-8")
    assert any(found.startswith("alone:") for found in worker.differences(made))
    worker.close()
