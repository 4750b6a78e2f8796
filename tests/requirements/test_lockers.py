from __future__ import annotations

import importlib.util
import subprocess
import sys
from dataclasses import replace
from typing import TYPE_CHECKING, Literal

import pytest

from nb2prod import requirements
from nb2prod.notebook import Notebook
from nb2prod.program import parse
from nb2prod.requirements import (
    Lock,
    LockFailed,
    Pin,
    Requirement,
    Requirements,
    index_settings,
    lock_failures,
    lock_text,
    lockers,
)
from tests.requirements.wheels import buildable, sdist, wheel

if TYPE_CHECKING:
    from pathlib import Path

RUNNING = f"{sys.version_info.major}.{sys.version_info.minor}"


@pytest.fixture(params=["uv", "pip-tools"])
def locker(request: pytest.FixtureRequest) -> Literal["uv", "pip-tools"]:
    name: Literal["uv", "pip-tools"] = request.param
    if importlib.util.find_spec("piptools" if name == "pip-tools" else "uv") is None:
        pytest.skip(f"{name} is not installed")
    return name


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
    code = "# In [1]:\n!pip install top==2.0 base==1.5\n# In [2]:\nimport top, base\n"
    known = {"top": "top", "base": "base"}
    wanted = requirements.resolve(parse(Notebook.from_prompts(code)), python=RUNNING, user_map=known)
    failed = requirements.lock(wanted, locker=locker)
    assert isinstance(failed, LockFailed)
    assert "base>=2" in failed.reason
    assert "Traceback" not in failed.reason
    assert "top==2.0 (`pip install top==2.0` in cell 0, line 1)" in failed.way_out
    assert "base==1.5 (`pip install base==1.5` in cell 0, line 1)" in failed.way_out
    assert '[tool.nb2prod.imports] (top = "top>=VERSION")' in failed.way_out
    overruled = requirements.resolve(
        parse(Notebook.from_prompts(code)), python=RUNNING, user_map={**known, "top": "top<2"}
    )
    assert isinstance(requirements.lock(overruled, locker=locker), Lock)


def test_a_build_for_cpus_is_taken_where_a_configured_index_has_it(
    wheels: Path, locker: Literal["uv", "pip-tools"]
) -> None:
    wheel(wheels, "torch", "2.0")
    wheel(wheels, "torch", "2.0+cpu")
    locked = requirements.lock(asked("torch==2.0"), locker=locker)
    assert isinstance(locked, Lock)
    assert locked.version("torch") == "2.0+cpu"


def test_a_version_that_is_not_there_is_no_conflict(wheels: Path, locker: Literal["uv", "pip-tools"]) -> None:
    assert wheels.is_dir()
    failed = requirements.lock(asked("top==9.0"), locker=locker)
    assert isinstance(failed, LockFailed)
    assert failed.way_out.startswith("Ask for a version that exists")


def test_sources_are_not_built(wheels: Path, locker: Literal["uv", "pip-tools"]) -> None:
    assert wheels.is_dir()
    failed = requirements.lock(asked("source"), locker=locker)
    assert isinstance(failed, LockFailed)
    assert "source" in failed.reason
    assert "source" in failed.way_out or locker == "pip-tools"  # pip does not say that it was for want of a wheel


def test_what_lacks_a_wheel_needs_a_compiler_and_says_which_packages(wheels: Path) -> None:
    sdist(wheels, "pycairo", "1.0")
    failed = requirements.lock(asked("pycairo"), locker="uv")
    assert isinstance(failed, LockFailed)
    assert "--allow-build pycairo" in failed.way_out
    assert "g++, pkg-config, libcairo2-dev" in failed.way_out


def test_only_what_may_be_built_and_lacks_a_wheel_is_built(wheels: Path, locker: Literal["uv", "pip-tools"]) -> None:
    buildable(wheels, "made", "1.0")
    wanted = asked("made", "top")
    locked = requirements.lock(wanted, locker=locker, allow_build=("Made", "top") if locker == "uv" else ("Made",))
    assert isinstance(locked, Lock)
    assert locked.built == ("made",)
    assert {(pin.distribution, pin.version) for pin in locked.pins} == {
        ("made", "1.0"),
        ("top", "2.0"),
        ("base", "2.5"),
    }
    assert any("Built from source, as allowed: made" in note for note in locked.notes)
    text = dict(requirements.files(wanted, locked))
    assert "\n--no-binary made\n" in text["requirements.txt"]
    assert "--no-binary made" in text["requirements.in"]
    assert text["apt-build.txt"] == "g++\n"
    again = requirements.relock("made\ntop\nother\n", locked.runtime, RUNNING, locker=locker)
    assert isinstance(again, LockFailed)  # there is no other
    wheel(wheels, "other", "1.0")
    again = requirements.relock("made\ntop\nother\n", locked.runtime, RUNNING, locker=locker)
    assert isinstance(again, str)
    assert again.startswith("--no-binary made\n")
    assert set(lock_text.names_in(again)) == {"base", "made", "other", "top"}
    assert "apt-build.txt" not in dict(requirements.files(wanted, requirements.lock(asked("top"))))


def test_who_wants_a_distribution_is_a_list_of_names(wheels: Path, locker: Literal["uv", "pip-tools"]) -> None:
    wheel(wheels, "other", "1.0", "base")
    locked = requirements.lock(asked("top", "other"), locker=locker)
    assert isinstance(locked, Lock)
    assert next(pin for pin in locked.pins if pin.distribution == "base").via == ("other", "top")


def test_both_lockers_give_the_same_pins_and_hashes(wheels: Path) -> None:
    wheel(wheels, "plots", "1.0", "base<2")
    pytest.importorskip("piptools")
    plots = Requirement(distribution="plots", evidence="", confidence="likely", explore=True)
    both = replace(asked("top"), requirements=(*asked("top").requirements, plots))
    one, other = (requirements.lock(both, locker=name) for name in ("uv", "pip-tools"))
    assert isinstance(one, Lock)
    assert isinstance(other, Lock)
    assert one.pins == other.pins
    for text, alike in (
        (one.runtime, other.runtime),
        (one.explore, other.explore),
        (one.development, other.development),
    ):
        assert [line for line in text.splitlines() if "#" not in line] == [
            line for line in alike.splitlines() if "#" not in line
        ]


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
    failed = lock_failures.told(
        "error: Failed to fetch\n  cause: error sending request for url (https://me:pw@i.example/a)\n"
    )
    assert "example" not in failed.reason
    assert "network" in failed.way_out


def test_options_do_not_stay_in_a_lock() -> None:
    text = "--index-url https://me:pw@i.example\n\na==1 \\\n    --hash=sha256:x\n"
    assert lock_text.cleaned(text) == "a==1 \\\n    --hash=sha256:x\n"  # today's lockers leave them out already


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


def test_what_is_only_explored_is_locked_apart_with_the_same_versions(wheels: Path) -> None:
    wheel(wheels, "plots", "1.0", "base<2")
    plots = Requirement(distribution="plots", evidence="", confidence="likely", explore=True)
    both = replace(asked("top"), requirements=(*asked("top").requirements, plots))
    locked = requirements.lock(both)
    assert isinstance(locked, Lock)
    assert (locked.version("top"), locked.version("base"), locked.version("plots")) == ("1.0", "1.5", "1.0")
    assert set(lock_text.names_in(locked.runtime)) == {"top", "base"}
    assert set(lock_text.names_in(locked.explore)) == {"top", "base", "plots"}
    assert "base==1.5" in locked.runtime
    text = dict(requirements.files(both, locked))
    assert "plots" not in text["requirements.in"]
    assert "plots\n" in text["requirements-explore.in"]
    assert "plots==1.0" in text["requirements-explore.txt"]


def test_the_command_in_the_file_updates_one_and_keeps_the_others(wheels: Path, tmp_path: Path) -> None:
    wheel(wheels, "other", "1.0")
    wanted = asked("top", "other")
    for name, text in requirements.files(wanted, requirements.lock(wanted, locker="uv")):
        (tmp_path / name).write_text(text, encoding="utf-8")
    wheel(wheels, "other", "2.0")
    wheel(wheels, "base", "2.6")
    wheel(wheels, "top", "2.1", "base>=2")
    lines = (tmp_path / "requirements.in").read_text(encoding="utf-8").splitlines()
    command = next(line.removeprefix("#   ").split()[1:] for line in lines if line.startswith("#   uv "))
    settings = next(each for each in index_settings.for_uv() if each.here_only)

    def pins(*more: str) -> set[str]:
        line = [str(lockers.find_uv()), *command, *settings.arguments, *more]
        subprocess.run(line, cwd=tmp_path, env=settings.environment(), check=True, capture_output=True)  # noqa: S603 - uv
        text = (tmp_path / "requirements.txt").read_text(encoding="utf-8")
        return {line.split()[0] for line in text.splitlines() if "==" in line}

    assert pins() == {"top==2.0", "base==2.5", "other==1.0"}
    assert pins("--upgrade-package", "top") == {"top==2.1", "base==2.5", "other==1.0"}
    assert pins("--upgrade") == {"top==2.1", "base==2.6", "other==2.0"}
