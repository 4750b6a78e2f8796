"""What the locked wheels really contain: modules, shared libraries, and what those link to. Kept by hash.

The wheels are unpacked for the target by the installer, which checks their hashes; nothing in them is run.
"""

from __future__ import annotations

import hashlib
import importlib.util
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from packaging.utils import canonicalize_name

from nb2prod.requirements import elf, index_settings, names, undeclared
from nb2prod.requirements.lockers import find_uv
from nb2prod.requirements.requirement import LockFailed

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from nb2prod.requirements.requirement import Lock

_BLOCK = re.compile(r"^(?P<name>[A-Za-z0-9][\w.-]*)(?:\[[^\]]*\])?==(?P<version>[^\s;\\]+)")
_MODULE = re.compile(r"\.(?:py|so)$")
_SHARED = re.compile(r"\.so(?:\.[\w.]+)?$")
_ONLY_LINKED = re.compile(r"(?:^|/)[^/]+\.libs/|/plugins/")  # what auditwheel brings in, and what only a program loads
_DEEP = 3  # names in a dotted module that are told apart
_FORM = "3"  # of what is kept
_TIMEOUT = 1800
_PLATFORMS = ("manylinux_2_28_x86_64", "manylinux_2_17_x86_64", "manylinux2014_x86_64", "manylinux2010_x86_64")


@dataclass(frozen=True, slots=True)
class Wheel:
    """A locked wheel: dotted modules (to three names), the libraries it brings, and those that its own link to.

    `open`: top-level folders without an `__init__`, which other wheels share. `asks`: setuptools' modules that they
    import.
    """

    distribution: str
    modules: frozenset[str]
    open: frozenset[str]
    brings: frozenset[str]
    links: frozenset[str]
    asks: frozenset[str] = frozenset()

    def has(self, dotted: str) -> bool:
        """Whether an import of this is satisfied here: by the module, or inside a package that is this wheel's own."""
        parts = dotted.split(".")
        if len(parts) == 1 or (parts[0] not in self.open and not names.is_shared(parts[0])):
            return parts[0] in self.modules
        return any(".".join(parts[:length]) in self.modules for length in range(self._own(parts), len(parts) + 1))

    def _own(self, parts: list[str]) -> int:
        """How many names must be here for the import to be this wheel's: google.cloud is everybody's."""
        known = names.look_up(".".join(parts))
        return len(known.matched.split(".")) if known else 2


def read(lock: Lock, python: str, progress: Callable[[str], None] = lambda _: None) -> Mapping[str, Wheel] | LockFailed:
    """Read the contents of every locked wheel, by distribution; those not kept from before are fetched.

    What is built from source is left out: looking into it would run its code.
    """
    blocks = {name: block for name, block in _blocks(lock.explore or lock.runtime) if name not in lock.built}
    keys = {name: _key(block, python) for name, block in blocks.items()}
    kept = {name: wheel for name, key in keys.items() if (wheel := _kept(key)) is not None}
    missing = [name for name in blocks if name not in kept]
    if missing:
        progress(f"looking into {len(missing)} wheels")
        _folder().mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix="unpacked-", dir=_folder()) as scratch:
            failed = _unpack(Path(scratch), "".join(blocks[name] for name in missing), python)
            if failed is not None:
                return failed
            for wheel in _wheels(Path(scratch) / "site"):
                if wheel.distribution in keys:
                    kept[wheel.distribution] = wheel
                    _keep(keys[wheel.distribution], wheel)
    return kept


def _blocks(text: str) -> Iterator[tuple[str, str]]:
    """Cut a lock into its requirements, each with its hashes."""
    name, lines = "", [""]
    for line in text.splitlines():
        if found := _BLOCK.match(line):
            if name:
                yield name, "\n".join(lines) + "\n"
            name, lines = canonicalize_name(found["name"]), [line]
        elif name and line.lstrip().startswith("--hash"):
            lines.append(line)
    if name:
        yield name, "\n".join(lines) + "\n"


def _key(block: str, python: str) -> str:
    return hashlib.sha256(f"{_FORM}\n{python}\n{block}".encode()).hexdigest()


def _folder() -> Path:
    base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(base) / "nb2prod" / "wheels"


def _kept(key: str) -> Wheel | None:
    try:
        value = json.loads((_folder() / f"{key}.json").read_text(encoding="utf-8"))
        sets = {name: frozenset(value[name]) for name in ("modules", "open", "brings", "links", "asks")}
        return Wheel(distribution=str(value["distribution"]), **sets)
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _keep(key: str, wheel: Wheel) -> None:
    text = json.dumps(
        {name: sorted(value) if isinstance(value, frozenset) else value for name, value in asdict(wheel).items()}
    )
    part = _folder() / f"{key}.{os.getpid()}"
    part.write_text(text, encoding="utf-8")
    part.replace(_folder() / f"{key}.json")


def _unpack(scratch: Path, asked: str, python: str) -> LockFailed | None:
    (scratch / "asked.txt").write_text(asked, encoding="utf-8")
    common = ["--target", str(scratch / "site"), "--no-deps", "--require-hashes", "--only-binary", ":all:"]
    if uv := find_uv():
        words = [uv, "pip", "install", "--quiet", "--python", sys.executable, "--python-version", python]
        words += ["--python-platform", "linux", *common]
        tries = index_settings.for_uv()
    elif importlib.util.find_spec("pip"):
        words = [sys.executable, "-m", "pip", "install", "--quiet", "--no-compile", "--python-version", python, *common]
        words += [word for platform in _PLATFORMS for word in ("--platform", platform)]
        tries = index_settings.for_pip()
    else:
        return LockFailed("neither uv nor pip is there to fetch the wheels with", "Install nb2prod[lock]")
    said = ""
    for settings in tries:
        shutil.rmtree(scratch / "site", ignore_errors=True)
        try:
            done = subprocess.run(  # noqa: S603 - the installer that was found, with our own arguments
                [*words, *settings.arguments, "-r", str(scratch / "asked.txt")],
                env=settings.environment(),
                capture_output=True,
                text=True,
                encoding="utf-8",
                errors="replace",
                timeout=_TIMEOUT,
                check=False,
            )
        except (OSError, subprocess.TimeoutExpired) as error:
            return LockFailed(f"the locked wheels could not be fetched: {error}", "Try again, or use --no-lock")
        if done.returncode == 0:
            return None
        said = said or " ".join(re.sub(r"https?://\S+", "the index", done.stderr).split())
    return LockFailed(f"the locked wheels could not be fetched: {said[:500]}", "Check the network, and lock again")


def _wheels(site: Path) -> Iterator[Wheel]:
    for metadata in sorted(site.glob("*.dist-info")):
        record = metadata / "RECORD"
        lines = record.read_text(encoding="utf-8", errors="replace").splitlines() if record.is_file() else []
        paths = [line.rpartition(",")[0].rpartition(",")[0].strip('"') for line in lines]
        inside = [path for path in paths if path and not path.startswith(("..", "/")) and ".dist-info/" not in path]
        name = canonicalize_name(metadata.name.removesuffix(".dist-info").rpartition("-")[0])
        yield _wheel(site, name, inside)


def _wheel(site: Path, name: str, paths: list[str]) -> Wheel:
    modules = {module for path in paths if _MODULE.search(path) for module in _modules(path)}
    folders = {path.partition("/")[0] for path in paths if "/" in path}
    shut = {path.partition("/")[0] for path in paths if re.fullmatch(r"[^/]+/__init__\.[^/]+", path)}
    libraries = {
        path: library for path in paths if _SHARED.search(path) and (library := elf.read(site / path)) is not None
    }
    files = {Path(path).name for path in paths if _SHARED.search(path)}
    return Wheel(
        name,
        frozenset(modules),
        frozenset((folders - shut) & modules),
        frozenset(files | {each.name for each in libraries.values() if each.name}),
        frozenset(_links(libraries)),
        undeclared.imported(site, paths),
    )


def _links(libraries: Mapping[str, elf.Library]) -> set[str]:
    """Find what is linked to by what Python loads, and by what that links to: a plugin's libraries do not count."""
    by_name: dict[str, elf.Library] = {}
    for path, library in libraries.items():
        by_name.setdefault(Path(path).name, library)
        if library.name:
            by_name.setdefault(library.name, library)
    todo = [library for path, library in libraries.items() if not _ONLY_LINKED.search(path)]
    found: set[str] = set()
    while todo:
        for needed in todo.pop().needs:
            if needed not in found:
                found.add(needed)
                todo += [by_name[needed]] if needed in by_name else []
    return found


def _modules(path: str) -> Iterator[str]:
    """Give the dotted names on the way to a module's file: `a/b/__init__.py` is a and a.b."""
    *folders, file = path.split("/")
    stem = file.partition(".")[0]
    parts = [*folders, *([] if stem == "__init__" else [stem])]
    if all(part.isidentifier() for part in parts):
        for length in range(1, min(len(parts), _DEEP) + 1):
            yield ".".join(parts[:length])
