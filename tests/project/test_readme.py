"""The emitted project's README: what it is, what it predicts or why it does not, and what is where."""

from __future__ import annotations

from typing import Any

from nb2prod.conversion import Conversion, Module, Outcome
from nb2prod.problems import Location, Refusal
from nb2prod.project.readme import text

REFUSED = Outcome(status="refused", refusal=Refusal(Location(3, 1, 1), "rows depend on others", "Do it before."))
FACTS: dict[str, Any] = {"notebook": {"path": "notebooks/a b.ipynb"}, "data": [], "lock": {"status": "ok"}}


def _text(train: Outcome, predict: Outcome, title: str | None = None) -> str:
    modules = (Module("settings.py", ""), Module("train.py", ""))
    made = Conversion(package="sales", modules=modules, statements=(), train=train, predict=predict, target="price")
    return text(made, FACTS, "3.11", title)


def test_what_it_predicts() -> None:
    chosen = Outcome(status="ok", chosen="rf.predict(X): it is the last prediction")
    found = _text(Outcome(status="ok"), chosen, "House prices?")
    assert found.startswith("# sales\n\nHouse prices?\n\nMade by nb2prod from [notebooks/a b.ipynb](notebooks/a%20")
    assert "It trains the notebook's model and predicts `price` as `rf.predict(X)` does there." in found


def test_why_it_does_not() -> None:
    assert "**prediction was refused**: cell 3, line 1: rows depend on others. Do it before.\n" in _text(
        Outcome(status="ok"), REFUSED
    )
    assert "**Training was refused**: cell 3, line 1: rows depend on others. Do it before.\n" in _text(REFUSED, REFUSED)
    assert "there is no model to predict with" in _text(Outcome(status="ok"), Outcome(status="none"))


def test_what_is_where() -> None:
    found = _text(Outcome(status="ok"), Outcome(status="none"))
    assert "- `src/sales/settings.py`: " in found
    assert "- `src/sales/train.py`: " in found
    assert "explore.py" not in found
