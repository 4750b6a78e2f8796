from __future__ import annotations

import json

import pytest

from nb2prod.report import requirements as report
from nb2prod.requirements import Lock, LockFailed, Pin, Requirement, Requirements

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
def test_without_a_lock_there_is_no_bill(lock: LockFailed | None) -> None:
    with pytest.raises(report.NoBillError, match="no bill of materials"):
        report.bill_of_materials(FOUND, lock)
