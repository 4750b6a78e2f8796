"""`nb2prod score`: points for what ran, none for files that are only there."""

from __future__ import annotations

import json
import sqlite3
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any

import pytest

from nb2prod.cli import run
from nb2prod.problems import NotebookError
from nb2prod.score import rate

if TYPE_CHECKING:
    from pathlib import Path

NOW = datetime(2026, 5, 1, 12, tzinfo=timezone.utc)
OWN = "20260401T000000Z-aaaaaaaa"
OTHER = "20260301T000000Z-bbbbbbbb"


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A project with a champion and nothing that ran."""
    write(tmp_path / "nb2prod.json", {"package": "shop", "verify": {"status": "not run"}})
    for name in ("tests/test_parity.py", "tests/test_contract.py", "k8s/base/retrain.yaml", "store/operate.db"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    version(tmp_path, OWN, data="one", model="m1")
    (tmp_path / "models" / "aliases").write_text(f"champion={OWN}\n")
    return tmp_path


def write(path: Path, content: object) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(content))


def version(project: Path, name: str, *, data: str, model: str) -> None:
    made = {"created": "2026-04-01T00:00:00+00:00", "sha256": {"model.joblib": model}, "data": {"sha256": data}}
    write(project / "models" / name / "manifest.json", made)


def monitored(days: float = 1, **changes: object) -> dict[str, Any]:
    at = (NOW - timedelta(days=days)).timestamp()
    columns = [{"column": "a"}]
    report = {"version": OWN, "at": at, "rows": 100, "age": 30.0, "columns": columns, "alarms": [], "labelled": 0}
    return {**report, **changes}


def points(project: Path) -> dict[str, float]:
    return {each.test.id: each.points for each in rate(project, NOW).rated if each.points}


def test_files_that_are_there_bring_nothing(project: Path) -> None:
    score = rate(project, NOW)
    assert len(score.rated) == 28
    assert not points(project)
    assert score.next is not None
    assert score.next.test.cost == 1


def test_verify_counts_while_it_is_fresh_and_equivalent(project: Path) -> None:
    verdict = {"status": "equivalent", "predict": "equal", "date": "2026-04-20T10:00:00+00:00"}
    write(project / "nb2prod.json", {"package": "shop", "verify": verdict})
    assert points(project) == {"infra3": 0.5, "monitor3": 0.5}
    for change in ({"status": "different"}, {"date": "2025-01-01T00:00:00+00:00"}, {"predict": "not made"}):
        write(project / "nb2prod.json", {"verify": {**verdict, **change}})
        assert not points(project)


def test_what_runs_again_and_again_is_a_whole_point(project: Path) -> None:
    write(project / "evidence" / "monitor-1.json", monitored(1))
    assert points(project) == {"data1": 0.5, "monitor2": 0.5, "monitor4": 0.5}
    write(project / "evidence" / "monitor-2.json", monitored(9, labelled=200))
    assert points(project) == {"data1": 1, "monitor2": 1, "monitor4": 1, "monitor7": 0.5}


@pytest.mark.parametrize("changes", [{"version": OTHER}, {"rows": 3, "age": 300.0}, {"days": 200}])
def test_reports_of_other_models_few_rows_or_long_ago_are_none(project: Path, changes: dict[str, Any]) -> None:
    write(project / "evidence" / "monitor.json", monitored(**changes))
    assert not points(project)


def test_evaluations_are_judged_by_their_numbers(project: Path) -> None:
    report: dict[str, Any] = {
        "at": "2026-04-30T00:00:00+00:00",
        "model_version": OWN,
        "kind": "classification",
        "on_training_data": False,
        "metrics": {"accuracy": 0.9},
        "intervals": {"balanced_accuracy": {"low": 0.8, "high": 0.9}},
        "baselines": {"most frequent": {"accuracy": 0.6, "balanced_accuracy": 0.5}},
        "slices": [{"metric": {"low": 0.5, "high": 0.7}}],
    }
    write(project / "evaluation.json", report)
    assert points(project) == {"model5": 0.5, "model6": 0.5, "monitor5": 0.5}
    live = {"at": report["at"], "model_version": OWN, "over_time": [{"low": 0.85, "high": 0.95}, {"rows": 3}]}
    write(project / "live.json", live)
    assert "model2" in points(project)
    report["baselines"]["linear"] = {"balanced_accuracy": 0.85}
    report["slices"][0]["metric"]["high"] = 0.55
    report["metrics"]["accuracy"] = float("nan")
    write(project / "evaluation.json", report)
    write(project / "live.json", {**live, "over_time": [{"low": 0.5, "high": 0.6}]})
    assert not points(project)


def test_decisions_count(project: Path) -> None:
    with sqlite3.connect(project / "store" / "operate.db") as here:
        here.execute(
            "CREATE TABLE decisions (number INTEGER, at REAL, kind TEXT, version TEXT, reason TEXT, facts TEXT)"
        )
        facts = {"refused": {"judged": {"rows": 100}}, "rollback": {}}
        for kind, fact in facts.items():
            here.execute("INSERT INTO decisions VALUES (1, ?, ?, '', '', ?)", (NOW.timestamp(), kind, json.dumps(fact)))
    here.close()
    assert points(project) == {"model4": 0.5, "infra4": 0.5, "infra7": 0.5}


def test_the_same_model_from_the_same_data_is_reproducible(project: Path) -> None:
    version(project, OTHER, data="one", model="m2")
    assert not points(project)
    version(project, OTHER, data="one", model="m1")
    assert points(project) == {"infra1": 0.5}


def test_tests_that_passed_count_and_failures_do_not(project: Path) -> None:
    cases = "".join(
        f'<testcase classname="tests.{name}" name="t"/>' for name in ("test_parity", "test_contract", "test_train")
    )
    suite = f'<testsuites><testsuite timestamp="2026-04-30T10:00:00">{cases}</testsuite></testsuites>'
    (project / "tests.xml").write_text(suite)
    assert points(project) == {"data7": 0.5, "infra2": 0.5}
    (project / "tests.xml").write_text(suite.replace('name="t"/>', 'name="t"><failure/></testcase>', 1))
    assert not points(project)


def test_what_a_person_did_is_half_a_point_with_date_and_name(project: Path) -> None:
    done = {"test": "data5", "date": "2026-04-01", "by": "Mira", "result": "no names are stored"}
    nobody = {**done, "test": "data6", "by": ""}
    write(project / "evidence" / "manual.json", {"manual": [done, nobody]})
    assert points(project) == {"data5": 0.5}


def test_the_command_tells_people_and_programs(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["score", str(project)]) == 0
    told = capsys.readouterr().out
    assert told.startswith("ML Test Score 0: more of a research project")
    assert "Next: " in told
    assert run(["score", str(project), "--format", "json"]) == 0
    content = json.loads(capsys.readouterr().out)
    assert content["sections"] == {"data": 0, "model": 0, "infra": 0, "monitor": 0}
    assert len(content["tests"]) == 28
    assert any("python -m shop" in each["step"] for each in content["tests"])


def test_a_folder_that_is_no_project_is_told(tmp_path: Path) -> None:
    with pytest.raises(NotebookError, match=r"no nb2prod\.json"):
        rate(tmp_path)
