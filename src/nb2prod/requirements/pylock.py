"""The lock as pylock.toml (PEP 751), for installers that read that, with no private address in it."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import tomli_w

from nb2prod.requirements import index_settings, lock_failures
from nb2prod.requirements.lockers import find_uv
from nb2prod.requirements.requirement import LockFailed

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

if TYPE_CHECKING:
    from collections.abc import Sequence

    from nb2prod.requirements.requirement import Lock

_FOLDER = "wheels"
_TIMEOUT = 900


def pylock(lock: Lock, python: str) -> str | LockFailed:
    """Write the very pins of a lock as pylock.toml, for its Python on Linux; uv asks the index for the files' names.

    A file's address is told where it is the public one. Where indexes or folders are configured, it would name what is
    nobody else's business: the file is then to be put into `wheels/` beside pylock.toml.
    """
    uv = find_uv()
    if uv is None:
        return LockFailed("pylock.toml is written by uv, which is not installed", "Install nb2prod[lock]")
    words = [uv, "pip", "compile", "--quiet", "--no-header", "--no-deps", "--format", "pylock.toml"]
    words += ["--python", sys.executable, "--python-version", python, "--python-platform", "linux"]
    words += ["--only-binary", ":all:", "asked.txt"]
    failed = LockFailed("there is nothing to lock", "Lock first")
    for settings in index_settings.for_uv():
        with tempfile.TemporaryDirectory(prefix="nb2prod-pylock-") as folder:
            Path(folder, "asked.txt").write_text(lock.explore or lock.runtime, encoding="utf-8")
            done = subprocess.run(  # noqa: S603 - uv, with our own arguments
                [*words, *settings.arguments],
                cwd=folder,
                env=settings.environment(),
                capture_output=True,
                text=True,
                encoding="utf-8",
                timeout=_TIMEOUT,
                check=False,
            )
        if done.returncode == 0:
            public = not settings.here_only and index_settings.only_public()
            return _written(tomllib.loads(done.stdout), python, public=public)
        failed = lock_failures.told(done.stderr)
    return failed


def _written(content: dict[str, Any], python: str, *, public: bool) -> str:
    packages: Sequence[dict[str, Any]] = content.get("packages", ())
    for package in packages:
        package.pop("index", None)
        for file in (*package.get("wheels", ()), *([package["sdist"]] if "sdist" in package else ())):
            if not public or "path" in file:
                address = file.pop("url", None) or file.pop("path")
                file["path"] = f"{_FOLDER}/{file.setdefault('name', _name(address))}"
    platform = f"python_version == '{python}' and sys_platform == 'linux' and platform_machine == 'x86_64'"
    head = {"lock-version": content["lock-version"], "created-by": "nb2prod", "environments": [platform]}
    return tomli_w.dumps({**head, "requires-python": f">={python}", "packages": [*packages]})


def _name(address: str) -> str:
    return address.partition("#")[0].replace("\\", "/").rpartition("/")[2]
