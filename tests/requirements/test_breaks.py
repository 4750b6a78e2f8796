from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import pytest
from packaging.version import Version

from nb2prod import requirements
from nb2prod.requirements import Lock, Requirement, Requirements, names
from tests.requirements.wheels import wheel

if TYPE_CHECKING:
    from pathlib import Path

RUNNING = f"{sys.version_info.major}.{sys.version_info.minor}"


def asked(**versions: str) -> Requirements:
    each = (
        Requirement(distribution=name, evidence="an install line", confidence="likely", specifier=specifier)
        for name, specifier in versions.items()
    )
    return Requirements(python=RUNNING, python_evidence="", requirements=tuple(each))


@pytest.fixture(autouse=True)
def _libraries(wheels: Path) -> None:
    for version in ("1.26.4", "2.1.0"):
        wheel(wheels, "numpy", version)
    for version in ("1.5.3", "2.2.2"):
        wheel(wheels, "pandas", version, "numpy>=1.20")


def test_an_old_library_keeps_what_it_cannot_take_old() -> None:
    found, locked = requirements.locked(asked(pandas="==1.5.3"))
    assert isinstance(locked, Lock)
    assert locked.version("numpy") == "1.26.4"
    assert found.requirements[-1].line == "numpy<2.0.0"
    assert found.requirements[-1].evidence.startswith("pandas 1.5.3 cannot take numpy 2.0.0 (")


def test_a_new_library_bounds_nothing() -> None:
    found, locked = requirements.locked(asked(pandas=""))
    assert isinstance(locked, Lock)
    assert (locked.version("pandas"), locked.version("numpy")) == ("2.2.2", "2.1.0")
    assert len(found.requirements) == 1


def test_what_a_release_needs_without_asking_is_locked_with_it(wheels: Path) -> None:
    wheel(wheels, "scikit_learn", "0.19.2")
    wheel(wheels, "scikit_learn", "0.20.0")
    wheel(wheels, "scipy", "1.2.1")
    found, locked = requirements.locked(asked(**{"scikit-learn": "<0.20"}))
    assert isinstance(locked, Lock)
    assert locked.version("scipy") == "1.2.1"
    assert found.requirements[-1].evidence.startswith("scikit-learn 0.19.2 needs it and does not ask for it")
    _, newer = requirements.locked(asked(**{"scikit-learn": ""}))
    assert isinstance(newer, Lock)
    assert newer.version("scipy") is None  # this one would ask for it


def test_the_other_gets_newer_where_the_one_cannot_get_older(wheels: Path) -> None:
    wheel(wheels, "scikit_learn", "1.0.2", "base>=1")
    wheel(wheels, "yellowbrick", "1.2", "scikit-learn>=0.20")
    wheel(wheels, "yellowbrick", "1.3", "scikit-learn>=0.20", "base<2")  # so the first choice is 1.2, with a newer base
    found, locked = requirements.locked(asked(base="", **{"scikit-learn": ">=1.0"}, yellowbrick=""))
    assert isinstance(locked, Lock)
    assert (locked.version("yellowbrick"), locked.version("base")) == ("1.3", "1.5")
    assert [each.line for each in found.requirements] == ["base", "scikit-learn>=1.0", "yellowbrick>=1.3"]
    assert not any("cannot take" in note for note in locked.notes)


def test_what_is_asked_for_already_is_bounded_in_its_place() -> None:
    found, locked = requirements.locked(asked(numpy=">=1.20", pandas="==1.5.3"))
    assert isinstance(locked, Lock)
    assert locked.version("numpy") == "1.26.4"
    assert [each.line for each in found.requirements] == ["numpy>=1.20,<2.0.0", "pandas==1.5.3"]


def test_a_pair_that_was_asked_for_stays_and_is_told() -> None:
    found, locked = requirements.locked(asked(numpy="==2.1.0", pandas="==1.5.3"))
    assert isinstance(locked, Lock)
    assert locked.version("numpy") == "2.1.0"
    assert any("pandas 1.5.3 cannot take numpy 2.0.0" in note for note in locked.notes)
    assert [each.line for each in found.requirements] == ["numpy==2.1.0", "pandas==1.5.3"]


def test_the_table_can_be_read() -> None:
    rows = names.table("breaks")["breaks"]
    assert all(Version(row["from"]) > Version("0") and row["why"] and row["library"] for row in rows)
    assert all(Version(version) > Version("0") for row in rows for version in row["users"].values())
