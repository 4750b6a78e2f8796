from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from referencing import Registry
from referencing.jsonschema import DRAFT7

from nb2prod.report import requirements as report
from nb2prod.requirements import Lock, LockFailed, Pin, Requirement, Requirements, SystemPackage

ASKED = Requirement(distribution="pandas", evidence="curated map", confidence="likely", imports=("pandas",))
FOUND = Requirements(python="3.11", python_evidence="", requirements=(ASKED,))


def test_a_bill_of_materials_names_every_pin_and_what_needs_what() -> None:
    pins = (Pin("numpy", "2.0.0", ("pandas",)), Pin("pandas", "2.2.3"), Pin("odd", "1.0+x"))
    lock = Lock(locker="uv", runtime="", development="", pins=pins)
    document = json.loads(report.bill_of_materials(FOUND, lock))
    assert (document["bomFormat"], document["specVersion"]) == ("CycloneDX", "1.6")
    assert [each["purl"] for each in document["components"]] == [
        "pkg:pypi/numpy@2.0.0",
        "pkg:pypi/pandas@2.2.3",
        "pkg:pypi/odd@1.0%2Bx",
    ]
    assert document["components"][1]["description"] == "curated map"
    assert document["dependencies"][1] == {"ref": "pkg:pypi/pandas@2.2.3", "dependsOn": ["pkg:pypi/numpy@2.0.0"]}
    assert report.bill_of_materials(FOUND, lock) == report.bill_of_materials(FOUND, lock)


@pytest.mark.parametrize("lock", [None, LockFailed("no network", "Try again")])
def test_without_a_lock_there_is_no_bill_and_no_other_form(lock: LockFailed | None) -> None:
    with pytest.raises(report.NoLockError, match="no bill of materials"):
        report.bill_of_materials(FOUND, lock)
    with pytest.raises(report.NoLockError, match=r"no pylock\.toml"):
        report.python_lock(FOUND, lock)


def test_a_bill_of_materials_fits_the_schema_of_its_format() -> None:
    cyclonedx = pytest.importorskip("cyclonedx.schema")
    folder = Path(cyclonedx.__file__).parent / "_res"
    schemas = {
        path.name.replace(".SNAPSHOT", ""): json.loads(path.read_text(encoding="utf-8"))
        for path in folder.glob("*.schema.json")
    }
    registry: Registry[Any] = Registry().with_resources(
        (schema["$id"], DRAFT7.create_resource(schema)) for schema in schemas.values()
    )
    check = jsonschema.Draft7Validator(schemas["bom-1.6.schema.json"], registry=registry)
    system = (SystemPackage("libgomp1", "pandas links to libgomp.so.1"),)
    pins = (Pin("numpy", "2.0.0", ("pandas",)), Pin("pandas", "2.2.3"))
    lock = Lock(locker="uv", runtime="", development="", pins=pins)
    document = json.loads(report.bill_of_materials(replace(FOUND, system=system), lock))
    assert [each.message for each in check.iter_errors(document)] == []
    assert document["components"][-1]["purl"] == "pkg:deb/debian/libgomp1"
    assert [*check.iter_errors({**document, "specVersion": 1})]
