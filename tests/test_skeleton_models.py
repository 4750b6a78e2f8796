"""The emitted runtime's model versions: written whole or not at all, checked before they are unpickled."""

from __future__ import annotations

import hashlib
import json
import os
import pickle
import random
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pytest

SKELETON = Path(__file__).resolve().parents[1] / "src" / "nb2prod" / "skeleton"
sys.path.insert(0, str(SKELETON / "src"))

if TYPE_CHECKING:
    aliases: Any
    models: Any
    errors: Any
    profile: Any
    registry: Any
    schemas: Any
else:
    from example_project import aliases, errors, models, profile
    from example_project import schema as schemas
    from example_project.operate import registry

SCHEMA = schemas.learn(pd.DataFrame({"a": [1]}), target=())
FILES = (
    "learned.joblib",
    "manifest.json",
    "metrics.json",
    "model.joblib",
    "profile.json",
    "requirements.txt",
    "schema.json",
)
LOADED = ("learned.joblib", "model.joblib", "schema.json")


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


def test_the_manifest_says_what_a_version_was_made_from(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    repository(tmp_path)
    monkeypatch.chdir(tmp_path)
    schema = schemas.learn(pd.DataFrame({"a": [1, 2]}), target=())
    manifest = models.check(models.save(1, None, schema).name)
    again = models.check(models.save(2, None, schemas.learn(pd.DataFrame({"a": [1, 2]}), target=())).name)
    other = models.check(models.save(3, None, schemas.learn(pd.DataFrame({"a": [1.0, 2]}), target=())).name)
    assert len(manifest["git"]) == 40
    assert manifest["started"] <= manifest["created"]
    assert manifest["data"]["rows"] == 2
    assert manifest["data"] == again["data"]
    assert manifest["data"]["sha256"] != other["data"]["sha256"]
    assert f"pandas=={pd.__version__}" in (Path("models") / manifest["version"] / "requirements.txt").read_text()


def repository(folder: Path) -> None:
    line = ["git", "-c", "user.name=a", "-c", "user.email=a@b.c", "-C", str(folder)]
    for step in (["init", "-q"], ["commit", "-q", "--allow-empty", "-m", "a"]):
        subprocess.run([*line, *step], check=True)  # noqa: S603 - git


def test_the_lock_of_the_project_goes_with_the_version(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "nb2prod.json").write_text("{}")
    (tmp_path / "requirements.txt").write_text("joblib==1\n")
    monkeypatch.chdir(tmp_path)
    assert (models.save(1, None, SCHEMA) / "requirements.txt").read_text() == "joblib==1\n"


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


@pytest.mark.parametrize("name", [*LOADED, "manifest.json"])
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
    assert sorted(path.name for path in tmp_path.iterdir()) == [".lock", before.name, "aliases"]
    assert models.load(root=tmp_path).version == before.name


# aliases


def test_the_versions_that_were_champion_before(tmp_path: Path) -> None:
    first, second, third = (models.save(number, None, SCHEMA, root=tmp_path).name for number in range(3))
    assert aliases.read(tmp_path) == {"champion": third, "previous": second}
    assert registry.promote(first, tmp_path) == {"champion": first, "previous": third}
    assert models.load(root=tmp_path).model == 0
    assert registry.rollback(tmp_path) == {"champion": third}
    with pytest.raises(errors.ModelError, match="no previous version"):
        registry.rollback(tmp_path)
    history = [json.loads(line) for line in (tmp_path / "history.jsonl").read_text().splitlines()]
    assert [(entry["what"], entry["from"], entry["to"]) for entry in history] == [
        ("promote", third, first),
        ("rollback", first, third),
    ]


def test_a_challenger_changes_nothing_until_it_is_promoted(tmp_path: Path) -> None:
    champion = models.save(1, None, SCHEMA, root=tmp_path).name
    with models.training_as("challenger"):
        challenger = models.save(2, None, SCHEMA, root=tmp_path).name
    assert aliases.read(tmp_path) == {"champion": champion, "challenger": challenger}
    assert models.load(root=tmp_path).model == 1
    registry.promote(registry.resolve("challenger", tmp_path), tmp_path)
    assert aliases.read(tmp_path) == {"champion": challenger, "previous": champion}
    assert registry.promote(challenger, tmp_path) == {"champion": challenger, "previous": champion}


def test_a_changed_version_is_not_promoted(tmp_path: Path) -> None:
    first, second = (models.save(number, None, SCHEMA, root=tmp_path).name for number in range(2))
    (tmp_path / first / "metrics.json").write_text('{"accuracy": 1}')
    with pytest.raises(errors.ModelError, match=r"metrics\.json is not the file that train stored"):
        registry.promote(first, tmp_path)
    with pytest.raises(errors.ModelError, match=r"metrics\.json is not the file that train stored"):
        registry.rollback(tmp_path)
    assert aliases.read(tmp_path) == {"champion": second, "previous": first}


@pytest.mark.parametrize("text", ["champion=../../etc\n", "king=20240101T000000Z-01234567\n", "x"])
def test_a_broken_file_of_aliases_is_told(tmp_path: Path, text: str) -> None:
    (tmp_path / "aliases").write_text(text)
    with pytest.raises(errors.ModelError, match="names no model version"):
        models.load(root=tmp_path)


def test_a_version_is_named_by_its_beginning_or_end_if_it_is_the_only_one(tmp_path: Path) -> None:
    first, second = (models.save(number, None, SCHEMA, root=tmp_path).name for number in range(2))
    assert registry.resolve(first[-8:], tmp_path) == first
    assert registry.resolve(second, tmp_path) == second
    for name in ("2", "", "x", "challenger"):
        with pytest.raises(errors.ModelError, match=r"means|no version is the challenger"):
            registry.resolve(name, tmp_path)


def test_the_image_pins_the_champions_manifest(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = models.save(1, None, SCHEMA, root=tmp_path)
    digest = hashlib.sha256((folder / "manifest.json").read_bytes()).hexdigest()
    monkeypatch.setenv("MODEL_SHA256", digest)
    assert models.load(root=tmp_path).model == 1
    models.save(Trap(), None, SCHEMA, root=tmp_path)  # whole, but not the one that the image was built for
    with pytest.raises(errors.ModelError, match="not the one that MODEL_SHA256 names"):
        models.load(root=tmp_path)
    assert not Trap.sprung
    monkeypatch.setenv("MODEL_SHA256", "unknown")
    assert models.load(root=tmp_path)


def test_another_version_can_be_used_for_a_while(tmp_path: Path) -> None:
    first = models.save(1, None, SCHEMA, root=tmp_path).name
    models.save(2, None, SCHEMA, root=tmp_path)
    with models.using(models.load(first, tmp_path)):
        assert models.load(root=tmp_path).model == 1
    assert models.load(root=tmp_path).model == 2


# several processes, and killed ones

WRITER = """
import sys
from pathlib import Path
import pandas as pd
from example_project import models, schema
from example_project.operate import registry
root = Path(sys.argv[1])
known = schema.learn(pd.DataFrame({"a": [1]}), target=())
print("ready", flush=True)
for number in range(int(sys.argv[2])):
    made = models.save(list(range(20000)), number, known, root=root)
    if number % 3 == 2:
        registry.promote(made.name, root)
"""


def writer(root: Path, number: int) -> subprocess.Popen[str]:
    environment = {**os.environ, "PYTHONPATH": str(SKELETON / "src")}
    line = [sys.executable, "-c", WRITER, str(root), str(number)]
    process = subprocess.Popen(line, env=environment, stdout=subprocess.PIPE, text=True)  # noqa: S603 - ourselves
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n"
    return process


def test_two_processes_lose_no_version_and_no_alias(tmp_path: Path) -> None:
    for process in [writer(tmp_path, 6), writer(tmp_path, 6)]:
        process.communicate()
        assert process.returncode == 0
    found = models.versions(tmp_path)
    assert len(found) == 12
    known = aliases.read(tmp_path)
    assert {known["champion"], known["previous"]} <= set(found)
    assert known["champion"] != known["previous"]
    assert len((tmp_path / "history.jsonl").read_text().splitlines()) == 4


def test_a_writer_killed_at_any_moment_leaves_whole_versions_only(tmp_path: Path) -> None:
    chance = random.Random(1)  # noqa: S311 - when to kill
    models.save("first", None, SCHEMA, root=tmp_path)
    left = 0
    for _ in range(5):
        with writer(tmp_path, 1000) as process:
            time.sleep(chance.uniform(0, 0.4))
            process.send_signal(signal.SIGKILL)
        for version in models.versions(tmp_path):
            models.check(version, tmp_path)
        assert models.load(root=tmp_path).version == aliases.read(tmp_path)["champion"]
        left += sum(path.name.startswith(".new-") for path in tmp_path.iterdir())
    models.save("last", None, SCHEMA, root=tmp_path)
    assert left, "no writer was killed while it wrote: the test tried nothing"
    assert not [path.name for path in tmp_path.iterdir() if path.name.startswith((".new-", ".aliases-"))][1:]
    assert models.load(root=tmp_path).model == "last"


# the reference profile


def described(values: object) -> dict[str, Any]:
    found: dict[str, Any] = profile.column(pd.Series(values))
    return found


def test_numbers_are_counted_between_their_quantiles() -> None:
    numbers = np.arange(1000.0)
    about = described([*numbers, np.nan, np.inf])
    assert (about["kind"], about["count"], about["missing"], about["infinite"]) == ("numbers", 1002, 1, 1)
    assert about["mean"] == numbers.mean()
    assert (about["edges"][0], about["edges"][-1]) == (0, 999)
    assert (sum(about["counts"]), len(about["counts"])) == (1000, len(about["edges"]))
    assert max(about["counts"]) <= 51


def test_a_number_that_is_frequent_has_a_bin_of_its_own() -> None:
    about = described([0] * 900 + list(range(1, 101)))
    assert dict(zip(about["edges"], about["counts"], strict=True))[0] == 900


def test_texts_are_listed_only_if_they_are_frequent() -> None:
    about = described(["red"] * 9 + ["blue"] * 5 + ["Ada Lovelace", None])
    assert (about["values"], about["others"], about["unique"], about["missing"]) == ([["red", 9], ["blue", 5]], 1, 3, 1)
    assert "Lovelace" not in profile.dumps(profile.learn(pd.DataFrame({"a": ["Ada Lovelace"] * 4})))


@pytest.mark.parametrize(
    ("values", "kind"),
    [
        ([True, False, None], "texts"),
        ([True, False], "flags"),
        (pd.DatetimeIndex(["2024-01-01", pd.NaT]), "times"),
        ([None, None], "empty"),
        (pd.Categorical(["a", "b"]), "texts"),
        ([[1], [2]], "texts"),
        ([1 + 2j], "texts"),
        (np.array([], dtype="float64"), "empty"),
        ([np.inf], "numbers"),
    ],
)
def test_every_kind_of_column_is_described_in_json(values: object, kind: str) -> None:
    about = described(values)
    assert about["kind"] == kind
    assert json.loads(json.dumps(about, allow_nan=False)) == about


def test_a_time_is_in_seconds_since_1970() -> None:
    assert described(pd.to_datetime(["1970-01-02"] * 3))["mean"] == 86400


def test_the_rows_for_proofs_are_not_the_callers() -> None:
    frame = pd.DataFrame({"a": range(5000)})
    known = schemas.learn(frame, target=())
    frame["a"] = 0
    rows = known.reference.rows
    assert (len(rows), rows["a"].iloc[0], rows["a"].iloc[-1]) == (2000, 0, 4999)
    assert schemas.loads(schemas.dumps(known)) == known
    assert schemas.loads(schemas.dumps(known)).reference is None
