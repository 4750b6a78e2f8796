"""Adding a piece later: the project is as if it had been emitted with it, and what a person changed stays."""

from __future__ import annotations

import hashlib
import json
import sys
from typing import TYPE_CHECKING, Any

import pytest

from nb2prod import requirements as needs
from nb2prod.cli import run as nb2prod
from nb2prod.project import Environment, Lock, ProjectError, add, build, pieces, write
from tests.example_conversion import PACKAGE, conversion, notebook

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

if TYPE_CHECKING:
    from pathlib import Path


def emitted(folder: Path, *optional: str, lock: Lock | None = None) -> Path:
    """Write the example's project with these pieces."""
    environment = Environment(lock=lock) if lock else None
    write(build(conversion(folder / "work"), notebook(folder / "work"), environment, optional=optional), folder / "out")
    return folder / "out"


def contents(project: Path) -> dict[str, bytes]:
    found = {path.relative_to(project).as_posix(): path.read_bytes() for path in project.rglob("*") if path.is_file()}
    return {path: content for path, content in found.items() if path not in {"README.md", "requirements.in"}}


def record(project: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((project / "nb2prod.json").read_text(encoding="utf-8"))
    return found


def wanting(monkeypatch: pytest.MonkeyPatch, piece: str, *requirements: str) -> None:
    """Let a piece need something."""
    changed = tuple(
        pieces.Piece(name=each.name, what=each.what, files=each.files, folders=each.folders, requirements=requirements)
        if each.name == piece
        else each
        for each in pieces.PIECES
    )
    monkeypatch.setattr(pieces, "PIECES", changed)


@pytest.mark.parametrize("piece", pieces.NAMES)
def test_a_piece_added_later_is_as_if_emitted_with_it(tmp_path: Path, piece: str) -> None:
    later = emitted(tmp_path / "later")
    at_once = emitted(tmp_path / "once", *pieces.with_needs(piece))
    assert contents(later) != contents(at_once)
    add.add(later, piece, lock=False)
    added, expected = contents(later), contents(at_once)
    extras = pieces.extras(pieces.with_needs(piece))
    if extras:
        assert b"[project.optional-dependencies]" in added.pop("pyproject.toml")
        expected.pop("pyproject.toml")
    assert added == expected
    assert "example_project" not in str(added)


@pytest.mark.parametrize("piece", pieces.NAMES)
def test_a_second_time_changes_nothing(tmp_path: Path, piece: str) -> None:
    project = emitted(tmp_path)
    add.add(project, piece, lock=False)
    before = {path: (path.read_bytes(), path.stat().st_mtime_ns) for path in project.rglob("*") if path.is_file()}
    again = add.add(project, piece, lock=False)
    assert (again.written, again.kept, again.requirements, again.complete) == ((), (), (), True)
    assert {
        path: (path.read_bytes(), path.stat().st_mtime_ns) for path in project.rglob("*") if path.is_file()
    } == before


def test_what_a_person_changed_is_kept_and_named(tmp_path: Path) -> None:
    project = emitted(tmp_path, "service")
    (project / f"src/{PACKAGE}/service.py").write_text("mine\n")
    (project / "tests" / "operate").mkdir()
    (project / "Dockerfile").write_text("FROM scratch\n")
    done = add.add(project, "service", lock=False)
    assert set(done.kept) == {f"src/{PACKAGE}/service.py", "Dockerfile"}
    assert not done.complete
    assert (project / f"src/{PACKAGE}/service.py").read_text() == "mine\n"
    assert (project / "Dockerfile").read_text() == "FROM scratch\n"


def test_an_unchanged_file_of_an_older_release_is_brought_up_to_date(tmp_path: Path) -> None:
    project = emitted(tmp_path, "service")
    path = f"src/{PACKAGE}/service.py"
    new = (project / path).read_bytes()
    (project / path).write_bytes(b"older\n")
    facts = (project / "nb2prod.json").read_text()
    recorded = record(project)["pieces"][0]["files"][path]
    (project / "nb2prod.json").write_text(facts.replace(recorded, hashlib.sha256(b"older\n").hexdigest()))
    assert add.add(project, "service", lock=False).written == (path,)
    assert (project / path).read_bytes() == new
    assert record(project)["pieces"][0]["files"][path] == recorded


def test_a_link_is_not_written_through(tmp_path: Path) -> None:
    project = emitted(tmp_path)
    (tmp_path / "elsewhere.py").write_text("mine\n")
    (project / f"src/{PACKAGE}/service.py").symlink_to(tmp_path / "nowhere.py")
    assert f"src/{PACKAGE}/service.py" in add.add(project, "service", lock=False).kept
    assert not (tmp_path / "nowhere.py").exists()


# what it needs


def test_what_the_piece_needs_is_asked_for_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    wanting(monkeypatch, "operate", "SQLAlchemy>=2", "pandas")
    project = emitted(tmp_path)
    done = add.add(project, "operate", lock=False)
    assert done.requirements == ("SQLAlchemy>=2",)
    assert (
        (project / "requirements.in")
        .read_text()
        .endswith("\n\n# the project's operate piece needs it\nSQLAlchemy>=2\n")
    )
    assert add.add(project, "operate", lock=False).requirements == ()


def test_a_locked_project_is_locked_again_with_the_versions_it_had(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    wanting(monkeypatch, "operate", "tomli-w")
    project = emitted(tmp_path, lock=Lock("ok"))
    (project / "requirements.in").write_text("packaging\n")
    (project / "requirements.txt").write_text("packaging==23.0 \\\n    --hash=sha256:0\n")
    done = add.add(project, "operate")
    if done.lock == "failed" and any("network" in each for each in done.way_out):
        pytest.skip("NOT TESTED: no index can be reached")
    assert (done.lock, done.complete) == ("ok", True)
    locked = (project / "requirements.txt").read_text()
    assert "packaging==23.0 \\\n    --hash=sha256:" in locked
    assert "tomli-w==" in locked
    assert record(project)["lock"] == {"status": "ok", "reason": None}


def test_a_lock_that_fails_is_told_and_recorded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    wanting(monkeypatch, "operate", "tomli-w")
    failed = needs.LockFailed("a needs b<1", "Loosen one")
    monkeypatch.setattr(needs, "relock", lambda *_, **__: failed)
    project = emitted(tmp_path, lock=Lock("ok"))
    (project / "requirements.txt").write_text("packaging==23.0\n")
    done = add.add(project, "operate")
    assert (done.lock, done.complete) == ("failed", False)
    assert "a needs b<1. Loosen one; then: uv pip compile" in done.way_out[0]
    assert (project / "requirements.txt").read_text() == "packaging==23.0\n"
    assert record(project)["lock"] == {
        "status": "failed",
        "reason": "requirements.txt lacks tomli-w, which operate needs",
    }
    assert [each["name"] for each in record(project)["pieces"]] == ["operate"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('[project]\nname = "a"\n', {"dask": ["dask"]}),
        (
            '[project]\nname = "a"\n\n[project.optional-dependencies]\nx = ["y"]\n\n[tool]\n',
            {"x": ["y"], "dask": ["dask"]},
        ),
        ('[project]\nname = "a" # mine\n[project.optional-dependencies]\ndask = ["dask==1"]\n', {"dask": ["dask==1"]}),
    ],
)
def test_optional_dependencies_join_those_that_are_there(text: str, expected: dict[str, list[str]]) -> None:
    made, way_out = add._with_extras(text, {"dask": ["dask"]})  # noqa: SLF001 - many shapes of one file
    assert way_out == ()
    assert tomllib.loads(made or text)["project"]["optional-dependencies"] == expected


def test_a_table_that_is_written_otherwise_is_left_to_the_person() -> None:
    made, way_out = add._with_extras('project.optional-dependencies.x = ["y"]\n', {"dask": ["dask"]})  # noqa: SLF001 - as above
    assert made == ""
    assert "add to the optional dependencies in pyproject.toml" in way_out[0]


# what is no project


def test_a_folder_that_is_no_project_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert nb2prod(["add", "operate", str(tmp_path)]) == 2
    assert "is not a project that nb2prod made" in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


def test_without_a_prediction_there_is_nothing_to_add_to(tmp_path: Path) -> None:
    made = build(conversion(tmp_path / "work", "refused"), notebook(tmp_path / "work"))
    write(made, tmp_path / "out")
    with pytest.raises(ProjectError, match="predicts nothing"):
        add.add(tmp_path / "out", "operate")
    assert record(tmp_path / "out")["pieces"] == []


def test_the_command_says_what_it_did(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    project = emitted(tmp_path)
    assert nb2prod(["add", "service", str(project), "--no-lock", "--format", "json"]) in {0, 1}
    assert f"src/{PACKAGE}/service.py" in json.loads(capsys.readouterr().out)["written"]
    (project / f"src/{PACKAGE}/service.py").write_text("mine\n")
    assert nb2prod(["add", "service", str(project), "--no-lock"]) == 1
    assert f"kept     src/{PACKAGE}/service.py" in capsys.readouterr().out
    assert nb2prod(["add", "sauna", str(project)]) == 2
    assert "no piece 'sauna'; there are service, operate, k8s" in capsys.readouterr().err
