"""What is installed where: an environment's metadata, read from its files; its Python is not run."""

from __future__ import annotations

import json
import os
import re
import shutil
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from packaging.utils import canonicalize_name

from nb2prod.problems import NotebookError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

_SITE = ("lib/python3*/site-packages", "lib64/python3*/site-packages", "Lib/site-packages")
_DEBIAN = ("lib/python3/dist-packages", "local/lib/python3*/dist-packages")
_PYTHON_MINOR = re.compile(r"python(3\.\d+)")
_MODULE_FILE = re.compile(r"\.(?:py|so|pyd|cpython-[^/]*|abi3[^/]*|cp3[^/]*)$")
_ANY_PYTHON = {"python", "python3"}


class NoEnvironmentError(NotebookError):
    """There is no environment where the user says; the message is for the user."""


@dataclass(frozen=True, slots=True)
class Installed:
    """An installed distribution; `elsewhere`: not from a registry, where its name may be a stranger's."""

    distribution: str
    version: str
    elsewhere: bool
    metadata: Path


@dataclass(frozen=True, slots=True)
class Environment:
    """An environment's distributions by normalised name and by the top-level modules they bring.

    `known_as` says in words which environment it is, without a path.
    """

    known_as: str
    python: str | None
    distributions: Mapping[str, Installed]
    modules: Mapping[str, tuple[Installed, ...]]

    def provides(self, dotted: str) -> tuple[tuple[Installed, ...], str]:
        """Find the distributions that bring this import, and the part of it that decided."""
        root = dotted.partition(".")[0]
        owners = self.modules.get(root, ())
        if len(owners) <= 1:
            return owners, root
        paths = {each.distribution: tuple(_recorded(each.metadata)) for each in owners}
        parts = dotted.split(".")
        for length in range(len(parts), 0, -1):
            folder = "/".join(parts[:length])
            exact = re.compile(re.escape(folder) + r"(?:/__init__\.py|\.(?:py|so|pyd|cpython-.*|abi3.*))$")
            bringing = tuple(o for o in owners if any(exact.match(path) for path in paths[o.distribution]))
            if bringing:
                return bringing, ".".join(parts[:length])
        return (), root


def choose(asked: Path | None, kernel: str | None, version: str | None, imported: Iterable[str]) -> Environment | None:
    """Read the environment asked for; else that of the notebook's own kernel, if it agrees; else the active one.

    `imported` are the top-level modules that were there when the notebook ran. Raises NoEnvironmentError when there
    is none where it is asked for.
    """
    if asked is not None:
        found = read(asked, "the environment of --python")
        if found is None:
            message = (
                f"no installed distributions are to be found for --python {asked}: give an interpreter or its folder"
            )
            raise NoEnvironmentError(message)
        return found
    if kernel and version and (found := _of_kernel(kernel, version, imported)):
        return found
    active = os.environ.get("VIRTUAL_ENV") or os.environ.get("CONDA_PREFIX")
    return read(Path(active), "the active environment") if active else None


def read(place: Path, known_as: str) -> Environment | None:
    """Read an environment by its interpreter or its folder; None when there is none in the usual places."""
    if not place.is_dir():
        place = Path(shutil.which(place) or place)
    if not place.exists():
        return None
    prefix, python = _prefix(place)
    folders = _site_packages(prefix, python)
    if not folders:
        return None
    minor = python or next((found[1] for each in folders if (found := _PYTHON_MINOR.search(each.as_posix()))), None)
    return _read_folders(folders, known_as, minor)


def _read_folders(folders: tuple[Path, ...], known_as: str, python: str | None) -> Environment:
    distributions: dict[str, Installed] = {}
    modules: dict[str, tuple[Installed, ...]] = {}
    for folder in folders:
        for metadata in sorted((*folder.glob("*.dist-info"), *folder.glob("*.egg-info"))):
            installed = _installed(metadata)
            if installed is None or installed.distribution in distributions:
                continue
            distributions[installed.distribution] = installed
            for module in _top_level(metadata):
                modules[module] = (*modules.get(module, ()), installed)
    return Environment(known_as, python, distributions, modules)


def _prefix(place: Path) -> tuple[Path, str | None]:
    """Find the folder an interpreter belongs to, and its minor version where a name or pyvenv.cfg tells it."""
    if place.is_dir():
        prefix = place
    else:
        prefix = place.absolute().parent.parent
        if not (prefix / "pyvenv.cfg").is_file():
            prefix = place.resolve().parent.parent
    found = re.search(r"python(3\.\d+)", place.resolve().name) if not place.is_dir() else None
    settings = _settings(prefix)
    version = settings.get("version_info") or settings.get("version") or (found[1] if found else None)
    return prefix, _minor(version)


def _settings(prefix: Path) -> Mapping[str, str]:
    file = prefix / "pyvenv.cfg"
    lines = file.read_text(encoding="utf-8").splitlines() if file.is_file() else []
    return {key.strip(): value.strip() for key, mark, value in (line.partition("=") for line in lines) if mark}


def _site_packages(prefix: Path, python: str | None) -> tuple[Path, ...]:
    found = [folder for pattern in (*_SITE, *_DEBIAN) for folder in sorted(prefix.glob(pattern)) if folder.is_dir()]
    if python:
        found = [each for each in found if (name := _PYTHON_MINOR.search(each.as_posix())) is None or name[1] == python]
    settings = _settings(prefix)
    if settings.get("include-system-site-packages", "").lower() == "true" and "home" in settings:
        found += _site_packages(Path(settings["home"]).parent, python)
    unique = {folder.resolve(): folder for folder in reversed(found)}
    return tuple(reversed(unique.values()))


def _installed(metadata: Path) -> Installed | None:
    name, _, version = metadata.name.rpartition(".")[0].rpartition("-")
    if metadata.suffix == ".egg-info" or not name:
        file = metadata if metadata.is_file() else metadata / "PKG-INFO"
        fields = dict(re.findall(r"^(Name|Version): *(.+?) *$", _text(file)[:4000], re.MULTILINE))
        if "Name" not in fields or "Version" not in fields:
            return None
        name, version = fields["Name"], fields["Version"]
    direct = metadata / "direct_url.json" if metadata.is_dir() else None
    return Installed(canonicalize_name(name), version, _came_from_elsewhere(direct), metadata)


def _came_from_elsewhere(direct: Path | None) -> bool:
    if direct is None or not direct.is_file():
        return False
    try:
        return bool(json.loads(_text(direct)).get("url"))
    except (ValueError, AttributeError):
        return True


def _top_level(metadata: Path) -> Iterator[str]:
    """List the top-level modules; by the files, since most of today's wheels have no top_level.txt."""
    recorded = {path.partition("/")[0] if "/" in path else _MODULE_FILE.split(path)[0] for path in _recorded(metadata)}
    declared = _text(metadata / "top_level.txt").split() if metadata.is_dir() else ()
    for name in sorted(recorded | {each.partition("/")[0] for each in declared}):
        if name.isidentifier() and name != "__pycache__":
            yield name


def _recorded(metadata: Path) -> Iterator[str]:
    """List the Python files a distribution brought, relative to site-packages."""
    if not metadata.is_dir():
        return
    for line in _text(metadata / "RECORD").splitlines():
        path = line.partition(",")[0].strip('"')
        if _MODULE_FILE.search(path) and not path.startswith(("..", "/")):
            yield path
    for line in _text(metadata / "installed-files.txt").splitlines():
        path = line.removeprefix("../")
        if _MODULE_FILE.search(path) and not path.startswith(("..", "/")):
            yield path


def _text(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""


def _of_kernel(kernel: str, version: str, imported: Iterable[str]) -> Environment | None:
    """Read the environment of an installed kernel of that name whose Python agrees with the notebook's.

    "python3" is what every installation calls its own kernel: there the whole version must agree, and everything
    that the notebook imports must be installed.
    """
    anybody = kernel in _ANY_PYTHON
    for folder in _kernel_folders():
        try:
            command = json.loads(_text(folder / kernel / "kernel.json"))["argv"][0]
        except (ValueError, KeyError, IndexError, TypeError):
            continue
        place = Path(command)
        if not place.is_absolute():
            place = folder.parents[2] / "bin" / command
        if not place.exists() or _minor(_version(place)) != _minor(version) or (anybody and _version(place) != version):
            continue
        found = read(place, f"the notebook's kernel {kernel}")
        if found and not (anybody and any(root not in found.modules for root in imported)):
            return found
    return None


def _version(place: Path) -> str | None:
    """Find the version of an interpreter, to the patch where a pyvenv.cfg tells it."""
    prefix, minor = _prefix(place)
    settings = _settings(prefix)
    version = settings.get("version_info") or settings.get("version")
    return ".".join(version.split(".")[:3]) if version else minor


def _minor(version: str | None) -> str | None:
    return ".".join(version.split(".")[:2]) if version else None


def _kernel_folders() -> Iterator[Path]:
    """Where Jupyter looks for kernels."""
    home = Path.home()
    configured = [Path(each) for each in os.environ.get("JUPYTER_PATH", "").split(os.pathsep) if each]
    data = os.environ.get("JUPYTER_DATA_DIR")
    own = {"darwin": home / "Library/Jupyter", "win32": Path(os.environ.get("APPDATA", home)) / "jupyter"}
    user = Path(data) if data else own.get(sys.platform, home / ".local/share/jupyter")
    shared = [Path(sys.prefix, "share/jupyter"), Path("/usr/local/share/jupyter"), Path("/usr/share/jupyter")]
    for folder in (*configured, user, *shared):
        yield folder / "kernels"
