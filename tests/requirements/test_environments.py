from __future__ import annotations

import json
from pathlib import Path

import pytest

from nb2prod.requirements import environments


def install(site: Path, name: str, version: str, files: list[str], *, url: str | None = None) -> None:
    """Lay out an installed distribution as pip does, without a line of code."""
    metadata = site / f"{name}-{version}.dist-info"
    metadata.mkdir(parents=True)
    (metadata / "METADATA").write_text(f"Name: {name}\nVersion: {version}\n")
    record = [*files, f"{metadata.name}/METADATA", "../../../bin/tool.py"]
    (metadata / "RECORD").write_text("".join(f"{file},sha256=x,1\n" for file in record))
    if url:
        (metadata / "direct_url.json").write_text(json.dumps({"url": url, "dir_info": {}}))


@pytest.fixture
def venv(tmp_path: Path) -> Path:
    prefix = tmp_path / "venv"
    site = prefix / "lib" / "python3.10" / "site-packages"
    (prefix / "bin").mkdir(parents=True)
    (prefix / "bin" / "python").write_text("#!/bin/sh\necho it must not run\nexit 1\n")
    (prefix / "pyvenv.cfg").write_text("home = /usr/bin\nversion = 3.10.4\n")
    install(site, "opencv_python_headless", "4.9.0", ["cv2/__init__.py", "cv2/cv2.abi3.so"])
    install(site, "google_auth", "2.0", ["google/auth/__init__.py", "google/oauth2/credentials.py"])
    install(site, "google_cloud_storage", "2.1", ["google/cloud/storage/__init__.py"])
    install(site, "six", "1.16", ["six.py"])
    install(site, "torch", "2.4.0+cpu", ["torch/__init__.py"])
    install(site, "mine", "1.0", ["mine/__init__.py"], url="file:///home/me/mine")
    old = site / "Old_Thing-0.3.egg-info"
    old.mkdir()
    (old / "PKG-INFO").write_text("Metadata-Version: 1.0\nName: Old-Thing\nVersion: 0.3\n")
    (old / "top_level.txt").write_text("oldthing\n_oldthing\n")
    return prefix


def test_an_environment_is_read_by_its_folder_or_its_interpreter(venv: Path) -> None:
    for place in (venv, venv / "bin" / "python"):
        found = environments.read(place, "x")
        assert found is not None
        assert found.python == "3.10"
        assert found.distributions["opencv-python-headless"].version == "4.9.0"
        assert {"cv2", "six", "oldthing", "google", "torch"} <= set(found.modules)
        assert "bin" not in found.modules
        assert found.distributions["old-thing"].version == "0.3"


def test_a_shared_namespace_is_decided_by_the_files(venv: Path) -> None:
    found = environments.read(venv, "x")
    assert found is not None
    owners, decided = found.provides("google.cloud.storage.Client")
    assert [each.distribution for each in owners] == ["google-cloud-storage"]
    assert decided == "google.cloud.storage"
    assert [each.distribution for each in found.provides("google.oauth2.credentials")[0]] == ["google-auth"]
    assert found.provides("google.cloud.bigquery")[0] == ()
    assert found.provides("nothing")[0] == ()


def test_what_came_from_an_address_is_marked(venv: Path) -> None:
    found = environments.read(venv, "x")
    assert found is not None
    assert found.distributions["mine"].elsewhere
    assert not found.distributions["six"].elsewhere


def test_a_folder_that_is_no_environment_gives_none(tmp_path: Path) -> None:
    assert environments.read(tmp_path, "x") is None
    assert environments.read(tmp_path / "missing" / "bin" / "python", "x") is None
    for place in (tmp_path, Path("/missing"), Path("missing")):
        with pytest.raises(environments.NoEnvironmentError, match="--python"):
            environments.choose(place, None, None, ())


def test_an_interpreter_may_be_named_as_on_the_command_line(venv: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (venv / "bin" / "python").chmod(0o755)
    monkeypatch.setenv("PATH", str(venv / "bin"))
    found = environments.read(Path("python"), "x")
    assert found is not None
    assert "cv2" in found.modules


def test_the_order_is_asked_for_then_kernel_then_active(
    venv: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    kernels = tmp_path / "jupyter"
    for name in ("science", "python3"):
        (kernels / "kernels" / name).mkdir(parents=True)
        kernel = {"argv": [str(venv / "bin" / "python"), "-m", "ipykernel_launcher"]}
        (kernels / "kernels" / name / "kernel.json").write_text(json.dumps(kernel))
    monkeypatch.setenv("JUPYTER_PATH", str(kernels))
    monkeypatch.setenv("VIRTUAL_ENV", str(venv))

    def chosen(asked: Path | None, kernel: str | None, version: str | None, *imported: str) -> str | None:
        found = environments.choose(asked, kernel, version, imported)
        return found.known_as if found else None

    assert chosen(venv, "science", "3.10.4") == "the environment of --python"
    assert chosen(None, "science", "3.10.9") == "the notebook's kernel science"
    assert chosen(None, "science", "3.8.1") == "the active environment"
    assert chosen(None, "python3", "3.10.4", "six", "cv2") == "the notebook's kernel python3"
    assert chosen(None, "python3", "3.10.4", "six", "pandas") == "the active environment"
    assert chosen(None, "python3", "3.10.9") == "the active environment"
    monkeypatch.delenv("VIRTUAL_ENV")
    assert chosen(None, None, "3.10.4") is None
