"""The emitted package's name: never one that hides another package."""

from __future__ import annotations

import keyword
import re
import sys
import unicodedata
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

_TAKEN = frozenset({"data", "docs", "k8s", "models", "notebooks", "pictures", "reports", "src", "test", "tests"})
_RUNTIME = frozenset(
    {"joblib", "numpy", "pandas", "pip", "pytest", "ruff", "setuptools", "wheel", "matplotlib", "sklearn", "nb2prod"}
)
_LONGEST = 60


def package_name(stem: str, imports: Iterable[str] = (), pins: Iterable[str] = ()) -> str:
    """Make a package name from a notebook's file name.

    It is not a module of the standard library, not one of `imports` (as written, dotted or not), not one of `pins`
    (distributions) and not a folder of the project: `sklearn.ipynb` becomes `sklearn_project`.
    """
    plain = unicodedata.normalize("NFKD", stem).encode("ascii", "ignore").decode().lower()
    name = re.sub(r"[^a-z0-9]+", "_", plain).strip("_")[:_LONGEST].strip("_") or "notebook"
    if name[0].isdigit():
        name = f"notebook_{name}"
    names = (*imports, *pins, *sys.stdlib_module_names, *sys.builtin_module_names, *_TAKEN, *_RUNTIME)
    taken = {re.sub(r"[-.]+", "_", part).lower() for each in names for part in (each, each.partition(".")[0])}
    if name not in taken and not keyword.iskeyword(name) and not keyword.issoftkeyword(name):
        return name
    number, free = 1, f"{name}_project"
    while free in taken:
        number += 1
        free = f"{name}_project_{number}"
    return free
