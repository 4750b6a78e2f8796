"""A folder of tiny wheels to lock from: no network, and versions that never change."""

from __future__ import annotations

import base64
import hashlib
import struct
import zipfile
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path


def wheel(
    folder: Path,
    name: str,
    version: str,
    *needs: str,
    files: Mapping[str, bytes] | None = None,
    tag: str = "py3-none-any",
) -> None:
    """Write a pure wheel with these files, else with one module; `tag` is what it says inside that it is for."""
    folder.mkdir(parents=True, exist_ok=True)
    metadata = f"{name}-{version}.dist-info"
    requires = "".join(f"Requires-Dist: {each}\n" for each in needs)
    with zipfile.ZipFile(folder / f"{name}-{version}-py3-none-any.whl", "w") as archive:
        inside = {
            **(files or {f"{name}.py": b""}),
            f"{metadata}/METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n{requires}".encode(),
            f"{metadata}/WHEEL": f"Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: {tag}\n".encode(),
        }
        for path, content in inside.items():
            archive.writestr(path, content)
        lines = [f"{path},sha256={_digest(content)},{len(content)}" for path, content in inside.items()]
        archive.writestr(f"{metadata}/RECORD", "\n".join([*lines, f"{metadata}/RECORD,,"]))


def _digest(content: bytes) -> str:
    return base64.urlsafe_b64encode(hashlib.sha256(content).digest()).rstrip(b"=").decode()


def sdist(folder: Path, name: str, version: str) -> None:
    """Write a source archive that must never be built."""
    with zipfile.ZipFile(folder / f"{name}-{version}.zip", "w") as archive:
        archive.writestr(f"{name}-{version}/PKG-INFO", f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n")
        archive.writestr(f"{name}-{version}/setup.py", "raise SystemExit('built')")


_BACKEND = """
import pathlib, zipfile


def get_requires_for_build_wheel(config_settings=None):
    return []


def build_wheel(folder, config_settings=None, metadata_directory=None):
    made = "{name}-{version}-py3-none-any.whl"
    with zipfile.ZipFile(pathlib.Path(folder, made), "w") as archive:
        archive.writestr("{name}.py", "BUILT = True")
        metadata = "Metadata-Version: 2.1\\nName: {name}\\nVersion: {version}\\n"
        archive.writestr("{name}-{version}.dist-info/METADATA", metadata)
        archive.writestr("{name}-{version}.dist-info/WHEEL", "Wheel-Version: 1.0\\nRoot-Is-Purelib: true\\n")
        archive.writestr("{name}-{version}.dist-info/RECORD", "")
    return made
"""


def buildable(folder: Path, name: str, version: str) -> None:
    """Write a source archive that needs nothing else to be built."""
    project = '[build-system]\nrequires = []\nbuild-backend = "backend"\nbackend-path = ["."]\n'
    inside = {
        "PKG-INFO": f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n",
        "pyproject.toml": f'{project}[project]\nname = "{name}"\nversion = "{version}"\n',
        "backend.py": _BACKEND.replace("{name}", name).replace("{version}", version),
    }
    with zipfile.ZipFile(folder / f"{name}-{version}.zip", "w") as archive:
        for path, text in inside.items():
            archive.writestr(f"{name}-{version}/{path}", text)


def library(name: str | None, *needs: str) -> bytes:
    """Make the smallest ELF file (64 bits) that has these entries in its dynamic section."""
    texts = b"\0" + b"".join(one.encode() + b"\0" for one in (*needs, *([name] if name else [])))
    offsets = [texts.index(b"\0" + one.encode() + b"\0") + 1 for one in needs]
    entries = [(1, at) for at in offsets]
    entries += [(14, texts.index(b"\0" + name.encode() + b"\0") + 1)] if name else []
    start = 64 + 2 * 56
    end = start + 16 * (len(entries) + 2)
    dynamic = b"".join(struct.pack("<qQ", *each) for each in (*entries, (5, end), (0, 0)))
    header = b"\x7fELF\x02\x01\x01" + bytes(9)
    header += struct.pack("<HHIQQQIHHHHHH", 3, 62, 1, 0, 64, 0, 0, 64, 56, 2, 0, 0, 0)
    load = struct.pack("<IIQQQQQQ", 1, 4, 0, 0, 0, end + len(texts), end + len(texts), 4096)
    table = struct.pack("<IIQQQQQQ", 2, 4, start, start, start, len(dynamic), len(dynamic), 8)
    return header + load + table + dynamic + texts
