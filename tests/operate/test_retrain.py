"""`retrain` of an emitted project: what the gate asks, what is stored, and that the same rows give the same model."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pytest
import yaml

from tests.operate.test_monitor import KEPT, run, shipments, trained

SKELETON = Path(__file__).resolve().parents[2] / "src" / "nb2prod" / "skeleton"
sys.path.insert(0, str(SKELETON / "src"))
if TYPE_CHECKING:
    examples: Any
    metrics: Any
    retrain: Any
    schemas: Any
else:
    from example_project import schema as schemas
    from example_project.operate import examples, metrics, retrain

__all__ = ["trained"]
COMMAND = ("-m", "example_project", "retrain")
DECIDED = "import json; from example_project.operate.store import Store; print(json.dumps(Store().decided()))"


@pytest.fixture
def place(trained: Path, tmp_path: Path) -> Path:
    """A trained project of its own."""
    return Path(shutil.copytree(trained, tmp_path / "project", ignore=shutil.ignore_patterns("store")))


def aliases(folder: Path) -> dict[str, str]:
    lines = (folder / "models" / "aliases").read_text().splitlines()
    return dict(line.split("=", 1) for line in lines)


def decided(folder: Path, url: str = "") -> list[dict[str, Any]]:
    return list(json.loads(run(folder, "-c", DECIDED, url=url)))


def new_rows(folder: Path, name: str, frame: pd.DataFrame) -> str:
    frame.to_csv(folder / name, sep=";", index=False)
    return name


def digests(folder: Path, version: str) -> dict[str, str]:
    manifest = json.loads((folder / "models" / version / "manifest.json").read_text())
    return {name: manifest["sha256"][name] for name in ("model.joblib", "learned.joblib", "schema.json")}


def test_the_same_rows_and_seed_give_the_same_model_and_another_seed_another(place: Path) -> None:
    champion = aliases(place)["champion"]
    given = new_rows(place, "new.csv", shipments(place, 1))
    made = []
    for seed in ("3", "3", "4"):
        run(place, *COMMAND, given, "--rows", "20", "--seed", seed, "--output", "decision.json")
        made.append(json.loads((place / "decision.json").read_text()))
    one, again, other = (each["version"] for each in made)
    assert len({one, again, other, champion}) == 4
    assert digests(place, one) == digests(place, again)
    assert digests(place, one)["model.joblib"] != digests(place, other)["model.joblib"]
    assert aliases(place) == {"champion": champion, "challenger": other}
    assert all((place / "models" / version / "model.joblib").exists() for version in (champion, one, again))
    assert [each["version"] for each in decided(place)] == [one, again, other]
    assert made[2]["facts"]["replaces"] == again


def test_a_worse_candidate_is_refused_and_the_numbers_are_kept(place: Path) -> None:
    frame = shipments(place, 3)
    given = new_rows(place, "good.csv", frame)
    frame["late"] = frame["late"].map({"yes": "no", "no": "yes"})
    wrong = new_rows(place, "wrong.csv", frame)
    told = run(place, *COMMAND, wrong, "--judge-on", given, code=1)
    assert "REFUSED metrics: balanced_accuracy" in told
    assert "challenger" not in aliases(place)
    (decision,) = decided(place)
    assert decision["kind"] == "refused"
    facts = decision["facts"]["judged"]
    assert facts["difference"]["high"] < 0
    assert facts["candidate"]["accuracy"] < facts["champion"]["accuracy"]
    assert (place / "models" / decision["version"] / "manifest.json").exists()


def test_training_that_fails_is_a_refusal(place: Path) -> None:
    frame = shipments(place, 3)
    frame["late"] = "yes"
    told = run(place, *COMMAND, new_rows(place, "one.csv", frame), "--rows", "20", code=1)
    assert "REFUSED training: training on these rows failed" in told
    assert "This solver needs samples of at least 2 classes" in told
    assert [each["kind"] for each in decided(place)] == ["refused"]


def test_other_types_are_refused_before_anything_is_trained(place: Path) -> None:
    frame = shipments(place)
    frame["weight"] = frame["weight"].astype(object)
    frame.loc[3, "weight"] = "heavy"
    before = set((place / "models").iterdir())
    told = run(place, *COMMAND, new_rows(place, "new.csv", frame), "--rows", "20", code=1)
    assert "REFUSED data: not as in training" in told
    assert "'heavy' is not a number" in told
    assert set((place / "models").iterdir()) - before <= {place / "models" / ".lock"}


def test_what_training_writes_leaves_the_projects_files_alone(place: Path) -> None:
    code = (place / "src" / "example_project" / "train.py").read_text()
    spoiling = '    Path("data/shipments.csv").write_text("gone")\n    Path("left.txt").write_text("here")\n'
    begin = "    learned = Learned()\n"
    (place / "src" / "example_project" / "train.py").write_text(code.replace(begin, spoiling + begin, 1))
    before = (place / "data" / "shipments.csv").read_bytes()
    run(place, *COMMAND, new_rows(place, "new.csv", shipments(place, 2)), "--rows", "20")
    assert (place / "data" / "shipments.csv").read_bytes() == before
    assert not (place / "left.txt").exists()


def test_a_folder_replaces_the_files_of_the_same_name(place: Path) -> None:
    (place / "new").mkdir()
    shipments(place, 2).to_csv(place / "new" / "shipments.csv", sep=";", index=False)
    run(place, *COMMAND, "new", "--rows", "20", "--output", "decision.json")
    facts = json.loads((place / "decision.json").read_text())["facts"]
    assert (facts["trained_on"], facts["judged_on"]) == (256, 64)
    (place / "new" / "shipments.csv").rename(place / "new" / "other.csv")
    run(place, *COMMAND, "new", "--rows", "20", code=2)


def kept(folder: Path, url: str, *, rows: int, wrong: float = 0.0) -> None:
    """Rows that the service answered, the last of them with feedback."""
    frame = shipments(folder, 1 + rows // 160).iloc[:rows]
    late = frame.pop("late")
    flipped = np.random.default_rng(0).random(rows) < wrong
    truth = late.where(~flipped, late.map({"yes": "no", "no": "yes"}))
    inputs = json.loads(frame.drop(columns=["id", "note"]).to_json(orient="records"))
    at = time.time() - 3600
    made = [
        {"at": at + number, "inputs": each, "given": "yes", "truth": answer}
        for number, (each, answer) in enumerate(zip(inputs, truth, strict=True))
    ]
    run(folder, "-c", KEPT, given=json.dumps(made), url=url)


def test_the_stores_labelled_rows_make_a_challenger(place: Path, tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'operate.db'}"
    kept(place, url, rows=600, wrong=0.05)
    told = run(place, *COMMAND, "--output", "decision.json", url=url)
    assert "480 to learn from, 120 to judge by" in told
    (decision,) = decided(place, url)
    assert decision["kind"] == "challenger"
    assert decision["version"] == aliases(place)["challenger"]
    assert decision["facts"]["judged"]["rows"] > 100
    assert not (place / "models" / "live.json").exists()
    run(place, *COMMAND, "--add", "--shadow", url=url)
    assert decided(place, url)[-1]["facts"]["trained_on"] == 480 + 160
    live = json.loads((place / "models" / "live.json").read_text())
    assert [each["version"] for each in live["challengers"]] == [aliases(place)["challenger"]]


def test_too_few_rows_are_a_stored_refusal(place: Path, tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'operate.db'}"
    kept(place, url, rows=50)
    assert "REFUSED rows: 40 to learn from, 10 to judge by (100 are needed)" in run(place, *COMMAND, code=1, url=url)
    assert [each["kind"] for each in decided(place, url)] == ["refused"]


def test_without_a_store_nothing_is_trained(place: Path, tmp_path: Path) -> None:
    before = set((place / "models").iterdir())
    (tmp_path / "file").write_text("")
    run(place, *COMMAND, "data/shipments.csv", code=2, url=f"sqlite:///{tmp_path / 'file' / 'operate.db'}")
    assert set((place / "models").iterdir()) == before


def test_a_drift_alarm_starts_it_once(place: Path, tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'operate.db'}"
    kept(place, url, rows=600, wrong=0.05)
    monitor = ("-m", "example_project", "monitor", "--oldest", "0", "--retrain")
    told = run(place, *monitor, code=1, url=url)
    assert "ALARM the model is 0 days old" in told
    assert "the challenger is " in told
    (decision,) = decided(place, url)
    assert decision["facts"]["because"] == ["the model is 0 days old"]
    assert "not retrained: 20" in run(place, *monitor, code=1, url=url)
    assert len(decided(place, url)) == 1


def test_the_workflow_retrains(place: Path, tmp_path: Path) -> None:
    """Its step, as GitHub runs it: a refusal is a result, an error is one too."""
    workflow = yaml.safe_load((SKELETON / ".github" / "workflows" / "retrain.yml").read_text())
    (step,) = (each for each in workflow["jobs"]["retrain"]["steps"] if each.get("name") == "Retrain")
    url = f"sqlite:///{tmp_path / 'operate.db'}"
    kept(place, url, rows=600, wrong=0.05)
    (tmp_path / "file").write_text("")
    broken = f"sqlite:///{tmp_path / 'file' / 'operate.db'}"
    for address, code, told in ((url, 0, "the challenger is"), ("", 0, "REFUSED rows"), (broken, 1, "")):
        summary = tmp_path / "summary"
        summary.write_text("")
        script = step["run"].replace("python", sys.executable, 1)
        environment = {"PYTHONPATH": str(place / "src"), "DATABASE_URL": address, "GITHUB_STEP_SUMMARY": str(summary)}
        done = subprocess.run(  # noqa: S603 - the workflow's own
            ["/bin/bash", "-e", "-c", script],
            cwd=place,
            env={**os.environ, **environment},
            capture_output=True,
            check=False,
        )
        assert done.returncode == code, done.stderr
        assert told in summary.read_text()


LEARNT = {"a": [1, 2], "b": ["x", "y"], "y": ["no", "yes"]}


def schema(**columns: list[Any]) -> Any:  # noqa: ANN401 - the skeleton is untyped here
    return schemas.learn(pd.DataFrame({**LEARNT, **columns}), target=("y",))


@pytest.mark.parametrize(
    ("columns", "said"),
    [
        ({}, ""),
        ({"a": [1.5, None]}, ""),
        ({"a": ["1", "2"]}, "'a' was int64"),
        ({"c": [1, 2]}, "'c' is needed now"),
        ({"b": [1, 2]}, "'b' was"),
    ],
)
def test_the_candidate_has_to_take_what_the_champion_takes(columns: dict[str, list[Any]], said: str) -> None:
    check = retrain.same_schema(schema(), schema(**columns))
    assert check.passed == (not said)
    assert said in check.why


def test_whole_numbers_do_not_take_fractions() -> None:
    assert not retrain.same_schema(schema(a=[1.5, 2]), schema()).passed


def test_another_library_is_another_environment() -> None:
    libraries = {"pandas": "2.0", "numpy": "2.0", "river": "1"}
    one = {"python": "3.11.1", "libraries": libraries}
    assert retrain.same_environment(one, {**one, "libraries": {"pandas": "2.0", "numpy": "2.0"}}).passed
    check = retrain.same_environment(one, {"python": "3.12.0", "libraries": {**libraries, "pandas": "2.1"}})
    assert not check.passed
    assert check.why == "python was 3.11.1 and is 3.12.0; pandas was 2.0 and is 2.1"


@pytest.mark.parametrize(
    ("truths", "column", "answers", "expected"),
    [
        ([1, 0], {"late": ["yes", "no"]}, {"yes": 1, "no": 0}, ["yes", "no"]),
        ([1.0, "0"], {"late": ["yes", "no"]}, {"yes": 1, "no": 0}, ["yes", "no"]),
        (["yes", "no"], {"late": ["yes", "no"]}, {"yes": 1, "no": 0}, ["yes", "no"]),
        ([1, 0], {"late": [2, 1]}, {2: 1, 1: 0}, [2, 1]),
        (["3", 4], {"late": [1, 2]}, None, [3, 4]),
        ([1.5, 2], {"late": [1.0, 2.0]}, None, [1.5, 2.0]),
        ([True, "False", 1], {"late": [True, False]}, None, [True, False, True]),
        ([1, 2.0], {"late": ["a", "b"]}, None, ["1", "2"]),
    ],
)
def test_feedback_becomes_what_the_target_column_holds(
    truths: list[Any], column: dict[str, list[Any]], answers: dict[Any, Any] | None, expected: list[Any]
) -> None:
    learnt = schemas.learn(pd.DataFrame(column), target=("late",))
    learned = type("Learned", (), {"answers": answers})()
    assert list(examples.answers(truths, learnt.columns[0], learned)) == expected


@pytest.mark.parametrize("kind", ["classification", "regression"])
def test_the_paired_interval_knows_better_from_worse(kind: str) -> None:
    generator = np.random.default_rng(0)
    if kind == "regression":
        truth = generator.normal(size=500)
        one, other = (truth + scale * generator.normal(size=500) for scale in (1.0, 0.5))
    else:
        truth = generator.choice(["a", "b"], 500).astype(object)
        one, other = (np.where(generator.random(500) < share, truth, "a") for share in (0.4, 0.9))
    pair = [metrics.Answered(kind, truth, given) for given in (one, other)]
    assert metrics.paired(*pair).low > 0
    assert metrics.paired(*reversed(pair)).high < 0
    assert metrics.paired(pair[0], pair[0]) == metrics.Value(0.0, 0.0, 0.0)
