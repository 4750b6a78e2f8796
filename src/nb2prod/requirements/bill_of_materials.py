"""The lock as a bill of materials: which distributions and Debian packages are in it, and what needs what."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from nb2prod.requirements.lock_text import names_in

if TYPE_CHECKING:
    from collections.abc import Iterator

    from nb2prod.requirements.requirement import Lock, Pin, Requirements


def bill_of_materials(requirements: Requirements, lock: Lock) -> str:
    """Write the locked distributions and the Debian packages as a CycloneDX document.

    What is only explored with has the scope `excluded`: it is not in the image. There are no times in it, so that the
    same lock gives the same.
    """
    document = {
        "$schema": "http://cyclonedx.org/schema/bom-1.6.schema.json",
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "version": 1,
        "components": [*_distributions(requirements, lock), *_debian(requirements)],
        "dependencies": [
            {
                "ref": _purl(pin),
                "dependsOn": [_purl(one) for one in lock.pins if pin.distribution in one.via],
            }
            for pin in lock.pins
        ],
    }
    return json.dumps(document, indent=2, ensure_ascii=False)


def _distributions(requirements: Requirements, lock: Lock) -> Iterator[dict[str, Any]]:
    asked = {each.distribution: each for each in requirements.lockable}
    in_image = set(names_in(lock.runtime)) if lock.explore else {pin.distribution for pin in lock.pins}
    for pin in lock.pins:
        yield {
            "type": "library",
            "bom-ref": _purl(pin),
            "name": pin.distribution,
            "version": pin.version,
            "purl": _purl(pin),
            **({} if pin.distribution in in_image else {"scope": "excluded"}),
            **({"description": asked[pin.distribution].evidence} if pin.distribution in asked else {}),
        }


def _debian(requirements: Requirements) -> Iterator[dict[str, Any]]:
    for each in requirements.system:
        purl = f"pkg:deb/debian/{quote(each.package)}"
        yield {"type": "library", "bom-ref": purl, "name": each.package, "purl": purl, "description": each.because}


def _purl(pin: Pin) -> str:
    return f"pkg:pypi/{pin.distribution}@{quote(pin.version)}"
