"""A folder of tiny wheels to lock from: no network, and versions that never change."""

from __future__ import annotations

import zipfile
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path


def wheel(folder: Path, name: str, version: str, *needs: str) -> None:
    """Write a pure wheel with one module."""
    folder.mkdir(parents=True, exist_ok=True)
    metadata = f"{name}-{version}.dist-info"
    requires = "".join(f"Requires-Dist: {each}\n" for each in needs)
    with zipfile.ZipFile(folder / f"{name}-{version}-py3-none-any.whl", "w") as archive:
        archive.writestr(f"{name}.py", "")
        archive.writestr(f"{metadata}/METADATA", f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n{requires}")
        archive.writestr(f"{metadata}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        archive.writestr(f"{metadata}/RECORD", "")


def sdist(folder: Path, name: str, version: str) -> None:
    """Write a source archive that must never be built."""
    with zipfile.ZipFile(folder / f"{name}-{version}.zip", "w") as archive:
        archive.writestr(f"{name}-{version}/PKG-INFO", f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n")
        archive.writestr(f"{name}-{version}/setup.py", "raise SystemExit('built')")
