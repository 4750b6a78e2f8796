from __future__ import annotations

import importlib.util
import os
import sys
from dataclasses import replace
from typing import TYPE_CHECKING, Literal

import pytest

from nb2prod import requirements
from nb2prod.requirements import Lock, LockFailed, Pin, Requirement, Requirements, index_settings, lockers
from tests.requirements.wheels import sdist, wheel

if TYPE_CHECKING:
    from pathlib import Path

RUNNING = f"{sys.version_info.major}.{sys.version_info.minor}"


@pytest.fixture(params=["uv", "pip-tools"])
def locker(request: pytest.FixtureRequest) -> Literal["uv", "pip-tools"]:
    name: Literal["uv", "pip-tools"] = request.param
    if importlib.util.find_spec("piptools" if name == "pip-tools" else "uv") is None:
        pytest.skip(f"{name} is not installed")
    return name


@pytest.fixture
def wheels(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The only place that packages come from."""
    for name in list(os.environ):
        if name.startswith(("PIP_", "UV_")) and name != "UV_CACHE_DIR":
            monkeypatch.delenv(name)
    folder = tmp_path / "wheels"
    configuration = tmp_path / "pip.conf"
    configuration.write_text(f"[global]\nno-index = true\nfind-links = {folder}\ndisable-pip-version-check = true\n")
    monkeypatch.setenv("PIP_CONFIG_FILE", str(configuration))
    monkeypatch.setattr(index_settings, "_uv_is_configured", lambda: False)
    wheel(folder, "pytest", "9.0", "iniconfig")
    wheel(folder, "iniconfig", "2.0")
    wheel(folder, "top", "1.0", "base>=1")
    wheel(folder, "top", "2.0", "base>=2")
    wheel(folder, "base", "1.5")
    wheel(folder, "base", "2.5")
    sdist(folder, "source", "1.0")
    return folder


def asked(*texts: str) -> Requirements:
    empty = Requirements(python=RUNNING, python_evidence="", requirements=())
    return requirements.including(empty, texts, "the test")


def test_everything_is_pinned_with_hashes(wheels: Path, locker: Literal["uv", "pip-tools"]) -> None:
    locked = requirements.lock(asked("top"), locker=locker)
    assert isinstance(locked, Lock)
    assert locked.pins == (Pin("base", "2.5", ("top",)), Pin("top", "2.0"))
    assert locked.version("base") == "2.5"
    assert locked.runtime.count("--hash=sha256:") == 2
    assert "pytest==9.0" in locked.development
    assert "iniconfig==2.0" in locked.development
    text = locked.runtime + locked.development
    assert str(wheels) not in text
    assert "--find-links" not in text
    assert "--no-index" not in text
    assert locked.notes != ()  # only folders of this machine had it


def test_nothing_asked_for_is_an_empty_lock(wheels: Path, locker: Literal["uv", "pip-tools"]) -> None:
    assert wheels.is_dir()
    locked = requirements.lock(asked(), locker=locker)
    assert isinstance(locked, Lock)
    assert (locked.runtime, locked.pins) == ("", ())
    assert "pytest==9.0" in locked.development


def test_a_conflict_is_told_in_words(wheels: Path, locker: Literal["uv", "pip-tools"]) -> None:
    assert wheels.is_dir()
    failed = requirements.lock(asked("top==2.0", "base==1.5"), locker=locker)
    assert isinstance(failed, LockFailed)
    assert "base" in failed.reason
    assert "base>=2" in failed.reason
    assert failed.way_out
    assert "Traceback" not in failed.reason


def test_sources_are_not_built(wheels: Path, locker: Literal["uv", "pip-tools"]) -> None:
    assert wheels.is_dir()
    failed = requirements.lock(asked("source"), locker=locker)
    assert isinstance(failed, LockFailed)
    assert "source" in failed.reason
    assert "source" in failed.way_out or locker == "pip-tools"  # pip does not say that it was for want of a wheel


def test_unconfirmed_names_do_not_reach_the_locker(wheels: Path) -> None:
    assert wheels.is_dir()
    guess = Requirement(distribution="base", evidence="same name", confidence="unconfirmed", imports=("base",))
    locked = requirements.lock(Requirements(python=RUNNING, python_evidence="", requirements=(guess,)))
    assert isinstance(locked, Lock)
    assert locked.pins == ()


def test_pip_tools_says_that_it_cannot_lock_for_another_python() -> None:
    other = Requirements(python="3.9" if RUNNING != "3.9" else "3.10", python_evidence="", requirements=())
    failed = requirements.lock(other, locker="pip-tools")
    assert isinstance(failed, LockFailed)
    assert "uv" in failed.way_out


def test_no_locker_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lockers, "find_uv", lambda: None)
    failed = requirements.lock(asked("top"), locker="uv")
    assert isinstance(failed, LockFailed)
    assert "nb2prod[lock]" in failed.way_out


def test_addresses_are_not_repeated_in_a_reason() -> None:
    failed = lockers._why(  # noqa: SLF001 - nothing else fails this way without a network
        "error: Failed to fetch\n  cause: error sending request for url (https://me:pw@i.example/a)\n"
    )
    assert "example" not in failed.reason
    assert "network" in failed.way_out


def test_options_do_not_stay_in_a_lock() -> None:
    text = "--index-url https://me:pw@i.example\n\na==1 \\\n    --hash=sha256:x\n"
    assert lockers._clean(text) == "a==1 \\\n    --hash=sha256:x\n"  # noqa: SLF001 - today's lockers leave them out already


def test_what_nothing_fits_is_loosened_step_by_step() -> None:
    only = Requirement(distribution="top", evidence="", confidence="likely", bounds="<2")
    dated = Requirements(python=RUNNING, python_evidence="", requirements=(only,), as_of="2020-01-01")
    steps = [(each.as_of, each.requirements[0].line) for each, _ in lockers._ever_looser(dated)]  # noqa: SLF001 - uv takes no heed of dates in a folder of wheels
    assert steps == [
        ("2020-01-01", "top<2"),
        ("2020-12-31", "top<2"),
        (None, "top<2"),
        ("2020-01-01", "top"),
        (None, "top"),
    ]


def test_bounds_by_apis_are_kept_where_that_can_be(wheels: Path) -> None:
    assert wheels.is_dir()
    only = Requirement(distribution="top", evidence="", confidence="likely", bounds="<2")
    bounded = Requirements(python=RUNNING, python_evidence="", requirements=(only,))
    locked = requirements.lock(bounded)
    assert isinstance(locked, Lock)
    assert locked.version("top") == "1.0"
    locked = requirements.lock(replace(bounded, requirements=(replace(only, bounds="<1"),)))
    assert isinstance(locked, Lock)
    assert locked.version("top") == "2.0"
    assert any("lack some of the APIs" in note for note in locked.notes)
