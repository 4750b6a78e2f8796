"""What a notebook needs around its code: distributions with versions and hashes, Python, system packages."""

from nb2prod.requirements.bill_of_materials import bill_of_materials
from nb2prod.requirements.confirmation import locked
from nb2prod.requirements.dates import day
from nb2prod.requirements.emitted_files import files, locked_head
from nb2prod.requirements.local_modules import finder
from nb2prod.requirements.lockers import lock, relock
from nb2prod.requirements.pylock import pylock
from nb2prod.requirements.record import as_data, shown_version
from nb2prod.requirements.requirement import (
    LocalModule,
    Lock,
    LockFailed,
    Pin,
    Requirement,
    Requirements,
    SystemPackage,
)
from nb2prod.requirements.resolution import including, resolve, separated

__all__ = [
    "LocalModule",
    "Lock",
    "LockFailed",
    "Pin",
    "Requirement",
    "Requirements",
    "SystemPackage",
    "as_data",
    "bill_of_materials",
    "day",
    "files",
    "finder",
    "including",
    "lock",
    "locked",
    "locked_head",
    "pylock",
    "relock",
    "resolve",
    "separated",
    "shown_version",
]
