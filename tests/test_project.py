"""The emitted project: what is in it for each variant, that it runs, and that it appears whole or not at all."""

from __future__ import annotations

import errno
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path
from typing import Literal

import pytest

from nb2prod.conversion import DataFile, Module
from nb2prod.problems import Location
from nb2prod.project import Environment, File, Lock, Noticed, Project, ProjectError, build, disk, package_name, write
from tests.example_conversion import PACKAGE, conversion, notebook

Variant = Literal["ok", "refused", "none", "train refused"]
COMMON = {
    ".dockerignore",
    ".github/workflows/ci.yml",
    ".gitignore",
    ".python-version",
    "Dockerfile",
    "HANDOFF.md",
    "README.md",
    "apt.txt",
    "data/shipments.csv",
    "models/.gitignore",
    "nb2prod.json",
    "notebooks/late shipments.ipynb",
    "pyproject.toml",
    "requirements-dev.txt",
    "requirements.in",
    "tests/conftest.py",
    "tests/test_train.py",
    *(
        f"src/{PACKAGE}/{name}.py"
        for name in ("__init__", "__main__", "data", "errors", "explore", "pictures", "settings")
    ),
}
MODEL = {
    f"src/{PACKAGE}/{name}.py"
    for name in ("aliases", "features", "models", "origin", "profile", "schema", "seen", "train")
}
FILES: dict[Variant, set[str]] = {
    "ok": COMMON
    | MODEL
    | {f"src/{PACKAGE}/{name}.py" for name in ("evaluate", "predict", "replay", "service")}
    | {
        f"src/{PACKAGE}/serving/{name}.py"
        for name in (
            "__init__",
            "arrays",
            "contract",
            "counts",
            "example",
            "gate",
            "model",
            "openapi",
            "trees",
            "worker",
        )
    }
    | {"compose.yaml", "tests/test_contract.py", "tests/test_parity.py", "tests/test_service.py"},
    "refused": COMMON | MODEL | {f"src/{PACKAGE}/refused.py"},
    "none": COMMON | {f"src/{PACKAGE}/train.py"},
    "train refused": (COMMON | MODEL | {f"src/{PACKAGE}/refused.py"}) - {f"src/{PACKAGE}/train.py"},
}


def made(folder: Path, variant: Variant = "ok", **changes: object) -> Project:
    return build(replace(conversion(folder, variant), **changes), notebook(folder))  # type: ignore[arg-type]


def written(folder: Path, variant: Variant = "ok") -> Path:
    write(made(folder / "work", variant), folder / PACKAGE)
    return folder / PACKAGE


def files(folder: Path) -> set[str]:
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}


def command(folder: Path, *arguments: str, code: int = 0) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "PYTHONPATH": str(folder / "src"), "PYTHONDONTWRITEBYTECODE": "1"}
    line = [sys.executable, "-W", "error", "-m", *arguments]
    done = subprocess.run(line, cwd=folder, env=environment, capture_output=True, text=True, check=False)  # noqa: S603
    assert done.returncode == code, f"{line}\n{done.stdout}\n{done.stderr}"
    return done


# what is in it


@pytest.mark.parametrize("variant", list(FILES))
def test_a_project_has_what_it_needs_and_no_more(tmp_path: Path, variant: Variant) -> None:
    assert files(written(tmp_path, variant)) == FILES[variant]


def test_the_notebook_is_there_byte_for_byte(tmp_path: Path) -> None:
    folder = written(tmp_path)
    source = (tmp_path / "work" / "late shipments.ipynb").read_bytes()
    assert (folder / "notebooks" / "late shipments.ipynb").read_bytes() == source


@pytest.mark.parametrize("variant", list(FILES))
def test_the_placeholder_is_gone(tmp_path: Path, variant: Variant) -> None:
    folder = written(tmp_path, variant)
    for path in files(folder):
        text = (folder / path).read_text(encoding="utf-8")
        assert "example_project" not in text
        assert "example-project" not in text


def test_the_python_version_is_the_notebooks_everywhere(tmp_path: Path) -> None:
    project = made(tmp_path)
    assert project.text(".python-version") == "3.10\n"
    assert "ARG BASE=python:3.10-slim-bookworm\n" in project.text("Dockerfile")
    assert 'requires-python = ">=3.10"' in project.text("pyproject.toml")


def test_the_environments_files_are_taken_as_they_are(tmp_path: Path) -> None:
    given = (("requirements.in", "polars\n"), ("requirements.txt", "polars==1\n"), (".python-version", "3.8.2\n"))
    environment = Environment(files=given, lock=Lock("ok"))
    project = build(conversion(tmp_path), notebook(tmp_path), environment)
    assert [project.text(path) for path, _ in given] == [text for _, text in given]
    assert "ARG BASE=python:3.8-slim-bookworm\n" in project.text("Dockerfile")
    assert "pip install -r requirements.txt" in project.text("README.md")


def test_without_a_lock_readme_says_how_to_make_one(tmp_path: Path) -> None:
    readme = made(tmp_path).text("README.md")
    assert "pip install -r requirements.in" in readme
    assert "--python-version 3.10 requirements.in -o requirements.txt" in readme
    assert "docker build" not in readme


def test_handoff_tells_what_is_open(tmp_path: Path) -> None:
    finding = Noticed(
        where=Location(4, 2, 1), code="HS101", name="read-before-write", severity="error", message="df is read"
    )
    doubtful = {"imports": ["cv9"], "confidence": "unconfirmed", "candidates": ["opencv-python"], "distribution": None}
    environment = Environment(requirements=(doubtful,), lock=Lock("failed", "no network"))
    given = replace(conversion(tmp_path, "refused"), notes=("cell 9 does not parse",))
    page = build(given, notebook(tmp_path), environment, [finding]).text("HANDOFF.md")
    for line in (
        "not proven yet",
        "`predict`: **refused**: rolling() needs the rows before (cell 5, line 2). Compute it from the row alone",
        "the lock failed**: no network",
        "- **error** cell 4, line 2: df is read (`HS101` read-before-write)",
        "`cv9`: which distribution brings it is not certain (candidates: opencv-python)",
        "- cell 9 does not parse",
        "| 1 | 1-3 | train | `train.py` 20-22, `explore.py` 9 |  |",
        "| 2 | 1 | dropped |  | installs \\| a package |",
        "| weight_median | 3 | `a\\|b.median()` | `shipments` |",
    ):
        assert line in page


def test_every_command_of_the_readme_runs(tmp_path: Path) -> None:
    folder = written(tmp_path)
    (folder / "IN.csv").write_bytes((folder / "data" / "shipments.csv").read_bytes())
    lines = [
        line for line in (folder / "README.md").read_text().splitlines() if line.startswith(f"python -m {PACKAGE} ")
    ]
    assert [line.split()[3] for line in lines] == ["train", "predict", "evaluate", "explore"]
    for line in lines:
        command(folder, *line.split()[2:])


# it runs


def test_with_a_prediction(tmp_path: Path) -> None:
    folder = written(tmp_path)
    assert "model stored in models/" in command(folder, PACKAGE, "train").stdout
    command(folder, PACKAGE, "predict", "data/shipments.csv", "--output", "out.csv")
    assert len((folder / "out.csv").read_text().splitlines()) == 161
    command(folder, PACKAGE, "evaluate")
    manifest = json.loads(next(folder.glob("models/*/manifest.json")).read_text())
    assert manifest["notebook_sha256"] == json.loads((folder / "nb2prod.json").read_text())["notebook"]["sha256"]
    assert manifest["package"] == PACKAGE
    command(folder, "pytest", "-q", "-p", "no:cacheprovider", "-p", "no:xdist")
    command(folder, "ruff", "check", "--no-cache", ".")


def test_with_predict_refused(tmp_path: Path) -> None:
    folder = written(tmp_path, "refused")
    assert "model stored in models/" in command(folder, PACKAGE, "train").stdout
    command(folder, PACKAGE, "explore")
    for arguments in ((), ("data/shipments.csv", "--output", "out.csv"), ("--output", "out.csv", "in.csv")):
        told = command(folder, PACKAGE, "predict", *arguments, code=2).stderr
        assert "predict could not be made from the notebook: rolling() needs the rows before (cell 5" in told
        assert "Compute it from the row alone" in told
    assert "predict" in command(folder, PACKAGE, "--help").stdout
    assert "evaluate" not in command(folder, PACKAGE, "--help").stdout
    command(folder, "pytest", "-q", "-p", "no:cacheprovider", "-p", "no:xdist")
    command(folder, "ruff", "check", "--no-cache", ".")


def test_without_a_model(tmp_path: Path) -> None:
    folder = written(tmp_path, "none")
    assert "42 rows written" in command(folder, PACKAGE, "train").stdout
    assert list((folder / "models").iterdir()) == [folder / "models" / ".gitignore"]
    command(folder, PACKAGE, "explore")
    assert "invalid choice: 'predict'" in command(folder, PACKAGE, "predict", code=2).stderr
    command(folder, "pytest", "-q", "-p", "no:cacheprovider", "-p", "no:xdist")
    command(folder, "ruff", "check", "--no-cache", ".")


def test_what_train_draws_opens_no_window_and_saves_nothing(tmp_path: Path) -> None:
    code = """import matplotlib.pyplot as plt

def train() -> None:
    plt.plot([1, 2])
    plt.show()
    assert not plt.get_fignums()
    plt.figure()
"""
    given = conversion(tmp_path / "work", "none")
    write(build(replace(given, modules=(Module("train.py", code),)), notebook(tmp_path / "work")), tmp_path / "out")
    command(tmp_path / "out", PACKAGE, "train")
    assert not (tmp_path / "out" / "pictures").exists()


def test_with_train_refused(tmp_path: Path) -> None:
    folder = written(tmp_path, "train refused")
    assert "train could not be made" in command(folder, PACKAGE, "train", code=2).stderr
    command(folder, PACKAGE, "explore")
    done = command(folder, "pytest", "-q", "-rs", "-p", "no:cacheprovider", "-p", "no:xdist")
    assert "NOT TESTED: train could not be made" in done.stdout


def test_the_package_can_be_installed(tmp_path: Path) -> None:
    folder = written(tmp_path)
    script = f"""
import setuptools.build_meta, os, pathlib
os.chdir({str(folder)!r})
print(setuptools.build_meta.build_wheel({str(tmp_path)!r}))
"""
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)  # noqa: S603
    assert f"{PACKAGE}-0.1.0-py3-none-any.whl" in done.stdout, done.stderr


# data


def entry(folder: Path, **change: object) -> dict[str, object]:
    data = replace(conversion(folder).data[0], **change)  # type: ignore[arg-type]
    project = made(folder, data=(data,))
    result: dict[str, object] = json.loads(project.text("nb2prod.json"))["data"][0]
    copied = "data/shipments.csv" in {file.path for file in project.files}
    assert result["copied"] == copied
    assert bool(project.kept_out) == (not copied)
    if not copied:
        assert str(result["reason"]) in project.text("README.md")
    return result


def test_data_below_the_notebooks_folder_are_copied(tmp_path: Path) -> None:
    notebook(tmp_path)
    (tmp_path / "raw").mkdir()
    shutil.move(tmp_path / "shipments.csv", tmp_path / "raw" / "shipments.csv")
    assert entry(tmp_path, source=tmp_path / "raw" / "shipments.csv")["copied"]


def test_data_of_the_repository_are_copied(tmp_path: Path) -> None:
    (tmp_path / ".git").mkdir()
    notebook(tmp_path / "notebooks")
    shutil.copy(tmp_path / "notebooks" / "shipments.csv", tmp_path / "shipments.csv")
    assert entry(tmp_path / "notebooks", source=tmp_path / "shipments.csv")["copied"]


def test_data_from_elsewhere_are_not_copied(tmp_path: Path) -> None:
    (tmp_path / "secret.csv").write_text("a\n")
    assert "outside" in str(entry(tmp_path / "work", source=tmp_path / "work" / ".." / "secret.csv")["reason"])


def test_a_link_to_elsewhere_is_not_followed(tmp_path: Path) -> None:
    notebook(tmp_path / "work")
    (tmp_path / "secret.csv").write_text("a\n")
    (tmp_path / "work" / "linked.csv").symlink_to(tmp_path / "secret.csv")
    assert "outside" in str(entry(tmp_path / "work", source=tmp_path / "work" / "linked.csv")["reason"])


@pytest.mark.parametrize("path", [".env", ".git/config", "a/.hidden/b.csv"])
def test_hidden_files_are_not_copied(tmp_path: Path, path: str) -> None:
    (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
    (tmp_path / path).write_text("password\n")
    (tmp_path / "plain.csv").symlink_to(tmp_path / path)
    assert "hidden" in str(entry(tmp_path, source=tmp_path / path)["reason"])
    assert "hidden" in str(entry(tmp_path, source=tmp_path / "plain.csv")["reason"])


def test_large_files_are_not_copied(tmp_path: Path) -> None:
    notebook(tmp_path)
    with (tmp_path / "big.csv").open("wb") as file:
        file.truncate(10_000_001)
    assert "larger than 10 MB" in str(entry(tmp_path, source=tmp_path / "big.csv")["reason"])


@pytest.mark.parametrize("source", ["absent.csv", "folder", "pipe"])
def test_what_is_no_file_is_not_copied(tmp_path: Path, source: str) -> None:
    (tmp_path / "folder").mkdir()
    os.mkfifo(tmp_path / "pipe")
    assert not entry(tmp_path, source=tmp_path / source)["copied"]


@pytest.mark.parametrize("target", ["../x.csv", "/etc/x.csv", "src/x.py", "data/../../x.csv", "data/.env", "data"])
def test_data_go_to_the_data_folder_only(tmp_path: Path, target: str) -> None:
    assert not entry(tmp_path, target=target)["copied"]


def test_names_that_differ_only_in_case_are_copied_once(tmp_path: Path) -> None:
    notebook(tmp_path)
    shutil.copy(tmp_path / "shipments.csv", tmp_path / "Shipments.csv")
    data = (
        DataFile("shipments.csv", tmp_path / "shipments.csv", "data/shipments.csv"),
        DataFile("Shipments.csv", tmp_path / "Shipments.csv", "data/Shipments.csv"),
    )
    project = made(tmp_path, data=data)
    assert [path for path, _ in project.kept_out] == ["data/Shipments.csv"]


def test_where_the_sources_are_is_told_only_when_near(tmp_path: Path) -> None:
    made_from = notebook(tmp_path / "a" / "analyses")
    given = conversion(tmp_path / "a" / "analyses")
    near = json.loads(build(given, made_from, output=tmp_path / "a" / "out").text("nb2prod.json"))
    assert near["notebook"]["source"] == "../analyses/late shipments.ipynb"
    assert near["data"][0]["source"] == "../analyses/shipments.csv"
    far = json.loads(build(given, made_from, output=tmp_path / "b").text("nb2prod.json"))
    assert far["notebook"]["source"] is None
    assert far["data"][0]["source"] is None


# names


@pytest.mark.parametrize(
    ("stem", "expected"),
    [
        ("analysis", "analysis"),
        ("House Prices (final) v2", "house_prices_final_v2"),
        ("01-EDA", "notebook_01_eda"),
        ("Übung", "ubung"),
        ("予測", "notebook"),
        ("sklearn", "sklearn_project"),
        ("Pandas", "pandas_project"),
        ("json", "json_project"),
        ("class", "class_project"),
        ("match", "match_project"),
        ("data", "data_project"),
        ("tests", "tests_project"),
        ("cv2", "cv2_project"),
        ("google", "google_project"),
        ("scikit-learn", "scikit_learn_project"),
        ("x" * 300, "x" * 60),
    ],
)
def test_a_package_is_named_after_its_notebook_and_hides_nothing(stem: str, expected: str) -> None:
    assert package_name(stem, imports=["cv2", "google.cloud.storage"], pins=["scikit-learn"]) == expected


def test_a_name_that_is_taken_twice() -> None:
    assert package_name("json", imports=["json_project"]) == "json_project_2"


# clashes


@pytest.mark.parametrize("name", ["__main__.py", "schema.py", "Models.py", "../../tests/conftest.py"])
def test_a_module_may_not_take_the_place_of_another_file(tmp_path: Path, name: str) -> None:
    given = conversion(tmp_path)
    with pytest.raises(ProjectError):
        build(replace(given, modules=(*given.modules, Module(name, "x = 1\n"))), notebook(tmp_path))


# whole or not at all


def listing(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def small(package: str = "a", content: str = "new") -> Project:
    return Project(package, (File("nb2prod.json", b"{}"), File("src/a.py", content.encode())))


class Stopped(BaseException):
    """As KeyboardInterrupt, but ours."""


@pytest.mark.parametrize("error", [OSError(errno.ENOSPC, "No space left on device"), KeyboardInterrupt(), Stopped()])
@pytest.mark.parametrize("step", ["_write_file", "_sync", "_sync_tree", "_move_in"])
def test_a_failure_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: BaseException, step: str
) -> None:
    calls = []

    def fail(*_: object, **__: object) -> None:
        calls.append(1)
        raise error

    monkeypatch.setattr(disk, step, fail)
    with pytest.raises(ProjectError if isinstance(error, OSError) else type(error)) as raised:
        write(small(), tmp_path / "new" / "parents" / "out")
    if isinstance(error, OSError):
        assert str(raised.value).endswith("/out: No space left on device; nothing was changed there")
    assert calls
    assert listing(tmp_path) == []


def test_what_is_there_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "mine.txt").write_text("mine")
    for force, told in ((False, "--force"), (True, "not a project that nb2prod made")):
        with pytest.raises(ProjectError, match=told):
            write(small(), tmp_path / "out", force=force)
        assert listing(tmp_path / "out") == ["mine.txt"]
    (tmp_path / "file").write_text("mine")
    with pytest.raises(ProjectError):
        write(small(), tmp_path / "file", force=True)
    assert (tmp_path / "file").read_text() == "mine"
    assert listing(tmp_path) == ["file", "out"]


def test_a_project_is_not_replaced_unasked(tmp_path: Path) -> None:
    write(small(content="old"), tmp_path / "out")
    with pytest.raises(ProjectError, match="replace it with --force"):
        write(small(content="new"), tmp_path / "out")
    assert (tmp_path / "out" / "src" / "a.py").read_text() == "old"


def test_an_empty_folder_is_no_obstacle(tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    write(small(), tmp_path / "out")
    assert files(tmp_path / "out") == {"nb2prod.json", "src/a.py"}


def test_force_replaces_a_project(tmp_path: Path) -> None:
    write(small(content="old"), tmp_path / "out")
    (tmp_path / "out" / "left.txt").write_text("left")
    write(small(content="new"), tmp_path / "out", force=True)
    assert files(tmp_path / "out") == {"nb2prod.json", "src/a.py"}
    assert (tmp_path / "out" / "src" / "a.py").read_text() == "new"
    assert listing(tmp_path) == ["out"]


def test_force_that_fails_keeps_the_old_project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(small(content="old"), tmp_path / "out")
    rename = Path.rename

    def fail_for_the_new(self: Path, target: Path) -> Path:
        if ".new-" in self.name:
            raise KeyboardInterrupt
        return rename(self, target)

    monkeypatch.setattr(Path, "rename", fail_for_the_new)
    with pytest.raises(KeyboardInterrupt):
        write(small(content="new"), tmp_path / "out", force=True)
    assert (tmp_path / "out" / "src" / "a.py").read_text() == "old"
    assert listing(tmp_path) == ["out"]


def test_force_does_not_replace_what_holds_the_sources(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(small(), tmp_path / "out")
    inside = replace(small(), sources=(tmp_path / "out" / "src" / "a.py",))
    with pytest.raises(ProjectError, match="holds"):
        write(inside, tmp_path / "out", force=True)
    monkeypatch.chdir(tmp_path / "out" / "src")
    with pytest.raises(ProjectError, match="holds"):
        write(small(), tmp_path / "out", force=True)


def test_a_folder_that_appears_meanwhile_is_left_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:

    sync_tree = disk._sync_tree  # noqa: SLF001 - the last step before the rename

    def somebody_else(folder: Path) -> None:
        sync_tree(folder)
        (tmp_path / "out").mkdir()
        (tmp_path / "out" / "theirs.txt").write_text("theirs")

    monkeypatch.setattr(disk, "_sync_tree", somebody_else)
    with pytest.raises(ProjectError, match="appeared"):
        write(small(), tmp_path / "out")
    assert listing(tmp_path) == ["out"]
    assert listing(tmp_path / "out") == ["theirs.txt"]


def test_a_link_to_a_folder_stays_a_link(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "real")
    write(small(), tmp_path / "link")
    assert (tmp_path / "link").is_symlink()
    assert files(tmp_path / "real") == {"nb2prod.json", "src/a.py"}


WRITER = """
import sys, pathlib, resource
from nb2prod.project import File, Project, write
limit = int(sys.argv[2])
if limit:
    import signal
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))
content = b"x" * 200_000
files = tuple(File(f"data/{number}", content) for number in range(int(sys.argv[3])))
print("started", flush=True)
write(Project("a", (File("nb2prod.json", b"{}"), *files)), pathlib.Path(sys.argv[1]))
"""


def writer(output: Path, limit: int = 0, number: int = 3) -> subprocess.Popen[str]:
    line = [sys.executable, "-c", WRITER, str(output), str(limit), str(number)]
    return subprocess.Popen(line, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)  # noqa: S603


def test_a_file_that_may_not_grow_leaves_nothing(tmp_path: Path) -> None:
    with writer(tmp_path / "deep" / "out", limit=100_000) as process:
        _, told = process.communicate(timeout=60)
    assert process.returncode == 1
    assert "File too large" in told
    assert listing(tmp_path) == []


def test_ctrl_c_leaves_nothing(tmp_path: Path) -> None:
    with writer(tmp_path / "out", number=20_000) as process:
        assert process.stdout is not None
        process.stdout.readline()
        while process.poll() is None and not any(tmp_path.iterdir()):
            time.sleep(0.01)
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=60)
    assert process.returncode != 0
    assert listing(tmp_path) == []


def test_a_full_disk_leaves_nothing(tmp_path: Path) -> None:
    small_disk = tmp_path / "disk"
    small_disk.mkdir()
    line = ["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", str(small_disk)]
    if shutil.which("mount") is None or subprocess.run(line, capture_output=True, check=False).returncode:  # noqa: S603
        pytest.skip("NOT TESTED: a small disk cannot be mounted here")
    try:
        with writer(small_disk / "out", number=10) as process:
            _, told = process.communicate(timeout=60)
        assert process.returncode == 1
        assert "No space left on device" in told
        assert listing(small_disk) == []
    finally:
        subprocess.run(["umount", str(small_disk)], check=True)  # noqa: S603, S607
