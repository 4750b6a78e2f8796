"""nb2prod.json is what its shipped schema and its documentation say."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any, Literal

import jsonschema
import pytest

import nb2prod
from nb2prod.project import Environment, Lock, build
from tests.example_conversion import conversion, notebook

ROOT = Path(__file__).resolve().parents[1]
SCHEMA = json.loads((Path(nb2prod.__file__).parent / "nb2prod.schema.json").read_text(encoding="utf-8"))
CHECK = jsonschema.Draft202012Validator(SCHEMA)
Variant = Literal["ok", "refused", "none", "train refused"]


def record(folder: Path, variant: Variant = "ok") -> dict[str, Any]:
    requirement = {
        "distribution": "pandas",
        "version": "2.2.0",
        "imports": ["pandas"],
        "evidence": "the map",
        "confidence": "likely",
        "candidates": [],
    }
    system = {"package": "libgomp1", "because": "lightgbm"}
    environment = Environment(requirements=(requirement,), system=(system,), lock=Lock("failed", "no network"))
    project = build(conversion(folder, variant), notebook(folder), environment, output=folder / "out")
    result: dict[str, Any] = json.loads(project.text("nb2prod.json"))
    return result


def test_the_schema_is_a_schema() -> None:
    jsonschema.Draft202012Validator.check_schema(SCHEMA)


@pytest.mark.parametrize("variant", ["ok", "refused", "none", "train refused"])
def test_what_is_written_is_valid(tmp_path: Path, variant: Variant) -> None:
    CHECK.validate(record(tmp_path, variant))


@pytest.mark.parametrize("path", SCHEMA["required"])
def test_nothing_may_be_left_out(tmp_path: Path, path: str) -> None:
    facts = record(tmp_path)
    del facts[path]
    assert not CHECK.is_valid(facts)


@pytest.mark.parametrize(
    "change",
    [
        {"format": 2},
        {"package": "Late Shipments"},
        {"extra": 1},
        {"train": {"status": "fine"}},
        {"verify": {"status": "proven"}},
        {"lock": {"status": "failed"}},
    ],
)
def test_what_is_wrong_is_not_valid(tmp_path: Path, change: dict[str, Any]) -> None:
    assert not CHECK.is_valid({**record(tmp_path), **change})


@pytest.mark.parametrize(
    ("number", "change"),
    [
        (0, {"role": "used"}),
        (0, {"line": 0}),
        (0, {"place": {"module": "train.py", "line": 1}}),
        (2, {"reason": None}),
        (2, {"place": {"module": "train.py", "line": 1, "last_line": 1}}),
    ],
)
def test_a_statement_that_is_wrong_is_not_valid(tmp_path: Path, number: int, change: dict[str, Any]) -> None:
    facts = record(tmp_path)
    facts["statements"][number] |= change
    assert not CHECK.is_valid(facts)


def test_a_refusal_has_a_reason_and_a_way_out(tmp_path: Path) -> None:
    facts = record(tmp_path, "refused")
    assert facts["predict"]["reason"] == "rolling() needs the rows before"
    assert facts["predict"]["cell"] == 5
    facts["predict"]["way_out"] = None
    assert not CHECK.is_valid(facts)


def test_each_statement_says_where_it_went(tmp_path: Path) -> None:
    facts = record(tmp_path)
    first, second, third = facts["statements"]
    assert first["place"] == {"module": "train.py", "line": 20, "last_line": 21}
    assert first["binds"] == ["shipments"]
    assert second["also"] == [{"module": "explore.py", "line": 9, "last_line": 9}]
    assert (third["cell"], third["line"], third["column"], third["place"]) == (2, 1, 5, None)


def test_each_statement_has_a_line_of_its_own(tmp_path: Path) -> None:
    project = build(conversion(tmp_path), notebook(tmp_path))
    lines = project.text("nb2prod.json").splitlines()
    assert len([line for line in lines if line.startswith('    {"index": ')]) == 3


def test_the_documentation_names_every_key() -> None:
    page = (ROOT / "docs" / "project.md").read_text(encoding="utf-8")
    documented = re.findall(r"^\| `(\w+)` \|", page.partition("## nb2prod.json")[2], re.MULTILINE)
    assert documented == list(SCHEMA["properties"])
