"""What convert prints: every status with its reason and way out, and what is proven as the last line."""

from dataclasses import replace
from pathlib import Path

import pytest

from nb2prod.conversion import Accounted, Conversion, DataFile, Outcome
from nb2prod.problems import Location, Refusal
from nb2prod.report.conversion import complete, lines

REFUSED = Outcome(
    status="refused", refusal=Refusal(Location(7, 2, 1), "`shift` needs the rows before", "Compute it beforehand.")
)
OK = Conversion(
    package="sales",
    modules=(),
    statements=(
        Accounted(index=0, where=Location(0, 1, 1), last_line=1, role="train"),
        Accounted(index=1, where=Location(0, 2, 1), last_line=2, role="explore"),
        Accounted(index=2, where=Location(0, 3, 1), last_line=3, role="train"),
    ),
    train=Outcome(status="ok"),
    predict=Outcome(status="ok", chosen="model.predict(X)", alternatives=("forest",)),
)


def _lines(conversion: Conversion, verdict: str | None = None) -> list[str]:
    return lines(conversion, Path("out"), lock="ok", notes=("a note",), verdict=verdict)


def test_everything_that_was_decided_is_said() -> None:
    assert _lines(OK) == [
        "out",
        "  train    ok",
        "  predict  ok: model.predict(X)",
        "           instead of forest",
        "  lock     ok",
        "  cells    3 statements: 2 train, 1 explore",
        "  note     a note",
        "Not proven yet: that the project trains and predicts as the notebook does. To prove it: nb2prod verify out",
    ]


def test_a_refusal_has_its_place_reason_and_way_out() -> None:
    printed = _lines(replace(OK, predict=REFUSED))
    assert "  predict  refused: cell 7, line 2: `shift` needs the rows before. Compute it beforehand." in printed
    assert printed[-1].startswith("Not proven yet: that the project trains as the notebook does.")


def test_refused_training_is_told_once() -> None:
    printed = _lines(replace(OK, train=REFUSED, predict=REFUSED))
    assert printed[1].startswith("  train    refused: cell 7, line 2: ")
    assert printed[2] == "  predict  refused, as training is"
    assert printed[-1].startswith("Nothing to prove yet: training was refused")


def test_no_model_is_no_refusal() -> None:
    none = replace(OK, predict=Outcome(status="none"))
    assert "  predict  none: the notebook has no model" in _lines(none)
    assert complete(none, None)


def test_data_that_the_user_must_bring_is_said() -> None:
    data = (
        DataFile("big.csv", None, "data/big.csv", "larger than 10 MB"),
        DataFile("a.csv", Path("a.csv"), "data/a.csv"),
    )
    printed = _lines(replace(OK, data=data))
    assert [line for line in printed if line.startswith("  data")] == ["  data     big.csv: larger than 10 MB"]


@pytest.mark.parametrize("verdict", ["different", "not comparable", "failed"])
def test_a_verdict_is_never_made_better_than_it_is(verdict: str) -> None:
    last = _lines(OK, verdict)[-1]
    assert last.startswith(f"Not proven: verify says `{verdict}`")
    assert not complete(OK, verdict)


def test_equivalent_is_proven() -> None:
    assert _lines(OK, "equivalent")[-1] == "Proven: the project's values and predictions equal the notebook's."
    assert complete(OK, "equivalent")


def test_a_refusal_is_not_complete() -> None:
    assert not complete(replace(OK, predict=REFUSED), None)
    assert not complete(replace(OK, train=REFUSED), "equivalent")
