"""The emitted runtime's model versions: written whole or not at all, checked before they are unpickled."""

from __future__ import annotations

import json
import pickle
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd
import pytest

SKELETON = Path(__file__).resolve().parents[1] / "src" / "nb2prod" / "skeleton"
sys.path.insert(0, str(SKELETON / "src"))

if TYPE_CHECKING:
    models: Any
    errors: Any
    schemas: Any
else:
    from example_project import errors, models
    from example_project import schema as schemas

SCHEMA = schemas.learn(pd.DataFrame({"a": [1]}), target=())
FILES = ("learned.joblib", "manifest.json", "metrics.json", "model.joblib", "schema.json")


class Trap:
    """Tells when it is unpickled."""

    sprung = False

    def __reduce__(self) -> tuple[Any, ...]:
        return (_spring, ())


def _spring() -> None:
    Trap.sprung = True


class Unpicklable:
    def __reduce__(self) -> tuple[Any, ...]:
        raise pickle.PicklingError


def test_what_is_saved_is_loaded(tmp_path: Path) -> None:
    folder = models.save({"weights": [1, 2]}, {"median": 3}, SCHEMA, metrics={"accuracy": 0.5}, root=tmp_path)
    stored = models.load(root=tmp_path)
    assert (stored.version, stored.model, stored.learned) == (folder.name, {"weights": [1, 2]}, {"median": 3})
    assert stored.schema == SCHEMA
    assert sorted(path.name for path in folder.iterdir()) == list(FILES)
    assert json.loads((folder / "metrics.json").read_text()) == {"accuracy": 0.5}
    manifest = models.manifest(folder)
    assert set(manifest["sha256"]) == {*FILES} - {"manifest.json"}
    assert manifest["libraries"]["pandas"] == pd.__version__
    assert manifest["package"] == "example_project"


def test_the_newest_is_current_and_the_older_can_be_named(tmp_path: Path) -> None:
    first = models.save(1, None, SCHEMA, root=tmp_path)
    second = models.save(2, None, SCHEMA, root=tmp_path)
    assert first != second
    assert models.load(root=tmp_path).model == 2
    assert models.load(first.name, root=tmp_path).model == 1


def test_the_notebook_is_named_by_its_sha256(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "nb2prod.json").write_text('{"notebook": {"sha256": "abc"}}')
    monkeypatch.chdir(tmp_path)
    assert models.manifest(models.save(1, None, SCHEMA))["notebook_sha256"] == "abc"


@pytest.mark.parametrize("name", ["model.joblib", "learned.joblib", "schema.json"])
def test_a_changed_file_is_refused_before_it_is_unpickled(tmp_path: Path, name: str) -> None:
    folder = models.save(1, 2, SCHEMA, root=tmp_path)
    (folder / name).write_bytes(pickle.dumps(Trap()))
    with pytest.raises(errors.ModelError, match=rf"{name} is not the file that train stored"):
        models.load(root=tmp_path)
    assert not Trap.sprung


@pytest.mark.parametrize("name", FILES[:2] + FILES[3:])
def test_a_missing_file_is_told(tmp_path: Path, name: str) -> None:
    folder = models.save(1, 2, SCHEMA, root=tmp_path)
    (folder / name).unlink()
    with pytest.raises(errors.ModelError, match=r"not whole|not a whole"):
        models.load(root=tmp_path)


def test_no_model_yet(tmp_path: Path) -> None:
    with pytest.raises(errors.ModelError, match="run: python -m example_project train"):
        models.load(root=tmp_path)


@pytest.mark.parametrize("version", ["../elsewhere", "20240101T000000Z-01234567/..", "x"])
def test_a_version_is_no_path(tmp_path: Path, version: str) -> None:
    with pytest.raises(errors.ModelError, match="is not the name of a model version"):
        models.load(version, root=tmp_path)


def test_a_model_that_cannot_be_stored_leaves_nothing(tmp_path: Path) -> None:
    before = models.save(1, None, SCHEMA, root=tmp_path)
    with pytest.raises(pickle.PicklingError):
        models.save(1, Unpicklable(), SCHEMA, root=tmp_path)
    assert sorted(path.name for path in tmp_path.iterdir()) == [before.name, "current"]
    assert models.load(root=tmp_path).version == before.name
