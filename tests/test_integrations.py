"""Where other programs call lint: pre-commit and GitHub Actions."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from nb2prod.cli import nb2prod
from tests.written import write

ROOT = Path(__file__).parent.parent
HERE = Path(sys.executable).parent


def _git(folder: Path, *arguments: str) -> str:
    identity = ["-c", "user.name=test", "-c", "user.email=test@example.org", "-c", "commit.gpgsign=false"]
    done = subprocess.run(  # noqa: S603 - ours
        ["git", *identity, *arguments],  # noqa: S607 - the git that is there
        cwd=folder,
        env=_environment(folder),
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout.strip()


def _environment(folder: Path) -> dict[str, str]:
    """Ours, with this interpreter's programs first, and without a git that calls us."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    path = os.pathsep.join([str(HERE), os.environ["PATH"]])
    return {**kept, "PATH": path, "PRE_COMMIT_HOME": str(folder.parent / "pre-commit"), "HOME": str(folder.parent)}


@pytest.fixture
def hooks(tmp_path: Path) -> Path:
    """A repository with our hooks, as `repo:` names it."""
    folder = tmp_path / "hooks"
    folder.mkdir()
    shutil.copy(ROOT / ".pre-commit-hooks.yaml", folder)
    _git(folder, "init", "-q")
    _git(folder, "add", ".")
    _git(folder, "commit", "-qm", "Hooks")
    return folder


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """A repository with a notebook that has one finding that can be fixed, and one in another language."""
    folder = tmp_path / "repository"
    folder.mkdir()
    _git(folder, "init", "-q")
    write(folder / "a.ipynb", "x = 1  # nb2prod: ignore[HS101]")
    write(folder / "r.ipynb", "x <- 1", language_info={"name": "R"})
    (folder / "notes.md").write_text("# Notes\n", encoding="utf-8")
    return folder


def _run(repository: Path, hooks: Path, hook: str) -> subprocess.CompletedProcess[str]:
    """Run one hook over all files; it is the nb2prod that is tested, rather than one that is installed for it."""
    config = {
        "repos": [
            {
                "repo": str(hooks),
                "rev": _git(hooks, "rev-parse", "HEAD"),
                "hooks": [{"id": hook, "language": "system", "verbose": True}],
            }
        ]
    }
    (repository / ".pre-commit-config.yaml").write_text(json.dumps(config), encoding="utf-8")
    _git(repository, "add", ".")
    return subprocess.run(
        [sys.executable, "-m", "pre_commit", "run", "--all-files"],
        cwd=repository,
        env=_environment(repository),
        capture_output=True,
        text=True,
        check=False,
    )


def test_pre_commit_lint_finds(repository: Path, hooks: Path) -> None:
    done = _run(repository, hooks, "nb2prod-lint")
    assert done.returncode == 1, done.stdout + done.stderr
    assert "a.ipynb:cell 0:1:8: HY201 warning" in done.stdout
    assert "exit code: 1" in done.stdout


def test_pre_commit_lint_passes_what_is_clean(repository: Path, hooks: Path) -> None:
    write(repository / "a.ipynb", "x = 1")
    done = _run(repository, hooks, "nb2prod-lint")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "Nothing found in 1 notebook." in done.stdout


def test_pre_commit_fix_mends_and_then_passes(repository: Path, hooks: Path) -> None:
    before = (repository / "a.ipynb").read_text(encoding="utf-8")
    done = _run(repository, hooks, "nb2prod-fix")
    assert done.returncode == 1, done.stdout + done.stderr
    assert "files were modified by this hook" in done.stdout
    after = (repository / "a.ipynb").read_text(encoding="utf-8")
    assert after == before.replace("  # nb2prod: ignore[HS101]", "")
    assert _run(repository, hooks, "nb2prod-fix").returncode == 0


def test_the_hooks_are_installed_as_python_programs() -> None:
    for hook in yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text(encoding="utf-8")):
        assert (hook["language"], hook["types"]) == ("python", ["jupyter"])
        program, command, *options = hook["entry"].split()
        assert program == "nb2prod"
        assert set(options) <= {name for each in nb2prod.commands[command].params for name in each.opts}


def _steps() -> list[dict[str, Any]]:
    steps: list[dict[str, Any]] = yaml.safe_load((ROOT / "action.yml").read_text(encoding="utf-8"))["runs"]["steps"]
    return steps


def test_the_action_lints_and_says_it_to_github(tmp_path: Path) -> None:
    write(tmp_path / "x" / "a.ipynb", "print(gone)")
    write(tmp_path / "y z" / "b.ipynb", "print(gone)")
    place = tmp_path / "place" / "bin"
    place.mkdir(parents=True)
    (place / "nb2prod").symlink_to(HERE / "nb2prod")
    step = _steps()[-1]
    given: dict[str, str] = {
        "PATHS": "x */*.ipynb",
        "ARGUMENTS": "--select HS",
        "FORMAT": "github",
        "OUTPUT": "",
        "PLACE": str(place.parent),
    }
    assert set(step["env"]) == set(given)
    done = _bash(step["run"], tmp_path, given)
    assert done.returncode == 1, done.stderr
    assert [line.partition(",line")[0] for line in done.stdout.splitlines()] == [
        "::error title=HS102 read-of-undefined,file=x/a.ipynb",
        "::error title=HS102 read-of-undefined,file=y z/b.ipynb",
    ]
    done = _bash(step["run"], tmp_path, {**given, "FORMAT": "sarif", "OUTPUT": "found.sarif"})
    assert json.loads((tmp_path / "found.sarif").read_text(encoding="utf-8"))["version"] == "2.1.0"


def _bash(script: str, folder: Path, given: dict[str, str]) -> subprocess.CompletedProcess[str]:
    # as GitHub runs `shell: bash`
    return subprocess.run(  # noqa: S603 - ours
        ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", script],  # noqa: S607 - the bash that is there
        cwd=folder,
        env={**os.environ, **given},
        capture_output=True,
        text=True,
        check=False,
    )


def test_the_action_uses_only_inputs_that_it_has() -> None:
    text = (ROOT / "action.yml").read_text(encoding="utf-8")
    inputs = yaml.safe_load(text)["inputs"]
    used = {part.split("}")[0].strip().removeprefix("inputs.") for part in text.split("${{")[1:] if "inputs." in part}
    assert used == set(inputs)
    assert all(set(each) == {"description", "default"} for each in inputs.values())
