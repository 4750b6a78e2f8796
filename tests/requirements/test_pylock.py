from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import pytest

from nb2prod import requirements
from nb2prod.report import requirements as report
from nb2prod.requirements import Lock, index_settings, pylock
from tests.requirements.wheels import buildable

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

if TYPE_CHECKING:
    from pathlib import Path

RUNNING = f"{sys.version_info.major}.{sys.version_info.minor}"
EMPTY = requirements.Requirements(python=RUNNING, python_evidence="", requirements=())


def locked(*asked: str, allow_build: tuple[str, ...] = ()) -> Lock:
    found = requirements.lock(requirements.including(EMPTY, asked, "the test"), allow_build=allow_build)
    assert isinstance(found, Lock)
    return found


def test_it_has_the_pins_and_hashes_of_the_lock_and_is_valid(wheels: Path) -> None:
    buildable(wheels, "made", "1.0")
    lock = locked("top", "made", allow_build=("made",))
    text = pylock(lock, RUNNING)
    assert isinstance(text, str)
    content = tomllib.loads(text)
    assert {(each["name"], each["version"]) for each in content["packages"]} == {
        (pin.distribution, pin.version) for pin in lock.pins
    }
    files = [
        file for each in content["packages"] for file in (*each.get("wheels", ()), *filter(None, [each.get("sdist")]))
    ]
    assert {file["hashes"]["sha256"] for file in files} == {
        word.partition("sha256:")[2].strip() for word in lock.runtime.split() if word.startswith("--hash")
    }
    checked = pytest.importorskip("packaging.pylock").Pylock.from_dict(content)
    checked.validate()


def test_no_address_and_no_folder_of_this_machine_is_in_any_file(wheels: Path) -> None:
    asked = requirements.including(EMPTY, ("top",), "the test")
    found, lock = requirements.locked(asked)
    assert isinstance(lock, Lock)
    texts = [text for _, text in requirements.files(found, lock)]
    texts += [report.python_lock(found, lock), report.bill_of_materials(found, lock), report.document(found, lock)]
    for text in texts:
        assert str(wheels) not in text
        assert str(wheels.parent) not in text
        assert "file:" not in text
        assert "://" not in text.replace("http://cyclonedx.org/schema/", "")
    assert 'path = "wheels/top-2.0-py3-none-any.whl"' in texts[-3]


def test_addresses_are_told_only_where_no_index_is_configured(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    configuration = tmp_path / "pip.conf"
    monkeypatch.setenv("PIP_CONFIG_FILE", str(configuration))
    monkeypatch.setattr(index_settings, "_pip_files", lambda: iter([configuration]))
    for name in ("PIP_INDEX_URL", "PIP_EXTRA_INDEX_URL", "UV_INDEX", "UV_DEFAULT_INDEX", "UV_INDEX_URL"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(index_settings, "_uv_is_configured", lambda: False)
    told = {}
    for option in (
        "",
        "index-url = https://i.example/simple",
        "extra-index-url = https://i.example/simple",
        "find-links = /x",
    ):
        configuration.write_text(f"[global]\n{option}\n")
        told[option.partition(" ")[0]] = index_settings.only_public()
    assert told == {"": True, "index-url": False, "extra-index-url": False, "find-links": True}
