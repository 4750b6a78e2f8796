"""No environment of the machine that runs the tests gets into them, and no packages but those of the fixture."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from nb2prod.requirements import index_settings
from tests.requirements.wheels import sdist, wheel

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(autouse=True)
def _no_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("VIRTUAL_ENV", raising=False)
    monkeypatch.delenv("CONDA_PREFIX", raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))


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
    wheel(folder, "ipykernel", "7.0")
    wheel(folder, "ruff", "0.14")
    wheel(folder, "top", "1.0", "base>=1")
    wheel(folder, "top", "2.0", "base>=2")
    wheel(folder, "base", "1.5")
    wheel(folder, "base", "2.5")
    sdist(folder, "source", "1.0")
    return folder
