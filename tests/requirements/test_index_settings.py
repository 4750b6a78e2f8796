from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from nb2prod.requirements import index_settings

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(autouse=True)
def config(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty machine with one pip configuration file, which is returned."""
    for name in list(os.environ):
        if name.startswith(("PIP_", "UV_")):
            monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.setenv("XDG_CONFIG_DIRS", str(tmp_path / "xdg"))
    monkeypatch.setattr(index_settings, "_pip_files", lambda: iter([tmp_path / "pip.conf"]))
    return tmp_path / "pip.conf"


def test_nothing_configured_is_one_try_with_the_defaults() -> None:
    (only,) = index_settings.for_uv()
    assert not only.here_only
    assert not {name for name, _ in only.variables} & {"UV_INDEX", "UV_DEFAULT_INDEX", "UV_FIND_LINKS"}


def test_pips_indexes_are_handed_on_to_uv(config: Path) -> None:
    config.write_text(
        "[global]\nindex-url = https://a.example/simple\ntrusted-host = a.example\n"
        "[install]\nextra-index-url =\n  https://b.example\n  https://c.example\n"
    )
    (only,) = index_settings.for_uv()
    given = dict(only.variables)
    assert given["UV_DEFAULT_INDEX"] == "https://a.example/simple"
    assert given["UV_INDEX"] == "https://b.example https://c.example"
    assert given["UV_INSECURE_HOST"] == "a.example"


def test_variables_win_over_the_file(config: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    config.write_text("[global]\nindex_url = https://a.example/simple\n")
    monkeypatch.setenv("PIP_INDEX_URL", "https://v.example/simple")
    assert dict(index_settings.for_uv()[0].variables)["UV_DEFAULT_INDEX"] == "https://v.example/simple"


def test_folders_of_this_machine_are_asked_last(config: Path) -> None:
    config.write_text("[global]\nfind-links = /wheels https://d.example/x\nextra-index-url = file:///mirror\n")
    first, second = index_settings.for_uv()
    assert dict(first.variables)["UV_FIND_LINKS"] == "https://d.example/x"
    assert "UV_INDEX" not in dict(first.variables)
    assert (first.here_only, second.here_only) == (False, True)
    assert dict(second.variables)["UV_FIND_LINKS"] == "/wheels,https://d.example/x"
    assert dict(second.variables)["UV_INDEX"] == "file:///mirror"


def test_pip_itself_is_given_the_same(config: Path) -> None:
    config.write_text("[global]\nfind-links = /wheels\ncert = /c.pem\n")
    first, second = (dict(each.variables) for each in index_settings.for_pip())
    assert (first["PIP_FIND_LINKS"], second["PIP_FIND_LINKS"]) == ("", "/wheels")
    assert first["PIP_CERT"] == "/c.pem"
    assert first["PIP_CONFIG_FILE"] == os.devnull


def test_uvs_own_settings_are_left_alone(config: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    config.write_text("[global]\nindex-url = https://a.example/simple\n")
    monkeypatch.setenv("UV_DEFAULT_INDEX", "https://u.example/simple")
    assert "UV_DEFAULT_INDEX" not in dict(index_settings.for_uv()[0].variables)
    monkeypatch.delenv("UV_DEFAULT_INDEX")
    (tmp_path / "config" / "uv").mkdir(parents=True)
    (tmp_path / "config" / "uv" / "uv.toml").write_text('[[index]]\nurl = "https://u.example/simple"\n')
    assert "UV_DEFAULT_INDEX" not in dict(index_settings.for_uv()[0].variables)
    (tmp_path / "config" / "uv" / "uv.toml").write_text("native-tls = true\n")
    assert "UV_DEFAULT_INDEX" in dict(index_settings.for_uv()[0].variables)


def test_a_broken_configuration_file_is_passed_over(config: Path) -> None:
    config.write_text("no section\n")
    assert len(index_settings.for_uv()) == 1


def test_no_index_means_no_index(config: Path) -> None:
    config.write_text("[global]\nno-index = true\nfind-links = /wheels\n")
    (only,) = index_settings.for_uv()
    assert only.arguments == ("--no-index",)
    assert dict(only.variables)["UV_FIND_LINKS"] == "/wheels"
    assert only.here_only
