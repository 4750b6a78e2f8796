# ruff: noqa: INP001, S603 - a part of service_faults.py; what is run is what is named here
"""A PostgreSQL of Debian's packages with a folder of its own, which is killed in three ways and started again."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import time
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import random

WAYS = ("kill -9 of the postmaster", "kill -9 of a backend", "pg_ctl stop -m immediate")
USER = ("setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups")


def is_here() -> bool:
    """Whether it can be started: it refuses to run as root, so root has to start it as its own user."""
    return os.geteuid() == 0 and any(Path("/usr/lib/postgresql").glob("*/bin/initdb"))


class Postgres:
    """One server, reached by a socket in its folder."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir()
        shutil.chown(folder, "postgres", "postgres")
        self._folder, self._data = folder, folder / "data"
        self._binaries = max(Path("/usr/lib/postgresql").glob("*/bin"))
        self.url = f"postgresql://postgres@/postgres?host={folder}"
        self._run("initdb", "-D", str(self._data), "-A", "trust", "-U", "postgres", "-E", "UTF8")

    def start(self) -> None:
        """Start it, and wait until it answers; after a kill, its children end when they notice."""
        options = f"-k {self._folder} -h ''"
        for _ in range(40):
            with contextlib.suppress(subprocess.CalledProcessError):
                log = str(self._folder / "log")
                self._run("pg_ctl", "-D", str(self._data), "-o", options, "-l", log, "-w", "start")
                return
            time.sleep(0.25)
        message = f"PostgreSQL did not start again:\n{(self._folder / 'log').read_text()[-2000:]}"
        raise RuntimeError(message)

    def wait(self) -> None:
        """Wait until it has recovered from a lost backend."""
        for _ in range(240):
            with contextlib.suppress(subprocess.CalledProcessError):
                self._run("pg_isready", "-h", str(self._folder))
                return
            time.sleep(0.25)

    def stop(self) -> None:
        """Stop it at once, as a loss of power does."""
        with contextlib.suppress(subprocess.CalledProcessError):
            self._run("pg_ctl", "-D", str(self._data), "-m", "immediate", "stop")

    def kill(self, way: str, chance: random.Random) -> bool:
        """End it in one of the ways; gives whether it has to be started again (a lost backend it gets over itself)."""
        master = int((self._data / "postmaster.pid").read_text().split()[0])
        if way == WAYS[2]:
            self.stop()
            return True
        victim = master
        if way == WAYS[1]:
            victim = chance.choice(_children(master) or [master])
        with contextlib.suppress(ProcessLookupError):  # it has ended by itself
            os.kill(victim, signal.SIGKILL)
        return victim == master

    def _run(self, program: str, *words: str) -> None:
        line = (*USER, "env", "-i", "LC_ALL=C.UTF-8", f"PATH={os.environ['PATH']}", str(self._binaries / program))
        subprocess.run((*line, *words), check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def _children(process: int) -> list[int]:
    found = Path(f"/proc/{process}/task/{process}/children")
    return [int(each) for each in found.read_text().split()] if found.exists() else []
