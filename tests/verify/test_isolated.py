"""A fresh environment from the project's lock: made, refused in words, and used."""

from __future__ import annotations

import re
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from nb2prod.requirements import index_settings
from nb2prod.requirements.index_settings import for_uv
from nb2prod.requirements.lockers import find_uv
from nb2prod.verify import verify
from nb2prod.verify.isolated import IsolationError, environment, objections
from tests.requirements.wheels import wheel
from tests.verify import tiny

if TYPE_CHECKING:
    from pathlib import Path

HERE = f"{sys.version_info.major}.{sys.version_info.minor}"


def quiet(_: str) -> None: ...


def locked(project: Path, asked: str) -> None:
    """Lock what is asked for as convert does."""
    (project / "requirements.in").write_text(asked)
    command = [
        str(find_uv()),
        "pip",
        "compile",
        "--quiet",
        "--no-header",
        "--generate-hashes",
        "--python-version",
        HERE,
    ]
    command += ["--only-binary", ":all:", "--no-emit-index-url", "--no-emit-find-links", "requirements.in"]
    done = [
        subprocess.run(command, cwd=project, env=one.environment(), capture_output=True, text=True, check=False)  # noqa: S603 - uv
        for one in for_uv()
    ]
    (project / "requirements.txt").write_text(next(one.stdout for one in done if one.returncode == 0))
    (project / ".python-version").write_text(f"{HERE}\n")


def test_both_sides_run_with_what_the_project_asks_for_and_nothing_else(tmp_path: Path) -> None:
    cells = [
        "import six\nimport importlib.util",
        "here = six.__name__\nhas = importlib.util.find_spec('sklearn') is None",
    ]
    made = tiny.project(tmp_path, cells)
    locked(made, "six\n")
    verdict = verify(made, isolated=True)
    assert (verdict.status, verdict.counts.equal) == ("equivalent", 2), verdict
    assert verdict.python == "a fresh environment made from requirements.txt"


def test_what_the_project_does_not_ask_for_is_not_there(tmp_path: Path) -> None:
    made = tiny.project(tmp_path, ["import sklearn", "x = 1"])
    locked(made, "six\n")
    verdict = verify(made, isolated=True)
    assert verdict.failed is not None
    assert "No module named 'sklearn'" in verdict.failed.error


def test_a_wrong_hash_is_refused(tmp_path: Path) -> None:
    locked(tmp_path, "six\n")
    lock = tmp_path / "requirements.txt"
    lock.write_text(re.sub(r"sha256:\w+", "sha256:" + "0" * 64, lock.read_text()))
    with pytest.raises(IsolationError, match=r"(?i)hash mismatch"):
        environment(tmp_path, tmp_path / "environment", quiet)


def test_without_a_lock_there_is_nothing_to_prove(tmp_path: Path) -> None:
    (tmp_path / "requirements.txt").write_text("# No versions and no hashes: not locked, as asked for\nsix\n")
    with pytest.raises(IsolationError, match="has no hashes"):
        environment(tmp_path, tmp_path / "environment", quiet)


def test_a_python_that_is_not_here_is_named(tmp_path: Path) -> None:
    locked(tmp_path, "six\n")
    (tmp_path / ".python-version").write_text("3.4\n")
    with pytest.raises(IsolationError, match=r"3\.4"):
        environment(tmp_path, tmp_path / "environment", quiet)


def test_a_wheel_that_is_for_this_platform_by_its_name_only_is_taken(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    wheel(tmp_path / "wheels", "booster", "1.0", tag="cp27-cp27m-manylinux2010_x86_64")
    wheel(tmp_path / "wheels", "ipykernel", "7.0")
    pip = tmp_path / "pip.conf"
    pip.write_text(f"[global]\nno-index = true\nfind-links = {tmp_path / 'wheels'}\n")
    monkeypatch.setenv("PIP_CONFIG_FILE", str(pip))
    monkeypatch.delenv("PIP_FIND_LINKS", raising=False)
    monkeypatch.setattr(index_settings, "_uv_is_configured", lambda: False)
    locked(tmp_path, "booster\n")
    made = environment(tmp_path, tmp_path / "environment", quiet)
    assert subprocess.run([made, "-c", "import booster"], check=False).returncode == 0  # noqa: S603 - just made


def test_what_does_not_go_together_is_told() -> None:
    said = (
        "Found 2 incompatibilities\nThe package `a` was built for a different platform\n"
        "The package `b` requires `c>=2`, but `1.0` is installed\n"
    )
    assert objections(said) == ["The package `b` requires `c>=2`, but `1.0` is installed"]
