# ruff: noqa: INP001, T201 - a program that prints
"""Hold the table of changed APIs against the libraries that are installed here.

    python bench/apis.py

Run it with interpreters of several times: what was removed in a later version must be there, what was removed by now
must not, and the other way round for what was added. Prints each row that the library contradicts; some are meant so:
stubs that only raise, and what an experimental import enables. Values and numbers of arguments are not looked at.
"""

from __future__ import annotations

import importlib
import inspect
import os
import sys
import warnings
from importlib.metadata import PackageNotFoundError, version
from typing import TYPE_CHECKING

from packaging.version import Version

from nb2prod.apis import changes

if TYPE_CHECKING:
    from nb2prod.apis import Change


def main() -> int:
    """Print what the installed libraries contradict, and how many rows they could be asked about."""
    warnings.simplefilter("ignore")  # deprecations are what this is about
    os.environ["MPLBACKEND"] = "Agg"
    asked = 0
    for change in changes():
        try:
            installed = Version(version(change.distribution))
        except PackageNotFoundError:
            continue
        found = there(change)
        if found is None:
            continue
        asked += 1
        if found != expected(change, installed):
            print(f"{change.kind} in {change.version}, {'there' if found else 'absent'} in {installed}: {change.shown}")
    print(f"{asked} rows could be asked about")
    return 0


def expected(change: Change, installed: Version) -> bool:
    """Whether it should be there in that version."""
    after = installed >= Version(change.version)
    if change.kind == "added":
        return after
    return not after or (change.back is not None and installed >= Version(change.back))


def there(change: Change) -> bool | None:
    """Whether it is there; None where that cannot be told."""
    if change.value is not None or change.most is not None:
        return None
    found = named(change.name)
    if change.argument is None:
        return None if change.owner and named(change.name.partition(f".{change.owner}.")[0]) is None else bool(found)
    try:
        parameters = inspect.signature(found[0]).parameters.values() if found else ()
    except (TypeError, ValueError):
        return None
    if not found or any(each.kind is each.VAR_KEYWORD for each in parameters):
        return None
    return change.argument in {each.name for each in parameters}


def named(dotted: str) -> tuple[object, ...]:
    """Give the object of that full name in a tuple, or none."""
    parts = dotted.split(".")
    for length in range(len(parts), 0, -1):
        try:
            found: object = importlib.import_module(".".join(parts[:length]))
        except Exception:  # noqa: BLE001, S112 - libraries raise what they like when they are imported
            continue
        try:
            for part in parts[length:]:
                found = getattr(found, part)
        except Exception:  # noqa: BLE001 - as above
            return ()
        return (found,)
    return ()


if __name__ == "__main__":
    sys.exit(main())
