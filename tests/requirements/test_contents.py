from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path
from typing import get_args

import pytest

from nb2prod import requirements
from nb2prod.requirements import Lock, LockFailed, Requirement, Requirements, contents, elf, system, undeclared
from tests.requirements.wheels import library, wheel

RUNNING = f"{sys.version_info.major}.{sys.version_info.minor}"


def asked(distribution: str, *imports: str) -> Requirements:
    only = Requirement(distribution=distribution, evidence="curated map", confidence="likely", imports=imports)
    return Requirements(python=RUNNING, python_evidence="", requirements=(only,))


def read(found: Requirements) -> dict[str, contents.Wheel]:
    locked = requirements.lock(found)
    assert isinstance(locked, Lock)
    wheels = contents.read(locked, RUNNING)
    assert not isinstance(wheels, LockFailed)
    return dict(wheels)


def test_an_elf_file_tells_its_name_and_needs(tmp_path: Path) -> None:
    (tmp_path / "a.so").write_bytes(library("liba.so.1", "libgomp.so.1", "libc.so.6"))
    assert elf.read(tmp_path / "a.so") == elf.Library("liba.so.1", ("libgomp.so.1", "libc.so.6"))
    (tmp_path / "b.so").write_bytes(b"INPUT(liba.so)")
    (tmp_path / "c.so").write_bytes(library("liba.so.1", "libgomp.so.1")[:90])
    assert elf.read(tmp_path / "b.so") is None
    assert elf.read(tmp_path / "c.so") is None
    assert elf.read(tmp_path / "d.so") is None


def test_a_real_library_is_read() -> None:
    if not sys.platform.startswith("linux"):
        pytest.skip("no ELF files here")
    module = pytest.importorskip("numpy").linalg._umath_linalg  # noqa: SLF001 - a shared library in every installation
    found = elf.read(Path(module.__file__))
    assert found is not None
    assert any(name.startswith("libc.so") for name in found.needs)


def test_wheels_tell_their_modules_and_libraries(wheels: Path) -> None:
    inside = {
        "fast/__init__.py": b"",
        "fast/_core.cpython-311-x86_64-linux-gnu.so": library(None, "libown-1a.so.2", "libgomp.so.1", "libm.so.6"),
        "fast.libs/libown-1a.so.2": library("libown-1a.so.2", "libodbc.so.2"),
        "fast.libs/libqt.so.5": library("libqt.so.5", "libX11.so.6"),
        "fast/plugins/view.so": library(None, "libqt.so.5"),
        "shared/part/__init__.py": b"",
    }
    wheel(wheels, "fast", "1.0", files=inside)
    fast = read(asked("fast", "fast"))["fast"]
    assert fast.modules >= {"fast", "fast._core", "shared", "shared.part"}
    assert fast.open == {"shared"}
    assert fast.links - fast.brings == {"libgomp.so.1", "libodbc.so.2", "libm.so.6"}
    packages, notes = system.of_wheels({"fast": fast}, "bookworm")
    assert [(each.package, each.because) for each in packages] == [
        ("libgomp1", "fast links to libgomp.so.1"),
        ("libodbc2", "fast links to libodbc.so.2"),
    ]
    assert notes == ()


def test_what_one_wheel_brings_another_may_link_to(wheels: Path) -> None:
    wheel(wheels, "engine", "1.0", files={"engine/__init__.py": b"", "engine/libgomp.so.1": library("libgomp.so.1")})
    user = {"user/__init__.py": b"", "user/x.so": library(None, "libgomp.so.1", "libmystery.so.3")}
    wheel(wheels, "user", "1.0", "engine", files=user)
    packages, notes = system.of_wheels(read(asked("user", "user")), "bookworm")
    assert packages == ()
    assert len(notes) == 1
    assert "libmystery.so.3" in notes[0]


def test_what_comes_with_a_card_is_no_debian_package() -> None:
    of_card = contents.Wheel("nvidia-x", frozenset(), frozenset(), frozenset(), frozenset({"libmlx5.so.1"}))
    assert system.of_wheels({"nvidia-x": of_card}, "bookworm") == ((), ())
    assert system.of_wheels({"other": of_card}, "bookworm")[1] != ()


def test_debian_releases_have_names_of_their_own() -> None:
    wheel_of_glib = contents.Wheel("a", frozenset(), frozenset(), frozenset(), frozenset({"libglib-2.0.so.0"}))
    names = [system.of_wheels({"a": wheel_of_glib}, debian)[0][0].package for debian in ("bookworm", "trixie")]
    assert names == ["libglib2.0-0", "libglib2.0-0t64"]


def test_what_is_only_found_when_it_runs_has_the_names_of_the_release_too() -> None:
    plain = contents.Wheel("a", frozenset(), frozenset(), frozenset(), frozenset())
    wheels = {"python-magic": plain, "pdfkit": plain}
    packages, notes = system.of_wheels(wheels, "bookworm")
    assert ([each.package for each in packages], notes) == (["libmagic1", "wkhtmltopdf"], ())
    packages, notes = system.of_wheels(wheels, "trixie")
    assert [each.package for each in packages] == ["libmagic1t64"]
    assert notes == ("pdfkit runs its program wkhtmltopdf, which trixie does not have",)


def test_what_comes_with_another_package_is_not_named() -> None:
    links = frozenset({"libGL.so.1", "libxcb.so.1", "libpango-1.0.so.0", "libglib-2.0.so.0", "libSM.so.6"})
    wheel_of_pictures = contents.Wheel("a", frozenset(), frozenset(), frozenset(), links)
    for debian in get_args(system.Debian):
        packages, _ = system.of_wheels({"a": wheel_of_pictures}, debian)
        assert [each.package for each in packages] == ["libgl1", "libpango-1.0-0", "libsm6"]


def test_an_import_is_confirmed_by_the_locked_wheel(wheels: Path) -> None:
    wheel(wheels, "good", "1.0", "other", files={"good/__init__.py": b""})
    wheel(wheels, "other", "1.0", files={"other.py": b""})
    found, locked = requirements.locked(asked("good", "good.sub", "other"))
    assert isinstance(locked, Lock)
    (only,) = found.requirements
    assert (only.confidence, only.evidence) == ("confirmed", "curated map; the locked wheel has it")


def test_an_import_that_no_wheel_has_is_an_error(wheels: Path) -> None:
    wheel(wheels, "stranger", "1.0", files={"something/__init__.py": b""})
    found, failed = requirements.locked(asked("stranger", "wanted"))
    assert isinstance(failed, LockFailed)
    assert "stranger has no module wanted: its wheel has something" in failed.reason
    assert "[tool.nb2prod.imports]" in failed.way_out
    assert found.requirements[0].confidence == "likely"


def test_a_shared_package_is_told_apart_below_it(wheels: Path) -> None:
    wheel(wheels, "google_cloud_storage", "1.0", files={"google/cloud/storage/__init__.py": b""})
    _, locked = requirements.locked(asked("google-cloud-storage", "google.cloud.storage"))
    assert isinstance(locked, Lock)
    _, failed = requirements.locked(asked("google-cloud-storage", "google.cloud.bigquery"))
    assert isinstance(failed, LockFailed)


def test_contents_are_kept_by_hash(wheels: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert wheels.is_dir()
    locked = requirements.lock(asked("top", "top"))
    assert isinstance(locked, Lock)
    first = contents.read(locked, RUNNING)
    monkeypatch.setattr(contents, "find_uv", lambda: None)
    monkeypatch.setattr(sys, "executable", "/nothing")
    assert contents.read(locked, RUNNING) == first


USES = {
    "at once": (b"import os\nfrom pkg_resources import resource_filename\n", True),
    "under a condition": (b"import sys\nif sys.version_info < (4,):\n    import setuptools\n", True),
    "in a class": (b"class A:\n    import pkg_resources as p\n", True),
    "in a function": (b"def version():\n    import pkg_resources\n", False),
    "in a try": (b"try:\n    import pkg_resources\nexcept ImportError:\n    pkg_resources = None\n", False),
    "in a handler": (b"try:\n    import new\nexcept ImportError:\n    import pkg_resources\n", True),
    "in a handler that is not reached": (
        b"try:\n    import importlib.metadata\nexcept ImportError:\n    import pkg_resources\n",
        False,
    ),
    "for a checker": (b"from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    import pkg_resources\n", False),
    "as a text": (b"HELP = 'import pkg_resources'\n", False),
    "not as Python": (b"import pkg_resources\nprint 'old'\n", False),
}


@pytest.mark.parametrize("how", USES)
def test_setuptools_is_locked_where_a_wheel_imports_it_and_does_not_ask_for_it(how: str, wheels: Path) -> None:
    code, needed = USES[how]
    wheel(wheels, "user", "1.0", files={"user/__init__.py": b"", "user/data.py": code, "user/py.typed": b""})
    wheel(wheels, "setuptools", "80.0", files={"setuptools/__init__.py": b"", "pkg_resources/__init__.py": b""})
    wheel(wheels, "setuptools", "82.0", files={"setuptools/__init__.py": b""})
    found, locked = requirements.locked(asked("user", "user"))
    assert isinstance(locked, Lock)
    assert locked.version("setuptools") == ("80.0" if needed else None)
    if needed:
        assert found.requirements[-1].evidence.startswith("user imports ")
        assert "and does not ask for it" in found.requirements[-1].evidence


def test_what_builds_and_tests_a_wheel_is_no_part_of_its_use(wheels: Path) -> None:
    inside = dict.fromkeys(("user/setup.py", "user/tests/a.py", "user/conftest.py"), b"import setuptools\n")
    wheel(wheels, "user", "1.0", files={"user/__init__.py": b"", **inside})
    _, locked = requirements.locked(asked("user", "user"))
    assert isinstance(locked, Lock)


def test_setuptools_goes_into_the_image_only_for_what_is_there(wheels: Path) -> None:
    wheel(wheels, "shown", "1.0", files={"shown.py": b"import pkg_resources\n"})
    wheel(wheels, "setuptools", "80.0", files={"pkg_resources/__init__.py": b""})
    first = asked("top", "top").requirements
    second = replace(asked("shown", "shown").requirements[0], explore=True)
    both = Requirements(python=RUNNING, python_evidence="", requirements=(*first, second))
    for explore in (True, False):
        chosen = replace(both, requirements=(*first, replace(second, explore=explore)))
        _, locked = requirements.locked(chosen)
        assert isinstance(locked, Lock)
        assert ("setuptools==80.0" in locked.runtime) is not explore
        assert locked.version("setuptools") == "80.0"


def test_setuptools_stands_in_for_distutils_where_python_has_none() -> None:
    user = contents.Wheel(
        "user", frozenset({"user"}), frozenset(), frozenset(), frozenset(), asks=frozenset({"distutils"})
    )
    assert undeclared.lacking({"user": user}, "3.11") == {}
    assert undeclared.lacking({"user": user}, "3.12") == {"user": "distutils"}
    there = contents.Wheel("setuptools", frozenset({"setuptools"}), frozenset(), frozenset(), frozenset())
    assert undeclared.lacking({"user": user, "setuptools": there}, "3.12") == {}
