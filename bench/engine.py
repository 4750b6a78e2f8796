# ruff: noqa: INP001 - a module of programs, not a package
"""Build and run images with docker, podman or buildah, whichever is here.

NB2PROD_IMAGE_BUILD is a command that builds `CONTEXT IMAGE`, where the engine's own does not do; NB2PROD_IMAGE_RUN are
more options to run with.
"""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

_HARDENED = ("--network=none", "--read-only", "--tmpfs=/tmp", "--cap-drop=all", "--security-opt=no-new-privileges")


@dataclass(frozen=True, slots=True)
class Engine:
    """A program that builds and runs images."""

    name: str

    def build(self, context: Path, image: str, *options: str) -> str:
        """Build an image; gives what went wrong, or nothing."""
        own = shlex.split(os.environ.get("NB2PROD_IMAGE_BUILD", ""))
        if own:
            return _wrong([*own, str(context), image, *options])
        return _wrong([self.name, "build", "--tag", image, *options, str(context)])

    def python(self, image: str, code: str) -> str:
        """Run code in a container that may do nothing and write nowhere; gives what went wrong, or nothing."""
        if self.name == "buildah":
            return self._in_buildah(image, code)
        more = shlex.split(os.environ.get("NB2PROD_IMAGE_RUN", ""))
        return _wrong([self.name, "run", "--rm", *_HARDENED, *more, "--entrypoint", "python", image, "-c", code])

    def _in_buildah(self, image: str, code: str) -> str:
        made = subprocess.run([self.name, "from", image], capture_output=True, text=True, check=True)  # noqa: S603 - found here
        container = made.stdout.strip()
        try:
            return _wrong([self.name, "run", "--cap-drop=all", container, "--", "python", "-c", code])
        finally:
            subprocess.run([self.name, "rm", container], capture_output=True, check=False)  # noqa: S603 - as above

    def remove(self, image: str) -> None:
        """Remove an image, if it is there."""
        subprocess.run([self.name, "rmi", "--force", image], capture_output=True, check=False)  # noqa: S603 - as above


def find(base: str) -> Engine | None:
    """Find an engine that has a base image or can pull it."""
    for name in ("docker", "podman", "buildah"):
        look = [name, "inspect", "--type", "image", base]
        if shutil.which(name) and not (_wrong(look) and _wrong([name, "pull", base])):
            return Engine(name)
    return None


def _wrong(command: list[str]) -> str:
    done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603 - an engine that was found
    return "" if done.returncode == 0 else f"{done.stdout}{done.stderr}".strip() or f"exit code {done.returncode}"
