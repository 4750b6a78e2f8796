"""A fresh environment made from what an emitted project asks for; uv installs it, and asks the index."""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING

from nb2prod.options import OptionsError
from nb2prod.requirements.index_settings import for_uv
from nb2prod.requirements.lockers import find_uv

if TYPE_CHECKING:
    from pathlib import Path

    from nb2prod.requirements.index_settings import Settings
    from nb2prod.verify.run import Progress

KERNEL = "ipykernel"  # what nb2prod itself needs there
_TIMEOUT = 1800


class IsolationError(OptionsError):
    """The environment cannot be made; the message is for the user."""


def environment(project: Path, folder: Path, progress: Progress) -> Path:
    """Make a virtual environment in `folder` from the project's requirements, hashes checked; give its interpreter.

    Raises IsolationError where the project is not locked, its Python is not on this machine, or something in the lock
    cannot be installed.
    """
    uv = find_uv()
    if uv is None:
        message = "uv is not installed: pip install 'nb2prod[lock]'"
        raise IsolationError(message)
    locks = [path for path in sorted(project.glob("requirements*.txt")) if "--hash=" in path.read_text("utf-8")]
    if project / "requirements.txt" not in locks:
        message = f"{project / 'requirements.txt'} has no hashes; lock it first (its first lines say why it is not)"
        raise IsolationError(message)
    python = (project / ".python-version").read_text(encoding="utf-8").strip()
    progress(f"environment: Python {python} with {', '.join(path.name for path in locks)}")
    settings = for_uv()
    _run([uv, "venv", "--no-project", "--no-config", "--python", python, str(folder)], settings[:1])
    interpreter = folder / "bin" / "python"
    install = [uv, "pip", "install", "--python", str(interpreter)]
    given = [word for path in locks for word in ("-r", str(path))]
    _run([*install, "--require-hashes", "--only-binary", ":all:", *given], settings)
    _run([*install, KERNEL], settings)
    _check([uv, "pip", "check", "--python", str(interpreter)], settings[0])
    return interpreter


def objections(said: str) -> list[str]:
    """What `uv pip check` finds, but for wheels of another platform by what is written in them.

    An installer chooses wheels by the tags in their names, and so did the lock; what is written in some is wrong:
    xgboost 1.3 to 1.6 are py3-none by name, and cp38 to cp310 inside.
    """
    found = [line.strip() for line in said.splitlines() if line.startswith("The package ")]
    return [line for line in found if not line.endswith("was built for a different platform")]


def _check(command: list[str], settings: Settings) -> None:
    """Hold what was installed against what it asks for."""
    done = subprocess.run(  # noqa: S603 - uv, with our own arguments
        command, env=settings.environment(), capture_output=True, text=True, timeout=_TIMEOUT, check=False
    )
    if done.returncode and (found := objections(done.stderr)):
        message = f"what is locked does not go together: {'; '.join(found)}"
        raise IsolationError(message)


def _run(command: list[str], settings: tuple[Settings, ...]) -> None:
    """Run it with the first settings that it works with."""
    said = ""
    for each in settings:
        try:
            done = subprocess.run(  # noqa: S603 - uv, with our own arguments
                [*command, *(each.arguments if "install" in command else ())],
                env=each.environment(),
                capture_output=True,
                text=True,
                timeout=_TIMEOUT,
                check=False,
            )
        except subprocess.TimeoutExpired as expired:
            message = f"uv did not finish within {expired.timeout:.0f} s"
            raise IsolationError(message) from expired
        if done.returncode == 0:
            return
        said = said or " ".join(done.stderr.split())
    message = f"the environment could not be made: {said[:1000]}"
    raise IsolationError(message)
